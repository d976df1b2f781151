"""The recorded measurements of lessons 14 and 17: made in part anew, and as kept."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from helpers.files import evidence
from helpers.report_labels import label_reports, mend_spelling, words_of
from phantoms import ChestCohortSettings
from tools.evidence import label as label_evidence
from tools.evidence.label import (
    SEEDS,
    meant_by,
    noise_of_one_seed,
    noisy_versions,
    reports_of,
)


def toy_cohort(n=60):
    """Return what the experiment looks at, without images worth looking at."""
    rng = np.random.default_rng(0)
    truth = (np.arange(n) % 3 == 0).astype(int)
    words = np.where(np.arange(n) % 2, "Consolidation.", "Possible consolidation.")
    table = pd.DataFrame(
        {
            "split": np.where(np.arange(n) < n // 2, "train", "internal test"),
            "consolidation": truth,
            "consolidation_area_mm2": rng.random(n) * 900,
            "report": np.where(truth, words, "No consolidation."),
        }
    )
    return SimpleNamespace(
        name="toy",
        table=table,
        finding=lambda: "consolidation",
        labels=lambda name: table[name].to_numpy(),
    )


def test_recorded_meanings_are_what_the_writers_of_the_cohort_assert():
    kept = evidence("lesson_14_meant.csv").set_index("study_id")
    made = meant_by(ChestCohortSettings(), range(1, 16)).set_index("study_id")
    pd.testing.assert_frame_equal(made, kept.loc[made.index])
    assert len(kept) == 2000


def test_labels_of_reports_nobody_has_read():
    # patients of another seed: neither rules nor word list was made from them
    usual = ChestCohortSettings()
    other = dataclasses.replace(usual, seed=99)
    fresh = [report for _, report in reports_of(other, range(1, 81))]
    read = [report for _, report in reports_of(usual, range(1, 201))]
    known = words_of((report.text for report in read), at_least=3)
    said = label_reports([mend_spelling(report.text, known) for report in fresh])
    meant = pd.DataFrame([report.asserts for report in fresh])[list(said.columns)]
    assert len(fresh) > 100
    assert (said.to_numpy() == meant.to_numpy()).mean() > 0.99


def test_every_planned_version_has_its_share_of_wrong_labels():
    cohort = toy_cohort()
    truth = cohort.labels("consolidation")
    versions = noisy_versions(cohort, "consolidation", seed=14)
    wrong = {key: int((labels != truth).sum()) for key, labels in versions.items()}
    # 20 ones and 40 zeros; a fifth of both is 12, of the ones 4
    assert wrong["flipped", 0.0] == 0
    assert wrong["flipped", 0.2] == 12
    assert wrong["missed", 0.2] == wrong["smallest missed", 0.2] == 4
    reports = [key for key in wrong if key[0].startswith("report")]
    assert [wrong[key] for key in reports] == [0, 10]


def test_each_row_names_three_tests(monkeypatch):
    cohort = toy_cohort()
    asked = []

    def as_labelled(_, finding, labels, *, seed):
        asked.append((finding, seed))
        return labels + np.linspace(0, 0.1, len(labels))  # orders its labels rightly

    monkeypatch.setattr(label_evidence, "network_scores", as_labelled)
    rows = pd.DataFrame(noise_of_one_seed(cohort, 15))
    assert set(asked) == {("consolidation", 15)}
    assert (rows["noisy_training_noisy_test"] == 1).all()
    clean = rows[rows["wrong_in_test"] == 0]
    assert (clean["noisy_training_true_test"] == 1).all()
    noisy = rows[rows["wrong_in_test"] > 0]
    assert (noisy["true_training_noisy_test"] < 1).all()


@pytest.mark.parametrize("cohort", ["chest_insilico", "pneumoniamnist"])
def test_recorded_networks_obey_the_arithmetic(cohort):
    from helpers.label_noise import apparent_auc, predictive_values

    kept = evidence(f"lesson_17_network_{cohort}.csv")
    assert sorted(kept["seed"].unique()) == list(SEEDS)
    flipped = kept[kept["kind"] == "flipped"].groupby("rate").mean(numeric_only=True)
    prevalence = {"chest_insilico": 133 / 403, "pneumoniamnist": 390 / 624}[cohort]
    clean = flipped.loc[0.0, "true_training_noisy_test"]
    for rate in (0.05, 0.1, 0.2, 0.3, 0.4):
        a, b = predictive_values(prevalence=prevalence, missed=rate, invented=rate)
        expected = apparent_auc(clean, true_ones=a, true_zeros=b)
        seen = flipped.loc[rate, "true_training_noisy_test"]
        assert seen == pytest.approx(expected, abs=0.02)
