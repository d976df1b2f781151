"""Every tissue of a chest as pieces of depth, and the paths of rays through them.

``tissue_layers`` is the one description of a healthy chest. The radiograph adds
the pieces' lengths along each ray (``trace_paths``, then ``optical_depth``); the CT
fills voxels with the same pieces. What is inside the skin and in no other layer is soft
tissue. Places and sizes of the gas in the gut are chosen for appearance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from phantoms.chest.anatomy import (
    Anatomy,
    ChestSolids,
    Tree,
    chest_solids,
    posed_tree,
    walled,
)
from phantoms.chest.bones import bone_pieces
from phantoms.chest.patients import Posture
from phantoms.chest.projection import View, splat
from phantoms.chest.skeleton import about
from phantoms.chest.thorax import (
    arm_tubes,
    body_interval,
    breast_thickness,
    cage_interval,
)
from phantoms.physics.attenuation import EFFECTIVE_ENERGY_KEV, attenuation_per_mm
from phantoms.shapes.solids import (
    Interval,
    Piece,
    Tube,
    crop,
    divided,
    ellipsoid,
    extent,
    intersect,
    look_up,
    path_length,
    smooth_tube,
    subtract,
    tube_interval,
)

Place = tuple[float, float]
Ball = tuple[Place, tuple[float, float, float]]  # (x, z), and radii, mm

_GAS_DEPTH_MM = -18.0
_GUT_WALL_MM = 5.0  # diaphragm and gut between the gas and the lung


def bowel_gas(
    anatomy: Anatomy, posture: Posture, view: View, *, abdomen: Interval
) -> list[Piece]:
    """Return the gas in stomach and colon, always under the diaphragm.

    Parameters
    ----------
    anatomy : Anatomy
    posture : Posture
        ``gas_kind`` says which gut holds gas, ``gas_mm`` how much.
    view : View
    abdomen : Interval
        What lies under the diaphragm, along the same rays.
    """
    size, kind = posture.gas_mm, posture.gas_kind
    if not size or kind == "none":
        return []
    rng = np.random.default_rng([*anatomy.patient.seed, int(1000 * size)])
    x, z = view.at_depth(_GAS_DEPTH_MM)
    top = anatomy.thorax.dome_top[1] + posture.raised_mm[1]
    place = (anatomy.thorax.dome_lean[1], top)
    half = np.zeros_like(x)
    if kind in ("fundus", "both"):
        balls = _fundus(rng, size, place)
        half = _thickest(x, z, balls)
        if not posture.supine:  # upright its fluid cuts it level
            (_, middle), (_, _, high) = balls[0]
            level = np.float32(middle + rng.uniform(-0.9, 0.5) * high)
            half = half * np.clip((z - level) / 2 + 0.5, 0, 1)
    if kind in ("colon", "both"):
        half = np.maximum(half, _thickest(x, z, _colon(rng, size, place)))
    # gas bodies about one depth: their union is the longest of them
    gas = (_GAS_DEPTH_MM - half, _GAS_DEPTH_MM + half)
    under = (abdomen[0] + _GUT_WALL_MM, abdomen[1] - _GUT_WALL_MM)
    return [Piece(*intersect(gas, under))]


def _fundus(rng: Generator, size_mm: float, place: Place) -> list[Ball]:
    """Return the stomach's gas: its dome and a fold beside it."""
    wide, high = size_mm * rng.uniform(0.9, 1.4), size_mm * rng.uniform(0.7, 1.1)
    centre = (place[0] - rng.uniform(0, 24), place[1] - 7 - high)
    fold = (centre[0] - 0.6 * wide, centre[1] - 0.5 * high)
    return [
        (centre, (wide, 0.9 * size_mm, high)),
        (fold, (0.7 * wide, 0.6 * size_mm, 0.7 * high)),
    ]


def _colon(rng: Generator, size_mm: float, place: Place) -> list[Ball]:
    """Return a gas-filled colon, pouch beside pouch."""
    calibre = 0.32 * size_mm + 7
    across, height = place[0] + rng.uniform(-10, 26), place[1] - rng.uniform(12, 26)
    heading = rng.uniform(-2.6, -1.7)  # towards the middle and down
    balls = []
    for _ in range(int(rng.integers(3, 8))):
        balls.append(((across, height), tuple(calibre * rng.uniform(0.75, 1.2, 3))))
        heading += rng.normal(0, 0.35)
        across += 1.25 * calibre * np.cos(heading)
        height += 1.25 * calibre * np.sin(heading)
    return balls


def _thickest(x: np.ndarray, z: np.ndarray, balls: Sequence[Ball]) -> np.ndarray:
    """Return half the greatest depth of ellipsoids whose middles lie at depth 0."""
    half = np.zeros_like(x)
    for (across, height), radii in balls:
        centre = (float(across), 0.0, float(height))
        ball = ellipsoid(x, z, centre=centre, radii=tuple(map(float, radii)))
        half = np.maximum(half, ball[1])
    return half


Layers = dict[str, list[Piece]]

_BREAST_DEPTH_MM = -118.0
_ARM_LEAN = 0.86  # radius of the muscle against the arm's
_CHIN_DEPTH_MM = -58.0
_JAW_SHARE = 0.35  # of the lower jaw is cortical bone
_FAT_IN_FRONT = 0.4  # of the abdomen's depth, where the guts lie in fat
_WALL_MM = 12.0  # of muscle on the cage and under the skin's fat
_WALL_FAT_SHARE = 0.4
_FAT_SHARE = 0.6  # of the mediastinum between its organs; the rest is nodes and walls


def tissue_layers(
    anatomy: Anatomy, posture: Posture, view: View, *, solids: ChestSolids | None = None
) -> Layers:
    """Return the pieces of every material of a healthy chest along a view's rays.

    Parameters
    ----------
    anatomy : Anatomy
    posture : Posture
    view : View
    solids : ChestSolids, optional
        The inner organs of the same view, when they are known already.

    Returns
    -------
    dict of str to list of Piece
        "body" (all inside the skin), and inside it "adipose" (under the skin and
        in the mediastinum), "gland", "lung", "blood", "air", "cortical bone" and
        "spongiosa". Depths are reference mm: times ``view.stretch[1]`` true mm.
        Lung, blood, air and fat are disjoint.
    """
    if solids is None:
        solids = chest_solids(anatomy, view, posture=posture)
    layers = body_layers(anatomy, posture, view)
    bones = bone_pieces(anatomy, posture, view)
    if posture.supine and posture.arms_down:
        chin, jaw = lowered_chin(posture, view, body=layers["body"])
        layers["body"] += chin
        bones["cortical bone"] += jaw
    bowel: list[Piece] = []
    for gas in bowel_gas(anatomy, posture, view, abdomen=solids.abdomen):
        bowel += _without((gas.front, gas.back), [solids.heart, solids.core])
    inside = {
        "adipose": [
            *layers["adipose"],
            *wall_fat(anatomy, posture, view),
            *mediastinal_fat(solids),
            *abdominal_fat(anatomy, solids, view, gas=bowel),
        ],
        "lung": [Piece(*piece) for piece in solids.lungs],
        "blood": blood_pieces(solids),
        "air": [Piece(*solids.airway), *bowel],
    }
    return layers | bones | inside


def body_layers(anatomy: Anatomy, posture: Posture, view: View) -> Layers:
    """Return everything inside the skin, and the fat and breasts under it."""
    thorax, x, z = anatomy.thorax, *view.at_depth(0.0)
    low = _before_shrug(posture, x, z)
    skin = body_interval(thorax, x, low)
    fat = subtract([skin], body_interval(thorax, x, low, inset_mm=thorax.fat_mm))
    arms: list[Interval] = []
    for arm in arm_tubes(posture):
        beside = subtract([tube_interval(view.seen(arm), x, z)], skin)
        muscle = Tube(arm.points, _ARM_LEAN * arm.radii)
        hole = tube_interval(view.seen(muscle), x, z)
        fat = subtract(fat, hole) + subtract(beside, hole)
        arms += beside
    thick = breast_thickness(thorax, *view.at_depth(_BREAST_DEPTH_MM))
    breast = (skin[0] - thick, skin[0])
    gland = np.float32(anatomy.patient.gland_fraction)
    return {
        "body": [Piece(*piece) for piece in (skin, *arms, breast)],
        "adipose": [*(Piece(*piece) for piece in fat), Piece(*breast, 1 - gland)],
        "gland": [Piece(*breast, gland)],
    }


def _before_shrug(posture: Posture, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return the heights that skin at height ``z`` has when no shoulder is lifted."""
    if not posture.shoulders_mm:
        return z
    beside = np.clip((np.abs(x) - 70) / 80, 0, 1)
    return z - np.float32(posture.shoulders_mm) * beside * np.clip((z - 20) / 60, 0, 1)


def wall_fat(anatomy: Anatomy, posture: Posture, view: View) -> list[Piece]:
    """Return the fat between the muscles at the sides of the chest."""
    thorax, x, z = anatomy.thorax, *view.at_depth(0.0)
    low = _before_shrug(posture, x, z)
    muscle = body_interval(thorax, x, low, inset_mm=thorax.fat_mm + _WALL_MM)
    cage = cage_interval(thorax, x, z, wall_mm=_WALL_MM)
    return [
        Piece(*piece, np.float32(_WALL_FAT_SHARE)) for piece in subtract([muscle], cage)
    ]


def lowered_chin(
    posture: Posture, view: View, *, body: Sequence[Piece]
) -> tuple[list[Piece], list[Piece]]:
    """Return the chin of a patient whose head sinks on the chest, and the jaw in it.

    Parameters
    ----------
    posture : Posture
        The more the shoulders are shrugged, the lower the chin.
    view : View
    body : sequence of Piece
        The body without it; its first piece is the trunk and neck.
    """
    height = 196 - 1.6 * posture.shoulders_mm
    x, z = view.at_depth(_CHIN_DEPTH_MM)
    above = np.minimum(z, np.float32(height))  # the head goes on upwards
    head = ellipsoid(x, above, centre=(0, _CHIN_DEPTH_MM, height), radii=(60, 52, 36))
    beside = subtract([head], (body[0].front, body[0].back))
    rows = (
        (-46, -32, height - 6, 5), (-34, -58, height - 18, 5), (0, -72, height - 24, 6),
        (34, -58, height - 18, 5), (46, -32, height - 6, 5),
    )  # fmt: skip
    jaw = tube_interval(view.seen(smooth_tube(rows)), view.x, view.z)
    return [Piece(*piece) for piece in beside], [Piece(*jaw, np.float32(_JAW_SHARE))]


def blood_pieces(solids: ChestSolids) -> list[Piece]:
    """Return heart, large arteries and aorta, disjoint and without the airways."""
    found: list[Piece] = []
    before = [solids.airway]
    for organ in (solids.heart, *solids.hilar, solids.aorta):
        found += _without(organ, before)
        before.append(organ)
    return found


def mediastinal_fat(solids: ChestSolids) -> list[Piece]:
    """Return the fat between the organs of the mediastinum, mixed with their walls."""
    organs = (solids.heart, *solids.hilar, solids.aorta, solids.spine)
    holes = [*organs, solids.abdomen, walled(solids.airway)]
    share = np.float32(_FAT_SHARE)
    return [
        *_without(solids.core, holes, share),
        *_without(solids.front_fat, [*holes, solids.core], share),
    ]


def _without(
    solid: Interval, holes: Sequence[Interval], weight: np.ndarray | float = 1.0
) -> list[Piece]:
    """Return a solid less others, as pieces over its own extent."""
    window = extent(solid)
    if window is None:
        return []
    rest = [crop(solid, window)]
    for hole in holes:
        rest = subtract(rest, crop(hole, window))
    if isinstance(weight, np.ndarray) and weight.ndim:
        weight = weight[window]
    return [Piece(*piece, weight, window) for piece in rest]


def abdominal_fat(
    anatomy: Anatomy, solids: ChestSolids, view: View, *, gas: Sequence[Piece]
) -> list[Piece]:
    """Return the fat between the guts, more of it away from the liver."""
    x, z = view.at_depth(0.0)
    patches = np.float32(0.16) * look_up(anatomy.soft_texture, 0.8 * x, 0.8 * z + 40)
    share = np.float32(0.10 + 0.006 * anatomy.thorax.fat_mm) + patches
    share *= 0.25 + 0.75 / (1 + np.exp(-np.clip((x + 10) / 14, -20, 20)))
    share = np.clip(2 * share, 0, 0.9).astype(np.float32)
    front, back = solids.abdomen
    fat = (front, front + _FAT_IN_FRONT * (back - front))
    holes = [solids.heart, solids.core, solids.airway]
    for front, back, _, window in gas:
        hole = np.zeros_like(fat[0]), np.zeros_like(fat[0])
        hole[0][window], hole[1][window] = front, back
        holes.append(hole)
    return _without(fat, holes, share)


_FISSURE_MM = 0.35  # both layers of pleura; chosen so that a CT shows thin lines
_MIDDLE_LOBE_MM = -45.0  # depth of its middle


def fissures(anatomy: Anatomy, solids: ChestSolids, view: View) -> list[Piece]:
    """Return the pleura between the lobes, as thin sheets across the lungs.

    The oblique fissures run from high at the back to low in front. The horizontal one
    of the right lung leans differently in everybody: a radiograph shows it as a
    hairline in the few in whom the rays run along it.
    """
    rng = np.random.default_rng([*anatomy.patient.seed, 79])
    lean = float(0.02 + 0.16 * rng.random())
    height, tilt, wave = rng.normal((-16, 0, 4), (6, 0.08, 1.5)).tolist()
    x, z = view.at_depth(_MIDDLE_LOBE_MM)
    z = z - np.float32(0.5 * solids.posture.breath_mm)
    oblique = 36 + 0.8 * z + wave * np.sin(x / 21) + 0.08 * np.abs(x)
    level = _MIDDLE_LOBE_MM + (z - height + tilt * (x + 70)) / lean
    # a sheet thinner than a row is drawn thicker and fainter
    thick = _FISSURE_MM + abs(view.cell()[3])
    share = np.float32(_FISSURE_MM / thick)
    before = np.where(x < 0, oblique, np.float32(-999))  # only the right lung has it
    front, back = about(level, np.float32(thick / (2 * lean)))
    sheets = about(oblique, np.float32(thick / 2.5)), (front, np.minimum(back, before))
    pieces = []
    for lung in solids.lungs:
        window = extent(lung)
        if window is not None:
            inside = crop(lung, window)
            for sheet in sheets:
                part = intersect(crop(sheet, window), inside)
                pieces.append(Piece(*part, share, window))
    return pieces


# share of the lungs' volume that one mm of both domes displaces
_EMPTIED_PER_MM = 0.0055


@dataclass(frozen=True)
class Paths:
    """Path lengths along the rays of a view, in true mm.

    Parameters
    ----------
    tissue : dict of str to float array of shape (rows, columns)
        Path through each material of ``attenuation``; they add up to the body.
    lung : float array of shape (rows, columns)
        Path through aerated lung.
    vessels : float array of shape (rows, columns)
        Blood in pulmonary vessels, which displaces lung.
    lung_mottle : float array of shape (rows, columns)
        Density of the lung against the material "lung".
    solids : ChestSolids
        The intervals from which findings are cut.
    """

    tissue: dict[str, np.ndarray]
    lung: np.ndarray
    vessels: np.ndarray
    lung_mottle: np.ndarray
    solids: ChestSolids


def tree_thickness(view: View, tree: Tree) -> np.ndarray:
    """Return the projected thickness of a branching tree, in mm."""
    along = tree.end - tree.start
    span = np.linalg.norm(along, axis=1)
    step = np.maximum(0.7 * tree.radius, view.cell()[0])
    pieces = np.ceil(span / step).astype(int)
    owner, share = divided(pieces)
    place = along.take(owner, axis=0)
    place *= share[:, None]
    place += tree.start.take(owner, axis=0)
    volume = np.pi * np.square(tree.radius) * span / pieces
    volume, radius = volume.take(owner), tree.radius.take(owner)
    return splat(view, place, volume=volume, radius=radius)


def trace_paths(anatomy: Anatomy, posture: Posture, view: View) -> Paths:
    """Return path lengths through every tissue of a healthy chest.

    Parameters
    ----------
    anatomy : Anatomy
    posture : Posture
    view : View
    """
    solids = chest_solids(anatomy, view, posture=posture)
    layers = tissue_layers(anatomy, posture, view, solids=solids)
    shape = view.x.shape
    length = {name: path_length(part, shape=shape) for name, part in layers.items()}
    body, lung = length.pop("body"), length.pop("lung")
    soft = np.maximum(body - lung - sum(length.values()), 0)
    x, z = view.at_depth(0.0)
    soft *= 1 + np.float32(0.018) * look_up(anatomy.soft_texture, x, z)
    true_mm = np.float32(view.stretch[1]) * view.slant()
    tissue = {name: true_mm * path for name, path in length.items()}
    tissue["soft tissue"] = true_mm * soft
    vessels = tree_thickness(view, posed_tree(anatomy, posture))
    vessels = np.minimum(vessels * np.clip(lung / 30, 0, 1), lung)
    mottle = lung_mottle(anatomy, posture, view)
    return Paths(tissue, true_mm * lung, true_mm * vessels, mottle, solids)


def lung_mottle(anatomy: Anatomy, posture: Posture, view: View) -> np.ndarray:
    """Return the density of the lungs against the material "lung" along each ray.

    A person's own density rises as the lungs empty, because their tissue stays;
    the bases are denser than the apices, and a texture stands for what is small.
    """
    x, z = view.at_depth(0.0)
    mottle = 1 + np.float32(0.04) * look_up(anatomy.lung_texture, x, z)
    dense = np.float32(0.10 + 0.008 * posture.breath_mm)
    mottle *= 1 + dense * np.clip(-(z + 20) / 100, -0.6, 1.2)
    emptied = 1 / (1 - _EMPTIED_PER_MM * np.clip(posture.breath_mm, -20, 60))
    return mottle * np.float32(anatomy.patient.lung_density * emptied)


def optical_depth(
    paths: Paths, *, energy_kev: float = EFFECTIVE_ENERGY_KEV
) -> np.ndarray:
    """Return the line integral of attenuation, without unit.

    Parameters
    ----------
    paths : Paths
    energy_kev : float
        Of the beam.
    """

    def mu(material: str) -> np.float32:
        return np.float32(attenuation_per_mm(material, energy_kev=energy_kev))

    total = sum(mu(material) * path for material, path in paths.tissue.items())
    total = total + mu("lung") * (paths.lung - paths.vessels) * paths.lung_mottle
    return total + mu("blood") * paths.vessels
