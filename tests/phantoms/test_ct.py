"""The CT of a chest: voxels, CT numbers, contrast medium, findings, determinism."""

import time
from dataclasses import replace

import numpy as np
import pytest

from phantoms.chest.anatomy import build_anatomy, chest_solids
from phantoms.chest.ct import (
    Acquisition,
    compose_scene,
    grid_view,
    loops_of_gut,
    slab_hu,
)
from phantoms.chest.patients import draw_examination, draw_patient
from phantoms.chest.projection import flat_view
from phantoms.findings.draw import draw_finding
from phantoms.findings.nodule import round_nodule
from phantoms.physics.attenuation import (
    attenuation_per_mm,
    hounsfield,
    iodine_hu,
    material_hu,
)
from phantoms.physics.scanners import SCANNERS
from phantoms.shapes.solids import Piece, path_length
from phantoms.shapes.voxels import VoxelGrid, fill_pieces, tube_coverage, whole_box
from phantoms.study.scan import (
    CT_POSTURE,
    WITH_CONTRAST,
    imaged_body,
    scan_study,
    scan_voxels,
)
from phantoms.study.study import Study

QUIET = Acquisition(mas=0)


def study_of(number, *findings):
    patient = draw_patient(number, cohort_seed=2026)
    return Study(
        patient, draw_examination(patient), SCANNERS["Alder DR 21"], findings=findings
    )


def small_grid(study, **changes):
    """The middle of the chest at 2.5 mm, quick to fill."""
    grid = VoxelGrid((-175, -125, -100), (5, 2.5, 2.5), (20, 100, 140))
    return replace(grid, stretch=study.patient.stretch, **changes)


def small_scan(study, acquisition=QUIET, **changes):
    body = imaged_body(study, CT_POSTURE)
    grid = small_grid(study, **changes)
    return scan_voxels(study, body, grid, acquisition=acquisition)


def test_piece_fills_the_exact_share_of_each_voxel():
    # rows of 1 mm from -0.5 mm on; the piece reaches from 0.25 to 2 mm in one ray
    # and is empty in the other: 0.25 of the first row, all of the second, half of
    # the third
    grid = VoxelGrid((0, 0, 0), (1, 1, 1), (1, 4, 2))
    piece = Piece(np.array([[0.25, 5.0]]), np.array([[2.0, 3.0]]), 1.0)
    filled = fill_pieces([piece], grid, whole_box(grid))
    np.testing.assert_allclose(filled[0, :, 0], [0.25, 1, 0.5, 0])
    np.testing.assert_allclose(filled[0, :, 1], 0)


def test_two_rays_of_a_slice_are_averaged_and_heights_fall_along_rays():
    grid = VoxelGrid((0, 0, 0), (2, 1, 1), (2, 2, 1), rays_per_slice=2)
    x, z = grid.rays()
    np.testing.assert_allclose(z[:, 0], [2.5, 1.5, 0.5, -0.5])
    # only the highest ray is filled: half of the upper slice
    piece = Piece(np.full((1, 1), -0.5), np.full((1, 1), 1.5), 1.0, np.s_[0:1, 0:1])
    filled = fill_pieces([piece], grid, whole_box(grid))
    np.testing.assert_allclose(filled[:, :, 0], [[0, 0], [0.5, 0.5]])


def test_pieces_outside_the_box_add_nothing_and_ends_are_clipped():
    grid = VoxelGrid((0, 0, 0), (1, 1, 1), (1, 4, 1))
    piece = Piece(np.array([[-9.0]]), np.array([[9.0]]))
    part = fill_pieces([piece], grid, np.s_[0:1, 1:3, 0:1])
    np.testing.assert_allclose(part[0, :, 0], [1, 1])
    beyond = Piece(np.array([[7.0]]), np.array([[9.0]]))
    assert not fill_pieces([beyond], grid, whole_box(grid)).any()


@pytest.mark.parametrize(("radius", "tolerance"), [(0.5, 0.01), (0.8, 0.01), (3, 0.03)])
def test_branches_keep_their_volume_however_thin(radius, tolerance):
    grid = VoxelGrid((-15, -15, -20), (2.5, 0.75, 0.75), (17, 41, 41))
    start, end = np.array([[-6.0, -5, -9]]), np.array([[7.0, 6, 8]])
    branch = tube_coverage(start, end, np.array([radius]), grid=grid)
    span = np.linalg.norm(end - start)
    ends = 4 / 3 * np.pi * radius**3 if radius > 1 else 0  # thick ones are round
    expected = np.pi * radius**2 * span + ends
    volume = branch.values.sum() * np.prod(grid.spacing_mm)
    assert volume == pytest.approx(expected, rel=tolerance)


def test_ct_numbers_follow_from_attenuation():
    assert hounsfield(attenuation_per_mm("water", energy_kev=70)) == pytest.approx(0)
    assert material_hu("air") == pytest.approx(-999, abs=1)
    # fat at 60 keV: (0.182 - 0.206) / 0.206
    assert material_hu("adipose", energy_kev=60) == pytest.approx(-117, abs=1)
    assert 40 <= material_hu("soft tissue", energy_kev=60) <= 60


def test_iodine_raises_blood_by_26_hu_for_each_mg_ml():
    # 5.016 cm2/g / 0.193 /cm: 26.0 HU for 1 mg/ml at 70 keV
    assert iodine_hu(1.0) == pytest.approx(26.0, abs=0.1)
    with pytest.raises(ValueError, match="above its K-edge"):
        iodine_hu(1.0, energy_kev=30)


def test_same_study_gives_the_same_voxels_and_another_noise_others():
    study = study_of(1)
    first, again = (small_scan(study, Acquisition()) for _ in range(2))
    np.testing.assert_array_equal(first.hu, again.hu)
    other = small_scan(replace(study, noise=1), Acquisition())
    spread = (other.hu.astype(float) - first.hu).std()
    assert spread > 2
    quiet = small_scan(study), small_scan(replace(study, noise=1))
    np.testing.assert_array_equal(quiet[0].hu, quiet[1].hu)


def test_contrast_medium_brightens_blood_and_nothing_else():
    study = study_of(2)
    plain = small_scan(study).hu.astype(int)
    bright = small_scan(study, replace(WITH_CONTRAST, mas=0)).hu.astype(int)
    rise = bright - plain
    solids = chest_solids(
        build_anatomy(study.patient), grid_view(small_grid(study)), posture=CT_POSTURE
    )
    grid = small_grid(study)
    aorta = fill_pieces([Piece(*solids.aorta)], grid, whole_box(grid)) > 0.999
    assert np.median(rise[aorta]) == pytest.approx(312, abs=4)
    # nothing gets darker but by rounding, and most of the chest stays as it was
    assert rise.min() >= -1
    assert (rise == 0).mean() > 0.8


def test_textures_of_the_lung_leave_every_ray_as_it_was():
    study = study_of(3)
    anatomy, posture = imaged_body(study, CT_POSTURE)
    grid = small_grid(study)
    solids = chest_solids(anatomy, grid_view(grid), posture=posture)
    scene = compose_scene(anatomy, solids, grid)
    grain = replace(
        scene.grain,
        fine=0 * scene.grain.fine,
        fluctuation=0 * scene.grain.fluctuation,
    )
    smooth = replace(scene, grain=grain, hidden=None, sinking=0.0)
    part = slice(0, 8)
    rough, flat = slab_hu(scene, part), slab_hu(smooth, part)
    assert np.abs(rough - flat).max() > 50
    np.testing.assert_allclose((rough - flat).mean(axis=1), 0, atol=0.05)


def test_loops_of_gut_hold_the_fat_of_the_piece_they_come_from():
    rng = np.random.default_rng(5)
    x, z = np.meshgrid(np.arange(8.0), -np.arange(6.0))
    piece = Piece(0 * x, 60 + 0 * x, rng.uniform(0.05, 0.95, x.shape))
    field = rng.standard_normal((256, 256)).astype(np.float32)
    slabs = loops_of_gut(piece, field, flat_view(x, z))
    weights = np.array([slab.weight for slab in slabs])
    assert weights.min() >= -1e-6
    assert weights.max() <= 1 + 1e-6
    assert weights.std(axis=0).min() > 0.01
    before, after = (path_length(part, shape=x.shape) for part in ([piece], slabs))
    np.testing.assert_allclose(after, before, rtol=1e-4)


def test_nodule_has_its_volume_and_density_in_the_voxels():
    nodule = round_nodule(np.array([-75.0, 20.0, -30.0]), diameter_mm=20.0)
    study = study_of(4, nodule)
    scan = small_scan(study)
    expected = np.pi / 6 * 20**3 * np.prod(study.patient.stretch) / 1000
    mask = scan.masks["nodule"]
    assert mask.sum() * scan.voxel_ml == pytest.approx(expected, rel=0.06)
    assert np.median(scan.hu[mask]) == pytest.approx(material_hu("soft tissue"), abs=3)


@pytest.mark.parametrize("kind", ["effusion", "pneumothorax"])
def test_free_fluid_lies_behind_and_free_air_in_front(kind):
    anatomy = build_anatomy(draw_patient(5, cohort_seed=2026))
    finding = draw_finding(kind, anatomy, np.random.default_rng(1), detectability=2.0)
    scan = scan_study(study_of(5, finding), size=128, slice_mm=5, acquisition=QUIET)
    rows = np.nonzero(scan.masks[kind])[1]
    lung = np.nonzero((scan.hu > -900) & (scan.hu < -600))[1]
    behind = np.median(rows) > np.median(lung)
    assert behind if kind == "effusion" else not behind
    number = np.median(scan.hu[scan.masks[kind]])
    assert number == pytest.approx(0 if kind == "effusion" else -999, abs=25)


def test_effusion_has_the_stated_volume():
    anatomy = build_anatomy(draw_patient(6, cohort_seed=2026))
    rng = np.random.default_rng(3)
    effusion = draw_finding("effusion", anatomy, rng, detectability=0.3)
    scan = scan_study(study_of(6, effusion), size=128, slice_mm=5, acquisition=QUIET)
    measured = scan.masks["effusion"].sum() * scan.voxel_ml
    assert measured == pytest.approx(effusion.severity["volume_ml"], rel=0.12)


def test_scan_lies_feet_first_with_the_right_side_on_the_left():
    scan = scan_study(study_of(1), size=96, slice_mm=5)
    assert scan.hu.dtype == np.int16
    low, high = scan.hu[2], scan.hu[-3]
    assert (low > -200).mean() > (high > -200).mean()  # the abdomen, then the apices
    z = scan.origin_mm[2] + scan.spacing_mm[0] * np.arange(len(scan.hu))
    middle = np.abs(z + 75).argmin()
    x = scan.origin_mm[0] + scan.spacing_mm[2] * np.arange(96)
    inner = np.abs(x) < 100
    heart = (scan.hu[middle][:, inner] > 0) & (scan.hu[middle][:, inner] < 120)
    front = heart[30:48]
    assert (front * x[inner]).sum() / front.sum() > 5  # the heart points to the left
    # the body's back is at the high end of the rows: the spine's bone lies there
    bone = np.nonzero(scan.hu[middle] > 250)[0]
    assert np.median(bone) > 48


def test_sharp_kernel_is_noisier():
    study, spread = study_of(1), {}
    for name in ("soft", "sharp"):
        noisy = small_scan(study, Acquisition(kernel=name), spacing_mm=(5, 0.8, 0.8))
        spread[name] = noisy.hu[:, :4].astype(float).std()
    assert spread["sharp"] > 1.3 * spread["soft"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"slice_mm": 0.1}, "slice_mm is 0.1"),
        ({"size": 1024}, "size 1024"),
        ({"acquisition": Acquisition(kernel="hard")}, "kernel is 'hard'"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        scan_study(study_of(1), **({"size": 64, "slice_mm": 5} | settings))


@pytest.mark.slow
def test_full_scan_is_quick(record_property):
    study = study_of(1)
    anatomy, _ = imaged_body(study, CT_POSTURE)
    grid = VoxelGrid((-200, -200, -210), (2.5, 0.78, 0.78), (128, 512, 512),
                     anatomy.patient.stretch, 2)  # fmt: skip
    body = anatomy, CT_POSTURE
    clock, work = time.perf_counter(), time.process_time()
    scan_voxels(study, body, grid, acquisition=Acquisition())
    seconds = time.perf_counter() - clock
    busy = time.process_time() - work
    record_property(
        "128 slices of 512 x 512: s, processor s", (float(seconds), float(busy))
    )
    # 3 s on two idle cores; processor time does not depend on who else is at work
    assert busy < 6.0
