"""One chest radiograph from beginning to end: anatomy, rays, detector, display."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from helpers.phantoms.chest.anatomy import Anatomy, build_anatomy
from helpers.phantoms.chest.patients import (
    Examination,
    Patient,
    draw_examination,
    random_stream,
)
from helpers.phantoms.chest.posture import posture_of
from helpers.phantoms.chest.projection import FIELD_MM, make_view
from helpers.phantoms.chest.tracing import Paths, optical_depth, trace_paths
from helpers.phantoms.findings.airspace import (
    DIFFICULTY,
    FINDINGS,
    Finding,
    finding_at_visit,
)
from helpers.phantoms.findings.filling import MASK_THRESHOLD_MM, filled_thickness
from helpers.phantoms.findings.harmless import draw_variants, variant_thickness
from helpers.phantoms.physics.detector import Detector, form_image
from helpers.phantoms.physics.display import process_for_display


@dataclass(frozen=True)
class Radiograph:
    """One frontal chest radiograph and what is known about it.

    Parameters
    ----------
    image : uint8 array of shape (size, size)
        0 black to 255 white, bone white, the patient's right on the image's left.
    masks : dict of str to bool array of shape (size, size)
        Where each finding is at least as thick as its threshold.
    filled_mm : dict of str to float32 array of shape (size, size)
        Soft tissue that each finding added, in mm.
    pixel_mm : float
        Side of a pixel at the detector.
    examination : Examination
    """

    image: np.ndarray
    masks: dict[str, np.ndarray]
    filled_mm: dict[str, np.ndarray]
    pixel_mm: float
    examination: Examination


def render_chest(
    patient: Patient,
    *,
    size: int = 512,
    visit: int = 1,
    findings: Sequence[str] | None = None,
    difficulty: str = "default",
) -> Radiograph:
    """Return a radiograph of a patient, the same at every call.

    Parameters
    ----------
    patient : Patient
        From ``draw_patient``.
    size : int
        Rows and columns; the field of view is always 384 mm.
    visit : int
        1 or 2.
    findings : sequence of str, optional
        Exactly these findings are shown; by default those that chance gave the
        patient. ``()`` shows the same chest on the same day without any.
    difficulty : str
        "easy", "default" or "hard": how densely consolidation fills the lung.

    Raises
    ------
    ValueError
        If a setting is not one of those above.

    Examples
    --------
    >>> from helpers.phantoms import draw_patient
    >>> render_chest(draw_patient(1, cohort_seed=2026), size=64).image.shape
    (64, 64)
    """
    _check_settings(size, visit, findings, difficulty)
    return render_anatomy(
        build_anatomy(patient),
        draw_examination(patient, visit=visit),
        size=size,
        findings=findings,
        difficulty=difficulty,
    )


def _check_settings(
    size: int, visit: int, findings: Sequence[str] | None, difficulty: str
) -> None:
    """Raise a ValueError that says which setting cannot be used."""
    if not 32 <= size <= 1024:
        raise ValueError(
            f"size is {size}, but a radiograph can have 32 to 1024 rows. "
            "128 is what the cohort uses, 512 is good for looking at."
        )
    if visit not in (1, 2):
        raise ValueError(f"visit is {visit}, but a patient has visits 1 and 2 only.")
    unknown = sorted(set(findings or ()) - set(FINDINGS))
    if unknown:
        raise ValueError(
            f"findings holds {', '.join(map(repr, unknown))}, which this phantom does "
            f"not know. Choose from: {', '.join(FINDINGS)}."
        )
    if difficulty not in DIFFICULTY:
        raise ValueError(
            f"difficulty is {difficulty!r}. Choose one of: {', '.join(DIFFICULTY)}."
        )


def render_anatomy(
    anatomy: Anatomy,
    examination: Examination,
    *,
    size: int,
    findings: Sequence[str] | None = None,
    difficulty: str = "default",
) -> Radiograph:
    """Return a radiograph of an anatomy already built; see ``render_chest``."""
    fine = size + size // 2 if size <= 256 else size
    view = make_view(anatomy.patient, examination, size=fine)
    paths = trace_paths(anatomy, posture_of(examination), view)
    variants = draw_variants(anatomy, examination)
    scar, skin, calcium = variant_thickness(variants, view=view, lung=paths.lung)
    paths = _with_variants(paths, skin, calcium)
    filled = {
        finding.kind: filled_thickness(finding, anatomy, paths=paths, view=view)
        for finding in _shown_findings(anatomy, examination, findings, difficulty)
    }
    everything = np.minimum(scar + sum(filled.values()), paths.lung)
    primary = to_pixels(np.exp(-optical_depth(paths, filled=everything)), size)
    image = _take_image(primary, anatomy.patient, examination)
    none = np.zeros((size, size), np.float32)
    shown = {k: to_pixels(filled[k], size) if k in filled else none for k in FINDINGS}
    masks = {kind: shown[kind] >= MASK_THRESHOLD_MM[kind] for kind in FINDINGS}
    return Radiograph(image, masks, shown, FIELD_MM / size, examination)


def _shown_findings(
    anatomy: Anatomy,
    examination: Examination,
    wanted: Sequence[str] | None,
    difficulty: str,
) -> list[Finding]:
    """Return the findings that chance or ``wanted`` puts into the radiograph."""
    shown = []
    for kind in FINDINGS:
        present = None if wanted is None else kind in wanted
        finding = finding_at_visit(
            anatomy, kind, visit=examination.visit, present=present
        )
        if finding is None:
            continue
        if kind == "consolidation":
            finding = replace(finding, fill=finding.fill * DIFFICULTY[difficulty])
        shown.append(finding)
    return shown


def _take_image(
    primary: np.ndarray, patient: Patient, examination: Examination
) -> np.ndarray:
    """Return display values from the transmitted share of the beam."""
    pixel = FIELD_MM / len(primary)
    counts = form_image(
        -np.log(primary),
        pixel_mm=pixel,
        detector_ugy=examination.detector_ugy,
        detector=Detector(),
        rng=random_stream(patient.seed, "noise", part=examination.visit),
    )
    return process_for_display(
        counts,
        pixel_mm=pixel,
        contrast=examination.contrast,
        brightness=examination.brightness,
    )


def _with_variants(paths: Paths, skin: np.ndarray, calcium: np.ndarray) -> Paths:
    """Return the paths with skin folds and calcifications added."""
    tissue = dict(paths.tissue)
    tissue["soft tissue"] = tissue["soft tissue"] + skin
    tissue["cortical bone"] = tissue["cortical bone"] + calcium
    return replace(paths, tissue=tissue)


def to_pixels(fine: np.ndarray, size: int) -> np.ndarray:
    """Return a square image averaged over larger pixels, exactly by area.

    Examples
    --------
    >>> to_pixels(np.array([[0.0, 0, 6], [0, 0, 6], [0, 0, 6]]), 1).tolist()
    [[2.0]]
    """
    if fine.shape[0] == size:
        return fine
    both = np.lcm(fine.shape[0], size)
    times = both // fine.shape[0]
    spread = np.repeat(np.repeat(fine, times, 0), times, 1)
    return spread.reshape(size, both // size, size, both // size).mean((1, 3))
