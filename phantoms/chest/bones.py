"""Every bone along the rays of a view, as pieces of cortex and of spongiosa."""

from __future__ import annotations

from phantoms.chest.anatomy import Anatomy
from phantoms.chest.bone_shapes import Bones, no_bones
from phantoms.chest.cage_wall import cage_wall
from phantoms.chest.posture import Posture
from phantoms.chest.projection import View
from phantoms.chest.ribs import add_ribs
from phantoms.chest.shoulder import add_shoulders
from phantoms.chest.sternum import add_sternum
from phantoms.chest.vertebrae import add_spine


def bone_pieces(anatomy: Anatomy, posture: Posture, view: View) -> Bones:
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
    bones = no_bones()
    for way in (1, -1):
        wall = cage_wall(skeleton, thorax, view, way=way)
        if wall is not None:
            add_ribs(bones, skeleton, wall, posture=posture)
    add_spine(bones, skeleton.spine, thorax, view=view, mineral=skeleton.mineral)
    add_sternum(bones, skeleton, thorax, view=view)
    add_shoulders(bones, skeleton, thorax, posture=posture, view=view)
    return bones
