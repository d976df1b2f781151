"""What devices are made of: wires, tubes and plates of real materials.

A device is a tuple of parts in the patient's reference frame (see
``shapes.solids``), so that it moves with the patient who turns or breathes. Radii
and thicknesses are true millimetres: a large patient has no larger pacemaker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator

DEVICES = (
    "drain",
    "pacemaker",
    "central line",
    "ECG leads",
    "endotracheal tube",
    "nasogastric tube",
)

#: Photon energies of ``MATERIALS_PER_CM`` in keV.
ENERGIES_KEV = (40, 50, 60, 70)

#: Linear attenuation in 1/cm, computed with xraylib 4.3.0 from elemental
#: compositions. Chosen are the barium sulphate in the polymers (30 and 60 % by
#: weight; catheters on the market hold 20 to 60 %), how tightly a conductor is coiled
#: (half metal), and the last two, which stand for mixtures of parts and air.
MATERIALS_PER_CM = {
    "titanium": (9.98, 5.47, 3.45, 2.42),
    "steel": (28.5, 15.4, 9.46, 6.41),
    "copper": (43.6, 23.4, 14.3, 9.54),
    "platinum": (266.0, 149.0, 92.9, 62.6),
    "lead": (163.0, 91.2, 56.9, 38.4),
    "coiled MP35N": (20.4, 11.0, 6.76, 4.53),  # cobalt, nickel, chromium, molybdenum
    "silicone": (0.467, 0.336, 0.276, 0.242),
    "PVC": (1.02, 0.638, 0.465, 0.375),
    "epoxy": (0.355, 0.280, 0.244, 0.223),
    "barium polymer": (6.84, 3.92, 2.50, 1.72),  # polyurethane, 30 %, 1.5 g/cm3
    "barium stripe": (19.6, 11.1, 6.92, 4.67),  # polyurethane, 60 %, 2.2 g/cm3
    "battery": (22.0, 17.0, 12.0, 8.4),  # lithium and iodine behind a steel wall
    "circuit": (6.0, 3.5, 2.2, 1.6),  # boards, capacitors and chips
}

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Wire:
    """A round wire or tube along a chain of points.

    Parameters
    ----------
    points : tuple of (x, y, z)
        Reference frame, mm.
    radius_mm : float
        Outer radius.
    material : str
        A key of ``MATERIALS_PER_CM``.
    wall_mm : float
        Thickness of a tube's wall, 0 for a solid wire.
    inside : str
        What carries it: the chest's "wall", or the "mediastinum", which a posture
        shifts and lifts.
    """

    points: tuple[Point, ...]
    radius_mm: float
    material: str
    wall_mm: float = 0.0
    inside: str = "wall"


@dataclass(frozen=True)
class Plate:
    """A flat body that faces the detector, from a disc to a box with round corners.

    Parameters
    ----------
    centre : (x, y, z)
        Reference frame, mm.
    half_mm : (across, along)
        Half of its true width and height.
    thickness_mm : float
    material : str
    turn_deg : float
        Turn in the plane of the image, anticlockwise.
    power : float
        2 for an ellipse; the larger, the squarer.
    offset_mm : (across, along)
        Place of a component within its device, before the turn, true mm.
    """

    centre: Point
    half_mm: tuple[float, float]
    thickness_mm: float
    material: str
    turn_deg: float = 0.0
    power: float = 2.0
    offset_mm: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Device:
    """One device in or on a patient.

    Parameters
    ----------
    kind : str
        One of ``DEVICES``.
    side : str
        "right", "left" or "both", of the patient.
    parts : tuple of Wire and Plate
    """

    kind: str
    side: str
    parts: tuple[Wire | Plate, ...]

    def __post_init__(self) -> None:
        """Check the two words."""
        if self.kind not in DEVICES or self.side not in ("right", "left", "both"):
            raise ValueError(
                f"A device of kind {self.kind!r} on the side {self.side!r} is not "
                f"known. Kinds: {', '.join(DEVICES)}; sides: right, left, both."
            )


def attenuation_of(material: str, *, energy_kev: float) -> float:
    """Return the attenuation of a device's material in 1/mm, logarithms interpolated.

    Parameters
    ----------
    material : str
        A key of ``MATERIALS_PER_CM``.
    energy_kev : float
        40 to 70 keV; beyond, the nearer end of the table.

    Raises
    ------
    ValueError
        If the material is unknown.

    Examples
    --------
    >>> round(attenuation_of("titanium", energy_kev=60), 3)
    0.345
    """
    if material not in MATERIALS_PER_CM:
        raise ValueError(
            f"No attenuation is known for the material {material!r} of a device. "
            f"Choose one of: {', '.join(MATERIALS_PER_CM)}."
        )
    table = np.log(MATERIALS_PER_CM[material])
    return (
        float(np.exp(np.interp(np.log(energy_kev), np.log(ENERGIES_KEV), table))) / 10
    )


def smooth_path(points: Sequence[Point], *, step_mm: float = 7.0) -> tuple[Point, ...]:
    """Return points along a smooth curve through the given ones, evenly spaced.

    Examples
    --------
    >>> len(smooth_path([(0, 0, 0), (0, 0, 70)]))
    11
    """
    table = np.asarray(points, float)
    chord = np.linalg.norm(np.diff(table, axis=0), axis=1)
    along = np.concatenate([[0], np.cumsum(np.maximum(chord, 1e-3))])
    count = max(int(np.ceil(along[-1] / step_mm)), 1) + 1
    curve = PchipInterpolator if len(table) < 3 else CubicSpline
    places = curve(along, table)(np.linspace(0, along[-1], count))
    return tuple((float(x), float(y), float(z)) for x, y, z in places)
