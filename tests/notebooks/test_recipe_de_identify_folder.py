"""The recipe of lesson 13 against the salts and the invented person."""

import numpy as np
import pydicom
import pytest

from helpers.de_identification import actions
from phantoms.dicom_writing import (
    find_identities,
    plant_identities,
    salt_attributes,
    write_radiograph,
)
from tests.helpers.dicom_examples import a_study, instances, targets_of
from tests.notebooks import lesson_material

pytestmark = pytest.mark.slow
FILM = np.tile(np.linspace(40, 160, 256).astype(np.uint8), (192, 1))
SECRET = b"a secret of the tests, 32 bytes."


@pytest.fixture(scope="module")
def recipe():
    return lesson_material.recipe("de-identify-folder")["de_identify_folder"]


def test_no_salt_survives_and_of_the_person_only_the_pixels(recipe, tmp_path):
    (tmp_path / "in").mkdir()
    film = write_radiograph(tmp_path / "in" / "a.dcm", FILM, patient_id="P1")
    person = plant_identities(film)
    salted = write_radiograph(tmp_path / "in" / "b.dcm", FILM, patient_id="P2")
    salts = salt_attributes(salted, actions())
    (tmp_path / "in" / "c.txt").write_text("no image")
    (tmp_path / "out").mkdir()
    told = dict(recipe(tmp_path / "in", tmp_path / "out", SECRET))
    assert "left out" in told["c.txt"]
    assert "look at its pixels" in told["a.dcm"]
    files = sorted((tmp_path / "out").iterdir())
    assert len(files) == 2
    for path in files:
        left = find_identities(path, [*person, *salts])
        assert all(one.where.startswith("pixels") for one in left)
        assert pydicom.dcmread(path).pixel_array.shape == FILM.shape


def test_nobody_without_a_number_and_no_file_twice(recipe, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    path = write_radiograph(tmp_path / "in" / "a.dcm", FILM, patient_id="P1")
    (tmp_path / "in" / "b.dcm").write_bytes(path.read_bytes())  # the same object
    dataset = pydicom.dcmread(path)
    dataset.PatientID = " "
    dataset.save_as(tmp_path / "in" / "c.dcm")
    told = dict(recipe(tmp_path / "in", tmp_path / "out", SECRET))
    assert "look at its pixels" in told["a.dcm"]
    assert "left out" in told["b.dcm"]
    assert "left out" in told["c.dcm"]
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_references_of_a_study_survive_and_what_is_no_picture_is_refused(
    recipe, tmp_path
):
    a_study(tmp_path / "in")
    (tmp_path / "out").mkdir()
    told = dict(recipe(tmp_path / "in", tmp_path / "out", SECRET))
    assert "left out" in told["sr.dcm"]
    assert "left out" in told["pdf.dcm"]
    new = [pydicom.dcmread(path) for path in (tmp_path / "out").iterdir()]
    assert targets_of(new) == instances(new, "CT")
    assert len(new) == 1 + len(targets_of(new)) == 3
    assert len({(one.PatientID, one.StudyInstanceUID) for one in new}) == 1
    assert {one.PatientIdentityRemoved for one in new} == {"YES"}
    assert all(b"SALT" not in p.read_bytes() for p in (tmp_path / "out").iterdir())
