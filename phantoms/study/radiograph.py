"""One chest radiograph from beginning to end: a study, its rays, detector, display."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from phantoms.chest.anatomy import build_anatomy
from phantoms.chest.examinations import Examination, draw_examination
from phantoms.chest.patients import Patient, random_stream
from phantoms.chest.projection import FIELD_MM
from phantoms.chest.tracing import optical_depth
from phantoms.devices.markers import marker_shield
from phantoms.devices.shadow import device_shadow
from phantoms.findings.cardiomegaly import ratio_of_outlines
from phantoms.findings.draw import draw_finding
from phantoms.findings.finding import FINDINGS
from phantoms.findings.masks import finding_mask
from phantoms.physics.detector import beam_opening, form_image
from phantoms.physics.display import close_shutter, process_for_display
from phantoms.physics.scanners import SCANNERS
from phantoms.study.scene import Scene, set_scene, to_pixels
from phantoms.study.study import Study


@dataclass(frozen=True)
class Radiograph:
    """One frontal chest radiograph and what is known about it.

    Parameters
    ----------
    image : uint8 array of shape (size, size)
        0 black to 255 white, bone white, the patient's right on the image's left.
    masks : dict of str to bool array of shape (size, size)
        Where each of ``FINDINGS`` is, by the thresholds of ``findings.masks``.
    filled_mm : dict of str to float32 array of shape (size, size)
        Lung that each finding replaced, in mm.
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
    filled_mm: dict[str, np.ndarray]
    pixel_mm: float
    study: Study
    cardiothoracic_ratio: float
    counts: np.ndarray

    @property
    def examination(self) -> Examination:
        """How the patient was positioned and exposed."""
        return self.study.examination


def render_chest(
    patient: Patient,
    *,
    size: int = 512,
    visit: int = 1,
    findings: Sequence[str] = (),
    detectability: float = 1.0,
) -> Radiograph:
    """Return an upright radiograph of a patient, the same at every call.

    Parameters
    ----------
    patient : Patient
        From ``draw_patient``.
    size : int
        Rows and columns, 32 to 1024; the field of view is always ``FIELD_MM``.
    visit : int
        1 or more.
    findings : sequence of str
        Exactly these findings are shown.
    detectability : float
        How easy they are to see, 1 as in the cohort.

    Raises
    ------
    ValueError
        If a setting is not one of those above.

    Examples
    --------
    >>> from phantoms import draw_patient
    >>> render_chest(draw_patient(1, cohort_seed=2026), size=64).image.shape
    (64, 64)
    """
    if visit < 1:
        raise ValueError(f"visit is {visit}, but visits are counted from 1.")
    unknown = sorted(set(findings) - set(FINDINGS))
    if unknown:
        raise ValueError(
            f"findings holds {', '.join(map(repr, unknown))}, which this phantom does "
            f"not know. Choose from: {', '.join(FINDINGS)}."
        )
    anatomy = build_anatomy(patient)
    shown = tuple(
        draw_finding(
            kind,
            anatomy,
            random_stream(patient.seed, "finding", part=FINDINGS.index(kind)),
            detectability=detectability,
        )
        for kind in FINDINGS
        if kind in findings
    )
    examination = draw_examination(patient, visit=visit)
    scanner = SCANNERS["Alder DR 21"]
    study = Study(patient, examination, scanner, findings=shown, noise=visit)
    return image_study(study, size=size)


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
    counts = detector_counts(study, to_pixels(through, size))
    filled = {k: _shrunk(scene.filled_mm.get(k), size) for k in FINDINGS}
    return Radiograph(
        image=display_counts(study, counts),
        masks=_masks(scene, size),
        filled_mm=filled,
        pixel_mm=FIELD_MM / size,
        study=study,
        cardiothoracic_ratio=ratio_of_outlines(scene.paths.solids, scene.view),
        counts=counts,
    )


def detector_counts(study: Study, primary: np.ndarray) -> np.ndarray:
    """Return the quanta that the detector reads for the transmitted share."""
    size = len(primary)
    pixel, technique = FIELD_MM / size, study.technique
    opening = beam_opening(
        primary.shape, pixel_mm=pixel, margins_mm=technique.margins_mm
    )
    shield = None
    if study.markers:
        shield = marker_shield(study.markers, size=size, pixel_mm=pixel)
    return form_image(
        -np.log(np.maximum(primary * opening, 1e-8)),
        pixel_mm=pixel,
        detector_ugy=study.scanner.detector.target_ugy * technique.dose,
        detector=study.scanner.detector,
        rng=random_stream(study.patient.seed, "noise", part=study.noise),
        shield=shield,
    )


def display_counts(study: Study, counts: np.ndarray) -> np.ndarray:
    """Return the grey values, 0 to 255, that the scanner shows for its counts."""
    pixel, technique = FIELD_MM / len(counts), study.technique
    grey = process_for_display(
        counts,
        pixel_mm=pixel,
        processing=study.scanner.processing,
        contrast=technique.contrast,
        latitude=technique.latitude,
        brightness=technique.brightness,
    )
    return close_shutter(
        grey,
        pixel_mm=pixel,
        margins_mm=technique.margins_mm,
        look=study.scanner.collimation,
    )


def _masks(scene: Scene, size: int) -> dict[str, np.ndarray]:
    """Return where each finding is, empty where it is absent."""
    masks = {kind: np.zeros((size, size), bool) for kind in FINDINGS}
    if scene.marked_mm:
        cavity = to_pixels(scene.cavity_mm, size)
        for kind, marked in scene.marked_mm.items():
            masks[kind] = finding_mask(kind, to_pixels(marked, size), cavity)
    return masks


def _shrunk(fine: np.ndarray | None, size: int) -> np.ndarray:
    """Return a map at the image's size, all zero where there is none."""
    if fine is None:
        return np.zeros((size, size), np.float32)
    return to_pixels(fine, size).astype(np.float32)
