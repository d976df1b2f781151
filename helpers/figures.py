"""Figures of the course: one look, outlined masks, a text alternative for each.

Colours are those of Okabe and Ito, which people with the common forms of colour
blindness can tell apart and which stay distinct in a grey print. Radiographs are
drawn with a fixed grey scale (0 black, 255 white) and never stretched silently.

A lesson draws with matplotlib as usual and ends with `describe`, which shows the
figure together with a sentence for those who cannot see it.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from IPython import get_ipython
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOURS: dict[str, str] = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
    "black": "#000000",
}
FIGURE_DPI = 90  # keeps an executed lesson under a megabyte
FIGURE_WIDTH = 9.3  # inches, of a full-width montage


def use_course_style() -> None:
    """Set the plot style of the course for all later figures."""
    order = ("blue", "vermillion", "green", "orange", "purple", "sky", "black")
    cycle = cycler(color=[COLOURS[name] for name in order])
    plt.rc("axes", prop_cycle=cycle, titlesize=10)
    plt.rc("axes.spines", right=False, top=False)
    plt.rc("figure", dpi=FIGURE_DPI, figsize=(6.0, 4.0))
    plt.rc("image", cmap="gray", interpolation="nearest")
    plt.rc("legend", frameon=False)
    plt.rc("lines", linewidth=1.8)


def show_image(
    image: np.ndarray,
    *,
    ax: Axes | None = None,
    title: str = "",
    mask: np.ndarray | None = None,
    mask_colour: str = "orange",
    vmin: float = 0,
    vmax: float = 255,
) -> Axes:
    """Draw one image on a stated grey scale, with the outline of a mask.

    Parameters
    ----------
    image : array of shape (rows, columns), (rows, columns, 1) or (rows, columns, 3)
        Display values; colour images are drawn as they are.
    ax : matplotlib axes, optional
        Where to draw; the current axes if none are given.
    title : str
        Short title above the image.
    mask : bool array of shape (rows, columns), optional
        Its border is drawn, so that the tissue inside stays visible. An empty mask
        draws nothing.
    mask_colour : str
        A name in `COLOURS` or any matplotlib colour.
    vmin, vmax : float
        Values drawn black and white, in the unit of `image`.

    Raises
    ------
    ValueError
        If the array is not one image, or the mask has another shape.

    Examples
    --------
    >>> ax = show_image(np.zeros((4, 6), dtype=np.uint8), title="black")
    >>> ax.get_title()
    'black'
    """
    image = np.asarray(image)
    if image.shape[2:] == (1,):
        image = image[..., 0]
    if image.ndim != 2 and image.shape[2:] != (3,):
        raise ValueError(
            f"One image to show has the shape {image.shape}. Expected (rows, columns) "
            "or (rows, columns, 3). Pass one image, or call montage for several."
        )
    ax = plt.gca() if ax is None else ax
    ax.imshow(image, cmap="gray", vmin=vmin, vmax=vmax)  # colour ignores the scale
    if mask is not None:
        _outline(ax, np.asarray(mask, dtype=bool), image.shape[:2], mask_colour)
    ax.set_title(title, fontsize=9)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color="0.75", linewidth=0.8)  # white stays in it
    return ax


def _outline(ax: Axes, mask: np.ndarray, shape: tuple[int, int], colour: str) -> None:
    if mask.shape != shape:
        raise ValueError(
            f"The mask has the shape {mask.shape}, the image {shape}: resample it."
        )
    if mask.any():  # a border of empty pixels closes outlines at the image's edge
        rows, columns = np.arange(-1, shape[0] + 1), np.arange(-1, shape[1] + 1)
        line = {"colors": [COLOURS.get(colour, colour)], "linewidths": 1.5}
        ax.contour(columns, rows, np.pad(mask, 1).astype(float), levels=[0.5], **line)
        ax.set(xlim=(-0.5, shape[1] - 0.5), ylim=(shape[0] - 0.5, -0.5))


def montage(
    images: np.ndarray | Sequence[np.ndarray],
    *,
    titles: Sequence[str] | None = None,
    masks: np.ndarray | Sequence[np.ndarray | None] | None = None,
    columns: int = 6,
    **grey_scale: float,
) -> Figure:
    """Draw several images side by side on one grey scale.

    Parameters
    ----------
    images : array (n, rows, columns[, 3]) or list of images
        Display values, see `show_image`.
    titles, masks : sequence of length n, optional
        One title and one mask for each image; a mask may be None.
    columns : int
        Images in one row of the figure.
    **grey_scale
        `vmin` and `vmax` of `show_image`, for all images.

    Raises
    ------
    ValueError
        If there is no image, or a list has another length than `images`.

    Examples
    --------
    >>> fig = montage(np.zeros((3, 8, 8)), titles=["a", "b", "c"], columns=2)
    >>> len(fig.axes)
    4
    >>> plt.close(fig)
    """
    counts = {len(some) for some in (images, titles, masks) if some is not None}
    if counts == {0} or len(counts) > 1:
        raise ValueError(
            f"Images, titles and masks have the lengths {sorted(counts)}, expected one."
        )
    count = len(images)
    columns = min(columns, count)
    lines = -(-count // columns)
    tallest = max(np.shape(image)[0] / np.shape(image)[1] for image in images)
    tile = FIGURE_WIDTH / max(columns, 4)
    height = tile * tallest + (0.28 if titles is not None else 0.0)
    size = (columns * tile, lines * height)
    fig, grid = plt.subplots(
        lines, columns, figsize=size, squeeze=False, layout="constrained"
    )
    for ax in grid.flat[count:]:
        ax.set_axis_off()
    titles = [""] * count if titles is None else [str(title) for title in titles]
    masks = [None] * count if masks is None else masks
    for ax, image, title, mask in zip(grid.flat, images, titles, masks, strict=False):
        show_image(image, ax=ax, title=title, mask=mask, **grey_scale)
    return fig


def describe(fig: Figure, text: str) -> None:
    """Show a figure with its text alternative, then close it.

    In a notebook the text is stored in the output, where screen readers, the HTML
    export and the course's own tests find it. In plain Python nothing is drawn.

    Parameters
    ----------
    fig : matplotlib figure
    text : str
        What the figure shows and what to see in it, in one or two sentences.

    Raises
    ------
    ValueError
        If the text is empty.

    Examples
    --------
    >>> fig, ax = plt.subplots()
    >>> describe(fig, "An empty pair of axes.")
    >>> plt.fignum_exists(fig.number)
    False
    """
    text = " ".join(text.split())
    if not text:
        raise ValueError(
            "The text alternative is empty: say what there is to see in the figure."
        )
    if getattr(get_ipython(), "kernel", None) is not None:
        drawing = io.BytesIO()
        fig.savefig(drawing, format="png", dpi=FIGURE_DPI, bbox_inches="tight")
        png = base64.b64encode(drawing.getvalue()).decode("ascii")
        shown = {"image/png": png, "text/plain": f"Figure: {text}"}
        display(shown, raw=True, metadata={"image/png": {"alt": text}})
    plt.close(fig)
