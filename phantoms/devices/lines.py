"""Central venous catheters and ports."""

from __future__ import annotations

import numpy as np

from phantoms.chest.anatomy import Anatomy
from phantoms.devices.pacemaker import caval_way, vein_entry
from phantoms.devices.parts import Device, Plate, Point, Wire, smooth_path
from phantoms.devices.tubes import SIDES

#: Where catheters come from, and how often; chosen.
ACCESS = {
    "right jugular": 0.48,
    "left jugular": 0.10,
    "right subclavian": 0.12,
    "left subclavian": 0.10,
    "right port": 0.13,
    "left port": 0.07,
}


def draw_central_line(anatomy: Anatomy, rng: np.random.Generator) -> Device:
    """Return a central venous line or a port, its tip near the right atrium."""
    access = str(rng.choice(list(ACCESS), p=list(ACCESS.values())))
    side, kind = access.split()
    sign = SIDES[side]
    tip = (-22 + rng.normal(0, 2), -17.0, float(np.clip(rng.normal(-26, 16), -62, 12)))
    radius = float(rng.choice([0.95, 1.15, 1.35]))  # 6 to 8 French
    parts: list[Wire | Plate] = []
    if kind == "jugular":
        lean = rng.normal(0, 3)
        start: list[Point] = [
            (sign * (52 + lean), -30, 320), (sign * (38 + lean), -28, 150),
            (sign * (29 + 0.5 * lean), -26, 108),
        ]  # fmt: skip
        way = start + caval_way(sign)[1:]
    else:
        way = [vein_entry(sign, rng), *caval_way(sign)]
        place = (sign * rng.uniform(80, 98), -94.0, rng.uniform(28, 52))
        way = [(place[0], -90.0, place[2]), (place[0] - sign * 4, -86, 70), *way]
        if kind == "port":
            parts += _chamber(place, rng)
    way = [point for point in way if point[2] > tip[2] + 8]
    path = smooth_path([*way, tip])
    parts.append(
        Wire(path, radius, "barium polymer", 0.45 * radius, inside="mediastinum")
    )
    return Device("central line", side, tuple(parts))


def _chamber(place: Point, rng: np.random.Generator) -> list[Plate]:
    """Return the chamber of a port: a base with a metal cup and its stem."""
    turn = float(rng.normal(0, 30))
    rows = (
        ((13.5, 11.5), 6.0, "epoxy", 2.6, (0.0, 0.0)),
        ((7.5, 7.5), 1.6, "titanium", 2.0, (0.0, 0.0)),
        ((5.6, 5.6), 1.2, "titanium", 2.0, (0.0, 0.0)),
        ((4.5, 1.3), 2.0, "titanium", 4.0, (0.0, 10.0)),
    )
    return [
        Plate(place, half, thick, material, turn, power, offset)
        for half, thick, material, power, offset in rows
    ]
