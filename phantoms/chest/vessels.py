"""Great vessels, airways and arms: the named tubes of a chest."""

from __future__ import annotations

import functools

from phantoms.chest.patients import Patient, random_stream
from phantoms.chest.posture import Posture
from phantoms.shapes.tubes import Tube, smooth_tube

# rows of (x, y, z, radius) in mm, the same in everyone before the stretch
_VENA_CAVA = (
    (-44, -6, 118, 6), (-28, -8, 96, 8), (-19, -10, 72, 9), (-18, -12, 45, 10),
    (-21, -16, 0, 10.5), (-22, -18, -40, 11),
)  # fmt: skip
_PULMONARY_TRUNK = (
    (14, -42, -56, 14), (25, -35, -38, 14), (33, -22, -21, 12), (36, -10, -15, 9),
)  # fmt: skip
_RIGHT_ARTERY = (
    (8, -6, -22, 9), (-18, 0, -22, 9.5), (-36, 6, -26, 8.5), (-45, 12, -44, 7.4),
    (-50, 20, -68, 6),
)  # fmt: skip
_LEFT_ARTERY = (
    (40, 6, -7, 9), (52, 16, -17, 7.6), (60, 24, -38, 6), (66, 30, -62, 4.4),
)  # fmt: skip


def great_vessels(patient: Patient) -> dict[str, Tube]:
    """Return the aorta, the vena cava and the central pulmonary arteries."""
    ascending, descending = _aorta(patient)
    top = ascending.points[:, 2].max()
    return {
        "ascending aorta and arch": ascending,
        "descending aorta": descending,
        "brachiocephalic trunk": smooth_tube(
            [(2, 0, top - 4, 8), (-8, -4, 62, 7.5), (-20, 2, 92, 7), (-46, 8, 116, 5)],
            factor=0.6 + 0.4 * patient.aorta_factor,
        ),
        "left subclavian artery": smooth_tube(
            [
                (16, 14, top - 4, 7),
                (21, 16, 58, 6.5),
                (26, 18, 88, 6),
                (48, 14, 114, 5),
            ],
            factor=0.6 + 0.4 * patient.aorta_factor,
        ),
        "superior vena cava": smooth_tube(_VENA_CAVA),
        "pulmonary trunk": smooth_tube(_PULMONARY_TRUNK),
        "right pulmonary artery": smooth_tube(_RIGHT_ARTERY),
        "left pulmonary artery": smooth_tube(_LEFT_ARTERY),
    }


def _aorta(patient: Patient) -> tuple[Tube, Tube]:
    """Return both parts of the aorta, wider and longer with age."""
    rng = random_stream(patient.seed, "anatomy", part=2)
    factor = patient.aorta_factor
    out = 6 * (factor - 1)
    bend = rng.normal(0, 3) + 20 * max(factor - 1.05, 0)
    knob = rng.normal(26, 2.5) + out
    top = rng.normal(24, 3) + 2 * out
    descending = [
        (knob - 2, 38, top - 14, 12), (knob - 3 + bend / 2, 48, -30, 11.5),
        (20 + bend, 52, -80, 11), (15 + bend, 52, -130, 10.5), (6, 50, -220, 10),
    ]  # fmt: skip
    ascending = [
        (-2, -22, -48, 15), (-13 - out, -28, -18, 15.5), (-8 - out, -20, top - 6, 14.5),
        (8, 0, top + 3, 13.5), (knob - 4, 22, top + 1, 13),
        (knob - 2, 38, top - 14, 12),
    ]  # fmt: skip
    return smooth_tube(ascending, factor=factor), smooth_tube(descending, factor=factor)


def airways(patient: Patient) -> dict[str, Tube]:
    """Return the lumen of the trachea and the main bronchi."""
    rng = random_stream(patient.seed, "anatomy", part=3)
    shift = rng.normal(-2, 1.5) - 4 * max(patient.aorta_factor - 1, 0)
    r = rng.normal(9.3, 0.6) * (0.92 if patient.sex == "F" else 1.05)
    trachea = [
        (1, -24, 165, 0.25 * r), (1, -20, 150, 0.6 * r), (1, -14, 128, 0.85 * r),
        (shift * 0.6, 2, 90, r), (shift, 10, 36, r),
        (shift * 0.5, 14, 2, r * 1.05),
    ]  # fmt: skip
    right = [
        (-2, 14, 2, r * 0.85), (-14, 16, -16, 6.8), (-30, 20, -34, 6),
        (-38, 24, -56, 4.6),
    ]  # fmt: skip
    left = [
        (2, 14, 1, r * 0.8), (20, 18, -16, 6), (40, 22, -30, 5.4), (48, 28, -48, 4.2),
    ]  # fmt: skip
    return {
        "trachea": smooth_tube(trachea),
        "right main bronchus": smooth_tube(right),
        "left main bronchus": smooth_tube(left),
    }


@functools.lru_cache(maxsize=32)
def arm_tubes(posture: Posture) -> tuple[Tube, ...]:
    """Return both upper arms with their shoulders, none when they are overhead."""
    if posture.supine and not posture.arms_down:
        return ()
    up, near = posture.shoulders_mm, 16 if posture.arms_down else 0
    rows = (
        (146, 30, 98 + up, 18), (172, 22, 83 + up, 31),
        (196 - 0.5 * near, 0, 16 + up, 41),
        (222 - near, -8, -70, 44), (236 - near, -12, -340, 40),
    )  # fmt: skip
    right, left = ([(s * x, y, z, r) for x, y, z, r in rows] for s in (-1, 1))
    return smooth_tube(right, smooth=False), smooth_tube(left, smooth=False)
