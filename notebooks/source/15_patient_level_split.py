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
# # 15 Patient-level split
#
# A network did well in the report and badly on the ward. Nobody cheated; the test set held patients
# whom the network had already met. How much does that flatter, and how do we prevent it?

# %% [markdown]
# | | |
# |---|---|
# | Time | 40 minutes to work through; runs in about 80 seconds |
# | Runs on | any laptop, no GPU |
# | Data | the course's in-silico chest cohort (1,200 patients, CC BY 4.0, made on first use) |
# | Needs first | nothing; lesson 30 explains the AUC |
#
# ## After this notebook you can
#
# - find the patients that a split has put on both sides;
# - deal patients instead of images, and prove that the split is clean;
# - measure the optimism of an image-level split, with an interval;
# - say when that optimism grows, and find identical images under different names.

# %% tags=["setup"]
import os

from helpers import cohorts, training
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from keras import layers
from skimage.transform import resize_local_mean

from helpers.artefacts import evidence
from helpers.checks import check_exercise
from helpers.diagnostic_metrics import area_under_roc
from helpers.figures import COLOURS, describe, montage, use_course_style
from helpers.intervals import mean_interval
from helpers.patient_splits import check_leakage, exact_duplicates

use_course_style()

# %% tags=["parameters"]
COHORT = os.environ.get("COHORT", "chest_insilico")
FINDING = os.environ.get("FINDING")  # None: the cohort's first finding
SEED = 15
DEALS = 5  # times that the patients are dealt anew
IMAGE_SIZE = 32  # rows and columns of the small images, pixels
EPOCHS = 30  # passes over the few hundred training images
FEWEST_PATIENTS = 40  # with more than one image; below, the comparison is passed over
FEWEST_IMAGES = 30  # of theirs with, and without, the finding

# %% [markdown]
# ## Two films, one patient
#
# Patients come back: to follow a pneumonia, to check a drain, because they are ill. So a data set
# has more images than patients. First count both.

# %%
cohort = cohorts.load(COHORT)
finding = cohort.finding(FINDING)
table = cohort.table
films = table["patient_id"].value_counts()
returning = films.index[films > 1]
print(f"{cohort.name}: {len(table)} images; finding: {finding}.")
print(
    cohort.lacks("patients")
    or f"{len(films)} patients, {len(returning)} of them with more than one image."
)

# %% [markdown]
# Now look at some of those who came back: two films each of three patients.

# %%
rows = []
for patient in sorted(returning)[:3]:
    rows += list(np.flatnonzero(table["patient_id"] == patient)[:2])
if cohort.knows_patients and rows:
    labels = cohort.labels(finding)
    names = [f"{table['patient_id'][row]}\n{finding}: {labels[row]}" for row in rows]
    fig = montage(cohort.images[rows], titles=names, columns=6)
    describe(
        fig,
        "Two films each of three patients, side by side. Heart, ribs and build repeat "
        "from the first film to the second.",
    )

# %% [markdown]
# Look at the pairs, not at the finding. The heart's outline, the slope of the ribs and the build
# come back on the second film. So, mostly, does the label. Whoever recognises the *person* can
# repeat the old answer without any radiology.

# %% [markdown] tags=["predict"]
# ### Predict 15.1p - Who sits on both sides? (2 min)
# The usual line of code shuffles the *images* and keeps a quarter for testing. In the default cohort
# half of the patients have two or three films. Write down your guess: what share of the test images
# comes from patients who also have an image in training?

# %%
rng = np.random.default_rng(SEED)
naive = table.assign(split=np.where(rng.permutation(len(table)) % 4, "train", "test"))
learnt_from = set(naive.loc[naive["split"] == "train", "patient_id"])
is_test = naive["split"] == "test"
met = naive.loc[is_test, "patient_id"].isin(learnt_from)
print(check_leakage(naive).describe())
if cohort.knows_patients:
    print(f"{met.mean():.0%} of the {is_test.sum()} test images show a known patient.")

# %% [markdown]
# `check_leakage` reads any split, also one that came with a data set. Run it on *every* split that
# you did not make yourself, and on those that you did. Where a cohort does not know its patients
# (each image then counts as its own), it can find nothing, and that is no proof of innocence.

# %% [markdown] tags=["exercise"]
# ### Exercise 15.2 - Find the shared patients (4 min)
# Return the patients who occur in both lists, each once, sorted.
# <details><summary>Hint</summary>Python's `set` has an operator for what two sets
# share.</details>

# %% tags=["exercise-code"]
def shared_patients(train_ids, test_ids):
    """Return a sorted list of the patients in both lists."""
    ### BEGIN SOLUTION
    return sorted(set(train_ids) & set(test_ids))
    ### END SOLUTION

# %% tags=["check"]
check_exercise("15.2", shared_patients)

# %% [markdown] tags=["solution"]
# Sets also drop repeated entries, so a patient with nine films is named once. Compare identifiers
# as text: the number 7, "7" and "007" may be one person.

# %% [markdown]
# ## Deal patients, not images
#
# Two steps: shuffle the list of *patients* and cut it; then give every image the split of its
# patient. The identifiers are sorted before the shuffle, so that the same seed gives the same split
# whatever the order of the rows.

# %% tags=["twin:helpers.patient_splits.split_patients"]
def split_patients(table, *, fractions, seed):
    """Return the split of every image; fractions are shares of the patients."""
    patients = np.sort(table["patient_id"].astype(str).unique())
    dealt = np.random.default_rng(seed).permutation(patients)
    ends = np.round(np.cumsum(list(fractions.values())) * len(dealt)).astype(int)
    split_of = {}
    for name, group in zip(fractions, np.split(dealt, ends[:-1]), strict=True):
        split_of.update(dict.fromkeys(group, name))
    return table["patient_id"].astype(str).map(split_of).rename("split")


# %% [markdown]
# The usual shares, and at once the proof:

# %%
fractions = {"train": 0.60, "tuning": 0.15, "internal test": 0.25}
report = check_leakage(
    table.assign(split=split_patients(table, fractions=fractions, seed=SEED))
)
print(report.describe())
print(f"Clean: {report.clean}")

# %% [markdown]
# No patient on two sides, by construction and by check. `helpers.patient_splits.split_patients` does
# the same, can keep the share of diseased patients equal (`stratify=`), and refuses a split that
# would be empty.
#
# The shares are shares of patients. The images follow only roughly, since some patients have more
# of them. That is the price, and it is small.

# %% [markdown] tags=["exercise"]
# ### Exercise 15.3 - Move whole patients (5 min)
# You inherit a split with patients on both sides, and you must keep the test set as it is.
# Return the training rows that may stay: those of patients without any test image.
# <details><summary>Hint</summary>`Series.isin` marks the rows whose value is in a
# list.</details>

# %% tags=["exercise-code"]
def clean_training_rows(patient_id, split):
    """Return positions of the rows in "train" whose patient has no row in "test"."""
    patient_id, split = pd.Series(patient_id), pd.Series(split)
    ### BEGIN SOLUTION
    examined = patient_id[split == "test"]
    stays = (split == "train") & ~patient_id.isin(examined)
    return np.flatnonzero(stays)
    ### END SOLUTION

# %% tags=["check"]
check_exercise("15.3", clean_training_rows)

# %% [markdown] tags=["solution"]
# The training set shrinks by all films of the patients concerned, not only by one film each. It is
# tempting to move the test film instead, but then the test set is no longer the published one.

# %% [markdown]
# ## How much does it flatter?
#
# To compare two splits fairly, change one thing only. We deal the returning patients into groups A
# and B, and cut the films of *each* patient in two: some to learn from, some for the exam. Two
# networks are trained, and each sits both exams.
#
# | | exam A | exam B |
# |---|---|---|
# | learnt from films of group A | known patients | strangers |
# | learnt from films of group B | strangers | known patients |
#
# "Known patients" is what an image-level split does, at its worst: everyone in the exam has been
# met. "Strangers" is the patient-level split. Same networks, same numbers of images, same exams. If
# exam A happens to be harder, it is harder on both sides of the comparison. This is a cross-over.

# %%
def deal(table, patients, *, seed):
    """Return [(rows to learn from, rows for the exam) of group A, the same of B]."""
    rng, groups = np.random.default_rng(seed), []
    rows_of = table.groupby("patient_id").indices
    for group in np.array_split(rng.permutation(np.sort(patients)), 2):
        learn, exam = [], []
        for patient in group:
            rows = rng.permutation(rows_of[patient])
            learn.extend(rows[: (len(rows) + 1) // 2])
            exam.extend(rows[(len(rows) + 1) // 2 :])
        groups.append((np.array(learn), np.array(exam)))
    return groups


# %% [markdown]
# The network is a small one for small images: two convolutions, then a dense layer that sees every
# place of the image at once. It trains in seconds, and with 70,000 weights for a few hundred images
# it has room to learn faces by heart, so to speak. Lesson 21 builds a better one.

# %% tags=["model"]
def quick_network(shape):
    """Return a small compiled network for grey images of the given (rows, columns)."""
    network = keras.Sequential(
        [
            keras.Input((*shape, 1)),
            layers.Rescaling(1 / 127.5, offset=-1),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    network.compile("adam", "binary_crossentropy", jit_compile=False)
    return network


def small(images):
    """Return grey images of IMAGE_SIZE rows and columns; blocks are averaged."""
    shape = (IMAGE_SIZE, IMAGE_SIZE)
    grey = images.mean(axis=-1) if images.ndim == 4 else images
    return np.stack([resize_local_mean(g.astype("float32"), shape) for g in grey])


# %% [markdown]
# One deal: train the two networks, let each sit both exams, and take the difference. Nothing is
# chosen along the way, neither epochs nor thresholds, so no tuning set is needed.

# %%
def cross_over(images, labels, groups, *, seed):
    """Return the mean AUC on known patients and on strangers for one deal."""
    auc = np.zeros((2, 2))  # network, exam
    for number, (learn, _) in enumerate(groups):
        training.set_seed(seed)
        network = quick_network(images.shape[1:])
        network.fit(images[learn], labels[learn], epochs=EPOCHS, verbose=0)
        for other, (_, exam) in enumerate(groups):
            scores = training.predict_scores(network, images[exam])
            auc[number, other] = area_under_roc(labels[exam], scores)
    return {"known": np.trace(auc) / 2, "strangers": (auc[0, 1] + auc[1, 0]) / 2}


def repeat_cross_over(finding, *, deals):
    """Return one row per deal; each deals the patients anew and prints its result."""
    results, labels = [], cohort.labels(finding).astype("float32")
    for seed in range(SEED, SEED + deals):
        groups = deal(table, returning, seed=seed)
        results.append(cross_over(small_images, labels, groups, seed=seed))
        print("Deal {}: known {known:.3f}, strangers {strangers:.3f}".format(
            len(results), **results[-1]))
    return pd.DataFrame(results)


# %% [markdown] tags=["predict"]
# ### Predict 15.4p - How large? (2 min)
# Before you run the next cell, write down the difference in AUC that you expect between known
# patients and strangers. Zero? A tenth?

# %%
def why_not(finding):
    """Return a sentence if the cohort cannot answer for this finding, else None."""
    if len(returning) < FEWEST_PATIENTS:
        return cohort.lacks("patients") or (
            f"Passed over: {len(returning)} patients have more than one image, and the "
            f"comparison needs at least {FEWEST_PATIENTS}."
        )
    theirs = cohort.labels(finding)[table["patient_id"].isin(returning)]
    fewest = np.bincount(theirs.astype(int), minlength=2).min()
    if fewest < FEWEST_IMAGES:
        return (
            f"Passed over: {fewest} images of returning patients are on the rarer side "
            f"of {finding}, and the comparison needs at least {FEWEST_IMAGES}."
        )
    return None


# %% [markdown]
# Now the trainings. Each line below is one deal.

# %% tags=["nbval-ignore-output"]
passed_over = why_not(finding)
if passed_over:
    print(passed_over)
else:
    small_images = small(cohort.images)
    results = repeat_cross_over(finding, deals=DEALS)

# %% [markdown]
# Draw the deals, and take their differences.

# %%
if not passed_over:
    optimism = results["known"] - results["strangers"]
    mean, low, high = mean_interval(optimism)
    fig, ax = plt.subplots(figsize=(5, 3.4))
    for _, row in results.iterrows():
        ax.plot([0, 1], row[["strangers", "known"]], "o-", color=COLOURS["blue"])
    ax.set_xticks([0, 1], ["strangers\n(patient-level)", "known\n(image-level)"])
    ax.set(ylabel="AUC", xlim=(-0.3, 1.3), title=f"{finding}, {DEALS} deals")
    describe(
        fig,
        "One line per deal joins the AUC on strangers to the AUC on known patients; "
        "the lines rise to the right where known patients are easier.",
    )
    print(f"Optimism between 0 and 0.06 AUC on average: {0 < mean < 0.06}")
    print(f"Its interval lies wholly above 0: {low > 0}")

# %% [markdown]
# Each line is one deal of the patients, and its slope is the optimism: the AUC gained by having met
# the person. In the default cohort the lines rise a little or not at all, and the interval of the
# mean reaches 0. Five deals cannot tell this gain from none. That is an answer, too: leakage does
# harm where the person gives the label away, and here something stands against it.
#
# The interval comes from the differences of the deals, with Student's t. It covers the luck of
# dealing and of training. It does not cover another cohort, and since all deals share one pool of
# patients it is somewhat too narrow.

# %% [markdown]
# ## When the optimism grows
#
# A consolidation clears within weeks, so a patient's next film often has the other label. Whoever
# knows the person then knows little. The second finding of the default cohort is a nodule, a few
# millimetres wide. It stays. In images of 32 x 32 pixels it is next to invisible. The same
# cross-over asks what the network reports about a thing it cannot see.

# %% tags=["nbval-ignore-output"]
second = next((name for name in cohort.findings if name != finding), None)
small_print = passed_over or ("Only one finding." if not second else why_not(second))
if small_print:
    print(small_print)
else:
    results_second = repeat_cross_over(second, deals=DEALS)

# %% [markdown]
# How long do the two findings stay? And two claims that must hold, whatever the last digits on your
# machine:

# %%
def still_there(name):
    """Return the share of films with a finding whose patient's next film has it."""
    following = table.groupby("patient_id")[name].shift(-1)
    return following[(table[name] == 1) & following.notna()].mean()


if not small_print:
    mean_2, low_2, high_2 = mean_interval(
        results_second["known"] - results_second["strangers"]
    )
    stranger_auc = results_second["strangers"].mean()
    near_coin = abs(stranger_auc - 0.5) < 0.05
    for name in (finding, second):
        print(f"{name}: on the patient's next film in {still_there(name):.0%}")
    print(f"{second}: AUC on strangers within 0.05 of a coin: {near_coin}")
    print(f"{second}: optimism larger than for {finding}: {mean_2 > mean}")

# %% [markdown]
# In the default cohort the nodules are all still there on the next film, the consolidations seldom.
# The network tosses a coin on strangers, as it should: nothing can be seen. On known patients it is
# better than a coin. It has not found a nodule; it has found a patient. An image-level split would
# have reported that as a modest success.
#
# What drives the optimism: a hard task, few patients, long training, images of one patient that are
# alike, and labels that persist. With CT slices or video frames all five meet.

# %% [markdown]
# ## The same image twice
#
# Leakage needs no second visit. The same image may be in a data set twice, under two names, even
# with two labels. Equal pixels have an equal *hash*, a short fingerprint of the bytes, so duplicates
# can be found in one pass.

# %% [markdown] tags=["exercise"]
# ### Exercise 15.5 - Find duplicates by hash (6 min)
# Return the positions of all images that are an exact copy of an *earlier* one.
# <details><summary>Hint</summary>`hashlib.sha256(image.tobytes()).digest()` is the fingerprint. Keep
# those already seen in a set.</details>

# %% tags=["exercise-code"]
def copies_of_earlier(images):
    """Return a list of positions, in order."""
    import hashlib
    ### BEGIN SOLUTION
    seen, copies = set(), []
    for position, image in enumerate(images):
        fingerprint = hashlib.sha256(np.ascontiguousarray(image).tobytes()).digest()
        if fingerprint in seen:
            copies.append(position)
        seen.add(fingerprint)
    return copies
    ### END SOLUTION

# %% tags=["check"]
check_exercise("15.5", copies_of_earlier)

# %% [markdown] tags=["solution"]
# A hash finds exact copies only. An image that was cropped, compressed or changed by one grey level
# has another fingerprint; for those, compare small blurred versions and look at the nearest pairs.

# %%
official = check_leakage(table, images=cohort.images)
if cohort.knows_patients:
    print(official.describe())
else:
    print("Patients unknown; only identical images can be looked for.")
    print(official.describe().splitlines()[-1])
groups = exact_duplicates(cohort.images)
labels = cohort.labels(finding)
two_labels = sum(len(set(labels[group])) > 1 for group in groups)
print(f"Groups of identical images with two different labels: {two_labels}.")

# %% [markdown]
# The split that comes with the default cohort is clean. For your own project, the recipe below makes
# such a split from a table and stops if anything is shared.

# %% tags=["recipe:patient_level_split"]
# MIT licence - recipe "patient_level_split" from Deep Learning in Radiology
import numpy as np
import pandas as pd


def add_patient_split(table, shares, seed=0):
    """Add the column "split": all rows of a patient_id get the same one."""
    patients = np.sort(table["patient_id"].astype(str).unique())
    if len(patients) < len(shares):
        raise ValueError(f"{len(patients)} patients cannot fill {len(shares)} splits.")
    dealt = np.random.default_rng(seed).permutation(patients)
    ends = np.round(np.cumsum(list(shares.values())) * len(dealt)).astype(int)
    split_of = {}
    for name, group in zip(shares, np.split(dealt, ends[:-1]), strict=True):
        split_of.update(dict.fromkeys(group, name))
    result = table.assign(split=table["patient_id"].astype(str).map(split_of))
    in_splits = result.groupby(result["patient_id"].astype(str))["split"].nunique()
    leaking = list(in_splits[in_splits > 1].index)
    assert not leaking, f"patients in several splits: {leaking}"
    return result


demo = pd.DataFrame({"patient_id": np.arange(30) % 20})  # ten patients with two rows
demo = add_patient_split(demo, {"train": 0.6, "tuning": 0.2, "test": 0.2}, seed=1)
print(demo.groupby("split")["patient_id"].nunique().to_dict())

# %% [markdown]
# ## What we measured

# %% tags=["headline", "nbval-ignore-output"]
measured = {} if passed_over else {finding: results}
if not small_print:
    measured[second] = results_second
for name, found in measured.items():
    auc_known, auc_strangers = found["known"].mean(), found["strangers"].mean()
    gain = mean_interval(found["known"] - found["strangers"])
    print(
        f"{name}, {DEALS} deals of {len(returning)} patients: AUC {auc_known:.3f} on "
        f"known patients, {auc_strangers:.3f} on strangers;"
    )
    print(
        f"{name}: optimism {gain[0]:.3f} AUC, 95 % interval {gain[1]:.3f} to "
        f"{gain[2]:.3f} over the deals."
    )
if passed_over:
    print(passed_over)
print(
    f"{len(table)} images: {len(official.duplicates_across)} groups of identical "
    f"images across splits, {len(official.duplicates_within)} within one split."
)

# %% [markdown]
# ## On real patients
#
# 23 November 2026. A sample of 1,000 films of NIH ChestX-ray14 (Wang et al. 2017, 64 pixels), in a
# folder with a CSV that names patients:
#
# `COURSE_DATA_DIR=path/to/data make course COHORT=cxr_nih14_64px COHORT_SPLIT=by_patient ONLY=15`
#
# and PneumoniaMNIST, which does not know its patients (`COHORT=pneumoniamnist`). The next cell shows
# what was recorded on that day.

# %%
for name in ("lesson_15_cxr_nih14_64px.csv", "lesson_15_pneumoniamnist.csv"):
    print("\n".join(evidence(name)["line"]))

# %% [markdown]
# 136 of the 264 real patients came back. For cardiomegaly, known patients gain far more than in the
# simulated cohort: a large heart stays large, and so does its owner. For atelectasis the interval
# spans zero; five deals of so few patients cannot tell. Another finding may show either.
# PneumoniaMNIST has no patient numbers, so nobody can say what results on it owe to known
# children. What can be looked for is found: in the copy used here 8 images lie in both the training
# and the tuning set, none of them in the test set. They cannot flatter a test result, but they do
# flatter the tuning result a little.
#
# ## What this does not show
#
# - **Your optimism.** The number belongs to this network, this number of patients and this finding.
#   Measure it on your own data; the cross-over takes a minute.
# - **A plain image-level split.** Here everyone in the exam was known. A random split of the images
#   of this cohort makes that true of a part of the test set only, so its optimism is smaller.
# - **Another hospital.** A clean patient-level split still tests patients of the same house and the
#   same scanner.
# - **Real anatomy.** The default cohort is simulated; its patients may be easier or harder to
#   recognise than real ones. Not for clinical use.

# %% [markdown]
# ## Summary
#
# In the default cohort:
#
# - Shuffling images put 263 patients on both sides: 58 % of the test images showed a known patient.
#   `check_leakage` names them.
# - Dealing patients left 0 patients on both sides, by construction and by check.
# - The optimism for consolidation was 0.020 AUC (95 % interval -0.011 to 0.051), in the same networks
#   and exams: not told from none, since 31 % of the consolidations were there on the next film.
# - It grows when the task is hard and the label stays: for the nodule, still there in 100 %, it was
#   0.058 (0.011 to 0.105), with an AUC of 0.511 on strangers. Identical images are found by their
#   hash; here there were 0.
#
# ## New words
#
# **patient-level split**, **leakage**, **optimism**, **cross-over**, **hash**, **exact duplicate**
#
# ## Next
#
# Lesson 21 trains the course's network on the clean split. Lesson 30 explains the AUC used here.
#
# ## Sources
#
# - Wang X et al. ChestX-ray8. CVPR 2017:2097-2106 (NIH ChestX-ray14 is its extension).
# - Yang J et al. MedMNIST v2. Scientific Data 2023;10:41. doi:10.1038/s41597-022-01721-8
