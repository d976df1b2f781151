"""MedMNIST files: findings of every task, what is refused, the known variant."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.cohorts.medmnist import find_local, finding_columns, read_medmnist
from helpers.cohorts.registry import (
    find_published,
    published_cards,
    published_files,
)
from helpers.cohorts.validation import validate

from helpers import cohorts
from helpers.cohorts import CohortError, medmnist


def write_npz(path, labels, *, shape=(28, 28), **changes):
    """Write three splits with the same labels; image i of a split is all i."""
    labels = np.asarray(labels, np.uint8)
    arrays = {}
    for split in ("train", "val", "test"):
        images = np.zeros((len(labels), *shape), np.uint8)
        images += np.arange(len(labels), dtype=np.uint8).reshape(-1, *[1] * len(shape))
        arrays[f"{split}_images"] = images
        arrays[f"{split}_labels"] = labels
    arrays.update(changes)
    np.savez(
        path, **{name: value for name, value in arrays.items() if value is not None}
    )
    return path


def as_published(path, entry):
    return replace(entry, md5=hashlib.md5(path.read_bytes()).hexdigest())


@pytest.fixture
def data_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("COURSE_DATA_URL", "http://127.0.0.1:9")  # nobody answers
    (tmp_path / "data" / "medmnist").mkdir(parents=True)
    return tmp_path / "data"


def test_registry_lists_eighteen_sets_in_sixty_files():
    # 12 two-dimensional sets in 4 sizes, 6 three-dimensional in 2: 48 + 12
    files = published_files()
    assert len({entry.name for entry in files}) == 18
    assert len(files) == 60
    assert len({entry.md5 for entry in files}) == 60
    assert all(
        len(entry.md5) == 32 and entry.url.startswith("https") for entry in files
    )
    assert set(published_cards()) == {entry.name for entry in files}


def test_binary_set_has_one_finding_and_counts_by_split(tmp_path):
    entry = find_published("pneumoniamnist")
    path = write_npz(tmp_path / "p.npz", [[0], [1], [1]])
    cohort = validate(read_medmnist(path, entry, variant=None))
    assert cohort.findings == ["pneumonia"]
    assert cohort.labels("pneumonia").tolist() == [0, 1, 1] * 3
    assert cohort.table["split"].tolist() == (
        ["train"] * 3 + ["tuning"] * 3 + ["internal test"] * 3
    )
    assert cohort.images.shape == (9, 28, 28)
    assert cohort.images[4].max() == 1  # the second of val
    assert not cohort.knows_patients
    assert cohort.table["patient_id"].is_unique


def test_breast_class_0_is_the_malignant_one(tmp_path):
    path = write_npz(tmp_path / "b.npz", [[0], [1]])
    cohort = read_medmnist(path, find_published("breastmnist"), variant=None)
    assert cohort.findings == ["malignant"]
    assert cohort.labels("malignant")[:2].tolist() == [1, 0]
    assert cohort.table["label"][:2].tolist() == [0, 1]


def test_classes_become_one_column_each_with_a_default(tmp_path):
    path = write_npz(tmp_path / "o.npz", [[0], [1], [2], [3]])
    cohort = validate(read_medmnist(path, find_published("octmnist"), variant=None))
    assert cohort.findings[0] == "choroidal neovascularization"
    assert cohort.finding() == "choroidal neovascularization"
    assert cohort.table[cohort.findings].iloc[:4].to_numpy().tolist() == (
        np.eye(4, dtype=int).tolist()
    )


def test_grades_become_thresholds():
    columns = finding_columns(
        find_published("retinamnist"), np.array([[0], [1], [2], [3], [4]])
    )
    assert columns["retinopathy grade 2 or worse"].tolist() == [0, 0, 1, 1, 1]
    assert columns["retinopathy grade 1 or worse"].tolist() == [0, 1, 1, 1, 1]
    assert columns["retinopathy grade 4"].tolist() == [0, 0, 0, 0, 1]


def test_fourteen_labels_are_fourteen_findings(tmp_path):
    labels = np.zeros((2, 14), int)
    labels[1, [2, 6]] = 1  # effusion and pneumonia
    path = write_npz(tmp_path / "c.npz", labels)
    cohort = validate(read_medmnist(path, find_published("chestmnist"), variant=None))
    assert len(cohort.findings) == 14
    assert cohort.table.loc[1, cohort.findings].sum() == 2
    assert cohort.table.loc[1, ["effusion", "pneumonia"]].tolist() == [1, 1]
    assert cohort.finding() == "effusion"


def test_volumes_and_colours_keep_their_axes(tmp_path):
    path = write_npz(tmp_path / "n.npz", [[0], [1]], shape=(28, 28, 28))
    volumes = read_medmnist(path, find_published("nodulemnist3d"), variant=None)
    assert volumes.images.shape == (6, 28, 28, 28)
    assert validate(volumes).is_volume
    path = write_npz(tmp_path / "d.npz", [[0], [4]], shape=(28, 28, 3))
    colours = read_medmnist(path, find_published("dermamnist"), variant=None)
    assert not validate(colours).is_volume


@pytest.mark.parametrize("name", published_cards())
def test_default_finding_of_every_set_is_one_of_its_findings(name):
    entry = find_published(name)
    width = 14 if "multi-label" in entry.task else 1
    columns = finding_columns(entry, np.zeros((2, width), int))
    card = published_cards()[name]
    assert card.default_finding in columns
    assert len(columns) == len(card.findings or entry.classes)


def test_class_number_that_is_not_published_is_refused():
    with pytest.raises(
        CohortError, match=r"class numbers \[0, 7\]; expected only 0 \("
    ):
        finding_columns(find_published("pneumoniamnist"), np.array([[0], [7]]))


REFUSED = {
    "objects": (
        {"val_images": np.array([{"a": 1}], dtype=object)},
        r"x.npz holds Python objects, not plain arrays.*the course never does",
    ),
    "missing array": (
        {"test_labels": None},
        "x.npz lacks an array: test_labels.*Expected train_",
    ),
    "16 bits": (
        {"train_images": np.zeros((2, 28, 28), np.uint16)},
        "2 train images of the type uint16 and 2 labels; expected uint8",
    ),
    "lengths": (
        {"val_images": np.zeros((5, 28, 28), np.uint8)},
        "has 5 val images of the type uint8 and 2 labels; expected.*one label each",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_file_that_is_not_of_medmnist_form_is_refused(tmp_path, name):
    changes, message = REFUSED[name]
    path = write_npz(tmp_path / "x.npz", [[0], [1]], **changes)
    with pytest.raises(CohortError, match=message):
        read_medmnist(path, find_published("pneumoniamnist"), variant=None)


def test_npz_cut_off_is_refused(tmp_path):
    path = write_npz(tmp_path / "x.npz", [[0], [1]])
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(
        CohortError, match="x.npz cannot be read as npz.*get the published file"
    ):
        read_medmnist(path, find_published("pneumoniamnist"), variant=None)


def test_unknown_size_lists_the_sizes(data_dir):
    with pytest.raises(
        CohortError, match="not published at size 32; it is at 28, 64, 128"
    ):
        cohorts.load("pneumoniamnist", size=32)


def test_unknown_name_lists_close_names(data_dir):
    with pytest.raises(
        CohortError, match="called 'pneumonia'. Did you mean pneumoniamnist"
    ):
        cohorts.load("pneumonia")
    with pytest.raises(
        CohortError, match="called 'xyz'. Expected the path of a folder"
    ):
        cohorts.load("xyz")


@pytest.mark.parametrize("place", ["", "medmnist"])
def test_published_file_in_the_data_folder_is_taken(data_dir, monkeypatch, place):
    path = write_npz(data_dir / place / "breastmnist.npz", [[0], [1]])
    entry = as_published(path, find_published("breastmnist"))
    assert find_local(entry) == (path, None)
    monkeypatch.setattr(medmnist, "find_published", lambda name, size: entry)
    assert len(cohorts.load("breastmnist")) == 6


def test_other_file_under_a_published_name_names_both_hashes(data_dir):
    path = write_npz(data_dir / "breastmnist.npz", [[0], [1]])
    found = hashlib.md5(path.read_bytes()).hexdigest()
    expected = find_published("breastmnist").md5
    with pytest.raises(CohortError, match=f"MD5 is {found}, expected {expected}"):
        cohorts.load("breastmnist")
    assert path.is_file()  # a person's file is never removed


def test_known_variant_is_accepted_by_hash_under_both_names(data_dir, monkeypatch):
    entry = find_published("pneumoniamnist")
    own_name = write_npz(data_dir / "medmnist" / "rebuilt.npz", [[0], [1]])
    digest = hashlib.sha256(own_name.read_bytes()).hexdigest()
    variant = medmnist.KnownVariant("rebuilt.npz", digest, "not the published file")
    monkeypatch.setitem(medmnist.KNOWN_VARIANTS, entry.file, variant)
    assert find_local(entry) == (own_name, "not the published file")
    assert cohorts.load("pneumoniamnist").card.variant == "not the published file"
    own_name.rename(data_dir / "pneumoniamnist.npz")
    assert find_local(entry)[0] == data_dir / "pneumoniamnist.npz"


def test_variant_with_another_hash_is_refused(data_dir):
    write_npz(data_dir / "pneumoniamnist_28_rebuilt.npz", [[0], [1]])
    with pytest.raises(
        CohortError, match="or the SHA-256 ce8250bf.*of the known variant"
    ):
        cohorts.load("pneumoniamnist")


def test_damaged_file_in_the_cache_is_removed_and_said(data_dir, capsys):
    cached = cohorts.cache_dir() / "medmnist" / "breastmnist.npz"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"half a file")
    assert find_local(find_published("breastmnist")) == (None, None)
    assert not cached.exists()
    assert "breastmnist.npz in the cache is damaged" in capsys.readouterr().err


REAL = Path(os.environ.get("COURSE_DATA_DIR", "/nowhere")).expanduser()


@pytest.mark.real_data
@pytest.mark.skipif(
    not (REAL / "medmnist" / "pneumoniamnist_28_rebuilt.npz").is_file(),
    reason="pneumoniamnist_28_rebuilt.npz is not in COURSE_DATA_DIR",
)
def test_pneumoniamnist_has_the_published_counts():
    # normal, pneumonia as published: train 1214, 3494; val 135, 389; test 234, 390
    cohort = cohorts.load("pneumoniamnist")
    counts = cohort.table.groupby("split")["pneumonia"].agg(["size", "sum"])
    assert counts.loc["train"].tolist() == [4708, 3494]
    assert counts.loc["tuning"].tolist() == [524, 389]
    assert counts.loc["internal test"].tolist() == [624, 390]
    assert "not the published" in cohort.card.variant
