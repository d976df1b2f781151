"""The simulated patients stay the same bits, whatever is moved, merged or shortened.

``python -m tests.phantoms.test_digests`` writes the digests anew; only a new version of
the generator is a reason to do so.
"""

import hashlib
import json
import platform
import sys
import tempfile
from pathlib import Path

import numpy as np
import pydicom
import pytest

from helpers import cohorts
from phantoms import (
    VARIANTS,
    WITH_CONTRAST,
    ChestCohortSettings,
    NoduleCohortSettings,
    image_study,
    make_chest_cohort,
    make_nodule_cohort,
    nodule_cube,
    nodule_study,
    scan_study,
    study_of,
    twin_films,
)
from phantoms.damaged_series import write_damaged
from phantoms.dicom_writing import (
    CtSeries,
    Radiograph,
    plant_identities,
    salt_attributes,
    write_radiograph,
    write_report,
    write_series,
)
from phantoms.hospital.readers import READERS, read_scores
from phantoms.physics.ct_noise import KERNELS, noise_fields

STORE = Path(__file__).with_name("digests.json")
ROOT = Path(__file__).resolve().parents[2]


def digest(*parts) -> str:
    """Return sixteen hexadecimal digits of arrays, tables, files and words."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            total.update(f"{part.dtype}{part.shape}".encode())
            part = np.ascontiguousarray(part).tobytes()
        elif isinstance(part, Path):
            part = part.read_bytes()
        elif hasattr(part, "to_csv"):
            part = part.to_csv(index=False, float_format="%.9g")
        total.update(part if isinstance(part, bytes) else str(part).encode())
    return total.hexdigest()[:16]


def of_cohort(images, table, masks) -> dict[str, str]:
    """Return the digests of images, table and masks."""
    all_masks = [part for kind in masks for part in (kind, masks[kind])]
    return {
        "images": digest(images),
        "table": digest(table),
        "masks": digest(*all_masks),
    }


def default_cohort():
    cohort = cohorts.load("chest_insilico")
    return of_cohort(cohort.images, cohort.table, cohort.masks)


def variants():
    found = {}
    for variant in VARIANTS:
        small = ChestCohortSettings(
            n_patients=30, n_images=50, size=64, variant=variant
        )
        parts = of_cohort(*make_chest_cohort(small, progress=False))
        found |= {f"{variant} {name}": value for name, value in parts.items()}
    return found


def nodule_cubes():
    settings = NoduleCohortSettings(n_patients=20)
    return of_cohort(*make_nodule_cohort(settings, progress=False))


def scans():
    calcified = nodule_study(2, nodule_seed=41)
    plain = nodule_study(2, nodule_seed=41, calcification="none")
    cube, centre = nodule_cube(4, seed=3)
    scan = scan_study(plain, slice_mm=2.5)
    return {
        "calcified": digest(scan_study(calcified, slice_mm=2.5).hu),
        "plain": digest(scan.hu, *scan.masks.values()),
        "contrast": digest(
            scan_study(calcified, slice_mm=5.0, acquisition=WITH_CONTRAST).hu
        ),
        "cube": digest(cube.hu, centre),
        **{f"noise {name}": digest(noise(kernel)) for name, kernel in KERNELS.items()},
    }


def noise(kernel):
    rng = np.random.default_rng(4)
    return noise_fields(rng, count=2, shape=(64, 64), pixel_mm=0.7, kernel=kernel)


def films():
    study = study_of(ChestCohortSettings(), "P0003-1")
    film = image_study(study, size=512)
    twins = twin_films("P0003-1", side="right", collapse=0.35, size=256)
    return {
        "film": digest(film.image, *film.masks.values()),
        "twins": digest(*twins),
    }


def readers():
    truth = np.arange(400) % 3 == 0
    scores = read_scores(truth, READERS, np.random.default_rng(3))
    return {"scores": digest(scores)}


def dicom_files():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scan = scan_study(nodule_study(2, nodule_seed=41), slice_mm=5.0)
        slices = write_series(
            folder / "series",
            scan.hu[20:25],
            spacing_mm=scan.spacing_mm,
            patient_id="P0002",
            details=CtSeries(bits=16, signed=True),
        )
        damaged = write_damaged(folder, scan)
        film = image_study(study_of(ChestCohortSettings(), "P0003-1"), size=256).image
        details = Radiograph(sex="F", age_years=50)
        for name in ("plain", "planted", "salted"):
            path = folder / f"{name}.dcm"
            write_radiograph(path, film, patient_id="P0003", details=details)
        planted = plant_identities(folder / "planted.dcm")
        salts = salt_attributes(folder / "salted.dcm", (0x00100010, 0x00104000))
        report = write_report(folder / "report.dcm", "No finding.", patient_id="P0003")
        return {
            "series": digest(*slices),
            **{
                f"damaged {kind}": digest(*damaged_parts(place))
                for kind, place in damaged.items()
            },
            "film": digest(folder / "plain.dcm"),
            "planted": digest(folder / "planted.dcm", *map(str, planted)),
            "salted": digest(folder / "salted.dcm", *map(str, salts)),
            "report": digest(report),
        }


def damaged_parts(folder):
    """Return header and pixels of each file but for the UID, once drawn at random."""
    parts = []
    for path in sorted(folder.iterdir()):
        header = pydicom.dcmread(path)
        del header.SOPInstanceUID
        parts += [str(header), header.PixelData]
    return parts


def committed_files():
    paths = [*ROOT.glob("data/predictions/*.csv"), *ROOT.glob("data/checkpoints/*")]
    return {path.name: digest(path) for path in sorted(paths)}


PARTS = (
    default_cohort,
    variants,
    nodule_cubes,
    scans,
    films,
    readers,
    dicom_files,
    committed_files,
)


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_digests_of(part):
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("frozen on Linux x86-64; other processors round the last digit")
    assert part() == json.loads(STORE.read_text(encoding="utf-8"))[part.__name__]


if __name__ == "__main__":
    made = {part.__name__: part() for part in PARTS}
    STORE.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    sys.exit(0)
