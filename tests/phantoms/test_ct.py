"""The CT of a chest: numbers, noise, contrast medium, findings, and the radiograph.

One anatomy, two modalities: line integrals through the CT are the radiograph's. There
the rays are marched through the voxels, from the focus through every pixel, without
the phantom's own projection.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.ndimage import map_coordinates
from skimage.transform import iradon

from phantoms.chest.anatomy import build_anatomy, chest_solids
from phantoms.chest.ct import (
    Acquisition,
    compose_scene,
    grid_view,
    reconstruct,
    slab_hu,
)
from phantoms.chest.layers import fissures, optical_depth, trace_paths
from phantoms.chest.patients import draw_examination, draw_patient, posture_of
from phantoms.chest.projection import SURFACE_MM, make_view
from phantoms.devices.parts import Device, Plate, Wire
from phantoms.findings.draw import draw_finding
from phantoms.findings.nodule import round_nodule
from phantoms.findings.pleura import effusion_of, pneumothorax_of
from phantoms.physics.attenuation import (
    attenuation_per_mm,
    hounsfield,
    iodine_hu,
    material_hu,
)
from phantoms.physics.ct_noise import (
    KERNELS,
    Kernel,
    noise_fields,
    noise_power,
    noise_sigma_hu,
    relative_sigma,
)
from phantoms.physics.scanners import SCANNERS
from phantoms.shapes.solids import Piece, length, path_length, total_length
from phantoms.shapes.voxels import VoxelGrid, fill_pieces, whole_box
from phantoms.study.scan import (
    CT_POSTURE,
    WITH_CONTRAST,
    imaged_body,
    scan_study,
    scan_voxels,
)
from phantoms.study.study import Study

QUIET = Acquisition(mas=0)


def study_of(number, *findings, **changes):
    patient = draw_patient(number, cohort_seed=2026)
    scanner = SCANNERS["Alder DR 21"]
    return Study(
        patient, draw_examination(patient), scanner, findings=findings, **changes
    )


def small_grid(study):
    """The middle of the chest at 2.5 mm, quick to fill."""
    grid = VoxelGrid((-175, -125, -100), (5, 2.5, 2.5), (20, 100, 140))
    return replace(grid, stretch=study.patient.stretch)


def small_scan(study, acquisition=QUIET):
    body = imaged_body(study, CT_POSTURE)
    return scan_voxels(study, body, small_grid(study), acquisition=acquisition)


# CT numbers


def test_ct_numbers_follow_from_attenuation():
    assert hounsfield(attenuation_per_mm("water", energy_kev=70)) == pytest.approx(0)
    # twice the attenuation of water is 1000 HU, nothing is -1000 HU
    double = 2 * attenuation_per_mm("water", energy_kev=60)
    assert hounsfield(double, energy_kev=60) == pytest.approx(1000)
    assert material_hu("air") == pytest.approx(-999, abs=1)
    # xraylib 4.3.0 with the compositions and densities of attenuation.py
    at = (60, 70, 80, 100)
    known = {"soft tissue": (44.3, 42.6, 41.6, 40.4), "blood": (55.8, 53.9, 52.8, 51.6)}
    for name, hu in (known | {"adipose": (-116.6, -103.3, -95.3, -86.7)}).items():
        found = [material_hu(name, energy_kev=kev) for kev in at]
        assert found == pytest.approx(hu, abs=0.1)


def test_iodine_raises_blood_by_26_hu_for_each_mg_ml():
    # 5.016 cm2/g x 0.001 g/cm3 / 0.193 /cm: 26.0 HU at 70 keV; 59.8 x 12.32 at 50
    assert iodine_hu(1.0) == pytest.approx(26.0, abs=0.05)
    assert iodine_hu(2.0, energy_kev=50) == pytest.approx(2 * 12.32 / 0.227, abs=0.1)
    with pytest.raises(ValueError, match="above its K-edge"):
        iodine_hu(1.0, energy_kev=30)


def test_contrast_medium_brightens_blood_and_nothing_else():
    study = study_of(2)
    plain = small_scan(study).hu.astype(int)
    bright = small_scan(study, replace(WITH_CONTRAST, mas=0)).hu.astype(int)
    rise, grid = bright - plain, small_grid(study)
    anatomy = build_anatomy(study.patient)
    solids = chest_solids(anatomy, grid_view(grid), posture=CT_POSTURE)
    aorta = fill_pieces([Piece(*solids.aorta)], grid, whole_box(grid)) > 0.999
    # 12 mg/ml x 26 HU
    assert np.median(rise[aorta]) == pytest.approx(312, abs=4)
    # most of the chest stays as it was
    assert (rise == 0).mean() > 0.8


def test_textures_leave_every_ray_as_it_was_and_fissures_are_thin():
    study = study_of(3)
    anatomy, posture = imaged_body(study, CT_POSTURE)
    grid = small_grid(study)
    solids = chest_solids(anatomy, grid_view(grid), posture=posture)
    scene = compose_scene(anatomy, solids, grid)
    grain = replace(scene.grain, fine=0 * scene.grain.fine,
                    fluctuation=0 * scene.grain.fluctuation)  # fmt: skip
    smooth = replace(scene, grain=grain, hidden=None, sinking=0.0)
    rough, flat = (slab_hu(each, slice(0, 8)) for each in (scene, smooth))
    assert np.abs(rough - flat).max() > 50
    np.testing.assert_allclose((rough - flat).mean(axis=1), 0, atol=0.05)
    rays = grid_view(grid).x.shape
    # the fissures are sheets of 0.35 mm, 1.25 mm high for 1 mm of depth
    thick = path_length(fissures(anatomy, solids, grid_view(grid)), shape=rays)
    assert np.median(thick[thick > 0]) == pytest.approx(0.28, abs=0.02)


# a scan


def test_nodule_has_its_volume_and_density_in_the_voxels():
    nodule = round_nodule(np.array([-75.0, 20.0, -30.0]), diameter_mm=20.0)
    study = study_of(4, nodule)
    scan = small_scan(study)
    expected = np.pi / 6 * 20**3 * np.prod(study.patient.stretch) / 1000
    mask = scan.masks["nodule"]
    assert mask.sum() * scan.voxel_ml == pytest.approx(expected, rel=0.06)
    assert np.median(scan.hu[mask]) == pytest.approx(material_hu("soft tissue"), abs=3)


@pytest.mark.parametrize(("kind", "hu"), [("effusion", 0), ("pneumothorax", -999)])
def test_free_fluid_lies_behind_and_free_air_in_front(kind, hu):
    anatomy = build_anatomy(draw_patient(5, cohort_seed=2026))
    finding = draw_finding(kind, anatomy, np.random.default_rng(1), detectability=0.5)
    scan = scan_study(study_of(5, finding), size=128, slice_mm=5, acquisition=QUIET)
    mask = scan.masks[kind]
    rows = np.nonzero(mask)[1]
    lung = np.nonzero((scan.hu > -900) & (scan.hu < -600))[1]
    assert (np.median(rows) > np.median(lung)) == (kind == "effusion")
    assert np.median(scan.hu[mask]) == pytest.approx(hu, abs=25)
    if kind == "effusion":
        volume = mask.sum() * scan.voxel_ml
        assert volume == pytest.approx(finding.severity["volume_ml"], rel=0.12)


def test_fluid_is_a_crescent_along_the_back_and_level_only_under_air():
    anatomy = build_anatomy(draw_patient(5, cohort_seed=2026))
    fluid = effusion_of(anatomy, {"left": 700})
    air = pneumothorax_of(anatomy, "left", collapse=0.3)
    borders = []
    for findings in ((fluid,), (fluid, air)):
        study = study_of(5, *findings)
        scan = scan_study(study, size=128, slice_mm=5, acquisition=QUIET)
        axial = scan.masks["effusion"][len(scan.hu) // 2]
        columns = np.flatnonzero(axial.sum(axis=0) > 3)[2:-2]
        borders.append(scan.spacing_mm[1] * axial[:, columns].argmax(axis=0))
    crescent, level = borders
    # drawn up at the side without a step; under air all at one height
    assert crescent[len(crescent) // 3] - crescent[-1] > 15
    assert np.abs(np.diff(crescent)).max() < 12
    assert np.ptp(level) < 4
    assert (scan.hu[:, -22, 64] == -940).all()  # the couch's foam, under the patient


def test_scan_lies_feet_first_with_the_right_side_on_the_left():
    scan = scan_study(study_of(1), size=96, slice_mm=5)
    z = scan.origin_mm[2] + scan.spacing_mm[0] * np.arange(len(scan.hu))
    middle = scan.hu[np.abs(z + 75).argmin()]
    x = scan.origin_mm[0] + scan.spacing_mm[2] * np.arange(96)
    inner = np.abs(x) < 100
    heart = ((middle[:, inner] > 0) & (middle[:, inner] < 120))[30:48]
    assert (heart * x[inner]).sum() / heart.sum() > 5  # it points to the left
    # the body's back is at the high end of the rows: the spine's bone lies there
    assert np.median(np.nonzero(middle > 250)[0]) > 48


def test_devices_have_their_own_numbers_and_tubes_hold_air():
    wire = Wire(((-60, 0, -50), (60, 0, -50)), 9.0, "PVC", 3.0)
    plate = Plate((0, -60, -50), (20, 20), 20.0, "titanium")
    study = study_of(1, devices=(Device("drain", "left", (wire, plate)),))
    hu = small_scan(study).hu
    # true millimetres about true places: slice, row and column of the wire's middle
    sx, sy, sz = study.patient.stretch
    k, j, i = round((-50 * sz + 100) / 5), round(125 / 2.5), round(175 / 2.5)
    assert hu[k, j, i] == -1000
    front = round((-60 * sy + 125) / 2.5)
    metal = hounsfield(0.242, energy_kev=70)
    assert hu[k, front, i] == min(round(metal), 3071)


def test_impossible_settings_are_refused():
    refused = {"0.9": {"slice_mm": 0.9}, "5.1": {"slice_mm": 5.1}, "513": {"size": 513}}
    refused["hard"] = {"acquisition": Acquisition(kernel="hard")}
    for word, wrong in refused.items():
        with pytest.raises(ValueError, match=word):
            scan_study(study_of(1), **({"size": 64, "slice_mm": 5} | wrong))


# noise


def radial_power(fields, pixel_mm=1.0):
    """Return frequency and noise power, averaged over directions and slices."""
    rows, columns = fields.shape[1:]
    power = np.abs(np.fft.fft2(fields - fields.mean((1, 2), keepdims=True))) ** 2
    power = power.mean(0) * pixel_mm**2 / (rows * columns)
    frequency = np.hypot(
        np.fft.fftfreq(rows, pixel_mm)[:, None], np.fft.fftfreq(columns, pixel_mm)
    )
    edges = np.arange(0.01, 0.5, 0.02)
    ring = np.digitize(frequency, edges)
    mean = [power[ring == k].mean() for k in range(1, len(edges))]
    return edges[:-1] + 0.01, np.array(mean)


def test_noise_has_the_texture_of_filtered_back_projection():
    # scikit-image projects pure noise back; its Hann window ends at 0.5/mm
    rng = np.random.default_rng(1)
    angles = np.linspace(0, 180, 160, endpoint=False)
    real = np.array([
        iradon(rng.standard_normal((128, 160)), theta=angles, filter_name="hann",
               interpolation="cubic")[32:96, 32:96]
        for _ in range(10)
    ])  # fmt: skip
    hann = {"pixel_mm": 1.0, "kernel": Kernel("Hann", 0.5)}
    ours = noise_fields(rng, count=60, shape=(128, 128), **hann)
    frequency, real = radial_power(real)
    _, ours = radial_power(ours[:, 32:96, 32:96])
    band = (frequency > 0.04) & (frequency < 0.40)
    ratio = (ours / ours[band].sum() / (real / real[band].sum()))[band]
    # one curve over a factor of ten in frequency, within the noise of 10 images
    assert np.abs(np.log(ratio)).mean() < 0.12


def test_noise_power_by_hand():
    # f x cos^4(pi f / 2 fc): at half the cut-off of 0.8/mm, 0.4 x (1/2)^2
    soft = KERNELS["soft"]
    power = noise_power(np.array([0.0, -0.4, 0.8, 2.0]), soft)
    np.testing.assert_allclose(power, [0, 0.1, 0, 0], atol=1e-12)
    # contrast near 0 falls as 1 - (pi f / 2 fc)^2, a Gaussian's as 1 - 2 (pi f s)^2
    gauss = np.exp(-2 * (np.pi * 0.01 * soft.sigma_mm) ** 2)
    assert gauss == pytest.approx(soft.transfer(0.01), abs=1e-6)


def test_noise_falls_with_the_square_root_of_dose_slice_and_transmission():
    def sigma(mas=100, slice_mm=5.0, kernel="soft", **water):
        kernel = KERNELS[kernel]
        return noise_sigma_hu(mas, slice_mm=slice_mm, kernel=kernel, **water)

    # the integral of f^2 cos^4 goes with the cube of the cut-off
    assert sigma(kernel="sharp") == pytest.approx(10 * (1.3 / 0.8) ** 1.5, rel=1e-3)

    assert sigma() == pytest.approx(10)
    assert sigma(mas=25) == pytest.approx(20)
    assert sigma(slice_mm=1.25) == pytest.approx(20)
    # 36 mm more water halve the quanta at 0.0193/mm
    assert sigma(water_mm=300 + np.log(2) / 0.0193) == pytest.approx(10 * np.sqrt(2))


def test_noise_of_a_pixel_is_the_mean_of_two_views():
    # 300 mm of water each way is the reference; with half the quanta (log 2 / mu more
    # water, the tube current makes up for the root of it) in one view of two:
    # variance (1 + sqrt 2) / 2
    front = np.array([[300.0, 300 + np.log(2) / 0.0193]])
    sigma = relative_sigma(front, np.array([[300.0]]), water_per_mm=0.0193)
    np.testing.assert_allclose(sigma, [[[1, np.sqrt((1 + 2**0.5) / 2)]]], rtol=1e-6)


def test_slices_are_independent_and_of_unit_spread():
    rng, how = np.random.default_rng(2), {"pixel_mm": 0.75, "kernel": KERNELS["soft"]}
    noise = noise_fields(rng, count=31, shape=(128, 96), **how)
    assert noise.std(axis=(1, 2)) == pytest.approx(1, abs=0.06)
    pairs = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in pairwise(noise)]
    assert np.abs(np.mean(pairs)) < 0.01
    # but neighbouring pixels of a slice are alike with a soft kernel
    assert np.corrcoef(noise[:, :, :-1].ravel(), noise[:, :, 1:].ravel())[0, 1] > 0.3


# against the radiograph

VOXELS = VoxelGrid((-240, -180, -245), (5, 2.5, 2.5), (80, 150, 192), (1, 1, 1), 2)


def march(mu, grid, pixels, focus, step_mm=1.6):
    """Sum attenuation along the lines from pixels (3, n) at depth 0 to the focus."""
    way = focus[:, None] - pixels
    total = np.zeros(pixels.shape[1])
    for depth in np.arange(-175.0, 175.0, step_mm):
        place = (pixels + depth / focus[1] * way)[::-1]
        place -= np.array(grid.origin_mm[::-1])[:, None]
        place /= np.array(grid.spacing_mm)[:, None]
        total += map_coordinates(mu, place, order=1, mode="constant", cval=0.0)
    return total * step_mm * np.linalg.norm(way, axis=0) / abs(focus[1])


# single rays differ most at the edges of ribs and vessels; at 1 m the rays diverge so
# much that an organ, met at its own mean depth by the radiograph, has other edges there
@pytest.mark.parametrize(
    ("number", "changes"),
    [
        (2, {"source_mm": 1800.0, "rotation_deg": 2.0}),
        (3, {"source_mm": 1000.0, "rotation_deg": 0.0, "view": "AP"}),
    ],
)
def test_line_integrals_agree_within_three_percent(number, changes):
    patient = draw_patient(number, cohort_seed=2026)
    upright = {"roll_deg": 0.0, "tilt_deg": 0.0, "gas_mm": 0.0, "shift_mm": (0.0, 0.0)}
    examination = replace(draw_examination(patient), **upright, **changes)
    anatomy, posture = build_anatomy(patient), posture_of(examination)
    view = make_view(patient, examination, size=64)
    paths = trace_paths(anatomy, posture, view)
    grid = replace(VOXELS, stretch=patient.stretch)
    solids = chest_solids(anatomy, grid_view(grid), posture=posture)
    scene = compose_scene(anatomy, solids, grid, energy_kev=60.0)
    quiet = Acquisition(mas=0, energy_kev=60.0)
    hu = reconstruct(scene, acquisition=quiet, seed=[0]).astype(np.float32)
    mu = attenuation_per_mm("water", energy_kev=60.0) * (1 + hu / 1000)
    # the focus, in the frame of a patient who is turned about the long axis
    sx, sy, sz = patient.stretch
    side = 1 if examination.view == "PA" else -1
    far = side * (examination.source_mm - sy * SURFACE_MM)
    focus = np.array([-far * np.tan(np.deg2rad(examination.rotation_deg)), far, -34.0])
    expected = optical_depth(paths, energy_kev=60.0)
    for region in (
        total_length(paths.solids.lungs) > 110,
        (length(paths.solids.mediastinum) > 90) & (np.abs(view.z) < 90),
    ):
        x, z = view.x[region], view.z[region]
        pixels = np.stack([x * sx, 0 * x, z * sz]).astype(float)
        off = march(mu, grid, pixels, focus) / expected[region] - 1
        assert len(off) > 50
        assert abs(off.mean()) < 0.015
        assert np.median(np.abs(off)) < 0.02
        assert np.percentile(np.abs(off), 95) < 0.08
