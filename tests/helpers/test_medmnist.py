"""MedMNIST: findings of every task, what is refused, downloads from a local server."""

import hashlib
from pathlib import Path

import numpy as np
import pooch
import pytest

from helpers import cohorts, medmnist
from helpers.cohorts import CohortError, validate
from helpers.files import cache_dir
from helpers.medmnist import _fetch, _finding_columns, _local_file, _read_npz, registry
from tests.data.file_server import FileServer


def entry(name, **changes):
    row = registry().query("name == @name").iloc[0].copy()
    return row.replace({row[key]: new for key, new in changes.items()})


def write_npz(path, labels, *, shape=(28, 28), **changes):
    """Write three splits with the same labels; image i of a split is all i."""
    labels, arrays = np.asarray(labels, np.uint8), {}
    numbers = np.arange(len(labels), dtype=np.uint8).reshape(-1, *[1] * len(shape))
    for split in ("train", "val", "test"):
        arrays[f"{split}_images"] = np.zeros((len(labels), *shape), np.uint8) + numbers
        arrays[f"{split}_labels"] = labels
    arrays |= changes
    np.savez(path, **{name: a for name, a in arrays.items() if a is not None})
    return path


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return COURSE_DATA_DIR; nobody answers, and nothing is in the cache."""
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("COURSE_DATA_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(pooch.core.time, "sleep", lambda seconds: None)
    (tmp_path / "data" / "medmnist").mkdir(parents=True)
    return tmp_path / "data"


def test_registry_lists_eighteen_sets_in_sixty_files():
    # 12 two-dimensional sets in 4 sizes, 6 three-dimensional in 2: 48 + 12
    files = registry()
    assert (len(files), files["name"].nunique(), files["md5"].nunique()) == (60, 18, 60)
    assert files["md5"].str.fullmatch(r"[0-9a-f]{32}").all()
    assert files["url"].str.startswith("https").all()
    assert files["title"].str.len().min() > 5


def test_binary_set_has_one_finding_and_counts_by_split(tmp_path):
    path = write_npz(tmp_path / "p.npz", [[0], [1], [1]])
    cohort = validate(_read_npz(path, entry("pneumoniamnist")))
    assert cohort.findings == ["pneumonia"]
    assert cohort.labels("pneumonia").tolist() == [0, 1, 1] * 3
    assert cohort.table["label"].tolist() == [0, 1, 1] * 3
    splits = ["train"] * 3 + ["tuning"] * 3 + ["internal test"] * 3
    assert cohort.table["split"].tolist() == splits
    assert cohort.images.shape == (9, 28, 28)
    assert cohort.images[4].max() == 1  # the second of val
    assert not cohort.knows_patients
    assert cohort.table["patient_id"].tolist()[1] == "pneumoniamnist-000001"
    assert cohort.table["patient_id"].is_unique
    assert len(cohort.card.notes) == 2


def test_classes_grades_and_many_labels(tmp_path):
    path = write_npz(tmp_path / "o.npz", [[0], [1], [2], [3]], shape=(28, 28, 3))
    cohort = validate(_read_npz(path, entry("octmnist")))
    assert cohort.table[cohort.findings].to_numpy()[:4].tolist() == np.eye(4).tolist()
    columns = _finding_columns(entry("retinamnist"), np.arange(5)[:, None])
    assert columns["retinopathy grade 2 or worse"].tolist() == [0, 0, 1, 1, 1]
    assert columns["retinopathy grade 4"].tolist() == [0, 0, 0, 0, 1]
    columns = _finding_columns(entry("breastmnist"), np.array([[0], [1]]))
    assert columns["malignant"].tolist() == [1, 0]
    labels = np.zeros((2, 14), int)
    labels[1, [2, 6]] = 1  # effusion and pneumonia
    path = write_npz(tmp_path / "c.npz", labels, shape=(28, 28, 28))
    cohort = validate(_read_npz(path, entry("chestmnist")))
    assert cohort.is_volume
    assert cohort.card.default == "effusion"
    assert cohort.table.loc[1, cohort.findings].sum() == 2
    assert cohort.table.loc[1, ["effusion", "pneumonia"]].tolist() == [1, 1]
    assert "label" not in cohort.table


@pytest.mark.parametrize("name", registry()["name"].unique())
def test_default_finding_of_every_set_is_one_of_its_findings(name):
    row = entry(name)
    width = 14 if "multi-label" in row["task"] else 1
    columns = _finding_columns(row, np.zeros((2, width), int))
    assert row["default_finding"] in columns


DEEP = np.zeros((2, 9, 9), np.uint16)
REFUSED = {
    "damaged.*test_labels": {"test_labels": None},
    "never unpickled": {"val_images": np.array([{"a": 1}], dtype=object)},
    "uint16": {"train_images": DEEP, "val_images": DEEP, "test_images": DEEP},
    "holds the class 7": {"val_labels": np.array([[0], [7]])},
}


@pytest.mark.parametrize("message", REFUSED)
def test_file_that_is_not_of_medmnist_form_is_refused(tmp_path, message):
    path = write_npz(tmp_path / "x.npz", [[0], [1]], **REFUSED[message])
    with pytest.raises(CohortError, match=message):
        validate(_read_npz(path, entry("pneumoniamnist")))
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(CohortError, match="damaged"):
        _read_npz(path, entry("pneumoniamnist"))


def test_size_is_the_smallest_or_the_one_asked_for(folder, monkeypatch):
    asked = []
    monkeypatch.setattr(medmnist, "_local_file", asked.append)
    monkeypatch.setattr(medmnist, "_fetch", asked.append)
    monkeypatch.setattr(medmnist, "_read_npz", lambda path, row: row["file"])
    monkeypatch.setattr(medmnist, "validate", lambda cohort: cohort)
    assert cohorts.load("breastmnist") == "breastmnist.npz"
    assert cohorts.load("breastmnist", size=64) == "breastmnist_64.npz"
    assert len(asked) == 4
    with pytest.raises(CohortError, match="size 32; it is at 28, 64, 128, 224"):
        cohorts.load("breastmnist", size=32)


@pytest.mark.parametrize("place", ["", "medmnist"])
def test_published_file_in_the_data_folder_is_taken(folder, place):
    path = write_npz(folder / place / "breastmnist.npz", [[0], [1]])
    row = entry("breastmnist", md5=hashlib.md5(path.read_bytes()).hexdigest())
    assert _local_file(row) == path
    with pytest.raises(CohortError, match="is not the published"):
        _local_file(entry("breastmnist"))
    assert path.is_file()  # a person's file is never removed
    assert _local_file(entry("octmnist")) is None


def test_rebuilt_pneumonia_is_known_by_its_hash_and_said(folder, monkeypatch):
    path = write_npz(folder / "medmnist" / medmnist.REBUILT, [[0], [1]])
    with pytest.raises(CohortError, match="not the published pneumoniamnist.npz"):
        cohorts.load("pneumoniamnist")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(medmnist, "REBUILT_SHA256", digest)
    assert cohorts.load("pneumoniamnist").card.notes[0] == medmnist.REBUILT_NOTE
    assert _local_file(entry("breastmnist")) is None


BODY = bytes(range(256)) * 1200  # 300 kB: several chunks
SQUARES = {"file": "squares.npz", "md5": hashlib.md5(BODY).hexdigest()}


@pytest.fixture
def served(folder, monkeypatch):
    """Return a function: serve in these manners, and give the server back."""
    servers = []
    monkeypatch.setattr(medmnist, "TIMEOUT_S", (2, 0.3))

    def serve(*answers):
        servers.append(FileServer(BODY, list(answers)).__enter__())
        monkeypatch.setenv("COURSE_DATA_URL", servers[-1].address + "/")
        return servers[-1]

    yield serve
    for server in servers:
        server.__exit__()


def in_cache():
    return sorted(path.name for path in cache_dir().rglob("*"))


def test_good_file_arrives_whole_once_with_its_licence(served, capsys):
    server = served("good")
    path = _fetch(entry("breastmnist", **SQUARES))
    assert path == cache_dir() / "medmnist" / "squares.npz"
    assert path.read_bytes() == BODY
    said = capsys.readouterr().err
    assert "Licence: CC BY 4.0. Cite: Yang" in said
    assert "100%" in said
    _fetch(entry("breastmnist", **SQUARES))
    assert "Licence" not in capsys.readouterr().err
    assert (server.n_requests, in_cache()) == (1, ["medmnist", "squares.npz"])


@pytest.mark.parametrize("manner", ["wrong", "truncated", "500", "hang"])
def test_failure_is_mended_by_another_attempt_or_leaves_nothing(served, manner):
    server = served(manner)
    with pytest.raises(CohortError, match="Could not download") as caught:
        _fetch(entry("breastmnist", **SQUARES))
    assert SQUARES["md5"] in str(caught.value)
    assert server.address in str(caught.value)
    assert server.n_requests == 4
    assert in_cache() == ["medmnist"]
    served(manner, "good")
    assert _fetch(entry("breastmnist", **SQUARES)).read_bytes() == BODY


def test_full_disk_leaves_nothing_and_is_said(served, monkeypatch):
    def full(self, url, output_file, pooch, check_only=False):
        Path(output_file).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    served("good")
    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", full)
    with pytest.raises(CohortError, match="No space left.*COURSE_CACHE_DIR"):
        _fetch(entry("breastmnist", **SQUARES))
    assert in_cache() == ["medmnist"]


def test_without_a_mirror_the_publisher_is_asked(folder, monkeypatch):
    monkeypatch.delenv("COURSE_DATA_URL")
    asked = []

    def ask(self, url, *rest, **more):
        asked.append(url)
        raise OSError("no network in a test")

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", ask)
    with pytest.raises(CohortError, match="no network"):
        _fetch(entry("breastmnist"))
    assert asked == [entry("breastmnist")["url"]]


@pytest.mark.real_data
def test_pneumoniamnist_has_the_published_counts():
    # normal, pneumonia as published: train 1214, 3494; val 135, 389; test 234, 390
    if _local_file(entry("pneumoniamnist")) is None:
        pytest.skip(f"{medmnist.REBUILT} is not in COURSE_DATA_DIR")
    cohort = cohorts.load("pneumoniamnist")
    counts = cohort.table.groupby("split")["pneumonia"].agg(["size", "sum"])
    assert counts.loc["train"].tolist() == [4708, 3494]
    assert counts.loc["tuning"].tolist() == [524, 389]
    assert counts.loc["internal test"].tolist() == [624, 390]
