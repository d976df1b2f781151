# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 30 Sensitivity, specificity and ROC
#
# The night's chest films wait for the radiologist, sorted by the network's score. If only the more
# suspicious half is read tonight, how many films with the finding wait until morning?

# %% [markdown]
# | | |
# |---|---|
# | Time | 35 minutes to work through; runs in about 10 seconds |
# | Runs on | any laptop; nothing is trained |
# | Data | scores of lesson 21's network on the in-silico chest cohort (CC BY 4.0, under 1 MB) |
# | Needs first | nothing; lesson 21 shows where the scores come from |
#
# ## After this notebook you can
#
# - count the four outcomes at a threshold and turn them into sensitivity and specificity;
# - say what accuracy hides when the finding is rare;
# - choose a threshold for a task on the tuning set and apply it once to the internal test;
# - draw and read a ROC curve, and say in words what the area under it means;
# - give each of these numbers an interval that respects patients with several images.

# %% tags=["setup"]
import os

import matplotlib.pyplot as plt
import numpy as np

from helpers import checkpoints, cohorts
from helpers.files import evidence
from helpers.checks import check_exercise
from helpers.diagnostic_metrics import (
    Counts,
    accuracy,
    area_under_roc,
    precision_recall_curve,
    sensitivity,
    specificity,
)
from helpers.figures import COLOURS, describe, use_course_style
from helpers.intervals import clustered_bootstrap, wilson

use_course_style()


def span(interval):
    """Return an interval as text with two decimals."""
    return f"{interval[0]:.2f} to {interval[1]:.2f}"


# %% tags=["parameters"]
COHORT = os.environ.get("COHORT", "chest_insilico")
FINDING = os.environ.get("FINDING")  # None: the cohort's first finding
SEED = 30
READ_FIRST = 0.5  # share of the list that is read tonight
REPLICATES = 2000  # resamples for each bootstrap interval
RARE = 0.01  # prevalence of the finding in a screening population

# %% [markdown]
# ## Scores and what is true
#
# Everything in this lesson needs two columns: the *reference standard* (1: the finding is there)
# and the *score* (higher: more suspicious). The score lies between 0 and 1, but it is not a
# probability. Nobody has shown yet what share of the films with a given score have the finding.
#
# Two sets, with two jobs. On the **tuning set** we look around and decide. The **internal test**
# is opened once, when all is decided.

# %%
if COHORT == "chest_insilico":  # the scores are part of the course: no images needed
    finding, unknown = FINDING or "consolidation", None
else:
    cohort = cohorts.load(COHORT)
    finding, unknown = cohort.finding(FINDING), cohort.lacks("patients")
scores = checkpoints.predictions(COHORT, FINDING)
tuning = scores[scores["split"] == "tuning"]
test = scores[scores["split"] == "internal test"]

for name, part in (("Tuning set", tuning), ("Internal test", test)):
    patients = "unknown" if unknown else part["patient_id"].nunique()
    print(
        f"{name}: {len(part)} images, patients: {patients}; "
        f"{part['reference'].sum()} images with {finding} "
        f"({part['reference'].mean():.0%})."
    )
if unknown:
    print(unknown)

# %% [markdown]
# Look at the scores before you compute anything. Two piles that hardly touch need no statistics;
# two piles that lie on each other cannot be saved by any.

# %%
fig, ax = plt.subplots(figsize=(7, 2.8))
bins = np.linspace(0, 1, 31)
for value, name, colour in ((0, "without", "blue"), (1, "with", "vermillion")):
    ax.hist(
        tuning.loc[tuning["reference"] == value, "score"],
        bins,
        label=f"{name} {finding}",
        color=COLOURS[colour],
        histtype="stepfilled" if value == 0 else "step",
        alpha=0.45 if value == 0 else 1,
        linewidth=2,
    )
ax.set(xlabel="score", ylabel="images", title="Tuning set")
ax.legend()
describe(
    fig,
    "Histogram of the scores in the tuning set. Images without the finding pile up at "
    "low scores, images with it lie further to the right, and the two piles overlap.",
)

# %% [markdown]
# Wherever we cut this axis, some red lies left of the cut and some blue right of it. The cut trades
# one error for the other. To talk about the trade we need names for four numbers.
#
# ## Four numbers at one threshold
#
# Call a film positive when its score is at or above the threshold. Then each film is one of four:
#
# | | finding there | finding not there |
# |---|---|---|
# | called positive | true positive, TP | false positive, FP |
# | called negative | false negative, FN | true negative, TN |
#
# **Sensitivity** = TP / (TP + FN): of those who have it, the share we find. Its column is the left
# one; the healthy do not enter. **Specificity** = TN / (TN + FP): of those who do not have it, the
# share we leave in peace.

# %% [markdown] tags=["exercise"]
# ### Exercise 30.1 - Count by hand (4 min)
# Ten films, threshold 0.50. Count with your eyes, and write `(TP, FP, TN, FN)`.
#
# | film | a | b | c | d | e | f | g | h | i | j |
# |---|---|---|---|---|---|---|---|---|---|---|
# | finding | 1 | 1 | 1 | 0 | 1 | 0 | 1 | 0 | 1 | 0 |
# | score | .97 | .88 | .74 | .66 | .50 | .42 | .31 | .20 | .12 | .05 |
#
# <details><summary>Hint</summary>Film e sits exactly on the threshold. Read the rule
# again.</details>

# %% tags=["exercise-code"]
four_counts = ...  # (TP, FP, TN, FN)
### BEGIN SOLUTION
four_counts = (4, 1, 3, 2)
### END SOLUTION

# %% tags=["check"]
check_exercise("30.1", four_counts)

# %% [markdown] tags=["solution"]
# Positive are a, b, c, d and e: four have the finding, d does not. Negative are f to j: g and i
# have the finding and are missed. Sensitivity is 4 of 6, specificity 3 of 4.

# %% [markdown]
# The same in code. Two Boolean arrays and their four combinations are all there is to it.

# %% tags=["twin:helpers.diagnostic_metrics.confusion_counts"]
def confusion_counts(reference, score, *, threshold):
    """Return the four counts; positive means score >= threshold."""
    called = np.asarray(score) >= threshold
    diseased = np.asarray(reference) == 1
    return Counts(
        tp=int(np.sum(called & diseased)),
        fp=int(np.sum(called & ~diseased)),
        tn=int(np.sum(~called & ~diseased)),
        fn=int(np.sum(~called & diseased)),
    )


# %% [markdown] tags=["predict"]
# ### Predict 30.2p - The rule that never looks (2 min)
# A colleague's "network" gives every film the answer that is commoner in the cohort, without
# opening it. Write down its accuracy (share of right answers) on the tuning set, its sensitivity
# and its specificity. The counts printed above are enough.

# %%
at_half = confusion_counts(tuning["reference"], tuning["score"], threshold=0.5)
commoner = int(tuning["reference"].mean() >= 0.5)
blind = confusion_counts(
    tuning["reference"], np.full(len(tuning), commoner), threshold=0.5
)
for name, counts in (("Network at 0.50", at_half), ("Never looks", blind)):
    print(
        f"{name}: accuracy {accuracy(counts):.2f}, "
        f"sensitivity {sensitivity(counts):.2f} ({counts.tp} of {counts.diseased}), "
        f"specificity {specificity(counts):.2f} ({counts.tn} of {counts.healthy})."
    )

# %% [markdown]
# The rule that never looks has a respectable accuracy and no use at all: one of its two shares is
# exactly zero. This is why this course reports sensitivity *and* specificity, always as a pair.
#
# ### What accuracy hides
#
# With $\pi$ the prevalence (share of films that have the finding),
#
# $$\text{accuracy} = \pi \cdot \text{sensitivity} + (1 - \pi) \cdot \text{specificity}$$
#
# Where the finding is rare, accuracy is specificity under another name: the sick hardly count. The
# **positive predictive value**, the share of alarms that are right, moves with the prevalence too.
# Below we keep the sensitivity and specificity measured above and let only the prevalence change.

# %%
prevalence = np.geomspace(0.005, 0.6, 60)
sens, spec = sensitivity(at_half), specificity(at_half)
right = prevalence * sens + (1 - prevalence) * spec
alarms = prevalence * sens + (1 - prevalence) * (1 - spec)
ppv = prevalence * sens / np.maximum(alarms, 1e-9)  # 0 where nobody is called

fig, ax = plt.subplots(figsize=(7, 3.4))
never = np.maximum(prevalence, 1 - prevalence)
ax.plot(prevalence, never, "--", color=COLOURS["black"], label="accuracy, never looks")
ax.plot(prevalence, right, color=COLOURS["blue"], label="accuracy, network")
ax.plot(
    prevalence, ppv, "-.", color=COLOURS["vermillion"], label="right among its alarms"
)
here = tuning["reference"].mean()
ax.axvline(here, color="0.6", lw=1)
ax.text(here, 0.03, "this cohort ", color="0.35", ha="right")
ax.set(xscale="log", xlabel="prevalence", ylabel="share", ylim=(0, 1.02))
ax.set_xticks([0.01, 0.03, 0.1, 0.3], ["1 %", "3 %", "10 %", "30 %"])
ax.legend(loc="center left", bbox_to_anchor=(0.02, 0.6))
describe(
    fig,
    "Three curves over the prevalence from 0.5 to 60 percent, network at fixed "
    "sensitivity and specificity. The accuracy of the network stays nearly flat, the "
    "rule that never looks overtakes it where the finding is rare, and the share of "
    "right alarms falls towards zero.",
)

# %% [markdown]
# The same at one place of the figure, in people.

# %%
alarms, right_alarms = RARE * sens + (1 - RARE) * (1 - spec), RARE * sens
print(
    f"Of 1,000 people at a prevalence of {RARE:.0%}, {1000 * alarms:.0f} are called "
    f"positive and {1000 * right_alarms:.0f} of them have the finding."
)
if right_alarms:
    print(f"1 alarm in {alarms / right_alarms:.0f} is right.")
print(f"The rule that never looks is right in {1 - RARE:.0%} and finds none of them.")

# %% [markdown]
# Read the figure from right to left. The blue curve hardly moves, so accuracy seems to travel well
# from this cohort to a screening programme. The red curve shows what the radiologist there would
# live through: most alarms are false. And on accuracy the rule that never looks beats the network.
# Lesson 32 takes predictive values further.

# %% [markdown]
# ## A threshold for the task
#
# Why 0.50? No reason at all; it is the middle of a scale without meaning. A threshold belongs to a
# task. Ours: read the more suspicious half tonight. So we cut the *tuning* scores at their median,
# write the number down, and only then open the internal test.

# %%
threshold = np.quantile(tuning["score"], 1 - READ_FIRST)
counts = confusion_counts(test["reference"], test["score"], threshold=threshold)
print(f"Threshold {threshold:.3f}, chosen on the tuning set for half of the list.")
print(
    f"Internal test: {counts.called_positive} of {counts.total} images "
    f"({counts.called_positive / counts.total:.0%}) are read tonight."
)
print(
    f"They hold {counts.tp} of the {counts.diseased} images with {finding}; "
    f"{counts.fn} wait until morning."
)

# %% [markdown]
# The share read tonight need not be exactly half, because the threshold was fixed on other
# patients, of whom another share had the finding. That is how it will be in use. Had we taken the
# median of the test scores, it would look neater and mean less.
#
# ### How far off may that be?
#
# So many of so many: another night, with other patients, would give other counts. The **Wilson
# interval** holds all true shares $p$ that could well have given ours. With $k$ of $n$, share
# $\hat p = k/n$ and $z = 1.96$ for 95 %:
#
# $$\frac{\hat p + \frac{z^2}{2n} \pm z\sqrt{\frac{\hat p(1-\hat p)}{n} + \frac{z^2}{4n^2}}}
# {1 + \frac{z^2}{n}}$$
#
# The well-known $\hat p \pm z\sqrt{\hat p(1-\hat p)/n}$ goes wrong where radiology lives: near 1 and
# with few cases. For 20 of 20 it gives the interval 1 to 1, as if nothing could ever be missed.

# %% [markdown] tags=["exercise"]
# ### Exercise 30.3 - Write the Wilson interval (6 min)
# Return `(low, high)` for `successes` of `total`, with z = 1.96.
# <details><summary>Hint</summary>Compute the centre and the half width first, each divided by
# 1 + z²/n.</details>

# %% tags=["exercise-code"]
def wilson_interval(successes, total):
    """Return the 95 % Wilson interval of a share as (low, high)."""
    ### BEGIN SOLUTION
    z, share = 1.96, successes / total
    shrink = 1 + z**2 / total
    centre = (share + z**2 / (2 * total)) / shrink
    half = z * np.sqrt(share * (1 - share) / total + z**2 / (4 * total**2)) / shrink
    return centre - half, centre + half
    ### END SOLUTION

# %% tags=["check"]
check_exercise("30.3", wilson_interval)

# %% [markdown] tags=["solution"]
# The centre is pulled from the observed share towards one half, the more so the fewer the cases.
# Try 20 of 20: twenty successes in a row do not rule out one miss in six.

# %%
for name, part, whole in (
    ("Sensitivity", counts.tp, counts.diseased),
    ("Specificity", counts.tn, counts.healthy),
):
    print(
        f"{name} {part / whole:.2f} ({part} of {whole} images), "
        f"95 % interval {span(wilson(part, whole))}, internal test."
    )

# %% [markdown]
# In the default cohort the specificity looks modest, and that is no fault of the network. We asked
# for half of the list, more films than have the finding, so some healthy ones *must* be called
# positive. A number is good or bad only for a task.
#
# ## All thresholds at once
#
# Slide the threshold from high to low, and note sensitivity and false positive rate (1 -
# specificity) at every stop. The path is the **ROC curve**. It starts bottom left, where nobody is
# called positive, and ends top right, where everybody is.

# %% tags=["twin:helpers.diagnostic_metrics.roc_curve"]
def roc_curve(reference, score):
    """Return false positive rate, sensitivity and threshold at each distinct score."""
    score, diseased = np.asarray(score), np.asarray(reference) == 1
    thresholds = np.append(np.inf, np.unique(score)[::-1])
    true_rate = [np.mean(score[diseased] >= cut) for cut in thresholds]
    false_rate = [np.mean(score[~diseased] >= cut) for cut in thresholds]
    return np.array(false_rate), np.array(true_rate), thresholds


# %% [markdown]
# Right beside it we draw the **precision-recall curve**: the same stops, but with the share of
# right alarms (precision) against the sensitivity (recall). Its floor is the prevalence.

# %%
false_rate, true_rate, _ = roc_curve(test["reference"], test["score"])
recall, precision, _ = precision_recall_curve(test["reference"], test["score"])
fig, (left, right_ax) = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
left.plot([0, 1], [0, 1], ":", color="0.5", label="score knows nothing")
left.plot(false_rate, true_rate, color=COLOURS["blue"])
right_ax.axhline(test["reference"].mean(), ls=":", color="0.5", label="prevalence")
right_ax.plot(recall, precision, color=COLOURS["blue"])
for cut, name, mark in ((threshold, "half of the list", "o"), (0.5, "0.50", "s")):
    at = confusion_counts(test["reference"], test["score"], threshold=cut)
    look = {"marker": mark, "ms": 9, "ls": "", "color": COLOURS["vermillion"]}
    left.plot(1 - specificity(at), sensitivity(at), label=f"threshold: {name}", **look)
    if at.called_positive:
        right_ax.plot(sensitivity(at), at.tp / at.called_positive, **look)
left.set(xlabel="1 - specificity", ylabel="sensitivity", title="ROC", aspect="equal")
right_ax.set(xlabel="sensitivity (recall)", ylabel="precision", ylim=(0, 1.02))
right_ax.set_title("Precision-recall")
left.legend(loc="lower right")
right_ax.legend(loc="lower left")
describe(
    fig,
    "Left, the ROC curve of the internal test, well above the diagonal, with two "
    "marked thresholds, one for half of the list and one at 0.50. Right, the "
    "precision-recall curve of the same scores, falling towards the prevalence.",
)

# %% [markdown] tags=["judge"]
# ### Judge 30.4j - Two users, one curve (4 min)
# The circle reads half of the list, the square cuts at 0.50. For each of these, which marker is the
# better place to work, or is neither?
#
# 1. Sorting the night's list; every film is read by noon anyway.
# 2. Sending patients home without any reading when the network is silent.

# %% [markdown] tags=["solution"]
# *A possible answer.* For sorting, the circle: a miss costs hours, not the diagnosis, and a false
# alarm costs nothing, for each film is read anyway. For sending home unread, neither: even at the
# circle films with the finding are missed, and now nobody else looks. That task wants a point
# near the top edge, if there is one with a bearable false positive rate, and an interval on its
# misses. The curve does not choose; the cost of each error does.

# %% [markdown]
# ### The area under the curve
#
# The **AUC** sums the curve up in one number, and it has a meaning without any geometry. Draw one
# film with and one without the finding, blindly. The AUC is the probability that the first has the
# higher score (a tie counts half). It judges the *order* of the films and nothing else: square all
# scores and it stays the same.

# %% [markdown] tags=["exercise"]
# ### Exercise 30.5 - AUC as a contest of pairs (6 min)
# Compare every film that has the finding with every film that has not. Return the share of pairs
# that the first one wins, a tie counted half.
# <details><summary>Hint</summary>`score[diseased][:, None] > score[healthy][None, :]` is the table
# of all contests.</details>

# %% tags=["exercise-code"]
def auc_by_pairs(reference, score):
    """Return the share of (diseased, healthy) pairs that are in the right order."""
    reference, score = np.asarray(reference), np.asarray(score)
    ### BEGIN SOLUTION
    diseased = score[reference == 1][:, None]
    healthy = score[reference == 0][None, :]
    return float(np.mean(diseased > healthy) + np.mean(diseased == healthy) / 2)
    ### END SOLUTION

# %% tags=["check"]
check_exercise("30.5", auc_by_pairs)

# %% [markdown] tags=["solution"]
# Counting pairs takes memory for diseased times healthy comparisons. `area_under_roc` gets the same
# number from ranks (the Mann-Whitney statistic), fast enough to repeat it thousands of times. We
# need that now.

# %% [markdown]
# ## How sure is the AUC?
#
# Wilson does not help: an AUC is no simple share. The **bootstrap** does. Pretend that the test
# patients *are* the population: draw as many of them with replacement, compute the AUC, do that
# two thousand times, and read off the limits of the middle 95 %.
#
# Draw patients, not images. Two films of one person share anatomy, positioning and often the
# finding. Drawing images would count them as two witnesses when the second mostly repeats the first.

# %% [markdown] tags=["predict"]
# ### Predict 30.6p - Patients or images (2 min)
# Which interval is wider, the one that draws patients or the one that draws images? By much? Each
# patient here has one to three films.

# %%
auc_of_test = area_under_roc(test["reference"], test["score"])
draws = {"replicates": REPLICATES, "seed": SEED}
truth, score = test["reference"].to_numpy(), test["score"].to_numpy()
by_patient = clustered_bootstrap(
    area_under_roc, truth, score, clusters=test["patient_id"], **draws
)
by_image = clustered_bootstrap(
    area_under_roc, truth, score, clusters=np.arange(len(test)), **draws
)
ratio = (by_patient.high - by_patient.low) / (by_image.high - by_image.low)
print(f"AUC {auc_of_test:.3f}, internal test, {len(test)} images.")
print(f"Drawing patients: 95 % interval {by_patient.low:.3f} to {by_patient.high:.3f}.")
print(f"Drawing images:   95 % interval {by_image.low:.3f} to {by_image.high:.3f}.")
print(f"The first is {ratio:.2f} times as wide.")
if test["patient_id"].is_unique:
    print("Each image is its own patient here: only the luck of drawing differs.")

# %% [markdown]
# In the default cohort the difference is next to nothing: a patient has at most three films, and a
# consolidation has mostly cleared by the next one, so that the second film is a new case. It grows
# with the number of images per patient and with findings that stay: with all slices of a CT, the
# image-level interval can be several times too narrow. The cost of doing it right is one argument.
#
# The cell below is the whole method for your own project: copy it, feed it three columns.

# %% tags=["recipe:auc_with_patient_interval"]
# MIT licence - recipe "auc_with_patient_interval" from Deep Learning in Radiology
import numpy as np


def auc(truth, score):
    """Area under the ROC curve from ranks; ties count half."""
    _, place, ties = np.unique(score, return_inverse=True, return_counts=True)
    rank, n = (np.cumsum(ties) - (ties - 1) / 2)[place], truth.sum()
    return (rank[truth == 1].sum() - n * (n + 1) / 2) / (n * (len(truth) - n))


def auc_interval(truth, score, patient, replicates=2000, seed=0):
    """95 % interval of the AUC; arrays of shape (images,), whole patients are drawn."""
    rows = [np.flatnonzero(patient == one) for one in np.unique(patient)]
    rng, values = np.random.default_rng(seed), []
    while len(values) < replicates:
        drawn = rng.integers(len(rows), size=len(rows))
        drawn = np.concatenate([rows[i] for i in drawn])
        if 0 < truth[drawn].sum() < len(drawn):  # both classes are needed
            values.append(auc(truth[drawn], score[drawn]))
    return np.quantile(values, [0.025, 0.975])


y, patient = np.repeat(np.arange(100) % 2, 2), np.repeat(np.arange(100), 2)
x = y + np.random.default_rng(1).normal(size=200)  # made up: 100 patients, 2 images
low, high = auc_interval(y, x, patient)
print(f"AUC {auc(y, x):.2f}, 95 % interval {low:.2f} to {high:.2f}")

# %% [markdown]
# The loop skips draws that hold one class only. If there are many of those, the test set has too
# few patients for any interval; `helpers.intervals.clustered_bootstrap` stops and says so.
#
# ## What we measured

# %% tags=["headline"]
found = wilson(counts.tp, counts.diseased)
drawn = "images drawn, patients unknown" if unknown else "patients drawn"
print(
    f"{finding}, internal test, {len(test)} images: AUC {auc_of_test:.3f}, "
    f"95 % interval {by_patient.low:.3f} to {by_patient.high:.3f} ({drawn})."
)
print(
    f"Reading {counts.called_positive / counts.total:.0%} of the list first finds "
    f"{counts.tp} of {counts.diseased}: sensitivity {counts.tp / counts.diseased:.2f}, "
    f"95 % interval {span(found)}; {counts.fn} wait."
)

# %% [markdown]
# ## On real patients
#
# 23 November 2026. The same lesson on the children's chest films of PneumoniaMNIST (28 pixels,
# Kermany et al. 2018, CC BY 4.0), with a network that lesson 21 trained on its training set:
#
# `COURSE_DATA_DIR=path/to/data make course COHORT=pneumoniamnist ONLY=30`
#
# The next cell shows what came out, as recorded on that day.

# %%
recorded = evidence("lesson_30_pneumoniamnist.csv")
print("\n".join(recorded["line"]))

# %% [markdown]
# The AUC is high, and yet many films with pneumonia wait. Look at the counts: well over half of
# these test films show a pneumonia, so the first half of the list cannot hold them all, whatever
# the network. The triage question makes sense where the finding is rarer than the share read
# first. The network has seed 7; three other seeds reached 0.98 each (lesson 21). The patients of
# this cohort are unknown, so the bootstrap could draw only images, and the
# interval is too narrow if children have several films.

# %% [markdown]
# ## What this does not show
#
# - **Another hospital.** All intervals here are about other patients *of the same kind*. They do not
#   know of a second scanner or a sicker population. The gap can be large: for tuberculosis on chest
#   films, studies that developed a model report a pooled specificity of 95 % (91 to 97), clinical
#   trials 65 % (54 to 75) (Zhan 2022, 61 studies).
# - **The lucky threshold.** A threshold fixed on one site's scores may read another share of the list
#   elsewhere, because scores shift with scanner and case mix.
# - **Images, not patients.** The Wilson intervals treat each image as a case of its own; only the AUC
#   interval draws patients.
# - **Time to treatment.** Nobody was treated earlier in this notebook.
#
# The films are simulated. Not for clinical use.

# %% [markdown]
# ## Summary
#
# In the default cohort:
#
# - Four counts give sensitivity (0.71 at 0.50 on the tuning set, 58 of 82) and specificity (0.92,
#   148 of 161); report both, with their counts.
# - Accuracy hides: the rule that never looks had 0.66, and at a prevalence of 1 % it beats the
#   network, of whose alarms 1 in 12 is right.
# - A threshold belongs to a task. Chosen on the tuning set for half of the list (0.201), it found 126
#   of 138 consolidations in the internal test; 12 wait until morning.
# - The ROC curve shows all thresholds; the AUC of 0.924 is the chance that a diseased film outranks
#   a healthy one.
# - Intervals: Wilson for shares (sensitivity 0.85 to 0.95), a bootstrap that draws patients for the
#   AUC (0.892 to 0.953, 1.02 times as wide as with images drawn).

# %% [markdown]
# ## New words
#
# **sensitivity**, **specificity**, **positive predictive value**, **prevalence**, **threshold** (or
# operating point), **ROC curve**, **AUC**, **precision-recall curve**, **Wilson interval**,
# **clustered bootstrap**
#
# ## Next
#
# Lesson 40 asks where in the film the score comes from. Lesson 31 compares two networks on the same
# patients, and 32 weighs the two errors against each other.
#
# ## Sources
#
# - Wilson EB. Probable inference, the law of succession, and statistical inference. J Am Stat Assoc
#   1927;22:209-212.
# - Hanley JA, McNeil BJ. The meaning and use of the area under a receiver operating characteristic
#   (ROC) curve. Radiology 1982;143:29-36.
# - Efron B, Tibshirani RJ. An Introduction to the Bootstrap. 1993.
# - Zhan Y et al. J Clin Med 2022;12:303 (PMC9820940).
