"""Deal patients, not images, into training, tuning and test sets, and prove it.

A patient with two radiographs must lie wholly on one side of the split: otherwise the
network is examined on people it has already met. `split_patients` deals,
`check_leakage` inspects any split, also one that came with a data set, and
`write_split` keeps the split in a file with a hash, which `read_split` checks. Changed
copies of an image are found by `helpers.near_duplicates`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.files import folder_words, written_whole

DEFAULT_FRACTIONS = {"train": 0.60, "tuning": 0.15, "internal test": 0.25}
MISSING = folder_words("missing")


def is_missing(value: object) -> bool:
    """Return whether a cell says nothing: None, NaN, blank, or a word such as unknown.

    Examples
    --------
    >>> [is_missing(value) for value in (None, " ", "N/A", float("nan"), 0)]
    [True, True, True, True, False]
    """
    return str(value).strip().lower() in MISSING


def patient_names(patients: ArrayLike, *, called: str = "patient_id") -> np.ndarray:
    """Return patients as text without blanks around it; 7, 7.0 and "7" are one.

    Parameters
    ----------
    patients : array of shape (images,)
    called : str
        What to call them in the message.

    Raises
    ------
    ValueError
        If a patient is missing: unknown people are not one person.

    Examples
    --------
    >>> patient_names([7, 7.0, " 7", "07"]).tolist()
    ['7', '7', '7', '07']
    """
    missing = [row for row, patient in enumerate(patients) if is_missing(patient)]
    if missing:
        raise ValueError(
            f"{called} is missing in {len(missing)} of {len(patients)} rows, the first "
            f"is row {missing[0]}. Fill it in or leave the image out."
        )
    names = (re.sub(r"^(\d+)[.,]0+$", r"\1", str(one).strip()) for one in patients)
    return np.array([*names], dtype=str)


def split_patients(
    table: pd.DataFrame,
    *,
    fractions: Mapping[str, float] | None = None,
    stratify: str | None = None,
    seed: int,
) -> pd.Series:
    """Return the split of every image; all images of a patient get the same one.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per image, with the column ``patient_id``.
    fractions : mapping of split name to share, optional
        Shares of the patients, adding up to 1. Default: train 0.60, tuning 0.15,
        internal test 0.25.
    stratify : str, optional
        A 0/1 column. Patients with at least one 1 are dealt separately from the others,
        so that each split has about the same share of them.
    seed : int
        Same patients and same seed give the same split, in whatever order the rows are.

    Returns
    -------
    pandas.Series of str
        Name ``split``, index as in `table`.

    Raises
    ------
    ValueError
        If a column is missing, a patient identifier is missing, the fractions do not
        add up to 1, or there are too few patients for the splits.

    Examples
    --------
    >>> table = pd.DataFrame({"patient_id": ["A", "A", "B", "C", "D"]})
    >>> split_patients(table, fractions={"train": 0.5, "test": 0.5}, seed=1).tolist()
    ['train', 'train', 'train', 'test', 'test']
    """
    shares = pd.Series(fractions or DEFAULT_FRACTIONS, dtype=float)
    if len(shares) < 2 or shares.min() <= 0 or abs(shares.sum() - 1) > 1e-6:
        raise ValueError(
            f"fractions is {shares.to_dict()}, expected at least two splits with "
            "shares above 0 that add up to 1."
        )
    patients = _text_column(table, "patient_id")
    ill = pd.Series(False, index=patients.unique())
    if stratify is not None:
        if stratify not in table or not table[stratify].isin((0, 1)).all():
            raise ValueError(
                f"stratify is {stratify!r}, expected a column that holds only 0 and 1."
            )
        ill = table[stratify].astype(bool).groupby(patients).any()
    rng, split_of = np.random.default_rng(seed), {}
    for stratum in (False, True):
        members = np.sort(ill.index[ill == stratum].to_numpy(dtype=str))
        if len(members):
            names = shares.index.repeat(_sizes(len(members), shares))
            split_of.update(zip(rng.permutation(members), names, strict=True))
    return patients.map(split_of).rename("split")


def _sizes(n_patients: int, shares: pd.Series) -> pd.Series:
    """Share out patients by largest remainder, at least one patient to each split."""
    if n_patients < len(shares):
        raise ValueError(
            f"{n_patients} patient(s) to deal, expected at least one for each of "
            f"{', '.join(shares.index)}. Ask for fewer splits, or do not stratify."
        )
    exact = shares * n_patients
    sizes = np.floor(exact + 1e-9).astype(int)
    sizes[(exact - sizes).nlargest(n_patients - sizes.sum()).index] += 1
    while sizes.min() == 0:
        sizes[sizes.idxmax()] -= 1
        sizes[sizes.idxmin()] += 1
    return sizes


def _text_column(table: pd.DataFrame, name: str) -> pd.Series:
    """Return patients or splits as text, none missing."""
    if name not in table or table.empty:
        raise ValueError(
            f"The table has {len(table)} rows and the columns {list(table)}, expected "
            f"a row for each image and the column {name}: rename what holds it."
        )
    return pd.Series(patient_names(table[name], called=name), table.index, name=name)


class LeakageError(ValueError):
    """The same patient, or the same image, lies in more than one split."""


@dataclass(frozen=True)
class LeakageReport:
    """What two splits share.

    Attributes
    ----------
    splits : list of str
        Splits that were compared.
    n_patients, n_images : int
        Size of the table.
    shared_patients : pandas.DataFrame
        One row per patient that lies in more than one split: ``patient_id``,
        ``splits``, ``images``.
    duplicates_within, duplicates_across : list of list of int, or None
        Groups of equal images inside one split, and in more than one (rows of the
        table, by position); None if no images were given.
    """

    splits: list[str]
    n_patients: int
    n_images: int
    shared_patients: pd.DataFrame
    duplicates_within: list[list[int]] | None
    duplicates_across: list[list[int]] | None

    @property
    def clean(self) -> bool:
        """Whether no patient and no image lies in more than one split."""
        return self.shared_patients.empty and not self.duplicates_across

    def describe(self) -> str:
        """Return the findings in two or three lines."""
        shared = self.shared_patients
        names = f"{len(self.splits)} splits ({', '.join(self.splits)})"
        text = f"{self.n_images} images of {self.n_patients} patients in {names}.\n"
        text += f"Patients in more than one split: {len(shared)}."
        if len(shared):
            named = [
                f"{row.patient_id} ({row.images} images: {row.splits})"
                for row in shared.head(3).itertuples()
            ]
            more = f" and {len(shared) - 3} more" if len(shared) > 3 else ""
            text += f" For example {', '.join(named)}{more}."
        if self.duplicates_across is not None:
            text += (
                f"\nGroups of identical images: {len(self.duplicates_across)} across "
                f"splits, {len(self.duplicates_within)} within one split."
            )
        return text

    def require_clean(self) -> None:
        """Raise `LeakageError` if a patient or an image lies in more than one split."""
        if not self.clean:
            raise LeakageError(
                f"{self.describe()}\nExpected no patient and no image in more than one "
                "split. Deal whole patients, for example with split_patients."
            )


def check_leakage(
    table: pd.DataFrame, *, images: np.ndarray | None = None
) -> LeakageReport:
    """Look for patients, and for copies of images, in more than one split.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per image, with the columns ``patient_id`` and ``split``.
    images : array of shape (images, rows, columns[, channels]), optional
        Rows as in `table`; with them exact duplicates are looked for as well.

    Returns
    -------
    LeakageReport
        ``print(report.describe())`` to read it, ``report.require_clean()`` to stop a
        program that would otherwise go on.

    Raises
    ------
    ValueError
        If a column or a value is missing, or `images` has another length.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"patient_id": ["A", "A", "B"], "split": ["train", "test", "test"]}
    ... )
    >>> print(check_leakage(table).describe())
    3 images of 2 patients in 2 splits (test, train).
    Patients in more than one split: 1. For example A (2 images: test, train).
    """
    patients, splits = (_text_column(table, name) for name in ("patient_id", "split"))
    shared = splits.groupby(patients).agg(
        splits=lambda names: ", ".join(sorted(set(names))), images="size"
    )
    shared = shared[splits.groupby(patients).nunique() > 1]
    within = across = None
    if images is not None:
        if len(images) != len(table):
            raise ValueError(
                f"{len(images)} images for {len(table)} rows, expected one a row. Pass "
                "cohort.images with cohort.table."
            )
        groups, within, across = _exact_duplicates(images), [], []
        for group in groups:
            alone = splits.iloc[group].nunique() == 1
            (within if alone else across).append(group)
    shared = shared.rename_axis("patient_id").reset_index()
    counts = sorted(set(splits)), patients.nunique(), len(table)
    return LeakageReport(*counts, shared, within, across)


def _exact_duplicates(images: np.ndarray) -> list[list[int]]:
    """Return groups of row numbers whose images are equal pixel by pixel.

    Parameters
    ----------
    images : array of shape (images, rows, columns) or (images, rows, columns, channels)
        Any dtype.

    Returns
    -------
    list of list of int
        One list of at least two rows per group, in order of first appearance.

    Examples
    --------
    >>> stack = np.zeros((3, 2, 2), dtype="uint8")
    >>> stack[1] = 7
    >>> _exact_duplicates(stack)
    [[0, 2]]
    """
    rows_of_digest: dict[bytes, list[int]] = {}
    for row, image in enumerate(images):
        digest = hashlib.sha256(image.tobytes()).digest()
        rows_of_digest.setdefault(digest, []).append(row)
    return [rows for rows in rows_of_digest.values() if len(rows) > 1]


class SplitFileError(ValueError):
    """A split file was changed, or does not belong to the table."""


def write_split(
    table: pd.DataFrame, path: Path | str, *, facts: Mapping[str, object] | None = None
) -> str:
    """Write who is in which split to a CSV file and return its hash.

    The file begins with lines of facts after a #: counts, what `facts` adds, and the
    SHA-256 of the lines below, which name patients, not images. It is written whole or
    not at all. The hash depends on nothing but who is in which split: not on the order
    of the rows, the system or the version of a library.

    Parameters
    ----------
    table : pandas.DataFrame
        With the columns ``patient_id`` and ``split``, one row per image.
    path : Path or str
        Where to write; an old file is replaced.
    facts : mapping of str to object, optional
        How the split was made: seed, fractions, cohort. One line each.

    Returns
    -------
    str
        SHA-256, 64 hex digits.

    Raises
    ------
    LeakageError
        If a patient is in more than one split; nothing is written.
    ValueError
        If a column or a value is missing, or a fact cannot stand on one line.

    Examples
    --------
    >>> import tempfile
    >>> table = pd.DataFrame({"patient_id": ["A", "A", "B"], "split": list("xxy")})
    >>> path = Path(tempfile.mkdtemp()) / "split.csv"
    >>> digest = write_split(table, path, facts={"seed": 7})
    >>> print(path.read_text().replace(digest, "..."))
    # images: 3
    # patients: 2 (x 1, y 1)
    # seed: 7
    # sha256: ...
    patient_id,split
    A,x
    B,y
    <BLANKLINE>
    """
    check_leakage(table).require_clean()
    patients, splits = (_text_column(table, name) for name in ("patient_id", "split"))
    split_of = dict(zip(patients, splits, strict=True))
    sizes = pd.Series(split_of).value_counts().sort_index().items()
    counts = ", ".join(f"{name} {number}" for name, number in sizes)
    stated = {"images": len(table), "patients": f"{len(split_of)} ({counts})"}
    stated |= facts or {}
    lines = _lines(split_of)
    stated["sha256"] = _digest(lines)
    head = [f"# {name}: {value}" for name, value in stated.items()]
    if any(len(line.splitlines()) > 1 for line in head):
        raise ValueError(f"facts is {facts}, expected one line for each. Shorten them.")
    with written_whole(Path(path)) as part:
        text = "\n".join([*head, lines])
        part.write_text(text, encoding="utf-8", newline="\n")
    return stated["sha256"]


def read_split(path: Path | str, table: pd.DataFrame) -> pd.Series:
    """Return the split of every image as a file has it, after checking both.

    Parameters
    ----------
    path : Path or str
        A file of `write_split`.
    table : pandas.DataFrame
        One row per image, with the column ``patient_id``.

    Returns
    -------
    pandas.Series of str
        Name ``split``, index as in `table`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    SplitFileError
        If the file was edited, lacks its hash, or names a patient twice; if patients
        were added or are missing, which the message names; or if the table has another
        number of images than the file was written for.

    Examples
    --------
    >>> import tempfile
    >>> table = pd.DataFrame({"patient_id": ["A", "A", "B"], "split": list("xxy")})
    >>> path = Path(tempfile.mkdtemp()) / "split.csv"
    >>> _ = write_split(table, path)
    >>> read_split(path, table[["patient_id"]]).tolist()
    ['x', 'x', 'y']
    """
    path = Path(path)
    split_of, n_images = _parsed(path)
    patients = _text_column(table, "patient_id")
    _require_none(set(patients) - set(split_of), f"in the table but not in {path.name}")
    _require_none(set(split_of) - set(patients), f"in {path.name} but not in the table")
    if len(table) != n_images:
        more = "more" if len(table) > n_images else "fewer"
        raise SplitFileError(
            f"{path.name} was written for {n_images} images, the table has "
            f"{len(table)} ({abs(len(table) - n_images)} {more}) of the same patients. "
            "Find the images; if that was meant, write a new file under a new name."
        )
    return patients.map(split_of).rename("split")


def _lines(split_of: Mapping[str, str]) -> str:
    """Return the lines that are hashed: a heading, then patients in order."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([("patient_id", "split"), *sorted(split_of.items())])
    return text.getvalue()


def _digest(lines: str) -> str:
    return hashlib.sha256(lines.encode("utf-8")).hexdigest()


def _parsed(path: Path) -> tuple[dict[str, str], int]:
    """Return the split of every patient, and the images, of a file that is whole."""
    text = path.read_text(encoding="utf-8-sig", errors="replace")  # newlines as \n
    head, heading, below = text.partition("\npatient_id,split\n")
    lines = (line.removeprefix("# ") for line in head.split("\n"))
    facts = dict(line.partition(": ")[::2] for line in lines)
    if not heading or "sha256" not in facts or not facts.get("images", "").isdecimal():
        raise SplitFileError(
            f"{path.name} is no split file: expected lines with # images: and # "
            "sha256:, then the heading patient_id,split. Write it with write_split."
        )
    split_of: dict[str, str] = {}
    first = head.count("\n") + 3  # line of the first patient
    for number, row in enumerate(csv.reader(io.StringIO(below)), first):
        if len(row) != 2 or row[0] in split_of:
            raise SplitFileError(
                f"Line {number} of {path.name} is {','.join(row)!r}, expected a "
                "patient and a split, each patient once."
            )
        split_of[row[0]] = row[1]
    found, stated = _digest(_lines(split_of)), facts["sha256"]
    if found != stated:
        raise SplitFileError(
            f"{path.name} was edited or cut: the SHA-256 of its {len(split_of)} "
            f"patients is {found[:12]}..., its header states {stated[:12]}... Take it "
            "from version control, or write a new one."
        )
    return split_of, int(facts["images"])


def _require_none(patients: set[str], what: str) -> None:
    """Raise if there is any patient of whom `what` is true."""
    if patients:
        named = ", ".join(sorted(patients)[:3])
        more = f" and {len(patients) - 3} more" if len(patients) > 3 else ""
        raise SplitFileError(
            f"{len(patients)} {'patient is' if len(patients) == 1 else 'patients are'} "
            f"{what}, expected 0: {named}{more}. Load the table the split was made for."
        )
