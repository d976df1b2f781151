"""The data cards in data/README.md say what the registry and the code say."""

import re

from helpers.cohorts.medmnist import KNOWN_VARIANTS
from helpers.cohorts.own_folder.findings import LABEL_COLUMNS
from helpers.cohorts.own_folder.table import IMAGE_COLUMNS
from helpers.cohorts.registry import find_published, published_cards, published_files
from helpers.cohorts.storage import PROJECT
from helpers.phantoms import ChestCohortSettings
from helpers.phantoms.chest.projection import FIELD_MM

TEXT = (PROJECT / "data" / "README.md").read_text(encoding="utf-8")


def test_every_set_stands_in_the_table_with_its_counts_and_licence():
    rows = {}
    for line in TEXT.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] in published_cards():
            rows[cells[0]] = cells
    assert set(rows) == set(published_cards())
    for name, (_, _, _, sizes, counts, licence, source) in rows.items():
        entry = find_published(name)
        published = [file.size for file in published_files() if file.name == name]
        assert sizes == ", ".join(map(str, published))
        assert counts == " / ".join(f"{count:,}" for count in entry.counts)
        assert licence == entry.licence
        assert source == published_cards()[name].source


def test_the_known_variant_is_named_with_its_hash():
    for variant in KNOWN_VARIANTS.values():
        assert variant.file in TEXT
        assert variant.sha256 in TEXT


def test_the_card_of_the_in_silico_cohort_has_its_numbers():
    default = ChestCohortSettings()
    card = re.search(r"## Card: chest_insilico\n(.*?)\n## ", TEXT, re.DOTALL).group(1)
    assert f"{default.n_images:,} frontal chest radiographs" in card
    assert f"{default.n_patients:,} simulated patients" in card
    assert (
        f"{default.size} x {default.size} pixels of {FIELD_MM / default.size:g} mm"
        in card
    )


def test_the_columns_that_are_understood_are_named():
    for name in (*IMAGE_COLUMNS, *LABEL_COLUMNS):
        assert f"`{name}`" in TEXT
