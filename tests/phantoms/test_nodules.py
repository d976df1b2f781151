"""Nodules in CT: twins that differ in calcium alone, and cubes with masks that fit."""

import numpy as np
import pytest

from phantoms import (
    CUBE_SHAPE,
    NoduleCohortSettings,
    make_nodule_cohort,
    nodule_cube,
    nodule_study,
    scan_study,
)
from phantoms.cohort.nodules import NODULE_COLUMNS, to_grey


def test_twins_differ_in_the_nodule_alone():
    calcified, plain = (
        scan_study(
            nodule_study(2, nodule_seed=41, calcification=kind), slice_mm=5.0, size=192
        )
        for kind in ("central", "none")
    )
    added = calcified.hu.astype(int) - plain.hu
    nodule = calcified.masks["nodule"]
    assert added[nodule].max() > 100
    assert np.abs(added[~nodule]).max() <= 40  # the blur of a calcified core
    far = ~nodule.any(axis=(1, 2))
    assert np.abs(added[far]).max() <= 1  # noise is the same, to a unit


def test_the_nodule_has_its_own_seed_and_the_patient_stays():
    one, other, same = (nodule_study(3, nodule_seed=seed) for seed in (None, 0, 3))
    assert one.patient == other.patient
    size = [study.finding("nodule").severity for study in (one, other, same)]
    assert size[0] == size[2] != size[1]
    fluid = [study.finding("effusion").severity for study in (one, other)]
    assert fluid[0] == fluid[1]
    with pytest.raises(ValueError, match="'popcorn'"):
        nodule_study(2, calcification="popcorn")


def test_a_nodule_cube_holds_a_nodule_of_its_size_at_its_centre():
    scan, centre = nodule_cube(8, seed=3, spacing_mm=(1.25, 0.7, 0.9), side_mm=30)
    assert scan.hu.shape == (24, 43, 33)
    places = np.argwhere(scan.masks["nodule"])
    np.testing.assert_allclose(places.mean(axis=0), centre, atol=0.6)
    off = (centre - (np.array(scan.hu.shape) - 1) / 2) * scan.spacing_mm
    assert 0 < np.abs(off).max() <= 1.5
    sphere_ml = np.pi / 6 * 0.8**3
    assert 0.7 < scan.masks["nodule"].sum() * scan.voxel_ml / sphere_ml < 1
    other, elsewhere = nodule_cube(8, seed=4, spacing_mm=(1.25, 0.7, 0.9), side_mm=30)
    assert (centre != elsewhere).all()
    assert (scan.hu != other.hu).mean() > 0.5


@pytest.mark.parametrize("diameter_mm", [2.9, 15.1])
def test_a_nodule_that_does_not_fit_is_refused(diameter_mm):
    with pytest.raises(ValueError, match="3 to 15"):
        nodule_cube(diameter_mm, seed=0)
    assert nodule_cube(round(diameter_mm), seed=0, side_mm=12)


@pytest.fixture(scope="module")
def cubes():
    settings = NoduleCohortSettings(seed=4, n_patients=20)
    return make_nodule_cohort(settings, progress=False)


def test_half_of_the_cubes_hold_a_nodule(cubes):
    images, table, masks = cubes
    assert images.shape == masks["nodule"].shape == (40, *CUBE_SHAPE)
    assert list(table.columns) == list(NODULE_COLUMNS)
    assert table["nodule"].tolist() == [1, 0] * 20
    assert table["study_id"].str[-2:].tolist() == ["-1", "-2"] * 20
    assert table.groupby("patient_id")["split"].nunique().max() == 1
    seen = masks["nodule"].any(axis=(1, 2, 3))
    np.testing.assert_array_equal(seen, table["nodule"] == 1)
    assert (table["nodule_volume_ml"] > 0).tolist() == seen.tolist()
    assert table["nodule_diameter_mm"].notna().tolist() == seen.tolist()
    assert 0 < table["malignant"].sum() < 20
    assert table.loc[table["malignant"] == 1, "nodule"].all()


def test_nodules_are_soft_tissue_of_their_size_near_the_middle(cubes):
    images, table, masks = cubes
    ratio, centres = [], []
    for row in np.flatnonzero(table["nodule"] == 1):
        mask, diameter = masks["nodule"][row], table["nodule_diameter_mm"][row]
        # -1000 to 400 HU: soft tissue is near 190, lung near 30
        assert np.median(images[row][mask]) > 110
        if 8 < diameter < 30:  # the whole nodule in the cube
            ball_ml = np.pi / 6 * (diameter / 10) ** 3
            ratio.append(table["nodule_volume_ml"][row] / ball_ml)
            volume = mask.sum() * 1.5 * 0.75 * 0.75 / 1000
            assert table["nodule_volume_ml"][row] == pytest.approx(volume, abs=6e-4)
            centres.append((np.argwhere(mask).mean(axis=0) - [15.5, 31.5, 31.5])
                           * [1.5, 0.75, 0.75])  # fmt: skip
    assert 0.7 < np.median(ratio) < 1.4
    assert 2 < np.abs(centres).max() < 8  # up to 6 mm off, and lobes


def test_grey_goes_from_air_to_calcium():
    # centre -300, width 1400 HU: black at -1000, white at 400
    grey = to_grey(np.array([-2000, -1000, -300, 0, 399, 3000]))
    assert grey.tolist() == [0, 0, 128, 182, 255, 255]


@pytest.mark.parametrize("change", [{"n_patients": 19}, {"seed": -1}])
def test_too_few_patients_are_refused(change):
    with pytest.raises(ValueError, match="at least 20 patients"):
        NoduleCohortSettings(**change)
    NoduleCohortSettings(seed=0, n_patients=20)
