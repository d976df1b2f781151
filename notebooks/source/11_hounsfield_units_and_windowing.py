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
# # 11 Hounsfield units and windowing
#
# A colleague shows a lung nodule on a slide, a picture saved from the viewer: is the nodule
# calcified, and can that picture still tell?
#
# | | |
# |---|---|
# | Time | 60 minutes; runs in about 15 seconds |
# | Runs on | any laptop, no GPU |
# | Data | three simulated CTs of one patient, written as DICOM and read back; nothing to download |
# | Needs first | [lesson 10](10_dicom_files_and_pixel_data.ipynb) |
#
# ## After this notebook you can
#
# - turn the stored values of a CT file into HU, and refuse where they are none;
# - predict the CT number of a material, measure it, and say how sure you are;
# - choose a window for a question;
# - say what an 8-bit picture has kept of a CT and what is gone for good.

# %% tags=["setup"]
import io
import tempfile
import textwrap
from pathlib import Path

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
import pydicom
from PIL import Image

from helpers.files import evidence
from helpers.checks import check_exercise, check_setting
from helpers.dicom_pixels import DicomPixelsError, read_hounsfield
from phantoms.dicom_writing import CtSeries, write_series
from helpers.figures import COLOURS, describe, show_image, use_course_style
from phantoms import WITH_CONTRAST, nodule_study, scan_study
from phantoms.physics.attenuation import attenuation_per_mm, iodine_hu
from helpers.volumes import disc, measure_region
from helpers.windowing import WINDOWS, Window, export_grey, recover_hounsfield

use_course_style()

# %% tags=["parameters"]
ENERGY_KEV = 70  # effective energy of the simulated beam
NARROW_LUNG = Window(-600, 1200)  # HU, from the header of the real CT in this lesson
check_setting("ENERGY_KEV", ENERGY_KEV, 40, 150)

# %% [markdown]
# ## From stored values to HU
#
# Calcium in the middle of a nodule usually means an old, healed infection, so it matters whether
# one can see it. This patient is simulated: a woman with a pleural effusion and a nodule. Because
# she is simulated she has a *twin*, equal in every organ and every grain of noise, whose nodule
# holds no calcium. A third scan repeats the first with contrast medium in the blood. The picture
# shows both nodules as the colleague does, cut from a lung window.

# %%
study = nodule_study(2, nodule_seed=41)  # this patient: places below are set by hand
twin = nodule_study(2, nodule_seed=41, calcification="none")
calcified, plain = scan_study(study, slice_mm=2.5), scan_study(twin, slice_mm=2.5)
enhanced = scan_study(study, slice_mm=2.5, acquisition=WITH_CONTRAST)
added = calcified.hu.astype(int) - plain.hu
print(f"{calcified.hu.shape} voxels of {calcified.hu.dtype}.")
n_changed = np.sum(np.abs(added) > 1)
print(f"The twins differ in {n_changed} voxels, by {added.max()} HU at most.")

NODULE_SLICE, ROW, COLUMN = np.argwhere(calcified.masks["nodule"]).mean(0).astype(int)
CROP = np.s_[ROW - 25 : ROW + 25, COLUMN - 25 : COLUMN + 25]


def draw_hu(hu, window, *, ax, title):
    """Draw part of a slice with a window and name the window's limits."""
    limits = f"{window.low:.0f} to {window.high:.0f} HU"
    show_image(hu, ax=ax, title=f"{title}\n{limits}", vmin=window.low, vmax=window.high)


fig, axes = plt.subplots(1, 2, figsize=(6, 3.6))
for ax, scan, letter in zip(axes, (calcified, plain), "AB", strict=True):
    draw_hu(scan.hu[NODULE_SLICE][CROP], NARROW_LUNG, ax=ax, title=f"nodule {letter}")
describe(
    fig,
    "Two cut-outs of the right lung in a lung window that ends at 0 HU. In each a "
    "round white nodule among small vessels; the two look the same.",
)

# %% [markdown]
# One of them is calcified, and the difference is not small. Keep your guess for the end.
#
# First the numbers have to come out of the files. A slab of nine slices is written in two dialects,
# those of the two scanners at the end of this lesson: *unsigned*, where the stored value is
# HU + 1024; and *signed with padding*, the same in a signed type, and outside the round field of
# the scanner a filler that is no measurement.

# %%
scratch = tempfile.TemporaryDirectory()  # removed when the kernel ends
slab = calcified.hu[NODULE_SLICE - 4 : NODULE_SLICE + 5]
rows, columns = np.ogrid[:512, :512]
outside = np.hypot(rows - 255.5, columns - 255.5) > 256

files = {}
for name, signed in (("unsigned", False), ("padded", True)):
    files[name] = write_series(
        Path(scratch.name) / name,
        slab,
        spacing_mm=calcified.spacing_mm,
        patient_id="P0002",
        details=CtSeries(bits=16 if signed else 12, signed=signed),
    )
for path in files["padded"]:
    dataset = pydicom.dcmread(path)
    cells = np.where(outside, -2000, dataset.pixel_array + 1024)
    dataset.PixelData, dataset.RescaleIntercept = cells.astype("<i2").tobytes(), -1024
    dataset.add_new("PixelPaddingValue", "SS", -2000)
    dataset.save_as(path)

# %% [markdown]
# Three readers each expect something of every file; the last one asks the header. "Wrong" is the
# share of voxels that are off by more than 50 HU, and a region in the lung shows what becomes of a
# measurement.

# %%
stored = {
    name: np.stack([pydicom.dcmread(path).pixel_array for path in paths])
    for name, paths in files.items()
}
for name, values in stored.items():
    print(f"{name}: {values.dtype}, stored {values.min()} to {values.max()}")

readings = {
    "stored values taken for HU": stored["unsigned"].astype(float),
    "unsigned arithmetic, - 1024": stored["unsigned"] - np.uint16(1024),
    "padding taken for tissue": stored["padded"] - 1024.0,
    "read_hounsfield": np.stack([read_hounsfield(path) for path in files["padded"]]),
}
in_lung = disc(slab.shape[1:], (201, 282), 10)
for reader, hu in readings.items():
    wrong = np.mean(np.abs(hu - slab) > 50)
    lung = measure_region(hu, in_lung).mean
    lowest = np.nanmin(hu)
    print(f"{reader:28}{wrong:4.0%} wrong, lung {lung:6.0f}, lowest {lowest:6.0f} HU")

# %% [markdown]
# The second reader is the treacherous one: bone, muscle and blood are right, and the lung is at the
# top of the scale. The third measures every organ correctly. Its -3024 is no strange tissue but
# -2000 - 1024, padding that went through the rescale. Whoever scales by minimum and maximum spends
# a third of the greys on it.
#
# `read_hounsfield` gives NaN in the corners, so that a forgotten one spoils a result visibly.
# Nothing attenuates less than nothing, which is -1000: values below -1500 are taken for padding even
# if the header does not say so. There is an upper end as well. Twelve bits with intercept -1024 stop
# at 3071 HU, and metal beyond it is cut off.

# %% [markdown] tags=["exercise"]
# ### Exercise 11.1 - Rescale, and no corner (5 min)
#
# Return float HU with NaN wherever the *stored* value equals `padding_value`. If there is no
# padding, `padding_value` is None.
# <details><summary>Hint</summary>Compare before you rescale: afterwards the padding is another
# number, and that number may be a tissue.</details>

# %% tags=["exercise-code"]
def hounsfield_without_padding(stored_values, slope, intercept, padding_value):
    """Return CT numbers in HU, NaN outside the image."""
    ### BEGIN SOLUTION
    hu = stored_values.astype(np.float32) * slope + intercept
    if padding_value is not None:
        hu[stored_values == padding_value] = np.nan
    return hu
    ### END SOLUTION

# %% tags=["check"]
check_exercise("11.1", hounsfield_without_padding)

# %% [markdown]
# **When to refuse.** A rescale is not always there. It does not always lead to HU: dual-energy
# scanners write maps of the effective atomic number with Modality CT. And the scout view in front of
# a series, a projection like a radiograph, often carries the same header as the slices. Three files:

# %%
scout = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
for keyword, value in (
    ("RescaleSlope", None),
    ("RescaleType", "Z_EFF"),
    ("ImageType", scout),
):
    dataset = pydicom.dcmread(files["unsigned"][4])
    if value is None:
        del dataset[keyword]
    else:
        setattr(dataset, keyword, value)
    try:
        read_hounsfield(dataset)
    except DicomPixelsError as error:
        print(textwrap.fill(f"{error}", width=88), end="\n\n")

# %% [markdown]
# All three could be shown as pictures without anyone noticing. A helpful program that puts in slope
# 1 and intercept -1024 "because it is usually that" will be right for years and then wrong.
#
# ## What the numbers mean
#
# A CT measures the linear attenuation $\mu$ of each voxel: how strongly it stops X-rays, per
# centimetre. Hounsfield's scale compares it with water at the same energy:
#
# $\text{HU} = 1000 \times \dfrac{\mu - \mu_{\text{water}}}{\mu_{\text{water}}}$

# %% [markdown] tags=["predict"]
# ### Predict 11.2p - Another tube voltage (2 min)
#
# The scanner is set from 80 kV to 140 kV, so that the photons carry more energy. Do the CT numbers
# of water, fat, muscle and bone rise, fall or stay? Write down four words, then run the next cells.

# %%
def hounsfield_number(mu, mu_water):
    """Return the CT number of a linear attenuation coefficient, in HU."""
    return 1000 * (mu - mu_water) / mu_water


MATERIALS = {"air": "air", "fat": "adipose", "water": "water", "muscle": "soft tissue"}
MATERIALS |= {"blood": "blood", "compact bone": "cortical bone"}


def expected_hu(energy_kev):
    """Return the CT number of each material, and of blood with 12 mg/ml of iodine."""
    mu = {name: attenuation_per_mm(key, energy_kev=energy_kev)
          for name, key in MATERIALS.items()}  # fmt: skip
    hu = {name: hounsfield_number(mu[name], mu["water"]) for name in mu}
    return hu | {"iodine": hu["blood"] + iodine_hu(12.0, energy_kev=energy_kev)}


energies = (60, 70, 80, 100)  # keV, from tables of attenuation coefficients
print(" " * 14 + "".join(f"{energy:5} keV" for energy in energies))
tables = [expected_hu(energy) for energy in energies]
for name in tables[0]:
    print(f"{name:14}" + "".join(f"{table[name]:9.0f}" for table in tables))

# %% [markdown]
# Water stays at 0 whatever the energy: it is the definition. Muscle hardly moves. Fat rises towards
# water. Bone loses almost half between the first and the last column, and blood with iodine more,
# because their attenuation owes much to the photoelectric effect, which fades with energy. A
# threshold in HU for bone, calcium or contrast medium is a threshold for one tube voltage.
#
# A tube voltage in kV names the greatest photon energy of the beam, in keV; the mean is much lower.
# So the step from 80 to 140 kV changes bone by less than the whole table shows. The simulated
# scanner works at 70 keV, about the mean energy of a 120 kV beam that has passed 20 cm of water.
# Now we measure: discs in five neighbouring slices, placed by hand.

# %%
DISCS = {  # slice, row, column, radius in pixels
    "air": (78, 264, 254, 5),
    "lung": (50, 198, 146, 10),
    "fat": (50, 250, 48, 8),
    "water": (50, 325, 190, 10),
    "muscle": (50, 350, 216, 6),
    "blood": (50, 230, 280, 10),
}


def region(name):
    """Return HU (slices, rows, columns) and the mask of a disc; iodine is in blood."""
    volume = (enhanced if name == "iodine" else calcified).hu
    middle, row, column, radius = DISCS["blood" if name == "iodine" else name]
    mask = disc(volume.shape[1:], (row, column), radius)
    return volume[middle - 2 : middle + 3], np.stack([mask] * 5)


results = {name: measure_region(*region(name)) for name in (*DISCS, "iodine")}
for name, got in results.items():
    interval = f"({got.low:7.1f} to {got.high:7.1f})"
    print(f"{name:7}{got.mean:7.1f} HU {interval}, SD {got.sd:4.1f}, n {got.voxels}")

# %% [markdown]
# Each interval comes from the means of five slices. Air is measured in the windpipe. The effusion
# stands in for water; a real one holds protein and is a little denser. Below: where the discs lie,
# and what is left when the expected number is taken away, in this scan (dots, 95 % intervals) and in
# those of eight patients (crosses; `data/evidence/hounsfield_materials.csv`, every voxel that lies
# wholly inside a tissue).

# %%
expected = expected_hu(ENERGY_KEV)
recorded = evidence("hounsfield_materials.csv")
orange, blue = COLOURS["orange"], COLOURS["blue"]
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.7), layout="constrained")
draw_hu(calcified.hu[50][90:410], WINDOWS["mediastinum"], ax=left, title="slice 50")
for name in ("lung", "fat", "water", "muscle", "blood"):
    _, row, column, radius = DISCS[name]
    left.add_patch(plt.Circle((column, row - 90), radius, fill=False, color="white"))
    left.text(column + 14, row - 90, name, color="white", fontsize=8, va="center",
              bbox={"facecolor": "black", "pad": 1, "linewidth": 0})  # fmt: skip

shown = ["air", "fat", "water", "muscle", "blood", "iodine"]
in_table = {"water": "effusion", "iodine": "blood with iodine"}
for place, name in enumerate(shown):
    eight = recorded[recorded.material == in_table.get(name, name)]
    off = eight.measured_hu - eight.expected_hu
    line, = right.plot(off, [place + 0.3] * len(off), "x", color=orange)
    got = results[name]
    off, half = got.mean - expected[name], (got.high - got.low) / 2
    bar = right.errorbar(off, place, xerr=half, fmt="o", color=blue)
right.legend([bar, line], ["this scan, 95 % interval", "eight patients"], fontsize=8,
             loc="upper center", bbox_to_anchor=(0.5, 1.2))
right.axvline(0, color="black", linewidth=0.8)
right.set(xlabel="measured - expected (HU)", yticks=range(6), yticklabels=shown)
describe(fig, "Left, an axial slice with five discs. Right, measured less expected CT "
         "number of six materials, for this scan and for eight patients.")  # fmt: skip

# %% [markdown]
# The six materials come out as computed. That is less than it seems: the simulated scanner uses the
# same attenuation table, one energy and no scatter, so what has been tested is our reading, our
# discs and our intervals. The real scanner comes at the end. Two materials are missing on the right.
# Compact bone is nowhere thick enough for a disc. And lung is no material but a mixture of
# air, blood and tissue: its number says, among other things, how far the patient breathed in.
#
# **How sure is a mean?** The textbook gives the standard deviation over the root of the number of
# pixels. That holds when pixels are independent, and in CT neighbours share their noise. So
# `measure_region` takes one mean from each slice, and the interval from those. **And how small may a
# region be?** A sharp kernel, the filter of the reconstruction, overshoots at edges; a voxel at an
# edge holds two tissues and shows their mean (*partial volume*). In a nodule of few voxels no disc
# is free of both, and its HU say little.
#
# ## Windows
#
# [Lesson 10](10_dicom_files_and_pixel_data.ipynb) built the window; here it is chosen. Move it
# yourself, over the slice with the nodule: which centre and width separate the middle of the nodule
# from its rim, with the bones not yet white?

# %% tags=["nbval-ignore-output"]
body = calcified.hu[NODULE_SLICE][105:395, 15:500]


def redraw(change=None):
    """Draw the slice in the window of the sliders."""
    file = io.BytesIO()
    window = Window(center.value, width.value)
    Image.fromarray(export_grey(body, window)).save(file, "PNG")
    picture.value = file.getvalue()


center = widgets.IntSlider(-600, -1000, 1000, 20, description="center")
width = widgets.IntSlider(1500, 20, 4000, 20, description="width")
picture = widgets.Image(width=600)
center.observe(redraw, "value")
width.observe(redraw, "value")
redraw()
widgets.VBox([center, width, picture])

# %% [markdown]
# There is no law for the numbers: the scanner of the real patient below stores -600 / 1200 and
# 40 / 350 (centre / width), the course uses -600 / 1500 for lung, 40 / 400 for mediastinum and
# 500 / 2000 for bone. What each shows and hides can be counted.

# %%
fig, axes = plt.subplots(3, 1, figsize=(6, 9.6))
for ax, (name, window) in zip(axes, WINDOWS.items(), strict=True):
    draw_hu(body, window, ax=ax, title=name)
    black, white = np.mean(body <= window.low), np.mean(body >= window.high)
    print(
        f"{name:12}{window.center:5.0f} / {window.width:4.0f}: {black:4.0%} black, "
        f"{white:4.0%} white, {window.step:.1f} HU in each grey"
    )
fig.tight_layout(pad=0.4)
describe(
    fig,
    "One axial slice through the nodule three times. The lung window "
    "shows vessels and the nodule, the body is nearly white; the mediastinal window "
    "tells fat, muscle and blood apart, the lung is black and the nodule has a bright "
    "core; the bone window shows the shells of the bones.",
)

# %% [markdown]
# In the mediastinal window the centre of this nodule is brighter than its rim. You could have
# looked there at once; the point is that the slide does not let you. None of the three is enough:
# 40 / 400 has no lung, -600 / 1500 no bone, and in 500 / 2000 fat, muscle and blood lie within 20
# of 255 greys.

# %% [markdown] tags=["predict"]
# ## What an 8-bit picture destroys
#
# A PNG of a CT slice loses three things: the numbers outside the window, the steps between two
# greys, and the window itself, which nobody writes into the file. A JPEG loses a fourth.
#
# ### Predict 11.3p - A mean from a PNG (2 min)
#
# The lung window is 1500 HU wide, so each of 255 steps stands for 5.9 HU. The disc in the fat is
# measured in a PNG, with the right window known. By how much will its mean be off: 6 HU, 3, 1 or
# less than half a HU? And the core of the nodule, calcified or plain?

# %%
PICTURES = WINDOWS | {"narrow lung": NARROW_LUNG}
core = added > 0.8 * added.max()  # where calcium adds most
near = slice(NODULE_SLICE - 1, NODULE_SLICE + 2)
REGIONS = {name: region(name) for name in ("lung", "fat", "water", "muscle", "iodine")}
REGIONS["core, calcified"] = calcified.hu[near], core[near]
REGIONS["core, plain"] = plain.hu[near], core[near]


def saved_and_read(hu, window):
    """Save a slice as a PNG, read it again and return the greys."""
    file = io.BytesIO()
    Image.fromarray(export_grey(hu, window)).save(file, "PNG")
    return np.asarray(Image.open(file))


print(f"{'':16}{'DICOM':>8}" + "".join(f"{name:>13}" for name in PICTURES))
for name, (volume, mask) in REGIONS.items():
    line = f"{name:16}{volume[mask].mean():8.1f}"
    for window in PICTURES.values():
        greys = np.stack([saved_and_read(hu, window) for hu in volume])
        kept = recover_hounsfield(greys, window)[mask]
        lost = np.mean(np.isnan(kept)) > 0.5
        line += f"{'lost':>13}" if lost else f"{np.nanmean(kept):13.1f}"
    print(line)

# %% [markdown]
# "Lost" means that more than half of the voxels were black or white. Inside a window the mean
# survives almost untouched, though a single voxel may be off by half a grey, 3 HU in the lung
# window: noise spreads the voxels over several greys, and rounding errors of both signs cancel.
# Outside nothing survives at all. No picture keeps everything, and the narrow lung window has lost
# *both* cores: calcified and plain are the same white. Along a line through each nodule:

# %%
along = np.s_[NODULE_SLICE, ROW, COLUMN - 13 : COLUMN + 13]
position_mm = np.arange(26) * calcified.spacing_mm[2]
styles = {"DICOM": ("black", "-"), "mediastinum": ("orange", ":")}
styles |= {"lung": ("blue", "--"), "narrow lung": ("vermillion", "-.")}
fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True)
for ax, title in zip(axes, ("calcified", "plain"), strict=True):
    for name, (colour, style) in styles.items():
        hu = (plain if title == "plain" else calcified).hu[along].astype(float)
        if name in PICTURES:
            hu = np.clip(hu, PICTURES[name].low, PICTURES[name].high)
        ax.plot(position_mm, hu, style, color=COLOURS[colour], label=name)
    ax.set(title=f"nodule, {title}", xlabel="position (mm)")
axes[0].set_ylabel("HU that the picture can hold")
axes[1].legend(fontsize=8, loc="lower center")
describe(
    fig,
    "CT numbers along a line through each nodule. The calcified one rises to about "
    "350 HU in the middle; the mediastinal picture stops at 240, the lung picture at "
    "150 and the narrow lung picture at 0, where both nodules give the same flat top.",
)

# %% [markdown]
# Now in numbers: the core in each picture, here and in the nodules of eight patients
# (`data/evidence/hounsfield_exports.csv`); and muscle, read with a window that somebody guessed.

# %%
exports = evidence("hounsfield_exports.csv").set_index("window")
visible = {}
for name, window in PICTURES.items():
    differ = export_grey(calcified.hu, window) != export_grey(plain.hu, window)
    seen = exports.loc[name, "core_greys_that_differ"] > 0
    visible[name] = int(differ[core].any()) + int(seen.sum())
    print(f"{name:12}{differ[core].sum():2} of {core.sum()} voxels differ, "
          f"cores in {seen.sum()} of {len(seen)} patients")  # fmt: skip

grey_muscle = export_grey(np.array([results["muscle"].mean]), WINDOWS["lung"])
for guess in (WINDOWS["lung"], NARROW_LUNG, Window(-500, 1400)):
    value = recover_hounsfield(grey_muscle, guess)[0]
    print(f"Muscle, read as {guess.center:.0f} / {guess.width:.0f}: {value:.0f} HU")

# %% [markdown] tags=["exercise"]
# Read with a neighbour's window, muscle becomes fat. JPEG takes away even the mark of what was
# clipped: around every edge a white is no longer 255, and a program that looks for 255 takes it for
# a measurement.
#
# ### Exercise 11.4 - Back from grey to HU (6 min)
#
# Return float HU for the greys of a picture, NaN where the picture does not know.
# <details><summary>Hint</summary>Two of the 256 greys are no value. And uint8 times a width
# overflows.</details>

# %% tags=["exercise-code"]
def hounsfield_of_grey(grey, center, width):
    """Return HU for uint8 greys of a known window."""
    ### BEGIN SOLUTION
    hu = grey.astype(np.float32) / 255 * width + (center - width / 2)
    hu[(grey == 0) | (grey == 255)] = np.nan
    return hu
    ### END SOLUTION

# %% tags=["check"]
check_exercise("11.4", hounsfield_of_grey)

# %% [markdown] tags=["solution"]
# A value comes back within half a grey, here half of `width / 255`. The NaN is the honest part: at
# both ends the picture only says "at most" and "at least".

# %% [markdown] tags=["try"]
# ### Try 11.5t - The wrong energy (3 min)
#
# Set ENERGY_KEV to 60 in the settings and run that cell again, then the figure with the discs. The
# scan stays as it is; only what you expect changes. Guess first which of the six materials leave
# zero, and in which direction.

# %% [markdown] tags=["solution"]
# Blood with iodine goes far to the left: at 60 keV more is expected than the scanner measured at
# 70. Fat goes to the right, by more than 10 HU. Water and air stay, and muscle and blood move by
# one or two HU. Iodine tells the energy of a beam; soft tissue does not.

# %% [markdown] tags=["judge"]
# ### Judge 11.6j - A or B? (3 min)
#
# Go back to the two pictures at the beginning. Which nodule is calcified? What would you ask the
# colleague for, and what would you ask if there were a thousand such pictures to train on?

# %% [markdown] tags=["solution"]
# A, but not from the picture: not one voxel of the core differs. Ask for the DICOM file. A picture
# in the wider lung window would have said "at least 150 HU" for A, which rules out plain soft
# tissue and not contrast medium. For training: ask for the original series; if only pictures exist,
# for their window; and do not pose the question of calcium to a network that cannot see it.

# %% [markdown]
# A recipe for your own project, without the course. It refuses what is no HU; for padding
# ranges and multi-frame files use `helpers.dicom_pixels.read_hounsfield`.

# %% tags=["recipe:ct-to-hounsfield"]
# MIT licence - recipe "ct-to-hounsfield" from Deep Learning in Radiology
import numpy as np
import pydicom
from pydicom.data import get_testdata_file


def ct_to_hounsfield(path, lowest=-1500):
    """Return float32 HU of a single-frame CT file, NaN outside the image."""
    dataset = pydicom.dcmread(path)
    slope, intercept = dataset.get("RescaleSlope"), dataset.get("RescaleIntercept")
    unit = str(dataset.get("RescaleType") or "HU").upper()
    scout = "LOCALIZER" in str(dataset.get("ImageType"))  # an overview, no slice
    wrong = dataset.get("Modality") != "CT" or unit != "HU" or scout
    if wrong or not slope or intercept is None:
        raise ValueError(f"{path}: no HU (Rescale Type {unit}, slope {slope}).")
    stored = dataset.pixel_array
    hu = stored.astype(np.float32) * np.float32(slope) + np.float32(intercept)
    signed = dataset.PixelRepresentation == 1
    if (-(2.0**15) if signed else 0) * slope + intercept > -900:
        raise ValueError(f"{path}: no HU, its values cannot reach air.")
    if "PixelPaddingValue" in dataset:
        padding = np.int64(dataset.PixelPaddingValue)  # 63536 may stand for -2000
        hu[stored == padding.astype(stored.dtype)] = np.nan
    hu[hu < lowest] = np.nan  # padding that the header does not state
    return hu


demo = ct_to_hounsfield(get_testdata_file("CT_small.dcm", download=False))
print(f"vertebra: {np.nanmin(demo):.0f} to {np.nanmax(demo):.0f} HU, {demo.dtype}")

# %% [markdown]
# ## What we measured

# %% tags=["headline"]
share_lung = np.mean(np.abs(readings["unsigned arithmetic, - 1024"] - slab) > 50)
print(f"Unsigned arithmetic: {share_lung:.0%} of {slab.size:,} voxels are wrong.")
largest = max(abs(results[name].mean - expected[name]) for name in shown)
print(f"Six materials: at most {largest:.1f} HU from the table (1 patient, 5 slices).")
print(f"Core of the nodule: {calcified.hu[core].mean():.0f} HU calcified, ", end="")
print(f"{plain.hu[core].mean():.0f} HU plain ({core.sum()} voxels).")
n_scans = len(seen) + 1
print(f"Calcium shows in {visible['lung']} of {n_scans} lung windows, ", end="")
print(f"in {visible['narrow lung']} of {n_scans} narrow ones.")

# %% [markdown]
# ## On real patients
#
# 26 November 2026, `COURSE_DATA_DIR=path/to/data python -m tools.evidence.hounsfield real`: a chest
# CT of 30 slices (Lung-PET-CT-Dx, patient A0002: 120 kV, 8 mm, stored as "unsigned"), one slice of
# another scanner that also exists as an 8-bit copy, 8-bit crops that a third party made of LUNA16
# (which itself is in HU), and a folder of published DICOM files.

# %%
table = evidence("hounsfield_real.csv").set_index(["what", "measure"])
real, n = table["value"], table["n"]
tissues = {"air in the trachea": "air", "fat under the skin": "fat"}
tissues |= {"muscle of the back": "muscle", "blood in the aorta": "blood"}
tissues |= {"blood, heart beside it": "blood"}
for name, in_table in tissues.items():
    mean, low, high = (real[name, key] for key in ("mean", "95 % low", "95 % high"))
    print(f"{name:23}{mean:6.0f} HU ({low:.0f} to {high:.0f}, 3 slices), ", end="")
    print(f"table {expected[in_table]:.0f}")
liver, textbook = real["liver"], 1.96 * real["liver", "SD"] / np.sqrt(n["liver", "SD"])
print(f"liver: {liver['mean']:.1f} HU, {liver['95 % low']:.1f} to ", end="")
print(f"{liver['95 % high']:.1f} from slices, +- {textbook:.1f} from pixels")
for name in ("lung -600/1500", "narrow lung -600/1200", "mediastinum 40/400"):
    one = real[name]
    png, jpeg = one["PNG, RMS error"], one["JPEG 90, RMS error"]
    print(f"{name:22}{one['white, patient']:4.0%} of the patient white; ", end="")
    print(f"error {png:.1f} HU in PNG, {jpeg:.1f} in JPEG (RMS)")
copy = real["8-bit JPEG copy of a CT slice", "median error"]
patches = real["LUNA16 patches", "patches with such pixels"]
print(f"8-bit DICOM copy: median error {copy:.0f} HU. ", end="")
print(f"Crops: {patches:.0%} of 5,454 hold clipped pixels.")
taken, refused = real["DICOM files", "read as HU"], real["DICOM files", "refused"]
print(f"DICOM files: {taken:.0f} read as HU, {refused:.0f} refused in words.")

# %% [markdown]
# Air and fat agree with the table. Muscle is some HU higher, and its interval leaves the table out:
# the table knows one composition and one energy. Blood is measured badly, worse beside the beating
# heart. In the liver the interval from slices is wider than the textbook's: slices differ in more
# than noise. Compare with the table to catch a wrong rescale, which is off by hundreds; do not build
# a threshold on ten.
#
# The 8-bit copy is DICOM, with a rescale and Modality CT, and is read as HU without protest. The
# slice it was made from declares a padding of -32768 and uses -2000. The refused files are of other
# modalities, damaged or without pixels; two are CT, one in 8 bits, one a perfusion map.

# %% [markdown]
# ## What this does not show
#
# - Beam hardening, metal, scatter or a scanner out of calibration: the simulation has none of them,
#   and its noise is a model.
# - How often an archive holds each dialect. Two scanners are two examples.
# - A diagnosis. This calcium is large and central; small flecks and thick slices are harder.
# - Not for clinical use.
#
# ## Summary
#
# - Convert to float, rescale, mark the padding, and refuse where the header does not say HU: in
#   unsigned arithmetic 90 % of the voxels were wrong.
# - Six materials measured within 1 HU of the table in the simulation; air, fat and muscle within
#   10 HU in one real patient. The interval comes from slices, not from pixels.
# - A window is a choice of what may be lost: none of ours kept the CT numbers of both lung and
#   calcium, or of both lung and contrast medium.
# - An 8-bit picture keeps means inside its window, nothing outside, and not the window.
#
# And the colleague's nodule? A is calcified, at 336 HU against 44. The slide ends at 0 HU and cannot
# tell. Ask for the file.

# %% [markdown]
# ## New words
#
# - **Hounsfield unit (HU)**: attenuation relative to water; water 0, vacuum -1000.
# - **Padding**: filler in voxels that were never measured.
# - **Region of interest**: the voxels a mean is taken over.
#
# ## Next
#
# [Lesson 12](12_series_geometry_and_volumes.ipynb) asks what the distance between two slices is, in
# mm.
#
# ## Sources
#
# - Hounsfield GN. Br J Radiol 1973;46:1016-1022. DICOM PS3.3, C.8.2.1 (CT image), C.11.1 (modality
#   transformation), C.7.5.1 (pixel padding).
# - Attenuation: xraylib 4.3.0 with ICRP and ICRU compositions (NIST,
#   physics.nist.gov/PhysRefData/XrayMassCoef); mean energy: spekpy 2.5.4.
# - MacMahon H et al. Fleischner Society guidelines. Radiology 2017;284:228-243 (calcified nodules).
# - Li P et al. Lung-PET-CT-Dx, The Cancer Imaging Archive 2020 (CC BY 4.0); Setio AAA et al.
#   LUNA16, Med Image Anal 2017.
