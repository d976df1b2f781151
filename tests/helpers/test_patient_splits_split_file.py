"""The split as a file: the same hash everywhere, and a change is noticed."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.patient_splits import (
    LeakageError,
    SplitFileError,
    read_split,
    split_hash,
    write_split,
)


@pytest.fixture
def table():
    """Return five images of four patients in three splits."""
    return pd.DataFrame(
        {
            "patient_id": ["A", "A", "C", "B", "D"],
            "split": ["train", "train", "tuning", "internal test", "train"],
        }
    )


def test_hash_is_the_sha_256_of_sorted_lines(table):
    text = "patient_id,split\nA,train\nB,internal test\nC,tuning\nD,train\n"
    assert split_hash(table) == hashlib.sha256(text.encode()).hexdigest()


def test_file_by_hand(table, tmp_path):
    path = tmp_path / "split.csv"
    digest = write_split(table, path, facts={"seed": 7, "cohort": "example"})
    assert path.read_bytes().decode() == (
        "# images: 5\n"
        "# patients: 4 (internal test 1, train 2, tuning 1)\n"
        "# seed: 7\n"
        "# cohort: example\n"
        f"# sha256: {digest}\n"
        "patient_id,split\n"
        "A,train\nB,internal test\nC,tuning\nD,train\n"
    )
    assert [one.name for one in tmp_path.iterdir()] == ["split.csv"]


def test_file_can_be_read_without_the_course(table, tmp_path):
    write_split(table, tmp_path / "split.csv")
    plain = pd.read_csv(tmp_path / "split.csv", comment="#")
    assert plain.to_dict("list")["split"] == [
        "train",
        "internal test",
        "tuning",
        "train",
    ]


def test_read_split_gives_every_image_its_split_by_index(table, tmp_path):
    write_split(table, tmp_path / "split.csv")
    rows = table[["patient_id"]].set_axis([10, 11, 12, 13, 14])[::-1]
    split = read_split(tmp_path / "split.csv", rows)
    assert split.index.tolist() == [14, 13, 12, 11, 10]
    assert split.name == "split"
    assert split.tolist() == table["split"].tolist()[::-1]


names = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\r\n\x1c\x1d\x1e\x85\u2028"),
    min_size=1,
    max_size=6,
).filter(lambda name: name.strip())


@given(st.dictionaries(names, st.sampled_from(["a", "b, c", '"d"']), min_size=1))
def test_any_identifier_survives_the_file(tmp_path_factory, patients):
    table = pd.DataFrame({"patient_id": list(patients), "split": patients.values()})
    path = tmp_path_factory.mktemp("split") / "split.csv"
    digest = write_split(table, path)
    assert read_split(path, table).tolist() == table["split"].tolist()
    assert split_hash(table) == digest


@given(st.permutations(range(5)))
def test_hash_does_not_depend_on_order_or_number_of_rows(order):
    table = pd.DataFrame({"patient_id": list("ABCDE"), "split": list("xxyyz")})
    shuffled = table.iloc[order + order[:2]].assign(age=50)
    assert split_hash(shuffled) == split_hash(table)


def test_hash_changes_when_one_patient_moves(table):
    moved = table.assign(split=["tuning", "tuning", *table["split"][2:]])
    assert split_hash(moved) != split_hash(table)


def test_numbers_and_text_are_the_same_patient(table, tmp_path):
    numbers = pd.DataFrame({"patient_id": [7, 12], "split": ["train", "test"]})
    digest = write_split(numbers, tmp_path / "split.csv")
    text = numbers.assign(patient_id=["7", "12"])
    assert split_hash(text) == digest
    assert read_split(tmp_path / "split.csv", text).tolist() == ["train", "test"]


def test_a_file_with_windows_line_ends_and_mark_is_read(table, tmp_path):
    path = tmp_path / "split.csv"
    write_split(table, path)
    windows = "\ufeff" + path.read_text().replace("\n", "\r\n")
    path.write_bytes(windows.encode("utf-8"))
    assert read_split(path, table).tolist() == table["split"].tolist()


def changed(path, old, new):
    """Replace a piece of the file's text."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("B,internal test", "B,train", "split.csv was edited or cut: the SHA-256 of"),
        ("D,train\n", "", "edited or cut: the SHA-256 of its 3 patients"),
        ("C,tuning\n", "C,tuning\nE,train\n", "edited or cut: .* its 5 patients"),
        ("C,tuning", "A,tuning", r"Line 7 of split.csv is 'A,tuning', .* each patient"),
        ("C,tuning", "C", "Line 7 of split.csv is 'C', expected a patient and a split"),
        ("# sha256: ", "# digest: ", "split.csv is no split file: expected lines of"),
        ("patient_id,split", "case,split", "split.csv is no split file"),
        ("# images: 5", "# images: many", "no split file: .* among them one '# images"),
        ("# patients", "# images: 5\n# patients", "split.csv is no split file"),
        (
            "# images: 5",
            "# images: 6",
            "written for 6 images, the table has 5 .1 fewer",
        ),
    ],
)
def test_a_changed_file_is_refused(table, tmp_path, old, new, words):
    path = tmp_path / "split.csv"
    write_split(table, path)
    changed(path, old, new)
    with pytest.raises(SplitFileError, match=words):
        read_split(path, table)


def test_any_one_byte_that_changes_the_split_is_noticed(table, tmp_path):
    path = tmp_path / "split.csv"
    write_split(table, path)
    whole = path.read_bytes()
    start = whole.index(b"patient_id,split")
    rng = np.random.default_rng(3)
    for place in range(start, len(whole)):
        broken = bytearray(whole)
        broken[place] ^= 1 << int(rng.integers(0, 8))
        path.write_bytes(bytes(broken))
        with pytest.raises(SplitFileError):
            read_split(path, table)


def test_every_cut_of_the_file_is_refused_or_gives_the_whole_split(table, tmp_path):
    path = tmp_path / "split.csv"
    write_split(table, path)
    whole = path.read_bytes()
    for length in range(len(whole) - 1):  # the last newline alone changes nothing
        path.write_bytes(whole[:length])
        with pytest.raises(SplitFileError):
            read_split(path, table)


def test_a_table_that_is_not_the_one_of_the_file_is_named(table, tmp_path):
    path = tmp_path / "split.csv"
    write_split(table, path)
    with pytest.raises(
        SplitFileError, match="1 patient is in split.csv but not in the table.*: B"
    ):
        read_split(path, table[table["patient_id"] != "B"])
    grown = pd.DataFrame({"patient_id": list("ABCDEFGHI")})
    with pytest.raises(
        SplitFileError,
        match="5 patients are in the table but not in split.csv, expected 0: E, F, G "
        "and 2 more",
    ):
        read_split(path, grown)
    moved = table.assign(split=[*table["split"][:4], "tuning"])
    with pytest.raises(SplitFileError, match="1 patient is in another split .*: D"):
        read_split(path, moved)


def test_an_image_that_was_lost_or_added_is_noticed(table, tmp_path):
    path = tmp_path / "split.csv"
    write_split(table, path)
    with pytest.raises(
        SplitFileError,
        match=r"written for 5 images, the table has 4 \(1 fewer\) of the",
    ):
        read_split(path, table[1:])  # A has another image: no patient is missing
    with pytest.raises(SplitFileError, match=r"the table has 7 \(2 more\) of the same"):
        read_split(path, pd.concat([table, table[:2]]))


def test_a_missing_file_is_named(table, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no split file .*nowhere\.csv\. Wri"):
        read_split(tmp_path / "nowhere.csv", table)


def test_a_leaking_table_writes_nothing_and_keeps_the_old_file(table, tmp_path):
    path = tmp_path / "split.csv"
    write_split(table, path)
    before = path.read_bytes()
    leaking = table.assign(split=["train", "tuning", *table["split"][2:]])
    with pytest.raises(LeakageError, match="1 of 4 patients lie in more than one"):
        write_split(leaking, path)
    assert path.read_bytes() == before
    with pytest.raises(LeakageError):
        write_split(leaking, tmp_path / "new.csv")
    assert [one.name for one in tmp_path.iterdir()] == ["split.csv"]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"note": "two\nlines"}, "fact 'note' is 'two.*nlines', expected .* one line"),
        ({"a: b": 1}, "The fact 'a: b' is '1', expected a name without a colon"),
    ],
)
def test_a_fact_that_breaks_the_header_is_refused(table, tmp_path, facts, words):
    with pytest.raises(ValueError, match=words):
        write_split(table, tmp_path / "split.csv", facts=facts)
    assert not list(tmp_path.iterdir())


def test_missing_columns_are_named(table, tmp_path):
    with pytest.raises(ValueError, match="no column split"):
        split_hash(table[["patient_id"]])
    with pytest.raises(ValueError, match="no column patient_id"):
        write_split(table[["split"]], tmp_path / "split.csv")
