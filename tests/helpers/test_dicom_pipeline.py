import os
from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from helpers.dicom_pipeline import FilmFiles, FilmsError, films_in, tf
from phantoms.dicom_writing import write_radiograph

SIZE = 32


@pytest.fixture
def folder(tmp_path):
    """Twelve films; film number n has the grey value 20 n at its middle."""
    paths = []
    for number in range(12):
        film = np.zeros((SIZE, SIZE), np.uint8)
        film[8:24, 8:24] = 20 * number
        path = tmp_path / f"film_{number:02d}.dcm"
        paths.append(write_radiograph(path, film, patient_id=f"P{number}"))
    return paths


def damage(path):
    path.write_bytes(path.read_bytes()[:600])


def numbers_in(dataset):
    return [int(image.numpy()[16, 16, 0]) // 20 for image, _ in dataset]


def test_dataset_gives_the_films_in_order_with_their_labels(folder):
    films = FilmFiles(folder, np.arange(12), size=SIZE)
    for parallel in (None, 2):
        seen = list(films.dataset(parallel=parallel))
        assert numbers_in(seen) == list(range(12))
        assert [float(label[0]) for _, label in seen] == list(range(12))
    image, label = seen[0]
    assert (image.shape, image.dtype) == ((SIZE, SIZE, 1), tf.uint8)
    assert (label.shape, label.dtype) == ((1,), tf.float32)
    assert films.report() == "All 12 films could be read, as far as they were."


def test_arrays_and_dataset_hold_the_same_films(folder):
    films = FilmFiles(folder, np.arange(12), size=20)
    images, labels = films.arrays()
    assert (images.shape, images.dtype) == ((12, 20, 20), np.uint8)
    for (image, label), one, other in zip(films.dataset(), images, labels, strict=True):
        np.testing.assert_array_equal(image.numpy()[..., 0], one)
        assert label.numpy() == other


def test_a_damaged_film_is_named_once_and_the_epoch_goes_on(folder, capsys):
    damage(folder[3])
    films = FilmFiles(folder, np.arange(12), size=SIZE)
    rest = [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11]
    for _ in range(2):
        seen = list(films.dataset())
        assert numbers_in(seen) == rest
        assert [int(label[0]) for _, label in seen] == rest
    told = capsys.readouterr().err
    assert told.count("Left out of every epoch") == 1
    assert "film_03.dcm" in told
    assert films.report().startswith("1 of 12 films left out:\n- ")
    assert "film_03.dcm" in films.report()
    images, labels = FilmFiles(folder, np.arange(12), size=SIZE).arrays()
    assert (len(images), labels.tolist()) == (11, rest)


def test_too_many_unreadable_films_stop_the_reading(folder):
    damage(folder[3])
    damage(folder[7])
    message = r"2 of 12 films cannot be read so far, more than 10%.*film_07.dcm"
    with pytest.raises(FilmsError, match=message):
        FilmFiles(folder, np.zeros(12), size=SIZE).arrays()
    with pytest.raises(tf.errors.OpError, match=message):
        list(FilmFiles(folder, np.zeros(12), size=SIZE).dataset())


def test_inverted_and_compressed_films_come_as_a_viewer_shows_them(tmp_path):
    film = np.arange(SIZE * SIZE, dtype=np.uint8).reshape(SIZE, SIZE)
    paths = [
        write_radiograph(
            tmp_path / f"{number}.dcm",
            film,
            patient_id="P1",
            photometric=photometric,
            transfer_syntax=syntax,
        )
        for number, (photometric, syntax) in enumerate(
            [("MONOCHROME1", "uncompressed"), ("MONOCHROME2", "jpeg2000")]
        )
    ]
    images, _ = FilmFiles(paths, [0, 1], size=SIZE).arrays()
    np.testing.assert_array_equal(images, np.stack([film, film]))


def test_colour_becomes_grey_and_several_frames_are_left_out():
    names = ("SC_rgb_rle.dcm", "rtdose.dcm")
    paths = [get_testdata_file(name, download=False) for name in names]
    films = FilmFiles(paths, [0, 1], size=SIZE)
    images, labels = films.arrays()
    assert (images.shape, labels.tolist()) == ((1, SIZE, SIZE), [0.0])
    assert "rtdose.dcm: the file holds 15 frames" in films.report()


def test_cache_reads_each_film_once(folder, monkeypatch):
    films = FilmFiles(folder, np.arange(12), size=SIZE)
    read = []
    original = films._image
    monkeypatch.setattr(
        films, "_image", lambda row, found: read.append(row) or original(row, found)
    )
    cached = films.dataset().cache()
    assert numbers_in(cached) == numbers_in(cached) == list(range(12))
    assert sorted(read) == list(range(12))


@pytest.mark.parametrize(("paths", "labels"), [([], []), (["a.dcm"], [0, 1])])
def test_numbers_must_agree(paths, labels):
    with pytest.raises(FilmsError, match="one label for each file"):
        FilmFiles(paths, labels, size=SIZE)


def test_no_label_may_be_missing(folder):
    labels = [0.0] * 10 + [np.nan, np.inf]
    with pytest.raises(FilmsError, match=r"2 of 12 labels are no numbers.*film_10.dcm"):
        FilmFiles(folder, labels, size=SIZE)


def test_a_single_film_that_cannot_be_read_is_no_training_set(folder):
    damage(folder[0])
    with pytest.raises(FilmsError, match="1 of 1 films cannot be read"):
        FilmFiles(folder[:1], [0], size=SIZE).arrays()


def test_films_of_several_sizes_become_one_size(tmp_path):
    paths = []
    for number, shape in enumerate([(32, 32), (64, 64), (48, 24), (24, 48)]):
        film = np.full(shape, 200, np.uint8)
        path = tmp_path / f"{number}.dcm"
        paths.append(write_radiograph(path, film, patient_id="P1"))
    images, _ = FilmFiles(paths, np.zeros(4), size=SIZE).arrays()
    assert images.shape == (4, SIZE, SIZE)
    assert (images[:2] == 200).all()
    # 48 x 24 fills half of the columns of the square, 24 x 48 half of its rows
    assert [(image == 200).sum() for image in images[2:]] == [SIZE * SIZE // 2] * 2
    shapes = {
        tuple(image.shape) for image, _ in FilmFiles(paths, [0] * 4, size=16).dataset()
    }
    assert shapes == {(16, 16, 1)}


def test_films_in_a_folder_are_known_by_their_bytes(folder, tmp_path):
    inner = tmp_path / "ward"
    inner.mkdir()
    folder[0].rename(inner / "no_ending")
    (tmp_path / "labels.csv").write_text("file,label")
    (tmp_path / "cut.DCM").write_bytes(b"")  # by its name
    (tmp_path / ".hidden.dcm").write_bytes(b"")
    found = [path.relative_to(tmp_path).as_posix() for path in films_in(tmp_path)]
    assert sorted(found) == sorted(
        ["cut.DCM", *(path.name for path in folder[1:]), "ward/no_ending"]
    )


def test_a_folder_without_films_is_refused_in_words(tmp_path):
    with pytest.raises(FilmsError, match="There is no folder .*films"):
        films_in(tmp_path / "films")
    with pytest.raises(FilmsError, match="holds 0 files and none is DICOM"):
        films_in(tmp_path)
    (tmp_path / "film.png").write_bytes(b"PNG")
    (tmp_path / "README").write_bytes(b"text")
    with pytest.raises(FilmsError, match=r"holds 2 files .*\.png, no ending"):
        films_in(tmp_path)


def real_dicom():
    if not os.environ.get("COURSE_DATA_DIR"):
        pytest.skip("COURSE_DATA_DIR is not set: real DICOM files are not at hand.")
    return Path(os.environ["COURSE_DATA_DIR"]) / "dicom"


@pytest.mark.real_data
def test_odd_real_files_alone_are_too_many():
    paths = films_in(real_dicom() / "odd")
    with pytest.raises(FilmsError, match="no accident of single files"):
        FilmFiles(paths, np.zeros(len(paths)), size=SIZE).arrays()


@pytest.mark.real_data
def test_odd_real_files_among_many_are_named(folder):
    odd = films_in(real_dicom() / "odd")
    paths = odd + folder * 9
    films = FilmFiles(paths, np.zeros(len(paths)), size=SIZE)
    images, _ = films.arrays()
    assert len(images) + len(films.problems) == len(paths)
    for name in ("rtplan_truncated.dcm", "sr_no_pixel_data.dcm"):
        assert any(name in path for path in films.problems)
        assert name in films.report()
    seen = list(FilmFiles(paths, np.zeros(len(paths)), size=SIZE).dataset())
    for (image, _), one in zip(seen, images, strict=True):
        np.testing.assert_array_equal(image.numpy()[..., 0], one)


@pytest.mark.real_data
def test_each_of_the_mixed_real_files_is_read_or_named(monkeypatch):
    monkeypatch.setattr("helpers.dicom_pipeline.MOST_UNREADABLE", 1.0)
    paths = films_in(real_dicom())
    films = FilmFiles(paths, np.zeros(len(paths)), size=SIZE)
    images, labels = films.arrays()
    assert len(images) + len(films.problems) == len(paths)
    assert len(images) == len(labels) >= 40  # of 54 files, 4 of them with more frames
    assert all(Path(path).name in said for path, said in films.problems.items())
