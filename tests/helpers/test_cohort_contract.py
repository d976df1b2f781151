"""The contract: what a cohort offers, and every breach that its validator names."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers.cohort_contract import Card, Cohort, CohortError, validate


def tiny_table(**changes):
    """Return six images of four patients: P1 and P2 have two visits each."""
    table = {
        "patient_id": ["P1", "P1", "P2", "P2", "P3", "P4"],
        "study_id": ["P1-1", "P1-2", "P2-1", "P2-2", "P3-1", "P4-1"],
        "site": "A",
        "split": ["train"] * 2 + ["tuning"] * 2 + ["internal test"] * 2,
        "nodule": [0, 1, 1, 0, 1, 0],
        "effusion": [0, 1, 0, 1, 0, 0],
    }
    return pd.DataFrame(table | changes)


CARD = Card(
    title="Six squares",
    origin="this test",
    licence="CC0",
    citation="none",
    findings=("nodule", "effusion"),
    n_patients=4,
    pixel_spacing_mm=2.5,
    notes=("small",),
)
MASK = np.zeros((6, 4, 4), bool)


def tiny_cohort(**changes):
    """Return a cohort that keeps the contract; `changes` replace its parts."""
    images = np.arange(6 * 4 * 4, dtype=np.uint8).reshape(6, 4, 4)
    cohort = Cohort("tiny", images, tiny_table(), {"nodule": MASK}, CARD)
    return replace(cohort, **changes)


def test_split_returns_images_rows_and_masks_of_that_split():
    # rows 2 and 3 are tuning; image 2 begins with the value 2 * 16 = 32
    mask = MASK.copy()
    mask[3, 0, 0] = True
    tuning = tiny_cohort(masks={"nodule": mask}).split("tuning")
    assert tuning.images[:, 0, 0].tolist() == [32, 48]
    assert tuning.table["study_id"].tolist() == ["P2-1", "P2-2"]
    assert tuning.table.index.tolist() == [0, 1]
    assert tuning.masks["nodule"].sum(axis=(1, 2)).tolist() == [0, 1]
    assert tuning.labels("nodule").tolist() == [1, 0]
    assert tuning.labels("effusion").tolist() == [0, 1]
    assert tiny_cohort(masks=None).split("train").masks is None
    with pytest.raises(CohortError, match="'external test'; it has train; tuning"):
        tiny_cohort().split("external test")


def test_select_takes_positions_in_the_order_given_and_bool_masks():
    cohort = tiny_cohort()
    assert cohort.select([4, 0]).table["patient_id"].tolist() == ["P3", "P1"]
    chosen = cohort.select(cohort.table["nodule"] == 1)
    assert chosen.table["study_id"].tolist() == ["P1-2", "P2-1", "P3-1"]
    with pytest.raises(IndexError):
        cohort.select(np.array([True, False]))


def test_finding_is_the_first_of_the_card_or_the_one_named():
    cohort = tiny_cohort()
    assert (cohort.finding(), cohort.finding(""), CARD.default) == ("nodule",) * 3
    assert cohort.labels().tolist() == [0, 1, 1, 0, 1, 0]
    for ask in (cohort.finding, cohort.labels):
        with pytest.raises(CohortError, match="'fracture'.*nodule; effusion"):
            ask("fracture")


def test_finding_refuses_one_class_only_and_offers_another():
    # effusion is absent in both images of the internal test
    with pytest.raises(CohortError, match="one class only for effusion.*have: nodule"):
        tiny_cohort().finding("effusion")
    always = tiny_table(effusion=[0, 1, 0, 1, 1, 1])
    with pytest.raises(CohortError, match="one class only"):
        tiny_cohort(table=always).finding("effusion")
    assert tiny_cohort().split("internal test").finding("effusion") == "effusion"


def test_lacks_says_in_a_sentence_what_is_missing():
    cohort = tiny_cohort()
    asked = ("patients", "visits", "masks")
    assert [cohort.lacks(what) for what in asked] == [None] * 3
    assert cohort.lacks("sites") == "The cohort tiny comes from one site only."
    two = tiny_table(site=["A", "A", "B", "B", "B", "B"])
    assert tiny_cohort(table=two).lacks("sites") is None
    bare = tiny_cohort(masks=None, card=replace(CARD, n_patients=None))
    words = ("does not say which", "no patient with more", "has no masks")
    assert all(w in bare.lacks(what) for what, w in zip(asked, words, strict=True))
    once = tiny_table(study_id=list("aabbcd"))
    assert "more than one visit" in tiny_cohort(table=once).lacks("visits")


def test_describe_states_counts_licence_and_standard():
    text = tiny_cohort().describe()
    known = ["Six squares (tiny)", "Images: 6 of 4 x 4, display", "patients: 4\n"]
    known += ["\n  internal test: 2 images of 2 patients, nodule in 1\n", "Note: small"]
    known += ["Licence: CC0", "Pixel spacing: 2.5 mm", "Masks: nodule"]
    assert [words for words in known if words not in text] == []
    bare = replace(CARD, n_patients=None, pixel_spacing_mm=None)
    text = tiny_cohort(card=bare, masks=None).describe()
    unknown = ["patients: unknown", "train: 2 images, nodule in 1\n", "Masks: none"]
    unknown += ["Pixel spacing: unknown"]
    assert [words for words in unknown if words not in text] == []


def test_fingerprint_changes_with_pixels_labels_and_splits_only():
    cohort = tiny_cohort()
    turned = replace(CARD, findings=CARD.findings[::-1])
    same = tiny_cohort(name="other", masks=None, card=turned)
    assert cohort.fingerprint == same.fingerprint
    images = cohort.images.copy()
    images[5, 3, 3] += 1
    moved = tiny_table(split=["train"] * 3 + ["tuning"] + ["internal test"] * 2)
    others = [
        tiny_cohort(images=images),
        tiny_cohort(images=cohort.images.reshape(6, 2, 8)),
        tiny_cohort(table=tiny_table(effusion=[1, 1, 0, 1, 0, 0])),
        tiny_cohort(table=moved),
    ]
    assert len({cohort.fingerprint, *(other.fingerprint for other in others)}) == 5
    assert len(cohort.fingerprint) == 16


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("patient_id", ["P1", "P1", "P2", None, "P3", "P4"], "Row 3 .*'patient_id'"),
        ("study_id", ["a", " ", *"cdef"], "Row 1 .*'study_id'"),
        ("study_id", [7, *"bcdef"], "Row 0 .*'study_id': found 7"),
        ("nodule", [0, 1, np.nan, 0, 1, 0], "Row 2 .*'nodule': found nan"),
        ("effusion", [0, 1, 0, 1, 2, 2], "Row 4 .*'effusion': found 2.*2 are so"),
        ("split", ["train"] * 5 + ["val"], "Row 5 .*'split': found val"),
        ("split", ["train"] * 4 + ["internal test"] * 2, "no image in tuning"),
        ("patient_id", ["P1", "P1", *"abc", "P1"], "P1 .*internal test, train"),
        ("patient_id", ["7", "7", *"abc", "7.0"], "more than one split: 1"),
        ("patient_id", [*"abcde", "nan"], "Row 5 .*'patient_id': found nan"),
    ],
)
def test_validate_names_row_and_column(column, values, message):
    with pytest.raises(CohortError, match=message):
        validate(tiny_cohort(table=tiny_table(**{column: values})))


BREACHES = {
    "uint8": {"images": np.zeros((6, 4, 4), np.uint16)},
    r"uint8 \(6, 16\)": {"images": np.zeros((6, 16), np.uint8)},
    "5 images and 6 rows": {"images": np.zeros((5, 4, 4), np.uint8)},
    r"lacks columns: \['effusion', 'site'\]": {
        "table": tiny_table().drop(columns=["site", "effusion"])
    },
    r"findings \[\]": {"card": replace(CARD, findings=())},
    r"mask of 'nodule'.*\(6, 4, 5\)": {"masks": {"nodule": np.zeros((6, 4, 5), bool)}},
    "mask of 'nodule' in tiny is uint8": {"masks": {"nodule": MASK.astype(np.uint8)}},
    "mask of 'lung'": {"masks": {"lung": MASK}},
}


@pytest.mark.parametrize("message", BREACHES)
def test_validate_names_the_breach(message):
    with pytest.raises(CohortError, match=message):
        validate(tiny_cohort(**BREACHES[message]))


def test_validate_lets_sound_cohorts_pass():
    volume = np.zeros((6, 5, 4, 4), np.uint8)
    colour = np.zeros((6, 4, 4, 3), np.uint8)
    sound = [
        tiny_cohort(),
        tiny_cohort().split("train"),
        tiny_cohort(images=colour),
        tiny_cohort(images=volume, masks={"nodule": np.zeros(volume.shape, bool)}),
    ]
    assert all(validate(cohort) is cohort for cohort in sound)
    assert [cohort.is_volume for cohort in sound] == [False, False, False, True]
