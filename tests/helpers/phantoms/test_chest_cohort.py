"""The cohort: same pixels everywhere, honest table, masks that mean something."""

import subprocess
import sys
import time

import numpy as np
import pytest

from helpers.phantoms import (
    ChestCohortSettings,
    draw_patient,
    make_chest_cohort,
    render_chest,
)
from helpers.phantoms.cohort import worker
from helpers.phantoms.cohort.visits import split_of_patients, visits_of_patients
from helpers.phantoms.findings.airspace import FINDINGS

SMALL = ChestCohortSettings(seed=5, n_patients=40, n_images=64, size=64)


@pytest.fixture(scope="module")
def cohort():
    return make_chest_cohort(SMALL, progress=False, workers=1)


def test_cohort_has_the_promised_shapes_and_columns(cohort):
    images, table, masks = cohort
    assert images.shape == (64, 64, 64)
    assert images.dtype == np.uint8
    assert set(masks) == {"consolidation", "nodule"}
    assert all(m.shape == images.shape and m.dtype == bool for m in masks.values())
    wanted = {"patient_id", "study_id", "visit", "days_since_first", "site", "scanner"}
    wanted |= {"split", "consolidation", "nodule", "age", "sex", "view"}
    assert wanted <= set(table.columns)
    assert table["study_id"].is_unique
    assert set(table["sex"]) == {"F", "M"}


def test_cohort_is_the_same_with_one_and_two_workers(cohort):
    images, table, masks = make_chest_cohort(SMALL, progress=False, workers=2)
    np.testing.assert_array_equal(images, cohort[0])
    np.testing.assert_array_equal(masks["nodule"], cohort[2]["nodule"])
    assert table.equals(cohort[1])


def test_image_is_the_same_in_another_process():
    code = (
        "import hashlib; from helpers.phantoms import draw_patient, render_chest;"
        "image = render_chest(draw_patient(3, cohort_seed=5), size=64, visit=2).image;"
        "print(hashlib.sha256(image.tobytes()).hexdigest())"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert len(runs[0].strip()) == 64


def test_another_seed_gives_other_patients():
    first = render_chest(draw_patient(3, cohort_seed=5), size=64).image
    other = render_chest(draw_patient(3, cohort_seed=6), size=64).image
    assert np.mean(first != other) > 0.5


def test_labels_agree_with_masks_and_areas(cohort):
    _, table, masks = cohort
    for kind in FINDINGS:
        seen = masks[kind].any(axis=(1, 2)).astype(int)
        np.testing.assert_array_equal(table[kind], seen)
        # 64 pixels over 384 mm: each pixel is 6 mm x 6 mm
        area = masks[kind].sum(axis=(1, 2)) * 36.0
        np.testing.assert_allclose(table[f"{kind}_area_mm2"], area, atol=0.06)


def test_no_patient_is_in_two_splits(cohort):
    table = cohort[1]
    assert table.groupby("patient_id")["split"].nunique().max() == 1
    assert set(table["split"]) == {"train", "tuning", "internal test"}


def test_splits_have_60_15_25_percent_of_the_patients():
    split = split_of_patients(ChestCohortSettings())
    shares = {name: np.mean(split == name) for name in set(split)}
    assert shares == pytest.approx(
        {"train": 0.6, "tuning": 0.15, "internal test": 0.25}
    )


def test_default_settings_give_800_second_visits():
    visits = visits_of_patients(ChestCohortSettings())
    assert (visits == 2).sum() == 800
    assert visits.sum() == 2000


def test_second_visit_is_the_same_patient_later(cohort):
    table = cohort[1]
    second = table[table["visit"] == 2].set_index("patient_id")
    first = table[table["visit"] == 1].set_index("patient_id").loc[second.index]
    assert len(second) == 24
    assert (first["days_since_first"] == 0).all()
    assert (second["days_since_first"] >= 14).all()
    assert (first["sex"] == second["sex"]).all()


def test_second_visit_looks_like_the_patient_and_not_like_another(cohort):
    images, table, _ = cohort
    flat = images.reshape(len(images), -1).astype(float)
    alike = np.corrcoef(flat)
    pair = [list(g.index) for _, g in table.groupby("patient_id") if len(g) == 2]
    own = np.mean([alike[a, b] for a, b in pair])
    other = np.mean(
        [alike[a, c] for (a, _), (_, c) in zip(pair, pair[1:], strict=False)]
    )
    assert own > other + 0.02
    assert all(not np.array_equal(images[a], images[b]) for a, b in pair)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": -1}, "seed is -1"),
        ({"n_patients": 5}, "n_patients is 5, but three splits need at least 10"),
        ({"n_images": 100}, "n_images is 100 for 1200 patients.*from 1200 to 2400"),
        ({"n_images": 2401}, "n_images is 2401"),
        ({"size": 16}, "size is 16.*32 to 1024"),
        ({"difficulty": "brutal"}, "difficulty is 'brutal'.*easy, default, hard"),
    ],
)
def test_settings_errors_say_what_to_do(changes, message):
    with pytest.raises(ValueError, match=message):
        ChestCohortSettings(**changes)


def test_workers_below_one_is_an_error():
    with pytest.raises(ValueError, match="workers is 0, but at least 1"):
        make_chest_cohort(SMALL, workers=0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 16}, "size is 16"),
        ({"visit": 3}, "visit is 3, but a patient has visits 1 and 2"),
        ({"findings": ("mass",)}, "'mass'.*consolidation, nodule"),
        ({"difficulty": "x"}, "difficulty is 'x'"),
    ],
)
def test_render_chest_errors_say_what_to_do(changes, message):
    with pytest.raises(ValueError, match=message):
        render_chest(draw_patient(1, cohort_seed=5), **changes)


def test_progress_bar_can_be_silenced(capsys):
    tiny = ChestCohortSettings(seed=5, n_patients=10, n_images=10, size=32)
    make_chest_cohort(tiny, progress=False)
    assert capsys.readouterr().err == ""
    make_chest_cohort(tiny, progress=True)
    assert "Making chest radiographs" in capsys.readouterr().err


@pytest.mark.slow
def test_speed_is_at_least_ten_images_a_second_and_core():
    # processor time, so that other work on the machine does not count
    patients = [draw_patient(n, cohort_seed=5) for n in range(1, 13)]
    render_chest(patients[0], size=128)
    start = time.process_time()
    for patient in patients:
        render_chest(patient, size=128)
    rate = len(patients) / (time.process_time() - start)
    print(f"{rate:.0f} images per second and core")
    assert rate > 10


def test_a_worker_that_dies_is_quoted_and_nothing_waits(monkeypatch):
    broken = [sys.executable, "-c", "raise SystemExit('no memory left')"]
    start = worker._start

    def die(settings, first, step):
        if first == 0:
            return start(settings, first, step)
        pipe = subprocess.PIPE
        return subprocess.Popen(broken, stdout=pipe, stderr=pipe)

    monkeypatch.setattr(worker, "_start", die)
    message = "Worker process 2 of 2.*ended early: no memory left.*workers=1"
    with pytest.raises(RuntimeError, match=message):
        make_chest_cohort(SMALL, progress=False, workers=2)


def test_script_without_a_main_guard_may_use_two_workers(tmp_path):
    script = tmp_path / "unguarded.py"
    script.write_text(
        "from helpers.phantoms import ChestCohortSettings, make_chest_cohort\n"
        "settings = ChestCohortSettings(n_patients=12, n_images=12, size=32)\n"
        "print(make_chest_cohort(settings, progress=False, workers=2)[0].shape)\n"
    )
    run = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=120
    )
    assert run.stdout == "(12, 32, 32)\n", run.stderr
