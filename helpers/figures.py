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
FIGURE_WIDTH = 9.0  # inches, of a full-width montage


def use_course_style() -> None:
    """Set the plot style of the course for all later figures."""
    order = ("blue", "vermillion", "green", "orange", "purple", "sky", "black")
    plt.rcParams.update(
        {
            "axes.grid": False,
            "axes.prop_cycle": cycler(color=[COLOURS[name] for name in order]),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlesize": 10,
            "axes.labelsize": 10,
            "figure.dpi": FIGURE_DPI,
            "figure.facecolor": "white",
            "figure.figsize": (6.0, 4.0),
            "font.size": 10,
            "image.cmap": "gray",
            "image.interpolation": "nearest",
            "legend.frameon": False,
            "lines.linewidth": 1.8,
            "savefig.facecolor": "white",
        }
    )


def _checked_image(image: np.ndarray) -> np.ndarray:
    image = np.asarray(image)
    if image.ndim == 3 and image.shape[-1] == 1:
        image = image[..., 0]
    if image.ndim == 2 or (image.ndim == 3 and image.shape[-1] == 3):
        return image
    raise ValueError(
        f"One image to show has the shape {image.shape}. Expected (rows, columns) "
        "for grey or (rows, columns, 3) for colour. Pass one image, for example "
        "cohort.images[0], or call montage for several."
    )


def _outline(ax: Axes, mask: np.ndarray, shape: tuple[int, ...], colour: str) -> None:
    mask = np.asarray(mask, dtype=bool)
    if mask.shape != shape[:2]:
        raise ValueError(
            f"The mask has the shape {mask.shape}, the image {shape[:2]}. "
            "Expected the same rows and columns. Take both from the same row of "
            "the cohort, and resample the mask if the image was resampled."
        )
    if mask.any():  # a border of empty pixels closes outlines at the image's edge
        padded = np.pad(mask, 1).astype(float)
        rows, columns = np.arange(-1, shape[0] + 1), np.arange(-1, shape[1] + 1)
        hex_colour = COLOURS.get(colour, colour)
        ax.contour(
            columns, rows, padded, levels=[0.5], colors=[hex_colour], linewidths=1.5
        )
        ax.set_xlim(-0.5, shape[1] - 0.5)
        ax.set_ylim(shape[0] - 0.5, -0.5)


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
    image = _checked_image(image)
    ax = plt.gca() if ax is None else ax
    ax.imshow(image, cmap="gray", vmin=vmin, vmax=vmax)  # colour ignores the scale
    if mask is not None:
        _outline(ax, mask, image.shape, mask_colour)
    ax.set_title(title, fontsize=9)
    ax.set_axis_off()
    return ax


def montage(
    images: np.ndarray | Sequence[np.ndarray],
    *,
    titles: Sequence[str] | None = None,
    masks: np.ndarray | Sequence[np.ndarray | None] | None = None,
    columns: int = 6,
    **drawing: object,
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
    **drawing
        `vmin`, `vmax` and `mask_colour` of `show_image`, for all images.

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
    count = _checked_count(images, titles=titles, masks=masks)
    columns = min(columns, count)
    lines = -(-count // columns)
    tallest = max(np.shape(image)[0] / np.shape(image)[1] for image in images)
    title_height = 0.28 if titles is not None else 0.0
    tile = FIGURE_WIDTH / max(columns, 4)
    fig, grid = plt.subplots(
        lines,
        columns,
        figsize=(columns * tile, lines * (tile * tallest + title_height)),
        squeeze=False,
        layout="constrained",
    )
    for ax in grid.flat:
        ax.set_axis_off()
    for index, ax in enumerate(grid.flat[:count]):
        title = "" if titles is None else str(titles[index])
        mask = None if masks is None else masks[index]
        show_image(images[index], ax=ax, title=title, mask=mask, **drawing)
    return fig


def _checked_count(images: Sequence, **companions: Sequence | None) -> int:
    if len(images) == 0:
        raise ValueError(
            "There is no image to show: the list is empty. Expected at least one. "
            "Check the selection that came before, it may match no row."
        )
    for name, values in companions.items():
        if values is not None and len(values) != len(images):
            raise ValueError(
                f"{len(values)} {name} for {len(images)} images. Expected one for "
                f"each image. Take {name} and images from the same rows."
            )
    return len(images)


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
            "The text alternative of the figure is empty. Expected one or two "
            "sentences that say what the figure shows, for those who cannot see it."
        )
    if _in_notebook():
        from IPython.display import display

        drawing = io.BytesIO()
        fig.savefig(drawing, format="png", dpi=FIGURE_DPI, bbox_inches="tight")
        png = base64.b64encode(drawing.getvalue()).decode("ascii")
        display(
            {"image/png": png, "text/plain": f"Figure: {text}"},
            raw=True,
            metadata={"image/png": {"alt": text}},
        )
    plt.close(fig)


def _in_notebook() -> bool:
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return getattr(get_ipython(), "kernel", None) is not None
