import numpy as np
import pytest

from phantoms import twin_films


@pytest.mark.parametrize("side", ["right", "left"])
def test_twins_differ_by_air_on_the_named_side(side):
    healthy, ill, mask = twin_films("P0001-1", side=side, collapse=0.4, size=64)
    columns = np.nonzero(mask)[1]
    assert (columns.mean() < 32) == (side == "right")  # right is at the image's left
    assert ill[mask].mean() < healthy[mask].mean()
    # the other side is the same lung, at most a little lighter: the processing adapts
    other = np.s_[:, 34:] if side == "right" else np.s_[:, :30]
    assert np.corrcoef(healthy[other].ravel(), ill[other].ravel())[0, 1] > 0.999
    change = ill.astype(int) - healthy
    assert abs(change[other].mean()) < -change[mask].mean() / 3


def test_more_air_covers_more():
    areas = [
        twin_films("P0001-1", side="left", collapse=collapse, size=64)[2].sum()
        for collapse in (0.15, 0.3, 0.6)
    ]
    assert areas == sorted(areas)
    assert areas[0] < areas[2]


def test_side_and_collapse_must_be_possible():
    with pytest.raises(ValueError, match="Choose 'right' or 'left'"):
        twin_films("P0001-1", side="both", collapse=0.4)
    with pytest.raises(ValueError, match="a share of the lung lies between 0 and 1"):
        twin_films("P0001-1", side="left", collapse=1.4)
