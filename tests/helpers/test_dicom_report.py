"""The report on a folder, and the hint that a chest film is a negative."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.dicom_pixels.polarity import looks_negative
from helpers.dicom_pixels.report import main, report
from phantoms.dicom_writing import write_radiograph

FILMS = Path(os.environ.get("COURSE_DATA_DIR") or "/nonexistent") / "cxr_nih14_256px"
CHEST = np.full((40, 40), 60, dtype=np.uint8)  # dark lungs
CHEST[:, 17:23] = 200  # bright spine


@pytest.fixture
def folder(tmp_path):
    write_radiograph(tmp_path / "a.dcm", CHEST, patient_id="P1")
    write_radiograph(
        tmp_path / "b.dcm", CHEST, patient_id="P1", photometric="MONOCHROME1"
    )
    write_radiograph(tmp_path / "wrong.dcm", 255 - CHEST, patient_id="P2")
    (tmp_path / "broken.dcm").write_bytes(b"DICM")
    (tmp_path / "labels.csv").write_text("file,finding\na.dcm,0\n")
    return tmp_path


def test_report_has_a_row_for_every_file_but_lists(folder):
    table = report(folder).set_index("file")
    assert list(table.index) == ["a.dcm", "b.dcm", "broken.dcm", "wrong.dcm"]
    assert table.loc["a.dcm", "size"] == "40 x 40"
    assert table.loc["b.dcm", "photometric"] == "MONOCHROME1"
    assert "not a DICOM file" in table.loc["broken.dcm", "refused"]


def test_report_hints_at_a_negative_only(folder):
    notes = report(folder).set_index("file").notes
    assert notes["a.dcm"] == ""
    assert notes["b.dcm"] == ""
    assert "Looks like a negative" in notes["wrong.dcm"]


def test_report_of_a_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder 'none'"):
        report(tmp_path / "none")


def test_command_prints_counts_and_reasons(folder, capsys):
    assert main([str(folder)]) == 0
    printed = capsys.readouterr().out
    assert printed.rstrip().endswith("3 of 4 files read, 1 refused.")
    assert "REFUSED" in printed


def test_command_called_wrongly(capsys):
    assert main([]) == 2
    assert "Usage" in capsys.readouterr().err


@pytest.mark.real_data
@pytest.mark.skipif(not FILMS.is_dir(), reason="COURSE_DATA_DIR/cxr_nih14_256px")
def test_looks_negative_on_real_films():
    paths = sorted(FILMS.rglob("*.png"))
    films = [np.asarray(Image.open(path).convert("L")) for path in paths]
    alarms = np.mean([looks_negative(film) for film in films])
    caught = np.mean([looks_negative(255 - film) for film in films])
    assert len(films) >= 200
    assert alarms < 0.03
    assert caught > 0.9
