"""Consolidation: airspaces full of fluid, in a lobe or in patches about the bronchi.

It is a cloud of soft balls, as every disease without a border of its own, cut by
fissures. A cloud is laid into slabs of depth. Where balls overlap they saturate, so no
place holds more than all of its lung; bronchi that run through it stay full of air.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from phantoms.chest.anatomy import Anatomy, ChestSolids, Tree
from phantoms.chest.projection import View
from phantoms.findings.finding import Filling, Finding, side_of, zone_of
from phantoms.findings.lung_space import places_in_lung
from phantoms.shapes.solids import (
    Interval,
    Piece,
    Window,
    divided,
    grid_window,
    look_up,
)

#: Thickness of a slab; a ball's weight is constant within one.
SLAB_MM = 6.0
#: The same for the parallel rays that fill a CT, whose slices would show the slabs.
THIN_SLAB_MM = 2.0
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
    lean : float
        How much the plane rises from the hilum to the wall; no fissure is level.
    wave_mm : float
        How far its dents reach up and down.
    """

    height_mm: float
    rise: float
    keep: int
    bulge_mm: float = 0.0
    lean: float = 0.0
    wave_mm: float = 0.0

    def inside(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return how far places lie on the cloud's side, in mm."""
        out = np.abs(x) - 75
        bulge = self.bulge_mm * (1 - np.square(out / 60) - np.square(y / 90))
        bulge += self.lean * out + self.wave_mm * np.sin(out / 11 + y / 19)
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
        How densely a ball fills its middle: 1 replaces half of the air, 5 nearly all.
    fissures : tuple of Fissure
    mottle : float
        Relative spread of the density within the cloud.
    bronchi : bool
        Whether the bronchi inside stay full of air.
    """

    centres: np.ndarray
    sigma: np.ndarray
    fill: float
    fissures: tuple[Fissure, ...] = ()
    mottle: float = 0.3
    bronchi: bool = True

    def grown(self, factor: float) -> Cloud:
        """Return the cloud larger or smaller by a factor about its middle."""
        middle = self.centres.mean(axis=0)
        centres = middle + factor * (self.centres - middle)
        return replace(self, centres=centres, sigma=self.sigma * factor)


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
    thick = THIN_SLAB_MM if np.isinf(view.source_y) else SLAB_MM
    edges = np.arange(low, high + thick, thick, np.float32)
    middle = (edges[:-1] + edges[1:]) / 2
    share = _share(cloud, anatomy, view=view, window=window, depth=middle)
    if cloud.bronchi:
        share *= _without_bronchi(
            cloud, anatomy.tree, view=view, window=window, edges=edges
        )
    lungs = [(a[window], b[window]) for a, b in solids.lungs]
    pieces = []
    for lung in lungs:
        pieces += _slabs(share, edges, lung=lung, window=window)
    return pieces


def _slabs(
    share: np.ndarray, edges: np.ndarray, *, lung: Interval, window: Window
) -> list[Piece]:
    """Return the slabs of a cloud cut to one piece of lung."""
    front, back = lung
    solid = back > front
    if not solid.any():
        return []
    first, last = front[solid].min(), back[solid].max()
    return [
        Piece(np.maximum(front, start), np.minimum(back, stop), weight, window)
        for weight, start, stop in zip(share, edges[:-1], edges[1:], strict=True)
        if start < last and stop > first and weight.max() > 0.004
    ]


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
    field = _field(cloud, view, window=window, depth=depth)
    # two fields in quadrature decorrelate the mottle from slab to slab
    first = look_up(anatomy.soft_texture, 1.6 * x, 1.6 * z)
    second = look_up(anatomy.lung_texture, 0.8 * x + 90, 0.8 * z)
    turn = depth[:, None, None] / np.float32(14)
    mottle = np.cos(turn) * first + np.sin(turn) * second
    mottle *= np.float32(cloud.mottle)
    mottle += 1
    field *= np.maximum(mottle, np.float32(0.1), out=mottle)
    # faint outskirts vanish, the middle saturates: fluffy but confluent
    share = field * field
    share *= np.float32(-cloud.fill) / (np.float32(0.35) + field)
    share = 1 - np.exp(share, out=share)
    for fissure in cloud.fissures:
        inside = fissure.inside(x[None], depth[:, None, None], z[None])
        share *= np.clip(inside / view.pixel_mm + 0.5, 0, 1)
    return share


def _field(
    cloud: Cloud, view: View, *, window: Window, depth: np.ndarray
) -> np.ndarray:
    """Return the sum of a cloud's balls, (slabs, rows, columns).

    A round Gaussian is a product over rows, columns and depth, so the sum over
    balls is one product of matrices.
    """
    row, column = view.points(cloud.centres)
    x_step, z_lean, x_lean, z_step = view.cell()
    wide = 0.5 / np.square(cloud.sigma)
    rows, columns = (np.arange(part.start, part.stop) for part in window)
    across = (columns[None] - column[:, None]) * np.hypot(x_step, z_lean)
    down = (rows[None] - row[:, None]) * np.hypot(z_step, x_lean)
    deep = depth[None] - cloud.centres[:, 1, None]
    across, down, deep = (
        np.exp(-np.square(off) * wide[:, None]).astype(np.float32)
        for off in (across, down, deep)
    )
    flat = (deep[:, :, None] * down[:, None, :]).reshape(len(wide), -1)
    return (flat.T @ across).reshape(len(depth), len(rows), len(columns))


def _without_bronchi(
    cloud: Cloud, tree: Tree, *, view: View, window: Window, edges: np.ndarray
) -> np.ndarray:
    """Return the share of each cell outside the air of bronchi, at least 0.2."""
    rows, columns = (part.stop - part.start for part in window)
    shape = (len(edges) - 1, rows, columns)
    place, volume = _bronchial_points(cloud, tree, step=0.7 * view.pixel_mm)
    row, column = view.points(place)
    row, column = row - window[0].start, column - window[1].start
    thick = float(edges[1] - edges[0])
    slab = np.floor((place[:, 1] - edges[0]) / thick).astype(int)
    top, left = np.floor(row).astype(int), np.floor(column).astype(int)
    fine = (slab >= 0) & (slab < shape[0]) & (top >= 0) & (top < rows - 1)
    fine &= (left >= 0) & (left < columns - 1)
    slab, top, left, volume = slab[fine], top[fine], left[fine], volume[fine]
    down, right = row[fine] - top, column[fine] - left
    first = (slab * rows + top) * columns + left
    cells = np.concatenate([first, first + 1, first + columns, first + columns + 1])
    parts = np.concatenate([
        (1 - down) * (1 - right), (1 - down) * right,
        down * (1 - right), down * right,
    ])  # fmt: skip
    total = np.bincount(cells, np.tile(volume, 4) * parts, int(np.prod(shape)))
    cell = thick * view.pixel_mm**2 / (view.stretch[0] * view.stretch[2])
    return 1 - np.minimum(total.reshape(shape) / cell, 0.8).astype(np.float32)


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
    owner, share = divided(count)
    across = np.stack([along[:, 2], 0 * span, -along[:, 0]], axis=1)
    across *= (2.0 * radius / np.maximum(span, 1e-6))[:, None]
    place = start[owner] + share[:, None] * along[owner] + across[owner]
    volume = np.pi * np.square(0.85 * radius) * span / np.maximum(count, 1)
    return place, volume[owner]


def bronchial_places(
    anatomy: Anatomy, rng: Generator, *, near: np.ndarray, number: int
) -> np.ndarray:
    """Return points on small bronchi, drawn the likelier the nearer to a place."""
    tree = anatomy.tree
    small = (tree.radius > 0.5) & (tree.radius < 1.6)
    places = tree.end[small]
    same = np.sign(places[:, 0]) == np.sign(near[0])
    weight = same * np.exp(-np.square((places - near) / 32).sum(axis=1) / 2) + 1e-12
    return places[rng.choice(len(places), number, p=weight / weight.sum())]


#: Share of consolidations that keep to a lobe; chosen.
LOBAR_SHARE = 0.45
#: Median days until half has cleared, and its spread; chosen within the weeks that
#: pneumonia takes to clear on radiographs.
HALF_LIFE_DAYS = (12.0, 0.4)

# the great fissure falls forwards, the small one is level; chosen for appearance
_GREAT = (-34.0, 1.0)
_SMALL = (-22.0, 0.05)
# the lobes as (side, fissures that bound it), with how often each is hit
_LOBES = {
    "right upper lobe": (0.22, -1, ((*_SMALL, 1), (*_GREAT, 1))),
    "middle lobe": (0.18, -1, ((*_SMALL, -1), (*_GREAT, 1))),
    "right lower lobe": (0.20, -1, ((*_GREAT, -1),)),
    "left upper lobe": (0.21, 1, ((*_GREAT, 1),)),
    "left lower lobe": (0.19, 1, ((*_GREAT, -1),)),
}


@dataclass(frozen=True, eq=False)
class Consolidation(Finding):
    """Lung full of fluid, with air left in the bronchi.

    Parameters
    ----------
    pattern : str
        "lobar": one confluent area that ends at the fissures of its lobe; or
        "broncho": patches about small bronchi, which know no fissure.
    cloud : Cloud
    lobe : str
        The lobe of a lobar consolidation, otherwise "".
    """

    pattern: str
    cloud: Cloud
    lobe: str = ""
    kind = "consolidation"

    @property
    def side(self) -> str:
        """Return "right", "left" or "both"."""
        return side_of(self.cloud.centres[:, 0])

    @property
    def zone(self) -> str:
        """Return the zone of its middle."""
        return zone_of(self.cloud.centres[:, 2])

    @property
    def severity(self) -> dict[str, float]:
        """Return extent (mm, twice the spread of its middle) and density (0 to 1)."""
        spread = float(2 * self.cloud.centres.std(axis=0).mean())
        dense = float(1 - np.exp(-self.cloud.fill / 1.35))
        return {"extent_mm": round(spread, 1), "density": round(dense, 3)}

    def fillings(
        self, anatomy: Anatomy, solids: ChestSolids, view: View
    ) -> list[Filling]:
        """Return the fluid in the airspaces."""
        pieces = cloud_pieces(self.cloud, anatomy, solids=solids, view=view)
        return [Filling("fluid", pieces)]

    def later(
        self, anatomy: Anatomy, *, days: float, rng: Generator
    ) -> Consolidation | None:
        """Return it some days later, smaller, or None once under 30 % is left.

        One in eight gets worse first.
        """
        median, spread = HALF_LIFE_DAYS
        half_life = median * float(np.exp(rng.normal(0, spread)))
        worse = rng.random() < 0.12 and days < 21
        left = 1.35 if worse else 0.5 ** (days / half_life)
        if left < 0.3:
            return None
        cloud = self.cloud.grown(float(np.clip(left**0.15, 0.75, 1.08)))
        return replace(self, cloud=replace(cloud, fill=cloud.fill * left))


def draw_consolidation(
    anatomy: Anatomy, rng: Generator, *, detectability: float = 1.0
) -> Consolidation:
    """Return a consolidation; ``detectability`` is a factor on how dense it is."""
    fill = detectability * float(rng.uniform(4.0, 12.0))
    if rng.random() < LOBAR_SHARE:
        return _draw_lobar(anatomy, rng, fill)
    return _draw_broncho(anatomy, rng, fill)


def _draw_lobar(anatomy: Anatomy, rng: Generator, fill: float) -> Consolidation:
    """Return a consolidation that begins in a lobe and ends at its fissures."""
    names = list(_LOBES)
    chance = np.array([_LOBES[name][0] for name in names])
    lobe = names[rng.choice(len(names), p=chance / chance.sum())]
    _, side, planes = _LOBES[lobe]
    sag = rng.normal(0, 5)
    fissures = tuple(
        Fissure(
            height + rng.normal(0, 6),
            rise + rng.normal(0, 0.08),
            keep,
            bulge_mm=sag - 4 * keep,
            lean=rng.normal(0, 0.12),
            wave_mm=rng.uniform(1.0, 3.0),
        )
        for height, rise, keep in planes
    )
    trial = places_in_lung(anatomy, rng, number=200, low=0.0)
    good = (side * trial[:, 0] > 0) & np.all(
        [fissure.inside(*trial.T) > 4 for fissure in fissures], axis=0
    )
    seat = trial[good][0] if good.any() else trial[side * trial[:, 0] > 0][0]
    extent = rng.uniform(13, 25) * np.array([1.0, 1.1, rng.uniform(0.7, 1.1)])
    centres = _cluster(seat, extent, number=int(rng.integers(22, 40)), rng=rng)
    sigma = rng.uniform(6.5, 12.5, len(centres))
    return Consolidation("lobar", Cloud(centres, sigma, fill, fissures), lobe)


def _draw_broncho(anatomy: Anatomy, rng: Generator, fill: float) -> Consolidation:
    """Return patches about the small bronchi of one or, at times, both lungs."""
    centres, sigma = [], []
    seats = [places_in_lung(anatomy, rng, low=0.1)[0]]
    for _ in range(rng.binomial(2, 0.35)):
        seat = places_in_lung(anatomy, rng, low=0.1)[0]
        seat[0] = np.abs(seat[0]) * np.sign(seats[0][0])
        if rng.random() < 0.3:
            seat[0] *= -1
        seats.append(seat)
    for seat in seats:
        number = int(rng.integers(9, 20))
        hearts = bronchial_places(anatomy, rng, near=seat, number=number)
        centres.append(hearts + rng.normal(0, 4, hearts.shape))
        sigma.append(rng.uniform(4.5, 11.0, number))
    cloud = Cloud(np.concatenate(centres), np.concatenate(sigma), 1.2 * fill)
    return Consolidation("broncho", replace(cloud, mottle=0.4))


def _cluster(
    seat: np.ndarray, extent: np.ndarray, *, number: int, rng: Generator
) -> np.ndarray:
    """Return ball centres about a seat, all in the lung where it lies."""
    cloud = seat + rng.standard_normal((number, 3)) * extent
    cloud[0] = seat
    return cloud[np.sign(cloud[:, 0]) == np.sign(seat[0])]
