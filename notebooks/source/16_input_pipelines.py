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
# # 16 Input pipelines
#
# A network is to train overnight on a ward's chest films. In the morning it has stopped at one
# broken file; a colleague's has skipped hundreds and told nobody. Do all films reach the network,
# well mixed, and does it work or wait for them?
#
# | | |
# |---|---|
# | Time | 55 minutes; runs in about 50 seconds |
# | Runs on | 2 CPU cores, no GPU |
# | Data | the course's in-silico chest cohort (1,200 patients, CC BY 4.0, made on first use) |
# | Needs first | [10 DICOM files](10_dicom_files_and_pixel_data.ipynb), [15 patient-level split](15_patient_level_split.ipynb) |
#
# ## After this notebook you can
#
# - **read** a folder of DICOM films into a `tf.data` pipeline that names its bad files;
# - **explain** what cache, batch and prefetch give, and foretell how long a training takes;
# - **mix** the films, and say what a small shuffle buffer costs;
# - **measure** whether the network waits for its films.

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

from helpers import cohorts, networks, training
from helpers.checks import check_exercise, check_setting
from helpers.dicom_pixels import read_pixels
from helpers.figures import COLOURS, describe, use_course_style
from helpers.files import evidence
from helpers.input_pipeline import FilmFiles, films_in, make_dataset, tf
from helpers.intervals import mean_interval
from phantoms.dicom_writing import write_radiograph

use_course_style()

# %% tags=["parameters"]
COHORT = os.environ.get("COHORT", "chest_insilico")
FINDING = os.environ.get("FINDING")  # None: the cohort's first finding
SEED = 16
FILMS = 240  # films written as DICOM, at most
BATCH = 32  # films in a batch
READ_SECONDS = 0.03  # that a slow drive takes for a batch
WORK_SECONDS = 0.03  # that a network works on a batch from the slow drive
STEPS = 16  # updates in one timed block of training
ROUNDS = 4  # timed blocks of each pipeline, at most; the fastest counts
LARGE = 512  # rows and columns of large films, pixels

check_setting("SEED", SEED, 0, 2**31 - 1)
check_setting("FILMS", FILMS, 64, 5000)
check_setting("BATCH", BATCH, 1, 64)
check_setting("READ_SECONDS", READ_SECONDS, 0.005, 0.5)
check_setting("WORK_SECONDS", WORK_SECONDS, 0.005, 0.5)
check_setting("STEPS", STEPS, 8, 500)
check_setting("ROUNDS", ROUNDS, 1, 20)
check_setting("LARGE", LARGE, 256, 1024)

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
        path = folder / f"film_{number:04d}.dcm"
        write_radiograph(path, image, patient_id=f"P{number:04d}")
    return films_in(folder)  # each file that is DICOM, whatever its name


workspace = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
paths = write_films(Path(workspace.name) / "films", grey[rows])
whole = paths[7].read_bytes()
paths[7].write_bytes(whole[: len(whole) // 2])  # a copy that broke off
print(f"{len(paths)} films of {grey.shape[1]} x {grey.shape[2]} pixels, sorted: first "
      f"{np.sum(file_labels == 0)} without, then {file_labels.sum()} with {finding}.")

# %% [markdown]
# TensorFlow does not read DICOM. Its module `tf.data` strings steps together, an **input
# pipeline**: list the files, read each, stack some to a **batch**, hand the batch to the network.
# `tf.numpy_function` lets any Python function be a step, here the reader of [lesson
# 10](10_dicom_files_and_pixel_data.ipynb). One pass through all films is an **epoch**; a training
# takes many ([lesson 21](21_first_network.ipynb)). The obvious version:

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
# One broken file ends the training. The usual cure is worse: `dataset.ignore_errors()` drops the
# film and tells nobody. If the broken films all come from one ward, that ward is no longer in the
# training set. A reader for training should do three things: go on, say which file and why, and
# stop when it is no longer a matter of single files.
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
# ## Cache, batch, prefetch: what each gives
#
# Four steps stand between the files and the network:
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

# %% tags=["nbval-ignore-output"]
def films_per_second(dataset, *, least_seconds=0.6):
    """Return the films a second in each of at least three epochs after the first."""
    batches, count, seconds = dataset.batch(BATCH).prefetch(2), 0, []
    while len(seconds) < 4 or sum(seconds) < least_seconds:
        start = time.perf_counter()
        count = sum(len(labels) for _, labels in batches)
        seconds.append(time.perf_counter() - start)
    return count / np.array(seconds[1:])


decoded = films.dataset()
cache_file = Path(tempfile.mkdtemp(dir=workspace.name)) / "cache"
rates = {
    "decode each time": films_per_second(decoded),
    "two at a time": films_per_second(films.dataset(parallel=2)),
    "cache in a file": films_per_second(decoded.cache(str(cache_file))),
    "cache in memory": films_per_second(decoded.cache()),
    "array": films_per_second(tf.data.Dataset.from_tensor_slices(films.arrays())),
}
for name, some in rates.items():
    print(f"{name}: {some.max():,.0f} films a second")

# %%
slow = rates["decode each time"].max()
for name in ("cache in a file", "cache in memory", "array"):
    faster = rates[name].max() > 3 * slow
    print(f"{name}: at least 3 times as fast as decoding: {faster}")
print(f"Two at a time: at most 1.7 times: {rates['two at a time'].max() < 1.7 * slow}")

# %% [markdown]
# Decoding is slow, and asking for two files at a time helps little: `tf.numpy_function` runs in
# one Python, and one Python runs one line at a time. Decode *once*. A cache does so in the first
# epoch. An array does so before it (`FilmFiles.arrays`); it is the simplest, and a training set of
# 10,000 films of 128 x 128 bytes is a mere 164 MB.
#
# A cache in a file has a trap: it stays. Change the films or the size, keep the file's name, and
# the old films come back. Put it into a temporary folder, as above.
#
# **Prefetch** hides waiting behind work. To see it clearly, we take a drive that needs 30 ms for a
# batch, and a network that works on each for 30 ms (`READ_SECONDS`, `WORK_SECONDS`). One after the
# other makes 60. Side by side, the longer of the two remains.

# %%
def from_slow_drive(number):
    """Return a number after the time that a distant drive may take."""
    time.sleep(READ_SECONDS)
    return number


def seconds_of_work(batches, *, count=16):
    """Return the seconds that a network takes for some batches."""
    start = time.perf_counter()
    for _ in batches.take(count):
        time.sleep(WORK_SECONDS)
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

# %%
most = (READ_SECONDS + WORK_SECONDS) / max(READ_SECONDS, WORK_SECONDS)
print(f"Prefetch can be {most:.1f} times as fast as nothing, and no more.")
print(f"At least two thirds of that were reached: {ahead > most * 2 / 3}")
print(f"TensorFlow's defaults, no prefetch: the same holds: {unasked > most * 2 / 3}")

# %% [markdown]
# A surprise: TensorFlow as installed here works ahead even where nobody asked. Of the options that
# we switched off for the comparison, one makes a parallel `map` of a plain one. Written down,
# `prefetch` costs nothing and does not depend on a default. It cannot help a reader that is slower
# than the network.

# %% [markdown] tags=["exercise"]
# ### Exercise 16.2 - How long will it take? (6 min)
# Before a long training, compute it. The films are read in the first epoch and come from a cache in
# memory, at no cost, in all later ones. `prefetch` works ahead: while the network works on one
# batch, the next is read. Nothing can hide the reading of the very first batch. Return the seconds
# of the whole training.
# <details><summary>Hint</summary>Draw two lines, reading above and working below, for three
# batches. What happens between the first reading and the last working?</details>

# %% tags=["exercise-code"]
def training_seconds(batches, epochs, read_seconds, work_seconds):
    """Return the seconds of a training; both times are those of one batch."""
    ### BEGIN SOLUTION
    between = (batches - 1) * max(read_seconds, work_seconds)
    first_epoch = read_seconds + between + work_seconds
    return first_epoch + (epochs - 1) * batches * work_seconds
    ### END SOLUTION

# %% tags=["check"]
check_exercise("16.2", training_seconds)

# %% [markdown] tags=["solution"]
# With a cache only the first epoch can wait. Without it every epoch does, which is what happens
# when each film is decoded anew. Give the function your own times: a reader measured alone, and a
# step of the network measured on one batch that is repeated (as at the end of this lesson).

# %% [markdown] tags=["try"]
# ### Try 16.3t - A faster network (5 min)
# Somebody buys a graphics card. In the settings at the top set `WORK_SECONDS` to `0.01`, run that
# cell and the two cells of the slow drive again. Before you do, write down: how many times as fast
# will prefetch be now? Then set `READ_SECONDS` to `0.01` as well, and guess again.

# %% [markdown] tags=["solution"]
# Prefetch gains less: reading takes three times as long as working, so there is little work to hide
# it behind. The training is faster than before, but the network now waits most of the time. With
# both at ten milliseconds the gain is as large as at first. The faster the network, the faster the
# reader has to be. (Set both back to `0.03` before you go on.)

# %% [markdown]
# ## Shuffled, or only stirred?
#
# `shuffle(n)` does not shuffle n films. It fills a **shuffle buffer** with the first n, hands out
# one of these at random, and fills the gap with the next film. The films below are numbered as they
# lie in the folder, so a perfect shuffle has a correlation of 0 with the old order.

# %%
numbers = tf.data.Dataset.range(len(paths))
buffers = (10, 60, len(paths))
fig, axes = plt.subplots(1, 3, figsize=(9, 2.9), sharey=True, layout="constrained")
for ax, buffer in zip(axes, buffers, strict=True):
    order = np.array(list(numbers.shuffle(buffer, seed=SEED).as_numpy_iterator()))
    full = order[: len(order) // BATCH * BATCH].reshape(-1, BATCH)
    shares = file_labels[full].mean(axis=1)
    likeness = np.corrcoef(order, np.arange(len(order)))[0, 1]
    ax.plot(order, ".", markersize=3, color=COLOURS["blue"])
    ax.set(title=f"buffer of {buffer}", xlabel="place in the epoch")
    one_class = np.sum((shares == 0) | (shares == 1))
    print(f"buffer {buffer:4}: correlation with the file order {abs(likeness):.2f}; "
          f"{one_class} of {len(full)} batches hold one class")
axes[0].set_ylabel("number of the file")
describe(fig, "File number against place in the epoch for three shuffle buffers: of 10 "
         "nearly a line, of 60 a band along it, of all films an even cloud.")

# %% [markdown]
# The files are sorted by label, so a small buffer gives batches of one class: the network is told
# "normal, normal, normal", then "abnormal, abnormal". It costs nothing to do better. Make the
# buffer as large as the training set, or shuffle row numbers, as
# `helpers.input_pipeline.make_dataset` does.
#
# What it does to a training was recorded with five seeds (`python -m tools.evidence.augmentation`, on
# the seventh version of the simulated patients):
# the default cohort's consolidations at 64 x 64 pixels, the files sorted by label. The result is an
# **AUC**: of all pairs of one film with and one without the finding, the share in which the film
# with it gets the higher score; 0.5 is guessing, 1 is perfect ([lesson
# 30](30_sensitivity_specificity_and_roc.ipynb)).

# %%
recorded = evidence("lesson_18_trainings.csv")
recorded = recorded[recorded["task"] == "consolidation"]
auc = recorded.pivot_table(index="seed", columns="change", values="auc_internal")
print(f"Internal test, {recorded['n_internal'].iloc[0]} films, {len(auc)} trainings "
      "each, mean AUC with its 95 % interval:")
for change, name in (
    ("none", "buffer of all films"),
    ("sorted, buffer of 32", "buffer of 32 films"),
    ("sorted, batches shuffled", "batches made first, then shuffled"),
):
    mean, low, high = mean_interval(auc[change])
    print(f"{name}: {mean:.2f} ({low:.2f} to {high:.2f})")
loss, low, high = mean_interval(auc["none"] - auc["sorted, buffer of 32"])
print(f"A small buffer cost {loss:.2f} ({low:.2f} to {high:.2f}, paired by seed).")
print(f"It took at least half of what the network had over guessing: "
      f"{loss > (auc['none'].mean() - 0.5) / 2}")

# %% [markdown]
# Nothing failed and nothing was printed: the films were all there, in the wrong company. The
# intervals cover the chance of the training, not that of other patients.

# %% [markdown] tags=["exercise"]
# ### Exercise 16.4 - Put the pipeline in order (8 min)
# `single` is a `tf.data.Dataset` that reads `count` films one by one, each time anew. Return
# batches such that each film is read once and never again; all films are mixed, anew in each epoch;
# a last batch that is not full is left out; and the next two batches are prepared while the network
# works.
# <details><summary>Hint</summary>What must not happen again comes before `cache`; what must happen
# anew comes after it. Films are mixed while they are still single.</details>

# %% tags=["exercise-code"]
def training_batches(single, count, batch_size):
    """Return a tf.data.Dataset of batches for training."""
    ### BEGIN SOLUTION
    mixed = single.cache().shuffle(count)
    return mixed.batch(batch_size, drop_remainder=True).prefetch(2)
    ### END SOLUTION

# %% tags=["check"]
check_exercise("16.4", training_batches)

# %% [markdown] tags=["solution"]
# With `shuffle` before `cache` the first epoch's order is kept for ever. With `batch` before
# `shuffle` the batches change places, but the same films always meet. An augmentation, a random
# change of each film ([lesson 18](18_augmentation.ipynb)), would come after `cache`: before it,
# each film would be changed once, and always in the same way.

# %% [markdown]
# ## Does the network wait?
#
# The measure of a pipeline is not films per second but whether the network waits. So train the
# course's network through it, and compare with the fastest pipeline there can be: one batch, in
# memory, again and again. Real films are larger than ours, so the last pipeline reads films of 512
# x 512 pixels (`LARGE`) from DICOM each time. Blocks of training take turns. The fastest of each
# counts, since whatever else the computer does can only slow a block down; from three on we stop as
# soon as the two that should be fast have reached 0.9.

# %% tags=["model"]
training.set_seed(SEED)
network = networks.small_residual_network((*grey.shape[1:], 1))
training.compile_network(network, steps=10_000)
ready = make_dataset(grey, train.labels(finding), batch_size=BATCH, augment=True,
                     seed=SEED)
large = np.kron(grey[rows[:64]], np.ones((1, *[LARGE // grey.shape[1]] * 2), "uint8"))
folder = Path(tempfile.mkdtemp(dir=workspace.name))
paths_of_large = write_films(folder / "large", large)
large_films = FilmFiles(paths_of_large, file_labels[:64], size=grey.shape[1])
cached = films.dataset().cache().shuffle(len(films)).batch(BATCH, True).prefetch(2)
sources = {
    "one batch, repeated": tf.data.Dataset.from_tensors(next(iter(ready))),
    "array, augmented": ready,
    "DICOM, cached": cached,
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
# All results in one figure: the films a second that each reader gives, and the speed of the
# training.

# %% tags=["nbval-ignore-output"]
figure, axes = plt.subplots(1, 2, figsize=(9, 2.9), layout="constrained")
relative = {name: some / slow for name, some in rates.items()}
blocks = {name: seconds[1:].iloc[:, 0].min() / seconds[1:][name] for name in sources}
for ax, some in zip(axes, (relative, blocks), strict=True):
    low, high = ([pick(one) for one in some.values()] for pick in (min, max))
    ax.plot(high, list(some), "o", color=COLOURS["blue"])
    ax.hlines(list(some), low, high, color=COLOURS["blue"])
    ax.set_ylim(len(some) - 0.5, -0.5)
axes[0].set(xscale="log", xlabel="films a second, decoding each time = 1",
            title="reading: fastest epoch, line to the slowest")
axes[1].set(xlim=(0, None), xlabel="training speed, one repeated batch = 1",
            title="training: fastest block, line to the slowest")
describe(figure, "Left, films a second against decoding each time: caches and array "
         "are many times as fast. Right, training speed against one repeated batch: "
         "array and cached DICOM near it, large DICOM slower. Lines: to the slowest.")
for name in ("array, augmented", "DICOM, cached"):
    print(f"{name}: at least half of the speed on one batch: {speed[name] > 0.5}")
slower = speed["large DICOM"] < 0.95 * speed.iloc[1:3].min()
print(f"Large DICOM, decoded each time: slower than either: {slower}")

# %% [markdown]
# The limit above is loose, because a lesson runs while a mail program does; on a very busy computer
# it can fail, and a speed can exceed 1. The lines in the figure show how much single blocks differ.
# The course's own bench takes the best of several longer blocks and prints the shares (`python -m
# tools.bench --only pipeline`). Starting a pipeline takes some hundredths of a second. That counts
# once in a training, but a bench of very short blocks would count it each time.
#
# And without a cache the network waits for its films, the longer the larger they are. A graphics
# card makes it worse: the network becomes faster, the reader does not.
#
# The recipe, to copy: from a folder of DICOM files to batches, each file decoded once. A film is
# scaled to 0 to 255, inside its window if it has one. What is wrong with a file, whatever it is, gets
# the file's name and goes into `left_out`.

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
    labels = tf.debugging.assert_all_finite(np.asarray(labels, "f4"), "labels: NaN")
    data = tf.data.Dataset.from_tensor_slices(([str(file) for file in files], labels))
    found = ("float32", "bool")
    data = data.map(lambda path, y: (*tf.numpy_function(read, [path], found), y))
    data = data.filter(lambda film, is_read, y: is_read).cache()
    data = data.map(lambda film, is_read, y: (tf.ensure_shape(film, (64, 64, 1)), y))
    return data.shuffle(len(files)).batch(32).prefetch(2)


files = [f for f in Path(pydicom.__path__[0]).rglob("MR*.dcm") if "pad" not in f.name]
for films_read, _ in batches_of(files, [0.0] * len(files)):
    print(films_read.shape, f"of {len(files)} files; left out: {sorted(left_out)}")

# %% [markdown]
# ## What we measured

# %% tags=["headline", "nbval-ignore-output"]
print(f"{len(films)} DICOM films, {len(films.problems)} unreadable and named; decoded "
      f"{slow:,.0f} a second, from a cache {rates['cache in memory'].max():,.0f}.")
print(f"Prefetch on a slow drive: {ahead:.1f} times as fast as without.")
print(f"Recorded, files sorted by label: AUC {auc['none'].mean():.2f} with a buffer of "
      f"all films, {auc['sorted, buffer of 32'].mean():.2f} with one of 32.")
print(f"Training speed, one repeated batch = 1: array {speed['array, augmented']:.2f}, "
      f"DICOM cached {speed['DICOM, cached']:.2f}, large {speed['large DICOM']:.2f}.")

# %% [markdown]
# ## On real patients
#
# 29 November 2026, `COURSE_DATA_DIR=path/to/data make course ONLY=16 COHORT=pneumoniamnist` (chest
# films of children, 28 pixels), on a busy computer: training speed with the array 0.81 of one
# repeated batch, with cached DICOM 0.88, with large DICOM 0.34.
#
# 26 November 2026, `FilmFiles` on 54 published DICOM files of many kinds: 44 became films, ten were
# named; with the usual limit it stopped.
#
# ## What this does not show
#
# - **Your machine.** Ratios carry over better than films per second. Measure where you train.
# - **Your files.** Ours are small, uncompressed and on a local disk. Compressed films take longer
#   to decode, network drives longer to answer.
# - **More than one reader.** Several processes can decode side by side, and files can be converted
#   once into a faster form. Neither was tried.
# - **A clinical result.** This lesson measures plumbing. Not for clinical use.

# %% [markdown]
# ## Summary
#
# - One film was broken. A plain reader ended the epoch there; `FilmFiles` named it and went on.
# - Decode once, cache, then shuffle, batch and prefetch. A cache was at least 3 times as fast as
#   decoding; prefetch hides the shorter of reading and working, and never more.
# - On files sorted by label a buffer of one batch took at least half of what the network had over
#   guessing. A buffer of all films, over single films, costs nothing.
# - Augmented arrays and cached DICOM kept at least half of the speed on one batch; large films
#   decoded each time made the network wait.
#
# So all readable films reached the network, the unreadable one has a name, and the network worked
# as long as it need not wait for decoding.

# %% [markdown]
# ## New words
#
# - **input pipeline**: the steps that bring films from files to the network.
# - **epoch**: one pass through all training films.
# - **batch**: the films that the network sees before it changes its weights once.
# - **cache**: what was read or computed once, kept for the next time.
# - **shuffle buffer**: the films among which the next one is drawn.
# - **prefetch**: to prepare the next batches while the network works.
#
# ## Next
#
# [Lesson 17](17_readers_and_label_noise.ipynb) asks how often readers agree on a film, and what
# wrong labels cost. [Lesson 18](18_augmentation.ipynb) changes the films on their way through this
# pipeline, and asks which changes keep the label.
#
# ## Sources
#
# - TensorFlow guide, [Better performance with the tf.data
#   API](https://www.tensorflow.org/guide/data_performance).
# - TensorFlow API,
#   [`tf.data.Dataset.shuffle`](https://www.tensorflow.org/api_docs/python/tf/data/Dataset#shuffle).
