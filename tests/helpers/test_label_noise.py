"""Label noise: exact shares, and the apparent AUC by counting."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from helpers.label_noise import (
    KINDS,
    apparent_auc,
    flip_labels,
    predictive_values,
    wrong_labels,
)


@pytest.mark.parametrize("missed", [0, 0.24, 0.5, 1])
@pytest.mark.parametrize("invented", [0, 0.31, 1])
def test_exactly_the_stated_share_is_wrong(missed, invented):
    truth = np.tile([1, 0, 0], 10)
    kept = truth.copy()
    noisy = flip_labels(truth, missed=missed, invented=invented, seed=3)
    assert (noisy != truth)[truth == 1].sum() == round(missed * 10)
    assert (noisy != truth)[truth == 0].sum() == round(invented * 20)
    np.testing.assert_array_equal(truth, kept)


def test_flips_follow_the_seed():
    truth = np.tile([1, 0, 0], 20)
    first, again, other = (
        flip_labels(truth, missed=0.3, invented=0.3, seed=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_wrong_labels_of_each_kind():
    truth, size = np.array([1] * 10 + [0] * 20), np.arange(30)
    changed = {
        kind: wrong_labels(truth, kind=kind, rate=0.2, seed=3, size=size) - truth
        for kind in KINDS
    }
    assert [(change == -1).sum() for change in changed.values()] == [2, 2, 2]
    assert [(change == 1).sum() for change in changed.values()] == [4, 0, 0]
    assert np.flatnonzero(changed["smallest missed"]).tolist() == [0, 1]
    drawn = [wrong_labels(truth, kind="missed", rate=0.2, seed=k) for k in (0, 4)]
    assert (drawn[0] != drawn[1]).any()
    default = wrong_labels(truth, kind="missed", rate=0.2)
    np.testing.assert_array_equal(default, drawn[0])


def test_smallest_by_hand():
    truth, size = [1, 1, 0, 1, 1], [30, 5, np.nan, 20, 5]

    def hidden(rate):
        return wrong_labels(truth, kind="smallest missed", rate=rate, size=size)

    assert hidden(0.25).tolist() == [1, 0, 0, 1, 1]
    assert hidden(0.5).tolist() == [1, 0, 0, 1, 0]
    assert hidden(0).tolist() == truth


def test_predictive_values_by_hand():
    # of 100: 20 ill, 18 labelled 1; 80 well, 24 labelled 1: 18 of 42, 56 of 58
    values = predictive_values(prevalence=0.2, missed=0.1, invented=0.3)
    assert values == pytest.approx((18 / 42, 56 / 58))


def test_apparent_auc_by_counting_every_pair():
    # score orders 3 of 4 pairs: AUC 0.75. Averaged over all ways to turn one 1 and one
    # 0 round: half of the labels true in each class, a + b - 1 = 0, so 0.5
    truth, score = np.array([1, 1, 0, 0]), np.array([4, 2, 3, 1])
    seen = []
    for flipped in ([0, 2], [0, 3], [1, 2], [1, 3]):
        noisy = truth.copy()
        noisy[flipped] = 1 - noisy[flipped]
        seen.append(roc_auc_score(noisy, score))
    expected = apparent_auc(0.75, true_ones=0.5, true_zeros=0.5)
    assert np.mean(seen) == pytest.approx(expected)
    # ill and well 0.8 x 0.9 of pairs, two ill 0.08, two well 0.18, well and ill 0.02:
    # 0.72 x 0.9 + (0.08 + 0.18) / 2 + 0.02 x 0.1 = 0.78
    found = apparent_auc(0.9, true_ones=0.8, true_zeros=0.9)
    assert found == pytest.approx(0.78)


def refused(word, function, *inputs, **options):
    """Check that bad input is refused in words, one of which is given."""
    with pytest.raises(ValueError, match=word):
        function(*inputs, **options)


def test_bad_input_is_refused():
    refused("missed is 20", flip_labels, [0, 1], missed=20, invented=0, seed=1)
    refused("invented is -1", flip_labels, [0, 1], missed=0, invented=-1, seed=1)
    refused("value 2", flip_labels, [0, 2], missed=0, invented=0, seed=1)
    refused("kind is 'any'", wrong_labels, [1, 0], kind="any", rate=0.1)
    smallest = {"kind": "smallest missed", "rate": 0.1}
    refused(r"shape \(\)", wrong_labels, [1, 0], **smallest)
    refused(r"shape \(1,\)", wrong_labels, [1, 0], **smallest, size=[1])
    refused("none missing", wrong_labels, [1, 0], **smallest, size=[np.nan, 1])
    refused("would be 0", predictive_values, prevalence=0, missed=0, invented=0)
    refused("would be 1", predictive_values, prevalence=1, missed=0, invented=0)
    refused("prevalence is 2", predictive_values, prevalence=2, missed=0, invented=0)
    refused("auc is 1.2", apparent_auc, 1.2, true_ones=1, true_zeros=1)
    refused("auc is nan", apparent_auc, np.nan, true_ones=1, true_zeros=1)
