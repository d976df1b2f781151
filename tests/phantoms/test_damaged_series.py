"""Series damaged on purpose: each is what its name says, by its own positions."""

from dataclasses import replace

import numpy as np
import pydicom
import pytest

from phantoms import nodule_study, scan_study
from phantoms.damaged_series import KINDS, cut_planes, leaning_back, write_damaged

FLAT = (1, 0, 0, 0, 1, 0)


@pytest.fixture(scope="module")
def scan():
    whole = scan_study(nodule_study(2, nodule_seed=41), slice_mm=5.0, size=64)
    return replace(whole, hu=whole.hu[:40])  # the fewest that will do


@pytest.fixture(scope="module")
def series(scan, tmp_path_factory):
    folders = write_damaged(tmp_path_factory.mktemp("damaged"), scan, lean_deg=30)
    assert tuple(folders) == KINDS
    return {
        kind: [pydicom.dcmread(path) for path in sorted(folder.iterdir())]
        for kind, folder in folders.items()
    }


def heights(headers):
    """Return z of each slice above the first, in the order of the file names."""
    z = np.array([float(header.ImagePositionPatient[2]) for header in headers])
    return (z - z.min()).round(3)


def test_slices_are_missing_twice_there_or_turned_round(series, scan):
    n, half = len(scan.hu), len(scan.hu) // 2
    even = 5.0 * np.arange(n)
    gap = np.delete(even, range(half, half + 3))
    np.testing.assert_array_equal(heights(series["gap"]), gap)
    twice = np.insert(even, half + 9, even[half + 8])
    np.testing.assert_array_equal(heights(series["duplicate"]), twice)
    one, other = series["duplicate"][half + 8 : half + 10]
    assert one.SOPInstanceUID != other.SOPInstanceUID
    # its content is that of the slice eight places on
    assert other.PixelData == series["reversed"][n - 1 - (half + 16)].PixelData
    np.testing.assert_array_equal(heights(series["reversed"]), even[::-1])
    for kind in ("gap", "duplicate", "reversed"):
        assert all(list(h.ImageOrientationPatient) == [*FLAT] for h in series[kind])


def test_uneven_spacing_is_coarser_by_eight_fifths_in_the_lower_half(series, scan):
    half, z = len(scan.hu) // 2, heights(series["uneven spacing"])
    coarse = int((half - 1) / 1.6) + 1
    np.testing.assert_allclose(np.diff(z[:coarse]), 8.0)
    np.testing.assert_allclose(z[coarse:], 5.0 * np.arange(half, len(scan.hu)))
    assert 0 < z[coarse] - z[coarse - 1] <= 5 + 8


def test_tilt_and_oblique_lean_by_the_angle(series):
    # rows run to the left, columns to the back and up by 30 degrees
    leaning = [1, 0, 0, 0, np.sqrt(0.75), 0.5]
    normal = [0, -0.5, np.sqrt(0.75)]
    for kind, step in (("tilt", [0, 0, 5]), ("oblique", np.multiply(5, normal))):
        headers = series[kind]
        for header in headers:
            np.testing.assert_allclose(header.ImageOrientationPatient, leaning)
        places = np.array([h.ImagePositionPatient for h in headers], float)
        np.testing.assert_allclose(np.diff(places, axis=0), [step] * (len(places) - 1),
                                   atol=2e-4)  # fmt: skip
    assert leaning_back(0) == pytest.approx(FLAT)


def test_overlap_and_several_series_say_so_in_the_header(series, scan):
    assert {h.SliceThickness for h in series["overlap"]} == {10}
    assert {h.SliceThickness for h in series["gap"]} == {5}
    np.testing.assert_array_equal(heights(series["overlap"])[:2], [0, 5])
    first = series["several series"][: len(scan.hu) // 2]
    rest = series["several series"][len(scan.hu) // 2 :]
    groups = [{h.SeriesInstanceUID for h in part} for part in (first, rest)]
    assert [len(group) for group in groups] == [1, 1]
    assert groups[0] == {h.SeriesInstanceUID for h in series["gap"]} != groups[1]
    assert len(rest) == len(scan.hu)
    assert {len({h.SOPInstanceUID for h in part}) for part in series.values()} == {
        len(part) for part in series.values()
    }
    assert all(h.Rows == 16 and h.PixelSpacing[0] == 4 * scan.spacing_mm[1]
               for part in series.values() for h in part)  # fmt: skip


def test_planes_are_cut_where_they_lie(scan):
    # a ramp of 2 HU a mm in x, 3 in y, 5 in z is what each plane must show
    grid = np.indices((40, 32, 32)) * 2.0  # 2 mm voxels: slice, row, column
    ramp = (5 * grid[0] + 3 * grid[1] + 2 * grid[2]).astype(np.int16)
    flat = replace(scan, hu=ramp, spacing_mm=(2.0, 2.0, 2.0), origin_mm=(0, 0, 0))
    step = np.array([0, 0, 2.0])
    np.testing.assert_array_equal(cut_planes(flat, FLAT, step), ramp)
    np.testing.assert_array_equal(
        cut_planes(flat, FLAT, step, thin=2), ramp[:, ::2, ::2]
    )
    leaning = leaning_back(30)
    cut = cut_planes(flat, leaning, step)
    # slice 4, row 6, column 7: 8 mm up, 12 mm along (y .866, z .5), 14 mm to the left
    y, z = 12 * np.sqrt(0.75), 8 + 12 * 0.5
    assert cut[4, 6, 7] == pytest.approx(2 * 14 + 3 * y + 5 * z, abs=1)
    assert cut[39, 31, 0] == -1000  # above the scan


def test_the_same_scan_gives_the_same_files(scan, series, tmp_path):
    folders = write_damaged(tmp_path, scan, lean_deg=30)
    for kind, folder in folders.items():
        again = [pydicom.dcmread(path) for path in sorted(folder.iterdir())]
        assert again == series[kind]


def test_too_few_slices_are_refused(scan, tmp_path):
    with pytest.raises(ValueError, match="39 slices"):
        write_damaged(tmp_path, replace(scan, hu=scan.hu[:39]))
    assert not list(tmp_path.iterdir())
