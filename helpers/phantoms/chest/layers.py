"""Every tissue of a chest as pieces of depth: what a radiograph and a CT share.

``tissue_layers`` is the one description of a healthy chest. The radiograph adds
the pieces' lengths along each ray; the CT fills voxels with the same pieces.
What is inside the skin and in no other layer is soft tissue.
"""

from __future__ import annotations

import numpy as np

from helpers.phantoms.chest.anatomy import (
    AIRWAY_WALL_MM,
    Anatomy,
    ChestSolids,
    chest_solids,
)
from helpers.phantoms.chest.posture import Posture
from helpers.phantoms.chest.projection import View
from helpers.phantoms.chest.shoulder import shoulders
from helpers.phantoms.chest.skeleton import ribs
from helpers.phantoms.chest.spine import spine_thickness
from helpers.phantoms.chest.thorax import body_interval, breast_thickness
from helpers.phantoms.chest.vessels import arm_tubes
from helpers.phantoms.shapes.solids import (
    Interval,
    Piece,
    ellipsoid,
    subtract,
)
from helpers.phantoms.shapes.tubes import Tube, tube_interval

Layers = dict[str, list[Piece]]

_BREAST_DEPTH_MM = -118.0
_ARM_LEAN = 0.85
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
    bones = bone_layers(anatomy, posture, view)
    bowel = bowel_gas(anatomy, posture, view)
    return (
        layers
        | bones
        | {
            "adipose": layers["adipose"] + mediastinal_fat(solids),
            "lung": [Piece(*piece) for piece in solids.lungs],
            "blood": blood_pieces(solids),
            "air": [Piece(*solids.airway), *bowel],
        }
    )


def body_layers(anatomy: Anatomy, posture: Posture, view: View) -> Layers:
    """Return everything inside the skin, and the fat and breasts under it."""
    thorax, x, z = anatomy.thorax, *view.at_depth(0.0)
    skin = body_interval(thorax, x, z)
    fat = subtract([skin], body_interval(thorax, x, z, inset_mm=thorax.fat_mm))
    whole = [skin]
    for arm in arm_tubes(posture):
        outer = tube_interval(view.seen(arm), x, z)
        inner = tube_interval(view.seen(Tube(arm.points, _ARM_LEAN * arm.radii)), x, z)
        beside = subtract([outer], skin)
        whole += beside
        fat += subtract(beside, inner)
    thick = breast_thickness(thorax, *view.at_depth(_BREAST_DEPTH_MM))
    breast = (skin[0] - thick, skin[0])
    gland = np.float32(anatomy.patient.gland_fraction)
    return {
        "body": [Piece(*piece) for piece in (*whole, breast)],
        "adipose": [*(Piece(*piece) for piece in fat), Piece(*breast, 1 - gland)],
        "gland": [Piece(*breast, gland)],
    }


def blood_pieces(solids: ChestSolids) -> list[Piece]:
    """Return heart, large arteries and aorta, disjoint and without the airways."""
    organs = (solids.heart, *solids.hilar, solids.aorta)
    found: list[Interval] = []
    for number, organ in enumerate(organs):
        rest = [organ]
        for hole in (solids.airway, *organs[:number]):
            rest = subtract(rest, hole)
        found += rest
    return [Piece(*piece) for piece in found]


def mediastinal_fat(solids: ChestSolids) -> list[Piece]:
    """Return the fat between the organs of the mediastinum, mixed with their walls."""
    fat = [solids.core]
    for hole in (solids.heart, *solids.hilar, solids.aorta, solids.spine):
        fat = subtract(fat, hole)
    front, back = solids.airway
    wall = np.where(back > front, np.float32(AIRWAY_WALL_MM), np.float32(0))
    fat = subtract(fat, (front - wall, back + wall))
    return [Piece(*piece, np.float32(_FAT_SHARE)) for piece in fat]


def bowel_gas(anatomy: Anatomy, posture: Posture, view: View) -> list[Piece]:
    """Return the gas in the stomach, flat at its fluid level."""
    radius = posture.gas_mm
    if not radius or posture.gas_kind == "none":
        return []
    thorax = anatomy.thorax
    top = thorax.dome_top[1] + posture.raised_mm[1]
    place = thorax.dome_lean[1] - 18 + 0.5 * radius
    centre = (place, -20.0, top - 5 - 0.6 * radius)
    x, z = view.at_depth(centre[1])
    bubble = ellipsoid(
        x, z, centre=centre, radii=(1.25 * radius, 0.9 * radius, 0.6 * radius)
    )
    return [Piece(*bubble, np.clip((z - centre[2] + 0.3 * radius) / 2, 0, 1))]


def bone_layers(anatomy: Anatomy, posture: Posture, view: View) -> Layers:
    """Return the shells and the marrow of all bones."""
    skeleton, cortex, marrow = anatomy.skeleton, [], []
    x, z = view.at_depth(0.0)
    rib = ribs(skeleton, anatomy.thorax, x, z, raised_mm=posture.breath_mm)
    column = spine_thickness(skeleton.spine, *view.at_depth(78.0))
    girdle = shoulders(skeleton, x, z, arm_mm=posture.blades_mm)
    for depth, (hard, inside) in ((94.0, rib), (78.0, column), (60.0, girdle)):
        for part, thick in ((cortex, hard), (marrow, inside)):
            half = np.float32(0.5) * thick
            part.append(Piece(depth - half, depth + half))
    return {"cortical bone": cortex, "spongiosa": marrow}
