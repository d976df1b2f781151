"""Figures: scale, outline of a mask, text alternative into notebook and HTML."""

import re
import subprocess
import sys

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from helpers import figures


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_show_image_uses_the_stated_scale_and_never_stretches():
    image = np.array([[100, 110], [120, 130]], dtype=np.uint8)
    ax = figures.show_image(image, title="a")
    assert ax.images[0].get_clim() == (0, 255)
    ax = figures.show_image(image, vmin=-160, vmax=240, ax=ax)
    assert ax.images[1].get_clim() == (-160, 240)


def test_show_image_takes_grey_with_a_channel_and_colour():
    assert figures.show_image(np.zeros((4, 6, 1))).images[0].get_array().shape == (4, 6)
    colour = np.zeros((4, 6, 3), dtype=np.uint8)
    assert figures.show_image(colour).images[0].get_array().shape[:2] == (4, 6)


def test_show_image_refuses_a_stack_with_the_shape_found():
    with pytest.raises(ValueError, match=r"shape \(5, 4, 6\).*montage"):
        figures.show_image(np.zeros((5, 4, 6)))


def test_outline_runs_along_the_border_of_the_mask():
    # one pixel at row 2, column 3: the half-way contour lies half a pixel around it
    mask = np.zeros((5, 7), dtype=bool)
    mask[2, 3] = True
    ax = figures.show_image(np.zeros((5, 7)), mask=mask)
    corners = np.vstack([p.vertices for p in ax.collections[0].get_paths()])
    assert corners[:, 0].min() == pytest.approx(2.5)
    assert corners[:, 0].max() == pytest.approx(3.5)
    assert corners[:, 1].min() == pytest.approx(1.5)
    assert corners[:, 1].max() == pytest.approx(2.5)


def test_outline_closes_at_the_edge_and_keeps_the_view():
    ax = figures.show_image(np.zeros((5, 7)), mask=np.ones((5, 7), dtype=bool))
    corners = np.vstack([p.vertices for p in ax.collections[0].get_paths()])
    assert corners[:, 0].min() == pytest.approx(-0.5)
    assert ax.get_xlim() == (-0.5, 6.5)
    assert ax.get_ylim() == (4.5, -0.5)  # row 0 stays on top


def test_empty_mask_draws_nothing_and_a_wrong_shape_is_refused():
    image = np.zeros((5, 7))
    ax = figures.show_image(image, mask=np.zeros((5, 7), dtype=bool))
    assert not ax.collections
    with pytest.raises(
        ValueError, match=r"mask has the shape \(7, 5\), the image \(5, 7\)"
    ):
        figures.show_image(image, mask=np.zeros((7, 5), dtype=bool))


def test_montage_fills_rows_and_hides_the_rest():
    fig = figures.montage(np.zeros((5, 8, 8)), titles=list("abcde"), columns=3)
    assert [ax.get_title() for ax in fig.axes] == ["a", "b", "c", "d", "e", ""]
    assert [len(ax.images) for ax in fig.axes] == [1, 1, 1, 1, 1, 0]


def test_montage_takes_missing_masks_and_refuses_other_lengths():
    masks = [None, np.eye(8, dtype=bool)]
    fig = figures.montage(np.zeros((2, 8, 8)), masks=masks)
    assert [len(ax.collections) for ax in fig.axes] == [0, 1]
    with pytest.raises(ValueError, match="1 titles for 2 images"):
        figures.montage(np.zeros((2, 8, 8)), titles=["a"])
    with pytest.raises(ValueError, match="no image to show"):
        figures.montage([])


def test_colours_differ_in_grey_and_are_unlike_for_every_pair():
    def luminance(code):
        red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    assert set(figures.COLOURS) == {
        *("blue", "orange", "green", "vermillion", "purple", "sky", "yellow", "black")
    }
    # the first two lines of a plot and the mask's outline on a mid-grey lung
    blue, vermillion = (luminance(figures.COLOURS[c]) for c in ("blue", "vermillion"))
    assert abs(blue - vermillion) > 0.05
    assert len(set(figures.COLOURS.values())) == 8


def test_use_course_style_draws_arrays_unsmoothed_in_grey():
    with mpl.rc_context():
        figures.use_course_style()
        assert plt.rcParams["image.cmap"] == "gray"
        assert plt.rcParams["image.interpolation"] == "nearest"
        first = plt.rcParams["axes.prop_cycle"].by_key()["color"][0]
        assert first == figures.COLOURS["blue"]


def test_describe_needs_a_text():
    fig = plt.figure()
    with pytest.raises(ValueError, match="text alternative of the figure is empty"):
        figures.describe(fig, "  ")


def test_describe_in_plain_python_only_closes():
    code = (
        "import matplotlib; matplotlib.use('Agg')\n"
        "import matplotlib.pyplot as plt\n"
        "from helpers import figures\n"
        "figures.describe(plt.figure(), 'nothing')\n"
        "assert plt.get_fignums() == []\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""


@pytest.fixture(scope="module")
def executed():
    """Return a notebook with one described figure, run in a real kernel."""
    cell = nbformat.v4.new_code_cell(
        "import matplotlib.pyplot as plt\n"
        "from helpers import figures\n"
        "figures.use_course_style()\n"
        "fig, ax = plt.subplots()\n"
        "ax.plot([0, 1])\n"
        "figures.describe(fig, 'A line that rises from 0 to 1 & \"more\".')"
    )
    notebook = nbformat.v4.new_notebook(cells=[cell])
    return NotebookClient(notebook, timeout=120).execute()


def test_describe_shows_the_figure_once_with_its_text(executed):
    pictures = [
        o for o in executed.cells[0].outputs if "image/png" in o.get("data", {})
    ]
    assert len(pictures) == 1
    text = 'A line that rises from 0 to 1 & "more".'
    assert pictures[0].metadata["image/png"]["alt"] == text
    assert pictures[0].data["text/plain"] == f"Figure: {text}"


def test_text_alternative_reaches_html(executed):
    # the template that keeps it; the export of the course is tested with its own
    page, _ = HTMLExporter(template_name="classic").from_notebook_node(executed)
    (image,) = re.findall(r"<img[^>]*image/png[^>]*>", page)
    assert "rises from 0 to 1 &amp; &quot;more&quot;" in image or (
        'rises from 0 to 1 &amp; "more"' in image
    )
