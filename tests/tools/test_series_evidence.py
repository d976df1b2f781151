"""The record of lesson 12: made on small series, and as it is recorded."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.dicom_series import SeriesVolume, read_series
from helpers.files import evidence
from tests.helpers.series_examples import write_example
from tools.evidence.series import (
    SERIES,
    against_simpleitk,
    left_out,
    main,
    measure_series,
    other_files,
)


def test_left_out_slices_of_a_ramp_come_back():
    ramp = np.arange(7, dtype=np.float32)[:, None, None] * np.ones((1, 2, 2), "f4")
    volume = SeriesVolume(ramp, "HU", np.eye(3, 4))
    facts = left_out(volume)
    assert facts["slices left out"] == 2  # of 5 slices, 1 and 3
    assert facts["interpolated, largest error, HU"] < 1e-5


def test_left_out_counts_what_only_one_slice_shows():
    values = np.full((5, 1, 1), -800.0, dtype=np.float32)
    values[1] = 100  # between -800 and -800: off by 900
    facts = left_out(SeriesVolume(values, "HU", np.eye(3, 4)))
    assert facts["interpolated, largest error, HU"] == 900


def test_a_written_series_agrees_with_simpleitk(tmp_path):
    write_example(tmp_path / "ct")
    facts = against_simpleitk(read_series(tmp_path / "ct"))
    assert facts["voxels against SimpleITK, HU"] == 0
    assert facts["corners against SimpleITK, mm"] < 1e-3


def test_other_files_are_counted_without_those_of_the_series(tmp_path):
    write_example(tmp_path / "ct")
    one, *_ = write_example(tmp_path / "single", series=2)  # six files, one slice each
    (tmp_path / "broken.dcm").write_bytes(one.read_bytes()[:200])
    facts = other_files(tmp_path / "ct")
    counts = ("other files", "other files refused", "other files read")
    assert [facts[name] for name in counts] == [7, 7, 0]


def test_the_command_says_what_is_missing(monkeypatch):
    monkeypatch.delenv("COURSE_DATA_DIR", raising=False)
    with pytest.raises(SystemExit, match="set COURSE_DATA_DIR"):
        main()


@pytest.mark.real_data
@pytest.mark.skipif(
    not os.environ.get("COURSE_DATA_DIR"), reason="COURSE_DATA_DIR is not set"
)
def test_recorded_values_are_what_the_files_give():
    made = measure_series(Path(os.environ["COURSE_DATA_DIR"]) / SERIES)
    kept = evidence("series_real.csv")
    pd.testing.assert_frame_equal(made, kept, rtol=1e-3, check_dtype=False)
