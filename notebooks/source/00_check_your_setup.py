# %% [markdown]
# # 00 Check your setup
#
# A radiologist tests the monitor before the first report of the day. Does this computer show
# and compute radiographs as it should, and can you see a consolidation in the first ones?

# %% [markdown]
# | | |
# |---|---|
# | Time | 25 minutes; runs in about 10 seconds, the first time 70, as it makes the patients |
# | Runs on | any laptop with 2 processor cores; no graphics card, no account |
# | Data | 2,000 chest radiographs of 1,200 simulated patients, made here (CC BY 4.0, 33 MB) |
# | Needs first | nothing |
#
# ## After this notebook you can
#
# - say whether this computer runs the course, and what to mend if it does not;
# - load a cohort and tell its images from its patients;
# - draw a radiograph on a grey scale that you chose, and name the patient's right side;
# - work through a lesson of this course: predict, run, check, and see what a network says.
#
# Run a cell with **Shift + Enter**, from the top to the bottom.

# %% tags=["setup"]
import os

import numpy as np

from helpers import checkpoints, cohorts, environment_report, figures, training
from helpers.checks import check_exercise, check_setting

figures.use_course_style()

# %% [markdown]
# The next cell holds what you may change, in this lesson and in all others. `COHORT` is the
# word that brings other patients into the course: the name of a public data set, or a folder
# of your own. You can also set it from outside, with `make lab COHORT=pneumoniamnist`.

# %% tags=["parameters"]
COHORT = os.environ.get("COHORT", "chest_insilico")
FINDING = os.environ.get("FINDING")  # None: the first finding of the cohort
SEED = 3  # chooses the six images of section 4
LOW_PERCENTILE, HIGH_PERCENTILE = 1, 99  # per cent of the pixels below black, white

check_setting("SEED", SEED, 0, 2**31 - 1)
check_setting("LOW_PERCENTILE", LOW_PERCENTILE, 0.0, 49.0)
check_setting("HIGH_PERCENTILE", HIGH_PERCENTILE, 51.0, 100.0)

# %% [markdown]
# ## 1. Is this computer ready?
#
# A wrong version or a full disk is better found now than in the middle of a training. The
# table below is also what to paste into a question to others; it holds no name of yours.
# The same report comes from `python -m helpers.environment_report` in a terminal.

# %% tags=["nbval-ignore-output"]
for name, value in environment_report.environment_facts().items():
    print(f"{name:16} {value}")

# %% [markdown]
# Yours will differ from a neighbour's, and that is no fault. *Devices* names the processor
# (`CPU`) and graphics cards that TensorFlow can use; every lesson is timed without one.
# What matters is whether something is wrong:

# %%
problems = environment_report.problems()
for problem in problems:
    print("Problem:", problem)
print("This machine can run the course:", not problems)

# %% [markdown]
# If it says False, the lines above it say what was found and what to do. Mend that first.
#
# ## 2. A cohort and its card
#
# A network knows nothing but the data it was given, so every lesson begins by saying what
# they are. A *cohort* here holds the images, a table with one row per image, and a card:
# where the images come from, who decided what is on them, and under which licence.

# %%
cohort = cohorts.load(COHORT)
finding = cohort.finding(FINDING)
print(cohort.describe())

# %% [markdown]
# Read the line *Reference standard* first. It says who or what decided that a finding is
# there. For the default cohort that is the program which drew the patients: nobody had to
# guess, which no hospital can offer. It is also why its results are not results on people.
#
# The table has one row for each image:

# %%
columns = ["patient_id", "study_id", "split", finding]
print(cohort.table[columns].head(4).to_string(index=False))
visits = cohort.table["patient_id"].value_counts()
note = cohort.lacks("patients") or cohort.lacks("visits")
print(note or f"{np.mean(visits > 1):.0%} of the patients fill more than one row.")

# %% [markdown] tags=["exercise"]
# ### Exercise 00.1 - How many patients? (1 min)
#
# Two images of one patient are not two witnesses: they share the anatomy. Most errors in
# counting evidence begin here. Return the number of patients in a table of images. Replace
# the line with the three dots, then run it and the check below it.
#
# <details><summary>Hint</summary>A column of a pandas table has the method
# <code>nunique()</code>: the number of different values.</details>

# %% tags=["exercise-code"]
def count_patients(table):
    """Return how many patients a table with one row per image holds."""
    ### BEGIN SOLUTION
    return table["patient_id"].nunique()
    ### END SOLUTION


# %% tags=["check"]
check_exercise("00.1", count_patients)

# %% [markdown] tags=["solution"]
# `len(table)` counts images. The two numbers are equal only if everybody came once.

# %% [markdown]
# A check knows four answers: *passed*, *not attempted yet*, *wrong value* and *raised an
# error*. It never stops the notebook, and no later cell needs your answer. This is how a
# tempting wrong answer is met, one that counts rows:

# %%
check_exercise("00.1", lambda table: len(table))

# %% [markdown]
# ## 3. A first radiograph
#
# An image is an array of numbers: rows from top to bottom, columns from left to right. In
# this course the images of a cohort hold *display values* from 0 (black) to 255 (white).
# We take the first patient and look with exactly this scale, nothing stretched.

# %%
def flat(image):
    """Return the middle slice of a volume, and any other image as it is."""
    return image[len(image) // 2] if cohort.is_volume else image


first = flat(cohort.images[0])
print(f"{first.shape[0]} rows, {first.shape[1]} columns, {first.dtype}")
print(f"darkest {first.min()}, brightest {first.max()}")

# %%
ax = figures.show_image(first, title=f"{cohort.name}, grey 0 to 255")
figures.describe(ax.figure, "The first image of the cohort, on grey values 0 to 255.")

# %% [markdown]
# On a frontal chest radiograph the lungs are dark, because air stops few X-rays; ribs, spine
# and heart are bright. The heart's apex points to the right of the picture, which is
# the *patient's left*: the patient is shown as if standing in front of you.

# %% [markdown] tags=["exercise"]
# ### Exercise 00.2 - The patient's right side (1 min)
#
# A report that names the wrong side is a grave error, and an array has no sides, only
# columns. Return the half of the image that shows the **patient's right** side, for an image
# with an even number of columns.
#
# <details><summary>Hint</summary><code>image[:, 0:3]</code> is: all rows, and the columns
# 0, 1 and 2. The number of columns is <code>image.shape[1]</code>.</details>

# %% tags=["exercise-code"]
def patient_right_half(image):
    """Return the half of a frontal radiograph with the patient's right side."""
    ### BEGIN SOLUTION
    half = image.shape[1] // 2
    return image[:, :half]
    ### END SOLUTION


# %% tags=["check"]
check_exercise("00.2", patient_right_half)

# %% [markdown] tags=["solution"]
# Low column numbers lie on your left, and there is the patient's right. Some networks are
# trained on images mirrored at random; for a heart that is a patient with situs inversus.

# %% [markdown]
# ### The same image, shown badly
#
# Detectors store more than 256 greys, and often use a small part of their range. Shown from
# the lowest to the highest *possible* value, such an image looks empty. If a file names no
# display window, a common way out is to choose one from the image: a percentile window.
# The cell below is a *recipe*: it stands alone, and you may copy it into your own work.

# %% tags=["recipe:percentile-window"]
# MIT licence - recipe "percentile-window" from Deep Learning in Radiology
import numpy as np


def percentile_window(stored, low=1, high=99):
    """Return display values 0..255 with black and white at two percentiles."""
    stored = np.asarray(stored, dtype="float64")
    if not np.isfinite(stored).all() or not stored.size:
        raise ValueError("stored must hold finite values; leave out NaN padding first")
    black, white = np.percentile(stored, [low, high])
    if white <= black:
        return np.zeros(stored.shape, dtype="uint8")
    return (np.clip((stored - black) / (white - black), 0, 1) * 255).astype("uint8")


ramp = np.arange(1000, 1101)  # 101 stored values, from 1000 to 1100
print("1001, 1050 and 1099 become", percentile_window(ramp)[[1, 50, 99]].tolist())

# %% [markdown]
# A detector that uses a fifth of its 4,096 greys gives this picture, without and with it:

# %%
stored = 600 + 3 * first.astype("int32")  # 12 bits hold 0 to 4095
windowed = percentile_window(stored, LOW_PERCENTILE, HIGH_PERCENTILE)
fig = figures.montage(
    [(stored * (255 / 4095)).astype("uint8"), windowed],
    titles=["all of 0 to 4095", f"percentiles {LOW_PERCENTILE} to {HIGH_PERCENTILE}"],
)
figures.describe(
    fig,
    "The same image twice: dark and flat on the full 12-bit scale on the left, "
    "with full contrast between its own percentiles on the right.",
)

# %% [markdown]
# Nothing was added on the right: the differences were there and not visible. The price is
# that greys of two patients can no longer be compared, because each has its own scale.
# [Lesson 10](10_dicom_files_and_pixel_data.ipynb) reads the window that the file intends.

# %% [markdown]
# ## 4. Predict, then look
#
# Before you see what is right, say what you expect. A guess that you wrote down teaches more
# than a figure that you nodded at. In the default cohort the finding is a *consolidation*:
# air spaces filled with fluid, a soft-edged bright patch in a dark lung, as in pneumonia.

# %%
rng = np.random.default_rng(SEED)
tuning = cohort.split("tuning")
labels = tuning.labels(finding)
size = labels.astype(float)
if finding in (tuning.masks or {}):
    size = tuning.masks[finding].reshape(len(tuning), -1).sum(axis=1)
largest = np.flatnonzero(labels)[np.argsort(-size[labels == 1])]
pools = largest[: max(3, len(largest) // 4)], np.flatnonzero(labels == 0)
drawn = [rng.choice(pool, min(3, len(pool)), replace=False) for pool in pools]
rows = rng.permutation(np.concatenate(drawn))

# %% [markdown]
# Up to three of the next six have the finding and three have not. Those with it come from the
# quarter with the largest area, where the cohort has masks: a first look may be easy.

# %%
six = [flat(image) for image in tuning.images[rows]]
letters = "ABCDEF"[:len(rows)]
fig = figures.montage(six, titles=letters, columns=3)
figures.describe(fig, f"Images A to {letters[-1]}, some of them with {finding}.")
print(f"{len(rows)} images, {len(drawn[0])} of them with {finding}.")

# %% [markdown] tags=["predict"]
# ### Predict 00.3p - Which ones? (1 min)
#
# Write the letters down, and for each the side: patient's right or left. Then run the next cell.

# %%
truth = tuning.labels(finding)[rows]
masks = (tuning.masks or {}).get(finding)
masks = None if masks is None else masks[rows]
titles = [f"{c}: {finding if y else '-'}" for c, y in zip(letters, truth, strict=True)]
fig = figures.montage(six, titles=titles, masks=masks, columns=3)
found = ", ".join(c for c, y in zip(letters, truth, strict=True) if y)
print(f"With {finding}: {found}.")
print(cohort.lacks("masks") or "The outline is the exact border of the finding.")
figures.describe(fig, f"The same images; {found} have {finding}, outlined if known.")

# %% [markdown] tags=["predict"]
# If you found three of three, you did what a network has to learn from examples alone. If not,
# you are in good company: soft shadows over ribs are hard. Chance alone finds all three in one
# of twenty attempts.
#
# ## 5. What does a network say?
#
# The course brings the network of [lesson 21](21_first_network.ipynb), trained on films of other
# patients. It gives each film a *score* between 0 and 1, higher the more it speaks for the
# finding. A score is not a probability.
#
# ### Predict 00.4p - Where does it err? (1 min)
#
# The next cell lists the six, highest score first. Will one without the finding stand above one
# with it, and which?

# %% tags=["nbval-ignore-output"]
committed = checkpoints.COMMITTED_COHORT, checkpoints.COMMITTED_FINDING
scored = (cohort.name, finding) == committed
if scored:
    network = checkpoints.load_network(checkpoints.COMMITTED_NETWORK)
    scores = training.predict_scores(network, tuning.images[rows])
    for row in np.argsort(-scores):
        print(f"{titles[row]:20} score {scores[row]:.2f}")

# %%
higher = scored and scores[truth == 1].mean() > scores[truth == 0].mean()
print(f"Films with the finding score higher on average: {higher}." if scored
      else f"The network brought along knows {committed[1]} in {committed[0]} only.")

# %% [markdown] tags=["try"]
# Six films show what a score looks like, not how good the network is. These come from the tuning
# set, which chose when its training ended; [lesson 21](21_first_network.ipynb) opens films that
# chose nothing. It also trains a network for other patients than those of the course.
#
# ### Try 00.5t - Another six (2 min)
#
# Change `SEED` in the second code cell, run that cell and sections 4 and 5 again. Predict first.
# Does the network err where you do?

# %% [markdown]
# ## What we measured

# %% tags=["headline"]
patients = cohort.table["patient_id"].nunique() if cohort.knows_patients else "unknown"
print("This machine can run the course:", not problems)
print(f"{cohort.name}: {len(cohort):,} images, patients: {patients}")
print(f"With {finding}: {cohort.labels(finding).mean():.0%} of the images")

# %% [markdown]
# ## What this does not show
#
# That a computer can run the course says nothing about its monitor: a diagnostic display is
# calibrated, yours is not. Six images, three of them chosen for a large finding, say nothing
# about your eye or about a network. The patients of the default cohort do not exist.
# Not for clinical use.

# %% [markdown]
# ## Summary
#
# - The report in section 1 says whether this computer is ready, and what to mend.
# - A cohort has a card and a table; the default one holds 2,000 images of 1,200 patients, and
#   the patients are what counts.
# - Display values run from 0 to 255; low columns show the patient's right side; a window
#   chosen from the pixels themselves makes a flat image visible.
# - A lesson asks you to predict, run and check; a check never stops you. A network gives each
#   film a score, and one look at single films comes before any measure.

# %% [markdown]
# ## New words
#
# - **cohort**: patients who are looked at together, with their images and what is known of them.
# - **reference standard**: what decides whether a finding is there: biopsy, follow-up, readers.
# - **consolidation**: air spaces of the lung filled with fluid, cells or blood.
# - **display value**: number that a monitor shows, 0 black to 255 white.
# - **score**: output of a network for one image, here 0 to 1.
# - **recipe**: a cell that runs alone, to copy into your own work.
#
# ## Next
#
# **The whole path on one evening**: [lesson 21](21_first_network.ipynb) trains a network,
# [lesson 30](30_sensitivity_specificity_and_roc.ipynb) measures it, and
# [lesson 40](40_saliency_maps.ipynb) asks which pixels it used. Go there first.
#
# **From the ground up**: [lesson 10](10_dicom_files_and_pixel_data.ipynb) opens the files in which
# hospitals keep images, and shows what goes wrong when a tag is ignored.
#
# ## Sources
#
# - Hansell DM et al. Fleischner Society: glossary of terms for thoracic imaging. Radiology
#   2008;246:697-722 (the words *consolidation* and *nodule*).
# - The card printed in section 2 names the source of the cohort you loaded.
