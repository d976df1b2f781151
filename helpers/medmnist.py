"""The MedMNIST sets by name: local folder, cache or download, always hash-checked.

What is published stands in ``data/registry.csv`` (one row a file: size, counts,
licence, MD5, address) and ``data/registry_cards.csv`` (one row a set: standard, source,
findings). The npz files are read without pickle.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pooch
import requests

from helpers.cohort_contract import Card, Cohort, CohortError, validate
from helpers.files import DATA, cache_dir, data_dir, one_process_at_a_time, tell

CITATION = (
    "Yang J, Shi R, Wei D, et al. MedMNIST v2. Scientific Data 2023;10:41, "
    "doi:10.1038/s41597-022-01721-8"
)
SPLIT_NAMES = {"train": "train", "val": "tuning", "test": "internal test"}
TIMEOUT_S = (10, 30)  # to connect, and of silence
REBUILT_OF = "pneumoniamnist.npz"
REBUILT = "pneumoniamnist_28_rebuilt.npz"
REBUILT_SHA256 = "ce8250bf5debc3c389b89affcc1d9feac579b26e875a848301e9f937bb0c2eee"
REBUILT_NOTE = (
    "This is not the published file but one rebuilt from two incomplete copies: the "
    "counts are the published ones, the order within train is another, and it could "
    "not be compared with the published file. Its training images hold 18 duplicates."
)


def registry() -> pd.DataFrame:
    """Return one row per published file, with the facts of its set.

    Examples
    --------
    >>> len(registry()), registry()["name"].nunique()
    (60, 18)
    """
    files = pd.read_csv(DATA / "registry.csv")
    cards = pd.read_csv(DATA / "registry_cards.csv", keep_default_na=False)
    return files.merge(cards, on="name", validate="many_to_one")


def load_medmnist(name: str, *, size: int | None = None) -> Cohort:
    """Return a MedMNIST set as a cohort, downloading it if need be.

    Parameters
    ----------
    name : str
        For example "pneumoniamnist" or "nodulemnist3d".
    size : int, optional
        Rows and columns in pixels: 28, 64, 128 or 224 (3D: 28 or 64). Default 28.

    Raises
    ------
    CohortError
        Unknown name or size, a file that is not the published one, or one that is not
        on this machine and cannot be fetched.

    Examples
    --------
    >>> cohort = load_medmnist("breastmnist", size=64)  # doctest: +SKIP
    """
    files = registry().query("name == @name").set_index("size_px", drop=False)
    if not len(files) or size not in (None, *files.index):
        raise CohortError(
            f"{name} is not published at size {size}; it is at "
            f"{', '.join(map(str, files.index)) or 'none'}. Ask for one of these."
        )
    entry = files.loc[size or files.index.min()]
    return validate(_read_npz(_local_file(entry) or _fetch(entry), entry))


def _local_file(entry: pd.Series) -> Path | None:
    """Return the file in COURSE_DATA_DIR or its subfolder medmnist; None if not there.

    Raises
    ------
    CohortError
        If a file of that name is neither the published one nor the known rebuilt one.
    """
    own = data_dir()
    folders = [own, own / "medmnist"] if own else []
    names = [entry["file"], *([REBUILT] if entry["file"] == REBUILT_OF else [])]
    for path in [folder / name for folder in folders for name in names]:
        if not path.is_file():
            continue
        found = pooch.file_hash(str(path), alg="md5")
        if found == entry["md5"] or pooch.file_hash(str(path)) == REBUILT_SHA256:
            return path
        raise CohortError(
            f"{path} is not the published {entry['file']}: its MD5 is {found}, not "
            f"{entry['md5']}. Remove it, or put the published one there."
        )
    return None


def _fetch(entry: pd.Series) -> Path:
    """Return a published file in the cache, fetched first if it is not there whole.

    From the publisher, or from the mirror COURSE_DATA_URL. pooch writes to a temporary
    file and moves it when the hash is right.

    Raises
    ------
    CohortError
        If it cannot be had; nothing is left behind, and the message says what to do.
    """
    file, mirror = entry["file"], os.environ.get("COURSE_DATA_URL")
    url = f"{mirror.rstrip('/')}/{file}" if mirror else entry["url"]
    folder = cache_dir() / "medmnist"
    known = {"registry": {file: f"md5:{entry['md5']}"}, "urls": {file: url}}
    store = pooch.create(folder, "", **known, retry_if_failed=3)
    if not (folder / file).is_file():
        tell(f"Fetching {file}. Licence: {entry['licence']}. Cite: {CITATION}")
    try:
        with one_process_at_a_time(folder / file, file):
            to_file = pooch.HTTPDownloader(progressbar=True, timeout=TIMEOUT_S)
            return Path(store.fetch(file, downloader=to_file))
    except (requests.RequestException, ValueError, OSError) as error:
        raise CohortError(
            f"Could not download {file} from {url}: {error}. Nothing was left. "
            f"Put it (MD5 {entry['md5']}) into a folder named in COURSE_DATA_DIR, name "
            "a mirror in COURSE_DATA_URL, or a larger disk in COURSE_CACHE_DIR."
        ) from error


def _read_npz(path: Path, entry: pd.Series) -> Cohort:
    """Return the cohort in an npz file of MedMNIST form.

    Parameters
    ----------
    path : Path
        npz with train_images, train_labels, val_images, ...
    entry : Series
        Row of `registry` that says what the file should hold.

    Raises
    ------
    CohortError
        If it is damaged, or holds other things.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            images = [file[f"{split}_images"] for split in SPLIT_NAMES]
            labels = [file[f"{split}_labels"] for split in SPLIT_NAMES]
    except (KeyError, ValueError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise CohortError(
            f"{path.name} is damaged or something else than plain arrays ({error}); it "
            "is never unpickled. Remove it and get the published file."
        ) from error
    classes = np.concatenate(labels).astype(int)
    classes = classes.reshape(len(classes), -1)
    ids = [f"{entry['name']}-{row:06d}" for row in range(len(classes))]
    splits = np.repeat(list(SPLIT_NAMES.values()), [len(part) for part in labels])
    table = {"patient_id": ids, "study_id": ids, "site": "unknown", "split": splits}
    found = _finding_columns(entry, classes)
    table |= found
    if classes.shape[1] == 1:
        table["label"] = classes[:, 0]
    is_rebuilt = pooch.file_hash(str(path)) == REBUILT_SHA256
    card = _card(entry, found, [REBUILT_NOTE] * is_rebuilt)
    frame = pd.DataFrame(table)
    return Cohort(entry["name"], np.concatenate(images), frame, None, card)


def _card(entry: pd.Series, findings: Iterable[str], notes: Sequence[str]) -> Card:
    return Card(
        title=entry["title"],
        origin=f"MedMNIST v2, {entry['modality']}; source: {entry['source']}",
        licence=entry["licence"],
        citation=CITATION,
        findings=tuple(sorted(findings, key=lambda f: f != entry["default_finding"])),
        reference_standard=entry["reference_standard"],
        notes=(
            *notes,
            "Which images belong to one patient is not published, so intervals that "
            "count images may be too narrow.",
            f"The published train / val / test are {' / '.join(SPLIT_NAMES.values())}.",
        ),
    )


def _finding_columns(entry: pd.Series, classes: np.ndarray) -> dict[str, np.ndarray]:
    """Return one 0/1 column per finding from the class numbers of a file.

    Parameters
    ----------
    entry : Series
        Row of `registry`: its task, classes and findings.
    classes : int array of shape (n, k)
        k = 1 class number; k = 14 for the fourteen labels of chestmnist.

    Examples
    --------
    In BreastMNIST class 0 is malignant, class 1 is normal or benign:

    >>> entry = registry().query("name == 'breastmnist'").iloc[0]
    >>> _finding_columns(entry, np.array([[0], [1]]))["malignant"].tolist()
    [1, 0]
    """
    pairs = (pair.split("=", 1) for pair in entry["classes"].split("; "))
    names = {int(number): text for number, text in pairs}
    if "multi-label" in entry["task"]:
        return {text: classes[:, number] for number, text in names.items()}
    strange = set(classes.flat) - set(names)
    if strange:
        raise CohortError(
            f"{entry['file']} holds the class {strange.pop()}; expected {names}."
        )
    if not entry["findings"]:
        return {text: (classes[:, 0] == n).astype(int) for n, text in names.items()}
    groups = dict(pair.split("=") for pair in entry["findings"].split("; "))
    return {
        finding: np.isin(classes[:, 0], [int(n) for n in numbers.split()]).astype(int)
        for finding, numbers in groups.items()
    }
