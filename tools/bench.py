"""Measure the course against references and print the results, most of them as ratios.

    python -m tools.bench                         everything but difficulty
    python -m tools.bench --only pipeline         one section (may be given again)
    python -m tools.bench --only difficulty       five seeds on the default cohort
    python -m tools.bench --only network --record write data/evidence, too

Times depend on what else the machine does; ratios of times measured in turn less so.
No test asserts one.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pydicom
from pydicom.data import get_testdata_file
from pydicom.pixels import apply_rescale

from helpers import checkpoints, cohorts, input_pipeline, intervals, networks, training
from helpers.cohorts import Cohort, CohortError
from helpers.de_identification import de_identify_folder
from helpers.diagnostic_metrics import area_under_roc
from helpers.dicom_pixels import read_pixels
from helpers.dicom_series import read_series
from helpers.input_pipeline import FilmFiles
from helpers.networks import keras
from phantoms import ChestCohortSettings, make_chest_cohort
from phantoms.dicom_writing import write_radiograph, write_series
from tools.evidence.judge import brightness_scores, regression_scores
from tools.evidence.pages import EVIDENCE, write_table

REAL_COHORT = "pneumoniamnist"
SEEDS = (7, 0, 1, 2)  # the lesson's own first
BLOCKS, STEPS_PER_BLOCK = 7, 48
SHIPPED = {
    "CT, 128 x 128": "CT_small.dcm",
    "MR, RLE": "MR_small_RLE.dcm",
    "MR, JPEG-LS": "MR_small_jpeg_ls_lossless.dcm",
    "NM, JPEG 2000": "JPEG2000.dcm",
    "colour, JPEG": "SC_rgb_jpeg.dcm",
}


def main(arguments: list[str] | None = None) -> int:
    """Run the chosen sections in order."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench")
    parser.add_argument("--only", action="append", choices=SECTIONS, metavar="SECTION")
    parser.add_argument("--record", action="store_true", help="write data/evidence")
    options = parser.parse_args(arguments)
    os.environ["COURSE_QUIET"] = "1"
    for name in options.only or [name for name in SECTIONS if name != "difficulty"]:
        print(f"\n{name}: {SECTIONS[name].__doc__.splitlines()[0]}", flush=True)
        SECTIONS[name](options)
    return 0


def network(options: argparse.Namespace) -> None:
    """Lesson 21's network against the closest course's recipe, same images."""
    try:
        cohort = cohorts.load(REAL_COHORT)
    except CohortError:
        print(f"  {REAL_COHORT} was not found in COURSE_DATA_DIR: simulated films.")
        cohort = cohorts.load(checkpoints.COMMITTED_COHORT, size=28)
    rows = []
    for seed in SEEDS:
        for name, recipe in (("lesson 21", lesson_21), ("reference", reference_recipe)):
            rows.append({"network": name} | measured(cohort, recipe, seed))
            print(f"  {rows[-1]}", flush=True)
    table = pd.DataFrame(rows).set_index("network")
    ours, reference = table.loc["lesson 21"], table.loc["reference"]
    misses = (1 - ours["auc"].mean()) / (1 - reference["auc"].mean())
    seconds = ours["seconds"].mean() / reference["seconds"].mean()
    print(f"  lesson 21 / reference: 1 - AUC {misses:.2f}, seconds {seconds:.2f}")
    if options.record and cohort.name == REAL_COHORT:
        write_table(ours.round(4), EVIDENCE / "first_network_pneumoniamnist.csv")


def pipeline(_: argparse.Namespace) -> None:
    """Training through the input pipelines against one batch repeated in memory."""
    rng = np.random.default_rng(0)
    for side, batch_size in ((28, 64), (128, 32)):  # as the settings choose them
        images = rng.integers(0, 256, (1024, side, side)).astype("uint8")
        labels = rng.integers(0, 2, len(images))
        how = {"batch_size": batch_size, "augment": True, "seed": 0}
        arrays = input_pipeline.make_dataset(images, labels, **how).repeat()
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            files = [
                write_radiograph(Path(folder) / f"{row}.dcm", image, patient_id="BENCH")
                for row, image in enumerate(images[:256])
            ]
            films = FilmFiles(files, labels[:256], size=side).dataset().cache()
            decoded_once = films.shuffle(256, seed=0).batch(batch_size).repeat()
            for name, batches in (("arrays", arrays), ("DICOM, cached", decoded_once)):
                share, rate = speed_share(batches, side=side)
                speed = f"speed {share:.2f} of one repeated batch"
                print(f"  {side} x {side}, {name}: {rate:,.0f} images/s, {speed}")


def speed_share(batches, *, side: int) -> tuple[float, float]:
    """Return the speed of training on batches over that on one repeated batch.

    Each block is one call of ``fit``, which starts the pipeline anew (25 ms, once in a
    training), so blocks are long. The fastest block of each kind counts, since
    whatever else the machine does can only slow a block down.

    Parameters
    ----------
    batches : tf.data.Dataset
        Endless.
    side : int
        Rows and columns.

    Returns
    -------
    share : float
    rate : float
        Images per second through the pipeline.
    """
    one_batch = next(iter(batches))
    repeated = input_pipeline.tf.data.Dataset.from_tensors(one_batch).repeat()
    model = networks.small_residual_network((side, side, 1))
    training.compile_network(model, steps=1000)
    seconds: dict[str, list[float]] = {"repeated": [], "batches": []}
    for block in range(BLOCKS + 1):
        for name, data in (("repeated", repeated), ("batches", batches)):
            start, steps = time.perf_counter(), STEPS_PER_BLOCK if block else 3
            model.fit(data, steps_per_epoch=steps, shuffle=False, verbose=0)
            seconds[name].append(time.perf_counter() - start)
    # the first block compiles
    one, many = (min(seconds[name][1:]) for name in ("repeated", "batches"))
    return one / many, len(one_batch[0]) * STEPS_PER_BLOCK / many


def dicom(_: argparse.Namespace) -> None:
    """Compare read_pixels with pydicom's own pixels and rescale, whole files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, path in dicom_files(Path(folder)).items():
            ratio, milliseconds = reading_ratio(path)
            print(f"  {name}: {milliseconds:.2f} ms, {ratio:.2f} times pydicom")


def dicom_files(folder: Path) -> dict[str, Path]:
    """Return one file of each kind, shipped with pydicom or written into `folder`."""
    rng = np.random.default_rng(0)
    files = {kind: Path(get_testdata_file(file)) for kind, file in SHIPPED.items()}
    ct = pydicom.dcmread(files["CT, 128 x 128"])
    ct.Rows = ct.Columns = 512
    for frames in (1, 12):
        pixels = rng.integers(0, 4096, (frames, 512, 512)).astype("<i2")
        ct.NumberOfFrames, ct.PixelData = frames, pixels.tobytes()
        files[f"CT, {frames} of 512 x 512"] = folder / f"{frames}.dcm"
        ct.save_as(folder / f"{frames}.dcm")
    film = rng.integers(0, 256, (2048, 2048)).astype("uint8")
    path = folder / "film.dcm"
    files["radiograph, 2048 x 2048"] = write_radiograph(path, film, patient_id="BENCH")
    return files


def bare_pydicom(path: Path) -> np.ndarray:
    """Read, decode and rescale one file with nothing checked."""
    dataset = pydicom.dcmread(path)
    return apply_rescale(dataset.pixel_array, dataset)


def reading_ratio(path: Path, *, repeats: int = 41) -> tuple[float, float]:
    """Return the time of read_pixels over that of bare pydicom, and its milliseconds.

    The two take turns and change places each time, because which one finds free memory
    at hand depends on who went before. Medians, so that other work of the machine does
    not count.
    """
    times = {bare_pydicom: [], read_pixels: []}
    for number in range(repeats + 1):
        for read in list(times)[:: 1 if number % 2 else -1]:
            start = time.perf_counter()
            read(path)
            times[read].append(time.perf_counter() - start)
    bare, ours = (float(np.median(times[read][1:])) for read in times)
    return ours / bare, 1000 * ours


def phantoms(_: argparse.Namespace) -> None:
    """Radiographs of the in-silico cohort made per second and core."""
    settings = ChestCohortSettings(n_patients=60, n_images=100)
    start = time.perf_counter()
    images, _, _ = make_chest_cohort(settings, progress=False, workers=1)
    rate = len(images) / (time.perf_counter() - start)
    print(f"  {rate:.1f} images of 128 x 128 per second and core, start included")


def folders(_: argparse.Namespace) -> None:
    """CT slices of 512 x 512 read as a series, and de-identified, per second."""
    rng = np.random.default_rng(0)
    smooth = np.kron(rng.uniform(-900, 400, (1, 16, 16)), np.ones((1, 32, 32)))
    hu = (smooth + rng.normal(0, 20, (120, 512, 512))).astype(np.int16)
    with tempfile.TemporaryDirectory() as folder:
        ct, new = Path(folder) / "ct", Path(folder) / "new"
        write_series(ct, hu, spacing_mm=(2, 0.7, 0.7), patient_id="BENCH")
        start = time.perf_counter()
        read_series(ct)
        middle = time.perf_counter()
        de_identify_folder(ct, new)
        end = time.perf_counter()
    read, new = len(hu) / (middle - start), len(hu) / (end - middle)
    print(f"  {read:.0f} slices/s read, {new:.0f} de-identified")


def difficulty(options: argparse.Namespace) -> None:
    """Consolidation in the default cohort: brightness, pixels, network, five seeds."""
    cohort = cohorts.load(checkpoints.COMMITTED_COHORT)
    finding = checkpoints.COMMITTED_FINDING
    rows = (cohort.table["split"] == "internal test").to_numpy()
    truth = cohort.labels(finding)[rows]
    brightness = area_under_roc(truth, brightness_scores(cohort, finding)[rows])
    pixels = area_under_roc(truth, regression_scores(cohort, finding)[rows])
    print(f"  mean brightness: AUC {brightness:.3f} (at most 0.62 wanted)")
    print(f"  logistic regression: AUC {pixels:.3f} (at most 0.75 wanted)", flush=True)
    found = []
    for seed in range(7, 12):
        found.append(measured(cohort, lesson_21, seed))
        print(f"  network: {found[-1]}", flush=True)
    table = pd.DataFrame(found).assign(brightness_auc=brightness, pixels_auc=pixels)
    inside = table["auc"].between(0.85, 0.97).all()
    print(f"  between 0.85 and 0.97 on each of five seeds: {inside}")
    if options.record:
        write_table(table.round(4), EVIDENCE / "difficulty_chest_insilico.csv")


def lesson_21(cohort: Cohort, seed: int) -> tuple[keras.Model, float | None]:
    """Train lesson 21's network; return it and the tuning AUC of the kept epoch."""
    settings = training.TrainingSettings(seed=seed)
    model, history = training.train_small_network(cohort, settings=settings)
    kept = history.set_index("epoch").loc[training.best_epoch(history)]
    return model, float(kept["tuning_auc"])


def reference_recipe(cohort: Cohort, seed: int) -> tuple[keras.Model, float | None]:
    """Train a reconstruction of the closest course's network with its recipe.

    Adam, batch 16, 10 epochs, last weights kept. The original has 44,607 weights.
    """
    layers = keras.layers
    training.set_seed(seed)
    model = keras.Sequential([keras.Input(training.input_shape(cohort))])
    model.add(layers.Rescaling(1 / 255))
    for filters in (8, 12):
        for _ in range(2):
            model.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
        model.add(layers.MaxPooling2D())
    model.add(layers.Conv2D(20, 3, padding="same", activation="relu"))
    model.add(layers.Conv2D(50, 3, activation="relu"))
    model.add(layers.Flatten())
    model.add(layers.Dense(24, activation="relu"))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile("adam", "binary_crossentropy", jit_compile=False)
    train = cohort.split("train")
    labels = train.labels(cohort.finding())
    model.fit(train.images, labels, batch_size=16, epochs=10, verbose=0)
    return model, None


def measured(cohort: Cohort, recipe, seed: int) -> dict:
    """Train once and open the internal test once."""
    start = time.perf_counter()
    model, tuning_auc = recipe(cohort, seed)
    seconds = time.perf_counter() - start
    test = cohort.split("internal test")
    reference = test.labels(cohort.finding())
    score = training.predict_scores(model, test.images)
    interval = intervals.clustered_bootstrap(
        area_under_roc, reference, score, clusters=test.table["patient_id"]
    )
    return {
        "seed": seed,
        "weights": model.count_params(),
        "n_test": len(test),
        "auc": area_under_roc(reference, score),
        "auc_low": interval.low,
        "auc_high": interval.high,
        "correct": int(np.sum((score >= 0.5) == reference)),
        "tuning_auc": tuning_auc,
        "seconds": seconds,
        "measured": time.strftime("%Y-%m-%d"),
    }


SECTIONS = {
    "network": network,
    "pipeline": pipeline,
    "dicom": dicom,
    "phantoms": phantoms,
    "folders": folders,
    "difficulty": difficulty,
}

if __name__ == "__main__":
    sys.exit(main())
