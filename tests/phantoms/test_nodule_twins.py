"""Nodule twins: one patient, one noise, and calcium that only one of them has."""

import numpy as np
import pytest

from phantoms.cohort.nodules import nodule_cube, nodule_study
from phantoms.study.scan import scan_study

SMALL = {"slice_mm": 5.0, "size": 192}


def test_twins_differ_in_the_nodule_alone():
    calcified, plain = (
        scan_study(nodule_study(2, nodule_seed=41, calcification=kind), **SMALL)
        for kind in ("central", "none")
    )
    added = calcified.hu.astype(int) - plain.hu
    nodule = calcified.masks["nodule"]
    assert added[nodule].max() > 100
    assert np.abs(added[~nodule]).max() <= 40  # the blur of a calcified core
    far = np.ones(len(added), bool)
    far[np.flatnonzero(nodule.any(axis=(1, 2)))] = False
    assert np.abs(added[far]).max() <= 1  # noise is the same, to a unit


def test_the_nodule_has_its_own_seed_and_the_patient_stays():
    one, other = nodule_study(3), nodule_study(3, nodule_seed=4)
    assert one.patient.patient_id == other.patient.patient_id
    assert one.patient.fat_mm == other.patient.fat_mm
    radius = [study.finding("nodule").bodies[0].radius for study in (one, other)]
    assert radius[0] != radius[1]


def test_another_calcification_is_refused():
    with pytest.raises(ValueError, match=r"'popcorn'.*central, none.*Twins"):
        nodule_study(2, calcification="popcorn")


def test_nodule_cube_holds_a_nodule_of_its_size_at_its_centre():
    scan, centre = nodule_cube(8, seed=3)
    places = np.argwhere(scan.masks["nodule"])
    np.testing.assert_allclose(places.mean(axis=0), centre, atol=0.7)
    sphere = np.pi / 6 * 8**3
    assert 0.7 * sphere < scan.masks["nodule"].sum() * scan.voxel_ml * 1000 < sphere
    again, _ = nodule_cube(8, seed=3)
    np.testing.assert_array_equal(scan.hu, again.hu)


def test_nodule_cube_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="diameter_mm is 40.*3 to 15"):
        nodule_cube(40, seed=0)
