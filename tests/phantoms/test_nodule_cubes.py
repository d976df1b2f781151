"""CT cubes: half with a nodule, repeatable, and masks that fit the voxels."""

import numpy as np
import pytest

from helpers import cohorts
from helpers.cohorts import CohortError
from phantoms.cohort.columns import NODULE_COLUMNS
from phantoms.cohort.nodules import (
    SHAPE,
    NoduleCohortSettings,
    make_nodule_cohort,
    to_grey,
)

FEW = NoduleCohortSettings(seed=4, n_patients=20)


@pytest.fixture(scope="module")
def cubes():
    return make_nodule_cohort(FEW, progress=False)


def test_cubes_have_the_promised_shape_and_columns(cubes):
    images, table, masks = cubes
    assert images.shape == masks["nodule"].shape == (40, *SHAPE)
    assert images.dtype == np.uint8
    assert list(table.columns) == list(NODULE_COLUMNS)
    assert table.groupby("patient_id")["nodule"].apply(sorted).tolist() == [[0, 1]] * 20
    assert table.groupby("patient_id")["split"].nunique().max() == 1


def test_masks_are_there_exactly_where_a_nodule_is(cubes):
    _, table, masks = cubes
    seen = masks["nodule"].any(axis=(1, 2, 3))
    np.testing.assert_array_equal(seen, table["nodule"] == 1)


def test_nodules_are_brighter_than_the_lung_about_them(cubes):
    images, table, masks = cubes
    for row in np.flatnonzero(table["nodule"] == 1):
        inside = images[row][masks["nodule"][row]]
        # -1000 to 400 HU: soft tissue is near 190, lung near 30
        assert np.median(inside) > 110


def test_volume_of_the_mask_is_that_of_the_stated_diameter(cubes):
    # a ball of the stated diameter; lobes, spicules and pleura change it somewhat
    table = cubes[1][cubes[1]["nodule"] == 1]
    ball_ml = np.pi / 6 * (table["nodule_diameter_mm"] / 10) ** 3
    small = table["nodule_diameter_mm"].between(8, 30)  # the whole nodule in the cube
    ratio = (table["nodule_volume_ml"] / ball_ml)[small]
    assert 0.7 < ratio.median() < 1.4


def test_cubes_are_the_same_again_and_others_with_another_seed(cubes):
    again = make_nodule_cohort(FEW, progress=False)
    np.testing.assert_array_equal(again[0], cubes[0])
    assert again[1].equals(cubes[1])
    other = make_nodule_cohort(
        NoduleCohortSettings(seed=5, n_patients=20), progress=False
    )
    assert np.mean(other[0] != cubes[0]) > 0.5


def test_grey_is_black_at_the_lower_and_white_at_the_upper_end():
    np.testing.assert_array_equal(to_grey(np.array([-2000, 3000])), [0, 255])


def test_loaded_cohort_keeps_the_contract_and_is_cached(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path))
    made = cohorts.load_nodules_ct(FEW)
    read = cohorts.load_nodules_ct(FEW)
    assert "done once" in capsys.readouterr().err
    assert made.is_volume
    assert read.findings == ["nodule", "malignant"]
    np.testing.assert_array_equal(made.images, read.images)
    np.testing.assert_array_equal(made.masks["nodule"], read.masks["nodule"])


def test_other_sizes_and_too_few_patients_are_errors():
    with pytest.raises(CohortError, match="not available at size 32, only 64"):
        cohorts.load("chest_insilico_nodules_ct", size=32)
    with pytest.raises(ValueError, match="n_patients 3.*at least 20 patients"):
        NoduleCohortSettings(n_patients=3)
