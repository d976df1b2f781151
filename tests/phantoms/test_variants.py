"""Every planted effect: there when on, of the stated size, and gone when off."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from phantoms import (
    FIELD_MM,
    FINDINGS,
    VARIANTS,
    ChestCohortSettings,
    planted_sentences,
)
from phantoms.cohort.chest_cohort import COLUMNS, make_chest_cohort
from phantoms.cohort.settings import groups_of_patients
from phantoms.cohort.visits import (
    hospital_of,
    plant_in_row,
    plant_in_study,
    studies_of_patient,
)
from phantoms.hospital.clinical import VARIABLES
from phantoms.hospital.hospitals import HOSPITALS
from phantoms.hospital.readers import READERS
from phantoms.physics.scanners import SCANNERS

NAMES = [reader.name for reader in READERS]


def within(hits, share):
    """Return whether yes and no come in the stated share, within four errors."""
    error = np.sqrt(max(share * (1 - share), 1e-9) / len(hits))
    return abs(np.mean(hits) - share) < 4 * error


def rows_of(name, strength):
    """Yield (true, planted) rows of invented studies, a third with consolidation."""
    variant = VARIANTS[name].at_strength(strength)
    for number in range(3000):
        patient = SimpleNamespace(seed=(3, number))
        study = SimpleNamespace(patient=patient, examination=SimpleNamespace(visit=1))
        row = dict.fromkeys([*FINDINGS, "malignant"], 0) | dict.fromkeys(VARIABLES, 1.0)
        row["consolidation"] = int(number % 3 == 0)
        yield row, plant_in_row(row, study, variant)


@pytest.mark.parametrize(("strength", "missed", "invented"), [
    (0.0, 0.0, 0.0), (0.5, 0.10, 0.05), (1.0, 0.20, 0.10),
])  # fmt: skip
def test_label_noise_has_the_stated_rates_and_keeps_the_truth(
    strength, missed, invented
):
    rows = list(rows_of("label_noise", strength))
    assert all(r["consolidation"] == n["consolidation_truth"] for r, n in rows)
    for truth, rate in ((1, missed), (0, invented)):
        drawn = [new for row, new in rows if row["consolidation"] == truth]
        assert within([new["consolidation"] != truth for new in drawn], rate)


@pytest.mark.parametrize("strength", [0.0, 0.4, 1.0])
def test_values_are_missing_in_the_stated_share_of_studies(strength):
    rows = list(rows_of("missing_values", strength))
    for name, there, share in (
        ("crp_mg_l", 1, 0.10), ("crp_mg_l", 0, 0.65), ("spo2_percent", 0, 0.05),
        ("pack_years", 0, 0.25), ("fever", 1, 0.0),
    ):  # fmt: skip
        gone = [np.isnan(n[name]) for r, n in rows if r["consolidation"] == there]
        assert within(gone, strength * share)


def test_readers_score_the_finding_until_the_strength_is_nothing():
    rows = list(rows_of("readers", 0.3))
    for name in NAMES:
        scores = [[], []]
        for row, new in rows:
            scores[row["consolidation"]].append(new[name])
        assert {*scores[0], *scores[1]} == {1, 2, 3, 4, 5}
        assert np.mean(scores[1]) > np.mean(scores[0]) + 0.6
    for name, strength in (("readers", 0.0), ("default", 1.0), ("confounded", 1.0)):
        assert all(row == new for row, new in rows_of(name, strength))


@pytest.fixture(scope="module")
def plain():
    """Return (group, study) of many patients in whom nothing is planted."""
    settings = ChestCohortSettings(seed=11, n_patients=160, n_images=160)
    groups = groups_of_patients(settings)
    return [
        (groups[number - 1], study)
        for number in range(1, 161)
        for study in studies_of_patient(settings, number)
    ]


@pytest.mark.parametrize(("strength", "shares"), [
    (0.0, (0.45, 0.45, 0.45)), (0.5, (0.65, 0.275, 0.45)), (1.0, (0.85, 0.10, 0.45)),
])  # fmt: skip
def test_the_shortcut_goes_with_the_finding_in_a_and_b_only(plain, strength, shares):
    variant, marked = VARIANTS["confounded"].at_strength(strength), [[], [], []]
    for group, study in plain:
        planted = plant_in_study(study, variant, group)
        assert replace(planted, markers=study.markers) == study
        letters = planted.markers[len(study.markers) :]
        healthy = study.finding("consolidation") is None
        marked[2 if group == "C" else int(healthy)].append(len(letters) == 1)
        for marker in letters:
            # in the upper corner without the first marker, and clear of a second
            assert all(marker.x_mm * first.x_mm < 0 for first in study.markers[:1])
            assert all(other.z_mm - marker.z_mm >= 28 for other in study.markers
                       if other.x_mm * marker.x_mm > 0)  # fmt: skip
            left, right, top, _ = study.technique.margins_mm
            side = right if marker.x_mm > 0 else left
            assert 24 <= FIELD_MM / 2 - abs(marker.x_mm) - side <= 34
            lowest = 26 if len(study.markers) < 2 else FIELD_MM
            assert 18 <= FIELD_MM / 2 - top - marker.z_mm <= lowest
            assert marker.text == "ER"
    assert all(within(hits, share) for hits, share in zip(marked, shares, strict=True))


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_the_new_scanner_is_in_the_external_test_alone(plain, strength):
    variant, changed = VARIANTS["new_scanner"].at_strength(strength), []
    for group, study in plain:
        planted = plant_in_study(study, variant, group)
        if group == "C" and not study.scanner.portable:
            old = replace(study, scanner=SCANNERS["Alder DR 21"])
            new = plant_in_study(old, variant, group)
            changed.append(new.scanner.name == "Cedar One")
        else:
            assert planted is study
    assert within(changed, strength)
    assert all(hospital_of(variant, group) is HOSPITALS["A"] for group in "ABC")


def test_the_hidden_stratum_is_another_share_of_ill_and_treated():
    for strength in (0.0, 0.5, 1.0):
        variant = VARIANTS["hidden_stratum"].at_strength(strength)
        for site, usual in HOSPITALS.items():
            changed = hospital_of(variant, site)
            assert changed.prevalence == usual.prevalence | {"pneumothorax": 0.30}
            assert changed.drain_share == (0.8 * strength, usual.drain_share[1])
            assert changed.portable_share == usual.portable_share
            assert hospital_of(VARIANTS["default"], site) is usual


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_says_what_is_planted_at_which_strength(name):
    full, none = (planted_sentences(VARIANTS[name].at_strength(s)) for s in (1, 0))
    assert full == planted_sentences(VARIANTS[name])
    assert full[0].startswith("Planted")
    assert (full == none) == (name == "default")


@pytest.mark.parametrize(("name", "may_change"), [
    ("label_noise", {"consolidation"}), ("readers", set()), ("confounded", {"marker"}),
    ("missing_values", {"crp_mg_l", "spo2_percent", "pack_years"}),
])  # fmt: skip
def test_a_variant_leaves_all_else_alone(name, may_change):
    small = {"n_patients": 20, "n_images": 20, "size": 32}
    (images, table, masks), (plain, usual, true) = (
        make_chest_cohort(ChestCohortSettings(**small, variant=each), progress=False)
        for each in (name, "default")
    )
    assert {c for c in COLUMNS if not table[c].equals(usual[c])} <= may_change
    assert all((masks[kind] == true[kind]).all() for kind in FINDINGS)
    same = (images == plain).all(axis=(1, 2))
    np.testing.assert_array_equal(same, ~table["marker"].str.contains("ER"))
    extra = {"label_noise": ["consolidation_truth"], "readers": NAMES}
    assert list(table.columns) == [*COLUMNS, *extra.get(name, [])]
