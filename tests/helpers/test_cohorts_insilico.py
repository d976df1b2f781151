"""The in-silico cohorts and their cache, with a generator that draws squares."""

import dataclasses
import os
import subprocess
import sys
import textwrap
import time

import numpy as np
import pandas as pd
import pytest
from helpers.cohorts.packed_masks import PackedMasks

import phantoms
from helpers import cohorts
from helpers.cohorts import CohortError, cohort_cache, insilico
from helpers.files import PROJECT
from phantoms import ChestCohortSettings
from phantoms.chest.projection import FIELD_MM
from phantoms.cohort import named

SETTINGS = ChestCohortSettings(seed=3, n_patients=20, n_images=24, size=32)


def draw_squares(settings, *, progress=True, workers=None):
    """Return 24 images of 20 patients; the first four patients have two visits."""
    n = settings.n_images
    numbers = [*(k for k in range(1, 5) for _ in range(2)), *range(5, 21)]
    part = n // 4
    images = np.random.default_rng(settings.seed).integers(
        0, 256, (n, settings.size, settings.size), dtype=np.uint8
    )
    names = ["consolidation", "nodule"]
    if settings.variant == "hidden_stratum":
        names[1] = "pneumothorax"
    masks = {name: np.zeros(images.shape, bool) for name in names}
    masks["consolidation"][::2, 4:13, 4:13] = True
    masks[names[1]][1, 31, 31] = True
    table = pd.DataFrame(
        {
            "patient_id": [f"P{number:04d}" for number in numbers],
            "study_id": [f"S{row}" for row in range(n)],
            "visit": [1, 2] * 4 + [1] * 16,
            "site": ["A"] * 3 * part + ["C"] * part,
            "split": np.repeat(
                ["train", "tuning", "internal test", "external test"], part
            ),
            "consolidation": masks["consolidation"].any((1, 2)).astype(int),
            names[1]: masks[names[1]].any((1, 2)).astype(int),
            "consolidation_area_mm2": np.where(np.arange(n) % 2, np.nan, 81.5),
            "sex": ["F", "M"] * 12,
            "report": [
                f"No nodule.\nNo {row * 'very '}large effusion." for row in range(n)
            ],
        },
        index=range(100, 100 + n),
    )
    return images, table, masks


@pytest.fixture
def generator(tmp_path, monkeypatch):
    """Count how often the generator is called; the cache is empty at first."""
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path))
    calls = []

    def make(settings, **options):
        calls.append(settings)
        return draw_squares(settings, **options)

    monkeypatch.setattr(phantoms, "make_chest_cohort", make)
    return calls


def load(size=None, settings=SETTINGS):
    return insilico.load_chest_insilico(size, settings=settings)


def test_cohort_is_made_once_and_then_read(generator, capsys):
    made = load()
    assert "done once, then it is cached" in capsys.readouterr().err
    read = load()
    assert capsys.readouterr().err == ""
    assert len(generator) == 1
    np.testing.assert_array_equal(made.images, read.images)
    pd.testing.assert_frame_equal(made.table, read.table, check_dtype=True)
    for finding in ("consolidation", "nodule"):
        np.testing.assert_array_equal(made.masks[finding], read.masks[finding])
        assert read.masks[finding].dtype == bool


def test_card_knows_patients_spacing_and_findings(generator):
    cohort = load()
    assert cohort.findings == ["consolidation", "nodule"]
    assert cohort.card.n_patients == 20
    assert cohort.card.pixel_spacing_mm == FIELD_MM / 32
    assert cohort.lacks("visits") is None


def test_smaller_size_is_the_area_average_with_masks(generator):
    cohort = load(16)
    blocks = load().images[0].reshape(16, 2, 16, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(cohort.images[0], blocks, atol=0.5)
    assert cohort.card.pixel_spacing_mm == FIELD_MM / 16
    # columns 4 to 12 of 32 become 2 to 6 of 16: the last one is half covered, and the
    # corner of two half-covered sides only a quarter
    assert cohort.masks["consolidation"][0].sum() == 5 * 5 - 1
    assert cohort.masks["nodule"][1].sum() == 1  # a quarter of a pixel, kept
    assert len(generator) == 1


@pytest.mark.parametrize("size", [8, 33, 256, 0, -1])
def test_size_out_of_range_is_refused(generator, size):
    with pytest.raises(
        CohortError, match=f"not available at size {size}; expected 16 to 32"
    ):
        load(size)
    assert generator == []


@pytest.mark.parametrize("change", [{"variant": "confounded"}, {"strength": 0.5}])
def test_variants_and_strengths_are_other_files(generator, change):
    load()
    load(settings=dataclasses.replace(SETTINGS, **change))
    assert len(generator) == 2


def test_changed_numbers_of_a_variant_are_another_file(generator, monkeypatch):
    settings = dataclasses.replace(SETTINGS, variant="confounded")
    load(settings=settings)
    weaker = named.VARIANTS["confounded"].at_strength(0.3)
    monkeypatch.setitem(named.VARIANTS, "confounded", weaker)
    load(settings=settings)
    assert len(generator) == 2


@pytest.mark.parametrize("variant", named.VARIANTS)
def test_describe_says_what_is_planted(generator, variant):
    settings = dataclasses.replace(SETTINGS, variant=variant)
    said = " ".join(load(settings=settings).describe().split())
    for sentence in named.planted_sentences(named.VARIANTS[variant]):
        assert sentence in said
    off = dataclasses.replace(settings, strength=0.0)
    faded = " ".join(load(settings=off).describe().split())
    assert (said == faded) == (variant == "default")


@pytest.mark.parametrize("variant", named.VARIANTS)
def test_every_variant_is_loaded_by_its_name(monkeypatch, variant):
    asked = []
    monkeypatch.setattr(
        cohorts, "load_chest_insilico", lambda size, settings: asked.append(settings)
    )
    name = "chest_insilico" + ("" if variant == "default" else f"_{variant}")
    cohorts.load(name)
    assert asked == [ChestCohortSettings(variant=variant)]
    assert name in cohorts.list_cohorts()["name"].tolist()


def test_close_name_of_a_variant_is_guessed():
    with pytest.raises(CohortError, match="Did you mean.*chest_insilico_confounded"):
        cohorts.load("chest_insilico_confused")


def test_label_noise_is_named_in_the_reference_standard(generator):
    noisy = load(settings=dataclasses.replace(SETTINGS, variant="label_noise"))
    assert "partly wrong" in noisy.card.reference_standard
    assert "exact: the generator" in load().card.reference_standard


def test_external_test_is_a_split_and_a_site(generator):
    cohort = load()
    assert cohort.splits[-1] == "external test"
    assert set(cohort.split("external test").table["site"]) == {"C"}
    assert cohort.lacks("sites") is None


def test_masks_stay_bits_until_one_is_asked_for(generator):
    load()
    cohort = load()
    assert isinstance(cohort.masks, PackedMasks)
    part = cohort.split("tuning")
    assert isinstance(part.masks, PackedMasks)
    assert not cohort.masks._unpacked
    assert not part.masks._unpacked
    rows = np.flatnonzero(cohort.table["split"] == "tuning")
    np.testing.assert_array_equal(
        part.masks["consolidation"], cohort.masks["consolidation"][rows]
    )
    assert part.masks["nodule"].dtype == bool


def test_other_settings_and_versions_are_other_files(generator, monkeypatch):
    load()
    load(settings=dataclasses.replace(SETTINGS, seed=4))
    assert len(generator) == 2
    monkeypatch.setattr(phantoms, "GENERATOR_VERSION", "another")
    load()
    assert len(generator) == 3
    monkeypatch.setattr(cohort_cache, "CACHE_FORMAT", cohort_cache.CACHE_FORMAT + 1)
    load()
    assert len(generator) == 4


def cached_file():
    (path,) = cohorts.cache_dir().glob("*.npz")
    return path


DAMAGE = {
    "cut off": lambda raw: raw[: len(raw) // 2],
    "empty": lambda raw: b"",
    "another file": lambda raw: b"not an npz at all",
    "one bit turned": lambda raw: raw[:5000] + bytes([raw[5000] ^ 1]) + raw[5001:],
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_cache_is_made_anew_with_a_sentence(generator, capsys, name):
    made = load()
    path = cached_file()
    path.write_bytes(DAMAGE[name](path.read_bytes()))
    capsys.readouterr()
    again = load()
    assert "is damaged" in capsys.readouterr().err
    assert len(generator) == 2
    np.testing.assert_array_equal(again.images, made.images)
    load()
    assert len(generator) == 2


def test_cache_without_its_parts_is_made_anew(generator):
    load()
    np.savez(cached_file(), format=np.array(cohort_cache.CACHE_FORMAT))
    load()
    assert len(generator) == 2


def test_cache_with_objects_is_never_unpickled(generator, tmp_path):
    load()
    witness = tmp_path / "witness"

    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(witness),)

    trap = np.array([Trap()], dtype=object)
    np.savez(cached_file(), format=np.array(cohort_cache.CACHE_FORMAT), images=trap)
    load()
    assert len(generator) == 2
    assert not witness.exists()


def test_masks_take_one_bit_per_pixel(generator):
    load()
    n_pixels = 24 * 32 * 32
    assert (
        n_pixels * (1 + 2 / 8) < cached_file().stat().st_size < n_pixels * 1.25 + 9000
    )


def test_interrupted_making_leaves_nothing(generator, monkeypatch):
    def interrupted(settings, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(phantoms, "make_chest_cohort", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load()
    assert list(cohorts.cache_dir().glob("**/*")) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_full_disk_still_gives_the_cohort_and_leaves_nothing(
    generator, monkeypatch, capsys
):
    real_savez = np.savez

    def savez_to_full_disk(output, **arrays):
        with open("/dev/full", "wb") as full:
            real_savez(full, **arrays)

    monkeypatch.setattr(np, "savez", savez_to_full_disk)
    assert len(load()) == 24
    said = capsys.readouterr().err
    assert "not cached: the disk is full" in said
    assert "COURSE_CACHE_DIR" in said
    assert list(cohorts.cache_dir().glob("**/*")) == []


def test_two_processes_make_the_cohort_once(tmp_path):
    program = textwrap.dedent("""
        import time
        import phantoms
        from helpers.cohorts import insilico
        from tests.helpers.test_cohorts_insilico import SETTINGS, draw_squares

        def slowly(settings, **options):
            print("made", flush=True)
            time.sleep(1.5)
            return draw_squares(settings, **options)

        phantoms.make_chest_cohort = slowly
        print(insilico.load_chest_insilico(settings=SETTINGS).fingerprint)
    """)
    environment = {**os.environ, "COURSE_CACHE_DIR": str(tmp_path / "cache")}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            env=environment,
            cwd=PROJECT,
            text=True,
        )
        for _ in range(2)
    ]
    lines = [process.communicate(timeout=120)[0].split() for process in running]
    assert sorted(map(len, lines)) == [1, 2]  # one of them said "made"
    assert lines[0][-1] == lines[1][-1]
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.mark.slow
def test_whole_cohort_loads_from_the_cache_in_under_a_second():
    cohorts.load("chest_insilico")
    started = time.perf_counter()
    cohort = cohorts.load("chest_insilico")
    assert time.perf_counter() - started < 1.0
    assert cohort.images.shape == (2000, 128, 128)
    assert cohort.card.n_patients == 1200
    assert len(cohort.findings) == 7


def test_list_says_cached_for_the_current_version_only(generator, monkeypatch):
    def here(name):
        table = cohorts.list_cohorts().set_index("name")
        return table.loc[name, "here"]

    assert here("chest_insilico") == "made on first use"
    path = insilico.cache_path(ChestCohortSettings(), phantoms.GENERATOR_VERSION)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"any")
    assert here("chest_insilico") == "cached"
    assert here("chest_insilico_confounded") == "made on first use"
    monkeypatch.setattr(phantoms, "GENERATOR_VERSION", "another")
    assert here("chest_insilico") == "made on first use"
