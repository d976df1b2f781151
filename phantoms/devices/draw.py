"""Devices as they are put in: tubes, central lines, pacemakers, ECG leads.

Sizes are those of common products (1 French is a third of a millimetre of outer
diameter); courses are chosen as they look on films. A pacemaker's generator lies under
the skin, and its leads run through the veins to the heart.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from phantoms.chest.anatomy import Anatomy
from phantoms.devices.parts import Device, Plate, Point, Wire, smooth_path

SIDES = {"right": -1, "left": 1}
_FRENCH_MM = 1 / 6  # outer radius of one French


def draw_drain(
    anatomy: Anatomy, rng: Generator, *, side: str, fluid: bool = False
) -> Device:
    """Return a chest drain: towards the apex for air, to the base behind for fluid.

    A drain is a clear tube with a radio-opaque line, which the last side hole
    interrupts; a third of them are thin pigtail catheters.

    Parameters
    ----------
    anatomy : Anatomy
    rng : numpy.random.Generator
    side : str
        "right" or "left".
    fluid : bool
        Whether it drains an effusion.
    """
    sign, thorax = SIDES[side], anatomy.thorax
    floor = thorax.dome_top[(sign + 1) // 2]
    entry = float(max(rng.uniform(-62, -18), floor + 30))
    wide, deep = float(thorax.cage_width(np.array(entry))), rng.uniform(-25, 25)
    outside = sign * (float(thorax.body_width(np.array(entry))) + thorax.fat_mm)
    way = [
        (outside + sign * 70, deep - 20, entry - rng.uniform(30, 90)),
        (outside, deep - 8, entry - rng.uniform(4, 16)),
        (sign * (wide + 2), deep, entry),
    ]
    if fluid:
        tip = (sign * rng.uniform(60, 95), 62.0, floor + rng.uniform(4, 20))
        way += [(sign * (wide - 28), deep + 22, entry - rng.uniform(-8, 12)), tip]
    else:
        tip = (sign * rng.uniform(34, 62), -14.0, rng.uniform(48, 84))
        bend = rng.uniform(0.72, 0.86)
        way += [(sign * bend * wide, deep, entry + 0.45 * (tip[2] - entry)), tip]
    if rng.random() < 0.33:
        return _pigtail(side, way, radius=_FRENCH_MM * rng.uniform(10, 14))
    radius = float(_FRENCH_MM * rng.choice([24, 28, 32]))
    return Device(
        "drain", side, _striped(smooth_path(way, step_mm=4.0), radius, hole_mm=45.0)
    )


def _striped(
    path: tuple[Point, ...], radius: float, *, hole_mm: float, inside: str = "wall"
) -> tuple[Wire, ...]:
    """Return a clear tube with a line of barium that a side hole interrupts."""
    points = np.asarray(path)
    from_tip = np.linalg.norm(np.diff(points[::-1], axis=0), axis=1).cumsum()
    from_tip = np.concatenate([[0.0], from_tip])[::-1]
    along = np.gradient(points, axis=0)
    along /= np.maximum(np.linalg.norm(along[:, [0, 2]], axis=1, keepdims=True), 1e-6)
    line = points + 0.55 * radius * np.stack(
        [-along[:, 2], 0 * from_tip, along[:, 0]], axis=1
    )
    tube = Wire(path, radius, "PVC", 0.28 * radius, inside)
    parts = [tube]
    for keep in (from_tip > hole_mm + 3, from_tip < hole_mm - 3):
        chain = tuple(map(tuple, line[keep].tolist()))
        if len(chain) > 1:
            parts.append(Wire(chain, 0.2 * radius, "barium stripe", inside=inside))
    return tuple(parts)


def _pigtail(side: str, way: list[Point], *, radius: float) -> Device:
    """Return a thin barium-filled catheter that ends in a loop."""
    end, before = np.asarray(way[-1], float), np.asarray(way[-2], float)
    along = (end - before)[[0, 2]]
    along /= np.linalg.norm(along)
    turn = np.linspace(0.5, 5.4, 9)
    across = np.array([-along[1], along[0]]) * SIDES[side]
    loop = [
        (*(end[[0, 2]] + 11 * (np.sin(t) * along + (1 - np.cos(t)) * across)), end[1])
        for t in turn
    ]
    path = [*way, *((x, y, z) for x, z, y in loop)]
    wire = Wire(smooth_path(path, step_mm=5), radius, "barium polymer", 0.35 * radius)
    return Device("drain", side, (wire,))


def draw_tracheal_tube(anatomy: Anatomy, rng: Generator) -> Device:
    """Return an endotracheal tube with its line, the tip above the carina."""
    trachea = anatomy.airways["trachea"].points
    tip = float(np.clip(rng.normal(45, 12), 12, 75))
    above = trachea[trachea[:, 2] > tip + 4]
    end = [np.interp(-tip, -trachea[:, 2], trachea[:, axis]) for axis in (0, 1)]
    mouth = (1.0, -22.0, 320.0)
    way = [
        mouth,
        *map(tuple, above.tolist()),
        (end[0] + rng.normal(0, 1.5), end[1], tip),
    ]
    path = smooth_path(way)
    radius = float(rng.uniform(4.7, 5.8))  # inner diameters of 7 to 8.5 mm
    parts = _striped(path, radius, hole_mm=-99.0, inside="mediastinum")
    return Device("endotracheal tube", "both", parts)


def draw_gastric_tube(anatomy: Anatomy, rng: Generator) -> Device:
    """Return a nasogastric tube: down the oesophagus and into the stomach."""
    top = anatomy.thorax.dome_top[1]
    way = [
        (rng.normal(3, 3), 12.0, 320.0), (rng.normal(2, 2), 24.0, 130.0),
        (rng.normal(4, 2), 30.0, 60.0), (rng.normal(1, 3), 34.0, -10.0),
        (rng.normal(5, 4), 36.0, -80.0), (16 + rng.normal(0, 3), 26.0, top - 8),
        (44 + rng.normal(0, 8), 0.0, top - rng.uniform(25, 45)),
        (30 + rng.normal(0, 14), -20.0, top - rng.uniform(60, 90)),
    ]  # fmt: skip
    radius = _FRENCH_MM * 14
    parts = _striped(smooth_path(way), radius, hole_mm=60.0, inside="mediastinum")
    return Device("nasogastric tube", "both", parts)


_LEAD_MM = 1.0  # radius of the insulation; the conductor inside is 0.55 mm


def draw_pacemaker(anatomy: Anatomy, rng: Generator) -> Device:
    """Return a pacemaker with one lead (a quarter of them) or two.

    Six of seven lie on the left. Sizes are those of common models; courses follow
    the subclavian vein, the superior vena cava and the chambers of the heart.
    """
    side = "left" if rng.random() < 0.86 else "right"
    sign = SIDES[side]
    centre = (
        float(sign * rng.uniform(84, 104)), -92.0, float(rng.uniform(30, 56)),
    )  # fmt: skip
    turn = float(sign * rng.normal(18, 14))
    half = (float(rng.uniform(20, 23)), float(rng.uniform(17, 20)))
    parts = [*_generator(centre, half, sign=sign, turn=turn)]
    caval = caval_way(sign)
    slack = [
        *_slack(centre, half, sign=sign, turn=turn, rng=rng),
        vein_entry(sign, rng),
    ]
    parts += _lead([*slack, *caval, *_to_ventricle(anatomy, rng)])
    if rng.random() < 0.75:
        shifted = [(x + 1.5, y, z + 2.5) for x, y, z in [*slack, *caval]]
        parts += _lead([*shifted, *_to_atrium(rng)])
    return Device("pacemaker", side, tuple(parts))


def _generator(
    centre: Point, half: tuple[float, float], *, sign: int, turn: float
) -> tuple[Plate, ...]:
    """Return the can with its battery and circuit, and the header of clear epoxy."""
    across, along = half
    port = -sign * 0.3 * across  # the leads leave towards the midline
    rows = (
        # half width, half height, thickness, material, power, offset across and up
        (across, along, 0.8, "titanium", 3.0, 0.0, 0.0),
        (0.9 * across, 0.45 * along, 5.0, "battery", 4.0, 0.0, -0.42 * along),
        (0.8 * across, 0.38 * along, 4.0, "circuit", 5.0, 0.0, 0.46 * along),
        (0.26 * across, 0.24 * along, 3.0, "circuit", 6.0, -0.4 * across, 0.5 * along),
        (0.14 * across, 0.2 * along, 2.0, "steel", 2.0, 0.35 * across, 0.5 * along),
        (0.75 * across, 4.5, 6.0, "epoxy", 4.0, 0.0, along + 4.0),
        (4.0, 1.4, 2.5, "steel", 4.0, port, along + 5.5),
        (4.0, 1.4, 2.5, "steel", 4.0, port, along + 1.5),
    )
    return tuple(
        Plate(centre, (a, b), thick, material, turn, power, (right, up))
        for a, b, thick, material, power, right, up in rows
    )


def vein_entry(sign: int, rng: Generator) -> Point:
    """Return where a lead or catheter enters the subclavian vein."""
    return (sign * rng.uniform(62, 78), -52.0, rng.uniform(70, 80))


def caval_way(sign: int) -> list[Point]:
    """Return the way from the subclavian vein into the superior vena cava."""
    if sign < 0:
        return [(-40, -36, 82), (-22, -20, 70), (-17, -12, 46), (-20, -15, 8)]
    return [(42, -38, 84), (16, -28, 72), (-10, -18, 54), (-19, -14, 22)]


def _slack(
    centre: Point, half: tuple[float, float], *, sign: int, turn: float, rng: Generator
) -> list[Point]:
    """Return the spare length of a lead: from the header once round the generator."""
    lean, port = np.deg2rad(turn), (-sign * 0.3 * half[0], half[1] + 3.5)
    start = np.arctan2(port[1], port[0]) + lean
    # towards the midline, round below, and up again on the outer side
    angle = start + sign * np.linspace(0.35, rng.uniform(5.2, 6.0), 9)
    wide = np.linspace(0.5, 1, 9) * rng.uniform(3, 7) + half[0] + 2
    x, y, z = centre
    header = (
        x + port[0] * np.cos(lean) - port[1] * np.sin(lean),
        y,
        z + port[0] * np.sin(lean) + port[1] * np.cos(lean),
    )
    loop = [
        (x + float(r * np.cos(t)), y + 6, z + float(r * np.sin(t)))
        for r, t in zip(wide, angle, strict=True)
    ]
    return [tuple(map(float, header)), *loop]


def _to_ventricle(anatomy: Anatomy, rng: Generator) -> list[Point]:
    """Return the way through the right atrium to the apex of the right ventricle."""
    size = float(anatomy.patient.heart_factor)
    low = 0.9 * (anatomy.thorax.dome_top[1] + 123)
    tip = (16 + 40 * size + rng.normal(0, 3), -62.0, -78 - 34 * size + low)
    return [
        (-22, -18, -34), (-20, -24, -66), (-8 + rng.normal(0, 3), -36, -94 + low),
        (18, -52, -106 + low + rng.normal(0, 2)), tip,
    ]  # fmt: skip


def _to_atrium(rng: Generator) -> list[Point]:
    """Return the way into the right atrial appendage, with its J."""
    return [
        (-23, -20, -32), (-24, -26, -58), (-17, -36, -72), (-8, -48, -64),
        (-5 + rng.normal(0, 2), -54, -50 + rng.normal(0, 3)),
    ]  # fmt: skip


def _lead(way: list[Point]) -> list[Wire]:
    """Return a lead: conductor and insulation, with its ring and its tip."""
    path = np.asarray(smooth_path(way, step_mm=6.0))
    chain = tuple(map(tuple, path.tolist()))
    end, along = path[-1], path[-1] - path[-2]
    along = along / np.linalg.norm(along)
    poles = []
    for back, long in ((0.0, 2.0), (11.0, 3.0)):
        ends = (end - (back + long) * along, end - back * along)
        poles.append(tuple(tuple(map(float, p)) for p in ends))
    return [
        Wire(chain, _LEAD_MM, "silicone", inside="mediastinum"),
        Wire(chain, 0.55, "coiled MP35N", inside="mediastinum"),
        *(Wire(pole, 1.1, "platinum", 0.3, "mediastinum") for pole in poles),
    ]


#: Where catheters come from, and how often; chosen.
ACCESS = {
    "right jugular": 0.48,
    "left jugular": 0.10,
    "right subclavian": 0.12,
    "left subclavian": 0.10,
    "right port": 0.13,
    "left port": 0.07,
}


def draw_central_line(anatomy: Anatomy, rng: Generator) -> Device:
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


def _chamber(place: Point, rng: Generator) -> list[Plate]:
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


# where electrodes are stuck (x, z); jittered by a finger's breadth
_PLACES = ((-98, 52), (98, 52), (102, -118), (-102, -118), (38, -96))


def draw_ecg_leads(anatomy: Anatomy, rng: Generator) -> Device:
    """Return three to five electrodes whose wires leave the film together."""
    number = int(rng.choice([3, 4, 5], p=[0.6, 0.1, 0.3]))
    gather = (rng.choice([-1, 1]) * rng.uniform(70, 165), rng.uniform(-335, -290))
    parts: list[Wire | Plate] = []
    for x, z in _PLACES[:number]:
        x, z = x + rng.normal(0, 9), z + rng.normal(0, 10)
        deep = -float(anatomy.thorax.body_depth(np.array(z))) * 0.9
        place = (float(x), deep, float(z))
        parts += [
            Plate(place, (11.0, 11.0), 1.5, "silicone", 0.0, 2.5),
            Plate(place, (4.6, 4.6), 0.7, "steel"),
            Plate(place, (2.0, 2.0), 1.5, "steel"),
        ]
        parts += _cable(place, gather, rng)
    return Device("ECG leads", "both", tuple(parts))


def _cable(place: Point, gather: tuple[float, float], rng: Generator) -> list[Wire]:
    """Return one wire in its sheath, lying in loose bends on the skin."""
    x, y, z = place
    share = np.linspace(0, 1, 6)[1:]
    loose = min(np.hypot(gather[0] - x, gather[1] - z) / 260, 1.2)
    sway = loose * rng.normal(0, 14, 5) * np.array([0.5, 1, 1, 1, 0.4])
    bend = loose * rng.normal(0, 26)
    way = [(x, y, z), (x + rng.normal(0, 5), y, z - 12)]
    for t, off in zip(share, sway, strict=True):
        across = x + (gather[0] - x) * t**1.4 + bend * np.sin(np.pi * t) + off
        way.append((float(across), y, float(z - 12 + (gather[1] - z) * t)))
    path = smooth_path(way, step_mm=9.0)
    return [Wire(path, 1.5, "PVC"), Wire(path, 0.42, "copper")]
