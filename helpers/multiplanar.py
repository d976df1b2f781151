"""Axial, coronal and sagittal planes of a volume, in mm and with the patient's sides.

A plane is drawn as radiologists read it: the patient's right on the left of an axial or
coronal plane, the front on the left of a sagittal one, the head on top.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helpers.dicom_series.volume import SeriesVolume
from helpers.figures import COLOURS
from helpers.windowing import Window

if TYPE_CHECKING:
    import ipywidgets

PLANES = {"axial": 0, "coronal": 1, "sagittal": 2}
"""Each plane and the axis (of a volume in patient axes) that it is cut across."""

SIDES = {
    "axial": ("R", "L", "A", "P"),
    "coronal": ("R", "L", "H", "F"),
    "sagittal": ("A", "P", "H", "F"),
}
"""Letters at the left, right, top and bottom of a plane: right, left, anterior,
posterior, head, feet."""


def in_patient_axes(volume: SeriesVolume) -> SeriesVolume:
    """Turn a volume so that slices rise to the head, rows to the back, columns left.

    Axes are exchanged and flipped, nothing is interpolated; the affine matrix goes
    along, so that every voxel keeps its place in the patient. An oblique volume stays
    oblique: its axes are then only nearly those of the patient.

    Parameters
    ----------
    volume : SeriesVolume
        Acquired in any orientation.
    """
    directions = volume.affine[:, :3] / np.linalg.norm(volume.affine[:, :3], axis=0)
    order, left = [], {0, 1, 2}
    for patient_axis in (2, 1, 0):  # head, back, left: z, y, x
        best = max(left, key=lambda axis: abs(directions[patient_axis, axis]))
        order.append(best)
        left.remove(best)
    values = volume.values.transpose(order)
    affine = np.column_stack([volume.affine[:, order], volume.affine[:, 3]])
    for axis, patient_axis in enumerate((2, 1, 0)):
        if affine[patient_axis, axis] < 0:
            values = np.flip(values, axis)
            affine[:, 3] += affine[:, axis] * (values.shape[axis] - 1)
            affine[:, axis] *= -1
    return volume.with_voxels(values, affine)


def plane_of(volume: SeriesVolume, plane: str, index: int) -> tuple[np.ndarray, float]:
    """Return one plane as it is drawn, and the height of a pixel over its width.

    Parameters
    ----------
    volume : SeriesVolume
        In patient axes, see `in_patient_axes`.
    plane : {"axial", "coronal", "sagittal"}
    index : int
        Number of the slice, row or column.

    Raises
    ------
    ValueError
        If there is no such plane.
    """
    if plane not in PLANES:
        raise ValueError(
            f"plane is {plane!r}. Expected one of {', '.join(PLANES)}. Other cuts need "
            "resampling."
        )
    axis = PLANES[plane]
    if not 0 <= index < volume.values.shape[axis]:
        raise ValueError(
            f"There is no {plane} plane {index}. Expected 0 to "
            f"{volume.values.shape[axis] - 1}. Places in mm become numbers with "
            "volume.to_voxel."
        )
    image = np.take(volume.values, index, axis=axis)
    height, width = np.delete(volume.spacing_mm, axis)
    return (image if plane == "axial" else image[::-1]), float(height / width)


def show_plane(
    volume: SeriesVolume,
    plane: str,
    index: int,
    *,
    window: tuple[float, float],
    ax: Axes | None = None,
) -> Axes:
    """Draw one plane in its true proportions, with the patient's sides at the rim.

    Parameters
    ----------
    volume : SeriesVolume
        In patient axes.
    plane, index
        See `plane_of`.
    window : (centre, width)
        In the unit of the volume.
    ax : matplotlib axes, optional
    """
    image, aspect = plane_of(volume, plane, index)
    ax = plt.gca() if ax is None else ax
    shown = Window(*window)
    ax.imshow(image, cmap="gray", vmin=shown.low, vmax=shown.high, aspect=aspect)
    place = volume.affine[2 - PLANES[plane]] @ np.insert(
        np.eye(3)[PLANES[plane]] * index, 3, 1
    )
    ax.set_title(f"{plane} {index} ({place:.0f} mm)", fontsize=9)
    ax.set_axis_off()
    spots = ((0.01, 0.5), (0.99, 0.5), (0.5, 0.99), (0.5, 0.01))
    aligned = (("left", "center"), ("right", "center"), ("center", "top"))
    aligned += (("center", "bottom"),)
    for letter, (x, y), (across, up) in zip(SIDES[plane], spots, aligned, strict=True):
        ax.text(
            x,
            y,
            letter,
            transform=ax.transAxes,
            ha=across,
            va=up,
            fontsize=9,
            fontweight="bold",
            color="white",
            bbox={"facecolor": "black", "edgecolor": "none", "pad": 1},
        )
    return ax


def show_planes(
    volume: SeriesVolume,
    voxel: Sequence[int],
    *,
    window: tuple[float, float],
    cross: bool = True,
) -> Figure:
    """Draw the three planes through a voxel side by side.

    Parameters
    ----------
    volume : SeriesVolume
        In patient axes.
    voxel : (slice, row, column)
    window : (centre, width)
    cross : bool
        True: thin lines show where the other two planes cut.

    Examples
    --------
    >>> affine = np.array([[0, 0, 1, 0], [0, 1, 0, 0], [2, 0, 0, 0]])
    >>> cube = SeriesVolume(np.zeros((4, 6, 8), np.float32), "HU", affine)
    >>> fig = show_planes(cube, (1, 2, 3), window=(40, 400))
    >>> [ax.get_title() for ax in fig.axes]
    ['axial 1 (2 mm)', 'coronal 2 (2 mm)', 'sagittal 3 (3 mm)']
    >>> plt.close(fig)
    """
    extent = np.multiply(volume.values.shape, volume.spacing_mm)
    widths = (extent[2], extent[2], extent[1])
    tallest = max(extent[0], extent[1])
    fig, axes = plt.subplots(
        1,
        3,
        figsize=(9, 9 * tallest / sum(widths) + 0.4),
        width_ratios=widths,
        layout="constrained",
    )
    slices = len(volume.values)
    lines = {
        "axial": (voxel[2], voxel[1]),
        "coronal": (voxel[2], slices - 1 - voxel[0]),
        "sagittal": (voxel[1], slices - 1 - voxel[0]),
    }
    for ax, (plane, axis) in zip(axes, PLANES.items(), strict=True):
        show_plane(volume, plane, int(voxel[axis]), window=window, ax=ax)
        if cross:
            across, down = lines[plane]
            style = {"color": COLOURS["sky"], "linewidth": 0.7, "alpha": 0.8}
            ax.axvline(across, **style)
            ax.axhline(down, **style)
    return fig


def plane_slider(
    volume: SeriesVolume, plane: str = "axial", *, window: tuple[float, float]
) -> ipywidgets.VBox:
    """Return a slider over the planes of one direction, with the picture below.

    It needs a running kernel; an export shows nothing, so draw a static figure too.

    Parameters
    ----------
    volume : SeriesVolume
        In patient axes.
    plane : {"axial", "coronal", "sagittal"}
    window : (centre, width)
    """
    import ipywidgets

    last = volume.values.shape[PLANES[plane]] - 1
    slider = ipywidgets.IntSlider(last // 2, 0, last, description=plane)
    picture = ipywidgets.Image(format="png", width=420)

    def draw(change=None) -> None:
        picture.value = plane_png(volume, plane, slider.value, window=window)

    slider.observe(draw, names="value")
    draw()
    return ipywidgets.VBox([slider, picture])


def plane_png(
    volume: SeriesVolume, plane: str, index: int, *, window: tuple[float, float]
) -> bytes:
    """Return one plane as the bytes of a PNG picture."""
    fig, ax = plt.subplots(figsize=(4.5, 4.5), layout="constrained")
    show_plane(volume, plane, index, window=window, ax=ax)
    drawing = io.BytesIO()
    fig.savefig(drawing, format="png")
    plt.close(fig)
    return drawing.getvalue()
