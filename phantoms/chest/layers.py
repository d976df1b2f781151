"""Every tissue of a chest as pieces of depth: what a radiograph and a CT share.

``tissue_layers`` is the one description of a healthy chest. The radiograph adds
the pieces' lengths along each ray; the CT fills voxels with the same pieces.
What is inside the skin and in no other layer is soft tissue.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from phantoms.chest.anatomy import (
    Anatomy,
    ChestSolids,
    chest_solids,
    walled,
)
from phantoms.chest.bones import bone_pieces
from phantoms.chest.bowel import bowel_gas
from phantoms.chest.posture import Posture
from phantoms.chest.projection import View
from phantoms.chest.thorax import body_interval, breast_thickness, cage_interval
from phantoms.chest.vessels import arm_tubes
from phantoms.shapes.solids import (
    Interval,
    Piece,
    crop,
    ellipsoid,
    extent,
    subtract,
)
from phantoms.shapes.texture import look_up
from phantoms.shapes.tubes import Tube, smooth_tube, tube_interval

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
    anatomy: Anatomy,
    posture: Posture,
    view: View,
    *,
    solids: ChestSolids | None = None,
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
    bowel = [
        piece
        for gas in bowel_gas(anatomy, posture, view, abdomen=solids.abdomen)
        for piece in _without((gas.front, gas.back), [solids.heart, solids.core])
    ]
    return (
        layers
        | bones
        | {
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
    )


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
        "adipose": [
            *(Piece(*piece) for piece in fat),
            Piece(*breast, 1 - gland),
        ],
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
