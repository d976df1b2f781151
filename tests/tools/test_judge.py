"""The judgement of the simulator: its measures are right on cases worked by hand."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.helpers.square_cohort import square_cohort
from tests.tools.toy_cohort import toy_cohort
from tools.evidence import judge, pages, real_films
from tools.evidence.physics_measures import hotelling_template


def graded(brightness, labels, splits):
    """Return a cohort of flat images, one patient each."""
    images = np.asarray(brightness, np.uint8)[:, None, None] * np.ones((32, 32), "u1")
    return toy_cohort(images, labels, splits, finding="effusion")


def test_auc_row_counts_ranks_and_brackets():
    # 9 with, 9 without; the top one without is above 3 of those with: 78 of 81 pairs
    reference = np.repeat([0, 1], 9)
    score = np.arange(18.0)
    score[8] = 11.5
    row = judge.auc_row(reference, score, np.arange(18), finding="effusion")
    assert (row["n_images"], row["n_with"], row["n_patients"]) == (18, 9, 18)
    assert row["auc"] == round(78 / 81, 3)
    assert row["low"] < row["auc"] <= row["high"] <= 1.0
    assert next(iter(row)) == "finding"


@pytest.mark.parametrize("present", [7, 93])
def test_auc_row_gives_no_number_to_a_handful_of_patients(present):
    reference, patients = (np.arange(100) < present).astype(int), np.arange(100)
    row = judge.auc_row(reference, np.arange(100.0), patients)
    assert np.isnan([row["auc"], row["low"], row["high"]]).all()
    assert row["n_with"] == present
    reference = np.repeat([0, 1], 50)  # many films of seven patients
    row = judge.auc_row(reference, np.arange(100.0), np.minimum(patients, 56))
    assert (row["n_with"], np.isnan(row["auc"])) == (50, True)


def test_brightness_takes_its_direction_from_the_training_images():
    # darker with the finding in training, brighter in the test: the score is wrong
    labels = [0, 1] * 20
    splits = ["train"] * 20 + ["internal test"] * 20
    darker = np.where(np.array(labels) == 1, 50, 100)
    darker[20:] = 150 - darker[20:]
    score = judge.brightness_scores(graded(darker, labels, splits), "effusion")
    assert set(score[:20][1::2]) == {-50.0}
    row = judge.auc_row(np.array(labels[20:]), score[20:], np.arange(20))
    assert row["auc"] == 0.0


def test_regression_finds_a_place_that_brightness_cannot():
    # one block up, another down: the mean says nothing, the blocks everything
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 200)
    splits = np.repeat(["train", "tuning", "internal test"], [100, 40, 60])
    cohort = graded(np.full(200, 100), labels, splits)
    noise = rng.integers(0, 20, cohort.images.shape).astype(np.uint8)
    cohort.images[:] += noise
    cohort.images[labels == 1, :4, :4] += 40
    cohort.images[labels == 1, 8:12, 8:12] -= 40
    test = splits == "internal test"
    patients = np.arange(test.sum())
    bright = judge.brightness_scores(cohort, "effusion")[test]
    pixels = judge.regression_scores(cohort, "effusion")[test]
    assert judge.auc_row(labels[test], pixels, patients)["auc"] == 1.0
    assert judge.auc_row(labels[test], bright, patients)["auc"] < 0.75


def test_the_channels_see_the_place_asked_for():
    image = np.zeros((1, 128, 128))
    image[0, 3, 120] = 1.0  # near the corner: beyond the film its edge goes on
    here = judge.seen_by_channels(image, np.array([[3, 120]]), 8.0)
    there = judge.seen_by_channels(image, np.array([[90, 20]]), 8.0)
    assert here[0, 0] > 0
    assert not there.any()


def test_the_hotelling_template_of_white_noise_is_the_signal_shrunk():
    rng, signal = np.random.default_rng(1), np.array([0.9, 0.0, 1.2])
    absent, present = rng.normal(0, 1, (2, 9000, 3))
    for shrinkage in (0.0, 0.5):
        template = hotelling_template(present + signal, absent, shrinkage=shrinkage)
        np.testing.assert_allclose(template, signal / (1 + shrinkage), atol=0.05)


def bumps(contrast: float, n: int = 80):
    """Return noisy films with a disc at changing places, masks, and their twins."""
    rng = np.random.default_rng(2)
    absent = rng.normal(120, 10, (n, 64, 64))
    rows, columns = np.mgrid[:64, :64]
    masks = np.empty((n, 64, 64), bool)
    for place in range(n):
        row, column = rng.integers(12, 52, 2)
        masks[place] = (rows - row) ** 2 + (columns - column) ** 2 <= 9
    split = np.repeat(["train", "internal test"], n // 2)
    present = absent + contrast * masks
    cohort = toy_cohort(present, 1, split, finding="nodule", masks=masks)
    return cohort, absent.astype(np.uint8)


def test_the_observer_follows_the_contrast_and_is_blind_without_any():
    areas = []
    for contrast in (0.0, 2.0, 8.0):
        cohort, twins = bumps(contrast)
        row = judge.judge_observer(cohort, twins, "nodule")
        areas.append(row["auc"])
        assert (row["n_images"], row["n_with"], row["n_patients"]) == (80, 40, 40)
    assert areas[0] == 0.5
    assert areas[0] < areas[1] < areas[2]
    assert areas[2] > 0.95


@pytest.fixture
def nih(tmp_path, monkeypatch):
    """A folder as the NIH copies are: eight films of six patients."""
    labels = {
        "file": [f"{k}.png" for k in range(8)],
        "finding_labels": ["No Finding"] * 4 + ["Mass"] * 3 + ["Pneumonia|Edema"],
        "patient_id": [1, 1, 2, 3, 4, 4, 5, 6],
    }
    for columns in real_films.SAME_FINDING.values():
        for name in columns:
            labels[name] = [int(name in text) for text in labels["finding_labels"]]
    folder = tmp_path / "cxr_nih14_64px"
    folder.mkdir()
    pd.DataFrame(labels).to_csv(folder / "labels.csv", index=False)
    for row in range(8):
        film = Image.fromarray(np.full((64, 64), 20 * row, np.uint8))
        film.save(folder / f"{row}.png")
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))


def test_real_films_get_the_names_of_the_simulated_findings(nih):
    cohort = real_films.load_real("cxr_nih14_64px", 32)
    assert cohort.images.shape == (8, 32, 32)
    assert cohort.images[:, 0, 0].tolist() == [0, 20, 40, 60, 80, 100, 120, 140]
    assert cohort.table["patient_id"].tolist()[3:6] == ["N3", "N4", "N4"]
    assert cohort.labels("nodule").tolist() == [0, 0, 0, 0, 1, 1, 1, 0]
    assert cohort.labels("consolidation").tolist() == [0] * 7 + [1]
    assert cohort.labels("oedema").tolist() == [0] * 7 + [1]
    assert cohort.table["no_finding"].tolist() == [1] * 4 + [0] * 4


def test_patients_are_dealt_whole():
    cohort = graded(np.zeros(100), np.tile([0, 1], 50), "external test")
    cohort.table["patient_id"] = np.repeat(np.arange(50), 2).astype(str)
    table = real_films.dealt(cohort, "effusion").table
    assert table.groupby("patient_id")["split"].nunique().max() == 1
    assert set(table["split"]) == {"train", "tuning", "internal test"}


class Brightness:
    """Stands for a network whose score is the mean of the image."""

    input_shape = (None, 32, 32, 1)

    def __call__(self, images, *, training):
        return images.astype("float32").mean((1, 2)) / 255


def test_tested_compares_with_all_others_and_with_the_healthy():
    labels = np.repeat([0, 1], [20, 10])
    cohort = graded(np.arange(30), labels, "external test")
    cohort.images[10:20] = 200  # ill of something else, and bright
    cohort.table["no_finding"] = np.repeat([1, 0], [10, 20])
    rows = judge.tested(Brightness(), cohort, "effusion", trained_on="flat")
    found = {row["against"]: (row["n_images"], row["auc"]) for row in rows}
    assert found == {"all without it": (30, 0.5), "no finding at all": (20, 1.0)}


def test_transfer_without_real_films_says_what_is_needed(monkeypatch):
    monkeypatch.delenv("COURSE_DATA_DIR", raising=False)
    with pytest.raises(SystemExit, match="COURSE_DATA_DIR"):
        judge.main(["--only", "transfer"])


def test_the_command_measures_prints_and_writes(tmp_path, monkeypatch, capsys):
    cohort = square_cohort(160, rows=32, columns=32)
    monkeypatch.setattr(judge.cohorts, "load", lambda name, size=None: cohort)
    monkeypatch.setattr(judge.checkpoints, "trained_network", lambda *_: Brightness())
    monkeypatch.setattr(judge, "WIDTH_PX", {})
    monkeypatch.setattr(pages, "EVIDENCE", tmp_path)
    page = tmp_path / "realism.md"
    page.write_text("Before <!-- begin difficulty --><!-- end difficulty --> after")
    monkeypatch.setitem(pages.put_into_page.__kwdefaults__, "page", page)
    judge.main(["--only", "difficulty", "--write"])
    table = pd.read_csv(tmp_path / "insilico_difficulty.csv")
    assert len(table) == 3
    area = table.set_index("scored_by")["auc"]
    assert area["mean brightness"] > 0.8  # a square is 80 grey levels on 6 % of it
    assert area["small network, 32 px"] == area["mean brightness"]
    assert "mean brightness" in capsys.readouterr().out
    words = "| square | mean brightness | internal test | 20 / 40 (40) |"
    assert words in page.read_text()
