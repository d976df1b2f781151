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
# # 17 Readers and label noise
#
# A network and the radiologist's report differ on a chest film: which of the two is wrong?

# %% [markdown]
# | | |
# |---|---|
# | Time | 60 minutes; runs in about 20 seconds |
# | Runs on | any laptop, no GPU; no network is trained |
# | Data | in-silico chest cohort with its reports (1,200 patients, CC BY 4.0, made on first use) |
# | Needs first | [14 Labels from reports](14_labels_from_reports.ipynb), [15 Patient-level split](15_patient_level_split.ipynb) |
#
# ## After this notebook you can
#
# - measure how well two readers agree, with kappa, weights and an interval;
# - compare a reader, or a measurement, with its own repeat;
# - judge a panel of readers as a reference standard, and say what a further reader adds;
# - work out what wrong labels in a test do to a result;
# - say what wrong labels cost in training, and which of them a test cannot show.

# %% tags=["setup"]
import os

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix
from statsmodels.stats.inter_rater import cohens_kappa

from helpers import checkpoints, cohorts, files, label_noise, linear_baseline
from helpers.checks import check_exercise, check_setting
from helpers.diagnostic_metrics import area_under_roc, roc_curve
from helpers.figures import COLOURS, describe, use_course_style
from helpers.intervals import wilson
from helpers.reader_agreement import dawid_skene, majority
from helpers.report_labels import binary_labels, label_reports
from phantoms.hospital import readers

use_course_style()

# %% tags=["parameters"]
COHORT = os.environ.get("COHORT", "chest_insilico")
FINDING = os.environ.get("FINDING")  # None: the cohort's first finding
SEED = 14  # of the readers, and of the first draw of wrong labels
DRAWS = 5  # draws of readers and of wrong labels, each with a seed of its own
POSITIVE_FROM = 4  # a reader's score (1 to 5) that counts as a call
REPEATED = 0.8  # share of what misleads a reader that is the same on another day
check_setting("SEED", SEED, 0, 10_000)
check_setting("DRAWS", DRAWS, 2, 20)
check_setting("POSITIVE_FROM", POSITIVE_FROM, 2, 5)
check_setting("REPEATED", REPEATED, 0.5, 1.0)
SEEDS = range(SEED, SEED + DRAWS)

# %% [markdown]
# ## Do readers agree?
#
# If one report is not enough, ask several people. Five invented readers score every film for the
# finding from 1 (definitely absent) to 5 (definitely present): three residents and two
# specialists. They do not look at pixels. Their skill, their caution and what misleads them all
# are set, so that every measure below has a known true value.

# %%
cohort = cohorts.load(COHORT)
finding, table, passed_over = cohort.finding(FINDING), cohort.table, ""
truth = cohort.labels(finding)


def share(part, whole):
    """Write a share with its 95 % Wilson interval."""
    low, high = wilson(int(part), int(whole))
    return f"{part / whole:.2f} ({low:.2f} to {high:.2f})"


if cohort.name != "chest_insilico":
    passed_over = (f"{cohort.name}: the truth behind its labels is not known, so no "
                   "readers are simulated. The first three sections are passed over.")
    print(passed_over)
else:
    reading = readers.read_scores(truth, readers.READERS, np.random.default_rng(SEED))
    calls = (reading >= POSITIVE_FROM).astype(int)
    residents = confusion_matrix(calls[:, 0], calls[:, 1], labels=[0, 1])
    print(pd.DataFrame(residents, ["reader 1: no", "reader 1: yes"],
                       ["reader 2: no", "reader 2: yes"]).to_string())
    print(f"Same call in {share(np.trace(residents), residents.sum())} of the films.")
    by_chance = residents.sum(axis=0) @ residents.sum(axis=1) / residents.sum() ** 2
    print(f"By chance alone, from their habits: {by_chance:.2f}")

# %% [markdown] tags=["exercise"]
# Two people who rarely say yes agree often even if they never look. **Cohen's kappa** takes out
# what their habits alone would give. With $p_o$ the share of agreement, and $p_e$ the share
# expected if the two called independently, each as often as they do,
# $\kappa = (p_o - p_e) / (1 - p_e)$.
#
# ### Exercise 17.1 - Kappa from a table (6 min)
# Compute Cohen's kappa from a square table of counts, for any number of categories.
# <details><summary>Hint</summary>Divide the table by its sum. The diagonal holds $p_o$. The sums
# of rows and of columns are the habits; `np.outer` gives the table that chance would
# make.</details>

# %% tags=["exercise-code"]
def plain_kappa(counts):
    """Return Cohen's kappa of a (k, k) table of counts."""
    ### BEGIN SOLUTION
    shares = np.asarray(counts) / np.sum(counts)
    observed = np.trace(shares)
    by_chance = np.trace(np.outer(shares.sum(axis=1), shares.sum(axis=0)))
    return (observed - by_chance) / (1 - by_chance)
    ### END SOLUTION

# %% tags=["check"]
check_exercise("17.1", plain_kappa)

# %% [markdown] tags=["solution"]
# The trace of the outer product is the sum of "both say 1", "both say 2" and so on by chance
# alone. One minus it is what is left to agree on.

# %% [markdown]
# For five ordered scores, plain kappa counts a 4 against a 5 as badly as a 1 against a 5.
# **Weighted kappa** gives part of the credit: with quadratic weights, two scores at a distance $d$
# out of at most 4 agree to $1 - (d/4)^2$. `cohens_kappa` of statsmodels computes both, with the
# interval of Fleiss, Cohen and Everitt (1969). That interval takes each film as independent. Where
# patients have several films, resample patients. For scores in equal steps, quadratic kappa needs no
# table: it is 1 less the mean squared distance over the one that chance would give.

# %% tags=["recipe:weighted-kappa-with-interval"]
# MIT licence - recipe "weighted-kappa-with-interval" from Deep Learning in Radiology
import numpy as np
import pandas as pd


def kappa_with_interval(first, second, patient, *, seed=0):
    """Return quadratic kappa of whole-number scores, with 95 % limits over patients."""
    scores = np.column_stack([first, second]).astype(float)
    names = pd.Series(np.asarray(patient)).astype("string").str.strip().str.lower()
    names = names.str.removesuffix(".0")  # 7.0 is patient 7
    missing = ["", "nan", "none", "na", "n/a", "<na>", "?", "unknown"]
    unknown = names.isna() | names.isin(missing)
    if unknown.any() or len(names) != len(scores) or not np.isfinite(scores).all():
        raise ValueError("Each film needs two scores and a known patient.")
    if names.nunique() < 2 or len(np.unique(scores)) < 2:
        raise ValueError("Kappa needs two patients and two different scores at least.")

    def kappa(some):
        apart = np.diff(some).var() + np.diff(some).mean() ** 2  # mean squared distance
        return 1 - apart / (some.var(axis=0).sum() + np.diff(some.mean(axis=0))[0] ** 2)

    rows_of = [*names.groupby(names).indices.values()]
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(rows_of), size=(500, len(rows_of)))
    values = [kappa(scores[np.concatenate([rows_of[i] for i in one])]) for one in drawn]
    return kappa(scores), *np.nanquantile(values, [0.025, 0.975])


pair = np.random.default_rng(0).integers(1, 5, (60, 1)) + [[0, 0], [0, 1], [1, 1]] * 20
found = kappa_with_interval(*pair.T, np.arange(60) // 2)
print("60 films, 30 patients: {:.2f} ({:.2f} to {:.2f})".format(*found))

# %% [markdown]
# Both kappas for three pairs of readers, with the true value of each; the interval over patients;
# and then the two specialists in other populations:

# %%
if not passed_over:
    rows = {}
    for pair in ([0, 1], [0, 4], [3, 4]):
        counts = confusion_matrix(*reading[:, pair].T, labels=range(1, 6))
        two = [readers.READERS[i] for i in pair]
        model = readers.expected_table(*two, prevalence=truth.mean())
        row = rows[f"readers {pair[0] + 1} and {pair[1] + 1}"] = {}
        for name, weights in (("plain", None), ("quadratic", "quadratic")):
            found = cohens_kappa(counts, wt=weights)
            limits = f"({found.kappa_low:.2f} to {found.kappa_upp:.2f})"
            row[f"{name} kappa"] = f"{found.kappa:.2f} {limits}"
            row[f"true {name}"] = f"{cohens_kappa(model, wt=weights).kappa:.2f}"
    print(pd.DataFrame(rows).T.to_string())
    inter = kappa_with_interval(*reading[:, 3:].T, table["patient_id"])
    print("Readers 4 and 5, patients resampled: "
          "quadratic kappa {:.2f} ({:.2f} to {:.2f})".format(*inter))
    for prevalence in (0.5, 0.1, 0.02):
        model = readers.expected_table(*readers.READERS[3:], prevalence=prevalence)
        starts = [0, POSITIVE_FROM - 1]  # of "no" and of "yes" among the scores
        two = np.add.reduceat(np.add.reduceat(model, starts, axis=0), starts, axis=1)
        print(f"Readers 4 and 5, prevalence {prevalence:.0%}: same call in "
              f"{np.trace(two):.1%}, kappa {cohens_kappa(two).kappa:.2f}")

# %% [markdown] tags=["predict"]
# The same readings give a small plain kappa and a large quadratic one: name the weights.
#
# The two specialists stay the same persons; their kappa falls steeply as the finding becomes rare,
# even where the share of equal calls rises. This is the **prevalence effect**: among films that are
# nearly all negative, little is left to agree on beyond chance. Never compare the kappas of two
# studies without their prevalences, and print the table beside the kappa.
#
# Kappa knows nothing of right and wrong. Two readers who miss the same films agree perfectly.
#
# ## The same reader, the same heart, twice
#
# How well does a reader agree with herself? **Intra-reader agreement** is measured by a second
# reading weeks later, in another order, without the first scores at hand. Here half of what
# misleads a reader misleads all of them; in a second reading by the same person we let a larger
# share be the same (`REPEATED`).
#
# ### Predict 17.2p - The second reading (2 min)
# Reader 4, a specialist, reads all films again. In what share of them is the call (yes or no) the
# same? And between the two specialists?

# %%
if not passed_over:
    specialist, rng = readers.READERS[3], np.random.default_rng(SEED)
    twice = readers.read_scores(truth, [specialist] * 2, rng, shared=REPEATED)
    intra = kappa_with_interval(*twice.T, table["patient_id"])
    for name, two, found in (("reader 4, twice", twice, intra),
                             ("readers 4 and 5", reading[:, 3:], inter)):
        same = np.sum((two[:, 0] >= POSITIVE_FROM) == (two[:, 1] >= POSITIVE_FROM))
        print(f"{name}: same call in {share(same, len(two))}, quadratic kappa "
              "{:.2f} ({:.2f} to {:.2f})".format(*found))

# %% [markdown]
# Part of every disagreement between two people is the disagreement of each with herself. A study
# that reports only one reading cannot tell the two apart.
#
# A **measurement** has no categories. Bland and Altman (1999) look at the difference of two
# measurements of the same thing: its mean is the **bias**, and mean ± 1.96 standard deviations are
# the **limits of agreement**, between which about 95 % of the differences lie. The
# **cardiothoracic ratio** is the width of the heart over that of the chest; above 0.5 an erect PA
# film is called cardiomegaly. Some patients have an AP film too, taken in bed.

# %%
def limits_of_agreement(first, second):
    """Return mean difference and 95 % limits, in the unit of the measurements."""
    difference = np.asarray(second) - np.asarray(first)
    mean, spread = difference.mean(), 1.96 * difference.std(ddof=1)
    return mean, mean - spread, mean + spread


if not passed_over:
    hearts = table.pivot_table(values="cardiothoracic_ratio", index="patient_id",
                               columns="view", aggfunc="first").dropna()
    bias, *limits = limits_of_agreement(hearts["PA"], hearts["AP"])
    turned = np.sum((hearts["PA"] <= 0.5) & (hearts["AP"] > 0.5))
    fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
    ax.plot(hearts.mean(axis=1), hearts["AP"] - hearts["PA"], "o", ms=4, alpha=0.6)
    ax.axhline(bias, color=COLOURS["black"], label="bias")
    ax.axhline(limits[0], color=COLOURS["black"], ls="--", label="limits of agreement")
    ax.axhline(limits[1], color=COLOURS["black"], ls="--")
    ax.set(xlabel="cardiothoracic ratio, mean of AP and PA", ylabel="AP minus PA")
    fig.legend(loc="outside upper right", ncols=2)
    describe(fig, "Cardiothoracic ratio, AP minus PA, against the mean of both, with "
             "the bias (solid line) and the limits of agreement (dashed lines).")
    print(f"{len(hearts)} patients, AP minus PA: bias {bias:.3f}, limits "
          f"{limits[0]:.3f} to {limits[1]:.3f}, correlation "
          f"{hearts.corr().iloc[0, 1]:.2f}; above 0.5 in AP only: {turned} patients")

# %% [markdown] tags=["exercise"]
# The correlation is high, and still the two are not exchangeable: in an AP film the heart lies
# farther from the detector and the tube is nearer, so that it is drawn larger. The bias can be
# subtracted; the width between the limits stays. Days pass between the two films: a point far
# outside is first of all a patient who has changed. Correlation asks whether two measurements rise
# together, the limits whether one may replace the other.
#
# ## A panel as the reference standard
#
# The usual way out is a panel. Two questions decide what it is worth. Does the reader (or the
# network) under test sit in it? And do its members stumble over the same films?
#
# ### Exercise 17.3 - A panel without the one who is tested (4 min)
# Return the majority call of all readers but one. A tie counts as 0.
# <details><summary>Hint</summary>`np.delete` removes a column; the mean of 0/1 calls is the share
# who said yes.</details>

# %% tags=["exercise-code"]
def panel_without(calls, reader):
    """Return the majority (0 or 1) of all columns of calls except one."""
    ### BEGIN SOLUTION
    others = np.delete(np.asarray(calls), reader, axis=1)
    return (others.mean(axis=1) > 0.5).astype(int)
    ### END SOLUTION

# %% tags=["check"]
check_exercise("17.3", panel_without)

# %% [markdown] tags=["solution"]
# With four others a tie is possible: a rule for it belongs in the protocol, before the reading.

# %% [markdown]
# A panel that contains the reader under test flatters that reader: **incorporation bias**. Many
# studies settle a tie by **adjudication**: two read, and where they differ a senior reader
# decides. Dawid and Skene (1979) instead estimate each reader's skill from how the others bear
# them out, and weigh the votes.

# %%
if not passed_over:
    five = majority(calls)
    for reader in (0, 3):
        own, others = calls[:, reader], majority(np.delete(calls, reader, axis=1))
        print(f"Reader {reader + 1} is right in {np.mean(own == truth):.1%}; agrees "
              f"with the panel of five in {np.mean(own == five):.1%}, "
              f"with the other four in {np.mean(own == others):.1%}")
    model = dawid_skene(calls)
    decided = np.where(calls[:, 0] == calls[:, 1], calls[:, 0], calls[:, 4])
    panels = {
        "reader 1, a resident": (calls[:, 0], 1),
        "reader 5, a specialist": (calls[:, 4], 1),
        "majority of three residents": (majority(calls[:, :3]), 3),
        "1 and 2, adjudicated by 5": (decided, 2 + np.mean(calls[:, 0] != calls[:, 1])),
        "majority of all five": (five, 5),
        "Dawid and Skene, all five": ((model.probability > 0.5).astype(int), 5),
    }
    print(pd.DataFrame({
        name: {"readings": f"{cost:.2f}", "right": share(sum(one == truth), len(truth)),
               "sensitivity": f"{one[truth == 1].mean():.2f}",
               "specificity": f"{1 - one[truth == 0].mean():.2f}"}
        for name, (one, cost) in panels.items()
    }).T.to_string())

# %% [markdown] tags=["predict"]
# Reader 1 gains by sitting in the reference standard. Some of that is the own vote; the rest,
# which the other four also grant, is shared mistakes. Reader 4 is too good for the others, who
# hold the better calls against her. So a network measured against a panel below its level cannot
# show what it can do.
#
# At a threshold of 4 the majority of all five is no better than the better specialist alone: the
# residents outvote the specialists. Adjudication buys more than a third resident, with fewer
# readings, but the adjudicator never sees what both residents missed. Dawid and Skene give the
# better readers more weight; they take the errors as independent, which these are not.
#
# ### Predict 17.4p - A further reader (2 min)
# Equal readers of middling skill decide by majority. How much more often than one of them is a
# panel of three right? Of nine? Of fifteen? Draw your curve before you run the cell.

# %%
if not passed_over:
    sizes = (1, 3, 5, 7, 9, 15)
    equals = [readers.Reader(f"reader {n}", 1.6) for n in range(max(sizes))]
    fig, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
    for shared, name, style in (
        (0.0, "err independently", {"color": COLOURS["blue"], "marker": "o"}),
        (0.5, "share half of what misleads them",
         {"color": COLOURS["vermillion"], "marker": "s", "linestyle": "--"}),
    ):
        shares = []
        for seed in SEEDS:
            rng = np.random.default_rng(seed)
            seen = readers.read_scores(truth, equals, rng, shared=shared)
            votes = [majority(seen[:, :n] >= POSITIVE_FROM) for n in sizes]
            shares.append([np.mean(vote == truth) for vote in votes])
        low, middle, high = (f(shares, axis=0) for f in (np.min, np.mean, np.max))
        ax.plot(sizes, middle, label=name, **style)
        ax.fill_between(sizes, low, high, color=style["color"], alpha=0.25)
        print(f"{name}, {sizes} readers:", *(f"{right:.1%}" for right in middle))
    ax.set(xlabel="readers in the panel", ylabel="right majority, share of films")
    ax.legend(title=f"mean, band: lowest to highest of {DRAWS} draws", loc="best")
    describe(fig, "Share of films with a right majority against the size of the panel: "
             "a curve for readers who err independently, one for shared difficulties.")

# %% [markdown]
# If readers erred independently, a large panel would be the truth. They do not: a faint
# consolidation behind the heart is faint for everybody. From five on, a further reader of the same
# film adds little. What helps then is another *source*: CT, culture, follow-up.
#
# ## Wrong labels in a test
#
# Now the question of the beginning. The network of [lesson 21](21_first_network.ipynb) scores the
# internal test, with a threshold from the tuning set, and is compared with the label from the
# report of [lesson 14](14_labels_from_reports.ipynb), uncertain as 1.

# %%
compared, differ = not passed_over and finding == "consolidation", ""
if compared:
    said = label_reports(table["report"])[finding]
    scores = checkpoints.predictions("chest_insilico")
    by_study = pd.Series(binary_labels(said, uncertain="ones").to_numpy(int),
                         table["study_id"])
    scores["label"] = scores["study_id"].map(by_study)
    tuning = scores[scores["split"] == "tuning"]
    fpr, tpr, thresholds = roc_curve(tuning["reference"], tuning["score"])
    threshold = thresholds[np.argmax(tpr - fpr)]
    shown = scores[scores["split"] == "internal test"].reset_index(drop=True)
    call = (shown["score"] >= threshold).astype(int)
    agrees, right = call == shown["label"], call == shown["reference"]
    label_right, n = shown["label"] == shown["reference"], len(shown)
    print(f"{n} films of {shown['patient_id'].nunique()} patients, internal test.")
    print(f"The network agrees with the report in {share(agrees.sum(), n)}.")
    print(f"Right: the network in {share(right.sum(), n)}, "
          f"the report in {share(label_right.sum(), n)}.")
    differ = share(np.sum(~agrees & right), np.sum(~agrees))
    print(f"They differ in {np.sum(~agrees)} films, the network is right in {differ}.")
    print(f"They agree and are both wrong in {np.sum(agrees & ~right)} films.")
else:
    print("Passed over: the network of lesson 21 knows consolidation, in silico, only.")

# %% [markdown]
# In a part of the disagreements the *report* is wrong. In a few films both are wrong and agree,
# and nobody will look at those again: agreement is not correctness.
#
# What does this do to a result? The **AUC** is the share of pairs, one film with the finding and
# one without, in which the one with it has the higher score: 1 is perfect, 0.5 a coin
# ([lesson 30](30_sensitivity_specificity_and_roc.ipynb)). So take one film of each label. Of the
# labels 1 a share $a$ is true, of the labels 0 a share $b$. With chance $ab$ both labels are true,
# and the score orders the pair rightly with the true AUC, $A$. With chance $(1-a)(1-b)$ both are
# false, and the score looks right with $1-A$. Otherwise both films are of one kind, and the score is
# right in half of the pairs. The sum is $A' = 1/2 + (A - 1/2)(a + b - 1)$, as long as the errors of
# the label have nothing to do with the score, given the truth. Whoever knows $a$ and $b$, from a
# sample with a better reference standard, can solve it for $A$.

# %% tags=["twin:helpers.label_noise.apparent_auc"]
def apparent_auc(auc, *, true_ones, true_zeros):
    """Return the AUC that a test with wrong labels shows."""
    return 0.5 + (auc - 0.5) * (true_ones + true_zeros - 1)


# %% [markdown]
# Two learners are tested: the network of
# [lesson 21](21_first_network.ipynb), by its committed scores, where it knows the
# finding; and a small one that is trained here in a second, by logistic regression on histograms
# of oriented gradients (Dalal and Triggs 2005).

# %%
grey = cohort.images.mean(axis=-1) if cohort.images.ndim == 4 else cohort.images
train, exam = ((table["split"] == one).to_numpy() for one in ("train", "internal test"))
features = linear_baseline.hog_features(grey, train=train)
taught = linear_baseline.scores_after_training(features, truth, train=train)
clean = area_under_roc(truth[exam], taught[exam])
print(f"{cohort.name}, {finding}: {train.sum()} films to train, {exam.sum()} to test.")
print(f"AUC of the linear baseline, all labels true: {clean:.3f}")

# %% [markdown] tags=["predict"]
# ### Predict 17.5p - Twenty per cent (2 min)
# Turn every fifth label of the *test* round, at random. The network stays as it is. What will its
# AUC seem to be? And if only every fifth *finding* is missed, and nothing is invented?

# %%
RATES = (0.05, 0.1, 0.2, 0.3, 0.4)  # of wrong labels, as in the recorded trainings
reference, score, scorer = truth[exam], taught[exam], "linear baseline"
if compared:
    reference, score = shown["reference"].to_numpy(), shown["score"].to_numpy()
    scorer = "network of lesson 21"
true_auc = area_under_roc(reference, score)
print(f"AUC of the {scorer} {true_auc:.3f}. With wrong labels in the test it seems:")
for kind, invents in (("turned round", 1), ("findings missed", 0)):
    for rate in RATES:
        rates = {"missed": rate, "invented": rate * invents}
        wrong = [label_noise.flip_labels(reference, seed=s, **rates) for s in SEEDS]
        seen = [area_under_roc(one, score) for one in wrong]
        a, b = label_noise.predictive_values(prevalence=reference.mean(), **rates)
        expected = apparent_auc(true_auc, true_ones=a, true_zeros=b)
        print(f"{rate:4.0%} {kind}: {np.mean(seen):.3f} ({min(seen):.3f} to "
              f"{max(seen):.3f}, {DRAWS} draws), expected {expected:.3f}")
if compared:
    given = shown["label"].to_numpy()
    a, b = (np.mean(reference[given == one] == one) for one in (1, 0))
    expected = apparent_auc(true_auc, true_ones=a, true_zeros=b)
    print(f"Labels from reports, {np.sum(given != reference)} wrong: "
          f"{area_under_roc(given, score):.3f}, expected {expected:.3f}")

# %% [markdown]
# A good network looks mediocre when a fifth of the test labels is turned round. Missed
# findings cost less, since most labels 0 stay true. The draws scatter about the formula. The labels
# from reports need not follow it: writers miss the small consolidations, and so does the network.
#
# ## Wrong labels in training
#
# Training learns from wrong labels, a test only counts them. Three kinds. *Flipped*: each class
# alike, by chance. *Missed*: findings only, by chance (**class-dependent**). *Smallest missed*: the
# smallest findings, as a reader would miss them. Each time the labels are wrong in training only,
# in the test only, or in both.

# %%
def three_tests(wrong):
    """Return the AUC with wrong labels in training, in the test, and in both."""
    misled = linear_baseline.scores_after_training(features, wrong, train=train)[exam]
    pairs = ((truth, misled), (wrong, taught[exam]), (wrong, misled))
    return tuple(area_under_roc(labels[exam], score) for labels, score in pairs)


KINDS = {"flipped": "turned round by chance, %", "missed": "missed by chance, %"}
area = table.get(f"{finding}_area_mm2")
if area is not None:
    KINDS["smallest missed"] = "smallest missed, %"
rows = [("flipped", 0.0, SEED, clean, clean, clean)]
for kind in KINDS:
    for rate in RATES:
        for seed in SEEDS[:1] if kind == "smallest missed" else SEEDS:
            how = {"kind": kind, "rate": rate, "seed": seed, "size": area}
            wrong = label_noise.wrong_labels(truth, **how)
            rows.append((kind, rate, seed, *three_tests(wrong)))
TESTS = {"noisy_training_true_test": "training", "true_training_noisy_test": "test",
         "noisy_training_noisy_test": "both"}
simple = pd.DataFrame(rows, columns=["kind", "rate", "seed", *TESTS])
print(f"{len(rows)} trainings of the linear baseline.")

# %% [markdown]
# A network can learn wrong labels by heart. That of [lesson 21](21_first_network.ipynb) was trained
# on labels made wrong alike, with five seeds, 64-pixel films, and a tuning set as wrong as its
# training set (`python -m tools.evidence.label noise chest_insilico`, 90 trainings, recorded on the
# seventh version of the simulated patients; all else here is of the eighth, so the AUC at 0 % is
# not that of the scores above). Baseline above, network below:

# %%
learners = {"linear baseline": simple}
if (cohort.name, finding) in (("chest_insilico", "consolidation"),
                              ("pneumoniamnist", "pneumonia")):
    learners["network"] = files.evidence(f"lesson_17_network_{cohort.name}.csv")
STYLES = {test: {"color": COLOURS[colour], "marker": marker, "linestyle": dash}
          for test, colour, marker, dash in zip(
              TESTS, ("blue", "orange", "black"), "os^", ("-", "--", ":"), strict=True)}
fig, axes = plt.subplots(len(learners), len(KINDS), figsize=(10, 3.2 * len(learners)),
                         layout="constrained", sharex=True, sharey=True, squeeze=False)
for line, (learner, results) in zip(axes, learners.items(), strict=True):
    for ax, kind in zip(line, KINDS, strict=True):
        ax.set_title(f"{kind}, {learner}", fontsize=9)
        of_kind = results[(results["kind"] == kind) | (results["rate"] == 0)]
        at_rate = of_kind.groupby(100 * of_kind["rate"])[[*TESTS]]
        low, middle, high = at_rate.min(), at_rate.mean(), at_rate.max()
        for test, style in STYLES.items():
            ax.plot(middle[test], label=f"wrong in {TESTS[test]}", **style)
            ax.fill_between(middle.index, low[test], high[test], alpha=0.2,
                            color=style["color"])
        axes[-1, list(KINDS).index(kind)].set(xlabel=KINDS[kind], ylim=(0.42, 1))
    line[0].set_ylabel(f"AUC, {learner}")
axes[0, 0].legend(fontsize=8)
describe(fig, "AUC against the share of wrong labels: a row for each learner, a column "
         "for each kind; lines for labels wrong in training, in the test, in both.")

# %% [markdown]
# Mean, lowest and highest draw. **Left**, each class alike, by chance: both learners fall, and
# lowest where both are wrong. Training can average a few errors out, a test cannot; with many,
# training loses as much. Such errors show: the result looks worse than the learner is.
#
# **Middle**, findings only: less is lost than on the left, since most labels 0 stay true.
#
# **Right**, errors with a system, on the default cohort. The learner is taught to pass over what is
# small, and a test with such labels does not object: against the truth it loses (*wrong in
# training*), in its own test it seems to have lost less (*wrong in both*). **No test with labels
# from the same source can show this.**
#
# What wrong labels cost in training depends on the films and the task; *On real patients* shows a
# cohort where they cost less. What they cost in the test does not.

# %% [markdown] tags=["try"]
# ### Try 17.6t - Readers who call more (4 min)
# Set `POSITIVE_FROM` to 3 in the settings. Predict: do the residents agree more or less, what
# becomes of sensitivity and specificity of the five, and does the large panel gain? Run all cells
# again and compare; then put it back to 4.

# %% [markdown] tags=["solution"]
# The residents make the same call in fewer films. Sensitivity rises, specificity falls, and the
# majority now beats reader 5, who calls far too much, but not reader 4. Panels with shared
# difficulties still gain little after five. The weighted kappa of the scores stays where it was,
# since it knows no threshold: report which of the two you measured.

# %% [markdown]
# ## What we measured

# %% tags=["headline"]
if not passed_over:
    print("Quadratic kappa, readers 4 and 5: {:.2f} ({:.2f} to {:.2f}); ".format(*inter)
          + "reader 4 twice: {:.2f} ({:.2f} to {:.2f})".format(*intra))
    print(f"Heart, AP minus PA, {len(hearts)} patients: bias {bias:.3f}, limits "
          f"{limits[0]:.3f} to {limits[1]:.3f}")
    print(f"Right: majority of five in {share(sum(five == truth), len(truth))} of films"
          + f"; the network, where the report differs, in {differ}" * compared)
print(f"{cohort.name}, {finding}, {exam.sum()} films, internal test. AUC: labels true; "
      "a fifth wrong in training; in test; in both:")
for learner, results in learners.items():
    one = results[results["kind"].eq("flipped") & results["rate"].eq(0.2)][[*TESTS]]
    told = [f"{one[test].mean():.3f} ({one[test].min():.3f} to {one[test].max():.3f})"
            for test in TESTS]
    start = results.loc[results["rate"] == 0, "noisy_training_true_test"].mean()
    print(f"{learner}: {start:.3f}; {'; '.join(told)}; {len(one)} draws")
    small = results[results["kind"].eq("smallest missed") & results["rate"].eq(0.4)]
    true, same = small[["noisy_training_true_test", "noisy_training_noisy_test"]].mean()
    if len(small):
        print(f"  the smallest 40 % missed in both: seems {same:.3f}, is {true:.3f}")

# %% [markdown]
# ## On real patients
#
# 29 November 2026. No real readers were asked and no real reports are in the course. What wrong
# labels do was tried on PneumoniaMNIST (children; Kermany 2018): the linear baseline, and the
# network with five seeds.
#
# `COURSE_DATA_DIR=path/to/data COHORT=pneumoniamnist python -m tools.evidence.real_runs 17`
#
# `COURSE_DATA_DIR=path/to/data python -m tools.evidence.label noise pneumoniamnist`

# %%
print("\n".join(files.evidence("lesson_17_pneumoniamnist.csv")["line"]))
a, b = label_noise.predictive_values(prevalence=390 / 624, missed=0.2, invented=0.2)
for auc in (0.935, 0.980):
    expected = apparent_auc(auc, true_ones=a, true_zeros=b)
    print(f"Expected in the test from {auc:.3f}: {expected:.3f}")

# %% [markdown]
# In these children wrong labels cost less in training: with a fifth turned round the network keeps
# 0.958 of 0.980, with five times as many films as above and a finding that is easy to see. In the
# test they cost about what the formula says, here as there. The baseline loses as little.
#
# ## What this does not show
#
# - **Real readers.** They are invented; their errors do not depend on the size of a finding, and
#   how much of an error comes again on another day is set, not measured.
# - **Every network.** One architecture, 64 pixels, five seeds, tuning labels as wrong as those of
#   training; for PneumoniaMNIST, the network on labels turned round only.
# - **Remedies.** Relabelling, robust losses and cleaning by confidence are not tried here.
#
# The patients are simulated. Not for clinical use.

# %% [markdown]
# ## Summary
#
# Where network and report differ, neither is right by default: the network was right in 0.21 (0.14
# to 0.31) of the films.
#
# - Two specialists agreed with a quadratic kappa of 0.72 (0.70 to 0.74); as the finding became rare
#   their kappa fell, and they made the same call more often.
# - One of them read twice, with a kappa of 0.87; the heart in AP exceeded that in PA by a bias of
#   0.082.
# - A majority of five was right in 0.87 (0.85 to 0.88). With shared difficulties a further reader
#   adds little.
# - A fifth of the test labels turned round made 0.884 look like 0.717, about as expected.
# - In the recorded trainings it brought the network from 0.923 to 0.775. Small findings missed in
#   training *and* test did harm that the test did not show.

# %% [markdown]
# ## New words
#
# - **reference standard**: what a result is compared with; seldom the truth itself.
# - **kappa**: agreement of two readers beyond what their habits alone would give.
# - **weighted kappa**: kappa that gives part of the credit to scores that lie close together.
# - **prevalence effect**: kappa falls as a finding becomes rare, with the same readers.
# - **intra-reader agreement**: agreement of a reader with a second reading of their own.
# - **limits of agreement**: mean difference of two measurements ± 1.96 standard deviations.
# - **incorporation bias**: what is tested is part of the reference standard.
# - **adjudication**: a further reader decides where two differ.
# - **label noise**: wrong labels; class-dependent if one class has more of them.
# - **apparent AUC**: the AUC that a test with wrong labels shows.

# %% [markdown]
# ## Next
#
# [Lesson 18](18_augmentation.ipynb) asks which changes of a film keep its label, and
# [lesson 21](21_first_network.ipynb) trains the network used here.
#
# ## Sources
#
# - Cohen J. Educ Psychol Meas 1960;20:37-46; Psychol Bull 1968;70:213-220 (weights).
# - Fleiss JL, Cohen J, Everitt BS. Psychol Bull 1969;72:323-327 (interval).
# - Feinstein AR, Cicchetti DV. J Clin Epidemiol 1990;43:543-549 (prevalence).
# - Bland JM, Altman DG. Stat Methods Med Res 1999;8:135-160.
#   [doi:10.1177/096228029900800204](https://doi.org/10.1177/096228029900800204)
# - Dawid AP, Skene AM. J R Stat Soc C 1979;28:20-28.
# - Menon AK et al. Learning from corrupted binary labels. ICML 2015 (apparent AUC).
# - Dalal N, Triggs B. Histograms of oriented gradients. CVPR 2005.
# - Kermany DS et al. Cell 2018;172:1122-1131. Yang J et al. MedMNIST v2. Sci Data 2023;10:41.
