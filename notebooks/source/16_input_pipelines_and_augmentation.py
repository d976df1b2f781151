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
# # 16 Input pipelines and augmentation
#
# A colleague doubles the training set by mirroring every film. Free data, or a network that cannot
# tell left from right? And while it trains: does it work, or does it wait for files?
#
# | | |
# |---|---|
# | Time | 60 minutes to work through; runs in about 60 seconds |
# | Runs on | 2 CPU cores, no GPU |
# | Data | the course's in-silico chest cohort (1,200 patients, CC BY 4.0, made on first use) |
# | Needs first | 10 DICOM files, 15 patient-level split; lesson 30 explains the AUC |
#
# ## After this notebook you can
#
# - **read** a folder of DICOM films into a `tf.data` pipeline that names its bad files;
# - **order** cache, shuffle, batch and prefetch, and say what each of them gives;
# - **measure** whether the network waits for its films;
# - **decide** by experiment which augmentations keep the label;
# - **move** masks with their images, past the traps of ready-made layers.

# %% tags=["setup"]
import contextlib
import io
import os
import tempfile
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from helpers import augmentation, checkpoints, cohorts, networks, training
from helpers.files import evidence
from helpers.checks import check_exercise
from helpers.dicom_pixels import read_pixels
from phantoms.dicom_writing import write_radiograph
from helpers.figures import COLOURS, describe, montage, show_image, use_course_style
from helpers.input_pipeline import FilmFiles, films_in, make_dataset, tf
from helpers.intervals import mean_interval, wilson
from phantoms import twin_films

from keras import layers  # after helpers, which start it quietly

use_course_style()

# %% tags=["parameters"]
COHORT = os.environ.get("COHORT", "chest_insilico")
FINDING = os.environ.get("FINDING")  # None: the cohort's first finding
SEED = 16
FILMS = 240  # films written as DICOM, at most
BATCH = 32  # films in a batch
STEPS = 24  # updates in one timed block of training
ROUNDS = 5  # timed blocks of each pipeline, at most; the fastest counts
LARGE = 512  # rows and columns of large films, pixels
DELAY = 0.03  # seconds that a slow drive takes for a batch
SIDE_STEPS = 100  # updates when left and right are learnt
TESTS = ("internal", "external")  # hospitals of the tests
AREA_SHARES = (0.9, 0.7, 0.5, 0.3, 0.15)  # of the film, kept by a crop
MOST_FILMS = 150  # without the finding, whose grey values are changed
SPECIFICITY = 0.90  # on tuning films without the finding; sets the threshold

# %% [markdown]
# ## Films from DICOM files
#
# Films come as files, and files are sometimes broken. To see both, we write some hundred training
# films of the cohort as DICOM into a temporary folder, 12 bits each, sorted by label as folders
# named "normal" and "abnormal" would give them. One of them we cut off in the middle.

# %%
cohort = cohorts.load(COHORT)
finding = cohort.finding(FINDING)
train = cohort.split("train")
grey = train.images if train.images.ndim == 3 else train.images.mean(-1).astype("uint8")
rng = np.random.default_rng(SEED)
rows = rng.permutation(len(train))[:FILMS]
rows = rows[np.argsort(train.labels(finding)[rows], kind="stable")]
file_labels = train.labels(finding)[rows]


def write_films(folder, images):
    """Write images as DICOM files into a new folder; return their paths."""
    folder.mkdir()
    for number, image in enumerate(images):
        path = folder / f"film_{number:03d}.dcm"
        write_radiograph(path, image, patient_id=f"P{number:03d}")
    return films_in(folder)  # each file that is DICOM, whatever its name


workspace = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
folder = Path(workspace.name)
paths = write_films(folder / "films", grey[rows])
whole = paths[7].read_bytes()
paths[7].write_bytes(whole[: len(whole) // 2])  # a copy that broke off
print(
    f"{len(paths)} films of {grey.shape[1]} x {grey.shape[2]} pixels, sorted: first "
    f"{np.sum(file_labels == 0)} without, then {file_labels.sum()} with {finding}."
)

# %% [markdown]
# TensorFlow does not read DICOM. `tf.numpy_function` lets any Python function stand in a pipeline,
# here the reader of lesson 10. The obvious version:


# %%
def read_film(path):
    """Return display values (rows, columns, 1) of the film with a path in bytes."""
    return read_pixels(path.decode()).display()[..., None]


names = tf.data.Dataset.from_tensor_slices([str(path) for path in paths])
plain = names.map(lambda path: tf.numpy_function(read_film, [path], tf.uint8))
seen = 0
try:
    for _ in plain:
        seen += 1
    print("The epoch came to its end.")
except tf.errors.OpError:
    print(f"The epoch ended after {seen} of {len(paths)} films.")

# %% [markdown]
# One broken file ends the training, perhaps at night. The usual cure is worse:
# `dataset.ignore_errors()` drops the film and tells nobody. If the broken films all come from one
# ward, that ward is no longer in the training set. A reader for training should do three things: go
# on, say which file and why, and stop when it is no longer a matter of single files.
#
# `helpers.input_pipeline.FilmFiles` does that. Inside, the function above returns a film *and*
# whether it could be read; `filter` takes the unreadable ones out; a sentence goes to the screen
# once. More than a tenth unreadable is an error.

# %%
films = FilmFiles(paths, file_labels, size=grey.shape[1])
with contextlib.redirect_stderr(io.StringIO()):  # where it tells of each at once
    readable = sum(1 for _ in films.dataset())
print(f"{readable} films in the epoch. {films.report()}")

# %% [markdown]
# The report belongs into the paper's flow chart, beside the patients who were excluded.
#
# ## Cache, shuffle, prefetch: what each gives
#
# Four ingredients stand between the files and the network:
#
# | | what it does | what it costs |
# |---|---|---|
# | `cache()` | keeps what came before it, from the second epoch on | memory, or a file |
# | `shuffle(n)` | draws the next film from a buffer of n | n films in memory |
# | `batch(k)` | stacks k films | nothing |
# | `prefetch(m)` | prepares m batches while the network works | m batches in memory |

# %% [markdown] tags=["predict"]
# ### Predict 16.1p - Where does the time go? (2 min)
# The network of this course takes about a thousand films of this size a second on two cores. Write
# down: how many films a second can Python read from small DICOM files on the same machine? How much
# faster is it with two at a time? And from a cache in memory?


# %%
def films_per_second(dataset, *, least_seconds=0.6):
    """Return the films a second in each of at least three epochs after the first."""
    batches, count, seconds = dataset.batch(BATCH).prefetch(2), 0, []
    while len(seconds) < 4 or sum(seconds) < least_seconds:
        start = time.perf_counter()
        count = sum(len(labels) for _, labels in batches)
        seconds.append(time.perf_counter() - start)
    return count / np.array(seconds[1:])


decoded = films.dataset()
kept_in_file = decoded.cache(str(folder / "cache"))
rates = {
    "decode each time": films_per_second(decoded),
    "two at a time": films_per_second(films.dataset(parallel=2)),
    "cache in a file": films_per_second(kept_in_file),
    "cache in memory": films_per_second(decoded.cache()),
    "array": films_per_second(tf.data.Dataset.from_tensor_slices(films.arrays())),
}
slow = rates["decode each time"].max()
for name in ("cache in a file", "cache in memory", "array"):
    faster = rates[name].max() > 3 * slow
    print(f"{name}: at least 3 times as fast as decoding: {faster}")
print(f"Two at a time: at most 1.7 times: {rates['two at a time'].max() < 1.7 * slow}")

# %% [markdown]
# Decoding is slow, and asking for two files at a time does not help: `tf.numpy_function` runs in one
# Python, and one Python runs one line at a time. Decode *once*. A cache does so from the second
# epoch on. An array does so before the first (`FilmFiles.arrays`); it is the simplest, and a training
# set of 10,000 films of 128 x 128 bytes is a mere 164 MB.
#
# A cache in a file has a trap: it stays. Change the films or the size, keep the file's name, and the
# old films come back. Put it into a temporary folder.
#
# **Prefetch** hides waiting behind work. To see it clearly, take a drive that needs 30 ms for a
# batch, and a network that works on each for 30 ms. One after the other makes 60.


# %%
def from_slow_drive(number):
    """Return a number after the time that a distant drive may take."""
    time.sleep(DELAY)
    return number


def seconds_of_work(batches, *, count=16):
    """Return the seconds that a network with work of `DELAY` a batch would take."""
    start = time.perf_counter()
    for _ in batches.take(count):
        time.sleep(DELAY)
    return time.perf_counter() - start


drive = tf.data.Dataset.range(1000).map(
    lambda number: tf.numpy_function(from_slow_drive, [number], tf.int64)
)
bare = tf.data.Options()  # nothing that we did not write ourselves
bare.experimental_optimization.apply_default_optimizations = False
bare.autotune.enabled = False
alone = seconds_of_work(drive.with_options(bare))
ahead = alone / seconds_of_work(drive.prefetch(2).with_options(bare))
unasked = alone / seconds_of_work(drive)
print(f"prefetch: at least 1.3 times as fast as nothing: {ahead > 1.3}")
print(f"TensorFlow's defaults, no prefetch: the same holds: {unasked > 1.3}")

# %% [markdown]
# Prefetch nearly doubles the speed here, which is the most it can do: the longer of two times
# remains. And a surprise: TensorFlow as installed here works ahead even where nobody asked. Of the
# options that we switched off for the comparison, one makes a parallel `map` of a plain one. Written
# down, `prefetch` costs nothing and does not depend on a default. It cannot help a reader that is
# slower than the network.
#
# ### Shuffled, or only stirred?
#
# `shuffle(n)` does not shuffle n films. It fills a buffer with the first n, hands out one of these at
# random, and fills the gap with the next film. The films below are numbered as they lie in the
# folder, so a perfect shuffle has a correlation of 0 with the old order.

# %%
numbers = tf.data.Dataset.range(len(paths))
buffers = (1, 10, 60, len(paths))
fig, axes = plt.subplots(1, 4, figsize=(9, 2.5), sharey=True, layout="constrained")
for ax, buffer in zip(axes, buffers, strict=True):
    order = np.array(list(numbers.shuffle(buffer, seed=SEED).as_numpy_iterator()))
    full = order[: len(order) // BATCH * BATCH].reshape(-1, BATCH)
    shares = file_labels[full].mean(axis=1)
    likeness = np.corrcoef(order, np.arange(len(order)))[0, 1]
    ax.plot(order, ".", markersize=3, color=COLOURS["blue"])
    ax.set(title=f"buffer of {buffer}", xlabel="place in the epoch")
    one_class = np.sum((shares == 0) | (shares == 1))
    print(
        f"buffer {buffer:4}: correlation with the file order {abs(likeness):.2f}; "
        f"{one_class} of {len(full)} batches hold one class"
    )
axes[0].set_ylabel("number of the file")
describe(
    fig,
    "File number against place in the epoch for four shuffle buffers: of 1 "
    "and 10 a line, of 60 a band, of all films an even cloud.",
)

# %% [markdown]
# The files are sorted by label, so a small buffer gives batches of one class: the network is told
# "normal, normal, normal", then "abnormal, abnormal". It costs nothing to do better. Make the buffer
# as large as the training set, or shuffle row numbers, as `make_dataset` does.
#
# What it does to a training was recorded with five seeds (`python -m tools.evidence.augmentation`):
# the default cohort's consolidations at 64 x 64 pixels, the files sorted by label.

# %%
recorded = evidence("lesson_16_trainings.csv")


def trainings(task, test="internal"):
    """Return the recorded AUC, one row for each seed, one column for each change."""
    chosen = recorded[recorded["task"] == task]
    return chosen.pivot_table(index="seed", columns="change", values=f"auc_{test}")


auc = trainings("consolidation")
for change, name in (
    ("none", "buffer of all films"),
    ("sorted, buffer of 32", "buffer of 32 films"),
    ("sorted, batches shuffled", "batches made first, then shuffled"),
):
    mean, low, high = mean_interval(auc[change])
    print(
        f"{name}: AUC {mean:.2f} ({low:.2f} to {high:.2f}; internal test of "
        f"{recorded['n_internal'].iloc[0]} films, {len(auc)} trainings)"
    )

# %% [markdown] tags=["exercise"]
# ### Exercise 16.2 - Put the pipeline in order (8 min)
# `read` takes a film's number (a tensor) and returns the film. Return batches such that each film is
# read once and never again; all films are mixed, anew in each epoch; a last batch that is not full
# is left out; and the next two batches are prepared while the network works.
# <details><summary>Hint</summary>What must not happen again comes before `cache`; what must happen
# anew comes after it. Films are mixed while they are still single.</details>


# %% tags=["exercise-code"]
def training_batches(read, count, batch_size):
    """Return a tf.data.Dataset of batches of the films 0 to count - 1."""
    dataset = tf.data.Dataset.range(count).map(read)
    ### BEGIN SOLUTION
    dataset = dataset.cache().shuffle(count, seed=1)
    return dataset.batch(batch_size, drop_remainder=True).prefetch(2)
    ### END SOLUTION


# %% tags=["check"]
check_exercise("16.2", training_batches)

# %% [markdown] tags=["solution"]
# With `shuffle` before `cache` the first epoch's order is kept for ever. With `batch` before
# `shuffle` the batches change places, but the same films always meet. An augmentation would come
# after `cache`: before it, each film would be changed once, and always in the same way.

# %% [markdown]
# ## Does the network wait?
#
# The measure of a pipeline is not films per second but whether the network waits. So train the
# course's network through it, and compare with the fastest pipeline there can be: one batch, in
# memory, again and again. Real films are larger than ours, so the last pipeline reads films of
# 512 x 512 pixels from DICOM each time. Blocks of training take turns. The fastest of each counts,
# since whatever else the computer does can only slow a block down; from three on we stop as soon as
# the two that should be fast have reached 0.9.

# %%
training.set_seed(SEED)
network = networks.small_residual_network((*grey.shape[1:], 1))
training.compile_network(network, steps=10_000)
ready = make_dataset(
    grey, train.labels(finding), batch_size=BATCH, augment=True, seed=SEED
)
large = np.kron(grey[rows[:64]], np.ones((1, *[LARGE // grey.shape[1]] * 2), "uint8"))
paths_of_large = write_films(folder / "large", large)
large_films = FilmFiles(paths_of_large, file_labels[:64], size=grey.shape[1])
sources = {
    "one batch, repeated": tf.data.Dataset.from_tensors(next(iter(ready))),
    "array, augmented": ready,
    "DICOM, cached": decoded.cache().shuffle(FILMS).batch(BATCH, True).prefetch(2),
    "large DICOM": large_films.dataset().batch(BATCH, True).prefetch(2),
}
seconds = pd.DataFrame(columns=list(sources), dtype=float)
for block in range(ROUNDS + 1):  # the first compiles, and fills the cache
    for name, batches in sources.items():
        start = time.perf_counter()
        network.fit(batches.repeat(), steps_per_epoch=STEPS, verbose=0, shuffle=False)
        seconds.loc[block, name] = time.perf_counter() - start
    speed = seconds[1:].min().iloc[0] / seconds[1:].min()
    if block > 2 and speed.iloc[1:3].min() >= 0.9:
        break

# %% [markdown]
# All results in one figure: the films a second that each reader gives, and the speed of the training.
# Points are the fastest epoch or block, lines reach to the slowest.

# %%
figure, axes = plt.subplots(1, 2, figsize=(9, 2.6), layout="constrained")
relative = {name: some / slow for name, some in rates.items()}
blocks = {name: seconds[1:].iloc[:, 0].min() / seconds[1:][name] for name in sources}
for ax, some in zip(axes, (relative, blocks), strict=True):
    low, high = ([pick(one) for one in some.values()] for pick in (min, max))
    ax.plot(high, list(some), "o", color=COLOURS["blue"])
    ax.hlines(list(some), low, high, color=COLOURS["blue"])
    ax.set_ylim(len(some) - 0.5, -0.5)
axes[0].set(xscale="log", xlabel="films a second, decoding each time = 1")
axes[1].set(xlim=(0, 1.2), xlabel="training speed, one repeated batch = 1")
describe(
    figure,
    "Left, films a second against decoding each time: caches and "
    "array some ten to a hundred times as many. Right, training speed against "
    "one repeated batch: array and cached DICOM near 1, large DICOM far below.",
)
for name in ("array, augmented", "DICOM, cached"):
    print(f"{name}: at least 0.6 of the speed on one batch: {speed[name] > 0.6}")
slower = speed["large DICOM"] < 0.95 * speed.iloc[1:3].min()
print(f"Large DICOM, decoded each time: slower than either: {slower}")

# %% [markdown]
# The limit above is loose, because a lesson runs while a mail program does; the lines in the figure
# show how much single blocks differ. The course's own test asks for 0.95, the best of several longer
# blocks, and its bench prints the shares (`python -m tools.bench --only pipeline`). Starting a
# pipeline takes some hundredths of a second. That counts once in a training, but a bench of very
# short blocks would count it each time.
#
# And without a cache the network waits for its films, the longer the larger they are. A graphics card
# makes it worse: the network becomes faster, the reader does not.
#
# The recipe, to copy: from a folder of DICOM files to batches, each file decoded once. A film is
# stretched from its darkest value to its brightest, inside its window if it has one. What is wrong
# with a file, whatever it is, gets the file's name and goes into `left_out`.

# %% tags=["recipe:tf-data-from-a-dicom-folder", "model"]
# MIT licence - recipe "tf-data-from-a-dicom-folder" from Deep Learning in Radiology
from pathlib import Path

import numpy as np, pydicom, tensorflow as tf
from pydicom.pixels import apply_modality_lut, apply_voi_lut

left_out = {}


def read(path, size=64):
    """Return a grey film (size, size, 1), 0 to 255, and True; or black and False."""
    try:
        ds = pydicom.dcmread(path.decode())
        stored, values = ds.pixel_array, apply_modality_lut(ds.pixel_array, ds)
        inside = stored != ds.get("PixelPaddingValue", 2**40)
        low, high = apply_voi_lut(np.array([-(10**6), 10**6]), ds)
        if low == -(10**6):  # no window: all but the lowest and highest half percent
            low, high = np.quantile(values[inside], [0.005, 0.995], method="nearest")
            if stored.dtype == np.uint8 and np.array_equal(values, stored):
                low, high = 0, 2**ds.BitsStored - 1
        negative = {"MONOCHROME1": 1, "MONOCHROME2": 0}[ds.PhotometricInterpretation]
        grey = (apply_voi_lut(values, ds) - 1.0 * low) / max(1.0 * high - low, 1e-6)
        grey = 255 * inside * abs(negative - grey.clip(0, 1))  # padding is black
        film = tf.image.resize_with_pad(grey[:, :, None], size, size, "area").numpy()
        return film.reshape(size, size, 1), True
    except Exception as error:
        left_out[Path(path.decode()).name] = f"{type(error).__name__}: {error}"
        return np.zeros((size, size, 1), "float32"), False


def batches_of(files, labels):  # shuffled; files that cannot be read are passed over
    data = tf.data.Dataset.from_tensor_slices(([str(file) for file in files], labels))
    found = ("float32", "bool")
    data = data.map(lambda path, y: (*tf.numpy_function(read, [path], found), y))
    data = data.filter(lambda film, is_read, y: is_read).cache()
    data = data.map(lambda film, is_read, y: (tf.ensure_shape(film, (64, 64, 1)), y))
    return data.shuffle(len(files)).batch(32).prefetch(2)


folder = Path(pydicom.data.get_testdata_file("CT_small.dcm", download=False)).parent
files = sorted(set(folder.glob("MR*.dcm")) - set(folder.glob("*padded*")))  # yours
for films_read, _ in batches_of(files, [0.0] * len(files)):
    print(films_read.shape, f"of {len(files)} files; left out: {sorted(left_out)}")

# %% [markdown]
# ## Flip, crop, grey values: does the label survive?
#
# An augmentation shows the network a changed film and keeps the old label. That is an assertion, and
# it can be false. The rule to take home: **the label must be a function of what is left in the
# picture.** No augmentation is good or bad by itself. It depends on what the label asks.
#
# Start with the colleague's mirror, and with a label that has a side: is this film as it was taken,
# or mirrored? Whoever hangs films, names the side of a drain, or meets situs inversus must know. We
# mirror every second film and train the course's network twice: without, and with the random
# left-right flip of `keras.layers`.

# %% [markdown] tags=["predict"]
# ### Predict 16.3p - Left, right and the flip (2 min)
# Write down how many of 100 films you expect it to get right without flips, and with them. And where
# the label has no side, a consolidation anywhere: does flipping help, harm, or neither?


# %%
def half_mirrored(part):
    """Return grey films, every second one mirrored, and 1 for those."""
    originals = part.images if part.images.ndim == 3 else part.images.mean(-1)
    answers = np.arange(len(originals)) % 2
    mirrored = augmentation.mirror(originals)
    return np.where(answers[:, None, None] == 1, mirrored, originals), answers


flip_layer = layers.RandomFlip("horizontal", seed=SEED)


def flipped(films, answers):
    """Return a batch in which each film is mirrored or not, at random."""
    return flip_layer(films, training=True), answers


right = {}
for flip in (False, True):
    training.set_seed(SEED)
    network = networks.small_residual_network((*grey.shape[1:], 1))
    training.compile_network(network, steps=SIDE_STEPS)
    batches = make_dataset(*half_mirrored(train), batch_size=BATCH, seed=SEED).repeat()
    if flip:
        batches = batches.map(flipped).prefetch(2)
    network.fit(batches, steps_per_epoch=SIDE_STEPS, shuffle=False, verbose=0)
    exam, answers = half_mirrored(cohort.split("internal test"))
    right[flip] = np.mean((training.predict_scores(network, exam) > 0.5) == answers)
print(f"Without flips at least 9 of 10 right: {right[False] >= 0.9}")
print(f"With flips at most 7 of 10 right: {right[True] <= 0.7}")

# %% [markdown]
# The second network guesses. With flips there is nothing to learn: half of the films labelled
# "mirrored" have been mirrored back, so the heart is on either side under either label. (In the
# simulated films the lead letter and the gas of the stomach tell the side, too. It does not help.)
#
# One training can be luck. So the experiments of this lesson were run with five seeds each and
# recorded (`python -m tools.evidence.augmentation trainings`): the course's network at half its
# width, 64 x 64 pixels, 400 updates, last weights kept. Two questions have a side: mirrored or not,
# and on which side a pneumothorax lies.


# %%
def gain(task, change, test, *, over="none"):
    """Return the mean gain in AUC with its 95 % interval, paired by seed, as text."""
    table = trainings(task, test)
    mean, low, high = mean_interval(table[change] - table[over])
    return f"{mean:+.3f} ({low:+.3f} to {high:+.3f})"


for task in ("mirrored or not", "side of the pneumothorax"):
    for test in TESTS:
        auc = trainings(task, test).mean()
        print(
            f"{task}, {test} test: AUC {auc['none']:.2f}, with flips "
            f"{auc['flip left-right']:.2f}; {gain(task, 'flip left-right', test)}"
        )

# %% [markdown]
# The doubled data cost everything that has a side: situs, a film hung the wrong way round,
# "right-sided" in the report. The last numbers are the change with its 95 % interval over the
# trainings; they do not cover what other patients would add.
#
# What do flips give where the label has no side? The same for consolidation in the default cohort,
# beside the augmentations that keep every label: shifts up to 8 %, rotations up to 8 degrees,
# exposure (contrast by up to 20 %, brightness by up to 20 grey levels).

# %%
tried = ["shift", "rotation", "exposure", "all three", "flip left-right"]
tried += ["all three and flip", "flip up-down"]
tried += ["crop, old label", "crop, label by mask"]
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
for test, colour, marker, offset in zip(
    TESTS, ("blue", "vermillion"), "os", (0.13, -0.13), strict=True
):
    table = trainings("consolidation", test)
    for place, change in enumerate(tried):
        mean, low, high = mean_interval(table[change] - table["none"])
        ax.errorbar(
            mean,
            offset - place,
            xerr=[[mean - low], [high - mean]],
            fmt=marker,
            color=COLOURS[colour],
            label=None if place else f"{test} test",
        )
        print(f"{change}, {test}: {gain('consolidation', change, test)}")
ax.axvline(0, color=COLOURS["black"], linewidth=0.8)
ax.set_yticks(-np.arange(len(tried)), tried)
ax.set_xlabel("gain in AUC over no augmentation, 95 % interval over 5 trainings")
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
describe(
    fig,
    "Gain in AUC for consolidation by nine augmentations, internal and "
    "external test, each with its interval; the numbers are printed above.",
)
for test in TESTS:
    print(
        f"A flip on top of all three, {test}: "
        f"{gain('consolidation', 'all three and flip', test, over='all three')}"
    )
    print(
        f"Crops, label by mask against old label, {test}: "
        f"{gain('consolidation', tried[-1], test, over=tried[-2])}"
    )

# %% [markdown]
# Shifts and rotations help on both tests: patients do stand differently each time. For exposure
# alone the experiment finds no difference, and none for films upside down, which no hospital
# sends. The left-right flip helps on the internal test when it is alone; on the external one its
# interval reaches below zero. On top of the other three it adds nothing that five trainings could
# show. So here the mirror buys nothing that shifts and rotations do not give, and it costs the side.
#
# Next the **crop**, the last two rows. Cutting out a random part and enlarging it is popular for
# photographs of cats, which fill the picture. A nodule does not. With masks nothing has to be
# guessed: what a crop cuts away can be counted, with one random box for each film. A finding counts
# as lost if less than a quarter of its pixels is left.

# %%
lost = {
    name: [
        augmentation.films_lost(masks, area, rng=np.random.default_rng(SEED))
        for area in AREA_SHARES
    ]
    for name, masks in (cohort.masks or {}).items()
    if masks.any()
}
print(cohort.lacks("masks") or "One crop for each film of the cohort.")
fig, (picture, ax) = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
for name, some in lost.items():
    low, high = np.transpose([wilson(*pair) for pair in some])
    share = np.divide(*np.transpose(some))
    print(
        f"{name} ({some[0][1]} films):",
        "; ".join(
            f"{AREA_SHARES[i]:.0%} kept, {share[i]:.0%} lost "
            f"({low[i]:.0%} to {high[i]:.0%})"
            for i in (2, 3)
        ),
    )
    if name in ("nodule", "pneumothorax", "cardiomegaly"):
        ax.errorbar(
            AREA_SHARES,
            share,
            [share - low, high - share],
            label=name,
            fmt={"nodule": "o-", "pneumothorax": "s--"}.get(name, "^:"),
        )
if "nodule" in lost:
    masks = cohort.masks["nodule"]
    film = np.argmax(masks.any(axis=(1, 2)))
    show_image(cohort.images[film], ax=picture, mask=masks[film], title="nodule, crop")
    edge = len(masks[film]) * np.array([1, 1 - np.sqrt(AREA_SHARES[3])]) - 1
    picture.plot(edge[[0, 1, 1]], edge[[1, 1, 0]], "w--")  # ends at the corner
    ax.legend()
ax.set(xlabel="share of the area kept", ylabel="share of films that lost it")
describe(
    fig,
    "Left, a film with an outlined nodule and a crop without it. Right, "
    "the share of films that lose each of three findings by the area kept.",
)

# %% [markdown]
# What covers little goes first; an enlarged heart outlives most crops. A film labelled "nodule"
# without a nodule is a wrong label, made by ourselves. Does it cost anything? The last two rows of
# the figure before saw exactly the same crops of 30 % of the area. One kept the old label; the other
# set it to 0 where less than a quarter of the consolidation was left.
#
# Both end lower than no crop, with the old labels clearly so on the external test only. That the
# *label* is what costs is not shown: correcting it made no difference that five trainings can
# see. A network that learns from enlarged pieces and is tested on whole films has another reason to
# be worse. So the wrong labels are counted; what they cost remains open here. Lesson 14 measures it
# for labels that are wrong at random.

# %% [markdown] tags=["exercise"]
# ### Exercise 16.4 - The label after a crop (7 min)
# `masks` is a bool array (n, rows, columns), `labels` are 0 or 1, and the same crop, whole pixels
# from `top` to `bottom` and `left` to `right` (the ends not included), is made in all films. Return
# labels that are true of the cropped films: a finding counts as long as at least a quarter of its
# pixels is left.
# <details><summary>Hint</summary>Count the pixels of each mask twice: all, and those inside. Films
# without the finding have empty masks; do not divide by their zero.</details>


# %% tags=["exercise-code"]
def labels_after_crop(labels, masks, top, bottom, left, right):
    """Return 0 or 1 for each cropped film, as an integer array."""
    ### BEGIN SOLUTION
    whole_area = masks.sum(axis=(1, 2))
    inside_area = masks[:, top:bottom, left:right].sum(axis=(1, 2))
    visible = (whole_area > 0) & (4 * inside_area >= whole_area)
    return (np.asarray(labels) * visible).astype(int)
    ### END SOLUTION


# %% tags=["check"]
check_exercise("16.4", labels_after_crop)

# %% [markdown] tags=["solution"]
# The quarter is a choice, and where the line lies is a question for a radiologist. Without masks it
# cannot be drawn: then crop so little that nothing is lost, or not at all.

# %% [markdown]
# Last the **grey values**. A pneumothorax is air where no vessel runs: a dark zone without lung
# markings, with a thin line at its edge. Four films of one simulated patient:

# %%
healthy, ill, _ = twin_films("P0003-1", side="right", collapse=0.35, size=256)
patched = augmentation.black_patch(healthy[None], 0.2)[0]
blurred = augmentation.blur(ill[None], 0.02)[0]
fig = montage(
    [healthy, ill, patched, blurred],
    titles=["healthy", "pneumothorax", "healthy, black patch", "pneumothorax, blurred"],
    columns=4,
)
describe(
    fig,
    "One simulated patient: healthy; with air around the right lung, at the "
    "image's left; healthy with a black square in the right lung; and ill but "
    "blurred, so that the line of the pleura is gone.",
)

# %% [markdown]
# Does a network fall for it? Such twins were made of every patient, and five networks trained on
# those of the training split. Their threshold flags 5 % of the healthy tuning films. Then the films
# of the internal *test* were changed, 240 healthy and 240 ill, never those of the training
# (`python -m tools.evidence.augmentation scores`).

# %%
changed = evidence("lesson_16_intensity.csv")
changed["of the healthy"] = changed.healthy_flagged / changed.healthy
changed["of the ill"] = changed.ill_flagged / changed.ill
fig, axes = plt.subplots(2, 4, figsize=(9, 4.4), sharey=True, layout="constrained")
for ax, (name, table) in zip(
    axes.flat, changed[changed.task == "pneumothorax"].groupby("change"), strict=False
):
    for column, style in (("of the healthy", "o-"), ("of the ill", "s--")):
        flagged = table.groupby("strength")[column].agg(["mean", "min", "max"])
        (line,) = ax.plot(flagged["mean"], style, label=column)
        ax.fill_between(
            flagged.index,
            flagged["min"],
            flagged["max"],
            color=line.get_color(),
            alpha=0.2,
        )
    ax.set(title=name, ylim=(-0.03, 1.03))
    shares = table.groupby("strength")[["of the healthy", "of the ill"]].mean()
    print(
        f"{name}: "
        + "; ".join(
            f"{strength:g}: {one:.0%}, {other:.0%}"
            for strength, (one, other) in shares.iterrows()
        )
    )
axes[1, 3].legend(*axes[0, 0].get_legend_handles_labels(), loc="center")
axes[1, 3].set_axis_off()
fig.supylabel("flagged as pneumothorax")
fig.supxlabel("strength of the change")
describe(
    fig,
    "Share of healthy and of ill films flagged as pneumothorax against the "
    "strength of seven changes of the grey values, mean and range of 5 networks.",
)

# %% [markdown]
# Printed: strength of the change, share of the healthy flagged, share of the ill. Air can be *made*:
# a black patch, half the contrast, a much darker film and local equalisation each turn many healthy
# films into a "pneumothorax". Air can be *hidden*: with the line blurred away most ill films pass as
# healthy. The small changes of exposure that this course trains with do little. With intervals, over
# the networks, for the difference to the unchanged film:


# %%
def difference(change, strength, who):
    """Return the change of a share flagged, with its 95 % interval, as text."""
    chosen = changed[(changed.task == "pneumothorax") & (changed.change == change)]
    table = chosen.pivot_table(index="seed", columns="strength", values=who)
    nothing = augmentation.INTENSITY_CHANGES[change][1]
    return "{:+.0%} ({:+.0%} to {:+.0%})".format(
        *mean_interval(table[strength] - table[nothing])
    )


for change, strength, who in (
    ("black patch", 0.1, "of the healthy"),
    ("contrast", 0.5, "of the healthy"),
    ("brightness", -60, "of the healthy"),
    ("brightness", 20, "of the healthy"),
    ("local equalisation", 0.05, "of the healthy"),
    ("blur", 0.03, "of the ill"),
):
    print(f"{change} {strength:g}, {who}: {difference(change, strength, who)}")
print("Trained with the change, gain in AUC for pneumothorax:")
for change in ("exposure", "strong exposure", "blur", "black patch"):
    both = [f"{test} {gain('pneumothorax', change, test)}" for test in TESTS]
    print(f"  {change}: {', '.join(both)}")

# %% [markdown]
# A fooled network does not prove a false label. It may be fooled because the change took the evidence
# away (blur), because it planted some (the patch), or only because it never saw such films. The last
# lines ask the other way round: train *with* the change, test on films as they are. If the label
# stayed true, training should not suffer.
#
# - **Black patch**: worse on both tests, the intervals below zero. It covers the line in ill films
#   and puts a black zone into healthy ones. Leave it.
# - **Blur**: worse on the internal test; on the external one no difference is found. Leave it where
#   the finding is a line.
# - **Strong exposure** (contrast by up to 60 %, brightness by up to 60 levels): worse on the internal
#   test, the interval just below zero; no difference found on the external one.
# - **Exposure** as in this course: no difference found, for good or ill.
#
# The same question to the network of lesson 21 on the films of this cohort; it works with yours,
# too. The threshold flags a tenth of the tuning films without the finding. Each change is made at
# its greatest strength.

# %%
network = checkpoints.trained_network(cohort, finding)
tuning, test = cohort.split("tuning"), cohort.split("internal test")
absent = tuning.images[tuning.labels(finding) == 0]
threshold = np.quantile(training.predict_scores(network, absent), SPECIFICITY)
without = test.images[test.labels(finding) == 0][:MOST_FILMS]
false_alarms = {"unchanged": training.predict_scores(network, without) > threshold}
for name, (change, _, strengths) in augmentation.INTENSITY_CHANGES.items():
    scores = training.predict_scores(network, change(without, strengths[-1]))
    false_alarms[f"{name} {strengths[-1]:g}"] = scores > threshold
alarms = {name: flagged.mean() for name, flagged in false_alarms.items()}
worst = max(alarms, key=alarms.get)
print(f"Of {len(without)} test films without {finding}, flagged:")
for name, share in alarms.items():
    low, high = wilson(round(share * len(without)), len(without))
    print(f"  {name}: {share:.0%} ({low:.0%} to {high:.0%})")

# %% [markdown]
# Local equalisation makes the default cohort's network see a consolidation in every film: it lifts
# each faint shadow, and no film of the training looked like that. Gamma and brightness flag several
# times as many films as before. The black patch, which made a pneumothorax, makes no consolidation.
# What a change does depends on the finding, and on what the network has seen.

# %% [markdown] tags=["judge"]
# ### Judge 16.5j - Which of these still keep their label? (6 min)
# One film with a pneumothorax on the right, changed in eight ways. For each: does "pneumothorax"
# still hold? Does "on the right"? Would you train on it?

# %%
moved = layers.RandomTranslation(0, (-0.3, -0.3), fill_mode="reflect", seed=1)
sheet = {
    "a": augmentation.mirror(ill[None])[0],
    "b": ill[::-1],
    "c": ill[128:, 64:192].repeat(2, axis=0).repeat(2, axis=1),
    "d": np.asarray(moved(ill[None, ..., None], training=True))[0, ..., 0],
    "e": augmentation.gamma(ill, 1.3),
    "f": augmentation.blur(ill[None], 0.03)[0],
    "g": augmentation.contrast(ill, 0.4),
    "h": augmentation.black_patch(ill[None], 0.3)[0],
}
fig = montage(list(sheet.values()), titles=list(sheet), columns=4)
describe(
    fig,
    "Eight changed films: a mirrored, b upside down, c the lower middle "
    "enlarged, d shifted sideways with a mirrored edge, e a little darker, "
    "f blurred, g low contrast, h black patch.",
)

# %% [markdown] tags=["solution"]
# **a** keeps "pneumothorax", not "right". **b** keeps both in words, but air rises, and nobody looks
# like this. **c** has lost the apex, where the air is seen: both labels are false. **d** shows a
# second, mirrored chest wall at the edge: the default of the layer, see below. **e** keeps both.
# **f** keeps the truth and loses the evidence: the line is gone, and the network is asked to guess.
# **g** keeps both as long as a reader can see the line. **h** covers air with something that looks
# like air.

# %% [markdown]
# ## Masks move along
#
# In segmentation the label *is* an image. Shift the film and leave the mask, and every pixel near an
# edge is labelled wrongly. The layers of Keras move both alike if they get both at once, in a
# dictionary. Two calls draw two shifts, even of one layer with one seed.

# %%
film = grey[:1, ..., None].astype("float32")
bright = film > np.quantile(film, 0.8)  # a mask that can be checked on the film
layer = layers.RandomTranslation(0.2, 0.2, fill_mode="nearest", seed=SEED)
pair = {"images": film, "segmentation_masks": bright.astype("float32")}
together = layer(pair, training=True)
apart = layer(pair["segmentation_masks"], training=True)
wanted = np.asarray(together["images"]) > np.quantile(film, 0.8)
for name, mask in (("one call", together["segmentation_masks"]), ("two calls", apart)):
    print(
        f"{name}: at least 95 % of the pixels agree: "
        f"{np.mean((np.asarray(mask) > 0.5) == wanted) >= 0.95}"
    )
moves = {"original": film[0]}
for fill_mode in ("reflect", "nearest", "constant"):
    layer = layers.RandomTranslation(0, (0.3, 0.3), fill_mode=fill_mode, seed=SEED)
    moves[fill_mode] = np.asarray(layer(film, training=True))[0]
fig = montage(list(moves.values()), titles=list(moves), columns=4)
describe(
    fig,
    "One film shifted sideways by 30 % with three fill modes: reflect shows "
    "a mirrored piece of chest at the edge, nearest smears it, constant leaves "
    "black.",
)

# %% [markdown]
# Four traps of ready-made layers:
#
# - **Filling.** `reflect` is the default of the layers that shift and rotate: it draws a second lung
#   edge. `constant` makes a black border, which collimation makes, too. `nearest` invents least.
# - **Range.** `RandomBrightness` adds a share of 255 unless told otherwise. A film from 0 to 1 drowns
#   in it. Pass `value_range=(0, 1)`.
# - **Mode.** Inside a model the layers rest in `predict`. Called by hand they are *active* unless you
#   pass `training=False`. Test films go through no augmentation.
# - **Seed.** `seed=` makes a layer repeat its whole sequence, not its last draw. In a `map` with
#   several parallel calls the order of the draws is not fixed; `make_dataset` therefore draws one
#   number per batch.
#
# ## What we measured

# %% tags=["headline", "nbval-ignore-output"]
print(
    f"{len(films)} DICOM films, {len(films.problems)} unreadable and named; decoded "
    f"{slow:,.0f} a second, from a cache {rates['cache in memory'].max():,.0f}."
)
print(
    f"Training speed, one repeated batch = 1: array {speed['array, augmented']:.2f}, "
    f"DICOM cached {speed['DICOM, cached']:.2f}, large {speed['large DICOM']:.2f}."
)
print(f"Prefetch on a slow drive: {ahead:.1f} times as fast as without.")
for flip, name in ((False, "without"), (True, "with")):
    count = round(right[flip] * len(answers))
    low, high = wilson(count, len(answers))
    print(
        f"Mirrored or not, trained {name} flips: {count} of {len(answers)} right "
        f"({low:.2f} to {high:.2f}), internal test, one training."
    )
print(
    f"{finding}, {len(without)} test films without it: "
    f"{false_alarms['unchanged'].sum()} flagged; after {worst}: "
    f"{false_alarms[worst].sum()}."
)
if "nodule" in lost:
    print(
        f"Crops of {AREA_SHARES[3]:.0%} of the area: nodule lost in "
        f"{lost['nodule'][3][0]} of {lost['nodule'][3][1]} films."
    )

# %% [markdown]
# ## On real patients
#
# 26 November 2026, `COURSE_DATA_DIR=path/to/data make course ONLY=16` with `COHORT=`
#
# - `pneumoniamnist` (28 pixels): mirrored or not, 594 of 624 test films right, with flips 315. Of 150
#   healthy films 61 were flagged as they are (the tuning set had promised a tenth), 150 when blurred.
# - `cxr_nih14_64px COHORT_SPLIT=by_patient`: 221 of 314 right, with flips 155; atelectasis flagged
#   in 15 of 150 films without it, in 135 after local equalisation.
#
# `python -m tools.evidence.augmentation real`, pneumonia in PneumoniaMNIST, AUC 0.955 without
# augmentation: the left-right flip cost 0.007 (0.005 to 0.009 over five trainings), the up-down flip
# 0.006 (0.001 to 0.011). Shift, rotation and exposure made no difference that could be shown.
#
# `FilmFiles` on 54 published DICOM files: 44 became films, ten were named; with the usual limit it
# stopped.
#
# ## What this does not show
#
# - **Your machine.** Ratios carry over better than films per second. Measure where you train.
# - **Your finding.** The gains belong to one small network and few films; on the real children above
#   they vanished.
# - **All changes.** Elastic warps, mixing of films and noise were not tried. Networks were asked, not
#   readers.
# - **Real air.** The pneumothoraces are simulated. Not for clinical use.

# %% [markdown]
# ## Summary
#
# - One of 240 films was broken. A plain reader ended the epoch there; `FilmFiles` named it and went
#   on.
# - Decode once, cache, then shuffle single films in a buffer of all, then batch, then prefetch. On
#   files sorted by label a buffer of one batch took the AUC from 0.74 to 0.52.
# - Augmented arrays and cached DICOM keep the network busy; large films decoded each time do not.
# - A label with a side does not survive a flip: AUC 0.99 became 0.46 and 0.57. For a finding
#   without a side it added nothing to shift and rotation. A crop to 30 % of the area lost 38 % of the
#   nodules. A black patch makes a pneumothorax, blur hides one, and training with either was worse.
# - Masks move in the same call as their images; `reflect` draws a second chest.
#
# The colleague's doubled data were not free: they cost left and right. And the network worked, as
# long as it need not wait for decoding.
#
# ## New words
#
# **input pipeline**, **cache**, **shuffle buffer**, **prefetch**, **augmentation**,
# **label-preserving**, **situs inversus**, **fill mode**
#
# ## Next
#
# Lesson 21 trains with a small shift and a change of exposure, and without mirrors.
#
# ## Sources
#
# - TensorFlow guide, "Better performance with the tf.data API".
# - Keras documentation, "Image augmentation layers".
