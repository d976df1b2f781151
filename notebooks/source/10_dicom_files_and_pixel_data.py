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
# | Time | 50 minutes to work through; runs in about 10 seconds |
# | Runs on | any laptop, no GPU |
# | Data | 17 DICOM test files that come with pydicom (package MIT, 1.4 MB); 40 films of the cohort |
# | Needs first | lesson 00 |
#
# ## After this notebook you can
#
# - turn stored values into physical ones: a dozen attributes, sign, spare bits, rescale;
# - apply a display window or table: plain, LINEAR, LINEAR_EXACT, SIGMOID, lookup table;
# - tell black from white and colour from brightness, in one frame or many;
# - recognise ten reading errors by the picture each makes;
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
from pydicom.dataset import Dataset
from pydicom.pixels import pixel_array

from helpers import cohorts
from helpers.checks import check_exercise
from helpers.dicom_pixels import DicomPixelsError, read_pixels
from phantoms.dicom_writing import write_radiograph
from helpers.figures import describe, montage, show_image, use_course_style
from helpers.windowing import FUNCTIONS, apply_window

use_course_style()


def side_by_side(images, titles, **grey_scale):
    """Draw a row of images as wide as the page."""
    fig, axes = plt.subplots(1, len(images), figsize=(8.4, 8.8 / len(images)))
    for ax, image, title in zip(axes, images, titles, strict=True):
        show_image(image, ax=ax, title=title, **grey_scale)
    fig.tight_layout(pad=0.4)
    return fig


# %% tags=["parameters"]
COHORT = os.environ.get("COHORT", "chest_insilico")
N_FILMS = 40  # films written to disk in section 3
BITS_STORED = 12  # bits of a stored value in those films

# %% [markdown]
# ## From a header and bytes to values
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
#
# ### Stored values: bits, sign, rescale
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

# %% [markdown] tags=["exercise"]
# ### Exercise 10.1 - From stored values to Hounsfield units (5 min)
#
# The middle picture is useless and everybody sees it. The right one is worse: bone and muscle
# look as they should, and only what lies below water has jumped to the top of the scale. On a
# lung CT that would be the lungs.
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

# %% [markdown]
# In 10.1 the order matters: `stored * slope + intercept` with an integer slope stays in the
# integer type, and `uint16` cannot hold -1024.
#
# **Graphics can hide in three places.** A pixel may sit in a larger cell than it needs: here 12
# bits in a cell of 16. The four spare bits belong to nobody, and older scanners put outlines or
# letters there; we plant a rectangle in bit 12 of a real abdominal MR. The same file has a second
# place, an *overlay plane*: one bit a pixel in a group of its own (60xx), which a viewer draws
# above the image. The third is the worst: letters *burned* into the stored values themselves,
# which no attribute takes off again (lesson 13 looks for them). Look for the ring in the third
# picture: the header speaks of a marked lesion, and a network that gets the ring need not look at
# the liver.

# %%
mr = read_pixels(shipped("examples_overlay.dcm"))
cells = mr.values.copy()
cells[20:70, 380:464] |= 1 << 12  # graphics in the first spare bit
overlay = mr.dataset.overlay_array(0x6000).astype(bool)
low, high = mr.display_range
print(f"Largest value of {mr.bits_stored} bits: {mr.values.max()}.")
print(f"Largest value with the overlay in bit 12: {cells.max()}.")
print(f"Overlay plane: {overlay.sum()} of {overlay.size} pixels. {mr.notes[0]}")

fig = side_by_side(
    [cells, cells & 0x0FFF, np.where(overlay, high, mr.values)],
    ["all 16 bits taken", "12 bits kept", "with the overlay plane"],
    vmin=low,
    vmax=high,
)
describe(
    fig,
    "An axial abdominal MR three times. With all 16 bits a white rectangle stands in "
    "the upper right corner; with the 12 stored bits it is gone; with the overlay "
    "plane a hand-drawn ring marks a spot at the edge of the liver.",
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

# %% [markdown]
# Clipping at 4095 is no substitute for the mask: it would turn an overlaid pixel white instead of
# giving its value back. Signed values need their sign extended as well, which pydicom's `pixel_array`
# does by shifting up and down again.
#
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
every = f"none: {head.values.min():.0f} to {head.values.max():.0f} HU"
fig = side_by_side([*greys, whole], [*windows, every], vmax=1)
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

# %% [markdown]
# The attribute VOI LUT Function (0028,1056) names one of three: LINEAR, which is also meant where
# it is absent; LINEAR_EXACT, the plain window; SIGMOID, an S-shaped curve like that of film, which
# clips nothing. `helpers.windowing.apply_window` has all three.

# %%
probe = np.linspace(-60, 140, 401)
fig, ax = plt.subplots(figsize=(6, 3))
for function, style in zip(FUNCTIONS, ("-", "--", ":"), strict=True):
    grey = apply_window(probe, center=40, width=100, function=function)
    ax.plot(probe, 255 * grey, style, label=function)
ax.set(xlabel="value, HU", ylabel="grey level", title="centre 40, width 100")
ax.legend()
describe(
    fig,
    "Grey level against HU for three window functions. LINEAR and LINEAR_EXACT lie on "
    "each other from -10 to 90 HU; SIGMOID is an S-shaped curve that is not yet black "
    "at -10 and not yet white at 90.",
)
for width in (400, 100, 8):
    ramp = np.arange(40 - width, 40 + width)
    both = [apply_window(ramp, center=40, width=width, function=f) for f in FUNCTIONS]
    apart = 255 * np.abs(both[0] - both[1]).max()
    print(f"width {width:3}: LINEAR and LINEAR_EXACT {apart:4.1f} grey levels apart")
ends = 255 * apply_window(np.array([-10, 90]), center=40, width=100, function="SIGMOID")
print(f"SIGMOID at the ends of the window: {ends[0]:.0f} and {ends[1]:.0f} of 255.")

# %% [markdown]
# On CT the choice between the two straight ones is a matter of one to three grey levels; in a
# window of a few values, as in nuclear medicine or 8-bit images, it is visible. SIGMOID is
# another picture.
#
# **A table instead of a formula.** Both steps may be replaced by a list of numbers: the *Modality
# LUT Sequence* stands for the rescale (a film digitiser's density curve), the *VOI LUT Sequence*
# for the window (the look that a maker of radiographs chose). An entry has a first value and the
# list; what lies outside takes the end entries. The order never changes: stored value, modality,
# VOI, polarity. Whoever reads only Window Center misses the table and does not notice.


# %%
def apply_table(values, first, entries):
    """Replace ``first + k`` by ``entries[k]``; outside, the end entries count."""
    position = np.asarray(values, dtype=int) - first  # int: 90 - 100 must not wrap
    return np.asarray(entries)[np.clip(position, 0, len(entries) - 1)]


density = apply_table([90, 100, 102, 500], first=100, entries=[0, 500, 1500, 3000])
print("Stored 90, 100, 102, 500 ->", ", ".join(map(str, density)))

# %% [markdown]
# The value 90 lies below the table and takes its first entry, 500 lies above and takes the last. A
# VOI table on a whole film follows in a moment.
#
# ## Black or white, red or blue
#
# A film shows the lungs black because much radiation reached it there. A detector counts the
# other way round: much radiation, large number. Photometric Interpretation settles it. MONOCHROME2:
# the smallest value is black. MONOCHROME1: the smallest value is *white*. Both are in daily use,
# and both files below hold the same film of the course's cohort.


# %% tags=["twin:phantoms.dicom_writing.stored_values"]
def stored_values(image, *, photometric, bits):
    """Return display values 0..255 as stored values of so many bits."""
    largest = 2**bits - 1
    stored = np.rint(image.astype(np.float64) * largest / 255.0)
    if photometric == "MONOCHROME1":
        stored = largest - stored
    return stored.astype(np.uint8 if bits == 8 else np.uint16)


# %% [markdown]
# `write_radiograph` builds the whole object around these values: a Digital X-Ray Image with an
# invented patient. Now the first film of the cohort, once in each polarity. Two programs open both
# files: the first draws small values dark whatever the header says, the second asks the header.
# The third picture is the same film with a VOI table of an S-shaped curve in its header.

# %%
cohort = cohorts.load(COHORT)
films = cohort.images[:N_FILMS]
if films.ndim > 3:
    print("This cohort is not grey and flat: its channels or slices are averaged here.")
while films.ndim > 3:
    films = films.mean(axis=-1 if films.shape[-1] == 3 else 1).astype(np.uint8)
scratch = tempfile.TemporaryDirectory()  # removed when the kernel ends
folder = Path(scratch.name)
pair = [
    write_radiograph(
        folder / f"{name}.dcm",
        films[0],
        patient_id="P0000",
        photometric=name,
        bits=BITS_STORED,
    )
    for name in ("MONOCHROME1", "MONOCHROME2")
]

# %% [markdown]
# The table is one item with a descriptor (number of entries, first value, bits) and the entries.

# %%
largest = 2**BITS_STORED - 1
steps = np.arange(largest + 1) / largest
with_table = pydicom.dcmread(pair[1])
curve = Dataset()
curve.LUTDescriptor = [len(steps), 0, 8]
curve.LUTData = np.rint(255 / (1 + np.exp(-8 * (steps - 0.5)))).astype(int).tolist()
with_table.VOILUTSequence = [curve]

ignored = pydicom.dcmread(pair[0]).pixel_array / largest * 255
heeded = [read_pixels(path).display() for path in pair]
print("Both polarities shown alike:", np.array_equal(*heeded))
by_table = read_pixels(with_table).display()
by_hand = apply_table(with_table.pixel_array, first=0, entries=curve.LUTData)
print("VOI table by hand and by read_pixels alike:", np.array_equal(by_hand, by_table))

fig = side_by_side(
    [ignored, heeded[0], by_table],
    ["MONOCHROME1, ignored", "MONOCHROME1, heeded", "with a VOI table"],
)
describe(
    fig,
    "One film of the cohort. Where Photometric Interpretation is ignored the "
    "MONOCHROME1 file is a negative; where it is heeded the lungs are dark; with an "
    "S-shaped VOI table the contrast of the same film is steeper.",
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

# %% [markdown]
# One warning. The attribute can be wrong: some public sets hold films marked MONOCHROME1 that
# were inverted before. No header reveals that: look at a page of pictures before you train.
#
# **Colour** has the same trap twice. Ultrasound is often stored as brightness and two colour
# differences (YBR); taken as red, green and blue, it is still a picture. Or one number a pixel
# points into a list of colours (PALETTE COLOR); taken as a grey value, it is one too.
#
# **Frames** come first: (frames, rows, columns), and colour last. A cine loop, the slices of a dose
# grid and the energies of a dual CT are all frames; only the header says which. In enhanced objects
# each frame may have a rescale *of its own*, in PET each slice: one slope for all is wrong.

# %%
echo = read_pixels(shipped("examples_ybr_color.dcm"))
dose = read_pixels(shipped("rtdose.dcm"))
palette = read_pixels(shipped("examples_palette.dcm"))
for name, image in (("echo", echo), ("dose", dose), ("palette", palette)):
    shape = f"{image.frames:2} frames, {image.values.shape}"
    print(f"{name:8}{image.photometric:14}{shape}")
taken_as_rgb = pixel_array(shipped("examples_ybr_color.dcm"), index=15, raw=True)
converted = echo.display()[15]

fig = montage(
    [taken_as_rgb, converted, palette.stored, palette.display()],
    titles=["YBR taken as RGB", "converted", "palette as grey", "palette applied"],
    columns=2,
)
describe(
    fig,
    "Two ultrasound pictures, read wrongly and rightly. With YBR taken as RGB the "
    "background of an echocardiogram is turquoise, converted it is black. With palette "
    "numbers taken as grey the dark head line of another scan is a white bar.",
)

# %% [markdown] tags=["predict"]
# ## Ten errors and their pictures
#
# ### Predict 10.5p - Which would you miss? (4 min)
#
# Ten errors follow that programs really make. Before you look: which of these would you *not*
# notice in a single picture? (1) sign ignored (2) rescale forgotten (3) unsigned arithmetic (4)
# spare bits kept (5) bytes swapped (6) minimum to maximum instead of a window (7) MONOCHROME1
# ignored (8) padding shown (9) planar configuration ignored (10) YBR as RGB.


# %%
def grey_levels(values, center=40, width=100):
    """Return 0 to 255 for values in HU, by default in the brain window."""
    return np.rint(255 * plain_window(values, center=center, width=width))


def draw_pairs(pairs):
    """Draw (right, wrong) pictures of each error, two errors in a row."""
    fig, axes = plt.subplots(-(-len(pairs) // 2), 4, figsize=(7, 8))
    for number, (error, images) in enumerate(pairs.items()):
        titles = (f"{number + 1} right", f"{number + 1} {error}")
        for side, (image, title) in enumerate(zip(images, titles, strict=True)):
            show_image(image, ax=axes.flat[2 * number + side], title=title)
    fig.tight_layout(pad=0.4)
    return fig


brain, soft = grey_levels(head.values), (40, 400)
swapped = plain_window(mr.values.byteswap(), center=(low + high) / 2, width=high - low)
spare = plain_window(cells, center=(low + high) / 2, width=high - low)
pairs = {
    "sign ignored": (brain, grey_levels(head.stored.view(np.uint16))),
    "rescale forgotten": (grey_levels(hu, *soft), grey_levels(stored, *soft)),
    "unsigned arithmetic": (grey_levels(hu, *soft), grey_levels(wrapped, *soft)),
    "spare bits kept": (mr.display(), 255 * spare),
    "bytes swapped": (mr.display(), 255 * swapped),
}

# %% [markdown]
# Those five misread a number. The next five misread what it means on a screen. For the eighth the
# film gets an empty margin: stored value 0, named as Pixel Padding Value. In MONOCHROME1 zero is
# white. For the ninth the bytes of a colour picture, red-green-blue pixel by pixel, are taken as
# three whole planes one after the other.

# %%
padded = pydicom.dcmread(pair[0])  # MONOCHROME1
edge = films[0].shape[0] // 8
inside = np.pad(padded.pixel_array[edge:-edge, edge:-edge], edge)
padded.PixelData, padded.PixelPaddingValue = inside.tobytes(), 0
colour = read_pixels(shipped("examples_rgb_color.dcm")).display()
planes = colour.reshape(3, *colour.shape[:2]).transpose(1, 2, 0)
pairs |= {
    "minimum to maximum": (brain, 255 * whole),
    "MONOCHROME1 ignored": (heeded[0], ignored),
    "padding shown": (read_pixels(padded).display(), 255 * (1 - inside / largest)),
    "planes as pixels": (colour, planes),
    "YBR taken as RGB": (converted, taken_as_rgb),
}
fig = draw_pairs({name: [np.uint8(one) for one in pairs[name]] for name in pairs})
describe(
    fig,
    "Ten pairs, right and wrong. 1: white air round a head. 2: almost all white. 3: "
    "white fat. 4: a white box. 5: white with black specks. 6: an even grey brain. 7: "
    "a negative. 8: a white margin. 9: colour stripes. 10: a turquoise background.",
)
for number, (error, (right, wrong)) in enumerate(pairs.items(), start=1):
    off = np.mean(np.abs(right - 1.0 * wrong) > 10)
    r = np.corrcoef(right.ravel(), wrong.ravel())[0, 1]
    print(f"{number:2} {error:24}{off:4.0%} of values off by over 10, r = {r:+.2f}")

# %% [markdown]
# | error | what gives it away in a whole set |
# |---|---|
# | 1 sign, 3 unsigned | values above 60,000 where Pixel Representation is 1 or air is expected |
# | 2 rescale | no value of a CT below -900 |
# | 4 spare bits | values above $2^{\text{bits stored}} - 1$ |
# | 5 byte order | neighbouring pixels do not resemble each other |
# | 6 no window | the range follows a metal clip or the filler, not the tissue |
# | 7 polarity | the border of the films is bright; count MONOCHROME1 in the headers |
# | 8 padding | one value fills the margin; masks and means include it |
# | 9 planes, 10 YBR | Planar Configuration and Photometric Interpretation of colour files |
#
# Nobody overlooks 2, 5 or 9. Number 4 spoils 3 % of the picture, number 8 could be a collimator,
# and number 6 is a complete head CT, r = 0.74 to the right one, in which only the brain is gone.
# Numbers 1, 3 and 7 keep every outline and turn tissues round, number 8 turns the margin: there r
# is clearly below zero, which helps only if the right picture is at hand. None of the ten stops a
# program. A page of pictures and a count of the attributes in the table find most of them.

# %% [markdown]
# ## The transfer syntax: how the bytes are packed
#
# The last decision is in the short header before the header: is the pixel block plain or
# compressed, and by what? *Lossless* compression gives back every value. *Lossy* compression
# does not, and nothing in the values shows it. Here one MR slice in six packings.

# %%
packings = ["MR_small", "MR_small_implicit", "MR_small_bigendian", "MR_small_RLE"]
packings += ["MR_small_jpeg_ls_lossless", "MR_small_jp2klossless"]
reference = read_pixels(shipped("MR_small.dcm")).values
for name in packings:
    slice_read = read_pixels(shipped(f"{name}.dcm"))
    n_bytes = len(slice_read.dataset.PixelData)
    same = np.array_equal(slice_read.values, reference)
    print(f"{n_bytes:5} bytes  {slice_read.transfer_syntax:46} same values: {same}")

# %% [markdown]
# Six packings, one set of values. Now a lossy one: a head CT of another patient beside the one
# from section 2, both in the brain window of their header.

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
# The recipe below is for your own project: one function without the course. It covers rescale and
# tables, the first window with its function, polarity and colour. It does not cover the values and
# windows of single frames in enhanced objects, nor padding; `helpers.dicom_pixels` does. A test
# compares the two on the files that pydicom ships: at most one grey level apart.

# %% tags=["recipe:dicom-to-display", "model"]
# MIT licence - recipe "dicom-to-display" from Deep Learning in Radiology
import numpy as np
from pydicom import data, dcmread, pixels


def dicom_to_display(path):  # one DICOM image as uint8, 0 black to 255 white
    ds = dcmread(path)
    if ds.file_meta.TransferSyntaxUID.is_encapsulated:
        ds.PlanarConfiguration = 0  # compressed colours have an order of their own
    kind, stored = ds.PhotometricInterpretation, ds.pixel_array
    if kind[0] in "YRP":  # YBR is RGB by now, a palette is not
        rgb = pixels.apply_color_lut(stored, ds)[..., :3] if kind[0] == "P" else stored
        return np.rint(rgb / np.iinfo(rgb.dtype).max * 255).astype(np.uint8)
    own = ds.get("PerFrameFunctionalGroupsSequence", [])
    if any(0x00289132 in group or 0x00289145 in group for group in own):
        raise ValueError("frames have a rescale or a window of their own")
    for one in (ds.get("SharedFunctionalGroupsSequence") or [[]])[0]:
        ds.update(one.value[0])  # of an enhanced object: the same for all frames
    values = pixels.apply_modality_lut(stored, ds).astype(float)
    pad = np.array(ds.get("PixelPaddingValue", [])).astype(stored.dtype)
    inside = ~np.isin(stored, pad)
    known = values[inside & ((values >= -1500) | (ds.get("Modality") != "CT"))]
    black, white = np.quantile(known, [0.005, 0.995], method="nearest")
    if ds.BitsStored <= 8 and np.array_equal(values, stored):
        black, white = 0, 2**ds.BitsStored - 1
    window = [ds.get("WindowCenter"), ds.get("WindowWidth")]
    if "VOILUTSequence" in ds:
        values = pixels.apply_voi(np.rint(values).astype(int), ds)
        black, white = 0, 2 ** ds.VOILUTSequence[0].LUTDescriptor[2] - 1
    elif None not in window and "" not in window:
        c, w = (float(np.ravel(one)[0]) for one in window)
        if (function := ds.get("VOILUTFunction")) == "SIGMOID":
            c, w, values = 0.5, 1, 1 / (1 + np.exp(-4 * (values - c) / w))
        black, white = c - w / 2, c + w / 2 - (function in (None, "LINEAR"))
    grey = np.clip((values - black) / max(white - black, 1e-9), 0, 1)
    return np.rint(255 * inside * abs((kind == "MONOCHROME1") - grey)).astype(np.uint8)


print(dicom_to_display(data.get_testdata_file("CT_small.dcm")).shape)

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
# On 2026-11-26 `read_pixels` read 48 of 54 published files (mammograms, chest films, CT, MR,
# ultrasound, nuclear medicine, dental; seven transfer syntaxes). 36 have values in HU, 9 no
# physical unit, 2 are colour, 1 a mask. It refused a DICOMDIR, a report, a cut-off plan, a file
# without transfer syntax, one with "1A" frames and one broken JPEG 2000 stream. The same day the
# displays of these 48 and of the 101 readable files of pydicom were compared with dcmtk 3.6.7. In
# 147 no grey level is more than one apart; in 6 of them only from the same decoded values, as lossy
# JPEG decoders differ. Two were not compared: dcmtk reads the 32-bit words of a big-endian dose
# grid otherwise.
#
# `make course COHORT=pneumoniamnist ONLY=10`, same day: 40 real radiographs of 28 pixels, 20
# negatives with the header ignored, 40 of 40 exact with it heeded.
#
# ## What this does not show
#
# - The films of section 3 were written by the course: valid, but tidier than what an archive sends.
# - One example of each error is not a rate. Count polarity and lossy files in your own set.
# - Values are one half of a DICOM image; position and spacing are the other, in lesson 12.
# - Not for clinical use.

# %% [markdown]
# ## Summary
#
# - A dozen attributes decide what the pixels mean. Keep the stored bits, convert to float, then
#   rescale: in unsigned arithmetic 49 % of the vertebra's pixels came out wrong.
# - A window spends the greys: in the brain window 0 to 80 HU get 204 of 255 levels, without one 5.
# - MONOCHROME1 is a negative and YBR is not RGB; with the header heeded, all films of the mixed
#   folder came back exactly.
# - None of the ten reading errors stops a program: some show in one picture (a negative has r =
#   -1.00 to the right one), spare bits spoil only 3 %.
# - Lossless packings gave the same values six times; a lossy file can open without a warning and
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
# - **VOI table**: a list of numbers in place of a window; VOI means value of interest.
# - **Overlay plane**: one bit a pixel, drawn above the image.
# - **Photometric Interpretation**: which end is black, or which colour space.
# - **Transfer syntax**: how the bytes of the file are packed.
#
# ## Next
#
# Lesson 11 takes the Hounsfield units further: what each window shows, what an 8-bit export
# destroys, and whether the numbers can be trusted to name a material.
#
# ## Sources
#
# - DICOM PS3.3: C.7.6.3 (image pixels), C.9 (overlay planes), C.11.1 (modality transformation),
#   C.11.2 (window and table); PS3.5: section 8 (encoding of pixel data).
# - The test files of pydicom 3: vertebra, head CT, MR slices, echocardiogram.
