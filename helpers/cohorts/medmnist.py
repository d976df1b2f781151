"""The MedMNIST family, read straight from its npz files (no torch, no pickle)."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pooch

from helpers.cohorts.card import Card, CohortError
from helpers.cohorts.contract import Cohort
from helpers.cohorts.downloads import DownloadSettings, fetch, local_candidates
from helpers.cohorts.registry import PublishedFile, find_published, published_cards
from helpers.cohorts.validation import validate
from helpers.files import cache_dir, tell

MEDMNIST_CITATION = (
    "Yang J, Shi R, Wei D, et al. MedMNIST v2. Scientific Data 2023;10:41, "
    "doi:10.1038/s41597-022-01721-8"
)
SPLIT_NAMES = {"train": "train", "val": "tuning", "test": "internal test"}


@dataclass(frozen=True)
class KnownVariant:
    """A file that differs from the published one and is accepted all the same."""

    file: str
    sha256: str
    description: str


KNOWN_VARIANTS = {
    "pneumoniamnist.npz": KnownVariant(
        file="pneumoniamnist_28_rebuilt.npz",
        sha256="ce8250bf5debc3c389b89affcc1d9feac579b26e875a848301e9f937bb0c2eee",
        description=(
            "not the published file but one rebuilt from two incomplete copies: counts "
            "equal the published ones in every split and class, and images that both "
            "copies hold agree bit for bit, but the order within train is not the "
            "published one, and it could not be compared with the published file. "
            "Its training images hold 18 exact duplicates."
        ),
    )
}


def load_medmnist(
    name: str, *, size: int | None = None, settings: DownloadSettings | None = None
) -> Cohort:
    """Return a MedMNIST data set as a cohort, downloading it if need be.

    Parameters
    ----------
    name : str
        For example "pneumoniamnist" or "nodulemnist3d".
    size : int, optional
        Rows and columns in pixels: 28, 64, 128 or 224 (3D: 28 or 64). Default 28.
    settings : DownloadSettings, optional

    Raises
    ------
    CohortError
        Unknown name or size, or a file that is not the published one.
    DownloadError
        The file is not on this machine and cannot be fetched.
    """
    entry = find_published(name, size)
    path, variant = find_local(entry)
    if path is None:
        path = fetch(entry, settings)
    return validate(read_medmnist(path, entry, variant=variant))


def find_local(entry: PublishedFile) -> tuple[Path | None, str | None]:
    """Return the file on this machine and how it differs from the published one.

    Returns
    -------
    path : Path or None
        None when it has to be downloaded.
    variant : str or None
        Description of a known variant; None for the published file.

    Raises
    ------
    CohortError
        If a file of that name is neither the published file nor a known variant.
    """
    known = KNOWN_VARIANTS.get(entry.file)
    places = local_candidates(entry.file)
    if known:
        places += local_candidates(known.file)
    for path in places:
        if not path.is_file():
            continue
        found = pooch.file_hash(str(path), alg="md5")
        if found == entry.md5:
            return path, None
        if known and pooch.file_hash(str(path), alg="sha256") == known.sha256:
            return path, known.description
        if path.parent == cache_dir() / "medmnist":
            tell(
                f"{path.name} in the cache is damaged (MD5 {found}); fetching it anew."
            )
            path.unlink(missing_ok=True)
            continue
        raise CohortError(_not_the_published_file(path, found, entry))
    return None, None


def _not_the_published_file(path: Path, found: str, entry: PublishedFile) -> str:
    known = KNOWN_VARIANTS.get(entry.file)
    also = f", or the SHA-256 {known.sha256} of the known variant" if known else ""
    return (
        f"{path} is not the published {entry.file}: its MD5 is {found}, expected "
        f"{entry.md5}{also}. The download may be incomplete, or the copy altered. "
        "Remove the file so that the course can fetch it, or put the published one "
        "there."
    )


def read_medmnist(path: Path, entry: PublishedFile, *, variant: str | None) -> Cohort:
    """Return the cohort in an npz file of MedMNIST form.

    Parameters
    ----------
    path : Path
        npz with train_images, train_labels, val_images, ...
    entry : PublishedFile
        Says what the file should hold.
    variant : str or None
        Goes onto the card.
    """
    parts = {split: _read_split(path, split, entry) for split in SPLIT_NAMES}
    images = np.concatenate([part[0] for part in parts.values()])
    classes = np.concatenate([part[1] for part in parts.values()])
    n = len(images)
    ids = [f"{entry.name}-{row:06d}" for row in range(n)]
    columns: dict[str, object] = {
        "patient_id": ids,
        "study_id": ids,
        "site": "unknown",
        "split": np.repeat(
            list(SPLIT_NAMES.values()), [len(part[0]) for part in parts.values()]
        ),
    }
    findings = finding_columns(entry, classes)
    columns.update(findings)
    if classes.shape[1] == 1:
        columns["label"] = classes[:, 0]
    card = _card(entry, tuple(findings), variant)
    return Cohort(entry.name, images, pd.DataFrame(columns, index=range(n)), None, card)


def _read_split(
    path: Path, split: str, entry: PublishedFile
) -> tuple[np.ndarray, np.ndarray]:
    """Return images uint8 and labels int of shape (n, k) of one split."""
    try:
        with np.load(path, allow_pickle=False) as file:
            images, labels = file[f"{split}_images"], file[f"{split}_labels"]
    except (KeyError, ValueError, zipfile.BadZipFile, EOFError, OSError) as error:
        raise _unreadable(path, error) from error
    if images.dtype != np.uint8 or len(images) != len(labels):
        raise CohortError(
            f"{path.name} has {len(images)} {split} images of the type {images.dtype} "
            f"and {len(labels)} labels; expected uint8 images, 0 black to 255 white, "
            "and one label each. Get the published file."
        )
    return images, labels.reshape(len(labels), -1).astype(int)


def _unreadable(path: Path, error: Exception) -> CohortError:
    """Return the error for a file that is not an npz of plain arrays."""
    if isinstance(error, KeyError):
        why = f"lacks an array: {error.args[0]}. Expected train_, val_ and test_ arrays"
    elif "allow_pickle" in str(error):
        why = (
            "holds Python objects, not plain arrays. Such a file can run any program "
            "when it is read, so the course never does"
        )
    else:
        why = f"cannot be read as npz ({error}): it is damaged or something else"
    return CohortError(f"{path.name} {why}. Remove it and get the published file.")


def finding_columns(entry: PublishedFile, classes: np.ndarray) -> dict[str, np.ndarray]:
    """Return one 0/1 column per finding from the class numbers of a file.

    Parameters
    ----------
    entry : PublishedFile
        Its task and its class names.
    classes : int array of shape (n, k)
        k = 1 class number; k = 14 for the fourteen labels of chestmnist.

    Examples
    --------
    In BreastMNIST class 0 is malignant, class 1 is normal or benign:

    >>> columns = finding_columns(find_published("breastmnist"), np.array([[0], [1]]))
    >>> columns["malignant"].tolist()
    [1, 0]
    """
    names = entry.classes
    if "multi-label" in entry.task:
        return {names[number]: classes[:, number] for number in names}
    known = set(np.unique(classes).tolist())
    if not known <= set(names):
        raise CohortError(
            f"{entry.file} holds the class numbers {sorted(known)}; expected only "
            f"{', '.join(f'{number} ({text})' for number, text in names.items())}."
        )
    findings = published_cards()[entry.name].findings or {
        text: (number,) for number, text in names.items()
    }
    return {
        finding: np.isin(classes[:, 0], numbers).astype(int)
        for finding, numbers in findings.items()
    }


def _card(entry: PublishedFile, findings: tuple[str, ...], variant: str | None) -> Card:
    facts = published_cards()[entry.name]
    return Card(
        title=facts.title,
        origin=f"MedMNIST v2, {facts.modality}; source: {facts.source}",
        licence=entry.licence,
        citation=MEDMNIST_CITATION,
        findings=findings,
        reference_standard=facts.reference_standard,
        notes=(
            "Which images belong to one patient is not published, so intervals that "
            "count images may be too narrow.",
            f"The published train / val / test are {' / '.join(SPLIT_NAMES.values())}.",
        ),
        variant=variant,
        default_finding=facts.default_finding,
    )
