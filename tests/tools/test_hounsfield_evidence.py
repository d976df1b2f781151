"""The recorded measurements of lesson 11: made small, and as they are recorded."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.files import evidence
from tools.evidence import hounsfield


def test_materials_of_a_small_scan_are_near_what_is_expected():
    rows = pd.DataFrame(hounsfield.materials_of(3, size=320))
    assert {"fat", "muscle", "blood", "blood with iodine"} <= set(rows.material)
    known = rows[rows.material != "lung"]
    assert (known.measured_hu - known.expected_hu).abs().max() < 5


def test_exports_of_a_small_scan_tell_the_twins_apart_where_the_window_reaches():
    rows = pd.DataFrame(hounsfield.exports_of(6, size=192)).set_index("window")
    assert rows.loc["narrow lung", "core_greys_that_differ"] == 0
    assert rows.loc["bone", "core_greys_that_differ"] == rows.loc["bone", "core_voxels"]
    assert rows.loc["lung", "lost_calcified"] == 1
    assert rows.loc["lung", "lost_plain"] == 0


def test_patient_mask_takes_the_body_with_its_lungs_and_not_the_table():
    hu = np.full((30, 30), -1000.0)
    hu[5:20, 5:25] = 40
    hu[8:15, 10:20] = -800  # the lungs
    hu[26, :] = 100  # the table
    mask = hounsfield.patient_mask(hu)
    assert mask.sum() == 15 * 20


def test_jpeg_changes_noise():
    grey = np.random.default_rng(0).integers(0, 256, (32, 32)).astype(np.uint8)
    assert (hounsfield.jpeg(grey, quality=75) != grey).mean() > 0.5


def test_the_command_says_what_is_missing(monkeypatch):
    monkeypatch.delenv("COURSE_DATA_DIR", raising=False)
    with pytest.raises(SystemExit, match="set COURSE_DATA_DIR"):
        hounsfield.record_real()


@pytest.mark.real_data
@pytest.mark.skipif(
    not os.environ.get("COURSE_DATA_DIR"), reason="COURSE_DATA_DIR is not set"
)
def test_recorded_real_values_are_what_the_files_give():
    made = hounsfield.measure_real(Path(os.environ["COURSE_DATA_DIR"]))
    kept = evidence("hounsfield_real.csv")
    pd.testing.assert_frame_equal(made, kept, rtol=1e-3, check_dtype=False)
