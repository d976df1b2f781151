"""A study's chest along the rays of one view: everything before the detector."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from phantoms.chest.anatomy import Anatomy, build_anatomy
from phantoms.chest.examinations import Examination
from phantoms.chest.posture import Posture, posture_of
from phantoms.chest.projection import View, make_view
from phantoms.chest.tracing import Paths, trace_paths
from phantoms.findings.finding import MATERIALS, Filling
from phantoms.findings.harmless import draw_variants, variant_thickness
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


def set_scene(study: Study, *, size: int) -> Scene:
    """Return the chest of a study along the rays of an image of ``size`` pixels."""
    patient, posture = study.patient, posture_of(study.examination)
    for finding in study.findings:
        patient = finding.on_patient(patient)
    anatomy = build_anatomy(patient)
    for finding in study.findings:
        anatomy, posture = finding.on_anatomy(anatomy), finding.on_posture(posture)
    # coarse images are made from finer rays, so that thin edges keep their share
    fine = size + size // 4 if size <= 256 else size
    view = make_view(patient, study.examination, size=fine)
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
    # harmless variants are those of health, so that no finding moves them
    healthy = build_anatomy(study.patient)
    paths = _with_variants(paths, healthy, study.examination, view)
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


def _with_variants(
    paths: Paths, anatomy: Anatomy, examination: Examination, view: View
) -> Paths:
    """Return the paths with scars, skin folds and calcifications added."""
    variants = draw_variants(anatomy, examination)
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
