"""Draw a saliency map over its radiograph, so that both stay readable.

The colour says how much, and so does the opacity: where the map is near zero the
radiograph shows through unchanged. Maps of one sign use viridis, whose brightness
rises evenly and which colour-blind readers see as it is; maps of two signs use purple
(lowers the logit) and orange (raises it). The scale is always drawn, with its unit.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from helpers import figures
from helpers.quiet_start import quiet_start

with quiet_start():
    import keras

ONE_SIGN, TWO_SIGNS = "viridis", "PuOr_r"
STRONGEST_OPACITY = 0.7
SHARE_IN_RANGE = 99.5  # per cent of pixels inside the colour scale


def show_overlay(
    image: np.ndarray,
    saliency_map: np.ndarray,
    *,
    ax: Axes | None = None,
    mask: np.ndarray | None = None,
    unit: str = "logit",
) -> Axes:
    """Draw an image, a map over it, the outline of a mask, and the map's scale.

    Parameters
    ----------
    image : array of shape (rows, columns) or (rows, columns, 3)
        Display values, 0..255.
    saliency_map : float array of shape (rows, columns)
        Of one sign or of two; the scale ends at its 99.5th percentile (by size), since
        single pixels would otherwise take all the colour. Larger values are drawn in
        the last colour, and an arrow at the scale says so.
    ax : matplotlib axes, optional
        The current axes if none are given. Titles are the caller's.
    mask : bool array of shape (rows, columns), optional
        Drawn as an outline.
    unit : str
        What one unit of the map is, written at the scale.

    Raises
    ------
    ValueError
        If map and image do not have the same rows and columns.

    Examples
    --------
    >>> ax = show_overlay(np.zeros((4, 4)), np.eye(4), unit="logit")
    >>> len(ax.images)
    2
    >>> plt.close(ax.figure)
    """
    if saliency_map.shape != np.shape(image)[:2]:
        raise ValueError(
            f"The map has shape {saliency_map.shape}, the image {np.shape(image)}. "
            "Expected the same rows and columns. Stretch a coarse map with "
            "saliency.enlarge, or add up the channels of a colour map."
        )
    ax = plt.gca() if ax is None else ax
    figures.show_image(image, ax=ax, mask=mask, mask_colour="sky")
    limit = scale_limit(saliency_map)
    signed = saliency_map.min() < 0
    norm = Normalize(-limit if signed else 0, limit)
    opacity = STRONGEST_OPACITY * np.clip(np.abs(saliency_map) / limit, 0, 1)
    ax.imshow(
        saliency_map,
        cmap=TWO_SIGNS if signed else ONE_SIGN,
        norm=norm,
        alpha=opacity,
        interpolation="nearest",
    )
    _draw_scale(ax, saliency_map, norm, unit)
    return ax


def enlarge(saliency_map: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Stretch coarse maps to (rows, columns) by linear interpolation between cells.

    Parameters
    ----------
    saliency_map : float array of shape (cells down, cells across), with n in front
        for a stack.
    shape : (rows, columns)
        The size of the image to lay the map over. No detail is gained.

    Returns
    -------
    float32 array of shape (rows, columns) or (n, rows, columns)

    Examples
    --------
    >>> enlarge(np.array([[0.0, 1.0]]), (1, 4)).tolist()
    [[0.0, 0.25, 0.75, 1.0]]
    """
    maps = np.asarray(saliency_map, dtype="float32")
    stretched = keras.ops.image.resize(
        maps.reshape(-1, *maps.shape[-2:], 1), shape, interpolation="bilinear"
    )
    return np.asarray(stretched).reshape(*maps.shape[:-2], *shape)


def scale_limit(saliency_map: np.ndarray) -> float:
    """Return where the colour scale ends: the 99.5th percentile of the map's size.

    Parameters
    ----------
    saliency_map : float array of any shape

    Returns
    -------
    float
        Above 0 also for a map that is zero everywhere.

    Examples
    --------
    >>> scale_limit(np.array([0.0, -2.0, 2.0]))
    2.0
    """
    size = np.abs(saliency_map)
    return float(np.percentile(size, SHARE_IN_RANGE) or size.max() or 1.0)


def _draw_scale(ax: Axes, saliency_map: np.ndarray, norm: Normalize, unit: str) -> None:
    signed = norm.vmin < 0
    above, below = saliency_map.max() > norm.vmax, saliency_map.min() < norm.vmin
    extend = {(True, True): "both", (True, False): "max", (False, True): "min"}
    scale = ax.figure.colorbar(
        ScalarMappable(norm, TWO_SIGNS if signed else ONE_SIGN),
        ax=ax,
        fraction=0.046,
        pad=0.03,
        extend=extend.get((above, below), "neither"),
    )
    scale.set_label(unit, fontsize=8)
    scale.ax.tick_params(labelsize=7)
    scale.locator = plt.MaxNLocator(4, symmetric=signed)
    scale.ax.yaxis.get_offset_text().set_fontsize(7)
    scale.update_ticks()
