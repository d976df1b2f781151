"""De-identify a folder: a new folder with new names, whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from tqdm import tqdm

from helpers.de_identification.files import cleaned_file
from helpers.de_identification.options import Options
from helpers.de_identification.pseudonyms import Pseudonyms, check_secret, new_secret
from helpers.de_identification.report import Report
from helpers.dicom_pixels.errors import DicomPixelsError, pixels_error

TWICE = "another file of the folder holds the same image (SOP Instance UID)"


def de_identify_folder(
    source: str | os.PathLike,
    destination: str | os.PathLike,
    *,
    secret: bytes | None = None,
    options: Options | None = None,
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
        If the secret is none.
    """
    secret = check_secret(new_secret() if secret is None else secret)
    options = (options or Options()).check()
    source, destination = Path(source), Path(destination)
    files = _checked_files(source, destination)
    draft = _draft_beside(destination)
    try:
        report = _cleaned_into(draft, files, secret, options)
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


def _cleaned_into(draft: Path, files: list[str], secret: bytes, options) -> Report:
    """De-identify files one by one into a draft folder, with a progress bar."""
    pseudonyms = Pseudonyms(secret)
    records, refused = [], {}
    for file in tqdm(files, "De-identifying", unit="file", disable=None):
        try:
            content, record = cleaned_file(file, pseudonyms, options)
        except DicomPixelsError as error:
            refused[file] = str(error)
            continue
        target = draft / record.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            refused[file] = TWICE
            continue
        target.write_bytes(content)
        records.append(record)
    records.sort(key=lambda record: record.name)
    return Report(tuple(records), refused, options)


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
