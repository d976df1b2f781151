"""A study as computed tomography: the same patient, findings and devices in voxels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from phantoms.chest.anatomy import Anatomy, ChestSolids, build_anatomy, chest_solids
from phantoms.chest.ct import Acquisition, Inlay, compose_scene, grid_view, reconstruct
from phantoms.chest.layers import fissures
from phantoms.chest.patients import Posture
from phantoms.chest.projection import View
from phantoms.chest.thorax import APEX_MM
from phantoms.devices.parts import device_parts
from phantoms.findings.finding import MATERIALS, Filling
from phantoms.findings.lung_space import clip_to_lungs
from phantoms.findings.nodule import draw_variants
from phantoms.physics.attenuation import material_hu
from phantoms.shapes.solids import WHOLE, Piece, ellipsoid, grid_window, tube_interval
from phantoms.shapes.voxels import VoxelGrid, extent, fill_pieces
from phantoms.study.radiograph import imaged_body
from phantoms.study.study import Study

#: Lying on the back in full inspiration, the arms over the head.
CT_POSTURE = Posture(supine=True, recline_deg=90.0)
#: Soft kernel, 100 mAs, no contrast medium.
USUAL = Acquisition()
#: With contrast medium: 12 mg/ml of iodine are about 310 HU at 70 keV (chosen).
WITH_CONTRAST = Acquisition(iodine_mg_ml=12.0)
#: A voxel belongs to a finding from this share of the finding's densest voxel on.
MASK_SHARE = 0.5
_NOISE_STREAM = 11
_COUCH = ((0, 2, 650.0), (2, 26, 60.0), (26, 28, 650.0))  # depths, mm; HU against air


@dataclass(frozen=True)
class CtScan:
    """A CT of the chest and what is known about it.

    Parameters
    ----------
    hu : int16 array of shape (slices, rows, columns)
        HU. Slices from feet to head, rows from front to back, columns from the
        patient's right to the left, as DICOM's patient coordinates rise.
    spacing_mm : tuple of float
        Between slices, rows and columns.
    origin_mm : tuple of float
        (x, y, z) of the centre of the first voxel; the carina is at x = z = 0.
    masks : dict of str to bool array of shape (slices, rows, columns)
        One for each finding of the study.
    study : Study
    acquisition : Acquisition
    """

    hu: np.ndarray
    spacing_mm: tuple[float, float, float]
    origin_mm: tuple[float, float, float]
    masks: dict[str, np.ndarray]
    study: Study
    acquisition: Acquisition

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel in ml."""
        return float(np.prod(self.spacing_mm)) / 1000


def scan_study(
    study: Study,
    *,
    slice_mm: float = 2.5,
    size: int = 512,
    acquisition: Acquisition = USUAL,
    posture: Posture = CT_POSTURE,
) -> CtScan:
    """Return the CT of a study: a pure function, the same at every call.

    Parameters
    ----------
    study : Study
    slice_mm : float
        Thickness and distance of the slices, 1 to 5 mm.
    size : int
        Rows and columns, 64 to 512.
    acquisition : Acquisition
        Kernel, dose, energy and contrast medium.
    posture : Posture
        ``posture_of(examination)`` for the posture of the radiograph.

    Raises
    ------
    ValueError
        If a setting is not one of those above.
    """
    if not 1 <= slice_mm <= 5 or not 64 <= size <= 512:
        raise ValueError(
            f"slice_mm is {slice_mm} and size {size}, but expected 1 to 5 mm and 64 to "
            "512 rows. 2.5 mm and 512 rows are usual for a chest."
        )
    anatomy, posture = imaged_body(study, posture)
    grid = scan_grid(anatomy, posture, slice_mm=slice_mm, size=size)
    return scan_voxels(study, (anatomy, posture), grid, acquisition=acquisition)


def scan_grid(
    anatomy: Anatomy, posture: Posture, *, slice_mm: float, size: int
) -> VoxelGrid:
    """Return the voxels of a usual scan: from the apices to below the lungs.

    The field of view holds the chest under the shoulders, which may be cut off.
    """
    thorax, (sx, _, sz) = anatomy.thorax, anatomy.patient.stretch
    heights = np.arange(-140.0, 10, 10)
    width = 2 * sx * (thorax.body_width(heights).max() + thorax.fat_mm)
    field = 10 * np.ceil((width + 16) / 10)
    floor = min(np.add(thorax.dome_top, posture.raised_mm))
    low, high = sz * (floor - 90), sz * (APEX_MM + 8)
    slices = int(np.ceil((high - low) / slice_mm))
    pixel = float(field / size)
    first = -(size - 1) / 2 * pixel
    return VoxelGrid(
        origin_mm=(first, first, float(low)),
        spacing_mm=(float(slice_mm), pixel, pixel),
        shape=(slices, size, size),
        stretch=anatomy.patient.stretch,
        rays_per_slice=1 if slice_mm <= 1.25 else 2,
    )


def scan_voxels(
    study: Study,
    body: tuple[Anatomy, Posture],
    grid: VoxelGrid,
    *,
    acquisition: Acquisition,
) -> CtScan:
    """Return any grid of voxels of a study; see ``scan_study``.

    Parameters
    ----------
    study : Study
    body : tuple of (Anatomy, Posture)
        From ``imaged_body``.
    grid : VoxelGrid
    acquisition : Acquisition
    """
    anatomy, posture = body
    view = grid_view(grid)
    solids = chest_solids(anatomy, view, posture=posture)
    energy = acquisition.energy_kev
    iodine = acquisition.iodine_mg_ml
    scene = compose_scene(anatomy, solids, grid, energy_kev=energy, iodine_mg_ml=iodine)
    found = {f: f.fillings(anatomy, solids, view) for f in study.findings}
    scene = replace(
        scene,
        body=[*scene.body, *(couch(anatomy, view) if posture.supine else ())],
        inlays=[
            *(_inlay(part, energy) for parts in found.values() for part in parts),
            *(_inlay(part, energy) for part in _variants(study, solids, view)),
        ],
        metal=device_parts(study.devices, grid, posture=posture, energy_kev=energy),
    )
    seed = [*study.patient.seed, _NOISE_STREAM, study.noise]
    return CtScan(
        hu=reconstruct(scene, acquisition=acquisition, seed=seed),
        spacing_mm=grid.spacing_mm,
        origin_mm=grid.origin_mm,
        masks={
            finding.kind: voxel_mask(finding.marked(parts, solids, view), grid)
            for finding, parts in found.items()
        },
        study=study,
        acquisition=acquisition,
    )


def couch(anatomy: Anatomy, view: View) -> list[Piece]:
    """Return the couch under a patient who lies: foam between two thin skins.

    Shape and numbers are chosen for appearance.
    """
    thorax, (sx, sy, _) = anatomy.thorax, view.stretch
    lowest = thorax.body_depth(np.arange(-200.0, 60, 10)).max() + 0.6 * thorax.fat_mm
    x = view.x * np.float32(sx)
    top = np.float32(lowest) + (4 - np.square(x) / 1400) / np.float32(sy)
    there = (np.abs(x) < 205).astype(np.float32)
    return [Piece(top + a / sy, top + b / sy, hu * there) for a, b, hu in _COUCH]


def _inlay(filling: Filling, energy_kev: float) -> Inlay:
    """Return a filling with its CT number."""
    hu = material_hu(MATERIALS[filling.material], energy_kev=energy_kev)
    return Inlay(filling.pieces, hu, filling.clears_vessels)


def _variants(study: Study, solids: ChestSolids, view: View) -> list[Filling]:
    """Return the fissures, and the day's harmless scars and calcified granulomas."""
    healthy = build_anatomy(study.patient)
    variants = draw_variants(healthy, study.examination)
    x, z = view.at_depth(0.0)
    scars, grains = fissures(healthy, solids, view), []
    for band in variants.bands:
        front, back = tube_interval(band, x, z)
        deeper = np.maximum(back - front, 0) / 4  # half as thick again in depth
        solid = (front - deeper, back + deeper)
        scars += clip_to_lungs(solid, solids, window=WHOLE)
    for *place, radius in variants.calcified:
        window = grid_window(x, z, place, place, margin=radius)
        if window is not None:
            ball = ellipsoid(x[window], z[window], centre=place, radii=(radius,) * 3)
            grains += clip_to_lungs(ball, solids, window=window, weight=0.6)
    return [Filling("calcium", grains), Filling("soft tissue", scars, False)]


def voxel_mask(pieces: Sequence[Piece], grid: VoxelGrid) -> np.ndarray:
    """Return the voxels that a finding's marked pieces fill, bool.

    A voxel belongs to it when the pieces fill at least half as much of it as of
    their densest voxel: for a solid nodule, half of the voxel.
    """
    mask = np.zeros(grid.shape, bool)
    box = extent(pieces, grid, slice(0, grid.shape[0]))
    if box is not None:
        share = np.minimum(fill_pieces(pieces, grid, box), 1)
        mask[box] = share >= MASK_SHARE * max(float(share.max()), 1e-6)
    return mask
