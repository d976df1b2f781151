"""The in-silico cohorts and their cache, with a generator that draws squares."""

import dataclasses
import os

import numpy as np
import pandas as pd
import pytest

import phantoms
from helpers import cohorts, files
from helpers.cohorts import CohortError, _load_chest_insilico, _load_nodules_ct
from phantoms import ChestCohortSettings

SETTINGS = ChestCohortSettings(seed=3, n_patients=20, n_images=24, size=32)


def draw_squares(settings, *, progress=True):
    """Return 24 images of 20 patients; the first four patients have two visits."""
    n = settings.n_images
    numbers = [*(k for k in range(1, 5) for _ in range(2)), *range(5, 21)]
    shape = (n, settings.size, settings.size)
    images = np.random.default_rng(settings.seed).integers(0, 256, shape, np.uint8)
    masks = {name: np.zeros(shape, bool) for name in ("consolidation", "pneumothorax")}
    masks["consolidation"][::2, 4:13, 4:13] = True
    masks["pneumothorax"][1, 31, 31] = True
    splits = ["train", "tuning", "internal test", "external test"]
    table = {
        "patient_id": [f"P{number:04d}" for number in numbers],
        "study_id": [f"S{row}" for row in range(n)],
        "site": ["A"] * (n - n // 4) + ["C"] * (n // 4),
        "split": np.repeat(splits, n // 4),
        **{name: mask.any(axis=(1, 2)).astype(int) for name, mask in masks.items()},
        "consolidation_area_mm2": np.where(np.arange(n) % 2, np.nan, 81.5),
        "report": [f"No nodule.\nNo {row * 'very '}large one." for row in range(n)],
    }
    return images, pd.DataFrame(table, index=range(100, 100 + n)), masks


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Count how often the generator is called; the cache is empty at first."""
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path))
    calls = []

    def make(settings, **options):
        calls.append(settings)
        return draw_squares(settings, **options)

    monkeypatch.setattr(phantoms, "make_chest_cohort", make)
    return calls


def cached_file():
    (path,) = files.cache_dir().glob("*.npz")
    return path


def test_cohort_is_made_once_and_then_read(made, capsys):
    first = _load_chest_insilico(SETTINGS)
    assert first.card.findings == ("consolidation", "pneumothorax")
    assert (first.card.n_patients, first.card.pixel_spacing_mm) == (20, 430 / 32)
    assert "seed 3" in first.card.origin
    assert "done once, then it is cached" in capsys.readouterr().err
    read = _load_chest_insilico(SETTINGS)
    assert (capsys.readouterr().err, len(made)) == ("", 1)
    np.testing.assert_array_equal(first.images, read.images)
    pd.testing.assert_frame_equal(first.table, read.table)
    drawn = draw_squares(SETTINGS)[2]
    for finding, mask in drawn.items():
        np.testing.assert_array_equal(read.masks[finding], mask)
        assert read.masks[finding].dtype == bool
    assert cached_file().stat().st_size < 24 * 32 * 32 * 1.25 + 9000  # masks are bits


def test_smaller_size_is_the_area_average_with_masks(made):
    cohort = _load_chest_insilico(SETTINGS, 16)
    blocks = _load_chest_insilico(SETTINGS).images[0].reshape(16, 2, 16, 2)
    np.testing.assert_allclose(cohort.images[0], blocks.mean(axis=(1, 3)), atol=0.5)
    assert cohort.card.pixel_spacing_mm == phantoms.FIELD_MM / 16
    # columns 4 to 12 of 32 become 2 to 6 of 16: the last one is half covered, and the
    # corner of two half-covered sides only a quarter
    assert cohort.masks["consolidation"][0].sum() == 5 * 5 - 1
    assert cohort.masks["pneumothorax"][1].sum() == 1  # a quarter of a pixel, kept
    for size in (15, 33, 0):
        with pytest.raises(CohortError, match=f"size {size}; expected 16 to 32"):
            _load_chest_insilico(SETTINGS, size)
    assert len(_load_chest_insilico(SETTINGS, 32).images[0]) == 32
    assert len(made) == 1


def test_other_settings_variants_and_versions_are_other_files(made, monkeypatch):
    _load_chest_insilico(SETTINGS)
    for change in ({"seed": 4}, {"variant": "confounded"}, {"strength": 0.5}):
        _load_chest_insilico(dataclasses.replace(SETTINGS, **change))
    monkeypatch.setitem(
        phantoms.VARIANTS, "default", phantoms.VARIANTS["confounded"].at_strength(0.3)
    )
    _load_chest_insilico(SETTINGS)
    monkeypatch.setattr(phantoms, "GENERATOR_VERSION", "another")
    _load_chest_insilico(SETTINGS)
    monkeypatch.setattr(cohorts, "CACHE_FORMAT", cohorts.CACHE_FORMAT + 1)
    _load_chest_insilico(SETTINGS)
    assert len(made) == 7


@pytest.mark.parametrize("variant", phantoms.VARIANTS)
def test_every_variant_is_loaded_by_its_name_and_says_what_is_planted(made, variant):
    settings = dataclasses.replace(SETTINGS, variant=variant)
    cohort = _load_chest_insilico(settings)
    planted = phantoms.planted_sentences(phantoms.VARIANTS[variant])
    assert cohort.card.notes[:-1] == planted
    assert "Simulated" in cohort.card.notes[-1]
    assert cohort.card.default == phantoms.VARIANTS[variant].default_finding
    noisy = "partly wrong" in cohort.card.reference_standard
    assert noisy == (variant == "label_noise")
    off = _load_chest_insilico(dataclasses.replace(settings, strength=0.0))
    assert (off.card.notes[:-1] == planted) == (variant == "default")


def test_load_finds_every_source_by_name(monkeypatch, tmp_path):
    for name in ("_load_chest_insilico", "_load_nodules_ct", "load_medmnist"):
        monkeypatch.setattr(cohorts, name, lambda *a, n=name, **k: (n, a, k))
    monkeypatch.setattr(cohorts, "from_folder", lambda *a, **k: ("folder", a, k))
    default = ChestCohortSettings()
    noise = ChestCohortSettings(variant="label_noise")
    chest = "_load_chest_insilico"
    assert cohorts.load("chest_insilico") == (chest, (default, None), {})
    assert cohorts.load("chest_insilico_label_noise", size=64) == (
        chest,
        (noise, 64),
        {},
    )
    cubes = cohorts.load("chest_insilico_nodules_ct", size=64)
    assert cubes == ("_load_nodules_ct", (), {"size": 64})
    published = cohorts.load("breastmnist", size=28)
    assert published == ("load_medmnist", ("breastmnist",), {"size": 28})
    assert cohorts.load(tmp_path, size=32) == ("folder", (tmp_path,), {"size": 32})
    with pytest.raises(
        CohortError, match="chest_insilico_confused.*insilico_confounded"
    ):
        cohorts.load("chest_insilico_confused")


DAMAGE = {
    "cut off": lambda raw: raw[: len(raw) // 2],
    "empty": lambda raw: b"",
    "another file": lambda raw: b"not an npz at all",
    "one bit turned": lambda raw: raw[:5000] + bytes([raw[5000] ^ 1]) + raw[5001:],
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_cache_is_made_anew_with_a_sentence(made, capsys, name):
    images = _load_chest_insilico(SETTINGS).images
    path = cached_file()
    path.write_bytes(DAMAGE[name](path.read_bytes()))
    np.testing.assert_array_equal(_load_chest_insilico(SETTINGS).images, images)
    assert "is damaged" in capsys.readouterr().err
    _load_chest_insilico(SETTINGS)
    assert len(made) == 2


def test_cache_with_objects_is_never_unpickled(made, tmp_path):
    _load_chest_insilico(SETTINGS)
    witness = tmp_path / "witness"

    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(witness),)

    np.savez(cached_file(), format=2, images=np.array([Trap()], dtype=object))
    _load_chest_insilico(SETTINGS)
    assert len(made) == 2
    assert not witness.exists()


def test_full_disk_still_gives_the_cohort_and_leaves_nothing(made, monkeypatch, capsys):
    def full(output, **arrays):
        output.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert _load_chest_insilico(SETTINGS).table.index[0] == 0
    assert "Not cached: [Errno 28]" in capsys.readouterr().err
    assert list(files.cache_dir().iterdir()) == []


def test_ct_cubes_are_cached_and_keep_the_contract(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path))
    calls = []

    def draw(settings, *, progress):
        calls.append(settings)
        table = draw_squares(SETTINGS)[1].assign(malignant=[0, 1] * 12)
        table = table.rename(columns={"consolidation": "nodule"})
        images = np.zeros((24, *phantoms.CUBE_SHAPE), np.uint8)
        mask = images == 0
        mask[0, 0] = False
        return images, table, {"nodule": mask}

    monkeypatch.setattr(phantoms, "make_nodule_cohort", draw)
    _load_nodules_ct()
    cohort = _load_nodules_ct(64)
    assert len(calls) == 1
    assert cohort.is_volume
    assert cohort.findings == ["nodule", "malignant"]
    assert (~cohort.masks["nodule"]).sum() == 64 * 64
    assert (cohort.card.n_patients, cohort.card.pixel_spacing_mm) == (200, 0.75)
    with pytest.raises(CohortError, match="size 32, only 64"):
        _load_nodules_ct(size=32)
