"""ECG leads: electrodes on the skin and their wires across the film."""

from __future__ import annotations

import numpy as np

from phantoms.chest.anatomy import Anatomy
from phantoms.devices.parts import Device, Plate, Point, Wire, smooth_path

# where electrodes are stuck (x, z); jittered by a finger's breadth
_PLACES = ((-98, 52), (98, 52), (102, -118), (-102, -118), (38, -96))


def draw_ecg_leads(anatomy: Anatomy, rng: np.random.Generator) -> Device:
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


def _cable(
    place: Point, gather: tuple[float, float], rng: np.random.Generator
) -> list[Wire]:
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
