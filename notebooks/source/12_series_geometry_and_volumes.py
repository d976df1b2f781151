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

# %% [markdown]
# | | |
# |---|---|
# | Time | 60 minutes to work through; runs in about 15 seconds |
# | Runs on | any laptop, no GPU |
# | Data | a simulated CT, written as DICOM and damaged in eight ways; 36 cubes about small nodules |
# | Needs first | lesson 11 |
#
# ## After this notebook you can
#
# - put the files of a series in order by their positions, and name what is wrong with them;
# - take the distance of slices from positions, and turn voxels into millimetres and millilitres;
# - resample a volume with three libraries and say where each puts its voxels;
# - say what a coarser grid does to a small nodule;
# - look at a volume in three planes in true proportions.

# %% tags=["setup"]
import tempfile
import textwrap
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pydicom
import SimpleITK as sitk
from scipy import ndimage
from skimage.transform import resize

from helpers.files import evidence
from helpers.checks import check_exercise
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
DIAMETERS_MM = (4, 5, 6)  # of the small nodules
SEEDS = range(12)  # places of the grid and noise, for each diameter
NEW_MM = (1.0, 2.0, 3.0)  # spacing after resampling, the same in three directions
LUNG_WINDOW = WINDOWS["lung"]  # centre -600, width 1500 HU
GREY = {"cmap": "gray", "vmin": LUNG_WINDOW.low, "vmax": LUNG_WINDOW.high}

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
print(f"{len(march_files)} files. The first five, sorted by name:")
for name in list(headers)[:5]:
    header = headers[name]
    x, y, z = header.ImagePositionPatient
    print(f"{name}: Instance Number {header.InstanceNumber:3}, z {z:7.2f} mm")

# %% [markdown]
# Image Position (Patient) says where the centre of the first pixel lies: x towards the patient's
# left, y towards the back, z towards the head. Image Orientation (Patient) holds two directions,
# that of a row and that of a column. Their cross product points from slice to slice, and the
# position along it is the only order that has to do with the body.

# %% tags=["twin:helpers.dicom_series.slice_position_mm"]
def slice_position_mm(header):
    """Return the distance of a slice along its own normal, in mm."""
    orientation = np.asarray(header.ImageOrientationPatient, dtype=float)
    row, column = orientation.reshape(2, 3)
    normal = np.cross(row, column)
    normal = normal / np.linalg.norm(normal)
    return float(normal @ np.asarray(header.ImagePositionPatient, dtype=float))

# %% [markdown] tags=["predict"]
# ### Predict 12.1p - Which orders look wrong? (3 min)
#
# Three stacks: sorted by file name, by Instance Number, by position. You scroll through the axial
# slices of each, and look at a sagittal cut. In which would you notice something in the axial
# slices, and in which only in the cut? Instance Number counts from the head here. All pictures of
# this lesson have the lung window, centre -600 HU, width 1500 HU.

# %%
orders = {
    "file name": by_name,
    "Instance Number": sorted(by_name, key=lambda header: header.InstanceNumber),
    "position": sorted(by_name, key=slice_position_mm),
}
slice_mm, pixel_mm, _ = scan.spacing_mm
fig, axes = plt.subplots(1, 3, figsize=(9, 3.4), layout="constrained")
for ax, (name, ordered) in zip(axes, orders.items(), strict=True):
    stack = np.stack([header.pixel_array for header in ordered])
    cut = stack[:, 60:440, 340].astype(float) - 1024  # slices, rows
    ax.imshow(cut[::-1], aspect=slice_mm / pixel_mm, **GREY)
    ax.set_title(f"sorted by {name}", fontsize=9)
    ax.set_axis_off()
    steps = np.abs(np.diff([slice_position_mm(header) for header in ordered]))
    print(f"{name:16} neighbours are {steps.min():.1f} to {steps.max():.1f} mm apart")
describe(
    fig,
    "A sagittal cut through the chest three times, last slice on top. Sorted by file "
    "name: horizontal stripes without any anatomy. By Instance Number: a chest upside "
    "down, the diaphragm on top. By position: a chest, the diaphragm below.",
)

# %% [markdown] tags=["exercise"]
# Every axial slice is a perfect picture in all three. The first stack is noise to a 3D network, and
# nothing complains. The second is worse, since it looks like a chest: it is mirrored. A mirrored
# volume has the heart on the wrong side as soon as somebody turns it upright. Many
# scanners count from the head, others from the feet, some start anew after a pause.
#
# ### Exercise 12.2 - The order of the slices (7 min)
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
# overlap by half. That is a usual choice; thick slices have less noise, overlap keeps small things
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
        origin_mm=(x, y, z + SLICE_MM / 2), slice_thickness_mm=5.0, study="2"
    ),
)

# %% [markdown] tags=["predict"]
# ### Predict 12.3p - The script (3 min)
#
# The script counts the voxels of the nodule above -400 HU and multiplies by Pixel Spacing, Pixel
# Spacing and Slice Thickness. What does it find in June, as a share of March: half, the same, one
# and a half times, double?

# %%
centre = np.argwhere(scan.masks["nodule"]).mean(axis=0)  # slice, row, column
ten_mm = 10 / np.array(scan.spacing_mm)
ends = zip(centre - ten_mm, centre + ten_mm, strict=True)
box = tuple(slice(int(low), int(high) + 1) for low, high in ends)
true_ml = scan.masks["nodule"].sum() * scan.voxel_ml  # the simulation knows

volumes = []
for month, folder in (("March", march), ("June", june)):
    volume = read_series(folder)
    voxels = int(np.sum(volume.values[box] > HALF_WAY_HU))  # 10 mm about the nodule
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
# The script has nearly doubled the nodule. By positions it is a little smaller, because thicker
# slices blur its upper and lower end. **Slice Thickness is how much tissue a slice averages; it says
# nothing of how far the next slice is.** In March the two were equal by chance of the protocol, and
# the error could not show. Spacing Between Slices is no way out: a CT may leave it out, and nothing
# ties it to the positions. Each slice of a CT must state its position, and that is what the scanner
# knows.
#
# `affine_of` puts everything together. It turns a voxel (slice, row, column) into mm in the
# patient, and every length, angle and volume follows from it. Where is the nodule?

# %% tags=["twin:helpers.dicom_series.affine_of"]
def affine_of(position, orientation, pixel_spacing_mm, step_mm):
    """Return the 3 x 4 matrix from voxel (slice, row, column, 1) to patient mm."""
    row, column = np.reshape(np.asarray(orientation, dtype=float), (2, 3))
    axes = [step_mm, column * pixel_spacing_mm[0], row * pixel_spacing_mm[1]]
    return np.column_stack([*axes, position])

# %%
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
print("that is, to the patient's right, and above the carina, where z is 0.")
volume = read_series(march)
print(f"The same from read_series: {np.allclose(affine, volume.affine, atol=1e-3)}.")

# %% [markdown] tags=["exercise"]
# The first number of Pixel Spacing is the distance of *rows*, so it goes with the direction of a
# *column*. Swapping the two is invisible as long as pixels are square.
#
# ### Exercise 12.4 - Spacing, or no answer (7 min)
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
# The mean of the steps alone hides a missing slice: with one of 105 gone, the mean changes by one
# per cent, and everything above the gap is 2.5 mm too low. `read_series` in `helpers.dicom_series`
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
fig, axes = plt.subplots(2, 4, figsize=(9, 4.8), layout="constrained")
for ax, (name, folder) in zip(axes.flat, folders.items(), strict=True):
    headers = [pydicom.dcmread(path) for path in sorted(folder.iterdir())]
    stack = np.stack([header.pixel_array for header in headers])
    shown = stack[::-1, 15:110, 85].astype(float) - 1024
    ax.imshow(shown, aspect=aspect, **GREY)
    ax.set_title(name, fontsize=9)
    ax.set_axis_off()
describe(
    fig,
    "Eight sagittal cuts of carelessly stacked series. Gap: a small step in the "
    "contour. Duplicate: a thin line. Uneven spacing: the lower half is squeezed. "
    "Tilt and oblique: a chest like the others, sheared or rotated. Reversed: upside "
    "down. Overlap: nothing to see. Several series: two chests on top of each other.",
)

# %% [markdown] tags=["judge"]
# ### Judge 12.5j - Which would you have caught? (4 min)
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
# to know is a remark. Two kinds can be mended on request: `mend="gap"` fills what is missing with
# NaN and does not invent it; `mend="tilt"` moves the slices back within their planes.

# %%
patched = read_series(folders["gap"], mend="gap")
empty = np.flatnonzero(np.isnan(patched.values).all(axis=(1, 2)))
print(f"Gap: {len(patched.values)} slices, NaN in {empty.min()} to {empty.max()}.")
straight = read_series(folders["tilt"], mend="tilt")
print(f"Tilt: {straight.values.shape}, rows and slices at right angles: ", end="")
print(abs(straight.affine[:, 0] @ straight.affine[:, 1]) < 1e-6)

# %% [markdown]
# ## Resampling, and where the voxels go
#
# Networks want cubes: voxels of equal size. `scipy.ndimage.zoom`, `skimage.transform.resize` and
# SimpleITK all do it, and do not mean the same. A ruler shows it: a column of eight slices, 2.5 mm
# apart, in which the *value* of each voxel is its own position. Whatever comes out says where it was
# taken from.

# %%
OLD_MM, N_OLD, NEW_RULER_MM = 2.5, 8, 1.25
ruler = (np.arange(N_OLD) * OLD_MM).astype(np.float32).reshape(N_OLD, 1, 1)
n_new = int(N_OLD * OLD_MM / NEW_RULER_MM)


def with_sitk(hu, old_mm, new_mm, shape, first_mm):
    """Resample with SimpleITK; spacing and origin in the order slice, row, column."""
    image = sitk.GetImageFromArray(hu)
    image.SetSpacing([float(length) for length in old_mm[::-1]])
    resampler = sitk.ResampleImageFilter()
    resampler.SetSize([int(n) for n in shape[::-1]])
    resampler.SetOutputSpacing([float(length) for length in new_mm[::-1]])
    resampler.SetOutputOrigin([float(start) for start in first_mm[::-1]])
    resampler.SetInterpolator(sitk.sitkLinear)
    resampler.UseNearestNeighborExtrapolatorOn()
    return sitk.GetArrayFromImage(resampler.Execute(image))


rulers = {
    "zoom": ndimage.zoom(ruler, (2, 1, 1), order=1),
    "resize": resize(ruler, (n_new, 1, 1), order=1, mode="edge"),
    "SimpleITK": with_sitk(
        ruler, (OLD_MM, 1, 1), (NEW_RULER_MM, 1, 1), (n_new, 1, 1), (0, 0, 0)
    ),
}
for name, values in rulers.items():
    taken = values.ravel()
    print(f"{name:10} first {taken[:4].round(2)}, last {taken[-1]:.2f} mm; "
          f"step in the middle {taken[8] - taken[7]:.3f} mm")  # fmt: skip

# %% [markdown]
# Three answers. `zoom` nails the first and the last *centre*, so that its step is 1.167 mm and
# not 1.25, and a length measured with 1.25 is 7 % too long. `resize` keeps the *edges* of
# the block: the first new centre would lie before the first old one, at -0.625 mm, and takes its
# value. SimpleITK with the origin left at 0 keeps the first centre and the step, and its last
# voxel lies beyond the last old centre. None is wrong. What is wrong is to forget where the voxels
# are. Told the same thing, edges kept, the three agree:

# %%
shape = (84, 60, 60)
block = scan.hu[40:82, 200:240, 110:150].astype(np.float32)
old_mm = np.array(scan.spacing_mm)
new_mm = old_mm * block.shape / shape
origin_mm = (new_mm - old_mm) / 2  # the first centre moves by half the difference
factors = np.divide(shape, block.shape)
same = {
    "zoom": ndimage.zoom(block, factors, order=1, mode="nearest", grid_mode=True),
    "resize": resize(block, shape, order=1, mode="edge", anti_aliasing=False),
    "SimpleITK": with_sitk(block, old_mm, new_mm, shape, origin_mm),
}
for name in ("resize", "SimpleITK"):
    apart = np.abs(same[name] - same["zoom"]).max()
    print(f"{name} against zoom: at most {apart:.2f} HU apart, n {same[name].size}")

half = np.array(block.shape) // 2  # now to half as many, and nothing else is said
alone = {
    "the block": block,
    "zoom": ndimage.zoom(block, 0.5),
    "resize": resize(block, half),
    "SimpleITK": with_sitk(block, old_mm, 2 * old_mm, half, (0, 0, 0)),
}
for name, values in alone.items():
    print(f"{name:9}: {values.min():.0f} to {values.max():.0f} HU")

# %% [markdown] tags=["exercise"]
# Left to themselves they differ in two more ways. `zoom` fits cubic splines, which overshoot at
# edges: 1458 HU, where nothing was above 1433. `resize` smooths before it shrinks, so that bright
# bone falls to 1034 HU. SimpleITK, as called here, keeps every second voxel and smooths nothing. So
# state three things in a paper and in code: what stays in its place, the order of the
# interpolation, and whether it was smoothed.
#
# ### Exercise 12.6 - Where the first voxel went (6 min)
#
# A block is resized with its edges kept. Return the position of the centre of its new first voxel,
# in mm, for any number of directions; all three arguments are arrays of the same length.
# <details><summary>Hint</summary>The edge lies half a voxel before the first centre, before and
# after.</details>

# %% tags=["exercise-code"]
def first_centre_after_resize(old_first_mm, old_spacing_mm, new_spacing_mm):
    """Return the centre of the first voxel after a resize that keeps the edges."""
    ### BEGIN SOLUTION
    edge = np.asarray(old_first_mm) - np.asarray(old_spacing_mm) / 2
    return edge + np.asarray(new_spacing_mm) / 2
    ### END SOLUTION

# %% tags=["check"]
check_exercise("12.6", first_centre_after_resize)

# %% [markdown] tags=["predict"]
# From 2.5 mm to 1 mm the first centre moves by -0.75 mm. A mask that was resampled in one
# convention and an image in the other are shifted against each other by that much in each
# direction, nearly a fifth of a 4 mm nodule.
#
# **A small nodule on a coarse grid.** Detection networks are often fed with cubes of 1, 2 or 3 mm.
# Here are nodules of 4, 5 and 6 mm, each on twelve grids that start at another place, with other
# noise. (The nodule is as slim as its patient, so it holds less than a ball of that diameter.)
#
# ### Predict 12.7p - The 4 mm nodule on 3 mm (3 min)
#
# It is soft tissue, about 40 HU, in lung of -800 HU. After linear resampling to 3 mm, what is its
# brightest voxel: on average, and in the unluckiest grid? And if one smooths first, as textbooks
# demand (`anti_aliasing=True`)?

# %%
def smoothed(hu, old_mm, new_mm):
    """Blur before going to a coarser grid, as skimage's anti_aliasing does."""
    sigma = np.maximum(0, (np.divide(new_mm, old_mm) - 1) / 2)
    return ndimage.gaussian_filter(hu, sigma)


def measure(hu, spacing_mm, centre_mm):
    """Return peak in HU, volume in mm3, contrast in noise, and does it stand out?"""
    grid = np.indices(hu.shape, sparse=True)
    parts = zip(grid, spacing_mm, centre_mm, strict=True)
    away = np.sqrt(sum((i * mm - centre) ** 2 for i, mm, centre in parts))
    around = hu[(away > 7) & (away < 16)]
    lung = np.median(around)
    noise = 1.4826 * np.median(np.abs(around - lung))
    near = hu[away < 5]
    volume = np.sum(near > HALF_WAY_HU) * np.prod(spacing_mm)
    return near.max(), volume, (near.max() - lung) / noise, near.max() > around.max()


# %% [markdown]
# Brightest voxel (peak) and volume above half-way are taken within 5 mm of the middle of the
# nodule. What lies 7 to 16 mm away is lung with vessels: the peak is compared with its noise, and
# with its brightest voxel. If that is brighter, the nodule does not stand out.

# %%
rows, cubes, true_mm3 = [], {}, {diameter: [] for diameter in DIAMETERS_MM}
for diameter in DIAMETERS_MM:
    for seed in SEEDS:
        cube, middle = nodule_cube(diameter, seed=seed)
        hu, old = cube.hu.astype(np.float32), cube.spacing_mm
        place = middle * old
        cubes[diameter, seed] = hu, old, middle
        true_mm3[diameter].append(cube.masks["nodule"].sum() * np.prod(old))
        rows.append((diameter, seed, "original", 0.0, *measure(hu, old, place)))
        for new in NEW_MM:
            new_mm = (new,) * 3
            ways = {"linear": hu, "smoothed": smoothed(hu, old, new_mm)}
            for way, values in ways.items():
                coarse = resample_values(values, old, new_mm)
                rows.append((diameter, seed, way, new, *measure(coarse, new_mm, place)))
columns = ["diameter", "seed", "way", "mm", "peak", "volume", "contrast", "stands"]
results = pd.DataFrame(rows, columns=columns)
print(f"{len(results)} measurements; original voxels of {old} mm")
for diameter, volumes in true_mm3.items():
    print(f"{diameter} mm nodule: in truth {np.mean(volumes):.0f} mm3")

# %% [markdown]
# One marker for each of the twelve grids; the grey line is half-way.

# %%
fig, axes = plt.subplots(1, 3, figsize=(9, 3.4), sharey=True, layout="constrained")
LOOKS = {"original": ("black", "D", 0.35), "linear": ("blue", "o", -0.12),
         "smoothed": ("vermillion", "^", 0.12)}  # fmt: skip
for ax, diameter in zip(axes, DIAMETERS_MM, strict=True):
    for way, (colour, marker, beside) in LOOKS.items():
        some = results[(results.diameter == diameter) & (results.way == way)]
        style = {"color": COLOURS[colour], "alpha": 0.6, "markersize": 4}
        ax.plot(some.mm + beside, some.peak, marker, label=way, **style)
    ax.axhline(HALF_WAY_HU, color="grey", linewidth=0.8)
    ax.set_xticks((0.35, *NEW_MM), ("original", "1", "2", "3"))
    ax.set(title=f"{diameter} mm nodule", xlabel="new spacing (mm)")
axes[0].set_ylabel("brightest voxel (HU)")
axes[2].legend(fontsize=8, loc="lower left")
describe(
    fig,
    "Brightest voxel of nodules of 4, 5 and 6 mm, twelve grids each. Original, 1 mm: "
    "near 0 to 80 HU. At 3 mm the linear values of the 4 mm nodule scatter from 20 to "
    "-660 HU; the smoothed ones lie together below the grey line at -400 HU. Smoothed "
    "at 3 mm, the 5 mm nodule lies about the line, the 6 mm nodule above it.",
)

# %% [markdown]
# As a table, over the twelve grids: peak in HU (mean, lowest, highest), volume in mm3 (mean, least,
# most), contrast in units of noise, and on how many grids the nodule stands out.

# %%
groups = results.groupby(["diameter", "way", "mm"])
table = groups.agg(
    peak=("peak", "mean"), lowest=("peak", "min"), highest=("peak", "max"),
    volume=("volume", "mean"), least=("volume", "min"), most=("volume", "max"),
    contrast=("contrast", "mean"), stands_out=("stands", "sum"),
)  # fmt: skip
shown = table.drop(index=[2.0], level="mm").round(0).astype(int)
print(shown.to_string())
at_three = results[(results.mm == 3.0) & (results.diameter == 4)]
for way, some in at_three.groupby("way"):
    lost = f"{np.sum(some.peak < HALF_WAY_HU)} of {len(some)} grids"
    print(f"4 mm nodule at 3 mm, {way}: below half-way in {lost}")

# %% [markdown]
# Read the rows of the 4 mm nodule. Linear resampling to 3 mm without smoothing is a lottery. A grid
# point in the middle of the nodule sees all of it; between two points it nearly vanishes, and on 3
# of 12 grids a vessel close by is brighter. Its volume is 0, 1 or 2 voxels
# of 27 mm3 each: from nothing to twice the truth. Do not trust the mean, which is close to the
# truth here: on two other sets of twelve grids it was about a quarter and a third too small.
#
# Smoothing first ends the lottery. On every grid the nodule is below the half-way line, so that a
# rule with a threshold in HU loses it every time. But the vessels and the noise fade as well: on all
# 12 grids it is the brightest thing around. A network that learns from such cubes may still find it;
# nobody can measure it any more.
#
# At 1 mm the nodule stays. Both ways are the same there, since so little blur is asked for. Linear
# interpolation averages neighbours: the peak loses a little, and the noise more.
#
# Two of the grids as pictures: above the one with the highest peak at 3 mm, below the one with the
# lowest.

# %%
ranked = at_three[at_three.way == "linear"].sort_values("peak").seed

pick = [(4, int(ranked.iloc[-1])), (4, int(ranked.iloc[0]))]
fig, axes = plt.subplots(2, 3, figsize=(7, 4.9), layout="constrained")
for line, key in zip(axes, pick, strict=True):
    hu, old, middle = cubes[key]
    three = (3.0,) * 3
    pictures = {"original": (hu, old)} | {
        f"3 mm, {way}": (resample_values(values, old, three), three)
        for way, values in (("linear", hu), ("smoothed", smoothed(hu, old, three)))
    }
    for ax, (name, (values, spacing)) in zip(line, pictures.items(), strict=True):
        z, y, x = np.rint(np.multiply(middle, old) / spacing).astype(int)
        r = int(9 / spacing[1])
        window = values[z, y - r : y + r + 1, x - r : x + r + 1]
        ax.imshow(window, **GREY)
        ax.set_title(f"{name}, grid {key[1]}", fontsize=8)
        ax.set_axis_off()
describe(
    fig,
    "Axial cut-outs of 18 mm about the same 4 mm nodule on two grids. Original: a "
    "bright disc. At 3 mm it is one bright voxel on the first grid and a few dark grey "
    "ones on the second; smoothed, a faint grey spot on both.",
)

# %% [markdown]
# ## Three planes
#
# A radiologist reads axial, coronal and sagittal planes, the patient's right on the left, the head
# on top. For that the volume is turned into the axes of the patient (nothing is interpolated), and
# each plane is drawn with its pixels as high and wide as they are in mm. The slider below the figure
# scrolls while the kernel runs.

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
plane_slider(volume, "coronal", window=LUNG_WINDOW)

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
    mixed = len({header.SeriesInstanceUID for header in headers}) > 1
    if mixed or np.ptp(turns, axis=0).max() > 1e-3:
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
four = table.loc[4]
for way in ("linear", "smoothed"):
    for new in (1.0, 3.0):
        line = four.loc[way, new]
        span = f"{line.lowest:.0f} to {line.highest:.0f}"
        print(f"4 mm on {new:g} mm, {way}: peak {line.peak:.0f} HU ({span}), "
              f"stands out on {line.stands_out:.0f} of {len(SEEDS)} grids")  # fmt: skip

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
print(f"Other real files, one by one: {real['other files']:.0f}; "
      f"refused in words {real['other files refused']:.0f}, "
      f"read as a volume {real['other files read']:.0f}.")  # fmt: skip

# %% [markdown]
# Sorted by name this patient would have been upside down. The slices are as thick as they are apart,
# so the script of the title would have been right here, by luck. One series is one example.
#
# The slices that were interpolated had neighbours 16 mm apart, twice as far as the real ones. Linear
# interpolation is then wrong by more than 100 HU in nearly a quarter of the body. A volume resampled
# from thick slices to 1 mm looks smooth, and most of what it shows between them was never seen.
#
# The two other volumes are a CT of two frames and the mask of a liver; the refused files are single
# images, reports, and damaged ones.
#
# ## What this does not show
#
# - **Real nodules.** Ours are smooth and solid; the same nodule on other grids is not another nodule.
#   Spiculated or ground-glass ones fade sooner.
# - **Networks.** A brightest voxel is no detector, and all grids show one place in one lung, with the
#   vessels that happen to be there. What 1, 2 and 3 mm do to a detector is for lesson 26.
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
# - Spacing comes from positions. With Slice Thickness the same nodule was 1.89 as large in June
#   as in March, by positions 0.95.
# - By default zoom keeps centres, resize keeps edges, SimpleITK keeps the origin; told the same,
#   they agree.
# - A 4 mm nodule on a 3 mm grid had a peak of -253 HU on average, from -663 to 19, and stood out on
#   9 of 12 grids; smoothed first, -520 HU, below half-way on all of them, and it stood out on all.
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
# Lesson 13 asks what else the headers say: who the patient is.
#
# ## Sources
#
# - DICOM PS3.3, C.7.6.2 (image plane: position, orientation, Pixel Spacing, Slice Thickness).
# - Lowekamp BC et al. The design of SimpleITK. Front Neuroinform 2013;7:45. Virtanen P et al.
#   SciPy. Nat Methods 2020;17:261-272. van der Walt S et al. scikit-image. PeerJ 2014;2:e453.
# - Li P et al. Lung-PET-CT-Dx, The Cancer Imaging Archive 2020 (CC BY 4.0).
