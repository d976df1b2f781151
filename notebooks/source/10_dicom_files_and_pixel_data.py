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
# | Time | 60 minutes; runs in about 10 seconds |
# | Runs on | any laptop, no GPU |
# | Data | 17 DICOM test files that come with pydicom (package MIT, 1.4 MB); 40 films of the cohort |
# | Needs first | [lesson 00](00_check_your_setup.ipynb) |
#
# ## After this notebook you can
#
# - turn stored values into physical ones: a dozen attributes, sign, spare bits, rescale;
# - apply a display window (plain, DICOM's LINEAR) or a lookup table;
# - tell black from white and colour from brightness, in one frame or many;
# - recognise eight reading errors by the picture each makes;
# - read the transfer syntax and know which compression has changed the values.

# %% tags=["setup"]
import os
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pydicom
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.pixels import pixel_array

from helpers import cohorts
from helpers.checks import check_exercise, check_setting
from helpers.dicom_pixels import read_pixels
from phantoms.dicom_writing import write_radiograph
from helpers.figures import describe, show_image, use_course_style

use_course_style()
FRAME = {"fill": False, "edgecolor": "0.6", "linewidth": 1}


def side_by_side(images, titles, columns=3, **grey_scale):
    """Draw framed images as wide as the page, so that a white one keeps its edge."""
    height = (9.2 / columns + 0.3) * -(-len(images) // columns)
    fig, axes = plt.subplots(-(-len(images) // columns), columns, figsize=(9.2, height))
    for ax, image, title in zip(axes.flat, images, titles, strict=True):
        show_image(image, ax=ax, title=title, **grey_scale).set_anchor("N")
        ax.add_patch(plt.Rectangle((0, 0), 1, 1, transform=ax.transAxes, **FRAME))
    fig.tight_layout(pad=0.4)
    return fig


# %% tags=["parameters"]
COHORT = os.environ.get("COHORT", "chest_insilico")
N_FILMS = 40  # films written to disk in section 3
BITS_STORED = 12  # bits of a stored value in those films
check_setting("N_FILMS", N_FILMS, 2, 200)
check_setting("BITS_STORED", BITS_STORED, 8, 16)

# %% [markdown]
# ## From a header and bytes to values
#
# A DICOM file is a list of *data elements* followed, at the end, by the pixels. Each element has
# a tag (two hexadecimal numbers), a type of two letters, a keyword and a value. The file opens
# with 128 bytes that readers skip ([lesson 13](13_de_identification.ipynb) finds a name in them) and
# the letters `DICM`.
#
# The files used here are real and lie inside the pydicom package, so nothing is downloaded. The
# first is a piece of a chest CT around a vertebra.


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
# 128 rows of 128 pixels with 16 bits, two bytes, each: 32,768 bytes, the length of the block below.
# Pixel Representation 1 says that these 16 bits carry a sign. Rescale Slope and Intercept turn a
# stored value into a CT number. Photometric Interpretation says which end of the scale is black.
#
# A wrong reading does not crash: it looks a little odd, or not even that, and a network trains on it
# all the same.
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

fig = side_by_side(
    [hu, stored, wrapped],
    ["rescaled: correct", "rescale forgotten", "unsigned arithmetic"],
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
# ### Exercise 10.1 - From stored values to Hounsfield units (4 min)
#
# Everybody sees that the middle picture is useless. The right one is worse: only what lies below
# water has jumped to the top of the scale. On a lung CT that would be the lungs.
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
# Float comes first: an integer slope and intercept keep the integer type, and `uint16` cannot hold
# -1024.
#
# **Graphics can hide in three places.** Here a pixel of 12 bits sits in a cell of 16. The four spare
# bits belong to nobody, and older scanners put outlines or letters there; `cells & 0x0FFF` takes
# them off. An *overlay plane* is one bit a pixel in a group of its own (60xx), which a viewer draws
# above the image. Worst are letters *burned* into the stored values, which no attribute takes off
# again ([lesson 13](13_de_identification.ipynb) looks for them).
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
# ### Predict 10.2p - Three tissues in a brain window (2 min)
#
# The window is centre 40, width 100 HU. Which grey from 0 to 1 will air (-1000), grey matter (38)
# and the skull (900) get? A fracture is a dark line. Which grey has a hairline that fills half a
# pixel (470 HU, half bone)? Write it down, then run the next cell.

# %%
head = read_pixels(shipped("J2K_pixelrep_mismatch.dcm"))
tissues = {"air": -1000, "grey matter": 38, "skull": 900, "hairline": 470}
for tissue, ct_number in tissues.items():
    grey = plain_window(ct_number, center=40, width=100)
    print(f"{tissue:12}{ct_number:6} HU -> {grey:.2f}")

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
# A wide fracture stays dark in the brain window. A hairline is averaged with the bone beside it,
# is clipped to white like the bone, and is gone: that is what the bone window is for. For a
# network the choice is part of the input: scaling a CT by its minimum and maximum leaves the brain a
# handful of the 256 greys. The minimum here is not even anatomy: it is the filler, -2000, outside
# the round field of the scanner.
#
# DICOM's default function, LINEAR, is not quite the plain window, because it counts the grey levels
# of integers (PS3.3, C.11.2.1.2). Its $w$ values run from the first black to the first white one,
# both counted: with centre 128 and width 256 from 0 to 255.

# %% [markdown] tags=["exercise"]
# ### Exercise 10.3 - DICOM's LINEAR window (7 min)
#
# Work out both ends from that sentence: which value is the last black one, which the first white
# one, for any centre and width? In between the grey rises evenly; outside it stays 0 or 1.
# <details><summary>Hint</summary>How many steps lie between w values?</details>


# %% tags=["exercise-code"]
def dicom_linear_window(values, center, width):
    """Return grey values 0 to 1 by the VOI LUT function LINEAR."""
    ### BEGIN SOLUTION
    grey = (np.asarray(values, dtype=float) - (center - 0.5)) / (width - 1) + 0.5
    return np.clip(grey, 0.0, 1.0)
    ### END SOLUTION


# %% tags=["check"]
check_exercise("10.3", dicom_linear_window)

# %% [markdown] tags=["solution"]
# Between $w$ values lie $w - 1$ steps, and their middle is half a step below the centre:
# $y = \dfrac{x - (c - 0.5)}{w - 1} + 0.5$, clipped to 0 and 1.

# %% [markdown]
# The attribute VOI LUT Function (0028,1056) names LINEAR, which is also meant where it is absent;
# LINEAR_EXACT, the plain window, hardly different where the window is wide; or SIGMOID, an S-shaped
# curve like that of film, which clips nothing. `helpers.windowing.apply_window` has all three.
#
# **A table instead of a formula.** Both steps may be replaced by a list of numbers: the *Modality
# LUT Sequence* stands for the rescale (a film digitiser's density curve), the *VOI LUT Sequence*
# for the window (the look that a maker of radiographs chose). An entry has a first value and the
# list; what lies outside takes the end entries. The order never changes: stored value, modality,
# VOI, polarity. Whoever reads only Window Center misses the table and does not notice.
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


def apply_table(values, first, entries):
    """Replace ``first + k`` by ``entries[k]``; outside, the end entries count."""
    position = np.asarray(values, dtype=int) - first  # int: 90 - 100 must not wrap
    return np.asarray(entries)[np.clip(position, 0, len(entries) - 1)]


# %% [markdown]
# `write_radiograph` makes the object around these values: a Digital X-Ray Image with an invented
# patient. Two programs open both files: the first draws small values dark whatever the header says,
# the second asks the header. The third picture is the same film with a VOI table in its header: one
# item with a descriptor (number of entries, first value, bits) and the entries, here an S-shaped
# curve.

# %%
films = cohorts.load(COHORT).images[:N_FILMS]
while films.ndim > 3:  # colours or slices: averaged here
    films = films.mean(axis=-1 if films.shape[-1] == 3 else 1).astype(np.uint8)
scratch = tempfile.TemporaryDirectory()  # removed when the kernel ends


def write_film(name, film, photometric):
    """Write a film with our stored values and return its path."""
    path, options = Path(scratch.name) / f"{name}.dcm", {"photometric": photometric}
    write_radiograph(path, film, patient_id="P0000", bits=BITS_STORED, **options)
    ours = pydicom.dcmread(path)
    ours.PixelData = stored_values(film, bits=BITS_STORED, **options).tobytes()
    ours.save_as(path)
    return path


pair = [write_film(name, films[0], name) for name in ("MONOCHROME1", "MONOCHROME2")]
largest = 2**BITS_STORED - 1
steps = np.arange(largest + 1) / largest
with_table = pydicom.dcmread(pair[1])
curve = Dataset()
curve.LUTDescriptor = [len(steps) % 65536, 0, 8]
curve.LUTData = np.rint(255 / (1 + np.exp(-8 * (steps - 0.5)))).astype(int).tolist()
with_table.VOILUTSequence = [curve]

# %% [markdown]
# Now both files are read. Then a folder as an archive might send it: every second film is
# MONOCHROME1.

# %%
ignored = pydicom.dcmread(pair[0]).pixel_array / largest * 255
heeded = [read_pixels(path).display() for path in pair]
print("Both polarities shown alike:", np.array_equal(*heeded))
by_table = read_pixels(with_table).display()
by_hand = apply_table(with_table.pixel_array, first=0, entries=curve.LUTData)
print("VOI table by hand and by read_pixels alike:", np.array_equal(by_hand, by_table))

equal, negative = 0, 0
for number, film in enumerate(films):
    path = write_film(number, film, "MONOCHROME1" if number % 2 else "MONOCHROME2")
    equal += int(np.array_equal(read_pixels(path).display(), film))
    plain = pydicom.dcmread(path).pixel_array
    negative += int(np.corrcoef(plain.ravel(), film.ravel())[0, 1] < -0.99)
print(f"Header ignored: {negative} of {len(films)} films are negatives.")
print(f"Header heeded: {equal} of {len(films)} films equal the original, every pixel.")
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
# notices at once, as long as the picture is of a chest. A network receives 255 minus the picture.
# Worse, polarity may follow the manufacturer, and the manufacturer the ward: then black or white
# tells the network how ill the patient is before it has looked at a lung.
#
# Two more lines of a film's header belong here. *Presentation LUT Shape* (2050,0020) repeats the
# polarity for digital films: IDENTITY with MONOCHROME2, INVERSE with MONOCHROME1; where the two
# disagree, ask. *Presentation Intent Type* (0008,0068) says which of two images the detector sent:
# FOR PROCESSING, nearly raw, or FOR PRESENTATION, processed by the maker for the eye. They are
# different pictures of one exposure: never mix them in a training set.

# %% [markdown] tags=["try"]
# ### Try 10.4t - One wrong digit (5 min)
#
# In `stored_values` change `2**bits - 1` to `2**bits`, as if 12 bits held 4096. Will both polarities
# still be shown alike, and how many films will still come back exactly? Predict, run the cells from
# there on, read, and change it back.

# %% [markdown] tags=["solution"]
# The white of MONOCHROME2 becomes 4096, which 12 bits cannot hold: the mask that keeps the stored
# bits turns it into 0, black. In MONOCHROME1 white is 0 and survives, but black is 4096. One level
# too many, and in about half of the films the brightest or the darkest pixels change sides.

# %% [markdown]
# One warning. The attribute can be wrong: some public sets hold films marked MONOCHROME1 that
# were inverted before. No header reveals that: look at a page of pictures before you train.
#
# **Colour** has the same trap. Ultrasound is often stored as brightness and two colour differences
# (YBR); taken as red, green and blue, it is still a picture. Or one number a pixel points into a
# list of colours (PALETTE COLOR); taken as a grey value, it is one too.
#
# **Frames** come first: (frames, rows, columns), and colour last. A cine loop, the slices of a dose
# grid and the energies of a dual CT are all frames; only the header says which. In enhanced objects
# each frame may have a rescale *of its own*, in PET each slice: one slope for all is wrong.

# %%
echo = read_pixels(shipped("examples_ybr_color.dcm"))
dose = read_pixels(shipped("rtdose.dcm"))
palette = read_pixels(shipped("examples_palette.dcm"))
for name, image in (("echo", echo), ("dose", dose), ("palette", palette)):
    print(f"{name:8}{image.photometric:14}{image.values.shape}")
taken_as_rgb = pixel_array(shipped("examples_ybr_color.dcm"), index=15, raw=True)
converted = echo.display()[15]

fig = side_by_side(
    [taken_as_rgb, converted, palette.stored, palette.display()],
    ["YBR taken as RGB", "converted", "palette as grey", "palette applied"],
    columns=2,
)
describe(
    fig,
    "Two ultrasound pictures, read wrongly and rightly. With YBR taken as RGB the "
    "background of an echocardiogram is turquoise, converted it is black. With palette "
    "numbers taken as grey the dark head line of another scan is a white bar.",
)

# %% [markdown]
# ## Eight errors and their pictures
#
# Here are eight that programs really make, polarity and YBR among them. For *padding* the film gets
# an empty margin: stored value 0, named as Pixel Padding Value, and in MONOCHROME1 zero is white. For
# *planes* the bytes of a colour picture, red, green and blue pixel by pixel, are taken as three whole
# planes one after the other. For *spare bits* we plant a rectangle in bit 12 of an abdominal MR.


# %%
def grey_levels(values, center, width):
    """Return 0 to 255 in a plain window."""
    return np.rint(255 * plain_window(values, center=center, width=width))


padded = pydicom.dcmread(pair[0])  # MONOCHROME1
edge = films[0].shape[0] // 8
inside = np.pad(padded.pixel_array[edge:-edge, edge:-edge], edge)
padded.PixelData, padded.PixelPaddingValue = inside.tobytes(), 0
colour = read_pixels(shipped("examples_rgb_color.dcm")).display()
planes = colour.reshape(3, *colour.shape[:2]).transpose(1, 2, 0)
mr = read_pixels(shipped("examples_overlay.dcm"))
cells, (low, high) = mr.values.copy(), mr.display_range
cells[20:70, 380:464] |= 1 << 12  # graphics in the first spare bit
brain, window = grey_levels(head.values, 40, 100), ((low + high) / 2, high - low)
pairs = {  # of each error the right picture and the wrong one
    "sign ignored": (brain, grey_levels(head.stored.view(np.uint16), 40, 100)),
    "spare bits kept": (mr.display(), grey_levels(cells, *window)),
    "bytes swapped": (mr.display(), grey_levels(mr.values.byteswap(), *window)),
    "min to max": (brain, 255 * whole),
    "MONOCHROME1": (heeded[0], ignored),
    "padding shown": (read_pixels(padded).display(), 255 * (1 - inside / largest)),
    "planes as pixels": (colour, planes),
    "YBR as RGB": (converted, taken_as_rgb),
}

# %% [markdown] tags=["predict"]
# ### Predict 10.5p - Which would you miss? (3 min)
#
# Which of these eight would you *not* notice in a single picture, and in which will less than a
# tenth of the values be off? Write down the names, then run.

# %%
wrong_ones = [np.uint8(wrong) for _, wrong in pairs.values()]
fig = side_by_side(wrong_ones, list(pairs), columns=4)
describe(
    fig,
    "Eight wrong pictures. Sign: white air round a head. Spare bits: a white box. "
    "Bytes swapped: white with black specks. Min to max: an even grey brain. "
    "MONOCHROME1: a negative. Padding: white margin. Planes: stripes. YBR: turquoise.",
)
for error, (right, wrong) in pairs.items():
    off = np.mean(np.abs(right - 1.0 * wrong) > 10)
    r = np.corrcoef(right.ravel(), wrong.ravel())[0, 1]
    print(f"{error:18}{off:4.0%} of values off by over 10 greys, r = {r:+.2f}")

# %% [markdown]
# | error | what gives it away in a whole set |
# |---|---|
# | sign, unsigned | values above 60,000 where Pixel Representation is 1 or air is expected |
# | rescale | where a CT shows air, its commonest value is near 0, 24 or 3096, not -1000 |
# | spare bits | values above $2^{\text{bits stored}} - 1$ |
# | byte order | neighbouring pixels do not resemble each other |
# | min to max | the range follows a metal clip or the filler, not the tissue |
# | polarity | the border of the films is bright; count MONOCHROME1 in the headers |
# | padding | one value fills the margin; masks and means include it |
# | planes, YBR | Planar Configuration and Photometric Interpretation of colour files |
#
# Nobody overlooks swapped bytes or planes. Spare bits spoil a corner, padding could be a collimator,
# and "min to max" is a complete head CT in which only the brain is gone. A negative keeps every
# outline and turns tissues round. A page of pictures and a count of the attributes in the table find
# most of the eight.

# %% [markdown]
# ## The transfer syntax: how the bytes are packed
#
# The last decision is in the short header before the header: is the pixel block plain or
# compressed, and by what? *Lossless* compression gives back every value. *Lossy* compression
# does not, and nothing in the values shows it. Here one MR slice in three packings; and a head CT of
# another patient, lossy, beside the one from section 2, both in the brain window of their header.

# %%
packings = ["MR_small", "MR_small_RLE", "MR_small_jpeg_ls_lossless"]
reference = read_pixels(shipped("MR_small.dcm")).values
for one in (read_pixels(shipped(f"{name}.dcm")) for name in packings):
    same = np.array_equal(one.values, reference)
    n_bytes = len(one.dataset.PixelData)
    print(f"{n_bytes:5} bytes, same values: {same}, {one.transfer_syntax}")

squeezed = read_pixels(shipped("693_J2KI.dcm"))
ratio = float(squeezed.dataset.LossyImageCompressionRatio)
fig = side_by_side(
    [head.display(), squeezed.display()],
    ["lossless", f"lossy, {ratio:.0f} to 1"],
    columns=2,
)
describe(
    fig,
    "Two head CTs of different patients in brain windows. The lossless one shows the "
    "brain; in the one compressed 339 to 1 the brain is a flat grey plate with a "
    "blocky rim.",
)
print(squeezed.notes[0])

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
# The recipe below is for your own project: one function without the course. It covers rescale and
# tables, the first window with its function, padding, polarity and colour. Without a window it shows
# all but the lowest and the highest half percent, and nothing below any CT number. It refuses, with
# an error, frames that have a rescale or a window of their own (`helpers.dicom_pixels` reads them). A
# test compares it with the helper on more than a hundred files: the same picture.

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
# ultrasound, nuclear medicine, dental; seven transfer syntaxes): 36 in HU, 9 without physical unit,
# 2 colour, 1 mask; 6 were damaged or no image. Of these and of the 101 readable files of pydicom 135
# have a window, a table, colour or 8 bits: their displays are at most one grey level from those of
# dcmtk 3.6.7 (for lossy JPEG from the same decoded values, as decoders differ). The 14 others name
# no window; how to show them is our choice.
#
# `make course COHORT=pneumoniamnist ONLY=10`, same day: 40 real radiographs of 28 pixels, 20
# negatives with the header ignored, 40 of 40 exact with it heeded.
#
# ## What this does not show
#
# - The films of section 3 were written by the course: valid, but tidier than what an archive sends.
# - One example of each error is not a rate. Count polarity and lossy files in your own set.
# - Values are one half of a DICOM image; position and spacing are the other, in
#   [lesson 12](12_series_geometry_and_volumes.ipynb).
# - Not for clinical use.

# %% [markdown]
# ## Summary
#
# - A dozen attributes decide what the pixels mean. Keep the stored bits, convert to float, then
#   rescale: in unsigned arithmetic 49 % of the vertebra's pixels came out wrong.
# - A window spends the greys: in the brain window 0 to 80 HU get 204 of 255 levels, without one 5.
# - MONOCHROME1 is a negative and YBR is not RGB; with the header heeded, all films of the mixed
#   folder came back exactly.
# - None of the eight reading errors stops a program; a negative even keeps every outline.
# - Lossless packings gave the same values three times; a lossy file can open without a warning and
#   hold nothing.
#
# And the two programs? The one with black lungs is right for both files, because it obeys
# Photometric Interpretation. The network would have seen whatever our reading code gave it.

# %% [markdown]
# ## New words
#
# - **data element**: one line of a DICOM header: tag, type, value.
# - **stored value**: the integer in the file, before any meaning.
# - **rescale**: slope and intercept from stored value to physical value.
# - **window**: centre and width of the values shown between black and white.
# - **VOI table**: a list of numbers in place of a window; VOI means value of interest.
# - **overlay plane**: one bit a pixel, drawn above the image.
# - **Photometric Interpretation**: which end is black, or which colour space.
# - **transfer syntax**: how the bytes of the file are packed.
#
# ## Next
#
# [Lesson 11](11_hounsfield_units_and_windowing.ipynb) takes the Hounsfield units further: what each
# window shows, what an 8-bit export destroys, and whether the numbers can be trusted to name a
# material.
#
# ## Sources
#
# - DICOM PS3.3: C.7.6.3 (image pixels), C.8.11.1 (Presentation Intent Type), C.9 (overlay planes),
#   C.11.1 (modality transformation), C.11.2 (window and table), C.11.6 (Presentation LUT Shape);
#   PS3.5: section 8 (encoding of pixel data).
# - The test files of pydicom 3: vertebra, head CT, MR slices, echocardiogram.
