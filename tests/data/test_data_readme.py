"""The data cards in data/README.md say what the registry and the code say."""

import re

import pandas as pd
import pytest

from helpers import medmnist
from helpers.cohort_contract import SPLITS
from helpers.files import DATA, PROJECT, folder_words
from phantoms import (
    CUBE_SHAPE,
    CUBE_SPACING_MM,
    FIELD_MM,
    FINDINGS,
    VARIANTS,
    ChestCohortSettings,
    NoduleCohortSettings,
    planted_sentences,
)
from phantoms.cohort.chest_cohort import columns_of
from phantoms.hospital.clinical import MISSING, VARIABLES
from phantoms.hospital.readers import READERS
from phantoms.hospital.reports import HABITS

TEXT = (PROJECT / "data" / "README.md").read_text(encoding="utf-8")


def test_every_set_stands_in_the_table_with_its_counts_and_licence():
    rows = [[cell.strip() for cell in line.split("|")] for line in TEXT.splitlines()]
    cells = {row[1]: row for row in rows if len(row) == 9}
    for name, files in medmnist.registry().groupby("name"):
        file = files.iloc[0]
        sizes, counts, licence, source = cells[name][4:8]
        assert sizes == ", ".join(map(str, files["size_px"]))
        in_splits = file[["train", "tuning", "internal_test"]]
        assert counts == " / ".join(f"{count:,}" for count in in_splits)
        assert (licence, source) == (file["licence"], file["source"])


def test_the_known_variant_is_named_with_its_hash():
    assert medmnist.REBUILT in TEXT
    assert medmnist.REBUILT_SHA256 in TEXT


def test_the_card_of_the_in_silico_cohort_has_its_numbers():
    default = ChestCohortSettings()
    card = re.search(r"## Card: chest_insilico\n(.*?)\n## ", TEXT, re.DOTALL).group(1)
    assert f"{default.n_images:,} frontal chest radiographs" in card
    assert f"{default.n_patients:,} simulated patients" in card
    assert (
        f"{default.size} x {default.size} pixels of {FIELD_MM / default.size:.3g} mm"
        in card
    )


def card_of(name):
    """Return the words of a card in one line."""
    found = re.search(rf"#+ Card: {name}\n(.*?)\n#", TEXT, re.DOTALL)
    return " ".join(found.group(1).split())


def test_the_card_names_all_findings_and_hospitals():
    card = card_of("chest_insilico")
    assert all(kind in card for kind in FINDINGS)


def test_every_column_is_documented_with_its_meaning():
    for column, meaning in columns_of("both", "radiographs", "variants").items():
        assert f"| `{column}` | {meaning} |" in TEXT


def test_every_effect_on_a_clinical_value_is_documented():
    for name, model in VARIABLES.items():
        (line,) = [x for x in TEXT.splitlines() if x.startswith(f"| `{name}` | ")][1:]
        for condition, factor in [*model.odds_ratio.items(), *model.times.items()]:
            assert f"{factor:g} {condition}" in line


@pytest.mark.parametrize("variant", [name for name in VARIANTS if name != "default"])
def test_every_variant_has_a_card_that_says_what_is_planted(variant):
    card = card_of(f"chest_insilico_{variant}")
    for sentence in planted_sentences(VARIANTS[variant]):
        assert sentence in card


def test_the_card_of_missing_values_has_the_shares():
    card = card_of("chest_insilico_missing_values")
    for variable, share, _, _ in MISSING:
        assert f"`{variable}`" in card
        assert f"{share:.0%}".replace("%", " %") in card


def test_the_card_of_readers_has_their_skill():
    card = card_of("chest_insilico_readers")
    skills = [f"{reader.skill:g}" for reader in READERS]
    assert f"{', '.join(skills[:-1])} and {skills[-1]}" in card


def test_the_rates_of_the_reports_are_the_stated_ones():
    words = re.search(r"### Words\n(.*?)\n#", TEXT, re.DOTALL).group(1)
    missed, over = HABITS.missed.values(), HABITS.overcalled.values()
    assert f"missed ({min(missed) * 100:g} to {max(missed) * 100:g} %" in words
    assert f"over-called ({min(over) * 100:g} to {max(over) * 100:g} %)" in words
    for rate in (HABITS.hedged, HABITS.wrong_side, HABITS.copied):
        assert f"({rate * 100:g} %" in words


def test_the_card_of_the_ct_cubes_has_their_numbers():
    card = card_of("chest_insilico_nodules_ct")
    patients = NoduleCohortSettings().n_patients
    assert f"{2 * patients} cubes of simulated CT of {patients} patients" in card
    assert f"{CUBE_SHAPE[0]} slices of {CUBE_SHAPE[1]} x {CUBE_SHAPE[2]} voxels" in card
    assert f"{CUBE_SPACING_MM[0]:g} mm apart and {CUBE_SPACING_MM[1]:g} mm wide" in card
    assert all(f"`{name}`" in card for name in columns_of("both", "cubes"))


def test_the_words_that_are_understood_are_told_apart():
    words = pd.read_csv(DATA / "folder_words.csv", keep_default_na=False)
    assert not words.duplicated(["kind", "word"]).any()
    assert set(folder_words("split").values()) == set(SPLITS)
    assert set(folder_words("cell").values()) == {"0", "1"}
    assert "folder_words.csv" in TEXT
