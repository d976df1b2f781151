"""Clouds of soft balls: disease without a border of its own, cut by fissures.

A cloud is laid into slabs of depth. Where balls overlap they saturate, so no place
holds more than all of its lung; bronchi that run through it stay full of air.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from helpers.phantoms.chest.anatomy import Anatomy, ChestSolids
from helpers.phantoms.chest.projection import View
from helpers.phantoms.chest.pulmonary_tree import Tree
from helpers.phantoms.shapes.solids import Interval, Piece, Window, intersect
from helpers.phantoms.shapes.texture import look_up
from helpers.phantoms.shapes.tubes import grid_window

#: Thickness of a slab; a ball's weight is constant within one.
SLAB_MM = 6.0
_REACH = 2.3  # a ball ends this many sigma from its centre


@dataclass(frozen=True)
class Fissure:
    """A plane of pleura that stops a cloud.

    Parameters
    ----------
    height_mm, rise : float
        The plane is at ``z = height_mm + rise * y``.
    keep : int
        1 when the cloud lies above, -1 when below.
    bulge_mm : float
        How far the middle of the lung pushes the plane up (a heavy lobe sags).
    """

    height_mm: float
    rise: float
    keep: int
    bulge_mm: float = 0.0

    def inside(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return how far places lie on the cloud's side, in mm."""
        bulge = self.bulge_mm * (1 - np.square((np.abs(x) - 75) / 60))
        return self.keep * (z - self.height_mm - self.rise * y - bulge)


@dataclass(frozen=True, eq=False)
class Cloud:
    """Soft balls that replace lung.

    Parameters
    ----------
    centres : float array of shape (n, 3)
        (x, y, z) in mm, reference frame.
    sigma : float array of shape (n,)
        Width of each ball, mm.
    fill : float
        How densely a ball fills its middle; 1 replaces two thirds of the air.
    fissures : tuple of Fissure
    mottle : float
        Relative spread of the density within the cloud.
    """

    centres: np.ndarray
    sigma: np.ndarray
    fill: float
    fissures: tuple[Fissure, ...] = ()
    mottle: float = 0.3

    def grown(self, factor: float) -> Cloud:
        """Return the cloud larger or smaller by a factor about its middle."""
        middle = self.centres.mean(axis=0)
        return replace(
            self,
            centres=middle + factor * (self.centres - middle),
            sigma=self.sigma * factor,
        )


def cloud_pieces(
    cloud: Cloud, anatomy: Anatomy, *, solids: ChestSolids, view: View
) -> list[Piece]:
    """Return a cloud as slabs of depth whose weights are the share of lung lost.

    Parameters
    ----------
    cloud : Cloud
    anatomy : Anatomy
    solids : ChestSolids
        Over the grid of the view.
    view : View
    """
    window = _window(cloud, view)
    if window is None:
        return []
    reach = _REACH * float(cloud.sigma.max())
    low, high = cloud.centres[:, 1].min() - reach, cloud.centres[:, 1].max() + reach
    edges = np.arange(low, high + SLAB_MM, SLAB_MM, np.float32)
    middle = (edges[:-1] + edges[1:]) / 2
    share = _share(cloud, anatomy, view=view, window=window, depth=middle)
    share *= 1 - _bronchi(cloud, anatomy.tree, view=view, window=window, edges=edges)
    lungs = [(a[window], b[window]) for a, b in solids.lungs]
    lungs = [(a, b) for a, b in lungs if (b > a).any()]
    return _slabs(share, edges, lungs, window)


def _slabs(
    share: np.ndarray, edges: np.ndarray, lungs: list[Interval], window: Window
) -> list[Piece]:
    """Return the slabs of a cloud, each cut to the lungs."""
    pieces = []
    for weight, front, back in zip(share, edges[:-1], edges[1:], strict=True):
        if weight.max() < 0.004:
            continue
        parts = [intersect(lung, (front, back)) for lung in lungs]
        long = [np.maximum(b - a, 0) for a, b in parts]
        inside = sum(long)
        if len(parts) > 1:  # the lung of a slab is in one piece nearly everywhere
            first = np.argmax(np.stack(long), axis=0)
            a = np.choose(first, [part[0] for part in parts])
            b = np.choose(first, [part[1] for part in parts])
            weight = weight * inside / np.maximum(b - a, 1e-3)
        elif parts:
            a, b = parts[0]
        else:
            continue
        pieces.append(Piece(a, b, np.minimum(weight, 1), window))
    return pieces


def _window(cloud: Cloud, view: View) -> Window | None:
    """Return the part of the grid that a cloud can reach."""
    x, z = view.at_depth(0.0)
    shown = np.array([view.shown(centre) for centre in cloud.centres])
    reach = _REACH * float(cloud.sigma.max())
    return grid_window(x, z, shown.min(axis=0), shown.max(axis=0), margin=reach)


def _share(
    cloud: Cloud, anatomy: Anatomy, *, view: View, window: Window, depth: np.ndarray
) -> np.ndarray:
    """Return the share of lung that a cloud replaces, (slabs, rows, columns)."""
    x, z = (line[window] for line in view.at_depth(0.0))
    shown = np.array([view.shown(centre) for centre in cloud.centres], np.float32)
    wide = 1 / (2 * np.square(cloud.sigma).astype(np.float32))
    off = np.square(x.ravel()[None] - shown[:, 0, None])
    off += np.square(z.ravel()[None] - shown[:, 2, None])
    flat = np.exp(-off * wide[:, None])
    deep = np.exp(-np.square(depth[:, None] - shown[None, :, 1]) * wide)
    field = (deep @ flat).reshape(len(depth), *x.shape)
    # two fields in quadrature decorrelate the mottle from slab to slab
    first = look_up(anatomy.soft_texture, 1.6 * x, 1.6 * z)
    second = look_up(anatomy.lung_texture, 0.8 * x + 90, 0.8 * z)
    turn = depth[:, None, None] / 14
    field *= np.maximum(
        1 + cloud.mottle * (np.cos(turn) * first + np.sin(turn) * second), 0.1
    )
    # faint outskirts vanish, the middle saturates: fluffy but confluent
    share = 1 - np.exp(-cloud.fill * field * field / (0.35 + field))
    for fissure in cloud.fissures:
        inside = fissure.inside(x[None], depth[:, None, None], z[None])
        share *= np.clip(inside / view.pixel_mm + 0.5, 0, 1)
    return share


def _bronchi(
    cloud: Cloud, tree: Tree, *, view: View, window: Window, edges: np.ndarray
) -> np.ndarray:
    """Return the share of each cell that the air in bronchi takes, at most 0.8."""
    rows, columns = view.x[window].shape
    shape = (len(edges) - 1, rows, columns)
    place, volume = _bronchial_points(cloud, tree, step=0.7 * view.pixel_mm)
    row, column = view.points(place)
    row, column = row - window[0].start, column - window[1].start
    slab = np.floor((place[:, 1] - edges[0]) / SLAB_MM).astype(int)
    top, left = np.floor(row).astype(int), np.floor(column).astype(int)
    fine = (slab >= 0) & (slab < shape[0]) & (top >= 0) & (top < rows - 1)
    fine &= (left >= 0) & (left < columns - 1)
    slab, top, left, volume = slab[fine], top[fine], left[fine], volume[fine]
    down, right = row[fine] - top, column[fine] - left
    total = np.zeros(int(np.prod(shape)))
    first = (slab * rows + top) * columns + left
    for step, part in (
        (0, (1 - down) * (1 - right)),
        (1, (1 - down) * right),
        (columns, down * (1 - right)),
        (columns + 1, down * right),
    ):
        total += np.bincount(first + step, volume * part, len(total))
    cell = SLAB_MM * view.pixel_mm**2 / (view.stretch[0] * view.stretch[2])
    return np.minimum(total.reshape(shape) / cell, 0.8).astype(np.float32)


def _bronchial_points(
    cloud: Cloud, tree: Tree, *, step: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return points along the bronchi near a cloud, and the air volume of each.

    A bronchus runs beside every artery above 0.9 mm radius, about as wide.
    """
    middle = cloud.centres.mean(axis=0)
    reach = 2 * cloud.centres.std() + 2 * cloud.sigma.max() + 10
    near = np.linalg.norm(tree.start - middle, axis=1) < reach
    near &= tree.radius > 0.9
    start, radius = tree.start[near], tree.radius[near]
    along = tree.end[near] - start
    span = np.linalg.norm(along, axis=1)
    count = np.ceil(span / max(step, 0.5)).astype(int)
    owner = np.repeat(np.arange(len(span)), count)
    share = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    share = (share + 0.5) / count[owner]
    across = np.stack([along[:, 2], 0 * span, -along[:, 0]], axis=1)
    across *= (2.0 * radius / np.maximum(span, 1e-6))[:, None]
    place = start[owner] + share[:, None] * along[owner] + across[owner]
    volume = np.pi * np.square(0.85 * radius) * span / np.maximum(count, 1)
    return place, volume[owner]


def bronchial_places(
    anatomy: Anatomy, rng: np.random.Generator, *, near: np.ndarray, number: int
) -> np.ndarray:
    """Return points on small bronchi, drawn the likelier the nearer to a place."""
    tree = anatomy.tree
    small = (tree.radius > 0.5) & (tree.radius < 1.6)
    places = tree.end[small]
    same = np.sign(places[:, 0]) == np.sign(near[0])
    weight = same * np.exp(-np.square((places - near) / 32).sum(axis=1) / 2) + 1e-12
    return places[rng.choice(len(places), number, p=weight / weight.sum())]
