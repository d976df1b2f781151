"""Own folders: what is understood, what is made, and what is refused in words."""

import numpy as np
import pytest
from PIL import Image

from helpers import cohorts
from helpers.cohorts import CohortError, from_folder

N = 12
PATIENTS = [f"p{row // 2}" for row in range(N)]  # six patients of two images
NODULE = [0, 0, 1, 1] * 3  # patients 1, 3, 5 have it
SPLIT = ["train"] * 4 + ["val"] * 4 + ["test"] * 4


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    for name in ("FINDING", "COHORT_SPLIT", "COURSE_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)


def columns(**changes):
    """Return the columns of a table that is right; None removes one."""
    table = {
        "file": [f"{row:02d}.png" for row in range(N)],
        "patient_id": PATIENTS,
        "split": SPLIT,
        "nodule": NODULE,
        **changes,
    }
    return {name: cells for name, cells in table.items() if cells is not None}


def write_csv(folder, table, *, name="labels.csv", delimiter=",", encoding="utf-8"):
    rows = [list(table), *zip(*table.values(), strict=True)]
    text = "\n".join(delimiter.join(str(cell) for cell in row) for row in rows) + "\n"
    (folder / name).write_bytes(text.encode(encoding))


def grey(row, side=16):
    """Return an image with one value per row, and its number in the corner."""
    image = np.repeat(np.arange(side, dtype=np.uint8)[:, None] * 8, side, axis=1)
    image[0, 0] = row
    return image


@pytest.fixture
def folder(tmp_path):
    """Return a folder with twelve PNG of 16 x 16; the test writes the CSV."""
    path = tmp_path / "mine"
    path.mkdir()
    for row in range(N):
        Image.fromarray(grey(row)).save(path / f"{row:02d}.png")
    return path


# --- what is understood -----------------------------------------------------------


def test_plain_folder_is_read_as_it_is(folder):
    write_csv(folder, columns())
    cohort = cohorts.load(folder)
    assert cohort.name == "mine"
    assert cohort.images.shape == (N, 16, 16)
    assert cohort.images[:, 0, 0].tolist() == list(range(N))
    np.testing.assert_array_equal(cohort.images[7], grey(7))
    assert cohort.findings == ["nodule"]
    assert cohort.labels("nodule").tolist() == NODULE
    assert cohort.table["patient_id"].tolist() == PATIENTS
    assert cohort.table["split"].tolist() == (
        ["train"] * 4 + ["tuning"] * 4 + ["internal test"] * 4
    )
    assert cohort.knows_patients
    assert cohort.card.n_patients == 6
    assert cohort.card.notes == ()


@pytest.mark.parametrize("column", ["file", "image", "path", "filename", "Image_Path"])
def test_image_column_may_have_several_names(folder, column):
    table = columns()
    write_csv(folder, {column: table.pop("file"), **table})
    assert len(from_folder(folder)) == N


def test_images_may_lie_in_the_subfolder_images(folder):
    (folder / "images").mkdir()
    for path in list(folder.glob("*.png")):
        path.rename(folder / "images" / path.name)
    write_csv(folder, columns())
    assert from_folder(folder).images[:, 0, 0].tolist() == list(range(N))


def test_windows_paths_are_understood(folder):
    (folder / "a").mkdir()
    for path in list(folder.glob("*.png")):
        path.rename(folder / "a" / path.name)
    write_csv(folder, columns(file=[f"a\\{row:02d}.png" for row in range(N)]))
    assert len(from_folder(folder)) == N


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(";", "utf-8-sig"), ("\t", "utf-8"), (",", "cp1252")]
)
def test_csv_as_spreadsheets_write_it(folder, delimiter, encoding):
    table = columns(view=["schräg"] * N)
    write_csv(folder, table, delimiter=delimiter, encoding=encoding)
    cohort = from_folder(folder)
    assert cohort.table["view"].tolist() == ["schräg"] * N
    assert cohort.findings == ["nodule"]


def test_only_csv_of_another_name_is_taken_and_one_can_be_named(folder):
    write_csv(folder, columns(), name="table.csv")
    assert len(from_folder(folder)) == N
    write_csv(folder, columns(), name="other.csv")
    with pytest.raises(
        CohortError, match=r"several CSV files \(other.csv, table.csv\)"
    ):
        from_folder(folder)
    assert len(from_folder(folder, csv="other.csv")) == N


@pytest.mark.parametrize(
    ("absent", "present"), [("no", "Yes"), ("False", "TRUE"), ("0.0", "1.0")]
)
def test_findings_may_be_words(folder, absent, present):
    words = [present if value else absent for value in NODULE]
    write_csv(folder, columns(nodule=words))
    assert from_folder(folder).labels("nodule").tolist() == NODULE


def test_age_sex_and_sizes_are_no_findings(folder):
    write_csv(
        folder,
        columns(age=[0, 1] * 6, sex=[1, 0] * 6, width=[1, 0] * 6, lung_mask=[0, 1] * 6),
    )
    cohort = from_folder(folder)
    assert cohort.findings == ["nodule"]
    assert cohort.table["age"].tolist() == [0, 1] * 6


def test_text_label_gives_one_finding_per_value_but_the_normal_ones(folder):
    label = ["normal", "No finding", "benign", "malignant"] * 3
    write_csv(folder, columns(nodule=None, label=label))
    cohort = from_folder(folder)
    assert cohort.findings == ["malignant", "benign"]
    assert cohort.labels("malignant").tolist() == [0, 0, 0, 1] * 3


def test_benign_is_the_absence_of_malignant_when_these_are_all(folder):
    write_csv(folder, columns(nodule=None, Class=["benign", "malignant"] * 6))
    assert from_folder(folder).findings == ["malignant"]


def test_several_values_in_one_cell_are_several_findings(folder):
    cells = ["none", "effusion|nodule", "nodule", "effusion"] * 3
    write_csv(folder, columns(nodule=None, diagnosis=cells))
    cohort = from_folder(folder)
    assert cohort.labels("effusion").tolist() == [0, 1, 0, 1] * 3
    assert cohort.labels("nodule").tolist() == [0, 1, 1, 0] * 3


def test_findings_asked_for_win(folder):
    table = columns(effusion=[0, 1] * 6, grade=[0, 1, 2, 3] * 3, site=["A", "B"] * 6)
    write_csv(folder, table)
    assert from_folder(folder).findings == ["nodule", "effusion"]
    asked = from_folder(folder, findings=["grade>=2", "effusion", "grade=0"])
    assert asked.findings == ["grade>=2", "effusion", "grade=0"]
    assert asked.labels("grade>=2").tolist() == [0, 0, 1, 1] * 3
    assert asked.labels("grade=0").tolist() == [1, 0, 0, 0] * 3
    assert from_folder(folder, findings=["site"]).findings == ["A", "B"]


def test_setting_finding_may_be_a_comparison(folder, monkeypatch):
    write_csv(folder, columns(nodule=None, grade=[0, 1, 2, 3] * 3))
    monkeypatch.setenv("FINDING", "grade>=2")
    cohort = cohorts.load(folder)
    assert cohort.finding("grade>=2") == "grade>=2"
    assert cohort.labels().tolist() == [0, 0, 1, 1] * 3


def test_finding_that_is_always_absent_is_left_out_and_said(folder):
    write_csv(folder, columns(hernia=[0] * N))
    cohort = from_folder(folder)
    assert cohort.findings == ["nodule"]
    assert "hernia is 0 in every image and was left out." in cohort.card.notes


def test_default_finding_has_both_classes_in_every_split(folder):
    # mass is only in the training images; nodule is everywhere
    table = {"mass": [0, 1] + [0] * 10, **columns()}
    write_csv(folder, table)
    cohort = from_folder(folder)
    assert cohort.findings == ["mass", "nodule"]
    assert cohort.finding() == "nodule"
    with pytest.raises(
        CohortError, match="one class only for mass.*every split: nodule"
    ):
        cohort.finding("mass")


# --- splits and patients ----------------------------------------------------------


def test_patient_in_two_splits_is_refused_and_can_be_mended(folder, monkeypatch):
    split = ["train"] * 5 + ["val"] * 3 + ["test"] * 4  # p2: lines 6 and 7
    write_csv(folder, columns(split=split))
    message = (
        r"Patient p2 of mine/labels.csv is in two splits: train and tuning \(lines 6, 7"
        r".*1 of 6 patients are so, with 2 images.*COHORT_SPLIT=by_patient"
    )
    with pytest.raises(CohortError, match=message):
        cohorts.load(folder)
    monkeypatch.setenv("COHORT_SPLIT", "by_patient")
    mended = cohorts.load(folder)
    assert mended.table.groupby("patient_id")["split"].nunique().max() == 1
    assert any("made here, by patient" in note for note in mended.card.notes)
    monkeypatch.delenv("COHORT_SPLIT")
    assert from_folder(folder, split_by_patient=True).fingerprint == mended.fingerprint


def test_split_is_made_by_patient_alike_in_every_finding_share(folder):
    write_csv(folder, columns(split=None))
    cohort = from_folder(folder)
    assert cohort.splits == ["train", "tuning", "internal test"]
    per_patient = cohort.table.groupby("patient_id")
    assert per_patient["split"].nunique().max() == 1
    # 3 patients with and 3 without the nodule: one of each in every split
    shares = cohort.table.groupby("split")["nodule"].mean()
    assert shares.tolist() == [0.5, 0.5, 0.5]
    assert from_folder(folder).table["split"].equals(cohort.table["split"])


def test_tuning_set_is_taken_from_train_by_patient(folder):
    split = ["Training"] * 8 + ["TEST"] * 4
    write_csv(folder, columns(split=split))
    cohort = from_folder(folder)
    assert (cohort.table["split"] == "internal test").tolist() == [False] * 8 + [
        True
    ] * 4
    assert cohort.table.groupby("patient_id")["split"].nunique().max() == 1
    assert {"train", "tuning"} == set(cohort.table["split"][:8])
    assert any("names no tuning set" in note for note in cohort.card.notes)


def test_external_test_is_kept(folder):
    split = (
        ["train"] * 4 + ["validation"] * 4 + ["internal_test"] * 2 + ["External"] * 2
    )
    write_csv(folder, columns(split=split))
    assert from_folder(folder).splits == [
        "train",
        "tuning",
        "internal test",
        "external test",
    ]


def test_without_patients_each_image_counts_and_the_card_says_so(folder):
    write_csv(folder, columns(patient_id=None))
    cohort = from_folder(folder)
    assert not cohort.knows_patients
    assert cohort.table["patient_id"].is_unique
    assert any("no column patient_id" in note for note in cohort.card.notes)
    assert cohort.lacks("patients")


def test_copies_across_splits_are_counted_on_the_card(folder):
    Image.fromarray(grey(0)).save(folder / "11.png")  # 00 is in train, 11 in test
    write_csv(folder, columns())
    notes = from_folder(folder).card.notes
    assert any(note.startswith("2 images have an exact copy") for note in notes)


# --- pixels -----------------------------------------------------------------------


def test_grey_stored_as_rgb_rgba_and_palette_becomes_grey(folder):
    Image.fromarray(grey(0)).convert("RGB").save(folder / "00.png")
    Image.fromarray(grey(1)).convert("RGBA").save(folder / "01.png")
    Image.fromarray(grey(2)).convert("P").save(folder / "02.png")
    Image.fromarray(grey(3)).convert("LA").save(folder / "03.png")
    write_csv(folder, columns())
    cohort = from_folder(folder)
    assert cohort.images.shape == (N, 16, 16)
    for row in range(4):
        np.testing.assert_array_equal(cohort.images[row], grey(row))


def test_one_coloured_image_makes_the_cohort_rgb_and_says_so(folder):
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 200
    Image.fromarray(red).save(folder / "05.png")
    write_csv(folder, columns())
    cohort = from_folder(folder)
    assert cohort.images.shape == (N, 16, 16, 3)
    assert cohort.images[5, 8, 8].tolist() == [200, 0, 0]
    assert cohort.images[6, 8, 8].tolist() == [64, 64, 64]
    assert any("1 of 12 images are in colour" in note for note in cohort.card.notes)


def test_see_through_pixels_are_black(folder):
    rgba = np.full((16, 16, 4), 255, np.uint8)
    rgba[0, :, 3] = 0
    Image.fromarray(rgba).save(folder / "00.png")
    write_csv(folder, columns())
    assert from_folder(folder).images[0, :2, 0].tolist() == [0, 255]


def test_sixteen_bit_files_share_one_scale(folder):
    # the largest value of all is 4000: 12 bits, so 4095 is white
    for row in range(N):
        values = np.full((16, 16), 1000 + row, np.uint16)
        values[0, 0] = 4000 if row == 3 else 0
        Image.fromarray(values).save(folder / f"{row:02d}.png")
    write_csv(folder, columns())
    cohort = from_folder(folder)
    assert cohort.images[3, 0, 0] == round(4000 * 255 / 4095)
    assert cohort.images[0, 5, 5] == round(1000 * 255 / 4095)
    assert any("0 is shown black and 4095 white" in n for n in cohort.card.notes)


def test_different_sizes_are_fitted_with_black_edges(folder):
    wide = np.full((100, 200), 90, np.uint8)
    Image.fromarray(wide).save(folder / "00.png")
    write_csv(folder, columns())
    cohort = from_folder(folder)
    assert cohort.images.shape == (N, 128, 128)
    # 200 x 100 becomes 128 x 64: 32 black rows above and below
    assert cohort.images[0, [0, 31, 32, 95, 96], 60].tolist() == [0, 0, 90, 90, 0]
    assert any("16 x 16 to 100 x 200" in note for note in cohort.card.notes)
    assert from_folder(folder, size=32).images.shape == (N, 32, 32)


def test_turned_photographs_are_put_upright(folder):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    image = np.zeros((16, 16), np.uint8)
    image[:, :8] = 255  # stored: white on the left
    Image.fromarray(image).save(folder / "00.jpg", exif=exif, quality=95)
    write_csv(folder, columns(file=["00.jpg"] + columns()["file"][1:]))
    upright = from_folder(folder).images[0]
    assert upright[:6].min() > 200  # seen: white on top
    assert upright[10:].max() < 50


def test_npz_and_npy_files_are_read(folder):
    np.save(folder / "00.npy", grey(0))
    np.savez(folder / "01.npz", grey(1))
    np.savez(folder / "02.npz", image=grey(2), spacing=np.array([1.0, 1.0]))
    files = ["00.npy", "01.npz", "02.npz"] + columns()["file"][3:]
    write_csv(folder, columns(file=files))
    assert from_folder(folder).images[:, 0, 0].tolist() == list(range(N))


# --- masks ------------------------------------------------------------------------


def write_masks(folder, shape=(16, 16)):
    (folder / "masks").mkdir()
    for row in range(N):
        mask = np.zeros(shape, np.uint8)
        mask[2:5, 3:7] = 255 * NODULE[row]
        Image.fromarray(mask).save(folder / "masks" / f"{row:02d}.png")


def test_masks_of_a_finding_are_read(folder):
    write_masks(folder)
    names = [f"masks/{row:02d}.png" if NODULE[row] else "" for row in range(N)]
    write_csv(folder, columns(nodule_mask=names))
    cohort = from_folder(folder)
    assert cohort.masks["nodule"].sum(axis=(1, 2)).tolist() == [12 * v for v in NODULE]
    assert cohort.masks["nodule"][2, 2:5, 3:7].all()


def test_mask_of_the_same_file_name_as_its_image_is_not_the_image(folder):
    write_masks(folder)
    write_csv(folder, columns(mask=columns()["file"], effusion=[0, 1] * 6))
    cohort = from_folder(folder)
    # the mask belongs to every finding the image has: image 3 has both, image 2 one
    assert cohort.masks["nodule"].sum(axis=(1, 2)).tolist() == [12 * v for v in NODULE]
    assert cohort.masks["effusion"].any(axis=(1, 2)).tolist() == (
        [False, False, False, True] * 3
    )


def test_mask_of_another_shape_is_refused(folder):
    write_masks(folder, shape=(16, 20))
    names = [f"masks/{row:02d}.png" for row in range(N)]
    write_csv(folder, columns(nodule_mask=names))
    message = (
        r"00.png \(line 2 of labels.csv, column 'nodule_mask'\) cannot be used: the "
        r"mask has 16 x 20 pixels, its image 16 x 16.*In all 12 fail; also 01.png"
    )
    with pytest.raises(CohortError, match=message):
        from_folder(folder)


def test_missing_mask_file_is_refused(folder):
    write_masks(folder)
    names = [f"masks/{row:02d}.png" for row in range(N)]
    names[4] = "masks/lost.png"
    write_csv(folder, columns(nodule_mask=names))
    with pytest.raises(
        CohortError, match=r"mask 'masks/lost.png' \(line 6 of labels.csv"
    ):
        from_folder(folder)


# --- what is refused: tables ------------------------------------------------------

BAD_TABLES = {
    "no image column": (
        columns(file=None),
        "names no image: expected a column called file, image, path.*it has patient_id",
    ),
    "a missing image": (
        columns(file=["lost.png"] + columns()["file"][1:]),
        r"image 'lost.png' \(line 2 of labels.csv, column 'file'\) is not in.*"
        "1 of 12 images are missing",
    ),
    "another extension": (
        columns(file=["00.tif"] + columns()["file"][1:]),
        "'00.tif'.*is not in.*Expected file names with their extension",
    ),
    "an empty image cell": (
        columns(file=[""] + columns()["file"][1:]),
        r"image '' \(line 2",
    ),
    "an image twice": (
        columns(file=["01.png"] + columns()["file"][1:]),
        "'01.png' stands in two rows of labels.csv: lines 2 and 3",
    ),
    "a missing label": (
        columns(nodule=[0, 1, "", 1, *NODULE[4:]]),
        "In line 4 of labels.csv, column 'nodule': found no value; expected 0",
    ),
    "a label nan": (
        columns(nodule=[0, 1, 1, "NaN", *NODULE[4:]]),
        "In line 5 of labels.csv, column 'nodule': found no value",
    ),
    "a missing text label": (
        columns(nodule=None, label=["a", "b", ""] + ["a"] * 9),
        "In line 4 of labels.csv, column 'label': found no value",
    ),
    "one class only": (
        columns(nodule=[1] * N),
        "one class only: nodule is 1 in all 12 images",
    ),
    "no finding": (
        columns(nodule=None, grade=[0, 1, 2, 3] * 3),
        r"no finding to learn.*It has file, patient_id, split, grade.*"
        r"findings=\['grade>=2'\]",
    ),
    "an unknown split": (
        columns(split=["train"] * 11 + ["holdback"]),
        "In line 13 of labels.csv, column 'split': found 'holdback'; expected train",
    ),
    "an empty split cell": (
        columns(split=["train"] * 11 + [""]),
        "In line 13 of labels.csv, column 'split': found ''; expected train",
    ),
    "no test": (
        columns(split=["train"] * 6 + ["val"] * 6),
        "The split 'internal test' of mine is empty.*found train, tuning",
    ),
    "an empty patient": (
        columns(patient_id=["p0", ""] + PATIENTS[2:]),
        "In line 3 of labels.csv, column 'patient_id': found no value",
    ),
    "one patient": (
        columns(patient_id=["anon"] * N, split=None),
        r"12 images of 1 patient\(s\) cannot be split.*often share one PatientID",
    ),
    "a column twice": (
        {**columns(), "Nodule": NODULE},
        "has the column 'Nodule' twice",
    ),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_bad_table_is_explained(folder, name):
    table, message = BAD_TABLES[name]
    write_csv(folder, table)
    with pytest.raises(CohortError, match=message):
        from_folder(folder)


BAD_FINDINGS = {
    "unknown": (
        ["fracture"],
        "no 0/1 column, no class and no comparison 'fracture'. Columns: file",
    ),
    "grades": (
        ["grade"],
        "no 0/1 column.*'grade'.*say where a finding begins",
    ),
    "unknown in a comparison": (
        ["stage>1"],
        "no comparison 'stage>1'. Columns: file, patient_id",
    ),
    "words compared": (
        ["patient_id>1"],
        "'patient_id' of labels.csv holds other things than numbers",
    ),
    "never": (["grade>9"], "one class only: grade>9 is 0 in all 12 images"),
}


@pytest.mark.parametrize("name", BAD_FINDINGS)
def test_bad_wish_for_findings_is_explained(folder, name):
    findings, message = BAD_FINDINGS[name]
    write_csv(folder, columns(grade=[0, 1, 2, 3] * 3))
    with pytest.raises(CohortError, match=message):
        from_folder(folder, findings=findings)


def test_row_with_too_many_cells_is_named(folder):
    write_csv(folder, columns())
    with (folder / "labels.csv").open("a") as csv:
        csv.write("\n12.png,p9,test,0,surplus\n")
    with pytest.raises(
        CohortError, match="Line 15 of labels.csv has 5 cells; expected 4"
    ):
        from_folder(folder)


def test_csv_that_is_empty_or_absent_is_named(folder):
    with pytest.raises(
        CohortError, match="holds no CSV; expected labels.csv with one row"
    ):
        from_folder(folder)
    (folder / "labels.csv").write_text("file,nodule\n")
    with pytest.raises(CohortError, match="has a header but no row"):
        from_folder(folder)
    (folder / "labels.csv").write_bytes(b"")
    with pytest.raises(CohortError, match="no row|names no image"):
        from_folder(folder)


def test_folder_and_csv_that_do_not_exist_are_named(folder):
    with pytest.raises(CohortError, match="There is no folder '.*nowhere'"):
        cohorts.load(folder / "nowhere")
    with pytest.raises(CohortError, match="There is no folder './nowhere'"):
        cohorts.load("./nowhere")
    with pytest.raises(CohortError, match="There is no file table.csv in"):
        from_folder(folder, csv="table.csv")


def test_unknown_setting_of_the_split_is_refused(folder, monkeypatch):
    write_csv(folder, columns())
    monkeypatch.setenv("COHORT_SPLIT", "random")
    with pytest.raises(
        CohortError, match="COHORT_SPLIT is 'random'; expected by_patient"
    ):
        from_folder(folder)


@pytest.mark.parametrize("size", [0, 7, 5000])
def test_size_out_of_range_is_refused(folder, size):
    write_csv(folder, columns())
    with pytest.raises(
        CohortError, match=f"size {size} is out of range; expected 8 to"
    ):
        from_folder(folder, size=size)


def test_folder_is_found_in_the_data_folder(folder, monkeypatch):
    write_csv(folder, columns())
    monkeypatch.setenv("COURSE_DATA_DIR", str(folder.parent))
    assert cohorts.load("mine").name == "mine"


# --- what is refused: files -------------------------------------------------------


def damaged_png(path):
    path.write_bytes(path.read_bytes()[:50])


def text_called_png(path):
    path.write_text("this is a text, whatever its name says")


def objects_in_npz(path):
    np.savez(path.with_suffix(".npz"), image=np.array([{"a": 1}], dtype=object))
    path.with_suffix(".npz").rename(path)


def floats(path):
    np.save(path.with_suffix(".npy"), np.zeros((16, 16), np.float32))
    path.with_suffix(".npy").rename(path)


def volume(path):
    np.save(path.with_suffix(".npy"), np.zeros((5, 16, 16), np.uint8))
    path.with_suffix(".npy").rename(path)


def cut_npz(path):
    np.savez(path.with_suffix(".npz"), image=grey(0))
    path.with_suffix(".npz").rename(path)
    path.write_bytes(path.read_bytes()[:200])


def several_arrays(path):
    np.savez(path.with_suffix(".npz"), a=grey(0), b=grey(1))
    path.with_suffix(".npz").rename(path)


def two_frames(path):
    first, second = Image.fromarray(grey(0)), Image.fromarray(grey(1))
    first.save(path, format="TIFF", save_all=True, append_images=[second])


def float_tiff(path):
    Image.fromarray(np.full((16, 16), 0.5, np.float32)).save(path, format="TIFF")


def empty(path):
    path.write_bytes(b"")


BAD_FILES = {
    damaged_png: "it is damaged or cut off",
    text_called_png: "begins with the bytes b'this is ', which is not PNG, JPEG",
    empty: "the file is empty",
    objects_in_npz: "holds Python objects.*the course never does",
    floats: r"has the type float32; expected uint8 \(0 black",
    volume: r"array of the shape \(5, 16, 16\); expected one image",
    cut_npz: "it is damaged",
    several_arrays: "holds the arrays a, b; expected one array",
    two_frames: "it holds 2 frames; expected one image per file",
    float_tiff: "its values are float32 from 0.5 to 0.5; expected 8 or 16 bits",
}


@pytest.mark.parametrize("spoil", BAD_FILES, ids=lambda spoil: spoil.__name__)
def test_bad_file_is_named_with_its_line(folder, spoil):
    write_csv(folder, columns())
    spoil(folder / "04.png")
    message = rf"^04.png \(line 6 of labels.csv\) cannot be used: .*{BAD_FILES[spoil]}"
    with pytest.raises(CohortError, match=message):
        from_folder(folder)


def test_other_bad_files_are_counted_and_named(folder):
    write_csv(folder, columns())
    for row in (4, 6, 7, 8, 9):
        empty(folder / f"{row:02d}.png")
    with pytest.raises(
        CohortError, match=r"In all 5 fail; also 06.png, 07.png, 08.png\."
    ):
        from_folder(folder)
