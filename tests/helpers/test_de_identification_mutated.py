"""Five thousand damaged files: the documented error, or a whole new file."""

from pathlib import Path

import pydicom
import pytest

from helpers.de_identification import de_identify_file
from helpers.dicom_pixels import DicomPixelsError
from tests.helpers.mutated_dicom import fuzz

SECRET = b"a secret of the tests, 32 bytes."


def clean(path: Path, out: Path) -> None:
    record = de_identify_file(path, out / "new.dcm", secret=SECRET)
    new = pydicom.dcmread(out / "new.dcm")
    assert new.PatientIdentityRemoved == "YES"
    assert new.PatientName == record.facts["patient"]


@pytest.mark.slow
def test_five_thousand_damaged_files():
    report = fuzz(
        "tests.helpers.test_de_identification_mutated:clean", allowed=DicomPixelsError
    )
    assert report.troubles == []
    assert report.tried == 5000
    assert 1000 < report.refused < 4900, "some files are mended, most are refused"
    assert report.slowest_s < 2
    assert report.largest_bytes < 10**9
