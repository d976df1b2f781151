"""One chest radiograph from beginning to end: a study, its rays, detector, display.

``set_scene`` gives the chest along the rays of one view, before the detector;
``image_study`` takes the radiograph.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from phantoms.chest.anatomy import Anatomy, build_anatomy
from phantoms.chest.layers import Paths, fissures, optical_depth, trace_paths
from phantoms.chest.patients import Posture, posture_of, random_stream
from phantoms.chest.projection import FIELD_MM, View, make_view
from phantoms.devices.markers import marker_shield
from phantoms.devices.parts import device_shadow
from phantoms.findings.cardiac import ratio_of_outlines
from phantoms.findings.finding import FINDINGS, MATERIALS, Filling, finding_mask
from phantoms.findings.nodule import Variants, draw_variants, variant_thickness
from phantoms.physics.scanners import expose, show
from phantoms.shapes.solids import path_length
from phantoms.study.study import Study


class Scene(NamedTuple):
    """A study's chest along the rays of one view, before the detector.

    Parameters
    ----------
    anatomy : Anatomy
        With the changes that findings make.
    posture : Posture
    view : View
        Finer than the image where that is coarse.
    paths : Paths
        Findings and harmless variants included.
    filled_mm, marked_mm : dict of str to float array
        For each finding, the lung it replaced and what its mask is made of.
    cavity_mm : float array
        Path through the lungs with whatever fills them.
    """

    anatomy: Anatomy
    posture: Posture
    view: View
    paths: Paths
    filled_mm: dict[str, np.ndarray]
    marked_mm: dict[str, np.ndarray]
    cavity_mm: np.ndarray


def imaged_body(study: Study, posture: Posture) -> tuple[Anatomy, Posture]:
    """Return the organs and the posture with what the study's findings change."""
    anatomy = build_anatomy(study.patient)
    for finding in study.findings:
        anatomy, posture = finding.on_anatomy(anatomy), finding.on_posture(posture)
    return anatomy, posture


def set_scene(study: Study, *, size: int) -> Scene:
    """Return the chest of a study along the rays of an image of ``size`` pixels."""
    anatomy, posture = imaged_body(study, posture_of(study.examination))
    # coarse images are made from finer rays, so that thin edges keep their share
    fine = size + size // 4 if size <= 256 else size
    view = make_view(study.patient, study.examination, size=fine)
    paths = trace_paths(anatomy, posture, view)
    true_mm = np.float32(view.stretch[1]) * view.slant()
    solids, shape = paths.solids, view.x.shape
    cavity, filled, marked = paths.lung, {}, {}
    for finding in study.findings:
        before, fillings = paths.lung, finding.fillings(anatomy, solids, view)
        paths = fill_lungs(paths, fillings, true_mm)
        filled[finding.kind] = before - paths.lung
        pieces = finding.marked(fillings, solids, view)
        marked[finding.kind] = path_length(pieces, shape=shape) * true_mm
    pleura = Filling("soft tissue", fissures(anatomy, solids, view), False)
    paths = fill_lungs(paths, [pleura], true_mm)
    # harmless variants are those of health, so that no finding moves them
    healthy = build_anatomy(study.patient)
    variants = draw_variants(healthy, study.examination)
    paths = _with_variants(paths, variants, view)
    return Scene(anatomy, posture, view, paths, filled, marked, cavity)


def fill_lungs(paths: Paths, fillings: Sequence[Filling], true_mm: np.ndarray) -> Paths:
    """Return the paths with lung replaced by what fills it.

    Parameters
    ----------
    paths : Paths
    fillings : sequence of Filling
        Laid in this order; no more than the lung that is left is replaced.
    true_mm : float array of shape (rows, columns)
        Length along the ray of one reference mm of depth.
    """
    lung, vessels, tissue = paths.lung, paths.vessels, dict(paths.tissue)
    for filling in fillings:
        long = path_length(filling.pieces, shape=lung.shape) * true_mm
        long = np.minimum(long, lung)
        if filling.clears_vessels:
            vessels = vessels * (1 - long / np.maximum(lung, 1e-3))
        material = MATERIALS[filling.material]
        tissue[material] = tissue.get(material, 0) + long
        lung = lung - long
    return replace(paths, lung=lung, vessels=np.minimum(vessels, lung), tissue=tissue)


def _with_variants(paths: Paths, variants: Variants, view: View) -> Paths:
    """Return the paths with scars, skin folds and calcifications added."""
    scar, skin, calcium = variant_thickness(variants, view=view, lung=paths.lung)
    tissue = dict(paths.tissue)
    tissue["soft tissue"] = tissue["soft tissue"] + skin + scar
    tissue["cortical bone"] = tissue["cortical bone"] + calcium
    return replace(paths, tissue=tissue, lung=paths.lung - scar)


def to_pixels(fine: np.ndarray, size: int) -> np.ndarray:
    """Return a square image averaged over larger pixels, exactly by area.

    Examples
    --------
    >>> to_pixels(np.array([[0.0, 0, 6], [0, 0, 6], [0, 0, 6]]), 1).tolist()
    [[2.0]]
    """
    if fine.shape[0] == size:
        return fine
    share = _area_shares(fine.shape[0], size)
    return (share @ (share @ fine).T).T.astype(fine.dtype, order="C")


@functools.lru_cache(maxsize=8)
def _area_shares(fine: int, size: int) -> csr_array:
    """Return how much of each large pixel every fine one makes up, (size, fine).

    A sparse matrix adds up in one order on every machine; a full one might not.
    """
    edges = np.arange(size + 1) * (fine / size)
    low, high = edges[:-1, None], edges[1:, None]
    cell = np.arange(fine)[None, :]
    overlap = np.minimum(high, cell + 1) - np.maximum(low, cell)
    return csr_array(np.maximum(overlap, 0) * (size / fine))


@dataclass(frozen=True)
class Radiograph:
    """One frontal chest radiograph and what is known about it.

    Parameters
    ----------
    image : uint8 array of shape (size, size)
        0 black to 255 white, bone white, the patient's right on the image's left.
    masks : dict of str to bool array of shape (size, size)
        Where each of ``FINDINGS`` is, by ``findings.finding.finding_mask``.
    pixel_mm : float
        Side of a pixel at the detector.
    study : Study
    cardiothoracic_ratio : float
        Measured on the outlines of this image.
    counts : float32 array of shape (size, size)
        Quanta that the detector read, before display.
    """

    image: np.ndarray
    masks: dict[str, np.ndarray]
    pixel_mm: float
    study: Study
    cardiothoracic_ratio: float
    counts: np.ndarray


def image_study(study: Study, *, size: int = 512) -> Radiograph:
    """Return the radiograph of a study: a pure function, the same at every call.

    Parameters
    ----------
    study : Study
    size : int
        Rows and columns, 32 to 1024; the field of view is always ``FIELD_MM``.

    Raises
    ------
    ValueError
        If the size is out of its range.
    """
    if not 32 <= size <= 1024:
        raise ValueError(
            f"size is {size}, but a radiograph can have 32 to 1024 rows. "
            "128 is what the cohort uses, 512 is good for looking at."
        )
    scene = set_scene(study, size=size)
    energy = study.scanner.detector.energy_kev
    through = np.exp(-optical_depth(scene.paths, energy_kev=energy))
    if study.devices:
        through = through * device_shadow(
            study.devices, scene.view, posture=scene.posture, energy_kev=energy
        )
    pixel = FIELD_MM / size
    how = {"pixel_mm": pixel, "scanner": study.scanner, "technique": study.technique}
    counts = expose(
        to_pixels(through, size),
        rng=random_stream(study.patient.seed, "noise", part=study.noise),
        shield=marker_shield(study.markers, size=size, pixel_mm=pixel),
        **how,
    )
    return Radiograph(
        image=show(counts, **how),
        masks=_masks(scene, size),
        pixel_mm=pixel,
        study=study,
        cardiothoracic_ratio=ratio_of_outlines(scene.paths.solids, scene.view),
        counts=counts,
    )


def _masks(scene: Scene, size: int) -> dict[str, np.ndarray]:
    """Return where each finding is, empty where it is absent."""
    masks = {kind: np.zeros((size, size), bool) for kind in FINDINGS}
    if scene.marked_mm:
        cavity = to_pixels(scene.cavity_mm, size)
        for kind, marked in scene.marked_mm.items():
            masks[kind] = finding_mask(kind, to_pixels(marked, size), cavity)
    return masks
