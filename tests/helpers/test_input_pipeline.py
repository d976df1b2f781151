"""Batches from arrays and from DICOM films: order, label, seed, damaged files."""

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from helpers import input_pipeline
from helpers.input_pipeline import FilmFiles, films_in, make_dataset, tf
from phantoms.dicom_writing import write_radiograph

SEED = tf.constant([3, 4])
SIZE = 32


def numbered(n):
    """Return images whose every pixel is the number of the image."""
    return np.arange(n, dtype="uint8")[:, None, None] * np.ones((28, 28), "uint8")


def order(dataset):
    return [int(image.max()) for batch, _ in dataset for image in batch.numpy()]


# --------------------------------------------------------------------------- arrays


def test_make_dataset_without_a_seed_keeps_order_and_every_image():
    labels = np.array([0, 1, 1, 0, 1, 0, 0])
    dataset = make_dataset(numbered(7), labels, batch_size=3)
    assert order(dataset) == [0, 1, 2, 3, 4, 5, 6]
    batches = [target.numpy() for _, target in dataset]
    assert [target.shape for target in batches] == [(3, 1), (3, 1), (1, 1)]
    np.testing.assert_array_equal(np.concatenate(batches)[:, 0], labels)


@pytest.mark.parametrize("augment", [False, True])
def test_make_dataset_shuffles_anew_each_epoch_and_repeats_with_the_seed(augment):
    images = np.random.default_rng(0).integers(0, 256, (40, 28, 28, 3)).astype("uint8")

    def two_epochs(seed):
        dataset = make_dataset(
            images, np.arange(40), batch_size=16, augment=augment, seed=seed
        )
        return [list(dataset.unbatch().as_numpy_iterator()) for _ in range(2)]

    first, second = two_epochs(7)
    assert len(first) == 32  # 40 images: two full batches of 16, 8 sit out
    labels = [int(label[0]) for _, label in first]
    assert len(set(labels)) == 32  # none twice
    assert labels != [int(label[0]) for _, label in second]
    assert labels != [int(label[0]) for _, label in two_epochs(8)[0]]
    for one, other in zip(first, two_epochs(7)[0], strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        assert np.array_equal(one[0], images[int(one[1][0])]) != augment


def test_cut_shifted_gives_windows_of_the_padded_image_up_to_the_margin():
    # each pixel is its own place, 10 row + column; 200 windows of 2 x 3
    padded = tf.constant((10 * np.arange(4)[:, None] + np.arange(6))[None, ..., None])
    cut = input_pipeline._cut_shifted(
        padded, tf.zeros(200, "int64"), shape=(2, 3, 1), seed=SEED
    ).numpy()[..., 0]
    corners = cut[:, :1, :1]
    assert (cut - corners == [[0, 1, 2], [10, 11, 12]]).all()
    rows, columns = np.divmod(corners.ravel(), 10)
    assert len({*zip(rows, columns, strict=True)}) == 3 * 4  # every place occurs
    assert (rows.max(), columns.max()) == (2, 3)


def test_change_contrast_is_one_line_per_image_and_stays_in_range():
    # two grey levels per image give slope and offset of its line
    images = np.full((200, 2, 2, 1), 100.0, "float32")
    images[:, 0] = 150.0
    changed = input_pipeline._change_contrast(images, seed=SEED).numpy()[..., 0]
    slope = (changed[:, 0, 0] - changed[:, 1, 0]) / 50
    brightness = changed[:, 1, 0] - (100 - 127.5) * slope - 127.5
    assert (slope.min(), slope.max()) == pytest.approx((0.8, 1.2), abs=0.02)
    assert (brightness.min(), brightness.max()) == pytest.approx((-20, 20), abs=1)
    extremes = np.tile(np.array([0, 255], "float32"), (50, 1)).reshape(50, 1, 2, 1)
    clipped = input_pipeline._change_contrast(extremes, seed=SEED).numpy()
    assert (clipped.min(), clipped.max()) == (0.0, 255.0)


THREE = np.zeros((3, 8, 8))


@pytest.mark.parametrize(
    ("images", "labels", "options", "message"),
    [
        (THREE, [0, 1], {}, "and there are 2"),
        (THREE[:0], [], {}, "n above 0"),
        (THREE[0], [0] * 8, {}, r"Expected \(n, rows, columns"),
        (THREE, [0, 1, 1], {"augment": True}, "needs a seed"),
        (THREE, [0, 1, 1], {"seed": 1}, "batch_size=4"),
        (THREE + np.inf, [0, 1, 1], {}, "images .* first in row 0"),
        (THREE, [0, np.nan, 1], {}, "labels .* first in row 1"),
    ],
)
def test_what_cannot_become_batches(images, labels, options, message):
    with pytest.raises(ValueError, match=message):
        make_dataset(images, labels, batch_size=4, **options)


def test_augmented_batches_are_those_of_the_committed_networks():
    # the networks in data/checkpoints saw these images: another order of random draws
    # would make them irreproducible
    tf.random.set_seed(7)  # as training does; else other tests decide
    images = np.random.default_rng(0).integers(0, 256, (12, 28, 28)).astype("uint8")
    batches = make_dataset(images, np.arange(12), batch_size=4, augment=True, seed=7)
    first, labels = next(iter(batches))
    assert labels.numpy().ravel().tolist() == [8, 5, 7, 0]
    means = first.numpy().mean(axis=(1, 2, 3))
    np.testing.assert_allclose(means, [132.642, 136.141, 140.208, 119.247], atol=0.01)
    assert len(make_dataset(images, np.zeros(12), batch_size=12, seed=1)) == 1


# ---------------------------------------------------------------------- DICOM films


@pytest.fixture
def folder(tmp_path):
    """Twelve films; film number n has the grey value 20 n."""
    films = [np.full((SIZE, SIZE), 20 * number, np.uint8) for number in range(12)]
    return [
        write_radiograph(tmp_path / f"film_{number:02d}.dcm", film, patient_id="P1")
        for number, film in enumerate(films)
    ]


def damage(*paths):
    for path in paths:
        path.write_bytes(path.read_bytes()[:600])


def test_dataset_and_arrays_give_the_films_in_order_with_their_labels(folder):
    films = FilmFiles(folder, np.arange(12), size=SIZE)
    for parallel in (None, 2):
        seen = list(films.dataset(parallel=parallel))
        assert [int(image[16, 16, 0]) for image, _ in seen] == list(range(0, 240, 20))
        assert [float(label[0]) for _, label in seen] == list(range(12))
    image, label = films.dataset().element_spec
    assert (image.shape, image.dtype) == ((SIZE, SIZE, 1), tf.uint8)
    assert (label.shape, label.dtype) == ((1,), tf.float32)
    images, labels = films.arrays()
    assert images[:, 16, 16].tolist() == list(range(0, 240, 20))
    assert labels.tolist() == list(range(12))
    assert films.report().startswith("All 12 films")


def test_a_damaged_film_is_named_once_and_the_epoch_goes_on(folder, capsys):
    damage(folder[3])
    films = FilmFiles(folder, np.arange(12), size=SIZE)
    rest = [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11]
    for _ in range(2):
        assert [int(label[0]) for _, label in films.dataset()] == rest
    images, labels = films.arrays()
    assert (images.shape, labels.tolist()) == ((11, SIZE, SIZE), rest)
    assert capsys.readouterr().err.count("film_03.dcm") == 1
    assert films.report().startswith("1 of 12 films left out:\n- ")
    assert "film_03.dcm" in films.report()


@pytest.mark.parametrize(
    ("films", "damaged", "stops"),
    [(12, 1, False), (12, 2, True), (20, 2, False), (20, 3, True), (1, 1, True)],
)
def test_more_than_one_and_a_tenth_stop_the_reading(folder, films, damaged, stops):
    damage(*folder[:damaged])
    paths = (folder + folder[damaged:])[:films]
    found = FilmFiles(paths, np.zeros(films), size=SIZE)
    if not stops:
        assert len(found.arrays()[0]) == films - damaged
        return
    message = f"{damaged} of {films} films cannot be read.*film_0{damaged - 1}.dcm"
    with pytest.raises(ValueError, match=message):
        found.arrays()
    with pytest.raises(tf.errors.OpError, match=message):
        list(FilmFiles(paths, np.zeros(films), size=SIZE).dataset())


def test_colour_becomes_grey_and_several_frames_are_left_out():
    names = ("SC_rgb_rle.dcm", "rtdose.dcm")
    paths = [get_testdata_file(name, download=False) for name in names]
    films = FilmFiles(paths, [0, 1], size=100)  # the size of the first
    images, labels = films.arrays()
    assert (images.shape, labels.tolist()) == ((1, 100, 100), [0.0])
    assert images[0, 0, 0] == 85  # the first stripe is pure red: 255 / 3
    assert "rtdose.dcm: the file holds 15 frames" in films.report()


def test_films_of_several_sizes_become_one_size(tmp_path):
    film = np.full((48, 24), 200, np.uint8)
    path = write_radiograph(tmp_path / "tall.dcm", film, patient_id="P1")
    images, _ = FilmFiles([path], [0], size=SIZE).arrays()
    # 48 x 24 fills half of the columns of the square
    assert (images[0, 0] == 200).tolist() == [False] * 8 + [True] * 16 + [False] * 8


@pytest.mark.parametrize(
    ("paths", "labels"),
    [([], []), (["a.dcm"], [0, 1]), (["a", "b"], [0]), (["a", "b"], [0, np.nan])],
)
def test_each_film_needs_a_number(paths, labels):
    with pytest.raises(ValueError, match="a number for each"):
        FilmFiles(paths, labels, size=SIZE)


def test_films_in_a_folder_are_known_by_their_bytes(folder, tmp_path):
    (tmp_path / "award").mkdir()
    folder[0].rename(tmp_path / "award" / "no_ending")
    for name in ("labels.csv", "cut.DCM", "cut.dicom", ".hidden.dcm"):
        (tmp_path / name).write_text("file,label")
    found = [path.relative_to(tmp_path).as_posix() for path in films_in(tmp_path)]
    films = [path.name for path in folder[1:]]
    assert found == ["award/no_ending", "cut.DCM", "cut.dicom", *films]
    with pytest.raises(ValueError, match="ward holds 0 files .* spelling"):
        films_in(tmp_path / "ward")
