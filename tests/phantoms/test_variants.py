"""Every planted effect: it is there when on, of the stated size, and gone when off."""

from types import SimpleNamespace

import numpy as np
import pytest
from phantoms.cohort.columns import COLUMNS
from phantoms.cohort.planting import hospital_of, plant_in_row

from phantoms import ChestCohortSettings, make_chest_cohort
from phantoms.cohort.settings import VARIANTS, groups_of_patients, planted_sentences
from phantoms.cohort.visits import studies_of_patient
from phantoms.findings.finding import FINDINGS
from phantoms.hospital.clinical import VARIABLES
from phantoms.hospital.readers import READERS

N_ROWS = 6000
N_PATIENTS = 300


def within(hits, n, share):
    """Return whether a count is within four standard errors of a stated share."""
    return abs(hits / n - share) < 4 * np.sqrt(max(share * (1 - share), 0.002) / n)


def rows_of(name, strength=1.0):
    """Return planted rows of invented studies, a third with consolidation."""
    variant = VARIANTS[name].at_strength(strength)
    rows = []
    for number in range(N_ROWS):
        study = SimpleNamespace(
            patient=SimpleNamespace(seed=(3, number)),
            examination=SimpleNamespace(visit=1),
        )
        row = dict.fromkeys([*FINDINGS, "malignant"], 0) | dict.fromkeys(VARIABLES, 1.0)
        row["consolidation"] = int(number % 3 == 0)
        row["dyspnoea"] = float(number % 2)
        rows.append((row, plant_in_row(row, study, variant)))
    return rows


@pytest.mark.parametrize("name", ["default", "confounded", "new_scanner"])
def test_rows_are_untouched_where_nothing_is_planted_in_them(name):
    assert all(before == after for before, after in rows_of(name)[:50])


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_label_noise_has_the_stated_rates_and_keeps_the_truth(strength):
    rows = rows_of("label_noise", strength)
    stated = VARIANTS["label_noise"].at_strength(strength).noise
    truth = np.array([before["consolidation"] for before, _ in rows])
    kept = np.array([after["consolidation_truth"] for _, after in rows])
    label = np.array([after["consolidation"] for _, after in rows])
    np.testing.assert_array_equal(truth, kept)
    assert within((label[truth == 1] == 0).sum(), (truth == 1).sum(), stated.missed)
    assert within((label[truth == 0] == 1).sum(), (truth == 0).sum(), stated.invented)
    assert (label == truth).all() == (strength == 0)


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_values_are_missing_in_the_three_stated_ways(strength):
    after = [row for _, row in rows_of("missing_values", strength)]
    gone = {name: np.isnan([row[name] for row in after]) for name in VARIABLES}
    ill = np.array([row["consolidation"] == 1 for row in after])
    short = np.array([row["dyspnoea"] == 1 for row in after])
    if strength == 0:
        assert not any(mask.any() for mask in gone.values())
        return
    # 1 - the shares of MISSING["several ways"]
    assert within(gone["crp_mg_l"][ill].sum(), ill.sum(), 0.10)
    assert within(gone["crp_mg_l"][~ill].sum(), (~ill).sum(), 0.65)
    assert within(gone["spo2_percent"][short].sum(), short.sum(), 0.05)
    assert within(gone["spo2_percent"][~short].sum(), (~short).sum(), 0.60)
    for group in (ill, ~ill):
        assert within(gone["pack_years"][group].sum(), group.sum(), 0.25)
    assert not gone["fever"].any()


def test_readers_score_and_know_the_finding():
    after = [row for _, row in rows_of("readers")]
    truth = np.array([row["consolidation"] for row in after])
    for reader in READERS:
        scores = np.array([row[reader.name] for row in after])
        assert set(scores) == {1, 2, 3, 4, 5}
        assert scores[truth == 1].mean() > scores[truth == 0].mean() + 0.6
    assert "reader_1" not in rows_of("readers", 0.0)[0][1]


def studies(name, strength=1.0, n=N_PATIENTS):
    settings = ChestCohortSettings(
        seed=11, n_patients=n, n_images=n, variant=name, strength=strength
    )
    groups = groups_of_patients(settings)
    return [
        (groups[number - 1], study)
        for number in range(1, n + 1)
        for study in studies_of_patient(settings, number)
    ]


@pytest.fixture(scope="module")
def default_studies():
    return studies("default")


def has_letters(study):
    return any(marker.text == "ER" for marker in study.markers)


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_shortcut_goes_with_the_finding_in_a_and_b_only(default_studies, strength):
    part = VARIANTS["confounded"].at_strength(strength).shortcut
    with_letters = studies("confounded", strength)
    shares = {
        ("AB", True): part.share_with,
        ("AB", False): part.share_without,
        ("C", True): part.share_external,
        ("C", False): part.share_external,
    }
    for (sites, there), share in shares.items():
        marked = [
            has_letters(study)
            for group, study in with_letters
            if group in sites and (study.finding("consolidation") is not None) == there
        ]
        assert within(sum(marked), len(marked), share)
    assert not any(has_letters(study) for _, study in default_studies)
    if strength == 0:
        assert part.share_with == part.share_without == part.share_external


def test_shortcut_changes_nothing_but_the_markers(default_studies):
    for (_, plain), (_, planted) in zip(
        default_studies[:80], studies("confounded", n=N_PATIENTS)[:80], strict=True
    ):
        assert plain.patient == planted.patient
        assert plain.scanner == planted.scanner
        assert [f.severity for f in plain.findings] == [
            f.severity for f in planted.findings
        ]
        assert planted.markers[: len(plain.markers)] == plain.markers


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_treated_pneumothorax_has_a_drain_in_the_stated_share(strength):
    part = VARIANTS["hidden_stratum"].at_strength(strength).stratum
    found = [study for _, study in studies("hidden_stratum", strength)]
    ill = [study for study in found if study.finding("pneumothorax") is not None]
    assert within(len(ill), len(found), part.prevalence)
    drained = sum(study.has_device("drain") for study in ill)
    # a second finding, an effusion, may bring a drain of its own
    without = [study for study in ill if study.finding("effusion") is None]
    drained = sum(study.has_device("drain") for study in without)
    assert within(drained, len(without), part.treated)


def test_new_scanner_is_seen_in_the_external_test_only(default_studies):
    changed = studies("new_scanner")
    assert {study.site for _, study in changed} == {"A"}
    for group, study in changed:
        if group == "C" and not study.scanner.portable:
            assert study.scanner.name == "Cedar One"
        else:
            assert study.scanner.vendor == "Alder"
    off = studies("new_scanner", 0.0, n=60)
    assert {study.scanner.vendor for _, study in off} == {"Alder"}


def test_default_hospitals_are_left_alone():
    for site in "ABC":
        assert hospital_of(VARIANTS["default"], site).site == site


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_says_what_is_planted_at_which_strength(name):
    full = " ".join(planted_sentences(VARIANTS[name]))
    none = " ".join(planted_sentences(VARIANTS[name].at_strength(0.0)))
    assert "Planted" in full
    assert (full == none) == (name == "default")


def test_every_measure_of_every_finding_has_its_column(default_studies):
    seen = set()
    for _, study in default_studies:
        for finding in study.findings:
            seen |= {f"{finding.kind}_{name}" for name in finding.severity}
    seen.remove("nodule_malignant")  # the column malignant
    assert {name.split("_")[0] for name in seen} == set(FINDINGS)
    assert seen <= set(COLUMNS)
    measures = {name for name in COLUMNS if name.split("_")[0] in FINDINGS}
    areas = {f"{kind}_area_mm2" for kind in FINDINGS}
    assert measures - areas - set(FINDINGS) == seen


def made(name, strength=1.0):
    settings = ChestCohortSettings(
        seed=11, n_patients=24, n_images=24, size=64, variant=name, strength=strength
    )
    return make_chest_cohort(settings, progress=False, workers=1)


@pytest.fixture(scope="module")
def default_cohort():
    return made("default")


CHANGED = {
    "label_noise": {"consolidation"},
    "missing_values": {"crp_mg_l", "spo2_percent", "pack_years"},
    "readers": set(),
}


@pytest.mark.parametrize("name", CHANGED)
def test_variants_of_the_table_leave_the_pixels_and_other_columns(default_cohort, name):
    images, table, masks = made(name)
    np.testing.assert_array_equal(images, default_cohort[0])
    for kind in FINDINGS:
        np.testing.assert_array_equal(masks[kind], default_cohort[2][kind])
    # how much changes is tested above on many rows; here, that nothing else does
    changed = {c for c in COLUMNS if not table[c].equals(default_cohort[1][c])}
    assert changed <= CHANGED[name]


def test_confounded_images_differ_only_where_letters_were_added(default_cohort):
    images, table, _ = made("confounded")
    letters = table["marker"].str.contains("ER").to_numpy()
    assert 0 < letters.sum() < len(letters)
    same = (images == default_cohort[0]).all(axis=(1, 2))
    np.testing.assert_array_equal(same, ~letters)
    changed = [c for c in COLUMNS if not table[c].equals(default_cohort[1][c])]
    assert changed == ["marker"]


@pytest.mark.parametrize("name", ["hidden_stratum", "new_scanner"])
def test_variants_of_the_hospital_change_the_pixels(default_cohort, name):
    images, table, _ = made(name)
    assert (images != default_cohort[0]).any(axis=(1, 2)).any()
    assert list(table.columns) == list(COLUMNS)
