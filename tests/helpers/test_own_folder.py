"""Own folders: what is understood, what is made, and what is refused in words."""

import os
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from helpers import cohorts
from helpers.cohorts import CohortError, from_folder
from helpers.patient_splits import split_patients

N = 12
PATIENTS = [f"p{row // 2}" for row in range(N)]  # six patients of two images
NODULE = [0, 0, 1, 1] * 3  # patients 1, 3, 5 have it
SPLIT = ["train"] * 4 + ["val"] * 4 + ["test"] * 4
FILES = [f"{row:02d}.png" for row in range(N)]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    for name in ("FINDING", "COHORT_SPLIT", "COURSE_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)


def write_csv(folder, *, name="labels.csv", sep=",", encoding="utf-8", **changes):
    """Write a table that is right but for the changes; None removes a column."""
    table = {"file": FILES, "patient_id": PATIENTS, "split": SPLIT, "nodule": NODULE}
    table = {name: cells for name, cells in (table | changes).items() if cells}
    frame = pd.DataFrame(table)
    frame.to_csv(folder / name, sep=sep, encoding=encoding, index=False)


def grey(row, side=16):
    """Return an image with one value per row, and its number in the corner."""
    image = np.repeat(np.arange(side, dtype=np.uint8)[:, None] * 8, side, axis=1)
    image[0, 0] = row
    return image


@pytest.fixture
def folder(tmp_path):
    """Return a folder with twelve PNG of 16 x 16 and a table that is right."""
    path = tmp_path / "mine"
    path.mkdir()
    for row, name in enumerate(FILES):
        Image.fromarray(grey(row)).save(path / name)
    write_csv(path)
    return path


def refused(folder, message, **options):
    with pytest.raises(CohortError, match=message):
        from_folder(folder, **options)


# --- tables -------------------------------------------------------------------------


def test_plain_folder_is_read_as_it_is(folder, monkeypatch):
    cohort = cohorts.load(folder)
    assert cohort.name == "mine"
    np.testing.assert_array_equal(cohort.images, [grey(row) for row in range(N)])
    assert cohort.findings == ["nodule"]
    assert [*cohort.table][:4] == ["patient_id", "study_id", "site", "split"]
    assert cohort.labels("nodule").tolist() == NODULE
    assert cohort.table["patient_id"].tolist() == PATIENTS
    splits = ["train"] * 4 + ["tuning"] * 4 + ["internal test"] * 4
    assert cohort.table["split"].tolist() == splits
    assert cohort.table["study_id"].tolist()[1] == "00001"
    assert set(cohort.table["site"]) == {"unknown"}
    assert (cohort.card.n_patients, cohort.card.notes) == (6, ())
    monkeypatch.setenv("COURSE_DATA_DIR", str(folder.parent))
    assert cohorts.load("mine").fingerprint == cohort.fingerprint


NAMES = [("file", "Image Index"), ("file", "image_path"), ("patient_id", "PatientID")]
NAMES += [("patient_id", name) for name in ("Patient ID", "subject_id", "MRN", "pid")]
NAMES += [("split", "Split"), ("nodule", "Nodule")]


@pytest.mark.parametrize(("usual", "other"), NAMES)
def test_columns_may_have_their_other_usual_names(folder, usual, other):
    before = from_folder(folder).fingerprint
    path = folder / "labels.csv"
    path.write_text(path.read_text().replace(usual, other, 1))
    after = from_folder(folder)
    assert after.knows_patients
    assert (after.fingerprint == before) == (usual != "nodule")


def test_files_may_lie_in_subfolders_and_paths_be_windows_ones(folder):
    (folder / "images" / "a").mkdir(parents=True)
    for path in folder.glob("*.png"):
        path.rename(folder / "images" / "a" / path.name)
    write_csv(folder, file=[f"a\\{name}" for name in FILES])
    assert from_folder(folder).images[:, 0, 0].tolist() == list(range(N))


@pytest.mark.parametrize(
    ("sep", "encoding"), [(";", "utf-8-sig"), ("\t", "utf-8"), (",", "cp1252")]
)
def test_csv_as_spreadsheets_write_it(folder, sep, encoding):
    dose = ["1.5" if sep == "," else "1,5"] * 11 + ["NA"]
    view, study = ["schräg"] * N, [f"S{row}" for row in range(N)]
    more = {"dose": dose, "View": view, "study_id": study, "site": view}
    more["age"] = ["07"] * N
    (folder / "labels.csv").unlink()
    write_csv(folder, name="only.csv", sep=sep, encoding=encoding, **more)
    with (folder / "only.csv").open("a") as csv:
        csv.write(sep.join([" "] * 9) + "\n\n")  # lines that say nothing
    cohort = from_folder(folder)
    assert cohort.table["dose"].tolist()[:11] == [1.5] * 11
    assert np.isnan(cohort.table["dose"].iloc[11])
    assert cohort.table["View"].tolist() == cohort.table["site"].tolist() == view
    assert cohort.table["study_id"].tolist() == study
    assert cohort.card.notes == ("Kept in the table, but no finding: dose, View, age.",)
    write_csv(folder, name="second.csv")
    refused(folder, "holds 2 CSV files")


BAD_CELLS = [
    ({"file": None}, "no column called file: patient_id"),
    ({"file": ["lost.png", *FILES[1:]]}, "line 2 .*'lost.png'; expected a file with"),
    ({"file": [*FILES[:2], "", *FILES[3:]]}, "line 4 .*column 'file'"),
    ({"file": [FILES[1], *FILES[1:]]}, "line 3 .*'01.png'; expected every image"),
    ({"nodule": [0, 1, "", *NODULE[3:]]}, "line 4 .*'nodule': found '', .* no value"),
    ({"nodule": [0, 1, 1, "NaN", *NODULE[4:]]}, "line 5 .*'NaN', which is no value"),
    ({"nodule": None, "label": ["a", "?", *"abababababab"[2:]]}, "line 3 .*'label'"),
    ({"nodule": [1] * N}, "One value: nodule"),
    ({"nodule": None, "grade": [0, 1, 2, 3] * 3}, "FINDING='grade>=2'"),
    ({"nodule": None, "label": list("abcdefghijkl")}, "one class only"),
    ({"split": [*SPLIT[1:], "holdback"]}, "line 13 .*'holdback'; expected train"),
    ({"split": ["train"] * 6 + ["val"] * 6}, "no image in internal test"),
    ({"patient_id": ["p0", "None", *PATIENTS[2:]]}, "line 3 .*'None', .* no value"),
    ({"patient_id": ["a"] * N, "split": None}, "column patient_id"),
    ({"Nodule": NODULE}, "a column twice"),
    (
        {"split": ["train"] * 5 + SPLIT[5:]},
        "split: 1. For example p2 .2 images: train, tuning",
    ),
]


@pytest.mark.parametrize(("changes", "message"), BAD_CELLS)
def test_bad_table_is_refused_with_its_line(folder, changes, message):
    write_csv(folder, **changes)
    with pytest.raises(CohortError, match=message):
        from_folder(folder).finding()


def test_table_that_is_none_is_refused(folder):
    (folder / "labels.csv").write_text("file,nodule\n")
    refused(folder, "has no row")
    (folder / "labels.csv").write_text("file,nodule\n00.png,1\n01.png,0,surplus\n")
    with pytest.raises(ValueError, match="line 3"):
        from_folder(folder)
    (folder / "labels.csv").unlink()
    refused(folder, "holds 0 CSV files")
    refused(folder / "nowhere", "nowhere")
    for size in (7, 1025):
        refused(folder, f"size {size} is not", size=size)


# --- findings -----------------------------------------------------------------------


def said(words):
    """Return the nodule column in two other words, absent and present."""
    return [words.split()[value] for value in NODULE]


def labelled(*values):
    return {"nodule": None, "Class": [*values] * (N // len(values))}


UNDERSTOOD = [
    *[({"nodule": said(words)}, {"nodule": [0, 0, 1, 1]}) for words in (
        "no Yes", "False TRUE", "0,0 1.0", "N Y", "FALSCH WAHR", "FAUX VRAI", "neg pos"
    )],
    (labelled("normal", "No finding", "benign", "malignant"),
     {"malignant": [0, 0, 0, 1], "benign": [0, 0, 1, 0]}),
    (labelled("benign", "malignant"), {"malignant": [0, 1]}),
    (labelled("a", "b"), {"a": [1, 0], "b": [0, 1]}),
    (labelled("none", "mass|nodule", "nodule;x", "mass"),
     {"mass": [0, 1, 0, 1], "nodule": [0, 1, 1, 0], "x": [0, 0, 1, 0]}),
    (labelled("nodule", "normal", "mass", "nodule"),
     {"nodule": [1, 0, 0, 1], "mass": [0, 0, 1, 0]}),
    (labelled("pneumonia, viral", "normal"), {"pneumonia, viral": [1, 0]}),
    (labelled("pneumonia, viral", "normal", "pneumonia", "normal"),
     {"pneumonia": [0, 0, 1, 0], "pneumonia, viral": [1, 0, 0, 0]}),
    (labelled("mass, nodule", "nodule", "mass", "normal"),
     {"mass": [1, 0, 1, 0], "nodule": [1, 1, 0, 0]}),
    ({"age": [0, 1] * 6, "is train": [1, 0] * 6, "isTest": [0, 1] * 6,
      "Follow-up #": [0, 1] * 6, "lung_mask": [0, 1] * 6}, {"nodule": [0, 0, 1, 1]}),
    ({"normal": [1, 1, 0, 0] * 3, "label": ["x", "nodule", "x", "x"] * 3},
     {"x": [1, 0, 1, 1], "nodule": [0, 0, 1, 1], "normal": [1, 1, 0, 0]}),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "findings"), UNDERSTOOD)
def test_findings_are_found(folder, changes, findings):
    write_csv(folder, **changes)
    cohort = from_folder(folder)
    found = [column for column in cohort.table if column in cohort.findings]
    assert found == list(findings)
    for name, labels in findings.items():
        assert cohort.labels(name).tolist() == labels * (N // len(labels))
    others = ["age, is train, isTest, Follow-up #"] * ("age" in changes)
    notes = [note for note in cohort.card.notes if "Kept" in note]
    assert notes == [f"Kept in the table, but no finding: {o}." for o in others]


GRADE = [0, 1, 2, 3] * 3
COMPARED = {"grade>=2": [0, 0, 1, 1], "grade <= 1": [1, 1, 0, 0]}
COMPARED |= {"Grade>2": [0, 0, 0, 1], "grade<1.5": [1, 1, 0, 0]}
COMPARED |= {"grade=0": [1, 0, 0, 0]}


def test_findings_asked_for_win(folder, monkeypatch):
    write_csv(folder, effusion=[0, 1] * 6, grade=GRADE, label=["a", "b", "none"] * 4)
    assert from_folder(folder).findings == ["a", "b", "nodule", "effusion"]
    asked = from_folder(folder, findings=["effusion", "b", *COMPARED])
    assert asked.findings == ["effusion", "b", *COMPARED]
    for wish, labels in COMPARED.items():
        assert asked.labels(wish).tolist() == labels * 3
    refused(folder, "no class 'fracture'.*Classes: a, b", findings=["fracture"])
    refused(folder, "no class 'stage>1'", findings=["stage>1"])
    refused(folder, "'2'; expected 0 .*'grade>=2'", findings=["grade"])
    refused(folder, "'p0'; expected a number", findings=["patient_id>1"])
    refused(folder, "One value: grade>9", findings=["grade>9", "effusion"])
    monkeypatch.setenv("FINDING", "grade>=2")
    assert from_folder(folder).labels("grade>=2").tolist() == [0, 0, 1, 1] * 3
    assert from_folder(folder).finding() == "a"


@pytest.mark.parametrize("missing", ["", "nan", "NA", "inf", "?"])
def test_missing_grade_is_neither_below_nor_above(folder, missing):
    write_csv(folder, grade=[*GRADE[:3], missing, *GRADE[4:]])
    refused(folder, "line 5 .*'grade'", findings=["grade>=2"])


def test_column_of_little_use_is_left_out_and_said(folder):
    edema = ["1.0", "-1.0", "", "0.0"] * 3
    rare = ["1", "0"] * 3 + [""] * 6  # half of the cells are not most of them
    write_csv(folder, hernia=[0] * N, edema=edema, rare=rare, dose=range(3, 15))
    cohort = from_folder(folder)
    assert cohort.findings == ["nodule"]
    kept = "Kept in the table, but no finding: edema, rare, dose. Not 0 or 1 "
    kept += "in every line: edema (3 of 12 empty; other values: '-1.0'); "
    kept += "rare (6 of 12 empty; other values: none)."
    assert cohort.card.notes == ("hernia is 0 in every image.", kept)
    refused(folder, "'-1.0'; expected 0", findings=["edema"])
    write_csv(folder, nodule=None, edema=edema)  # all that CheXpert has
    refused(folder, "Not 0 or 1 in every line: edema .3 of 12 empty")


def test_columns_used_under_another_name_are_said_and_so_are_unused_ones(folder):
    changes = {"pid": PATIENTS, "case": ["c"] * N, "label": [0, 1, 2] * 4}
    write_csv(folder, patient_id=None, file=None, Path=FILES, **changes)
    cohort = from_folder(folder)
    assert cohort.table["patient_id"].tolist() == PATIENTS
    read = "Columns read under another name: 'Path' as file, 'pid' as patient."
    kept = "Kept in the table, but no finding: case, label."
    assert cohort.card.notes == (read, kept)


def test_default_finding_has_both_classes_in_every_split(folder):
    write_csv(folder, nodule=None, mass=[0, 1] + [0] * 10, effusion=NODULE)
    cohort = from_folder(folder)
    assert cohort.finding() == "effusion"
    assert [c for c in cohort.table if c in cohort.findings] == ["mass", "effusion"]
    with pytest.raises(CohortError, match="one class only for mass"):
        cohort.finding("mass")


# --- splits and patients --------------------------------------------------------------


def test_split_is_made_by_patient_alike_in_the_finding(folder, monkeypatch):
    write_csv(folder, split=None)
    cohort = from_folder(folder)
    assert cohort.table.groupby("patient_id")["split"].nunique().max() == 1
    # 3 patients with and 3 without the nodule: one of each in every split
    assert cohort.table.groupby("split")["nodule"].mean().tolist() == [0.5] * 3
    dealt = split_patients(cohort.table, stratify="nodule", seed=2026)
    assert cohort.table["split"].tolist() == dealt.tolist()
    assert "by patient" in cohort.card.notes[0]
    write_csv(folder, split=["train"] * 5 + SPLIT[5:])  # p2 on both sides
    monkeypatch.setenv("COHORT_SPLIT", "by_patient")
    assert from_folder(folder).fingerprint == cohort.fingerprint
    monkeypatch.setenv("COHORT_SPLIT", "random")
    refused(folder, "COHORT_SPLIT is 'random'")


def test_tuning_set_is_taken_from_train_by_patient(folder):
    write_csv(folder, split=["Training"] * 8 + ["internal_test"] * 2 + ["External"] * 2)
    cohort = from_folder(folder)
    per_patient = cohort.table.groupby("patient_id")["split"]
    assert per_patient.nunique().max() == 1
    counts = cohort.table["split"].value_counts().to_dict()
    # 0.8 and 0.2 of 2 + 2 patients: one of each kind
    assert counts == {"train": 4, "tuning": 4, "internal test": 2, "external test": 2}
    assert "became the tuning set" in cohort.card.notes[0]


def test_few_patients_with_the_finding_are_dealt_all_the_same(folder):
    write_csv(folder, split=None, nodule=[1, 0] + [0] * 10)
    sizes = from_folder(folder).table.groupby("split")["patient_id"].nunique()
    assert sizes.to_dict() == {"internal test": 1, "train": 4, "tuning": 1}


def test_unknown_patients_count_as_one_each_and_7_0_is_7(folder):
    write_csv(folder, patient_id=None)
    cohort = from_folder(folder)
    assert not cohort.knows_patients
    assert cohort.table["patient_id"].tolist()[:2] == ["unknown-00000", "unknown-00001"]
    assert "not known" in cohort.card.notes[0]
    write_csv(folder, patient_id=["7", "7.0", "07", *PATIENTS[1:10]], split=None)
    assert from_folder(folder).table["patient_id"].tolist()[:3] == ["7", "7", "07"]


# --- pixels ---------------------------------------------------------------------------


def test_every_kind_of_grey_becomes_grey(folder):
    files = FILES[:5] + ["05.npy", "06.npz", *FILES[7:]]
    for row, mode in enumerate(["RGB", "RGBA", "P", "LA", "L"]):
        Image.fromarray(grey(row)).convert(mode).save(folder / files[row])
    np.save(folder / "05.npy", grey(5))
    np.savez(folder / "06.npz", grey(6))
    transparent = np.dstack([np.full((16, 16), 90, np.uint8), 255 * (grey(0) > 0)])
    Image.fromarray(transparent.astype(np.uint8), "LA").save(folder / "07.png")
    write_csv(folder, file=files)
    cohort = from_folder(folder)
    np.testing.assert_array_equal(cohort.images[:7], [grey(row) for row in range(7)])
    assert cohort.images[7, :2, 0].tolist() == [0, 90]  # see-through is black


def test_colours_sixteen_bits_and_turned_photographs(folder):
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 200
    Image.fromarray(red).save(folder / "05.png")
    for row, top in ((3, 4000), (4, 300)):  # 12 bits: 4095 is white
        Image.fromarray(np.full((16, 16), top, np.uint16)).save(folder / FILES[row])
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    left = np.where(np.arange(16) < 8, 255, 0) * np.ones((16, 1))
    Image.fromarray(left.astype(np.uint8)).save(folder / "00.jpg", exif=exif)
    write_csv(folder, file=["00.jpg", *FILES[1:]])
    cohort = from_folder(folder)
    assert cohort.images[5, 8, 8].tolist() == [200, 0, 0]
    assert cohort.images[6, 8, 8].tolist() == [64, 64, 64]
    assert cohort.images[3, 0, 0, 0] == round(4000 * 255 / 4095)
    assert cohort.images[4, 0, 0, 0] == round(300 * 255 / 4095)
    assert cohort.images[0, :6].min() > 200 > 50 > cohort.images[0, 10:].max()
    assert [*map(len, cohort.card.notes)] == [49, 62]


def test_different_sizes_are_fitted_with_black_edges(folder):
    Image.fromarray(np.full((100, 200), 90, np.uint8)).save(folder / "00.png")
    cohort = from_folder(folder)
    # 200 x 100 becomes 128 x 64: 32 black rows above and below
    assert cohort.images[0, [0, 31, 32, 95, 96], 60].tolist() == [0, 0, 90, 90, 0]
    assert cohort.images.shape == (N, 128, 128)
    assert "(16, 16) to (100, 200)" in cohort.card.notes[0]
    assert from_folder(folder, size=32).images.shape == (N, 32, 32)
    for side, fitted in ((128, 128), (129, 128)):  # small squares stay as they are
        for row, name in enumerate(FILES):
            Image.fromarray(grey(row, side)).save(folder / name)
        cohort = from_folder(folder)
        assert cohort.images.shape[1:] == (fitted, fitted)
        assert (cohort.card.notes == ()) == (side == fitted)


def test_dicom_files_give_pixels_and_patients(folder):
    film = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    for row in range(N):
        film.PatientID = PATIENTS[row]
        film.save_as(folder / f"IM{row:02d}")
    (folder / "IM00").rename(folder / "IM00.film")
    names = ["IM00.film", *(f"IM{row:02d}" for row in range(1, N))]
    write_csv(folder, file=names, patient_id=None)
    filters = [*warnings.filters]
    cohort = from_folder(folder)
    assert warnings.filters == filters
    assert cohort.table["patient_id"].tolist() == PATIENTS
    assert cohort.knows_patients
    assert "DICOM PatientID" in cohort.card.notes[0]
    assert cohort.images.shape == (N, 128, 128)
    assert np.ptp(cohort.images[0]) > 100
    film.PatientID = "unknown"
    film.save_as(folder / "IM03")
    refused(folder, "line 5 .*'IM03'; expected a patient.* 1 of 12")
    for name in names:
        film.save_as(folder / name)
    assert not from_folder(folder).knows_patients
    (folder / "IM03").write_bytes((folder / "IM03").read_bytes()[:1500])
    refused(folder, r"^IM03 \(line 5 of labels.csv\) cannot be used")


def masks_of(values, shape=(16, 16)):
    mask = np.zeros(shape, np.uint8)
    mask[2:5, 3:5], mask[2:5, 5:7] = values
    return mask


VALUES = [(255, 255), (1, 1), (1, 2), (127, 255), (3, 1), (9, 126)]


@pytest.mark.parametrize("values", VALUES)
def test_masks_are_white_or_labels(folder, values):
    (folder / "masks").mkdir()
    for name in FILES:
        Image.fromarray(masks_of(values)).save(folder / "masks" / name)
    names = [name if value else "" for name, value in zip(FILES, NODULE, strict=True)]
    write_csv(folder, Nodule_Mask=names)
    cohort = from_folder(folder)
    assert cohort.masks["nodule"].sum(axis=(1, 2)).tolist() == [12 * v for v in NODULE]
    assert cohort.masks["nodule"][2, 2:5, 3:7].all()
    # one column for all: the mask belongs to every finding that the image has
    write_csv(folder, mask=FILES, effusion=[0, 1] * 6)
    cohort = from_folder(folder)
    for finding in ("nodule", "effusion"):
        present = cohort.masks[finding].any(axis=(1, 2))
        assert present.tolist() == (cohort.labels(finding) == 1).tolist()
    assert from_folder(folder, size=8).masks["nodule"][2].sum() < 12


def test_grey_in_masks_is_no_finding_and_said(folder):
    (folder / "masks").mkdir()
    write_csv(folder, nodule_mask=FILES)
    noise = np.zeros((16, 16), np.uint8)
    noise[::3, ::2] = 2  # single pixels, as lossy compression leaves them
    for name in FILES:
        Image.fromarray(noise).save(folder / "masks" / name)
    assert not from_folder(folder).masks["nodule"].any()
    noise[:9, :9] = 85  # a whole area, beside a mask with white
    Image.fromarray(noise).save(folder / "masks" / FILES[1])
    Image.fromarray(masks_of((255, 255))).save(folder / "masks" / FILES[0])
    cohort = from_folder(folder)
    marked = cohort.masks["nodule"].sum(axis=(1, 2))
    assert marked.tolist() == [12] + [0] * 11
    assert "11 masks of nodule_mask, the first in line 3" in cohort.card.notes[0]
    for name in FILES:
        Image.fromarray(noise).save(folder / "masks" / f"{name}.jpg")
    write_csv(folder, nodule_mask=[f"{name}.jpg" for name in FILES])
    assert not from_folder(folder).masks["nodule"].any()


def test_wrong_masks_are_refused(folder):
    (folder / "masks").mkdir()
    Image.fromarray(masks_of((255, 255), (16, 20))).save(folder / "masks" / "00.png")
    write_csv(folder, nodule_mask=["00.png"] + [""] * 11)
    refused(folder, r"00.png \(line 2.*\(16, 20\) pixels, its image \(16, 16\)")
    write_csv(folder, nodule_mask=["lost.png"] + [""] * 11)
    refused(folder, "line 2 .*'nodule_mask': found 'lost.png'")


def spoil(path, kind):
    first, second = Image.fromarray(grey(0)), Image.fromarray(grey(1))
    if kind == "frames":
        first.save(path, format="TIFF", save_all=True, append_images=[second])
    elif kind == "truncated":
        path.write_bytes(path.read_bytes()[:-30])
    elif kind == "cannot identify":
        path.write_text("this is a text, whatever its name says" * 9)
    else:
        with path.open("wb") as file:
            np.save(file, ARRAYS[kind])


ARRAYS = {
    "allow_pickle": np.array([{"a": 1}], dtype=object),
    "float32": np.zeros((16, 16), np.float32),
    r"\(5, 16, 16\)": np.zeros((5, 16, 16), np.uint8),
    r"\(1, 16\)": np.zeros((1, 16), np.uint8),
    "-1 to 0": np.int16([[-1, 0], [0, 0]]),
    "0 to 65536": np.int32([[65536, 0], [0, 0]]),
}


@pytest.mark.parametrize("kind", ["frames", "truncated", "cannot identify", *ARRAYS])
def test_bad_file_is_named_with_its_line(folder, kind):
    spoil(folder / "04.png", kind)
    refused(folder, rf"^04.png \(line 6 of labels.csv\) cannot be used: .*{kind}")


REAL = Path(os.environ.get("COURSE_DATA_DIR", "/nowhere")).expanduser()


@pytest.mark.real_data
@pytest.mark.skipif(not (REAL / "cxr_nih14_64px").is_dir(), reason="no COURSE_DATA_DIR")
def test_real_folders_are_read_and_a_real_leak_is_mended(monkeypatch):
    covid = from_folder(REAL / "cxr_lungmask_covid")
    breasts = from_folder(REAL / "mammo_cbis_ddsm")
    assert (len(covid), len(covid.findings), covid.knows_patients) == (98, 7, False)
    assert (breasts.findings, breasts.card.n_patients) == (["malignant"], 8)
    refused(REAL / "cxr_nih14_64px", "more than one split: 30.*COHORT_SPLIT")
    monkeypatch.setenv("COHORT_SPLIT", "by_patient")
    cohort = from_folder(REAL / "cxr_nih14_64px")
    assert cohort.images.shape == (1000, 64, 64)
    assert cohort.table.groupby("patient_id")["split"].nunique().max() == 1
