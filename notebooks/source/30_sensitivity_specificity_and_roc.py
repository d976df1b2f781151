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
# suspicious part of the list is read tonight, how many films with the finding wait until morning?

# %% [markdown]
# | | |
# |---|---|
# | Time | 60 minutes; runs in about 10 seconds |
# | Runs on | any laptop; with another `COHORT` or `FINDING` a network is trained first, about 2 minutes |
# | Data | scores of the course's network on the in-silico chest cohort (CC BY 4.0, under 1 MB) |
# | Needs first | [21 First network](21_first_network.ipynb): its network gives each film one score, 0 to 1, and was not trained on the films used here |
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
from sklearn.metrics import precision_recall_curve

from helpers import checkpoints, cohorts
from helpers.checks import check_exercise, check_setting
from helpers.diagnostic_metrics import Counts, area_under_roc, sensitivity, specificity
from helpers.figures import COLOURS, describe, use_course_style
from helpers.files import evidence
from helpers.intervals import clustered_bootstrap

use_course_style()


def span(interval, digits=2):
    """Return an interval as text."""
    return f"{interval[0]:.{digits}f} to {interval[1]:.{digits}f}"


def better_than_guessing(part):
    """Print the AUC of some images; return whether its interval lies above 0.5."""
    columns = part["reference"], part["score"]
    try:
        found = clustered_bootstrap(area_under_roc, *columns, clusters=part.patient_id)
    except ValueError as error:  # too few patients of one class
        print(error)
        return False
    auc = area_under_roc(*columns)
    print(f"AUC {auc:.2f}, {len(part)} images, 95 % interval {span(found)}.")
    return found.low > 0.5


# %% tags=["parameters"]
COHORT = os.environ.get("COHORT", "chest_insilico")
FINDING = os.environ.get("FINDING")  # None: the cohort's first finding
SEED = 30
READ_FIRST = 0.5  # share of the list that is read tonight
REPLICATES = 2000  # resamples for each bootstrap interval
RARE = 0.01  # prevalence of the finding in a screening population

check_setting("SEED", SEED, 0, 2**32 - 1)
check_setting("READ_FIRST", READ_FIRST, 0.01, 0.99)
check_setting("REPLICATES", REPLICATES, 100, 20_000)
check_setting("RARE", RARE, 0.001, 0.5)

# %% [markdown]
# ## Scores and what is true
#
# Everything here needs two columns: the *reference standard* (1: the finding is there) and the
# *score* (higher: more suspicious). The score lies between 0 and 1, but it is no probability: nobody
# has shown yet what share of the films with a given score have the finding.
#
# Two sets, with two jobs. On the **tuning set** we look around and decide. The **internal test**
# is opened once, when all is decided.

# %%
if (COHORT, FINDING or "consolidation") == ("chest_insilico", "consolidation"):
    finding, unknown = "consolidation", None  # its scores are part of the course
    scores = checkpoints.predictions(COHORT)
else:
    print("Other scores than those of the course: a network is trained now, about two")
    print("minutes, unless lesson 21 has left one for this cohort and finding.")
    cohort = cohorts.load(COHORT)
    finding, unknown = cohort.finding(FINDING), cohort.lacks("patients")
    scores = checkpoints.predictions(cohort, finding)
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
# First of all: do the scores know something? A helper gives the area under the ROC curve (AUC) of
# the tuning set. It is explained below; a score that guesses gets 0.5. Then look at the scores.

# %%
if not better_than_guessing(tuning):
    print(f"WARNING: the network may be guessing about {finding}. The methods below")
    print("stay right, but it is of no use, and maps of it (lesson 40) mean nothing.")

fig, ax = plt.subplots(figsize=(7, 2.8))
for value, name, kind in ((0, "without", "stepfilled"), (1, "with", "step")):
    part = tuning.loc[tuning["reference"] == value, "score"]
    colour = COLOURS["vermillion"] if value else "0.7"
    look = {"histtype": kind, "color": colour, "linewidth": 2}
    ax.hist(part, np.linspace(0, 1, 31), label=f"{name} {finding}", **look)
ax.set(xlabel="score", ylabel="images", title="Tuning set")
ax.legend()
describe(
    fig,
    f"Histogram of the scores in the tuning set: images without {finding} filled, "
    "images with it as an outline.",
)

# %% [markdown]
# Where the two groups overlap, every cut leaves images with the finding on its left, or images
# without it on its right. Moving the cut makes one of these errors rarer and the other more
# frequent.
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
# **Sensitivity** = TP / (TP + FN): of the films with the finding, the share that is called
# positive. It uses the left column only. **Specificity** = TN / (TN + FP): of the films without
# it, the share that is called negative.

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
# A rule gives every film the answer that is commoner in the cohort, without opening it. Write down
# its accuracy (share of right answers) on the tuning set, its sensitivity and its specificity. The
# counts printed above are enough.

# %%
here = tuning["reference"].mean()  # prevalence in the tuning set
commoner = np.full(len(tuning), int(here >= 0.5))
answers = {"Never looks": commoner, "Network": tuning["score"]}
for name, score in answers.items():
    counts = confusion_counts(tuning["reference"], score, threshold=0.5)
    accuracy = (counts.tp + counts.tn) / counts.total
    print(
        f"{name} (threshold 0.50): accuracy {accuracy:.2f}, "
        f"sensitivity {sensitivity(counts):.2f} ({counts.tp} of {counts.diseased}), "
        f"specificity {specificity(counts):.2f} ({counts.tn} of {counts.healthy})."
    )
at_half = counts  # of the network, which came last

# %% [markdown]
# One of the two shares of the rule that never looks is exactly zero. Its accuracy does not show
# that. Report sensitivity *and* specificity, always as a pair.
#
# ### What accuracy hides
#
# With $\pi$ the prevalence (share of films that have the finding),
#
# $$\text{accuracy} = \pi \cdot \text{sensitivity} + (1 - \pi) \cdot \text{specificity}$$
#
# Where the finding is rare, $\pi$ is near 0 and accuracy is nearly the specificity. The **positive
# predictive value**, the share of positive calls that are right, depends on the prevalence too.
# Below we keep the sensitivity and specificity measured above and change only the prevalence.

# %%
prevalence = np.geomspace(0.005, 0.6, 60)
sens, spec = sensitivity(at_half), specificity(at_half)
right = prevalence * sens + (1 - prevalence) * spec
called = prevalence * sens + (1 - prevalence) * (1 - spec)
ppv = prevalence * sens / np.maximum(called, 1e-9)  # 0 where nobody is called
curves = {
    "accuracy, never looks": (np.maximum(prevalence, 1 - prevalence), "--", "black"),
    "accuracy, network": (right, "-", "blue"),
    "positive predictive value, network": (ppv, "-.", "vermillion"),
}
fig, ax = plt.subplots(figsize=(7, 3.4))
for label, (values, dash, colour) in curves.items():
    ax.plot(prevalence, values, dash, color=COLOURS[colour], label=label)
ax.axvline(here, color="0.6", lw=1)
ax.text(here, 0.03, "tuning set ", color="0.35", ha="right")
ax.set(xscale="log", xlabel="prevalence", ylabel="share", ylim=(0, 1.02))
ax.set_xticks([0.01, 0.03, 0.1, 0.3], ["1 %", "3 %", "10 %", "30 %"])
ax.legend(loc="center left", bbox_to_anchor=(0.02, 0.6))
about = "the rule that never looks, accuracy of the network, its predictive value"
describe(fig, f"Three curves over the prevalence: accuracy of {about}, falling left.")
hits, alarms = 1000 * RARE * sens, 1000 * (1 - RARE) * (1 - spec)
print(f"Of 1,000 people at a prevalence of {RARE:.1%}, {hits + alarms:.0f} are called")
print(f"positive; {hits:.0f} of these have the finding.")

# %% [markdown]
# Read the figure from right to left, towards rarer disease. The accuracy of the network (solid)
# changes little, the positive predictive value (dash-dotted) falls: more and more positive calls
# are false. The rule that never looks (dashed) ends with the highest accuracy, unless the
# specificity is nearly 1.
#
# ## A threshold for the task
#
# Nothing speaks for 0.50: the score is no probability. The task decides. Ours is to read the share
# `READ_FIRST` of the list tonight, the most suspicious first. So we cut the *tuning* scores at
# that share, write the threshold down, and only then open the internal test.

# %%
threshold = np.quantile(tuning["score"], 1 - READ_FIRST)
counts = confusion_counts(test["reference"], test["score"], threshold=threshold)
read, images = counts.called_positive, counts.total
print(f"Threshold {threshold:.3f}, to read {READ_FIRST:.0%} of the tuning set.")
print(f"Internal test: {read} of {images} images ({read / images:.0%}) are read now.")
print(f"They hold {counts.tp} of {counts.diseased} with {finding}; {counts.fn} wait.")
most = min(1, (images - read) / counts.healthy)
print(f"With {read} read, no score can have a specificity above {most:.2f}.")

# %% [markdown]
# The share read tonight need not be exactly `READ_FIRST`, because the threshold was fixed on other
# patients. So it will be in use. A threshold taken from the test scores would fit them exactly and
# say nothing about the next night. The last line is a limit that the task sets: whoever reads more
# films than have the finding must call healthy ones positive, whatever the network.

# %% [markdown] tags=["try"]
# ### Try 30.3t - Miss at most one in twenty (5 min)
# Suppose the task were: find 95 % of the films with the finding. In the cell above, write this line
# under the first one:
#
# `threshold = np.quantile(tuning.loc[tuning["reference"] == 1, "score"], 0.05)`
#
# Predict first: must more or less of the list be read, and will the internal test find exactly
# 95 %? Run the cell, read the counts, take the line out, and run the cell again. (In a study this
# would be a second look at the test set, to be reported. Here it is for learning.)

# %% [markdown] tags=["solution"]
# That threshold leaves one in twenty *tuning* films with the finding below it. On the test set the
# share differs: other patients, and few of them. And the share of the list that must be read is
# now a result, not a choice. A threshold fixes one of the two; which one is a clinical decision.

# %% [markdown]
# ### How far off may these numbers be?
#
# Another night would give other counts. The **Wilson interval** holds the true shares that could
# well have given ours. For $k$ of $n$, with $\hat p = k/n$ and $z = 1.96$ for 95 %:
#
# $$\frac{\hat p + \frac{z^2}{2n} \pm z\sqrt{\frac{\hat p(1-\hat p)}{n} + \frac{z^2}{4n^2}}}
# {1 + \frac{z^2}{n}}$$
#
# The better known $\hat p \pm z\sqrt{\hat p(1-\hat p)/n}$ fails near 1 and with few cases: for 20
# of 20 it gives 1 to 1, as if a miss could not happen.

# %% tags=["twin:helpers.intervals.wilson"]
def wilson(successes, total, z=1.959964):
    """Return the 95 % Wilson interval of a share."""
    share, shrink = successes / total, 1 + z**2 / total
    centre = share + z**2 / (2 * total)
    half = z * np.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    return (centre - half) / shrink, (centre + half) / shrink


# %%
shares = {"Sensitivity": (counts.tp, counts.diseased)}
shares |= {"Specificity": (counts.tn, counts.healthy), "An example": (20, 20)}
for name, (part, whole) in shares.items():
    interval = span(wilson(part, whole))
    print(f"{name} {part / whole:.2f} ({part} of {whole}), 95 % interval {interval}.")

# %% [markdown] tags=["exercise"]
# ### Exercise 30.4 - Nothing missed, and yet (6 min)
# A brochure says: sensitivity 100 %, no film missed. Return the smallest number of films with the
# finding for which that claim has a lower limit of at least `least`, for example 0.95.
# <details><summary>Hint</summary>Put $k = n$ into the formula: the root becomes simple. Or call
# `wilson(n, n)` for 1, 2, 3, ... until it is enough.</details>

# %% tags=["exercise-code"]
def films_needed(least):
    """Return the smallest n for which n of n has a lower limit of at least `least`."""
    ### BEGIN SOLUTION
    films = 1
    while films / (films + 1.959964**2) < least:  # the lower limit of n of n
        films += 1
    return films
    ### END SOLUTION

# %% tags=["check"]
check_exercise("30.4", films_needed)

# %% [markdown] tags=["solution"]
# With $k = n$ the lower limit is $n / (n + z^2)$. For 0.95 that needs 73 films, for 0.99 it needs
# 381, and each of them must have the finding. Where one film in a hundred does, a test set with 73
# of them holds some 7,300 films.

# %% [markdown]
# ## All thresholds at once
#
# Move the threshold from high to low, and note sensitivity and false positive rate (1 -
# specificity) at every distinct score. The path is the **ROC curve**. It starts bottom left, where
# nobody is called positive, and ends top right, where everybody is.

# %% tags=["twin:helpers.diagnostic_metrics.roc_curve"]
def roc_curve(reference, score):
    """Return false positive rate, sensitivity and threshold at each distinct score."""
    score, diseased = np.asarray(score), np.asarray(reference) == 1
    thresholds = np.append(np.inf, np.unique(score)[::-1])
    true_rate = [np.mean(score[diseased] >= cut) for cut in thresholds]
    false_rate = [np.mean(score[~diseased] >= cut) for cut in thresholds]
    return np.array(false_rate), np.array(true_rate), thresholds


# %% [markdown]
# Beside it stands the **precision-recall curve**, from scikit-learn: the same thresholds, with the
# positive predictive value (precision) over the sensitivity (recall). A score that guesses stays
# at the prevalence. In a project of your own `RocCurveDisplay.from_predictions(reference, score)`
# and `PrecisionRecallDisplay`, both in `sklearn.metrics`, draw the two panels.

# %%
false_rate, true_rate, _ = roc_curve(test["reference"], test["score"])
precision, recall, _ = precision_recall_curve(test["reference"], test["score"])
fig, (left, right_ax) = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
left.plot([0, 1], [0, 1], ":", color="0.5", label="a score that guesses")
left.plot(false_rate, true_rate, color=COLOURS["blue"])
right_ax.axhline(test["reference"].mean(), ls=":", color="0.5", label="prevalence")
right_ax.plot(recall[:-1], precision[:-1], color=COLOURS["blue"])  # last: no calls
marks = ((threshold, f"to read {READ_FIRST:.0%}", "o"), (0.5, "0.50", "s"))
for cut, name, mark in marks:
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
    f"Left the ROC curve of the internal test with two thresholds, {READ_FIRST:.0%} of "
    "the list (circle) and 0.50 (square). Right the precision-recall curve of the same "
    "scores, with a dotted line at the prevalence.",
)

# %% [markdown]
# Circle and square are two places to work on one curve. To sort a list that is read anyway, the one
# further right is the better: a false alarm costs little. To send patients home unread neither
# will do, for films with the finding are missed and nobody else looks. The curve does not choose;
# the cost of each error does.
#
# ### The area under the curve
#
# The **AUC** sums the curve up in one number. Draw one film with and one without the finding at
# random: the AUC is the probability that the first has the higher score (a tie counts half). It
# judges the *order* of the films and nothing else. Square all scores, and it stays the same.

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
# Counting pairs takes memory for diseased times healthy comparisons. The recipe below gets the
# same number from ranks (the Mann-Whitney statistic), fast enough to repeat it thousands of times.

# %% [markdown]
# ## How sure is the AUC?
#
# Wilson does not help: an AUC is no simple share. The **bootstrap** does. Let the test patients
# stand for the population: draw as many of them with replacement, compute the AUC, do that
# `REPLICATES` times, and take the limits of the middle 95 %. Draw patients, not images (**clustered
# bootstrap**): two films of one person share anatomy, positioning and often the finding, so that
# the second adds less than a film of another person. The recipe is the whole method, and what the
# rest of this lesson uses.

# %% tags=["recipe:auc_with_patient_interval", "model"]
# MIT licence - recipe "auc_with_patient_interval" from Deep Learning in Radiology
import numpy as np

MISSING = "nan nat na n/a n.a. #n/a <na> null none missing unknown unk unbekannt ? - --"
MISSING = {"", *MISSING.split(), "anonymous", "anonymized", "anonymised"}


def auc(truth, score):
    """Area under the ROC curve from ranks; ties count half."""
    truth, score = (np.ravel(values).astype(float) for values in (truth, score))
    if {*truth} != {0, 1} or len(score) != len(truth) or not np.isfinite(score).all():
        raise ValueError("truth needs 0 and 1, both; score one finite number for each")
    _, place, ties = np.unique(score, return_inverse=True, return_counts=True)
    rank, n = (np.cumsum(ties) - (ties - 1) / 2)[place], truth.sum()
    return (rank[truth == 1].sum() - n * (n + 1) / 2) / (n * (len(truth) - n))


def auc_interval(truth, score, patient, replicates=2000, seed=0):
    """95 % interval of the AUC; three columns, whole patients are drawn."""
    auc(truth, score)  # refuses what cannot be used
    truth, score = np.ravel(truth), np.ravel(score)
    names = np.array([str(one).strip().removesuffix(".0") for one in patient])
    people = np.unique(names)  # 7, 7.0 and "7" are one
    if MISSING & {one.lower() for one in people} or len(names) != len(truth):
        raise ValueError("a patient is missing: name it, or leave the image out")
    rows = [np.flatnonzero(names == one) for one in people]
    rng, values = np.random.default_rng(seed), []
    for _ in range(replicates):
        drawn = rng.integers(len(rows), size=len(rows))
        drawn = np.concatenate([rows[i] for i in drawn])
        if 0 < truth[drawn].sum() < len(drawn):  # both classes are needed
            values.append(auc(truth[drawn], score[drawn]))
    if len(people) < 2 or len(values) < 0.95 * replicates:
        raise ValueError("too few patients of one class for an interval of truth")
    return np.quantile(values, [0.025, 0.975])


y, person = np.repeat(np.arange(100) % 2, 2), np.repeat(np.arange(100), 2)
x = y + np.random.default_rng(1).normal(size=200)  # made up: 100 patients, 2 images
low, high = auc_interval(y, x, person)
print(f"AUC {auc(y, x):.2f}, 95 % interval {low:.2f} to {high:.2f}")

# %% [markdown] tags=["predict"]
# ### Predict 30.6p - Patients or images (2 min)
# Which interval of the internal test is wider, the one that draws patients or the one that draws
# images? By what factor? And what if the file held each image four times, and images were drawn?

# %%
truth, score = (test[name].to_numpy() for name in ("reference", "score"))
image, four = np.arange(len(test)), np.repeat(np.arange(len(test)), 4)
draws = {"replicates": REPLICATES, "seed": SEED}
intervals = {
    "images": auc_interval(truth, score, image, **draws),
    "patients": auc_interval(truth, score, test["patient_id"], **draws),
    "copies": auc_interval(truth[four], score[four], np.arange(len(four)), **draws),
}
for name, found in intervals.items():
    wide = np.ptp(found) / np.ptp(intervals["images"])
    print(f"Drawing {name}: {span(found, 3)}, {wide:.2f} times as wide as with images.")
if test["patient_id"].is_unique:
    print("Each image is its own patient here: only the luck of drawing differs.")

# %% [markdown]
# Four copies of each image tell nothing new, and yet the interval shrinks to about half: drawing
# images takes every one for a new case. Images of one patient lie between these extremes. Films
# taken weeks apart may show new cases; slices of one CT are nearly copies. Drawing patients is
# right for both.
#
# ## What we measured

# %% tags=["headline"]
drawn = "images drawn, patients unknown" if unknown else "patients drawn"
print(
    f"Threshold 0.50, tuning set, {len(tuning)} images: sensitivity {sens:.2f}, "
    f"specificity {spec:.2f}."
)
print(f"Accuracy {accuracy:.2f}; rule that never looks {max(here, 1 - here):.2f}.")
print(
    f"Reading {read / images:.0%} of the list first finds {counts.tp} of "
    f"{counts.diseased}: sensitivity {sensitivity(counts):.2f}, 95 % interval "
    f"{span(wilson(counts.tp, counts.diseased))}; {counts.fn} wait."
)
print(
    f"{finding}, internal test, {len(test)} images: AUC {auc(truth, score):.3f}, "
    f"95 % interval {span(intervals['patients'], 3)} ({drawn})."
)

# %% [markdown]
# ## On real patients
#
# 23 November 2026. The same lesson on the children's chest films of PneumoniaMNIST (28 pixels,
# Kermany et al. 2018, CC BY 4.0), with a network that
# [lesson 21](21_first_network.ipynb) trained on its training set:
#
# `COURSE_DATA_DIR=path/to/data make course COHORT=pneumoniamnist ONLY=30`
#
# The next cell shows what came out, as recorded on that day.

# %%
recorded = evidence("lesson_30_pneumoniamnist.csv")
print("\n".join(recorded["line"]))

# %% [markdown]
# The AUC is high, and yet many films with pneumonia wait. Well over half of these test films show
# a pneumonia, so the first half of the list cannot hold them all, whatever the network. Reading
# the most suspicious first helps where the finding is rarer than the share read first. The network
# has seed 7; three other seeds reached 0.98 each, as [lesson 21](21_first_network.ipynb) shows. The
# patients of this cohort are unknown, so the bootstrap could draw only images, and the interval is
# too narrow if children have several films.
#
# ## What this does not show
#
# - **Another hospital.** All intervals here are about other patients *of the same kind*. Elsewhere
#   the scores shift with scanner and patients, and so does the share read at a fixed threshold. For
#   tuberculosis on chest films, studies that developed a model report a pooled specificity of 95 %
#   (91 to 97), clinical trials 65 % (54 to 75) (Zhan 2022, 61 studies).
# - **Images, not patients.** The Wilson intervals treat each image as a case of its own; only the
#   AUC interval draws patients.
# - **Time to treatment.** Nobody was treated earlier in this notebook.
#
# The films of the default cohort are simulated. Not for clinical use.

# %% [markdown]
# ## Summary
#
# Each with its number under *What we measured*, in the same order:
#
# - Four counts give sensitivity and specificity; report both, with their counts.
# - Accuracy hides: where the finding is rare, a rule that never looks can have the higher one.
# - A threshold belongs to a task. It is chosen on the tuning set and applied once to the internal
#   test.
# - The ROC curve shows all thresholds; the AUC is the chance that a film with the finding has a
#   higher score than one without.
# - Shares get a Wilson interval, the AUC a bootstrap that draws patients, not images.
#
# ## New words
#
# - **sensitivity**: share of the cases with the finding that are called positive.
# - **specificity**: share of the cases without the finding that are called negative.
# - **prevalence**: share of the cases that have the finding.
# - **positive predictive value**: share of the positive calls that are right; also precision.
# - **threshold**: the score from which on a case is called positive; also operating point.
# - **ROC curve**: sensitivity over 1 - specificity at every threshold.
# - **AUC**: area under the ROC curve.
# - **precision-recall curve**: positive predictive value over sensitivity at every threshold.
# - **Wilson interval**: an interval of a share that stays within 0 and 1.
# - **bootstrap**: an interval from drawing the own cases anew, with replacement.
# - **clustered bootstrap**: a bootstrap that draws whole patients.

# %% [markdown]
# ## Next
#
# Now try it on what you care about: another `FINDING`, a public `COHORT`, or a folder of your own.
# Then [40 Saliency maps](40_saliency_maps.ipynb) asks which pixels the score comes from.
#
# ## Sources
#
# - Wilson EB. Probable inference, the law of succession, and statistical inference. J Am Stat Assoc
#   1927;22:209-212. <https://doi.org/10.1080/01621459.1927.10502953>
# - Hanley JA, McNeil BJ. The meaning and use of the area under a receiver operating characteristic
#   (ROC) curve. Radiology 1982;143:29-36. <https://doi.org/10.1148/radiology.143.1.7063747>
# - Efron B, Tibshirani RJ. An Introduction to the Bootstrap. 1993.
#   <https://doi.org/10.1201/9780429246593>
# - Zhan Y et al. J Clin Med 2022;12:303. <https://pmc.ncbi.nlm.nih.gov/articles/PMC9820940/>
