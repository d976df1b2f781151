"""What devices are made of: wires, tubes and plates of real materials.

A device is a tuple of parts in the patient's reference frame (see
``shapes.solids``), so that it moves with the patient who turns or breathes. Radii
and thicknesses are true millimetres: a large patient has no larger pacemaker.
"""

from __future__ import annotations

from dataclasses import dataclass

DEVICES = (
    "drain",
    "pacemaker",
    "central line",
    "ECG leads",
    "endotracheal tube",
    "nasogastric tube",
)

#: Linear attenuation at 60 keV in 1/cm, computed with xraylib 4.3.0 from elemental
#: compositions. The barium sulphate in the polymers (30 and 60 % by weight), how
#: tightly a conductor is coiled (half metal) and how full a pacemaker's can is are
#: chosen; catheters on the market hold 20 to 60 % of barium sulphate.
MATERIALS_PER_CM = {
    "titanium": 3.46,
    "steel": 9.46,
    "copper": 14.3,
    "platinum": 92.9,
    "lead": 56.9,
    "coiled MP35N": 7.5,  # cobalt, nickel, chromium and molybdenum: solid 15.0
    "silicone": 0.28,
    "PVC": 0.46,
    "epoxy": 0.24,
    "barium polymer": 2.5,  # polyurethane with 30 % barium sulphate, 1.5 g/cm3
    "barium stripe": 6.9,  # polymer with 60 % barium sulphate, 2.2 g/cm3
    "battery": 12.0,  # lithium and iodine cell behind its steel wall
    "circuit": 2.2,  # boards, capacitors and chips, with the air between them
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
    """

    points: tuple[Point, ...]
    radius_mm: float
    material: str
    wall_mm: float = 0.0


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
