"""The breast bone: manubrium and body in the front wall of the cage."""

from __future__ import annotations

import numpy as np

from phantoms.chest.bone_shapes import Bones, add_shell, cropped, edge
from phantoms.chest.projection import View
from phantoms.chest.skeleton import Skeleton
from phantoms.chest.thorax import Thorax
from phantoms.shapes.solids import HeightTable

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
    add_shell(
        bones,
        (middle - outer, middle + outer),
        (middle - inner, middle + inner),
        mineral=skeleton.mineral,
        weight=there,
        window=window,
    )
