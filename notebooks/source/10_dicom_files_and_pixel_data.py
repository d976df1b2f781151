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
# # 10 DICOM files and pixel data
#
# Two programs open the same chest film, and one shows black lungs, the other white ones: which of
# them is right, and what would a network have seen?

# %% [markdown]
# | | |
# |---|---|
# | Time | 35 minutes to work through; runs in about 10 seconds |
# | Runs on | any laptop, no GPU |
# | Data | twelve DICOM test files that come with pydicom (package MIT, 0.8 MB); 40 films of the cohort |
# | Needs first | lesson 00 |
#
# ## After this notebook you can
#
# - read a DICOM header and name the dozen attributes that decide what the pixels mean;
# - turn stored values into physical ones without losing the sign;
# - apply a display window, in the plain form and in DICOM's own;
# - tell black from white: polarity and colour space;
# - read the transfer syntax and know which compression has changed the values.

# %% tags=["setup"]
import os
import tempfile
import textwrap
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pydicom
from pydicom.data import get_testdata_file
from pydicom.pixels import pixel_array

from helpers import cohorts
from helpers.checks import check_exercise
from helpers.dicom_pixels import DicomPixelsError, read_pixels
from helpers.dicom_writing import write_radiograph
from helpers.figures import describe, montage, show_image, use_course_style

use_course_style()


def side_by_side(images, titles, **grey_scale):
    """Draw a row of images as wide as the page."""
    fig, axes = plt.subplots(1, len(images), figsize=(9, 9.4 / len(images)))
    for ax, image, title in zip(axes, images, titles, strict=True):
        show_image(image, ax=ax, title=title, **grey_scale)
    fig.tight_layout(pad=0.4)
    return fig


# %% tags=["parameters"]
COHORT = os.environ.get("COHORT", "chest_insilico")
N_FILMS = 40  # films written to disk in section 4
BITS_STORED = 12  # bits of a stored value in those films

# %% [markdown]
# ## A header and a block of numbers
#
# A DICOM file is a list of *data elements* followed, at the end, by the pixels. Each element has
# a tag (two hexadecimal numbers), a type of two letters, a keyword and a value. The file opens
# with 128 bytes that mean nothing and the letters `DICM`.
#
# The files used here are real and lie inside the pydicom package, so nothing is downloaded. The
# first is a piece of a chest CT, 128 pixels wide, cut out around a vertebra.

# %%
def shipped(name):
    """Return the path of a DICOM file that pydicom carries with it."""
    return get_testdata_file(name, download=False)


KEYWORDS = ["Modality", "Rows", "Columns", "SamplesPerPixel"]
KEYWORDS += ["PhotometricInterpretation", "BitsAllocated", "BitsStored", "HighBit"]
KEYWORDS += ["PixelRepresentation", "RescaleIntercept", "RescaleSlope"]
print("bytes 128 to 131:", Path(shipped("CT_small.dcm")).read_bytes()[128:132])
spine = pydicom.dcmread(shipped("CT_small.dcm"))
for element in (spine[keyword] for keyword in KEYWORDS):
    print(f"{element.tag}  {element.VR}  {element.keyword:26}{element.value}")
print(f"(7FE0,0010)  OW  PixelData{' ' * 17}{len(spine.PixelData)} bytes")

# %% [markdown]
# Read it as a recipe. 128 rows of 128 pixels with 16 bits, two bytes, each: 32,768 bytes, which
# is the length of the block below. Pixel Representation 1 says that these 16 bits carry a sign.
# Rescale Slope and Intercept turn a stored value into a CT number. Photometric Interpretation
# says which end of the scale is black.
#
# Every one of these lines can be ignored, and the result is still a picture. That is the trouble
# with DICOM: a wrong reading does not crash. It looks a little odd, or it does not even do that,
# and a network trains on it all the same.

# %% [markdown]
# ## Stored values: bits, sign, rescale
#
# For CT the standard defines
# $\text{value} = \text{stored} \times \text{slope} + \text{intercept}$,
# in Hounsfield units: water is 0, air about -1000. Three readers open the vertebra. The first
# follows the header. The second forgets the rescale. The third takes the stored values as
# unsigned, as many scanners write them, and subtracts 1024 in that type.

# %%
stored = spine.pixel_array
hu = stored.astype(np.float32) * float(spine.RescaleSlope)
hu += float(spine.RescaleIntercept)
wrapped = stored.astype(np.uint16) - np.uint16(1024)  # cannot go below zero

share_wrapped = np.mean(wrapped > 32767)
print(f"Stored values: {stored.min()} to {stored.max()}.")
print(f"Rescaled: {hu.min():.0f} to {hu.max():.0f} HU.")
print(f"Unsigned: up to {wrapped.max()}; {share_wrapped:.0%} of the pixels are wrong.")

fig = montage(
    [hu, stored, wrapped],
    titles=["rescaled: correct", "rescale forgotten", "unsigned arithmetic"],
    columns=3,
    vmin=-160,
    vmax=240,
)
describe(
    fig,
    "The same CT cut-out three times, from -160 to 240 HU. Rescaled, muscle is grey "
    "and fat darker; without the rescale almost everything is white; in unsigned "
    "arithmetic fat and air, the lowest values, have become white.",
)

# %% [markdown]
# The middle picture is useless and everybody sees it. The right one is worse: bone and muscle
# look as they should, and only what lies below water has jumped to the top of the scale. On a
# lung CT that would be the lungs.

# %% [markdown] tags=["exercise"]
# ### Exercise 10.1 - From stored values to Hounsfield units (5 min)
#
# Write the rescale so that it survives every integer type a scanner may use.
# <details><summary>Hint</summary>Convert to a floating type before you multiply.</details>

# %% tags=["exercise-code"]
def stored_to_hounsfield(stored_values, slope, intercept):
    """Return CT numbers in HU for integer stored values of any shape."""
    ### BEGIN SOLUTION
    return stored_values.astype(np.float32) * slope + intercept
    ### END SOLUTION

# %% tags=["check"]
check_exercise("10.1", stored_to_hounsfield)

# %% [markdown] tags=["solution"]
# The order matters. `stored_values * slope + intercept` with an integer slope stays in the
# integer type, and `uint16` cannot hold -1024.

# %% [markdown]
# **Bits Stored.** A pixel may sit in a larger cell than it needs: here 12 bits in a cell of 16.
# The four spare bits belong to nobody. Older scanners put graphics there, an outline or a letter.
# We plant such an overlay in bit 12 of a real abdominal MR and show it with the window of its
# header, with and without the spare bits.

# %%
mr = read_pixels(shipped("examples_overlay.dcm"))
cells = mr.values.copy()
cells[20:70, 380:464] |= 1 << 12  # graphics in the first spare bit
low, high = mr.display_range
print(f"Largest value of {mr.bits_stored} bits: {mr.values.max()}.")
print(f"Largest value with the overlay in bit 12: {cells.max()}.")

fig = montage(
    [cells, cells & 0x0FFF],
    titles=["all 16 bits taken", "12 bits kept"],
    columns=2,
    vmin=low,
    vmax=high,
)
describe(
    fig,
    "An axial abdominal MR twice. Left, all 16 bits: a white rectangle in the upper "
    "right corner. Right, only the 12 stored bits: the rectangle is gone.",
)

# %% [markdown] tags=["exercise"]
# ### Exercise 10.2 - Keep the stored bits (5 min)
#
# Return the unsigned values in the lowest `bits_stored` bits of each cell.
# <details><summary>Hint</summary>Twelve ones in a row are the number 4095, or
# <code>(1 << 12) - 1</code>; <code>&</code> keeps the bits that are set in both.</details>

# %% tags=["exercise-code"]
def keep_stored_bits(cell_values, bits_stored):
    """Return the stored values without what lies in the spare bits."""
    ### BEGIN SOLUTION
    return cell_values & ((1 << bits_stored) - 1)
    ### END SOLUTION

# %% tags=["check"]
check_exercise("10.2", keep_stored_bits)

# %% [markdown] tags=["solution"]
# `& 0x0FFF` would do for 12 bits only. Clipping at 4095 is no substitute: it would turn an
# overlaid pixel white instead of giving its value back. Signed values need the sign extended as
# well, which `helpers.dicom_pixels.decoding.mask_unused_bits` does by shifting up and down again.

# %% [markdown]
# ## The window: which values are shown
#
# A CT slice spans 4,000 values and a screen shows 256 greys. A *window* picks the range: all
# below it is black, all above white. The plain form has a centre and a width.

# %% tags=["twin:helpers.windowing.plain_window"]
def plain_window(values, *, center, width):
    """Return grey values 0 (black) to 1 (white)."""
    low = center - width / 2
    return np.clip((np.asarray(values, dtype=np.float32) - low) / width, 0.0, 1.0)

# %% [markdown] tags=["predict"]
# ### Predict 10.3p - Three tissues in a brain window (2 min)
#
# The window is centre 40, width 100 HU. Which grey from 0 to 1 will air (-1000), grey matter (38)
# and the skull (900) get? Could you see a fracture line? Write it down, then run the next cell.

# %%
head = read_pixels(shipped("J2K_pixelrep_mismatch.dcm"))
for tissue, ct_number in (("air", -1000), ("grey matter", 38), ("skull", 900)):
    grey = plain_window(ct_number, center=40, width=100)
    print(f"{tissue:12}{ct_number:6} HU -> {grey:.2f}")
centers, widths = head.dataset.WindowCenter, head.dataset.WindowWidth
offered = [f"{c} / {w}" for c, w in zip(centers, widths, strict=True)]
print("Windows in the header, centre / width:", ", ".join(offered))

# %% [markdown]
# The header offers windows of its own, the brain window among them; `read_pixels` displays with
# the first. Here is that slice in two windows and in none.

# %%
windows = {"brain 40 / 100": (40, 100), "bone 500 / 2000": (500, 2000)}
greys = [plain_window(head.values, center=c, width=w) for c, w in windows.values()]
whole = (head.values - head.values.min()) / np.ptp(head.values)
fig = side_by_side([*greys, whole], [*windows, "no window: all values"], vmax=1)
describe(
    fig,
    "One axial head CT three times. In the brain window the brain is structured and "
    "the skull uniformly white; in the bone window the skull base shows detail and the "
    "brain is flat; with all values shown the brain is one even grey.",
)
levels_all, levels_brain = 80 / np.ptp(head.values) * 255, 80 / 100 * 255
print(f"Grey levels for 0 to 80 HU without a window: {levels_all:.0f} of 255.")
print(f"Grey levels for 0 to 80 HU in the brain window: {levels_brain:.0f} of 255.")

# %% [markdown]
# Skull and fracture line are both clipped to white in the brain window. No window is right; each
# answers a question. For a network the choice is part of the input: scaling a CT by its minimum
# and maximum leaves the brain a handful of the 256 greys. The minimum here is not even anatomy:
# it is the filler, -2000, outside the round field of the scanner.
#
# DICOM's default function, LINEAR, is not quite the plain window. It counts integer grey levels,
# so it shifts the centre by a half and shortens the width by one (PS3.3, C.11.2.1.2):
#
# $y = \dfrac{x - (c - 0.5)}{w - 1} + 0.5$, clipped to 0 and 1.

# %% [markdown] tags=["exercise"]
# ### Exercise 10.4 - DICOM's LINEAR window (7 min)
#
# Write it. With centre 128 and width 256, the values 0 and 255 must become exactly 0 and 1.

# %% tags=["exercise-code"]
def dicom_linear_window(values, center, width):
    """Return grey values 0 to 1 by the VOI LUT function LINEAR."""
    ### BEGIN SOLUTION
    grey = (np.asarray(values, dtype=float) - (center - 0.5)) / (width - 1) + 0.5
    return np.clip(grey, 0.0, 1.0)
    ### END SOLUTION

# %% tags=["check"]
check_exercise("10.4", dicom_linear_window)

# %% [markdown] tags=["solution"]
# On a CT with width 400 the two forms differ by a quarter of a percent. On an 8-bit image they
# decide whether 255 is white. `helpers.windowing.apply_window` has LINEAR, LINEAR_EXACT (the
# plain window) and SIGMOID.

# %% [markdown]
# ## Black or white, red or blue
#
# A film shows the lungs black because much radiation reached it there. A detector counts the
# other way round: much radiation, large number. Photometric Interpretation settles it. MONOCHROME2:
# the smallest value is black. MONOCHROME1: the smallest value is *white*. Both are in daily use,
# and both files below hold the same film of the course's cohort.

# %% tags=["twin:helpers.dicom_writing.stored_values"]
def stored_values(image, *, photometric, bits):
    """Return display values 0..255 as stored values of so many bits."""
    largest = 2**bits - 1
    stored = np.rint(image.astype(np.float64) * largest / 255.0)
    if photometric == "MONOCHROME1":
        stored = largest - stored
    return stored.astype(np.uint8 if bits == 8 else np.uint16)

# %% [markdown]
# `write_radiograph` builds the whole object around these values: a Digital X-Ray Image with an
# invented patient. Now the first film of the cohort, once in each polarity.

# %%
cohort = cohorts.load(COHORT)
films = cohort.images[:N_FILMS]
if films.ndim > 3:
    print("This cohort is not grey and flat: its channels or slices are averaged here.")
while films.ndim > 3:
    films = films.mean(axis=-1 if films.shape[-1] == 3 else 1).astype(np.uint8)

scratch = tempfile.TemporaryDirectory()  # removed when the kernel ends
folder = Path(scratch.name)
pair = []
for name in ("MONOCHROME1", "MONOCHROME2"):
    path = folder / f"{name}.dcm"
    kind = {"photometric": name, "bits": BITS_STORED}
    pair.append(write_radiograph(path, films[0], patient_id="P0000", **kind))
    middle = tuple(length // 2 for length in films[0].shape)
    stored_middle = int(pydicom.dcmread(path).pixel_array[middle])
    shown_middle = int(read_pixels(path).display()[middle])
    print(f"{name}: middle pixel stored {stored_middle}, shown {shown_middle} of 255")

# %% [markdown]
# Different numbers, one picture. Two programs open both files: the first draws small values dark
# whatever the header says, the second asks the header.

# %%
largest = 2**BITS_STORED - 1
ignored = [pydicom.dcmread(path).pixel_array / largest * 255 for path in pair]
heeded = [read_pixels(path).display() for path in pair]
fig = side_by_side(
    ignored + heeded,
    [f"{path.stem}, {how}" for how in ("ignored", "heeded") for path in pair],
)
describe(
    fig,
    "One film of the cohort, from two files. Where Photometric Interpretation is "
    "ignored the MONOCHROME1 file is a negative; where it is heeded both files give "
    "the same picture.",
)

# %% [markdown]
# So the program with the black lungs was right, and the other ignored one attribute. A person
# notices at once, as long as the picture is of a chest. A network receives 255 minus the picture
# and has no idea. Worse, polarity may follow the manufacturer, and the manufacturer the ward: then
# black or white tells the network how ill the patient is before it has looked at a lung.
#
# Now a folder as an archive might send it: every second film is MONOCHROME1.

# %%
equal, negative = 0, 0
for number, film in enumerate(films):
    path = write_radiograph(
        folder / f"{number:04d}.dcm",
        film,
        patient_id=f"P{number:04d}",
        photometric="MONOCHROME1" if number % 2 else "MONOCHROME2",
        bits=BITS_STORED,
    )
    equal += int(np.array_equal(read_pixels(path).display(), film))
    plain = pydicom.dcmread(path).pixel_array
    negative += int(np.corrcoef(plain.ravel(), film.ravel())[0, 1] < -0.99)
print(f"Header ignored: {negative} of {len(films)} films are negatives.")
print(f"Header heeded: {equal} of {len(films)} films equal the original, every pixel.")

# %% [markdown] tags=["exercise"]
# ### Exercise 10.5 - The right way up (5 min)
#
# `grey` runs from 0 to 1, from the smallest value to the largest. Return what a screen shows.

# %% tags=["exercise-code"]
def grey_on_screen(grey, photometric):
    """Return 0 (black) to 1 (white) for MONOCHROME1 and MONOCHROME2."""
    ### BEGIN SOLUTION
    return 1.0 - grey if photometric == "MONOCHROME1" else grey
    ### END SOLUTION

# %% tags=["check"]
check_exercise("10.5", grey_on_screen)

# %% [markdown]
# One warning. The attribute can be wrong: some public sets hold films marked MONOCHROME1 that
# were inverted before. No header reveals that. `python -m helpers.dicom_pixels.report FOLDER`
# hints at chest films that look like negatives; look at a page of pictures before you train.
#
# **Colour** has the same trap. Ultrasound is often stored as brightness and two colour
# differences (YBR). Taken as red, green and blue, it is still a picture.

# %%
echo_path = shipped("examples_ybr_color.dcm")
taken_as_rgb = pixel_array(echo_path, index=15, raw=True)
converted = read_pixels(echo_path).display()[15]
fig = montage(
    [taken_as_rgb, converted],
    titles=["YBR taken as RGB", "converted"],
    columns=2,
)
describe(
    fig,
    "One frame of an echocardiogram twice. With brightness and colour differences "
    "taken as red, green and blue the background is turquoise; converted, it is black "
    "and the heart grey.",
)

# %% [markdown]
# ## The transfer syntax: how the bytes are packed
#
# The last decision is in the short header before the header: is the pixel block plain or
# compressed, and by what? *Lossless* compression gives back every value. *Lossy* compression
# does not, and nothing in the values shows it. Here one MR slice in four packings.

# %%
packings = ["MR_small", "MR_small_RLE"]
packings += ["MR_small_jpeg_ls_lossless", "MR_small_jp2klossless"]
reference = read_pixels(shipped("MR_small.dcm")).values
for name in packings:
    slice_read = read_pixels(shipped(f"{name}.dcm"))
    n_bytes = len(slice_read.dataset.PixelData)
    same = np.array_equal(slice_read.values, reference)
    print(f"{n_bytes:5} bytes  {slice_read.transfer_syntax:46} same values: {same}")

# %% [markdown]
# Four packings, one set of values. Now a lossy one: a head CT of another patient beside the one
# from section 3, both in the brain window of their header.

# %%
squeezed = read_pixels(shipped("693_J2KI.dcm"))
ratio = float(squeezed.dataset.LossyImageCompressionRatio)
fig = montage(
    [head.display(), squeezed.display()],
    titles=["lossless", f"lossy, {ratio:.0f} to 1"],
    columns=2,
)
describe(
    fig,
    "Two head CTs of different patients in brain windows. The lossless one shows the "
    "brain; in the one compressed 339 to 1 the brain is a flat grey plate with a "
    "blocky rim.",
)
print(squeezed.describe())

# %% [markdown] tags=["judge"]
# ### Judge 10.6j - What is left of this brain? (3 min)
#
# The right picture is an ordinary DICOM file that opens without a warning. Which structures can you
# still name? Would you let a network learn bleeding from such files, and how would you find them
# among ten thousand?

# %% [markdown] tags=["solution"]
# Skull, table and the outline of the head. The brain has no structure: nothing about bleeding can
# be read or learned from it. Lossy Image Compression (0028,2110) and its ratio are in the header;
# list them for the whole set before training. Milder compression leaves no mark that you could
# see, and has changed the values all the same.

# %% [markdown]
# **When a file cannot be read** the helper says so in one paragraph and stops. Three damaged or
# unsuitable files:

# %%
for name in ("MR_truncated.dcm", "badVR.dcm", "rtplan.dcm"):
    try:
        read_pixels(shipped(name))
    except DicomPixelsError as error:
        print(textwrap.fill(str(error), width=88), end="\n\n")

# %% [markdown]
# The recipe below is for your own project: one function without the course. It covers rescale,
# tables, one window, polarity and colour. It does not cover per-frame values of enhanced
# multi-frame files; `helpers.dicom_pixels` does.

# %% tags=["recipe:dicom-to-display"]
# MIT licence - recipe "dicom-to-display" from Deep Learning in Radiology
import numpy as np
import pydicom
from pydicom.pixels import apply_color_lut, apply_modality_lut


def dicom_to_display(path):
    """Return uint8 display values, 0 black to 255 white, of one DICOM image."""
    dataset = pydicom.dcmread(path)
    pixels = dataset.pixel_array  # decompressed, bits masked, YBR already RGB
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, dataset)
    if pixels.shape[-1] == 3 and pixels.ndim > 2:
        return (pixels / np.iinfo(pixels.dtype).max * 255).round().astype(np.uint8)
    values = apply_modality_lut(pixels, dataset).astype(np.float64)
    low, high = values.min(), values.max()
    if "WindowWidth" in dataset:  # the first window, function LINEAR
        center = np.ravel(dataset.WindowCenter).astype(float)[0]
        width = np.ravel(dataset.WindowWidth).astype(float)[0]
        low, high = center - width / 2, center + width / 2 - 1
    grey = np.clip((values - low) / max(high - low, 1e-9), 0, 1)
    grey = 1 - grey if dataset.PhotometricInterpretation == "MONOCHROME1" else grey
    return np.rint(grey * 255).astype(np.uint8)


demo = pydicom.data.get_testdata_file("CT_small.dcm", download=False)
print("vertebra:", dicom_to_display(demo).shape, dicom_to_display(demo).dtype)

# %% [markdown]
# ## What we measured

# %% tags=["headline"]
print(f"Polarity ignored: {negative} of {len(films)} films are negatives.")
print(f"Polarity heeded: {equal} of {len(films)} films are exact.")
print(f"Unsigned rescale: {share_wrapped:.0%} of {hu.size} CT pixels wrong (1 slice).")
print(f"0 to 80 HU: {levels_all:.0f} greys unwindowed, {levels_brain:.0f} in 40/100.")

# %% [markdown]
# ## On real patients
#
# On 2026-11-23 the helper read a collection of 54 published DICOM files (mammograms, chest films,
# CT, MR, ultrasound, nuclear medicine, dental):
#
# `python -m helpers.dicom_pixels.report $COURSE_DATA_DIR/dicom`
#
# | came out | files |
# |---|---|
# | read: values in HU | 36, of them 30 slices of one series |
# | read: values without a physical unit | 9, among them a CT stored in 8 bits |
# | read: colour | 2 |
# | read: a mask of 1 bit | 1 |
# | refused, with a reason | 6 |
#
# Three of the 48 read were MONOCHROME1, three had been compressed with loss, in seven transfer
# syntaxes altogether. Stored values equal pydicom's in all of them (a test). The six refused: a
# DICOMDIR, a structured report, a cut-off radiotherapy plan, a file without transfer syntax, one
# with "1A" frames and one whose JPEG 2000 stream is broken.
#
# `make course COHORT=pneumoniamnist ONLY=10`, same day, wrote 40 real radiographs of 28 pixels:
# 20 negatives with the header ignored, 40 of 40 exact with it heeded.

# %% [markdown]
# ## What this does not show
#
# - The films of section 4 were written by the course. They are valid objects with an invented
#   identity, but tidier than what an archive sends.
# - One example of each error is not a rate. How often a set has wrong polarity or lossy files has
#   to be counted in that set.
# - Values are one half of a DICOM image; position and spacing are the other, in lesson 12.
# - Not for clinical use.

# %% [markdown]
# ## Summary
#
# - A header is a list of tagged elements; a dozen of them decide what the pixels mean.
# - Keep the stored bits, convert to float, then rescale: in unsigned arithmetic 49 % of the
#   vertebra's pixels came out wrong.
# - A window spends the greys: in the brain window 0 to 80 HU get 204 of 255 levels, without one 5.
# - MONOCHROME1 is a negative and YBR is not RGB; with the header heeded, all films of the mixed
#   folder came back exactly.
# - Lossless packings gave the same values four times; a lossy file can open without a warning and
#   hold nothing.
#
# And the two programs? The one with black lungs is right for both files, because it obeys
# Photometric Interpretation. The network would have seen whatever our reading code gave it.

# %% [markdown]
# ## New words
#
# - **Data element**: one line of a DICOM header: tag, type, value.
# - **Stored value**: the integer in the file, before any meaning.
# - **Rescale**: slope and intercept from stored value to physical value.
# - **Window**: centre and width of the values shown between black and white.
# - **Photometric Interpretation**: which end is black, or which colour space.
# - **Transfer syntax**: how the bytes of the file are packed.
#
# ## Next
#
# Lesson 15 asks how patients must be split before anything is trained on such films.
#
# ## Sources
#
# - DICOM PS3.3: C.7.6.3 (image pixels), C.11.1 (modality transformation), C.11.2 (window);
#   PS3.5: section 8 (encoding of pixel data).
# - The test files of pydicom 3: vertebra, head CT, MR slices, echocardiogram.
