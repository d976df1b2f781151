"""The judgement of the simulator: its measures are right on cases worked by hand."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.stats import norm

from helpers.cohorts import Card, Cohort
from tests.helpers.square_cohort import square_cohort
from tools.evidence import judge, pages, real_films
from tools.evidence.physics_measures import hotelling_template


def graded(brightness, labels, splits) -> Cohort:
    """Return a cohort of flat images, one patient each."""
    images = np.zeros((len(labels), 32, 32), np.uint8)
    images += np.asarray(brightness, np.uint8)[:, None, None]
    table = pd.DataFrame({
        "patient_id": [f"P{k}" for k in range(len(labels))],
        "study_id": [f"S{k}" for k in range(len(labels))],
        "site": "A", "split": splits, "effusion": labels,
    })  # fmt: skip
    card = Card("Flat", "tests", "CC0", "none", ("effusion",), n_patients=len(labels))
    return Cohort("flat", images, table, None, card)


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
def test_auc_row_gives_no_number_to_a_handful(present):
    reference = (np.arange(100) < present).astype(int)
    row = judge.auc_row(reference, np.arange(100.0), np.arange(100))
    assert np.isnan([row["auc"], row["low"], row["high"]]).all()
    assert row["n_with"] == present


def test_auc_row_gives_no_number_to_many_films_of_a_few_patients():
    reference = np.repeat([0, 1], 50)
    patients = np.concatenate([np.arange(50), 100 + np.arange(50) % 7])
    row = judge.auc_row(reference, np.arange(100.0), patients)
    assert (row["n_with"], np.isnan(row["auc"])) == (50, True)


def test_images_of_one_patient_widen_the_interval():
    rng = np.random.default_rng(0)
    reference = np.tile([0, 1], 100)
    score = reference + rng.normal(0, 1.5, 200)
    alone = judge.auc_row(reference, score, np.arange(200))
    score = np.repeat(score[:20], 10)
    shared = judge.auc_row(
        np.repeat(reference[:20], 10), score, np.repeat(np.arange(20), 10)
    )
    assert shared["high"] - shared["low"] > 2 * (alone["high"] - alone["low"])


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


def test_hotelling_reaches_the_area_that_theory_gives():
    # white noise, known signal: d' = |signal| / sigma, AUC = Phi(d' / 2^.5)
    rng = np.random.default_rng(1)
    signal = np.zeros(judge.CHANNELS)
    signal[[0, 2]] = 0.9, 1.2  # d' = 1.5
    absent = rng.normal(0, 1, (6000, judge.CHANNELS))
    present = rng.normal(0, 1, (6000, judge.CHANNELS)) + signal
    template = hotelling_template(
        present[:3000], absent[:3000], shrinkage=judge.SHRINKAGE
    )
    np.testing.assert_allclose(template, signal / 1.02, atol=0.1)
    score = np.concatenate([absent[3000:], present[3000:]]) @ template
    row = judge.auc_row(np.repeat([0, 1], 3000), score, np.arange(6000))
    assert row["auc"] == pytest.approx(norm.cdf(1.5 / np.sqrt(2)), abs=0.015)


def bumps(contrast: float, n: int = 80) -> tuple[Cohort, np.ndarray]:
    """Return noisy films with a disc at changing places, masks, and their twins."""
    rng = np.random.default_rng(2)
    absent = rng.normal(120, 10, (n, 64, 64))
    rows, columns = np.mgrid[:64, :64]
    masks = np.empty((n, 64, 64), bool)
    for place in range(n):
        row, column = rng.integers(12, 52, 2)
        masks[place] = (rows - row) ** 2 + (columns - column) ** 2 <= 9
    present = absent + contrast * masks
    table = pd.DataFrame({
        "patient_id": np.arange(n).astype(str), "study_id": np.arange(n).astype(str),
        "site": "A", "split": np.repeat(["train", "internal test"], n // 2),
        "nodule": 1,
    })  # fmt: skip
    card = Card("Discs", "tests", "CC0", "none", ("nodule",), n_patients=n)
    cohort = Cohort("discs", present.astype(np.uint8), table, {"nodule": masks}, card)
    return cohort, absent.astype(np.uint8)


def test_the_observer_follows_the_contrast_and_is_blind_without_any():
    areas = []
    for contrast in (0.0, 2.0, 8.0):
        cohort, twins = bumps(contrast)
        row = judge.judge_observer(cohort, "nodule", twins)
        areas.append(row["auc"])
        assert (row["n_images"], row["n_with"], row["n_patients"]) == (80, 40, 40)
    assert areas[0] == 0.5
    assert areas[0] < areas[1] < areas[2]
    assert areas[2] > 0.95


@pytest.fixture
def nih(tmp_path, monkeypatch):
    """Two folders as the NIH copies are: eight films of six patients in each."""
    labels = {
        "file": [f"{k}.png" for k in range(8)],
        "finding_labels": ["No Finding"] * 4 + ["Mass"] * 3 + ["Pneumonia|Edema"],
        "patient_id": [1, 1, 2, 3, 4, 4, 5, 6],
    }
    for columns in real_films.SAME_FINDING.values():
        for name in columns:
            labels[name] = [int(name in text) for text in labels["finding_labels"]]
    for number, name in enumerate(real_films.SETS):
        (tmp_path / name).mkdir()
        table = pd.DataFrame(labels)
        table["patient_id"] += 3 * number
        table.to_csv(tmp_path / name / "labels.csv", index=False)
        for row in range(8):
            film = Image.fromarray(np.full((64, 64), 20 * row, np.uint8))
            film.save(tmp_path / name / f"{row}.png")
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    return tmp_path


def test_real_films_get_the_names_of_the_simulated_findings(nih):
    cohort = real_films.load_real("cxr_nih14_64px", 32)
    assert cohort.images.shape == (8, 32, 32)
    assert cohort.images[:, 0, 0].tolist() == [0, 20, 40, 60, 80, 100, 120, 140]
    assert cohort.labels("nodule").tolist() == [0, 0, 0, 0, 1, 1, 1, 0]
    assert cohort.labels("consolidation").tolist() == [0] * 7 + [1]
    assert cohort.labels("oedema").tolist() == [0] * 7 + [1]
    assert cohort.table["no_finding"].tolist() == [1] * 4 + [0] * 4


def test_no_patient_is_learnt_and_tested(nih):
    first, second = (real_films.load_real(name, 32) for name in real_films.SETS)
    others = real_films.without_patients(second, first)
    # patients 4 to 9 in the second set; 4, 5 and 6 are known from the first
    assert sorted(set(others.table["patient_id"])) == ["N7", "N8", "N9"]
    labels, n = np.tile([0, 1], 50), 100
    cohort = graded(np.zeros(n), labels, "external test")
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


def test_transfer_without_real_films_says_what_is_needed(monkeypatch, capsys):
    monkeypatch.delenv("COURSE_DATA_DIR", raising=False)
    assert judge.main(["--only", "transfer"]) == 2
    assert "COURSE_DATA_DIR" in capsys.readouterr().out


def test_the_command_measures_prints_and_writes(tmp_path, monkeypatch, capsys):
    cohort = square_cohort(160, rows=32, columns=32)
    monkeypatch.setattr(judge.cohorts, "load", lambda name, size=None: cohort)
    monkeypatch.setattr(judge, "SETTINGS", judge.training.TrainingSettings(steps=40))
    monkeypatch.setattr(judge, "EVIDENCE", tmp_path)
    page = tmp_path / "realism.md"
    page.write_text("Before <!-- begin difficulty --><!-- end difficulty --> after")
    monkeypatch.setitem(pages.put_into_page.__kwdefaults__, "page", page)
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    assert judge.main(["--only", "difficulty", "--write"]) == 0
    table = pd.read_csv(tmp_path / "insilico_difficulty.csv")
    assert len(table) == 3
    area = table.set_index("scored_by")["auc"]
    assert area["mean brightness"] > 0.8  # a square is 80 grey levels on 6 % of it
    assert area["small network, 64 px"] > 0.8
    assert "mean brightness" in capsys.readouterr().out
    written = page.read_text()
    assert written.startswith("Before")
    assert written.endswith("after")
    assert "| square | mean brightness | internal test | 20 / 40 (40) |" in written
    assert len(list((tmp_path / "cache" / "networks").glob("*.keras"))) == 1


def test_an_unknown_finding_is_named(monkeypatch, capsys):
    cohort = square_cohort(40)
    monkeypatch.setattr(judge.cohorts, "load", lambda name, size=None: cohort)
    arguments = ["--only", "difficulty", "--findings", "gout"]
    assert judge.main(arguments) == 2
    assert "gout. There are: square" in capsys.readouterr().out


@pytest.mark.slow
def test_default_cohort_is_not_trivial():
    cohort = judge.cohorts.load("chest_insilico")
    rows = (cohort.table["split"] == "internal test").to_numpy()
    labels = cohort.labels("consolidation")
    bright, pixels = (
        judge.area_under_roc(labels[rows], score(cohort, "consolidation")[rows])
        for score in (judge.brightness_scores, judge.regression_scores)
    )
    assert 0.38 < bright <= 0.62
    assert pixels <= 0.75
    assert 0.28 < labels.mean() < 0.42
