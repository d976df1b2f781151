"""De-identify one data set or one file: clean, check, write whole or not at all."""

from __future__ import annotations

import copy
import io
import os
from collections import Counter
from pathlib import Path

from pydicom.charset import python_encoding
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset

from helpers.de_identification.echoes import echoes_of
from helpers.de_identification.header import Work, clean_header
from helpers.de_identification.options import LARGEST_BYTES, Options
from helpers.de_identification.pixels import PixelRecord, clean_pixels
from helpers.de_identification.pseudonyms import Pseudonyms, check_secret
from helpers.de_identification.records import (
    FileRecord,
    facts_of,
    name_of,
    reasons_to_look,
)
from helpers.de_identification.table import editions
from helpers.dicom_pixels.errors import DicomPixelsError, pixels_error, reason
from helpers.dicom_pixels.header import text
from helpers.dicom_pixels.reading import guarded, open_dataset
from helpers.files import written_whole
from phantoms.dicom_writing.files import code

METHOD = "PS3.15 Annex E, table of dicom-anonymizer {edition}, course helper"


def de_identify(
    dataset: Dataset, *, secret: bytes, options: Options | None = None
) -> tuple[FileDataset, FileRecord]:
    """Return a de-identified copy of an image, and the record of what was done.

    Parameters
    ----------
    dataset : pydicom Dataset
        An image that was read from a file; it is not changed.
    secret : bytes
        From `new_secret`: the same secret gives the same pseudonyms and UIDs.
    options : Options or None
        None: `Options()`.

    Raises
    ------
    DicomPixelsError
        If it is no image, cannot be decoded, or must be seen by a person first.
    ValueError
        If the secret is none.

    Examples
    --------
    >>> import pydicom
    >>> from pydicom.data import get_testdata_file
    >>> from helpers.de_identification import new_secret
    >>> ct = pydicom.dcmread(get_testdata_file("CT_small.dcm", download=False))
    >>> new, record = de_identify(ct, secret=new_secret())
    >>> new.PatientName == new.PatientID, ct.PatientName == new.PatientName
    (True, False)
    >>> bool((new.pixel_array == ct.pixel_array).all())
    True
    """
    pseudonyms = Pseudonyms(check_secret(secret))
    options = (options or Options()).check()
    path = getattr(dataset, "filename", None) or None
    return _safely(copy.deepcopy(dataset), path, pseudonyms, options)


def de_identify_file(
    source: str | os.PathLike,
    destination: str | os.PathLike,
    *,
    secret: bytes,
    options: Options | None = None,
) -> FileRecord:
    """De-identify one file; the new one appears whole or not at all.

    Parameters
    ----------
    source, destination : path-like
        The destination must be another file. Its name is yours to choose: no name and
        no number of the patient.
    secret, options
        As for `de_identify`.

    Raises
    ------
    DicomPixelsError
        If the file cannot be read, cleaned or written; then nothing is left behind.
    ValueError
        If the secret is none.
    """
    pseudonyms = Pseudonyms(check_secret(secret))
    options = (options or Options()).check()
    target = Path(destination)
    if target.resolve() == Path(source).resolve():
        raise pixels_error(
            source,
            what="source and destination are the same file",
            expected="another file, so that the original stays as it is",
            do="Choose another folder.",
        )
    content, record = cleaned_file(source, pseudonyms, options)
    try:
        with written_whole(target) as part:
            part.write_bytes(content)
    except OSError as error:
        raise pixels_error(
            target,
            what=f"the file cannot be written ({error.strerror or error})",
            expected="a folder with free space that this user may write to",
            do="Nothing was left behind. Free some space or choose another folder.",
        ) from error
    return record


def cleaned_file(
    source: str | os.PathLike, pseudonyms: Pseudonyms, options: Options
) -> tuple[bytes, FileRecord]:
    """Return the content of the new file, and the record."""
    (dataset, path, _), _ = guarded(open_dataset, source, max_bytes=LARGEST_BYTES)
    dataset, record = _safely(dataset, path, pseudonyms, options)
    stream = io.BytesIO()
    try:
        guarded(dataset.save_as, stream, enforce_file_format=True)
    except Exception as error:
        raise _not_cleaned(path, error) from error
    return stream.getvalue(), record


def _safely(dataset, path, pseudonyms: Pseudonyms, options: Options):
    """Clean; whatever a damaged header makes pydicom do becomes the one error."""
    try:
        result, _ = guarded(_cleaned, dataset, path, pseudonyms, options)
        return result
    except DicomPixelsError:
        raise
    except Exception as error:
        raise _not_cleaned(path, error) from error


def _not_cleaned(path, error: Exception) -> DicomPixelsError:
    return pixels_error(
        path,
        what=f"the header cannot be cleaned ({type(error).__name__}: {reason(error)})",
        expected="a whole DICOM image",
        do="The file is probably damaged; it was left out. Fetch it again.",
    )


def _cleaned(dataset, path, pseudonyms: Pseudonyms, options: Options):
    """Clean a data set in place: pixels first, then the header around them."""
    identifier = text(dataset, "PatientID")
    warnings = [] if identifier else ["no Patient ID: the study stands for the patient"]
    identifier = identifier or text(dataset, "StudyInstanceUID")
    warnings += reasons_to_look(dataset)
    work = Work(
        pseudonyms=pseudonyms,
        options=options,
        patient=pseudonyms.patient(identifier),
        shift=pseudonyms.shift(identifier),
        echoes=echoes_of(dataset),
    )
    pixels = clean_pixels(dataset, options, path)
    clean_header(dataset, work)
    _drop_unknown_character_set(dataset)
    dataset = _new_file(dataset, pixels)
    _state_what_was_done(dataset, work, pixels)
    if pixels.boxes:
        warnings.append("text suspected in the pixels and blackened")
    record = FileRecord(
        name=name_of(dataset, work.patient),
        done=_counts(work.done, pixels),
        facts=facts_of(dataset, work.patient),
        boxes=len(pixels.boxes),
        frames=pixels.frames,
        looked_at=pixels.looked_at,
        free_text=sorted(work.free_text),
        warnings=warnings,
    )
    return dataset, record


def _drop_unknown_character_set(dataset: Dataset) -> None:
    """Remove a character set that the standard does not define."""
    named = dataset.get("SpecificCharacterSet") or []
    named = [named] if isinstance(named, str) else named
    if any(str(one) not in python_encoding for one in named):
        del dataset.SpecificCharacterSet


def _new_file(dataset: Dataset, pixels: PixelRecord) -> FileDataset:
    """Return the data set with an empty preamble and a new file meta group."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = pixels.syntax
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    fresh = FileDataset("", dataset, file_meta=meta, preamble=b"\0" * 128)
    fresh.set_original_encoding(
        pixels.syntax.is_implicit_VR,
        pixels.syntax.is_little_endian,
        dataset.original_character_set,
    )
    return fresh


def _state_what_was_done(dataset: Dataset, work: Work, pixels: PixelRecord) -> None:
    """Add what PS3.15 asks for: that, how and with which options it was done."""
    dataset.PatientName = dataset.PatientID = work.patient
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = METHOD.format(edition=editions()[-1])
    dataset.DeidentificationMethodCodeSequence = [
        code(value, "DCM", meaning) for value, meaning in work.options.method_codes()
    ]
    shifted = work.options.dates == "shift"
    dataset.LongitudinalTemporalInformationModified = (
        "MODIFIED" if shifted else "REMOVED"
    )
    if pixels.looked_at:
        dataset.BurnedInAnnotation = "NO"


def _counts(done: Counter, pixels: PixelRecord) -> dict[str, int]:
    counts = {f"{name}: {what}": n for (name, what), n in sorted(done.items())}
    if pixels.hidden:
        counts["bits or bytes beside the image: removed"] = 1
    if pixels.unpacked:
        counts["compressed pixels: stored uncompressed"] = 1
    return counts
