"""De-identify a folder: a new folder with new names, whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tqdm.auto import tqdm

from helpers.de_identification.options import Options
from helpers.de_identification.pseudonyms import check_secret, new_secret
from helpers.de_identification.records import FileRecord
from helpers.de_identification.report import Report
from helpers.de_identification.worker import clean_files, from_workers
from helpers.dicom_pixels.errors import pixels_error

FILES_PER_WORKER = 60
"""Below this, starting another process takes longer than it saves."""


def de_identify_folder(
    source: str | os.PathLike,
    destination: str | os.PathLike,
    *,
    secret: bytes | None = None,
    options: Options | None = None,
    workers: int | None = None,
) -> Report:
    """De-identify every image below a folder, and report what is left to worry about.

    Parameters
    ----------
    source : path-like
        A folder; its subfolders are read too. Files that are no images are left out
        and listed.
    destination : path-like
        A folder that does not exist yet, outside the source. It appears when all is
        done, with names made of pseudonyms.
    secret : bytes or None
        From `new_secret`; None: a new one, which is forgotten, so that a later
        delivery of the same patients gets other pseudonyms.
    options : Options or None
        None: `Options()`.
    workers : int or None
        Processes; None: as many as help.

    Returns
    -------
    Report
        `describe()` may travel with the data; `refused` may not.

    Raises
    ------
    DicomPixelsError
        If the folders cannot be used, no file is an image, or the disk refuses. Then
        nothing is left behind.
    ValueError
        If the secret or the number of workers makes no sense.
    """
    secret = check_secret(new_secret() if secret is None else secret)
    options = (options or Options()).check()
    source, destination = Path(source), Path(destination)
    files = _checked_files(source, destination)
    workers = _checked_workers(workers, len(files))
    draft = _draft_beside(destination)
    try:
        answers = _answers(files, str(draft), secret, options, workers)
        report = _collect(answers, len(files), options)
        if not report.records:
            raise _nothing_to_deliver(source, report)
        os.chmod(draft, 0o755)
        if destination.exists():
            destination.rmdir()  # it is empty, or the check would have said so
        os.replace(draft, destination)
    except OSError as error:
        raise _cannot_write(destination, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return report


def _answers(files, draft, secret, options, workers) -> Iterator[dict]:
    if workers == 1:
        return clean_files(files, draft, secret, options)
    return from_workers(files, draft, secret, options, workers)


def _collect(answers: Iterator[dict], count: int, options: Options) -> Report:
    """Sort the answers into delivered and refused, with a progress bar."""
    records, refused = [], {}
    for answer in tqdm(answers, "De-identifying", count, unit="file", disable=None):
        if "record" in answer:
            records.append(FileRecord(**answer["record"]))
        else:
            refused[answer["file"]] = answer["refused"]
    records.sort(key=lambda record: record.name)
    return Report(tuple(records), dict(sorted(refused.items())), options)


def _checked_files(source: Path, destination: Path) -> list[str]:
    """Return the files to work on, or raise if the folders cannot be used."""
    if not source.is_dir():
        raise pixels_error(
            source,
            what="there is no such folder",
            expected="a folder with DICOM files",
            do="Check the spelling; for one file use de_identify_file.",
        )
    inside = source.resolve(), destination.resolve()
    if inside[0] == inside[1] or inside[0] in inside[1].parents:
        raise pixels_error(
            destination,
            what="the destination lies in the source",
            expected="a folder outside it, so that originals and copies never mix",
            do="Choose a folder beside the source.",
        )
    if destination.exists() and (
        not destination.is_dir() or any(destination.iterdir())
    ):
        raise pixels_error(
            destination,
            what="the destination exists already",
            expected="a name that is not there yet, so that two deliveries never mix",
            do="Choose another name, or remove the old folder first.",
        )
    files = sorted(
        os.path.join(folder, name)
        for folder, _, names in os.walk(source)
        for name in names
        if os.path.isfile(os.path.join(folder, name))
    )
    if not files:
        raise pixels_error(
            source,
            what="the folder holds no files",
            expected="at least one DICOM file in it or below it",
            do="Check that the export has finished.",
        )
    return files


def _checked_workers(workers: int | None, files: int) -> int:
    if workers is None:
        return max(1, min(os.cpu_count() or 1, files // FILES_PER_WORKER))
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise ValueError(
            f"workers is {workers!r}. Expected a whole number of at least 1, or None "
            "for as many processes as help."
        )
    return min(workers, files)


def _draft_beside(destination: Path) -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix=".unfinished-", dir=destination.parent))
    except OSError as error:
        raise _cannot_write(destination, error) from error


def _cannot_write(destination: Path, error: OSError):
    return pixels_error(
        destination,
        what=f"the folder cannot be written ({error.strerror or error})",
        expected="an existing parent folder with free space",
        do="Nothing was left behind. Make the parent folder, free space, or choose "
        "another place.",
    )


def _nothing_to_deliver(source: Path, report: Report):
    first = next(iter(report.refused.values()))
    return pixels_error(
        source,
        what=f"none of the {len(report.refused)} files could be delivered",
        expected="at least one image",
        do=f"The first was left out because: {first}",
    )
