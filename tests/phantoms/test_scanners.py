"""Machines of the hospitals: what differs between them and what must not."""

from dataclasses import replace

import numpy as np
import pytest

from phantoms.physics.scanners import (
    SCANNERS,
    Technique,
    draw_technique,
    take_radiograph,
)
from tools.evidence.realism import films_of, grey_distance, panel_rows

CHESTS = (1, 2, 3)


def test_every_vendor_has_a_stand_and_a_portable():
    for vendor in ("Alder", "Birch", "Cedar"):
        kinds = {s.portable for s in SCANNERS.values() if s.vendor == vendor}
        assert kinds == {False, True}


def test_scanners_can_be_keys_and_are_found_by_their_name():
    assert len(set(SCANNERS.values())) == len(SCANNERS) == 7
    assert all(name == scanner.name for name, scanner in SCANNERS.items())


def test_portables_have_no_grid_a_short_distance_and_a_softer_beam():
    for scanner in SCANNERS.values():
        panel = scanner.detector
        assert (panel.grid_scatter == panel.grid_primary == 1) == scanner.portable
        assert (panel.source_mm < 1500) == scanner.portable
        assert (panel.energy_kev < 55) == scanner.portable


def test_generations_of_alder_follow_one_another():
    old, new = SCANNERS["Alder DR 17"], SCANNERS["Alder DR 21"]
    assert old.last_day < new.first_day


def test_old_generation_is_softer_and_less_efficient():
    old, new = (
        {row.number: row.value for row in panel_rows(SCANNERS[name].detector)}
        for name in ("Alder DR 17", "Alder DR 21")
    )
    assert old[4] < 0.8 * new[4]
    assert old[5] < 0.85 * new[5]


def test_old_generation_shows_a_lower_signal_to_noise_ratio():
    def noise(name):
        scanner = replace(SCANNERS[name], processing=SCANNERS["Alder DR 21"].processing)
        primary = np.full((128, 128), 0.1, np.float32)
        primary[40:, 64:] = 0.02
        a, b = (
            take_radiograph(
                primary,
                pixel_mm=0.3,
                scanner=scanner,
                technique=Technique(dose=0.1),
                rng=np.random.default_rng(seed),
            ).astype(float)
            for seed in (1, 2)
        )
        return (a - b)[60:, 80:].std()

    assert noise("Alder DR 17") > 1.05 * noise("Alder DR 21")


def test_alder_and_birch_display_alike_and_cedar_differs():
    alder, birch, cedar = (
        films_of(name, patients=CHESTS)
        for name in ("Alder DR 21", "Birch Vista", "Cedar One")
    )
    near, far = grey_distance(alder, birch), grey_distance(alder, cedar)
    assert near < 6
    assert far > max(9, 3 * near)


def test_a_chest_stays_a_chest_on_every_scanner():
    reference = films_of("Alder DR 21", patients=CHESTS).astype(float)
    for name in SCANNERS:
        films = films_of(name, patients=CHESTS).astype(float)
        for film, other in zip(films, reference, strict=True):
            inner = (slice(8, -8), slice(8, -8))
            alike = np.corrcoef(film[inner].ravel(), other[inner].ravel())[0, 1]
            assert alike > 0.85, name


def test_technique_is_drawn_from_the_same_numbers_for_every_scanner():
    one, other = (
        draw_technique(SCANNERS[name], np.random.default_rng(3))
        for name in ("Alder DR 21", "Cedar One")
    )
    assert one == other


def test_portable_techniques_are_flatter_and_vary_more_in_dose():
    def drawn(name):
        rng = np.random.default_rng(4)
        found = [draw_technique(SCANNERS[name], rng) for _ in range(400)]
        return (
            np.mean([t.contrast for t in found]),
            np.std([np.log(t.dose) for t in found]),
        )

    (stand, stand_dose), (bedside, bedside_dose) = (
        drawn("Birch Vista"),
        drawn("Birch Roll"),
    )
    assert bedside < 0.95 * stand
    assert bedside_dose > 1.2 * stand_dose


@pytest.mark.parametrize(
    ("name", "low", "high"), [("Cedar One", 240, 255), ("Birch Vista", 0, 0)]
)
def test_collimated_strips_look_as_the_maker_shows_them(name, low, high):
    primary = np.full((64, 64), 0.1, np.float32)
    film = take_radiograph(
        primary,
        pixel_mm=6.0,
        scanner=SCANNERS[name],
        technique=Technique(margins_mm=(24.0, 0.0, 0.0, 0.0)),
        rng=np.random.default_rng(0),
    )
    assert low <= film[:, :4].min() <= film[:, :4].max() <= high


def test_unmasked_strips_of_the_old_panel_are_brighter_than_the_lungs():
    primary = np.full((64, 64), 0.1, np.float32)
    primary[:, 30:40] = 0.02
    film = take_radiograph(
        primary,
        pixel_mm=6.0,
        scanner=SCANNERS["Alder DR 17"],
        technique=Technique(margins_mm=(24.0, 0.0, 0.0, 0.0)),
        rng=np.random.default_rng(0),
    ).astype(float)
    assert film[:, :3].mean() > film[:, 15:25].mean() + 30
