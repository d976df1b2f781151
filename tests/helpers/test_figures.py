"""Figures: scale, outline of a mask, montage, text alternative in a notebook."""

import base64
from types import SimpleNamespace

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers import figures

mpl.use("Agg")
FILM, MASK = np.zeros((5, 7)), np.zeros((5, 7), dtype=bool)
MASK[2, 3] = True


@pytest.fixture(autouse=True)
def _close():
    with mpl.rc_context():
        yield
    plt.close("all")


def test_show_image_uses_the_stated_scale_and_never_stretches():
    image = np.array([[100, 110], [120, 130]], dtype=np.uint8)
    ax = figures.show_image(image, title="a")
    assert ax.images[0].get_clim() == (0, 255)
    assert (ax.get_title(), *ax.get_xticks(), *ax.get_yticks()) == ("a",)
    assert all(one.get_visible() for one in ax.spines.values())  # a frame for white
    assert figures.show_image(image, vmin=-160, vmax=240, ax=ax) is ax
    assert ax.images[1].get_clim() == (-160, 240)
    assert ax.images[1].get_cmap().name == "gray"


def test_show_image_takes_grey_with_a_channel_and_colour_and_no_stack():
    for shape in ((4, 6), (4, 6, 1), (4, 6, 3)):
        drawn = figures.show_image(np.zeros(shape, dtype=np.uint8)).images[-1]
        assert drawn.get_array().shape == (shape if shape[-1] == 3 else (4, 6))
    for shape in ((5, 4, 6), (2, 5, 4, 3), (4,)):
        with pytest.raises(ValueError, match=rf"shape \({shape[0]},.*montage"):
            figures.show_image(np.zeros(shape))


def outline(ax):
    """Return left, right, top and bottom of the outline."""
    points = np.vstack([path.vertices for path in ax.collections[0].get_paths()])
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return [float(one) for one in (left, right, top, bottom)]


def test_outline_runs_along_the_border_of_the_mask():
    # one pixel at row 2, column 3: the half-way contour lies half a pixel around it
    ax = figures.show_image(FILM, mask=MASK)
    assert outline(ax) == pytest.approx([2.5, 3.5, 1.5, 2.5])
    orange = mpl.colors.to_rgb(figures.COLOURS["orange"])
    assert tuple(ax.collections[0].get_edgecolor()[0][:3]) == pytest.approx(orange)
    ax = figures.show_image(FILM, mask=MASK, mask_colour="red", ax=plt.figure().gca())
    assert tuple(ax.collections[0].get_edgecolor()[0][:3]) == (1, 0, 0)


def test_outline_closes_at_the_edge_and_keeps_the_view():
    ax = figures.show_image(FILM, mask=MASK | True)
    assert outline(ax) == pytest.approx([-0.5, 6.5, -0.5, 4.5])
    assert ax.get_xlim() == (-0.5, 6.5)
    assert ax.get_ylim() == (4.5, -0.5)  # row 0 stays on top


def test_empty_mask_draws_nothing_and_a_wrong_shape_is_refused():
    assert not figures.show_image(FILM, mask=MASK & False).collections
    with pytest.raises(ValueError, match=r"\(7, 5\), the image \(5, 7\)"):
        figures.show_image(FILM, mask=MASK.T)


def test_montage_fills_rows_and_hides_the_rest():
    images = np.zeros((5, 16, 8))
    fig = figures.montage(images, titles=list("abcde"), columns=3, vmin=2, vmax=9)
    assert [ax.get_title() for ax in fig.axes] == ["a", "b", "c", "d", "e", ""]
    assert [len(ax.images) for ax in fig.axes] == [1, 1, 1, 1, 1, 0]
    assert [ax.axison for ax in fig.axes] == [True] * 5 + [False]
    assert fig.axes[4].images[0].get_clim() == (2, 9)
    # three tiles of 9.3 / 4 inches; two lines of twice that height and a title
    assert fig.get_size_inches() == pytest.approx([6.975, 2 * (4.65 + 0.28)])


def test_montage_is_a_page_wide_at_most_and_takes_missing_masks():
    sizes = ((7, 6, [9.3, 3.1]), (2, 6, [4.65, 2.325]), (5, 5, [9.3, 1.86]))
    for count, columns, size in sizes:
        fig = figures.montage(np.zeros((count, 8, 8)), columns=columns)
        assert fig.get_size_inches() == pytest.approx(size)
    fig = figures.montage([FILM, FILM], masks=[None, MASK])
    assert [len(ax.collections) for ax in fig.axes] == [0, 1]


@pytest.mark.parametrize("lengths", [(0, None, None), (2, 1, None), (1, None, 2)])
def test_montage_refuses_other_lengths(lengths):
    images, titles, masks = (None if n is None else [FILM] * n for n in lengths)
    with pytest.raises(ValueError, match="have the lengths"):
        figures.montage(images, titles=titles, masks=masks)


def test_use_course_style_draws_arrays_unsmoothed_in_grey():
    figures.use_course_style()
    image = plt.rcParams["image.cmap"], plt.rcParams["image.interpolation"]
    assert image == ("gray", "nearest")
    first = plt.rcParams["axes.prop_cycle"].by_key()["color"][0]
    assert first == figures.COLOURS["blue"] == "#0072B2"


@pytest.mark.parametrize("kernel", [None, "a kernel"])
def test_describe_shows_figure_and_text_once_and_only_in_a_notebook(
    monkeypatch, kernel
):
    shown = []
    shell = None if kernel is None else SimpleNamespace(kernel=kernel)
    monkeypatch.setattr(figures, "get_ipython", lambda: shell)
    monkeypatch.setattr(
        figures, "display", lambda *some, **more: shown.append([*some, more])
    )
    figures.describe(plt.figure(figsize=(2, 1)), "A line \n that rises.")
    assert plt.get_fignums() == []
    if kernel is None:
        assert shown == []
        return
    ((data, more),) = shown
    assert data["text/plain"] == "Figure: A line that rises."
    assert more["metadata"]["image/png"]["alt"] == "A line that rises."
    assert more["raw"]
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")


def test_describe_needs_a_text():
    with pytest.raises(ValueError, match="text alternative"):
        figures.describe(plt.figure(), "  ")
