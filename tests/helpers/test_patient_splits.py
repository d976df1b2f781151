"""Splits by patient: by hand, as properties, and a split file that notices changes."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from helpers.patient_splits import (
    SplitFileError,
    check_leakage,
    patient_names,
    read_split,
    split_patients,
    write_split,
)

HALVES = {"train": 0.5, "test": 0.5}


def table_of(patients, **columns):
    """Return a table with one row per given patient."""
    return pd.DataFrame({"patient_id": list(patients), **columns})


@pytest.mark.parametrize("seed", range(30))
def test_split_belongs_to_the_patient_and_no_split_is_empty(seed):
    rng = np.random.default_rng(seed)
    table = table_of(rng.integers(0, 3 + seed, size=20 + 2 * seed))
    split = split_patients(table, seed=seed)
    assert check_leakage(table.assign(split=split)).clean
    assert set(split) == {"train", "tuning", "internal test"}
    shuffled = split_patients(table.sample(frac=1, random_state=seed), seed=seed)
    pd.testing.assert_series_equal(shuffled.sort_index(), split)


@pytest.mark.parametrize(
    ("patients", "shares", "sizes"),
    [
        (20, [0.6, 0.15, 0.25], [12, 3, 5]),  # exactly
        (10, [0.6, 0.15, 0.25], [6, 2, 2]),  # 1.5 and 2.5: first come
        (7, [0.5, 0.3, 0.2], [4, 2, 1]),  # 3.5, 2.1, 1.4
        (3, [0.98, 0.01, 0.01], [1, 1, 1]),  # none stays empty
        (2, [0.5, 0.5], [1, 1]),
    ],
)
def test_sizes_by_hand(patients, shares, sizes):
    names = ["train", "tuning", "internal test"][: len(shares)]
    fractions = dict(zip(names, shares, strict=True))
    split = split_patients(table_of(range(patients)), fractions=fractions, seed=0)
    assert [(split == name).sum() for name in names] == sizes
    if shares[1] == 0.15:  # the default
        assert (split == split_patients(table_of(range(patients)), seed=0)).all()


def test_a_split_of_known_draws():
    # whoever changes how patients are dealt changes every lesson
    table = table_of("HGFEDCBA").set_index(np.arange(8) + 5)
    split = split_patients(table, fractions=HALVES, seed=3)
    assert (split.name, split.index[0]) == ("split", 5)
    dealt = np.random.default_rng(3).permutation(list("ABCDEFGH"))
    assert split[::-1].tolist() == [
        "train" if name in dealt[:4] else "test" for name in "ABCDEFGH"
    ]


def test_stratified_split_keeps_the_share_of_diseased_patients():
    # 40 patients, the first 10 diseased at one of two visits: halves get 5 each
    table = table_of(np.repeat(range(40), 2))
    table["effusion"] = [int(p < 10 and visit) for p in range(40) for visit in (0, 1)]
    options = {"fractions": HALVES, "stratify": "effusion", "seed": 3}
    table["split"] = split_patients(table, **options)
    diseased = table[table["effusion"] == 1]
    assert diseased["split"].value_counts().to_dict() == {"train": 5, "test": 5}
    assert check_leakage(table).clean
    table["effusion"] = 1  # one stratum is empty
    split_patients(table, stratify="effusion", seed=3)


def test_patients_are_compared_by_name_whatever_their_type():
    mixed = [7, 7.0, " 7", "7,0", np.float32(7), "07", "P7.0"]
    assert patient_names(mixed).tolist() == ["7"] * 5 + ["07", "P7.0"]
    table = table_of([7, 7.0, "7", "8"], split=["x", "y", "x", "y"])
    assert check_leakage(table).shared_patients["patient_id"].tolist() == ["7"]
    split = split_patients(table_of([3, 1, 2, 2]), fractions=HALVES, seed=5)
    as_text = split_patients(table_of(["3", 1.0, "2", 2]), fractions=HALVES, seed=5)
    assert split.tolist() == as_text.tolist()


def refused(word, function, *inputs, **options):
    """Check that bad input is refused in words, one of which is given."""
    with pytest.raises(ValueError, match=word):
        function(*inputs, **options)


def test_impossible_splits_are_refused():
    refused("2 patient", split_patients, table_of("AABB"), seed=1)
    refused("1 patient", split_patients, table_of("AA"), fractions=HALVES, seed=1)
    one_ill = table_of("ABCD", mass=[1, 0, 0, 0])
    options = {"fractions": HALVES, "seed": 1}
    refused("1 patient", split_patients, one_ill, stratify="mass", **options)
    refused("'size'", split_patients, one_ill, stratify="size", seed=1)
    refused("0 and 1", split_patients, one_ill * 2, stratify="mass", seed=1)
    refused("column patient_id", split_patients, pd.DataFrame({"case": [1]}), seed=1)
    refused("0 rows", split_patients, table_of([]), seed=1)
    refused("1 of 3 rows.*row 1", split_patients, table_of(["A", None, "B"]), seed=1)
    for none in (
        " ",
        "nan",
        "None",
        "NA",
        "N/A",
        "<NA>",
        "?",
        "unknown",
        np.nan,
        pd.NaT,
    ):
        refused("of 3 rows.*row 2", split_patients, table_of(["A", "B", none]), seed=1)
    for wrong in ([0.7, 0.2], [0.7, 0.4], [1.0], [1.2, -0.2], [1.0, 0.0]):
        shares = dict(zip("ab", wrong, strict=False))
        refused("add up", split_patients, table_of("ABC"), fractions=shares, seed=1)


def test_check_leakage_names_patients_and_splits():
    table = table_of("AABBCDD", split=list("xyxxyyx"))
    report = check_leakage(table)
    assert not report.clean
    assert report.shared_patients["patient_id"].tolist() == ["A", "D"]
    assert report.describe() == (
        "7 images of 4 patients in 2 splits (x, y).\n"
        "Patients in more than one split: 2. For example A (2 images: x, y), "
        "D (2 images: x, y)."
    )
    refused("A .2 images", report.require_clean)
    report = check_leakage(table.assign(split=list("xxyyyxx")))
    report.require_clean()
    assert report.describe().endswith("Patients in more than one split: 0.")


def test_check_leakage_finds_equal_images_within_and_across_splits():
    images = np.arange(6, dtype=np.uint8)[:, None, None] * np.ones((2, 2), np.uint8)
    images[1] = images[0]  # both in train
    table = table_of("ABCDEF", split=["train"] * 4 + ["test"] * 2)
    assert check_leakage(table, images=images).clean
    images[4] = images[3]  # train and test, under two patient names
    report = check_leakage(table, images=images)
    assert report.duplicates_within == [[0, 1]]
    assert report.duplicates_across == [[3, 4]]
    assert report.describe().endswith("1 across splits, 1 within one split.")
    refused("1 across", report.require_clean)
    refused("3 images for 6 rows", check_leakage, table, images=images[:3])
    refused("column split", check_leakage, table_of("AB"))
    refused("split is missing in 1", check_leakage, table_of("AB", split=["x", ""]))


# --- the split file


@pytest.fixture
def table():
    """Return five images of four patients in three splits."""
    return table_of("AACBD", split=["train", "train", "tuning", "test", "train"])


LINES = "patient_id,split\nA,train\nB,test\nC,tuning\nD,train\n"


def test_split_file_by_hand(table, tmp_path):
    path = tmp_path / "split.csv"
    digest = write_split(table, path, facts={"seed": 7, "cohort": "example"})
    assert digest == hashlib.sha256(LINES.encode()).hexdigest()
    assert path.read_bytes().decode() == (
        "# images: 5\n"
        "# patients: 4 (test 1, train 2, tuning 1)\n"
        "# seed: 7\n"
        "# cohort: example\n"
        f"# sha256: {digest}\n{LINES}"
    )
    assert [one.name for one in tmp_path.iterdir()] == ["split.csv"]
    plain = pd.read_csv(path, comment="#")  # without the course
    assert plain["split"].tolist() == ["train", "test", "tuning", "train"]


def test_any_identifier_survives_the_file(tmp_path):
    names = ["a,b", '"q"', " x ", "é", "# x", "0012", "=1", "a\nb", "'", "patient_id"]
    table = table_of(names, split=["a", "b, c"] * 5)
    write_split(table, tmp_path / "split.csv")
    assert read_split(tmp_path / "split.csv", table).equals(table["split"])


def test_hash_depends_on_who_is_where_and_on_nothing_else(table, tmp_path):
    path = tmp_path / "split.csv"
    digest = write_split(table, path)
    other = table.iloc[[4, 2, 0, 3]].assign(age=50)
    assert write_split(other, path, facts={"seed": 1}) == digest
    assert write_split(table.replace({"tuning": "train"}), path) != digest
    write_split(table_of([7, 12], split=["x", "y"]), path)
    split = read_split(path, table_of(["12", "7"]).set_axis([3, 4]))
    assert split.to_dict() == {3: "y", 4: "x"}


def test_a_file_with_windows_line_ends_and_mark_is_read(table, tmp_path):
    path = tmp_path / "split.csv"
    write_split(table, path)
    windows = "\ufeff" + path.read_text().replace("\n", "\r\n")
    path.write_bytes(windows.encode())
    assert read_split(path, table).tolist() == table["split"].tolist()


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("B,test", "B,train", "edited or cut"),
        ("D,train\n", "", "edited or cut.* its 3 patients"),
        ("C,tuning\n", "C,tuning\nE,train\n", "edited or cut.* its 5 patients"),
        ("C,tuning", "A,tuning", "Line 7 .*'A,tuning'"),
        ("C,tuning", "C", "Line 7 .*'C'"),
        ("# sha256: ", "# digest: ", "no split file"),
        ("patient_id,split", "case,split", "no split file"),
        ("# images: 5", "# images: many", "no split file"),
        ("# images: 5", "# number: 5", "no split file"),
        ("# images: 5", "# images: 6", "has 5 .1 fewer"),
    ],
)
def test_a_changed_file_is_refused(table, tmp_path, old, new, word):
    path = tmp_path / "split.csv"
    write_split(table, path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    refused(word, read_split, path, table)


def test_any_changed_byte_and_every_cut_is_noticed(table, tmp_path):
    path = tmp_path / "split.csv"
    write_split(table, path)
    whole, rng = path.read_bytes(), np.random.default_rng(3)
    broken = [whole[:length] for length in range(len(whole) - 1)]
    for place in range(whole.index(b"patient_id,split"), len(whole)):
        other = bytearray(whole)
        other[place] ^= 1 << int(rng.integers(0, 8))
        broken.append(bytes(other))
    for text in broken:
        path.write_bytes(text)
        with pytest.raises(SplitFileError):
            read_split(path, table)


def test_a_table_that_is_not_the_one_of_the_file_is_named(table, tmp_path):
    path = tmp_path / "split.csv"
    write_split(table, path)
    fewer, without_b = table[1:], table[table["patient_id"] != "B"]
    refused("1 patient is in split.csv but.*: B. Load", read_split, path, without_b)
    refused("3 patients are in.*: E, F, G. Load", read_split, path, table_of("ABCDEFG"))
    refused("4 patients .*: E, F, G and 1 more", read_split, path, table_of("ABCDEFGH"))
    refused("5 images, the table has 4 .1 fewer", read_split, path, fewer)  # A is left
    refused("has 9 .4 more", read_split, path, pd.concat([table, fewer]))


def test_what_cannot_be_written_leaves_the_old_file(table, tmp_path):
    path = tmp_path / "split.csv"
    write_split(table, path)
    before = path.read_bytes()
    leaking = table.assign(split=["train", "tuning", *table["split"][2:]])
    refused("A .2 images", write_split, leaking, path)
    refused("one line", write_split, table, path, facts={"note": "two\nlines"})
    assert path.read_bytes() == before
