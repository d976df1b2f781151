"""Keep a split as a small text file with a hash, and notice when it has changed.

A split that lives only in a program is lost with the next version of a library. Written
down, it can be read by a colleague in ten years, and its hash can stand in the paper.
"""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from helpers.patient_splits.leakage import check_leakage, patient_column, split_column

_COLUMNS = ["patient_id", "split"]
_HEADING = ",".join(_COLUMNS) + "\n"
_HASH_LINE, _IMAGES_LINE = "# sha256: ", "# images: "
_MOST_NAMED = 3


class SplitFileError(ValueError):
    """A split file was changed, or does not belong to the table."""


def split_hash(table: pd.DataFrame) -> str:
    """Return the SHA-256 of who is in which split, 64 hex digits.

    It depends on nothing else: not on the order of the rows, the number of images, the
    other columns, the system or the version of a library.

    Parameters
    ----------
    table : pandas.DataFrame
        With the columns ``patient_id`` and ``split``; one row per image or per patient.

    Raises
    ------
    LeakageError
        If a patient is in more than one split.
    ValueError
        If a column or a value is missing.

    Examples
    --------
    >>> one = pd.DataFrame({"patient_id": ["A", "B"], "split": ["train", "test"]})
    >>> split_hash(one)[:12], split_hash(one[::-1])[:12]
    ('8987e5e7ff52', '8987e5e7ff52')
    """
    return _hash_of(_split_of_patients(table))


def write_split(
    table: pd.DataFrame, path: Path | str, *, facts: Mapping[str, object] | None = None
) -> str:
    """Write who is in which split to a CSV file and return its hash.

    The file begins with lines of facts after a #: counts, what `facts` adds, and the
    SHA-256 of the lines below, which name patients, not images. It is written whole or
    not at all.

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
        `split_hash` of the table.

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
    # here, since helpers.cohorts itself deals patients with this package
    from helpers.files import written_whole

    split_of = _split_of_patients(table)
    digest = _hash_of(split_of)
    names = sorted(set(split_of.values()))
    sizes = ", ".join(f"{name} {list(split_of.values()).count(name)}" for name in names)
    counts = {"images": len(table), "patients": f"{len(split_of)} ({sizes})"}
    with written_whole(Path(path)) as part:
        header = "".join(_fact(*one) for one in {**counts, **(facts or {})}.items())
        text = f"{header}{_HASH_LINE}{digest}\n{_canonical(split_of)}"
        part.write_text(text, encoding="utf-8", newline="\n")
    return digest


def read_split(path: Path | str, table: pd.DataFrame) -> pd.Series:
    """Return the split of every image as a file has it, after checking both.

    Parameters
    ----------
    path : Path or str
        A file of `write_split`.
    table : pandas.DataFrame
        One row per image, with the column ``patient_id``. If it has a column ``split``,
        that must agree with the file.

    Returns
    -------
    pandas.Series of str
        Name ``split``, index as in `table`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    SplitFileError
        If the file was edited, lacks its hash, or puts a patient into two splits; if
        patients were added, are missing or have moved, which the message names; or if
        the table has another number of images than the file was written for.

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
    patients = patient_column(table)
    here = set(patients)
    _require_none(here - set(split_of), f"in the table but not in {path.name}")
    _require_none(set(split_of) - here, f"in {path.name} but not in the table")
    split = patients.map(split_of).rename("split")
    if "split" in table.columns:
        moved = patients[split != split_column(table)]
        _require_none(set(moved), f"in another split in the table than in {path.name}")
    _require_same_number(len(table), n_images, path.name)
    return split


def _split_of_patients(table: pd.DataFrame) -> dict[str, str]:
    """Return the split of every patient, or raise if one has two."""
    check_leakage(table).require_clean()
    return dict(zip(patient_column(table), split_column(table), strict=True))


def _canonical(split_of: Mapping[str, str]) -> str:
    """Return the lines that are hashed: one a patient, sorted by identifier."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(sorted(split_of.items()))
    return text.getvalue()


def _hash_of(split_of: Mapping[str, str]) -> str:
    """Return the SHA-256 of the canonical lines in UTF-8."""
    return hashlib.sha256(_canonical(split_of).encode("utf-8")).hexdigest()


def _fact(name: str, value: object) -> str:
    """Return one line of the header."""
    line = f"# {name}: {value}"
    if len(line.splitlines()) != 1 or ":" in name:
        raise ValueError(
            f"The fact {name!r} is {str(value)!r}, expected a name without a colon and "
            "a value on one line. Shorten it."
        )
    return line + "\n"


def _parsed(path: Path) -> tuple[dict[str, str], int]:
    """Return the split of every patient, and the images, of a file that is whole."""
    if not path.is_file():
        raise FileNotFoundError(
            f"There is no split file {path}. Write it once with write_split(table, "
            "path), and keep it under version control beside the code."
        )
    text = path.read_text(encoding="utf-8-sig", errors="replace")  # newlines as \n
    facts = list(itertools.takewhile(lambda ln: ln.startswith("# "), text.split("\n")))
    stated = _stated(facts, _HASH_LINE)
    n_images = _stated(facts, _IMAGES_LINE)
    rows = text.split("\n", len(facts))[-1]
    if not (stated and n_images.isdecimal() and rows.startswith(_HEADING)):
        raise SplitFileError(
            f"{path.name} is no split file: expected lines of facts that begin with #, "
            f"among them one '{_IMAGES_LINE}...' and one '{_HASH_LINE}...', then the "
            f"heading {','.join(_COLUMNS)}. Write it anew with write_split."
        )
    split_of = _rows_of(rows, name=path.name, n_facts=len(facts))
    found = _hash_of(split_of)
    if found != stated:
        raise SplitFileError(
            f"{path.name} was edited or cut: the SHA-256 of its {len(split_of)} "
            f"patients is {found[:12]}..., its header states {stated[:12]}... Take "
            "the file from version control, or, if the change was meant, write it anew "
            "with write_split."
        )
    return split_of, int(n_images)


def _stated(facts: list[str], name: str) -> str:
    """Return what the header says after a name, or "" if it says so never or twice."""
    values = [fact.removeprefix(name) for fact in facts if fact.startswith(name)]
    return values[0] if len(values) == 1 else ""


def _rows_of(text: str, *, name: str, n_facts: int) -> dict[str, str]:
    """Return the split of every patient in the CSV part of a file."""
    reader = csv.reader(io.StringIO(text))
    next(reader)
    split_of: dict[str, str] = {}
    for row in reader:
        if len(row) != 2 or row[0] in split_of:
            raise SplitFileError(
                f"Line {n_facts + reader.line_num} of {name} is {','.join(row)!r}, "
                "expected a patient and a split, each patient once. Take the file from "
                "version control."
            )
        split_of[row[0]] = row[1]
    return split_of


def _require_same_number(found: int, stated: int, name: str) -> None:
    """Raise if images were lost from the table, or added."""
    if found != stated:
        raise SplitFileError(
            f"{name} was written for {stated} images, the table has {found} "
            f"({abs(found - stated)} {'more' if found > stated else 'fewer'}) of the "
            "same patients. Find the images that were lost or added; if that was "
            "meant, write a new file under a new name."
        )


def _require_none(patients: set[str], what: str) -> None:
    """Raise if there is any patient of whom `what` is true."""
    if not patients:
        return
    named = ", ".join(sorted(patients)[:_MOST_NAMED])
    more = f" and {len(patients) - _MOST_NAMED} more" * (len(patients) > _MOST_NAMED)
    raise SplitFileError(
        f"{len(patients)} {'patient is' if len(patients) == 1 else 'patients are'} "
        f"{what}, expected 0: {named}{more}. Load the table the split was made "
        "for; if the cohort has grown, deal the new patients and write a new file "
        "under a new name, so that old results keep their split."
    )
