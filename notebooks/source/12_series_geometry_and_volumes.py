# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 12 Series geometry and volumes
#
# A script measured a lung nodule in March and again in June and says that its volume has nearly
# doubled. Has the nodule grown, or has the script mistaken what a slice is?
#
# | | |
# |---|---|
# | Time | 60 minutes; runs in about 30 seconds |
# | Runs on | any laptop, no GPU |
# | Data | a simulated CT, written as DICOM and damaged in eight ways; 12 cubes about a small nodule |
# | Needs first | [lesson 11](11_hounsfield_units_and_windowing.ipynb) |
#
# ## After this notebook you can
#
# - put the files of a series in order by their positions, and name what is wrong with them;
# - take the distance of slices from positions, and turn voxels into millimetres and millilitres;
# - resample a volume and say where the new voxels lie;
# - say what a coarser grid does to a small nodule;
# - look at a volume in three planes in true proportions.

# %% tags=["setup"]
import tempfile
import textwrap
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pydicom
from scipy import ndimage
from skimage.transform import resize

from helpers.files import evidence
from helpers.checks import check_exercise, check_setting
from helpers.windowing import WINDOWS
from phantoms.damaged_series import write_damaged
from helpers.dicom_series import (
    DicomSeriesError, affine_of, list_series, read_series,
)  # fmt: skip
from phantoms.dicom_writing import CtSeries, write_series
from helpers.figures import COLOURS, describe, use_course_style
from phantoms import nodule_cube, nodule_study, scan_study
from helpers.volumes import (
    in_patient_axes, plane_of, plane_slider, resample_values, show_planes,
)  # fmt: skip

use_course_style()

# %% tags=["parameters"]
PATIENT, NODULE_SEED = 2, 41  # the patient of lesson 11, nodule without calcium
SLICE_MM = 2.5  # thickness and distance of the slices of March
HALF_WAY_HU = -400  # about half-way between lung and soft tissue
SMALL_MM = 4  # diameter of the small nodule
GRIDS = 12  # places of the grid, each with noise of its own
NEW_MM = 3.0  # spacing after resampling, the same in three directions
LUNG_WINDOW = WINDOWS["lung"]  # centre -600, width 1500 HU
GREY = {"cmap": "gray", "vmin": LUNG_WINDOW.low, "vmax": LUNG_WINDOW.high}
check_setting("SLICE_MM", SLICE_MM, 1.0, 5.0)
check_setting("HALF_WAY_HU", HALF_WAY_HU, -700, 0)
check_setting("SMALL_MM", SMALL_MM, 3, 8)
check_setting("GRIDS", GRIDS, 2, 40)
check_setting("NEW_MM", NEW_MM, 0.8, 5.0)

# %% [markdown]
# ## A pile of files
#
# A CT comes as a folder with a file for each slice. The names are given by whatever program sent
# or exported it, and here they are in no order. We write the CT of March, read every header, and
# stack the pixels in three orders.

# %%
study = nodule_study(PATIENT, nodule_seed=NODULE_SEED, calcification="none")
scan = scan_study(study, slice_mm=SLICE_MM)
scratch = tempfile.TemporaryDirectory()  # removed when the kernel ends
march = Path(scratch.name) / "march"
march_files = write_series(
    march,
    scan.hu,
    spacing_mm=scan.spacing_mm,
    patient_id="P0002",
    details=CtSeries(origin_mm=scan.origin_mm, shuffled_names=True),
)
headers = {path.name: pydicom.dcmread(path) for path in sorted(march.iterdir())}
by_name = list(headers.values())
slice_mm, pixel_mm, _ = scan.spacing_mm
print(f"{len(march_files)} files. The first five, sorted by name:")
for name in list(headers)[:5]:
    header = headers[name]
    x, y, z = header.ImagePositionPatient
    print(f"{name}: Instance Number {header.InstanceNumber:3}, z {z:7.2f} mm")

# %% [markdown]
# Image Position (Patient) says where the centre of the first pixel lies: x towards the patient's
# left, y towards the back, z towards the head. (These axes are called LPS. Research formats such as
# NIfTI use RAS: x towards the right, y towards the front. Between them two signs change.) Image
# Orientation (Patient) holds two directions,
# that of a row and that of a column. Their cross product points from slice to slice, and the
# position along it is the only order that has to do with the body.

# %% [markdown] tags=["predict"]
# ### Predict 12.1p - Which orders look wrong? (2 min)
#
# Three stacks: sorted by file name, by Instance Number, by position. You scroll through the axial
# slices of each, and look at a sagittal cut. In which would you notice something in the axial
# slices, and in which only in the cut? Instance Number counts from the head here. All pictures of
# this lesson have the lung window, centre -600 HU, width 1500 HU.

# %% tags=["twin:helpers.dicom_series.slice_position_mm"]
def slice_position_mm(header):
    """Return the distance of a slice along its own normal, in mm."""
    orientation = np.asarray(header.ImageOrientationPatient, dtype=float)
    row, column = orientation.reshape(2, 3)
    normal = np.cross(row, column)
    normal = normal / np.linalg.norm(normal)
    return float(normal @ np.asarray(header.ImagePositionPatient, dtype=float))


orders = {
    "file name": by_name,
    "Instance Number": sorted(by_name, key=lambda header: header.InstanceNumber),
    "position": sorted(by_name, key=slice_position_mm),
}
fig, axes = plt.subplots(1, 3, figsize=(9, 3.4), layout="constrained")
for ax, (name, ordered) in zip(axes, orders.items(), strict=True):
    stack = np.stack([header.pixel_array for header in ordered])
    cut = stack[:, 60:440, 340].astype(float) - 1024  # slices, rows
    ax.imshow(cut[::-1], aspect=slice_mm / pixel_mm, **GREY)
    ax.set(title=f"sorted by {name}", xticks=[], yticks=[])
    steps = np.abs(np.diff([slice_position_mm(header) for header in ordered]))
    print(f"{name:16} neighbours are {steps.min():.1f} to {steps.max():.1f} mm apart")
describe(
    fig,
    "A sagittal cut three times, last slice on top. By file name: stripes without any "
    "anatomy. By Instance Number: a chest upside down. By position: a chest.",
)

# %% [markdown] tags=["exercise"]
# Every axial slice is a perfect picture in all three. The first stack is noise to a 3D network, and
# nothing complains. The second is worse, since it looks like a chest: mirrored, with the
# heart on the wrong side as soon as somebody turns it upright. Many scanners count from the head,
# others from the feet.
#
# ### Exercise 12.2 - The order of the slices (5 min)
#
# Return the indices that put slices in order along their normal. `orientation` is that of the
# series, six numbers; `positions` has the shape (n, 3). The series may be axial, sagittal or
# oblique.
# <details><summary>Hint</summary><code>np.cross</code> of the two directions gives the normal, a
# matrix product all positions along it, <code>np.argsort</code> the order.</details>

# %% tags=["exercise-code"]
def order_of_slices(orientation, positions):
    """Return the indices of the slices in the order of their positions."""
    ### BEGIN SOLUTION
    row, column = np.reshape(np.asarray(orientation, dtype=float), (2, 3))
    return np.argsort(np.asarray(positions, dtype=float) @ np.cross(row, column))
    ### END SOLUTION

# %% tags=["check"]
check_exercise("12.2", order_of_slices)

# %% [markdown] tags=["solution"]
# Sorting by z alone works for every axial series and gives nonsense for a sagittal one, where all
# slices have the same z. The cross product costs one line.

# %% [markdown]
# ## Millimetres come from positions
#
# In June the same scanner was set otherwise: slices of 5 mm, one every 2.5 mm, so that neighbours
# overlap by half. Thick slices have less noise, overlap keeps small things
# from falling between two. We make June from the scan of March, so **nothing has grown**: each new
# slice is the mean of two old ones.

# %%
thick = ((scan.hu[:-1].astype(int) + scan.hu[1:]) // 2).astype(np.int16)
x, y, z = scan.origin_mm
june = Path(scratch.name) / "june"
june_files = write_series(
    june,
    thick,
    spacing_mm=scan.spacing_mm,
    patient_id="P0002",
    details=CtSeries(
        origin_mm=(x, y, z + SLICE_MM / 2), slice_thickness_mm=2 * SLICE_MM, study="2"
    ),
)

# %% [markdown] tags=["predict"]
# ### Predict 12.3p - The script (2 min)
#
# The script counts the voxels of the nodule above -400 HU and multiplies by Pixel Spacing, Pixel
# Spacing and Slice Thickness. What does it find in June, as a share of March: half, the same, one
# and a half times, double?

# %%
places = np.argwhere(scan.masks["nodule"])  # slice, row, column of each voxel
centre = places.mean(axis=0)
ends = zip(places.min(axis=0) - 1, places.max(axis=0) + 2, strict=True)
box = tuple(slice(low, high) for low, high in ends)  # a voxel wider than the nodule
true_ml = scan.masks["nodule"].sum() * scan.voxel_ml  # the simulation knows

volumes = []
for month, folder in (("March", march), ("June", june)):
    volume = read_series(folder)
    voxels = int(np.sum(volume.values[box] > HALF_WAY_HU))
    header = pydicom.dcmread(volume.paths[0])
    by_script = voxels * np.prod(header.PixelSpacing) * header.SliceThickness / 1000
    by_position = voxels * volume.voxel_ml
    volumes.append((by_script, by_position))
    print(f"{month:5}: {voxels} voxels, thickness {header.SliceThickness} mm, "
          f"distance {volume.spacing_mm[0]:.2f} mm: "
          f"script {by_script:.2f} ml, by positions {by_position:.2f} ml")  # fmt: skip
growth = np.divide(*volumes[::-1])
print(f"June over March: script {growth[0]:.2f}, by positions {growth[1]:.2f}.")
print(f"In truth, both times: {true_ml:.2f} ml.")

# %% [markdown]
# The script has doubled the nodule; by positions it is the same. (The threshold also counts a little
# of the vessels beside it.) **Slice Thickness is how much tissue a slice averages; it says nothing of
# how far the next slice is.** In March the two were equal. Spacing
# Between Slices is no way out: a CT may leave it out, and nothing ties it to the positions. Each
# slice of a CT must state its position, and that is what the scanner knows.
#
# `affine_of` puts everything together. It turns a voxel (slice, row, column) into mm in the
# patient, and every length, angle and volume follows from it. Where is the nodule?

# %% tags=["twin:helpers.dicom_series.affine_of"]
def affine_of(position, orientation, pixel_spacing_mm, step_mm):
    """Return the 3 x 4 matrix from voxel (slice, row, column, 1) to patient mm."""
    row, column = np.reshape(np.asarray(orientation, dtype=float), (2, 3))
    axes = [step_mm, column * pixel_spacing_mm[0], row * pixel_spacing_mm[1]]
    return np.column_stack([*axes, position])


first, second = orders["position"][:2]
step = np.subtract(second.ImagePositionPatient, first.ImagePositionPatient)
affine = affine_of(
    np.array(first.ImagePositionPatient, dtype=float),
    first.ImageOrientationPatient,
    np.array(first.PixelSpacing, dtype=float),
    step,
)
place_mm = np.round(affine @ [*centre, 1]).astype(int)
print("The nodule lies at", place_mm, "mm (x, y, z),")
print("that is, to the patient's right, at the height of the carina, where z is 0.")
volume = read_series(march)
print(f"The same from read_series: {np.allclose(affine, volume.affine, atol=1e-3)}.")

# %% [markdown] tags=["exercise"]
# The first number of Pixel Spacing is the distance of *rows*, so it goes with the direction of a
# *column*. Swapping the two is invisible as long as pixels are square.
#
# ### Exercise 12.4 - Spacing, or no answer (5 min)
#
# From positions along the normal, in any order, return the distance of neighbouring slices in mm.
# Return NaN if any step is more than 5 % off the median step.
# <details><summary>Hint</summary>Sort, <code>np.diff</code>, compare with the median. Two images
# at one place give a step of 0.</details>

# %% tags=["exercise-code"]
def spacing_or_nan(positions_mm):
    """Return the distance of slices in mm, NaN if they are not evenly spaced."""
    ### BEGIN SOLUTION
    steps = np.diff(np.sort(np.asarray(positions_mm, dtype=float)))
    usual = np.median(steps)
    uneven = np.abs(steps - usual) > 0.05 * usual
    return float("nan") if uneven.any() else float(steps.mean())
    ### END SOLUTION

# %% tags=["check"]
check_exercise("12.4", spacing_or_nan)

# %% [markdown]
# The mean of the steps alone hides a missing slice: with one of 105 gone it changes by one per cent.
# `read_series` in `helpers.dicom_series`
# refuses such a series, with a message that names the place.
#
# ## Eight damaged series
#
# Folders get damaged on their way: a transfer breaks off, two exports land in one place, a gantry
# was tilted. `write_damaged` makes eight of them out of the scan of March, with every fourth row and
# column. In *tilt* the planes lean by 15 degrees while the table moves straight on; in *oblique* they
# lean as much, and follow their own normal. In *overlap* only Slice Thickness was changed.
#
# A careless script stacks each folder by name:

# %%
folders = write_damaged(Path(scratch.name), scan, lean_deg=15)
aspect = SLICE_MM / (4 * pixel_mm)
fig, axes = plt.subplots(2, 4, figsize=(10, 5.4), layout="constrained")
for ax, (name, folder) in zip(axes.flat, folders.items(), strict=True):
    headers = [pydicom.dcmread(path) for path in sorted(folder.iterdir())]
    stack = np.stack([header.pixel_array for header in headers])
    shown = stack[::-1, 15:110, 85].astype(float) - 1024
    ax.imshow(shown, aspect=aspect, **GREY)
    ax.set_title(name, fontsize=9)
    ax.set_anchor("N")  # the titles of a row at one height
    ax.set_axis_off()
describe(
    fig,
    "Eight sagittal cuts of carelessly stacked series. Gap: a small step in the "
    "contour. Duplicate: a thin line. Uneven spacing: the lower half is squeezed. "
    "Tilt and oblique: a chest like the others, sheared or rotated. Reversed: upside "
    "down. Overlap: nothing to see. Several series: two chests on top of each other.",
)

# %% [markdown] tags=["judge"]
# ### Judge 12.5j - Which would you have caught? (3 min)
#
# Go through the eight. Which would you notice in axial slices, which only in this cut, which in
# neither? Which of them spoil a measurement in mm, and which only the way the patient lies?

# %%
def verdict(folder):
    """Return the kinds of problems of a folder, and what the helper says."""
    problems = [one for found in list_series(folder)["problems"] for one in found]
    kinds = {problem.kind for problem in problems}
    try:
        read_series(folder)
    except DicomSeriesError as error:
        return kinds, f"refused. {error}"
    return kinds, f"a volume. {' '.join(str(problem) for problem in problems)}"


named = 0
for name, folder in folders.items():
    kinds, said = verdict(folder)
    n_series = len(list_series(folder))
    found = name in kinds or (name == "several series" and n_series == 2)
    named += found
    said = said.replace(f"{folder.parent.name}/{folder.name}: ", "")
    print(textwrap.shorten(f"{name}: {said}", 260), end="\n\n")
print(f"{named} of {len(folders)} are found and named.")

# %% [markdown] tags=["solution"]
# In axial slices: none for certain, except the duplicate if you scroll slowly. In the cut: the
# reversed and the mixed one, perhaps the uneven one. The two that lean look alike, and only *tilt* is
# wrong. Overlap is in no picture, and it doubled the
# nodule. A gap, uneven spacing and tilt spoil lengths and volumes. Oblique and reversed series are
# sound; one only has to use their affine matrix and not "up is up".

# %% [markdown]
# What cannot be trusted is refused, in words that say which slice and what to do; what one only has
# to know is a remark. Two kinds can be mended on request: `read_series(folder, mend="gap")` fills
# what is missing with NaN and does not invent it; `mend="tilt"` moves the slices back within their
# planes.
#
# ## Resampling, and where the voxels go
#
# Networks want cubes: voxels of equal size. `scipy.ndimage.zoom` and `skimage.transform.resize` both
# do it, and do not mean the same. A ruler shows it: a column of eight slices, 2.5 mm apart, in which
# the *value* of each voxel is its own position. Whatever comes out says where it was taken from.

# %%
OLD_MM, N_OLD, HALVED_MM = 2.5, 8, 1.25
ruler = (np.arange(N_OLD) * OLD_MM).astype(np.float32).reshape(N_OLD, 1, 1)
n_new = int(N_OLD * OLD_MM / HALVED_MM)
rulers = {
    "zoom": ndimage.zoom(ruler, (2, 1, 1), order=1),
    "resize": resize(ruler, (n_new, 1, 1), order=1, mode="edge"),
}
for name, values in rulers.items():
    taken = values.ravel()
    print(f"{name:7} first {taken[:4].round(2)}, last {taken[-1]:.2f} mm; "
          f"step in the middle {taken[8] - taken[7]:.3f} mm")  # fmt: skip

# %% [markdown]
# Two answers. `zoom` nails the first and the last *centre*, so that its step is 1.167 mm and not
# 1.25, and a length measured with 1.25 is 7 % too long. `resize` keeps the *edges* of the block: the
# first new centre would lie before the first old one, at -0.625 mm, and takes its value. SimpleITK,
# the third that is used much, asks for origin and spacing. None is wrong, if one knows where
# the voxels are. Told to keep the edges, the two agree:

# %%
block = scan.hu[40:82, 200:240, 110:150].astype(np.float32)
shape = (84, 60, 60)
factors = np.divide(shape, block.shape)
zoomed = ndimage.zoom(block, factors, order=1, mode="nearest", grid_mode=True)
resized = resize(block, shape, order=1, mode="edge", anti_aliasing=False)
apart = np.abs(zoomed - resized).max()
print(f"zoom against resize: at most {apart:.2f} HU apart, n {zoomed.size}")

# %% [markdown]
# Left to themselves they differ in two more ways: `zoom` fits cubic splines, which overshoot at
# edges, and `resize` smooths before it shrinks. So state three things in a paper and in code: what
# stays in its place, the order of the interpolation, and whether it was smoothed. A mask has no
# values between 0 and 1: it is resampled with the nearest neighbour (order 0), in the same
# convention as its image.

# %% [markdown] tags=["predict"]
# **A small nodule on a coarse grid.** Detection networks are often fed with cubes of 1, 2 or 3 mm.
# Here is a nodule of 4 mm on twelve grids, each of which starts at another place, with other noise.
#
# ### Predict 12.6p - The 4 mm nodule on 3 mm (2 min)
#
# It is soft tissue, about 40 HU, in dark lung. After linear resampling to 3 mm, what is the
# brightest voxel at its middle: on average, and in the unluckiest grid? And if one smooths first
# (`anti_aliasing=True`)?

# %%
def smoothed(hu, old_mm, new_mm):
    """Blur before going to a coarser grid, as skimage's anti_aliasing does."""
    sigma = np.maximum(0, (np.divide(new_mm, old_mm) - 1) / 2)
    return ndimage.gaussian_filter(hu, sigma)


def peak_near(hu, spacing_mm, place_mm):
    """Return the brightest of the voxels next to a place, in HU."""
    reach_mm = np.linalg.norm(spacing_mm) / 2  # half the diagonal of a voxel
    parts = zip(np.indices(hu.shape, sparse=True), spacing_mm, place_mm, strict=True)
    return hu[sum((i * mm - place) ** 2 for i, mm, place in parts) < reach_mm**2].max()


new = (NEW_MM,) * 3
peaks, pictures = {"original": [], "linear": [], "smoothed first": []}, []
for grid in range(GRIDS):
    cube, middle = nodule_cube(SMALL_MM, seed=grid)
    hu, old = cube.hu.astype(np.float32), cube.spacing_mm
    coarse = resample_values(hu, old, new)
    blurred = resample_values(smoothed(hu, old, new), old, new)
    versions = ((hu, old), (coarse, new), (blurred, new))
    pictures.append((middle * old, versions))
    for found, (values, mm) in zip(peaks.values(), versions, strict=True):
        found.append(peak_near(values, mm, middle * old))
for name, found in peaks.items():
    lost = np.sum(np.less(found, HALF_WAY_HU))
    print(f"{name:14} brightest voxel {np.mean(found):5.0f} HU on average "
          f"({min(found):.0f} to {max(found):.0f}), below {HALF_WAY_HU} HU "
          f"on {lost} of {GRIDS} grids")  # fmt: skip

# %% [markdown]
# Above the grid with the highest peak after linear resampling, below that with the lowest. Beside
# the ring run vessels.

# %%
ranked = np.argsort(peaks["linear"])
fig, axes = plt.subplots(2, 3, figsize=(7.5, 5.2), layout="constrained")
for line, grid in zip(axes, (int(ranked[-1]), int(ranked[0])), strict=True):
    place_mm, versions = pictures[grid]
    for ax, name, (values, mm) in zip(line, peaks, versions, strict=True):
        z, y, x = np.rint(place_mm / mm).astype(int)
        r = int(9 / mm[1])
        ax.imshow(values[z, y - r : y + r + 1, x - r : x + r + 1], **GREY)
        here = place_mm[[2, 1]] / mm[1] - (x - r, y - r)
        ring = {"fill": False, "color": COLOURS["orange"], "linestyle": "--"}
        ax.add_patch(plt.Circle(here, 0.75 * SMALL_MM / mm[1], **ring))
        ax.set_title(f"{name}, grid {grid}", fontsize=8)
        ax.set_axis_off()
describe(
    fig,
    f"Axial cut-outs of 18 mm about the same {SMALL_MM} mm nodule on two grids: as "
    f"scanned, on {NEW_MM:g} mm, and on {NEW_MM:g} mm after smoothing. A "
    "dashed ring marks the nodule; the bright spots beside it are vessels.",
)

# %% [markdown]
# Linear resampling without smoothing is a lottery. A grid point in the middle of the nodule sees all
# of it; between two points much is lost. Smoothing first makes it fainter on every grid, and on some
# a rule with a threshold half-way loses it. A network may still find it; nobody can measure it any
# more.

# %% [markdown] tags=["try"]
# ### Try 12.7t - How coarse may it be? (4 min)
#
# Set NEW_MM to 1.0 in the settings, run that cell and the two above again. Guess first: on how many
# of the grids does the nodule now fall below half-way, and does smoothing still matter?

# %% [markdown] tags=["solution"]
# On none, and hardly: at 1 mm little blur is asked for, so both ways give nearly the same. A grid
# that is a quarter of the nodule's diameter keeps it; one of three quarters may not.

# %% [markdown]
# ## Three planes
#
# A radiologist reads axial, coronal and sagittal planes, the patient's right on the left, the head
# on top. For that the volume is turned into the axes of the patient (nothing is interpolated), and
# each plane is drawn with its pixels as high and wide as they are in mm. The slider below the figure
# starts at the nodule and scrolls while the kernel runs.

# %%
volume = in_patient_axes(read_series(march))
nodule = tuple(np.rint(centre).astype(int))
fig = show_planes(volume, nodule, window=LUNG_WINDOW)
describe(
    fig,
    "Axial, coronal and sagittal plane through the nodule in the right lung, in true "
    "proportions. Letters at the rim give the patient's sides; thin blue lines show "
    "where the planes cut each other.",
)
_, aspect = plane_of(volume, "coronal", nodule[1])
print(f"A coronal pixel is {aspect:.2f} times as high as wide. Drawn square, the chest")
print(f"would be {1 / aspect:.0%} of its height.")

# %% tags=["nbval-ignore-output"]
plane_slider(volume, "coronal", start=nodule[1], window=LUNG_WINDOW)

# %% [markdown]
# A recipe for your own project, without the course. It sorts, takes the spacing from positions, and
# refuses what is uneven.

# %% tags=["recipe:order-series-and-spacing"]
# MIT licence - recipe "order-series-and-spacing" from Deep Learning in Radiology
from pathlib import Path

import numpy as np
import pydicom
from pydicom.data import get_testdata_file


def order_series(paths):
    """Return paths from first to last slice, and spacing in mm (slice, row, column)."""
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in paths]
    turns = np.array([header.ImageOrientationPatient for header in headers], float)
    frames = {(h.SeriesInstanceUID, h.get("FrameOfReferenceUID")) for h in headers}
    if len(frames) > 1 or np.ptp(turns, axis=0).max() > 1e-3:
        raise ValueError("Expected one series in one orientation, without overviews.")
    normal = np.cross(turns[0, :3], turns[0, 3:])
    places = np.array([header.ImagePositionPatient for header in headers], float)
    order = np.argsort(places @ normal)
    moves = np.diff(places[order], axis=0)
    step_mm = float(np.mean(moves @ normal)) if len(moves) else 0.0
    if not step_mm or np.abs(moves - step_mm * normal).max() > 0.05 * step_mm:
        raise ValueError(f"No even stack: one slice, a gap, a tilt? {moves.tolist()}")
    return [paths[i] for i in order], (step_mm, *map(float, headers[0].PixelSpacing))


files = Path(get_testdata_file("DICOMDIR", download=False)).parent
series = sorted((files / "98892001" / "CT5N").iterdir())
ordered, spacing_mm = order_series(series)
print(*(path.name for path in series), "->", *(path.name for path in ordered))
print("spacing", [round(length, 2) for length in spacing_mm], "mm")

# %% [markdown]
# ## What we measured

# %% tags=["headline"]
print(f"The nodule, June over March: {growth[0]:.2f} by Slice Thickness, "
      f"{growth[1]:.2f} by positions (one patient, one scan).")  # fmt: skip
print(f"Damaged series found and named: {named} of {len(folders)}.")
for name, found in peaks.items():
    lost = np.sum(np.less(found, HALF_WAY_HU))
    span = f"{min(found):.0f} to {max(found):.0f}"
    print(f"{SMALL_MM} mm nodule, {name}: peak {np.mean(found):.0f} HU ({span}), "
          f"lost on {lost} of {GRIDS} grids.")  # fmt: skip

# %% [markdown]
# ## On real patients
#
# 26 November 2026, `COURSE_DATA_DIR=path/to/data python -m tools.evidence.series`: one chest CT
# (Lung-PET-CT-Dx, patient A0002, an adenocarcinoma with boxes drawn by a radiologist). To see what
# lies between slices, every second one was left out, interpolated from its neighbours, and compared
# with what the scanner had seen there.

# %%
real = evidence("series_real.csv").set_index("measure")["value"]
across = [f"tumour, {way}, mm" for way in ("right to left", "front to back")]
apart = [name for name in real.index if "SimpleITK" in name]
print(f"{real['slices']:.0f} slices, {real['spacing, mm']:.2f} mm apart, "
      f"pixels of {real['pixel, mm']:.2f} mm.")  # fmt: skip
print(f"File names run against the positions: {real['reversed'] == 1}.")
print(f"Voxels and corners equal SimpleITK's: {real[apart].max() < 1e-3}.")
print("Boxes about the tumour:", " x ".join(f"{real[name]:.0f}" for name in across),
      f"mm in {real['slices with tumour']:.0f} slices,")  # fmt: skip
print(f"{real['tumour, first to last slice, mm']:.0f} mm from first to last.")
print(f"{real['slices left out']:.0f} slices interpolated: median error "
      f"{real['interpolated, median error, HU']:.0f} HU; more than 100 HU off in "
      f"{real['interpolated, above 100 HU, share']:.0%} of the voxels of the body.")

# %% [markdown]
# Sorted by name this patient would have been upside down. The slices are as thick as they are apart,
# so the script of the title would have been right here, by luck. One series is one example.
#
# The slices that were interpolated had neighbours 16 mm apart, twice as far as the real ones. A
# volume resampled from thick slices to 1 mm looks smooth, and most of what it shows was never seen.
#
# ## What this does not show
#
# - **Real nodules.** Ours are smooth and solid; the same nodule on other grids is not another nodule.
#   Spiculated or ground-glass ones fade sooner.
# - **Networks.** A brightest voxel is no detector, and all grids show one place in one lung, with the
#   vessels that happen to be there.
# - **Growth.** Volumes by a threshold also change with breathing, dose and kernel; not tried here.
# - **Every kind of damage.** Eight were planted, and the helper knew what to look for.
# - Not for clinical use.

# %% [markdown]
# ## Summary
#
# The nodule has not grown. The script took the thickness of a slice for its distance.
#
# - File names and Instance Numbers say nothing certain about the body; positions along the normal
#   do. Of eight damaged series all were named, and no single axial slice showed it.
# - Spacing comes from positions. With Slice Thickness the same nodule doubled; by positions it stayed
#   the same.
# - By default zoom keeps centres and resize keeps edges; told the same, they agree.
# - A 4 mm nodule on a 3 mm grid is a lottery; smoothed first it is fainter still.
# - Three planes in true proportions show at a glance what axial slices hide.

# %% [markdown]
# ## New words
#
# - **Normal**: the direction from slice to slice, the cross product of row and column direction.
# - **Affine matrix**: from voxel (slice, row, column) to mm in the patient.
# - **Gantry tilt**: planes that lean against the direction in which the table moves.
# - **Partial volume**: a voxel that holds two tissues shows their mean.
#
# ## Next
#
# [Lesson 13](13_de_identification.ipynb) asks what else the headers say: who the patient is.
#
# ## Sources
#
# - DICOM PS3.3, C.7.6.2 (image plane: position, orientation, Pixel Spacing, Slice Thickness).
# - Lowekamp BC et al. The design of SimpleITK. Front Neuroinform 2013;7:45. Virtanen P et al.
#   SciPy. Nat Methods 2020;17:261-272. van der Walt S et al. scikit-image. PeerJ 2014;2:e453.
# - Li P et al. Lung-PET-CT-Dx, The Cancer Imaging Archive 2020 (CC BY 4.0).
