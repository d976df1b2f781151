"""A report written as a structured report: its text, its study, its validity."""

import shutil
import subprocess

import numpy as np
import pydicom
import pytest

from phantoms.dicom_writing import (
    PLACES,
    DicomWritingError,
    Radiograph,
    find_identities,
    plant_identities,
    write_radiograph,
    write_report,
)

TEXT = "Chest PA.\n\nNo effusion. Pleura w/o thickening; heart not enlarged.\n\n\n"


def test_each_paragraph_is_one_text_item(tmp_path):
    header = pydicom.dcmread(write_report(tmp_path / "r.dcm", TEXT, patient_id="P1"))
    assert [item.TextValue for item in header.ContentSequence] == [
        "Chest PA.",
        "No effusion. Pleura w/o thickening; heart not enlarged.",
    ]
    assert header.SOPClassUID.name == "Basic Text SR Storage"


def test_the_report_lies_in_the_study_of_its_film(tmp_path):
    details = Radiograph(study="P1-2", sex="F", age_years=40)
    film = write_radiograph(
        tmp_path / "f.dcm", np.eye(8, dtype="uint8"), patient_id="P1", details=details
    )
    report = write_report(tmp_path / "r.dcm", TEXT, patient_id="P1", details=details)
    image, words = pydicom.dcmread(film), pydicom.dcmread(report)
    assert image.StudyInstanceUID == words.StudyInstanceUID
    assert image.SeriesInstanceUID != words.SeriesInstanceUID
    assert (words.PatientID, words.PatientSex, words.PatientAge) == ("P1", "F", "040Y")


def test_an_empty_report_is_refused(tmp_path):
    with pytest.raises(DicomWritingError, match="no text.*at least one sentence"):
        write_report(tmp_path / "r.dcm", " \n\n ", patient_id="P1")
    assert list(tmp_path.iterdir()) == []


def test_identities_are_planted_where_a_report_has_places(tmp_path):
    path = write_report(tmp_path / "r.dcm", TEXT, patient_id="P1")
    planted = plant_identities(path)
    places = {item.place for item in planted}
    assert places == set(PLACES) - {"burned-in text", "overlay", "icon image"}
    assert {item.value for item in planted} == {
        found.value for found in find_identities(path, planted)
    }


@pytest.mark.skipif(
    shutil.which("dciodvfy") is None,
    reason="dciodvfy (Debian: dicom3tools) is not installed",
)
def test_dciodvfy_finds_no_error(tmp_path):
    path = write_report(tmp_path / "r.dcm", TEXT, patient_id="P1")
    verdict = subprocess.run(
        ["dciodvfy", str(path)], capture_output=True, text=True, timeout=30
    )
    found = verdict.stderr + verdict.stdout
    assert "BasicTextSR" in found
    assert "Error" not in found
    assert "Warning" not in found
