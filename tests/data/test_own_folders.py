"""The written own folders hold what they should, and read back to the same images."""

import os
from pathlib import Path

import numpy as np
import pytest
from helpers.cohorts.insilico import load_chest_insilico
from pydicom import dcmread

from helpers import cohorts
from helpers.cohorts import CohortError, from_folder
from phantoms import ChestCohortSettings
from tests.data.own_folders import write_dicom_folder, write_png_folder

FEW = ChestCohortSettings(seed=1, n_patients=20, n_images=30)


@pytest.fixture(scope="module")
def few():
    """Return thirty radiographs of twenty patients at 64 pixels."""
    return load_chest_insilico(64, settings=FEW)


def test_png_folder_gives_the_same_images_masks_and_splits(few, tmp_path):
    cohort = cohorts.load(write_png_folder(tmp_path / "png", cohort=few))
    np.testing.assert_array_equal(cohort.images, few.images)
    np.testing.assert_array_equal(
        cohort.masks["consolidation"], few.masks["consolidation"]
    )
    assert cohort.findings == ["consolidation"]
    for column in ("patient_id", "study_id", "split", "consolidation", "age", "sex"):
        assert cohort.table[column].tolist() == few.table[column].tolist()


def test_dicom_folder_gives_the_same_images_and_patients(few, tmp_path):
    folder = write_dicom_folder(tmp_path / "dicom", cohort=few)
    photometric = {
        dcmread(path).PhotometricInterpretation for path in folder.glob("IM*")
    }
    assert photometric == {"MONOCHROME1", "MONOCHROME2"}
    cohort = cohorts.load(folder)
    np.testing.assert_array_equal(cohort.images, few.images)
    assert cohort.table["patient_id"].tolist() == few.table["patient_id"].tolist()
    assert (
        cohort.labels("consolidation").tolist() == few.labels("consolidation").tolist()
    )
    assert cohort.card.n_patients == 20
    assert cohort.table.groupby("patient_id")["split"].nunique().max() == 1
    assert any("DICOM PatientID" in note for note in cohort.card.notes)


def rewrite(folder, change):
    path = folder / "IM00003"
    dataset = dcmread(path)
    dataset.decompress()
    change(dataset)
    dataset.save_as(path)


def without_pixels(dataset):
    del dataset.PixelData


def without_rows(dataset):
    del dataset.Rows


BAD_DICOM = {
    "no pixels": (lambda folder: rewrite(folder, without_pixels), "pixel"),
    "no rows": (lambda folder: rewrite(folder, without_rows), "Rows"),
    "cut off": (
        lambda folder: (folder / "IM00003").write_bytes(
            (folder / "IM00003").read_bytes()[:1500]
        ),
        "",
    ),
    "no DICOM": (
        lambda folder: (folder / "IM00003").write_bytes(b"\0" * 3000),
        "DICOM",
    ),
}


@pytest.mark.parametrize("name", BAD_DICOM)
def test_bad_dicom_file_is_named_with_its_line(few, tmp_path, name):
    folder = write_dicom_folder(tmp_path / "dicom", cohort=few)
    spoil, word = BAD_DICOM[name]
    spoil(folder)
    message = rf"^IM00003 \(line 5 of studies.csv\) cannot be used: .*{word}"
    with pytest.raises(CohortError, match=message):
        cohorts.load(folder)


def test_dicom_without_patient_counts_each_image(few, tmp_path):
    folder = write_dicom_folder(tmp_path / "dicom", cohort=few)
    rewrite(folder, lambda dataset: setattr(dataset, "PatientID", ""))
    cohort = cohorts.load(folder)
    assert not cohort.knows_patients
    assert cohort.table["patient_id"].is_unique


def test_dicom_files_that_share_one_patient_are_explained(few, tmp_path):
    folder = write_dicom_folder(tmp_path / "dicom", cohort=few)
    for path in folder.glob("IM*"):
        dataset = dcmread(path)
        dataset.PatientID = "ANONYMOUS"
        dataset.save_as(path)
    with pytest.raises(
        CohortError, match=r"30 images of 1 patient\(s\) cannot be split"
    ):
        cohorts.load(folder)


# --- real own folders -------------------------------------------------------------

REAL = Path(os.environ.get("COURSE_DATA_DIR", "/nowhere")).expanduser()


def real(name):
    """Mark a test that needs one folder of COURSE_DATA_DIR."""
    missing = not (REAL / name / "labels.csv").is_file()
    reason = f"{name} is not in COURSE_DATA_DIR"
    return [pytest.mark.real_data, pytest.mark.skipif(missing, reason=reason)]


READABLE = {
    # folder: (images, shape, findings, patients)
    "cxr_nih14_256px": (212, (128, 128), 12, 206),
    "breast_us_busi_128px": (778, (128, 128), 2, None),
    "breast_us_busi_masks": (148, (128, 128), 2, None),
    "cxr_lungmask_covid": (98, (128, 128), 7, None),
    "mammo_cbis_ddsm": (8, (128, 128), 1, 8),
    "mednist_64px": (1200, (64, 64), 6, None),
    "oct_kermany_samples": (20, (128, 128), 3, None),
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=real(name)) for name in READABLE]
)
def test_real_folder_is_read(name):
    n, shape, n_findings, n_patients = READABLE[name]
    cohort = cohorts.load(name)
    assert cohort.images.shape == (n, *shape)
    assert len(cohort.findings) == n_findings
    assert cohort.card.n_patients == n_patients
    assert cohort.finding() in cohort.findings  # both classes in every split


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=real(name))
        for name in ("fundus_dr_idrid", "fundus_vessels", "fundus_idrid_masks")
    ],
)
def test_real_folder_without_a_finding_says_how_to_name_one(name):
    with pytest.raises(CohortError, match=r"no finding to learn.*findings=\['\w+>="):
        cohorts.load(name)


@pytest.mark.parametrize(
    "name", [pytest.param("fundus_dr_idrid", marks=real("fundus_dr_idrid"))]
)
def test_real_grades_become_a_finding_by_comparison(name):
    # grades 2, 3 and 4: 136 + 74 + 49 of 413 in train, 32 + 19 + 13 of 103 in test
    cohort = from_folder(name, findings=["dr_grade_0_4>=2"])
    assert cohort.images.shape == (516, 128, 128, 3)
    assert cohort.split("internal test").labels().sum() == 64
    assert cohort.labels().sum() == 64 + 259


@pytest.mark.parametrize(
    "name", [pytest.param("cxr_nih14_64px", marks=real("cxr_nih14_64px"))]
)
def test_real_leak_of_patients_is_refused_and_mended(name, monkeypatch):
    message = r"is in two splits: train and tuning.*30 of 264 patients are so"
    with pytest.raises(CohortError, match=message):
        cohorts.load(name)
    monkeypatch.setenv("COHORT_SPLIT", "by_patient")
    cohort = cohorts.load(name)
    assert cohort.images.shape == (1000, 64, 64)
    assert cohort.card.n_patients == 264
    assert cohort.table.groupby("patient_id")["split"].nunique().max() == 1
