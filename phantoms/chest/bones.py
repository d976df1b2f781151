"""Every bone along the rays of a view, as pieces of cortex and of spongiosa.

Ribs and vertebrae have modules of their own; here are the breast bone in the front
wall of the cage and the shoulder girdle: clavicles, shoulder blades and upper arms.

A blade lies on the back of the cage and is turned forwards at its outer side, the
more the further the shoulders are rolled; its own frame is (p, q, r): outwards from
the medial border, upwards, and backwards out of the plate, in mm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from phantoms.chest.anatomy import Anatomy
from phantoms.chest.patients import Posture
from phantoms.chest.projection import View
from phantoms.chest.ribs import add_ribs, cage_wall
from phantoms.chest.skeleton import Bones, Skeleton, about, add_tube, cropped, edge
from phantoms.chest.thorax import Thorax, cage_interval
from phantoms.chest.vertebrae import add_spine
from phantoms.shapes.solids import HeightTable, Piece, Tube, smooth_tube

TOP_MM, JOINT_MM, BOTTOM_MM = 50.0, 4.0, -100.0
_DEPTH_MM = -88.0
_THICK_MM = 11.0
_CORTEX_MM = 0.9
_HALF_WIDTH = HeightTable.through(
    [54, 46, 36, 24, 8, 2, -20, -52, -80, -88, -102],
    [24, 29, 27, 20, 16, 15, 16, 19.5, 16, 7, 4],
)


def add_sternum(
    bones: Bones, skeleton: Skeleton, thorax: Thorax, *, view: View
) -> None:
    """Add manubrium, body and xiphoid process along the rays of a view."""
    corners = (-34, _DEPTH_MM, TOP_MM + 8), (34, _DEPTH_MM, BOTTOM_MM - 8)
    part = cropped(view, *corners, margin=2)
    if part is None:
        return
    (x, z), window = part[0].at_depth(_DEPTH_MM), part[1]
    factor, raised, place = skeleton.sternum
    off, up = np.abs(x - np.float32(place)), z - np.float32(raised)
    blur = max(view.pixel_mm / view.stretch[2], 1.0)
    wide = np.float32(factor) * _HALF_WIDTH(up)
    notch = TOP_MM - 5 * np.square(np.maximum(1 - off * np.float32(1 / 15), 0))
    there = edge(notch - up, blur) * edge(up - BOTTOM_MM, 4 * blur)
    there = there * (1 - edge(1.5 - np.abs(up - JOINT_MM), blur))
    middle = -(thorax.cage_depth(z) + np.float32(1.5 + _THICK_MM / 2))
    outer, inner = (
        np.float32(_THICK_MM / 2 - less)
        * np.sqrt(np.maximum(1 - np.square(np.square(off / (wide - less))), 0))
        for less in (np.float32(0), np.float32(_CORTEX_MM))
    )
    bones.add(about(middle, outer), about(middle, inner), there, window)


# corners of the blade (p, q), clockwise seen with the socket to the right
_OUTLINE = (
    (0, 42), (9, 86), (22, 88), (92, 66), (95, 30), (66, -14), (26, -66), (11, -66),
    (1, -20),
)  # fmt: skip
_PLATE_MM = 1.7
_BEHIND_MM = 6.0  # muscle between the ribs and the blade
_CAGE_MM = 75.0  # depth of the cage at the inner ends of the reference clavicles
_BACK_MM = 84.0  # depth of the medial border
# rows of (p, q, r, radius, cortex) in the blade's frame
_BORDER = (
    (95, 64, 0, 5, 1.2), (97, 47, 0, 8, 1.3), (89, 26, 0, 5.2, 1.5),
    (60, -20, 0, 3.4, 1.4), (24, -64, 0, 2.2, 1.0),
)  # fmt: skip
_RIDGE = ((2, 44, 2, 1.8, 1.0), (40, 57, 13, 2.8, 1.1), (90, 82, 24, 4.8, 1.1),
          (122, 84, 8, 5.5, 0.9), (125, 82, -8, 4.0, 0.8))  # fmt: skip
_CORACOID = ((86, 66, -4, 5.5, 1.1), (90, 82, -20, 4.6, 1.1), (102, 76, -34, 4, 1.0))
_HEAD = (119, 50, -2)


@dataclass(frozen=True)
class Blade:
    """Where one shoulder blade lies.

    Parameters
    ----------
    side : int
        -1 right, 1 left.
    medial_mm, up_mm : float
        Place of the medial border, and how far the blade stands up.
    forward : float
        Angle to the frontal plane in radians.
    turn : float
        Turn in its own plane in radians.
    """

    side: int
    medial_mm: float
    up_mm: float
    forward: float
    turn: float

    def placed(self, p: float, q: float, r: float) -> tuple[float, float, float]:
        """Return reference coordinates of a point of the blade's own frame."""
        cosine, sine = math.cos(self.turn), math.sin(self.turn)
        p, q = p * cosine - (q - 20) * sine, 20 + p * sine + (q - 20) * cosine
        ahead = math.cos(self.forward), math.sin(self.forward)
        x = self.medial_mm + p * ahead[0] + r * ahead[1]
        return self.side * x, _BACK_MM - p * ahead[1] + r * ahead[0], q + self.up_mm


def blade_of(skeleton: Skeleton, posture: Posture, side: int) -> Blade:
    """Return where a blade lies in a posture.

    Rolled outwards it leaves the lung field and turns its edge to the rays; with
    the arms hanging it lies flat on the back of the cage, over the lung.
    """
    number = (side + 1) // 2
    out = posture.blades_mm + skeleton.blade_shift[number]
    return Blade(
        side=side,
        medial_mm=93 + 1.1 * out,
        up_mm=posture.shoulders_mm,
        forward=math.radians(float(np.clip(40 + out, 20, 62))),
        turn=skeleton.blade_turn[number] + 0.003 * max(out, 0),
    )


def add_shoulders(
    bones: Bones, skeleton: Skeleton, thorax: Thorax, *, posture: Posture, view: View
) -> None:
    """Add both clavicles, shoulder blades and upper arms."""
    for side, clavicle in zip((-1, 1), skeleton.clavicles, strict=True):
        blade = blade_of(skeleton, posture, side)
        _add_plate(bones, blade, thorax, view=view)
        for rows in (_BORDER, _RIDGE, _CORACOID):
            placed = [(*blade.placed(*row[:3]), *row[3:]) for row in rows]
            if rows is _BORDER:
                placed = _behind_the_ribs(placed, thorax)
            _add_rows(bones, placed, view, smooth=False)
        collar = _posed_clavicle(clavicle, blade, thorax)
        _add_rows(bones, collar, view, smooth=True)
        _add_rows(bones, _upper_arm(blade, posture), view, smooth=False)


def _add_rows(
    bones: Bones, rows: list[tuple[float, ...]], view: View, *, smooth: bool
) -> None:
    """Add a long bone from rows of (x, y, z, radius, cortex)."""
    table = np.asarray(rows, float)
    if smooth:
        tube = smooth_tube(table[:, :4])
        cortex = smooth_tube(table[:, [0, 1, 2, 4]]).radii
    else:
        tube, cortex = Tube(table[:, :3], table[:, 3]), table[:, 4]
    add_tube(bones, tube, cortex, view)


def _behind_the_ribs(
    rows: list[tuple[float, ...]], thorax: Thorax
) -> list[tuple[float, ...]]:
    """Return rows of (x, y, z, ...) moved backwards until they clear the ribs."""
    x, z = (np.array([row[k] for row in rows], np.float32) for k in (0, 2))
    least = cage_interval(thorax, x, z, wall_mm=8.5)[1] + _BEHIND_MM
    return [
        (row[0], max(row[1], float(y)), *row[2:])
        for row, y in zip(rows, least, strict=True)
    ]


def _posed_clavicle(
    rows: np.ndarray, blade: Blade, thorax: Thorax
) -> list[tuple[float, ...]]:
    """Return a clavicle between the breast bone and the shoulder blade."""
    out = np.clip((np.abs(rows[:, 0]) - 16) / 133, 0, 1)
    end = blade.placed(116, 86, 0)
    posed = rows.copy()
    posed[:, 0] = blade.side * (16 + (blade.side * end[0] - 22) * out)
    deeper = float(thorax.cage_depth(rows[0, 2])) - _CAGE_MM
    posed[:, 1] -= deeper * (1 - out)
    posed[:, 2] += (end[2] - rows[-1, 2]) * out * out
    cortex = (0.9, 1.3, 2.0, 2.1, 1.5, 0.9)
    return [(*row, c) for row, c in zip(posed.tolist(), cortex, strict=True)]


def _upper_arm(blade: Blade, posture: Posture) -> list[tuple[float, ...]]:
    """Return head and shaft of the upper arm: elbows out, hanging, or raised (CT)."""
    x, y, z = blade.placed(*_HEAD)
    if posture.supine and not posture.arms_down:
        rows = (
            (2, 2, -6, 17, 0.8), (0, 0, 3, 21.5, 0.8), (-4, -2, 20, 17, 1.0),
            (-8, -4, 40, 12, 2.6), (-10, -8, 130, 10.5, 4.0),
        )  # fmt: skip
    else:
        out = 14 if posture.arms_down else 40
        rows = (
            (-2, 2, 6, 17, 0.8), (0, 0, -3, 21.5, 0.8), (4, -2, -20, 17, 1.0),
            (10, -4, -40, 12, 2.6), (10 + 0.45 * out, -8, -110, 10.5, 4.0),
            (10 + 1.3 * out, -14, -400, 11.5, 4.0),
        )  # fmt: skip
    return [(x + blade.side * a, y + b, z + c, r, shell) for a, b, c, r, shell in rows]


def _add_plate(bones: Bones, blade: Blade, thorax: Thorax, *, view: View) -> None:
    """Add the thin plate of a blade, curved over the back of the cage."""
    ahead = math.cos(blade.forward), math.sin(blade.forward)
    corners = [blade.placed(*corner, 0) for corner in _OUTLINE]
    part = cropped(view, np.min(corners, axis=0), np.max(corners, axis=0), margin=3)
    if part is None:
        return
    (x, z), window = part[0].at_depth(_BACK_MM - 14), part[1]
    across = blade.side * x - np.float32(blade.medial_mm)
    along, up = across * np.float32(1 / ahead[0]), z - np.float32(20 + blade.up_mm)
    cosine, sine = np.float32(math.cos(blade.turn)), np.float32(math.sin(blade.turn))
    inside = outline_distance(along * cosine + up * sine, up * cosine - along * sine)
    blur = max(view.pixel_mm / view.stretch[0], 1.0)
    plane = _BACK_MM - across * np.float32(ahead[1] / ahead[0])
    cage = cage_interval(thorax, x, z, wall_mm=8.5)[1] + np.float32(_BEHIND_MM)
    middle = np.maximum(plane, cage)
    rim = np.exp(-np.square((inside - np.float32(1.5)) * np.float32(1 / 2.2)))
    half = np.float32(1 / ahead[0]) * (_PLATE_MM / 2 + np.float32(0.9) * rim)
    hollow = half - np.float32(0.75 / ahead[0])
    bones.add(about(middle, half), about(middle, hollow), edge(inside, blur), window)


def outline_distance(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Return the distance to the outline of a blade, inside positive.

    Parameters
    ----------
    p, q : float arrays of one shape
        Outwards from the medial border, and upwards from the blade's turning
        point, in mm.
    """
    p = p + np.float32(5) * (np.square(q * np.float32(1 / 66)) - np.float32(0.5))
    inside = np.full(p.shape, np.inf, p.dtype)
    for a, b in zip(_OUTLINE, _OUTLINE[1:] + _OUTLINE[:1], strict=True):
        along, up = b[0] - a[0], b[1] - a[1]
        span = math.hypot(along, up)
        level = np.float32((a[0] * up - (a[1] - 20) * along) / span)
        distance = p * np.float32(up / span) - q * np.float32(along / span) - level
        np.minimum(inside, distance, out=inside)
    return inside


def bone_pieces(
    anatomy: Anatomy, posture: Posture, view: View
) -> dict[str, list[Piece]]:
    """Return the bones of a patient as intervals of depth with weights.

    Parameters
    ----------
    anatomy : Anatomy
    posture : Posture
        The ribs fall with the diaphragm, the blades go with the shoulders.
    view : View

    Returns
    -------
    dict of str to list of Piece
        "cortical bone" and "spongiosa", in reference mm. The weights hold the
        mineral that age has left. Pieces of one bone are disjoint; neighbouring
        bones may touch.
    """
    skeleton, thorax = anatomy.skeleton, anatomy.thorax
    bones = Bones(skeleton.mineral)
    for way in (1, -1):
        wall = cage_wall(skeleton, thorax, view, way=way)
        if wall is not None:
            add_ribs(bones, skeleton, wall, posture=posture)
    add_spine(bones, skeleton.spine, thorax, view=view)
    add_sternum(bones, skeleton, thorax, view=view)
    add_shoulders(bones, skeleton, thorax, posture=posture, view=view)
    return {"cortical bone": bones.cortex, "spongiosa": bones.spongiosa}
