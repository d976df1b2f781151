"""Volumes in mm: another grid of voxels, three planes, regions of interest.

Two conventions are in use for another grid. Keep the *centre* of the first voxel where
it is, and voxel i of the new grid lies at ``i * new / old`` of the old one: SimpleITK
with an unchanged origin, and `resample_values`. Or keep the *outer edges*, as
scikit-image's `resize` does, and the first centre moves by half the difference of the
voxel sizes. Both are right as long as the affine matrix goes with the voxels.

A plane is drawn as radiologists read it: the patient's right on the left of an axial or
coronal plane, the front on the left of a sagittal one, the head on top.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.ndimage import affine_transform

from helpers.dicom_series import SeriesVolume
from helpers.figures import COLOURS
from helpers.intervals import mean_interval
from helpers.windowing import Window

LARGEST_VOXELS = 2**29

# Each plane, and the axis (of a volume in patient axes) that it is cut across.
PLANES = {"axial": 0, "coronal": 1, "sagittal": 2}

# Right, left, anterior, posterior, head, feet: at the left, right, top and bottom.
SIDES = {"axial": "RLAP", "coronal": "RLHF", "sagittal": "APHF"}
RIM = ((0.01, 0.5), (0.99, 0.5), (0.5, 0.99), (0.5, 0.01))


def resample_values(
    values: np.ndarray,
    spacing_mm: tuple[float, float, float],
    new_spacing_mm: tuple[float, float, float],
) -> np.ndarray:
    """Return an array on a grid with another spacing and the same first voxel.

    The new grid ends at, or just before, the centre of the last old voxel, so that
    nothing is extrapolated. Values are interpolated linearly between voxels, not
    averaged: before going to a much coarser grid, smooth.

    Parameters
    ----------
    values : array of shape (slices, rows, columns)
        Numbers; a mask as 0.0 and 1.0, with a threshold afterwards.
    spacing_mm, new_spacing_mm : (slices, rows, columns)
        Old and new distances in mm.

    Returns
    -------
    float32 array

    Raises
    ------
    ValueError
        If a spacing is not above 0, the grid would be absurdly large, or the values are
        bool or not finite (interpolating across a gap would invent what is missing).

    Examples
    --------
    >>> line = np.array([0.0, 10, 20]).reshape(3, 1, 1)
    >>> resample_values(line, (2, 1, 1), (1, 1, 1)).ravel().tolist()
    [0.0, 5.0, 10.0, 15.0, 20.0]
    """
    values = np.asarray(values)
    old, new = np.array(spacing_mm, dtype=float), np.array(new_spacing_mm, dtype=float)
    if values.ndim != 3 or old.shape != (3,) or new.shape != (3,):
        raise ValueError(f"Expected three axes, got {values.shape}, {old}, {new}.")
    if not (np.isfinite([old, new]).all() and min(*old, *new) > 0):
        raise ValueError(f"Spacings are {old} and {new}. Expected mm above 0.")
    if values.dtype == bool or not np.isfinite(values).all():
        raise ValueError("values hold NaN, or are a mask. Expected numbers only.")
    scale = new / old
    shape = np.floor((np.array(values.shape) - 1) / scale + 1e-6).astype(int) + 1
    if np.prod(shape, dtype=float) > LARGEST_VOXELS:
        raise ValueError(f"The grid would be {shape}. Is the new spacing in mm?")
    values = values.astype(np.float32, copy=False)
    grid = {"output_shape": tuple(shape), "mode": "mirror"}  # no point lies outside
    return affine_transform(values, scale, order=1, **grid)


def in_patient_axes(volume: SeriesVolume) -> SeriesVolume:
    """Turn a volume so that slices rise to the head, rows to the back, columns left.

    Axes are exchanged and flipped, nothing is interpolated; the affine matrix goes
    along, so that every voxel keeps its place in the patient. An oblique volume stays
    oblique: its axes are then only nearly those of the patient.

    Parameters
    ----------
    volume : SeriesVolume
        Acquired in any orientation.

    Examples
    --------
    >>> affine = np.array([[0, 0, -1.0, 9], [0, 1, 0, 0], [2, 0, 0, 0]])
    >>> turned = in_patient_axes(SeriesVolume(np.array([[[1, 2]]]), "HU", affine))
    >>> turned.values.tolist(), turned.affine[0].tolist()
    ([[[2, 1]]], [0.0, 0.0, 1.0, 8.0])
    """
    directions = volume.affine[:, :3] / np.linalg.norm(volume.affine[:, :3], axis=0)
    order: list[int] = []
    for patient_axis in (2, 1, 0):  # head, back, left: z, y, x
        left = {0, 1, 2}.difference(order)
        order.append(max(left, key=lambda axis: abs(directions[patient_axis, axis])))
    values = volume.values.transpose(order)
    affine = volume.affine[:, [*order, 3]]
    for axis, patient_axis in enumerate((2, 1, 0)):
        if affine[patient_axis, axis] < 0:
            values = np.flip(values, axis)
            affine[:, 3] += affine[:, axis] * (values.shape[axis] - 1)
            affine[:, axis] *= -1
    return replace(volume, values=values, affine=affine)


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

    Examples
    --------
    >>> affine = np.array([[0, 0, 1, 0], [0, 1, 0, 0], [2, 0, 0, 0]])
    >>> volume = SeriesVolume(np.arange(8).reshape(2, 2, 2), "HU", affine)
    >>> image, aspect = plane_of(volume, "coronal", 1)
    >>> image.tolist(), aspect
    ([[6, 7], [2, 3]], 2.0)
    """
    axis = PLANES.get(plane)
    if axis is None or not 0 <= index < volume.values.shape[axis]:
        expected = f"one of {', '.join(PLANES)}, inside {volume.values.shape}"
        raise ValueError(f"There is no {plane} plane {index}. Expected {expected}.")
    image = np.take(volume.values, index, axis=axis)
    height, width = np.delete(volume.spacing_mm, axis)
    return (image if plane == "axial" else image[::-1]), float(height / width)


def show_planes(
    volume: SeriesVolume, voxel: Sequence[int], *, window: tuple[float, float]
) -> Figure:
    """Draw the three planes through a voxel; thin lines show where they cut each other.

    Parameters
    ----------
    volume : SeriesVolume
        In patient axes.
    voxel : (slice, row, column)
    window : (centre, width)
        In the unit of the volume.

    Examples
    --------
    >>> affine = np.array([[0, 0, 1, 0], [0, 1, 0, 0], [2, 0, 0, 0]])
    >>> cube = SeriesVolume(np.zeros((4, 6, 8), np.float32), "HU", affine)
    >>> fig = show_planes(cube, (1, 2, 3), window=(40, 400))
    >>> [ax.get_title() for ax in fig.axes]
    ['axial 1 (2 mm)', 'coronal 2 (2 mm)', 'sagittal 3 (3 mm)']
    >>> plt.close(fig)
    """
    height, _, width = np.multiply(volume.values.shape, volume.spacing_mm)
    bright = (volume.values > Window(*window).low).any(axis=(0, 2))
    first, last = np.flatnonzero(bright)[[0, -1]] if bright.any() else (0, len(bright))
    depth = (last - first + 1) * volume.spacing_mm[1]  # air around the body is left out
    widths = (width, width, depth)
    size = (9, 9 * max(height, depth) / sum(widths) + 0.4)
    layout = {"width_ratios": widths, "layout": "constrained"}
    fig, axes = plt.subplots(1, 3, figsize=size, **layout)
    row_of_slice = len(volume.values) - 1 - voxel[0]  # the head is on top
    lines = ((voxel[2], voxel[1]), (voxel[2], row_of_slice), (voxel[1], row_of_slice))
    style = {"color": COLOURS["sky"], "linewidth": 0.7, "alpha": 0.8}
    each = zip(axes, PLANES, voxel, lines, strict=True)
    for ax, plane, index, (across, down) in each:
        _draw_plane(volume, plane, int(index), window, ax)
        ax.axvline(across, **style)
        ax.axhline(down, **style)
    axes[0].set_ylim(last + 0.5, first - 0.5)
    axes[2].set_xlim(first - 0.5, last + 0.5)
    return fig


def plane_slider(
    volume: SeriesVolume, plane: str, *, start: int, window: tuple[float, float]
) -> ipywidgets.VBox:
    """Return a slider over the planes of one direction, with the picture below.

    It needs a running kernel; an export shows nothing, so draw a static figure too.

    Parameters
    ----------
    volume : SeriesVolume
        In patient axes.
    plane : {"axial", "coronal", "sagittal"}
    start : int
        The plane to show first, from 0.
    window : (centre, width)
        In the unit of the volume.
    """
    last = volume.values.shape[PLANES[plane]] - 1
    slider = ipywidgets.IntSlider(start, 0, last, description=plane)
    picture = ipywidgets.Image(format="png", width=420)

    def draw(change=None) -> None:
        fig, ax = plt.subplots(figsize=(4.5, 4.5), layout="constrained")
        _draw_plane(volume, plane, slider.value, window, ax)
        drawing = io.BytesIO()
        fig.savefig(drawing, format="png")
        plt.close(fig)
        picture.value = drawing.getvalue()

    slider.observe(draw, names="value")
    draw()
    return ipywidgets.VBox([slider, picture])


def _draw_plane(
    volume: SeriesVolume, plane: str, index: int, window: tuple[float, float], ax: Axes
) -> None:
    """Draw one plane in its true proportions, with the patient's sides at the rim."""
    image, aspect = plane_of(volume, plane, index)
    shown, axis = Window(*window), PLANES[plane]
    ax.imshow(image, cmap="gray", vmin=shown.low, vmax=shown.high, aspect=aspect)
    place_mm = volume.to_patient_mm(np.eye(3)[axis] * index)[2 - axis]
    ax.set_title(f"{plane} {index} ({round(place_mm)} mm)", fontsize=9)
    ax.set_axis_off()
    box = {"facecolor": "black", "edgecolor": "none", "pad": 1}
    look = {"fontsize": 9, "fontweight": "bold", "color": "white", "bbox": box}
    for letter, (x, y) in zip(SIDES[plane], RIM, strict=True):
        across = {0.01: "left", 0.99: "right"}.get(x, "center")
        up = {0.01: "bottom", 0.99: "top"}.get(y, "center")
        ax.text(x, y, letter, transform=ax.transAxes, ha=across, va=up, **look)


class RegionMeasurement(NamedTuple):
    """What a region of interest says.

    Attributes
    ----------
    mean : float
        Of the means of the slices, in the unit of the volume.
    sd : float
        Of all voxels: noise and structure together.
    low, high : float
        95 % interval of the mean, from the means of the slices.
    voxels, slices : int
        How many went in; voxels without a value (NaN) are left out.
    """

    mean: float
    sd: float
    low: float
    high: float
    voxels: int
    slices: int


def disc(
    shape: tuple[int, int], center: tuple[float, float], radius_px: float
) -> np.ndarray:
    """Return a bool mask (rows, columns), True within a distance of a pixel.

    Parameters
    ----------
    shape : (rows, columns)
    center : (row, column)
    radius_px : float
        0 marks the centre alone.

    Raises
    ------
    ValueError
        If the disc reaches over the edge of the image.

    Examples
    --------
    >>> disc((3, 3), (1, 1), 1).astype(int).tolist()
    [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
    """
    (row, column), last = center, np.array(shape) - 1
    if not 0 <= radius_px <= min(row, column, *(last - center)):
        what = f"a disc of radius {radius_px} px around {center} in {shape}"
        raise ValueError(f"Expected {what} to lie inside. Move it or make it smaller.")
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius_px**2


def measure_region(volume: np.ndarray, mask: np.ndarray) -> RegionMeasurement:
    """Return the mean of a region over neighbouring slices, with its 95 % interval.

    Noise of a CT is not white. Neighbouring pixels share it, and the reconstruction
    takes its slow waves away, so that the standard deviation over the root of the
    number of pixels is wrong: too small for small discs, too large for large ones.
    Slices are the measurements here: each gives one mean, and the interval is Student's
    t over these. It holds what differs between slices, noise and anatomy alike. Slices
    that overlap make it too narrow.

    Parameters
    ----------
    volume : float or integer array of shape (slices, rows, columns)
        CT numbers of at least 2 slices; NaN where there is no value.
    mask : bool array of shape (rows, columns) or (slices, rows, columns)
        The region, the same in every slice or one for each.

    Raises
    ------
    ValueError
        If the shapes do not fit, or fewer than 2 slices hold a value in the mask.

    Examples
    --------
    >>> volume = np.array([[[40.0, 44.0]], [[46.0, 50.0]]])
    >>> m = measure_region(volume, np.ones((1, 2), bool))
    >>> m.mean, m.voxels, m.slices, round(m.low), round(m.high)
    (45.0, 4, 2, 7, 83)
    """
    volume, mask = np.asarray(volume), np.asarray(mask, dtype=bool)
    if volume.ndim != 3 or mask.shape not in (volume.shape, volume.shape[1:]):
        what = f"(slices, rows, columns) and a mask like it, got {volume.shape}"
        raise ValueError(f"Expected {what} and {mask.shape}.")
    values = np.where(mask & np.isfinite(volume), volume.astype(float), np.nan)
    known = ~np.isnan(values)
    count = known.sum(axis=(1, 2))
    if (count > 0).sum() < 2:
        found = f"{(count > 0).sum()} of {len(volume)} slices hold a value in the mask"
        raise ValueError(f"{found}. Expected at least 2. Is the mask empty?")
    means = np.nanmean(values[count > 0], axis=(1, 2))
    sd = float(values[known].std(ddof=1))
    mean, low, high = mean_interval(means)
    return RegionMeasurement(mean, sd, low, high, int(known.sum()), len(means))
