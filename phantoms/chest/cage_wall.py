"""The bony wall of the cage along the rays of a view, behind and in front."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phantoms.chest.bone_shapes import cropped, edge
from phantoms.chest.projection import View
from phantoms.chest.skeleton import Skeleton
from phantoms.chest.spine import neck_room
from phantoms.chest.thorax import Thorax
from phantoms.shapes.solids import Window

GAP_MM = 1.0  # between the lung and the rib
RIB_MM = 7.5  # thickness of a rib at right angles to the wall
_RISE = np.float32(0.3)  # how much of their fall the ribs rise again in front
_ANTERIOR = np.float32(0.58)  # bone at the front ends against the back


@dataclass(frozen=True)
class CageWall:
    """The posterior (way 1) or anterior (way -1) wall of the cage along the rays.

    Parameters
    ----------
    way : int
    whole : two slices
        The part of the view's grid that the arrays cover.
    x, z : float arrays of shape (rows, columns)
        Reference coordinates where the rays pass the wall.
    inner, last : float arrays
        Distance of its inside and its outside from the mid plane, mm; 0 where the
        rays pass beside it.
    depth, gain : float arrays
        A point ``y`` mm from the mid plane lies ``gain y^2 - depth`` mm outside
        the ribs' middle, at right angles to the wall.
    off, beside : float arrays
        Distance from the midline, or from the spine for the posterior wall, and
        what of it lies beside the spine.
    left : bool array
        Whether the ray passes to the left of the midline or of the spine.
    neck : float array, or 0
        How far the ribs bend forwards to the spine, mm.
    share : float array, or 1
        Bone substance against that of the back.
    """

    way: int
    whole: Window
    x: np.ndarray
    z: np.ndarray
    inner: np.ndarray
    last: np.ndarray
    depth: np.ndarray
    gain: np.ndarray
    off: np.ndarray
    beside: np.ndarray
    left: np.ndarray
    neck: np.ndarray | np.float32
    share: np.ndarray | np.float32


def cage_wall(
    skeleton: Skeleton, thorax: Thorax, view: View, *, way: int
) -> CageWall | None:
    """Return one wall of the cage, seen where the rays pass it, if they do."""
    part = cropped(view, (-160, 0, 118), (160, 0, -235))
    if part is None:
        return None
    view, whole = part
    x, z = view.at_depth(70.0 * way)
    squared, _ = _squared_depth(thorax, x, _rows(z))
    x, z = view.at_depth(way * np.sqrt(np.maximum(squared, 0)))
    squared, gain = _squared_depth(thorax, x, z)
    inner = np.sqrt(np.maximum(squared, 0))
    if way > 0:  # near the spine the ribs bend forwards to the vertebrae
        off = x - skeleton.spine.course(_rows(z))
        left, off = off > 0, np.abs(off)
        neck, share = neck_room(off), np.float32(1)
        squared = np.where(squared > 0, np.square(np.maximum(inner - neck, 0)), squared)
        inner = np.sqrt(np.maximum(squared, 0))
        beside = np.maximum(off - 18, 0)
    else:  # towards the breast bone the ribs rise less than they fell, and thin out
        left, off, neck = x > 0, np.abs(x), np.float32(0)
        wide = thorax.cage_width(_rows(z))
        beside = (1 - _RISE) * (wide - 18) + _RISE * np.maximum(off - 18, 0)
        share = _ANTERIOR + (1 - _ANTERIOR) * edge(off - np.float32(0.8) * wide, 40.0)
    middle = np.float32(GAP_MM + RIB_MM / 2)
    last = np.sqrt(np.maximum(squared + 2 * middle * gain, 0))
    gain = 1 / gain
    depth = squared * gain + middle
    return CageWall(
        way, whole, x, z, inner, last, depth, gain, off, beside, left, neck, share
    )


def _rows(z: np.ndarray) -> np.ndarray:
    """Return the height of every row on the midline, shape (rows, 1)."""
    return z[:, z.shape[1] // 2, None]


def _squared_depth(
    thorax: Thorax, x: np.ndarray, z: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the squared depth of the cage's inside, and its gain outwards."""
    across = np.float32(1) / thorax.cage_width(z)
    deep = np.square(thorax.cage_depth(z))
    share = np.abs(x) * across
    u = np.square(share)
    squared = deep - deep * u * (np.float32(0.45) + np.float32(0.55) * u)
    steep = deep * across * share * (np.float32(0.9) + np.float32(2.2) * u)
    return squared, np.sqrt(4 * np.maximum(squared, 0) + np.square(steep))
