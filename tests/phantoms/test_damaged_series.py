"""Series damaged on purpose: each is found under its name, sound ones stay readable."""

import numpy as np
import pydicom
import pytest

from helpers.dicom_series import DicomSeriesError, list_series, read_series
from phantoms.cohort.nodules import nodule_study
from phantoms.damaged_series import KINDS, cut_planes, leaning_back, write_damaged
from phantoms.study.scan import scan_study

SOUND = {"oblique", "reversed", "overlap"}


@pytest.fixture(scope="module")
def scan():
    return scan_study(nodule_study(2, nodule_seed=41), slice_mm=5.0, size=128)


@pytest.fixture(scope="module")
def folders(scan, tmp_path_factory):
    return write_damaged(tmp_path_factory.mktemp("damaged"), scan)


@pytest.mark.parametrize("kind", KINDS)
def test_each_damage_is_found_under_its_name(folders, kind):
    table = list_series(folders[kind])
    found = {problem.kind for problems in table["problems"] for problem in problems}
    assert kind in found or (kind == "several series" and len(table) == 2)
    if kind in SOUND:
        assert read_series(folders[kind]).values.ndim == 3
    else:
        with pytest.raises(DicomSeriesError):
            read_series(folders[kind])


def test_oblique_planes_show_each_place_where_it_is(scan, folders):
    volume = read_series(folders["oblique"])
    rng = np.random.default_rng(0)
    inside = scan.origin_mm + rng.uniform(0.3, 0.7, (400, 3)) * (480, 480, 250)
    inside[:, 2] += 60  # both grids hold all of them
    old = (inside - scan.origin_mm)[:, ::-1] / scan.spacing_mm
    there = volume.values[tuple(np.rint(volume.to_voxel(inside)).astype(int).T)]
    here = scan.hu[tuple(np.rint(old).astype(int).T)]
    assert np.corrcoef(here, there)[0, 1] > 0.8


def test_planes_of_the_same_orientation_are_the_scan_itself(scan):
    step = np.array([0, 0, scan.spacing_mm[0]])
    same = cut_planes(scan, leaning_back(0), step)
    np.testing.assert_array_equal(same, scan.hu)


def test_overlap_states_twice_the_distance(scan, folders):
    header = pydicom.dcmread(next(folders["overlap"].iterdir()))
    assert header.SliceThickness == 2 * scan.spacing_mm[0]


def test_too_few_slices_are_refused(scan, tmp_path):
    from dataclasses import replace

    with pytest.raises(ValueError, match="has 10 slices.*at least 40"):
        write_damaged(tmp_path, replace(scan, hu=scan.hu[:10]))
    assert not list(tmp_path.iterdir())
