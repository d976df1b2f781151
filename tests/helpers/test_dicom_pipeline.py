import numpy as np
import pytest
from pydicom.data import get_testdata_file

from helpers.dicom_pipeline import FilmFiles, FilmsError, tf
from helpers.dicom_writing import write_radiograph

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
