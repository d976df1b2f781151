"""Read any DICOM image into values with a unit and a display.

`read_pixels` takes one file, single- or multi-frame, compressed or not, and returns a
`DicomImage`: values in a stated unit (HU only where the header says so), the range to
display, and what had to be ignored. What it cannot read it refuses in words. pydicom
decodes; here its results get their meaning, in the order of the standard: stored
value, modality (rescale or table), display (window or table), polarity.

References
----------
DICOM PS3.3: C.7.6.3 (image pixels), C.7.6.16 (functional groups), C.11.1 (modality),
C.11.2 (windows and VOI tables).
"""

from __future__ import annotations

import os
import threading
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.pixels import utils
from pydicom.uid import UID

from helpers import windowing

LARGEST_BYTES = 2**31  # of the stored values, or of an inflated file
#: Below it lies no measurement: vacuum is -1000, and noise does not reach so far.
LOWEST_HU = -1500.0
SHOWN = (0.005, 0.995)  # quantiles shown black and white where there is no window
UNITS = {"BQML": "Bq/ml", "GML": "g/ml", "GY": "Gy", "BINARY": "mask"}
# warnings are caught for the whole process, so one thread reads at a time
_CATCHING = threading.RLock()


class DicomPixelsError(ValueError):
    """A DICOM object cannot be used; says which, what was found and what to do."""


# From stored values to values, and the unit that the step names:
_Modality = tuple[Callable[[np.ndarray], np.ndarray], str]
# From values to grey 0 to 1, and the values shown black and white:
_Voi = tuple[Callable[[np.ndarray], np.ndarray], tuple[float, float]]


@dataclass(frozen=True, eq=False)
class DicomImage:
    """The pixels of one DICOM object, ready for use.

    Attributes
    ----------
    values : array (rows, columns), (frames, rows, columns) or (..., 3) for colour
        float32 (float64 for 32-bit integers) after a rescale, otherwise (and where the
        rescale changes nothing) the stored integers; in `unit`.
    unit : str
        "HU", "Gy", "Bq/ml", "OD", "US" (rescaled, unit unspecified), "mask", "RGB",
        "stored value" (the header gives the numbers no meaning) and the like.
    stored : array
        The stored values, for teaching; RGB for colour, indices for a palette.
    padding : bool array of the shape of `stored`
        Pixels outside the image proper (Pixel Padding Value).
    dataset : pydicom Dataset
        The header.
    name : str
        Last two parts of the path, for messages.
    notes : tuple of str
        What was ignored, and what pydicom remarked.
    """

    values: np.ndarray
    unit: str
    stored: np.ndarray
    padding: np.ndarray
    dataset: Dataset
    name: str
    notes: tuple[str, ...]
    _vois: tuple[_Voi | None, ...]

    @property
    def photometric(self) -> str:
        """Photometric Interpretation of the header."""
        return self.dataset.PhotometricInterpretation

    @property
    def is_colour(self) -> bool:
        """True if the last axis of `values` holds red, green and blue."""
        return self.unit == "RGB"

    @property
    def bits_stored(self) -> int:
        """Bits of a stored value."""
        return self.dataset.get("BitsStored") or 8 * self.stored.itemsize

    @property
    def transfer_syntax(self) -> str:
        """How the pixels are packed in the file, by its name in the standard."""
        return self.dataset.file_meta.TransferSyntaxUID.name

    @property
    def display_range(self) -> tuple[float, float]:
        """Values that are shown darkest and brightest (of the first frame).

        From the window or the VOI table of the header; without one, the range of an
        8-bit or colour image, or else all but the lowest and the highest half percent
        of the values, without padding and what lies below every CT number.
        """
        return self._vois[0][1] if self._vois[0] else self._whole_range

    def display(self) -> np.ndarray:
        """Return the image as a viewer shows it: uint8, 0 black to 255 white."""
        frames = self.values if len(self._vois) > 1 else self.values[np.newaxis]
        greys = [self._grey(*pair) for pair in zip(frames, self._vois, strict=True)]
        grey = np.stack(greys).reshape(self.values.shape)
        inverted = self.photometric == "MONOCHROME1"
        shown = windowing.to_bytes(1.0 - grey if inverted else grey)
        shown[self.padding] = 0
        return shown

    @cached_property
    def _whole_range(self) -> tuple[float, float]:
        """The range without a window."""
        bits = 8 * self.values.itemsize if self.is_colour else self.bits_stored
        is_8_bit = bits <= 8 and np.array_equal(self.values, self.stored)
        if self.is_colour or (is_8_bit and self.stored.dtype.kind == "u"):
            return 0.0, 2.0**bits - 1
        known = np.isfinite(self.values) & ~self.padding
        if self.dataset.get("Modality") == "CT":
            known &= self.values >= LOWEST_HU
        values = self.values[known] if known.any() else np.zeros(1)
        low, high = np.quantile(values, SHOWN, method="nearest")
        return float(low), float(high)

    def _grey(self, values: np.ndarray, voi: _Voi | None) -> np.ndarray:
        """Return 0 to 1 before the polarity."""
        if voi is not None:
            grey, _ = voi
            return grey(values)
        low, high = self._whole_range
        return np.clip((values - low) / max(high - low, 1e-30), 0.0, 1.0)


def open_dataset(source: str | os.PathLike | Dataset, **dcmread_options) -> Dataset:
    """Return the data set of a DICOM file; small oddities are passed over in silence.

    Parameters
    ----------
    source : path-like or pydicom Dataset
        A data set is passed through.
    **dcmread_options
        For `pydicom.dcmread`, such as ``stop_before_pixels=True``.

    Raises
    ------
    DicomPixelsError
        If there is no such file, or it is not DICOM, damaged, or inflates to 2 GB.

    Examples
    --------
    >>> from pydicom.data import get_testdata_file
    >>> path = get_testdata_file("CT_small.dcm", download=False)
    >>> open_dataset(path, stop_before_pixels=True).Modality
    'CT'
    """
    with _reading(_name_of(source)):
        return _opened(source, **dcmread_options)


def read_pixels(source: str | os.PathLike | Dataset) -> DicomImage:
    """Read one DICOM image into values with a stated unit and a display range.

    Parameters
    ----------
    source : path-like or pydicom Dataset
        One DICOM file, or a data set that was read already (it is not changed).

    Raises
    ------
    DicomPixelsError
        With one paragraph (what, where, what is expected, what to do) if there is no
        such file, it is not DICOM, holds no pixels, is damaged or cut off, contradicts
        its own header, or no decoder knows its transfer syntax.

    Examples
    --------
    >>> from pydicom.data import get_testdata_file
    >>> image = read_pixels(get_testdata_file("CT_small.dcm", download=False))
    >>> image.unit, image.values.shape, float(image.values.min())
    ('HU', (128, 128), -896.0)
    """
    name = _name_of(source)
    with _reading(name) as heard:
        header = _opened(source)
        _check_claims(header)
        # compressed data have an order of colours of their own (PS3.5, 8.2.1)
        packed = header.file_meta.TransferSyntaxUID.is_encapsulated
        stored = utils.pixel_array(
            header, **({"planar_configuration": 0} if packed else {})
        )
        stored = stored.astype(stored.dtype.newbyteorder("="), copy=False)
        values, unit = _values(header, stored)
        padding, vois = _padding(header, stored), (None,)
        if unit != "RGB":
            vois = _per_frame(header, "FrameVOILUTSequence", _voi)
        heard = [str(remark.message) for remark in heard]
        notes = tuple(dict.fromkeys([*_remarks(header), *heard]))
    return DicomImage(values, unit, stored, padding, header, name, notes, vois)


def read_hounsfield(
    source: str | os.PathLike | Dataset, *, lowest: float = LOWEST_HU
) -> np.ndarray:
    """Return the CT numbers of one DICOM image, or refuse to call them that.

    Parameters
    ----------
    source : path-like or pydicom Dataset
    lowest : float
        Values below it become NaN too: files exist whose padding is not the one that
        their header states. ``-np.inf`` keeps them.

    Returns
    -------
    float32 array of shape (rows, columns) or (frames, rows, columns)
        HU, NaN where there is padding.

    Raises
    ------
    DicomPixelsError
        If the file cannot be read, or its header does not make the values HU.

    Examples
    --------
    >>> from pydicom.data import get_testdata_file
    >>> hu = read_hounsfield(get_testdata_file("CT_small.dcm", download=False))
    >>> float(hu.min()), float(hu.max())
    (-896.0, 1167.0)

    References
    ----------
    Hounsfield GN. Br J Radiol 1973;46:1016-1022. DICOM PS3.3, C.8.2.1 and C.11.1.
    """
    image = read_pixels(source)
    header = image.dataset
    if image.unit != "HU":
        keywords = ["Modality", "RescaleSlope", "RescaleIntercept", "RescaleType"]
        keywords += ["ImageType"]
        found = ", ".join(f"{keyword} {header.get(keyword)}" for keyword in keywords)
        raise DicomPixelsError(
            f"{image.name}: the values are no Hounsfield units but '{image.unit}' "
            f"({found}). "
            "Expected a slice of a CT whose rescale, slope and intercept, leads to HU. "
            "Do not guess them: fetch the original from the archive. An 8-bit copy or "
            "a secondary capture cannot be turned back; a localizer shows no slice."
        )
    hu = image.values.astype(np.float32)
    hu[image.padding] = np.nan
    hu[hu < lowest] = np.nan
    return hu


@contextmanager
def _reading(name: str) -> Iterator[list[warnings.WarningMessage]]:
    """Collect the remarks of pydicom, and refuse in words whatever goes wrong."""
    try:
        with _CATCHING, warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", UserWarning)
            yield heard
    except Exception as error:  # whatever a damaged file makes pydicom do
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise DicomPixelsError(
            f"{name}: it cannot be read ({reason}). Expected a whole DICOM file whose "
            "pixels agree with its header. Check the path, or fetch the file again."
        ) from error


def _name_of(source: str | os.PathLike | Dataset) -> str:
    """Return the last two parts of a path, enough to find the file again."""
    path = getattr(source, "filename", None) if isinstance(source, Dataset) else source
    if not isinstance(path, str | os.PathLike) or not os.fspath(path):
        return "DICOM data set in memory"
    return "/".join(part for part in Path(path).parts[-2:] if part != Path(path).anchor)


def _opened(source: str | os.PathLike | Dataset, **dcmread_options) -> Dataset:
    """Return the data set of a file that is DICOM and not a bomb."""
    if isinstance(source, Dataset):
        return source
    if not Path(source).is_file():
        raise FileNotFoundError("there is no such file, or it is a folder or a pipe")
    with Path(source).open("rb") as file:
        head = file.read(1024)
        if head[128:132] != b"DICM":
            raise ValueError("no DICOM file: the letters DICM are not at byte 128")
        if b"1.2.840.10008.1.2.1.99" in head:  # deflated
            file.seek(144 + int.from_bytes(head[140:144], "little"))
            engine = zlib.decompressobj(-zlib.MAX_WBITS)
            if len(engine.decompress(file.read(), LARGEST_BYTES)) == LARGEST_BYTES:
                raise ValueError(f"it inflates to more than {LARGEST_BYTES:,} bytes")
    return pydicom.dcmread(source, **dcmread_options)


def _remarks(header: Dataset) -> Iterator[str]:
    """Yield what the header says and the picture does not show."""
    if header.get("LossyImageCompression") == "01":
        yield "Lossy compression was used: the values are close, not exact."
    if any(tag in header for tag in range(0x60003000, 0x60203000, 0x20000)):
        yield "An overlay (graphics above the image) is not drawn."
    at_detector = header.get("ImagerPixelSpacing")
    if at_detector and header.get("PixelSpacing", at_detector) == at_detector:
        yield "The pixel spacing is that at the detector: the patient is magnified."
    if "JPEG 2000" in header.file_meta.TransferSyntaxUID.name:
        start = header.PixelData.find(b"\xff\x4f\xff\x51")
        stream = utils.get_j2k_parameters(header.PixelData[start:][:64])
        signed, bits = stream.get("is_signed", 0), stream.get("precision", 0)
        if signed > header.PixelRepresentation or bits > header.BitsStored:
            yield f"The JPEG 2000 stream ({stream}) contradicts the header."


def _check_claims(header: Dataset) -> None:
    """Raise where the header claims what cannot be, before anything is allocated."""
    if not any(f"{kind}PixelData" in header for kind in ("", "Float", "DoubleFloat")):
        kind = UID(header.get("SOPClassUID") or "").name or "DICOM"
        raise ValueError(f"{kind}: without pixel data, or cut off before them")
    photometric, samples = header.PhotometricInterpretation, header.SamplesPerPixel
    if samples != (1 if photometric.startswith(("MONOCHROME", "PALETTE")) else 3):
        raise ValueError(f"{photometric} with {samples} Samples Per Pixel")
    high, bits = header.get("HighBit"), header.get("BitsStored")
    if None not in (high, bits) and high != bits - 1:
        raise ValueError(f"High Bit {high} with {bits} Bits Stored is not supported")
    frames = header.get("NumberOfFrames") or 1
    if not isinstance(frames, int) or frames < 1:
        raise ValueError(f"Number of Frames is {frames!r}, not a whole number above 0")
    claimed = utils.get_expected_length(header)
    if claimed > LARGEST_BYTES:
        raise ValueError(f"{claimed:,} bytes claimed, at most {LARGEST_BYTES:,} read")


def _values(header: Dataset, stored: np.ndarray) -> tuple[np.ndarray, str]:
    """Return the values and their unit."""
    if header.PhotometricInterpretation == "PALETTE COLOR":
        return _palette_colours(header, stored), "RGB"
    if header.SamplesPerPixel == 3:
        return stored, "RGB"
    steps = _per_frame(header, "PixelValueTransformationSequence", _modality)
    unit = _unit(header, steps[0])
    if len(steps) == 1:
        return steps[0][0](stored), unit
    frames = zip(stored, steps, strict=True)
    return np.stack([apply(frame) for frame, (apply, _) in frames]), unit


def _per_frame(header: Dataset, sequence: str, find: Callable) -> tuple:
    """Return what `find` makes of each frame's item, or once for all frames.

    An item is the frame's own, else the shared one; without either it is the header.
    """
    frames = header.get("PerFrameFunctionalGroupsSequence") or [Dataset()]
    frames = frames[: header.get("NumberOfFrames") or 1]
    shared = (header.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    items = [own.get(sequence) or shared.get(sequence) or [header] for own in frames]
    return tuple(find(one[0]) for one in items)


def _modality(item: Dataset) -> _Modality:
    """Return the modality transformation of a header or a functional group."""
    if tables := item.get("ModalityLUTSequence"):
        first, entries, _ = _lookup_table(tables[0])
        unit = tables[0].get("ModalityLUTType") or "US"
        return partial(_looked_up, first=first, entries=entries), unit
    slope = _number(item, "DoseGridScaling") or _number(item, "RescaleSlope")
    intercept = 0.0 if "DoseGridScaling" in item else _number(item, "RescaleIntercept")
    if slope is None or intercept is None:
        return np.asarray, "stored value"
    if not (1e-30 < abs(slope) < 1e30 and abs(intercept) < 1e30):  # float32: 3e38
        raise ValueError(f"Rescale Slope {slope:g} with Intercept {intercept:g}")
    unit = (item.get("RescaleType") or "").upper()
    if (slope, intercept) == (1, 0) and unit in ("", "US"):  # names no unit
        return np.asarray, unit
    return partial(_rescaled, slope=slope, intercept=intercept), unit


def _rescaled(stored: np.ndarray, *, slope: float, intercept: float) -> np.ndarray:
    """Return float32, or float64 for what float32 does not hold exactly."""
    kind = np.float64 if stored.dtype.itemsize > 2 else np.float32
    return stored.astype(kind) * kind(slope) + kind(intercept)


def _unit(header: Dataset, step: _Modality) -> str:
    """Return the unit of the values.

    HU is stated only if Rescale Type says so or is absent, and for CT only if the
    rescale can reach air (-1000): that of an 8-bit copy cannot, nor one whose intercept
    was lost.
    """
    apply, unit = step
    if unit == "stored value" and header.get("Modality") != "SEG":
        return unit
    for keyword in ("SegmentationType", "DoseUnits", "Units"):
        if code := header.get(keyword):
            return UNITS.get(code, code.lower())
    is_ct = header.get("Modality") == "CT" and "BitsStored" in header
    if unit not in ("", "HU") or not is_ct:
        return unit or "US"
    lowest = np.array([-header.PixelRepresentation * 2 ** (header.BitsStored - 1)])
    is_slice = "LOCALIZER" not in (header.get("ImageType") or "")
    return "HU" if is_slice and apply(lowest)[0] <= -1000 else "US"


def _padding(header: Dataset, stored: np.ndarray) -> np.ndarray:
    """Return True where there is no image."""
    first = header.get("PixelPaddingValue")
    last = header.get("PixelPaddingRangeLimit")
    if first is None or header.SamplesPerPixel == 3:
        return np.zeros(stored.shape, bool)
    ends = np.array([first, first if last is None else last])
    low, high = sorted(ends.astype(stored.dtype))  # of the sign of the stored values
    return (stored >= low) & (stored <= high)


def _voi(item: Dataset) -> _Voi | None:
    """Return the first VOI table, or the first window; a table goes before windows."""
    if tables := item.get("VOILUTSequence"):
        first, entries, bits = _lookup_table(tables[0])
        limits = float(first), float(first + len(entries) - 1)
        entries = entries / np.float32(2**bits - 1)
        return partial(_looked_up, first=first, entries=entries), limits
    options = {"function": item.get("VOILUTFunction") or "LINEAR"}
    try:
        center, width = _number(item, "WindowCenter"), _number(item, "WindowWidth")
        if center is None and width is None:
            return None
        if center is None or width is None:
            raise ValueError(f"Its centre is {center} and its width {width}.")
        options |= {"center": center, "width": width}
        grey = partial(windowing.apply_window, **options)
        grey(np.zeros(1))
    except ValueError as error:
        warnings.warn(f"A window is ignored. {error}", stacklevel=2)
        return None
    return grey, windowing.window_limits(**options)


def _number(item: Dataset, keyword: str) -> float | None:
    """Return the (first) number of an attribute, or None where it is empty."""
    value = item.get(keyword)
    try:
        return None if value is None or value == "" else float(np.ravel(value)[0])
    except (IndexError, TypeError, ValueError) as error:
        raise ValueError(f"{keyword} is {value!r}, not a number.") from error


def _lookup_table(item: Dataset, prefix: str = "LUT") -> tuple[int, np.ndarray, int]:
    """Return first value, entries and bits of a LUT item, or of a palette's colour."""
    count, first, bits = (int(number) for number in item[f"{prefix}Descriptor"].value)
    count = count or 65536  # which 16 bits cannot hold
    data = item[f"{prefix}Data"].value
    if isinstance(data, bytes):  # two entries of 8 bits may share a word
        words = ">u2" if item.original_encoding[1] is False else "<u2"
        data = np.frombuffer(data, np.uint8 if len(data) < 2 * count else words)
    entries = np.atleast_1d(data)[:count].astype(np.uint16)
    if len(entries) < count or not 1 <= bits <= 16:
        raise ValueError(f"a {bits}-bit table with {len(entries)} of {count} entries")
    return first, entries, bits


def _looked_up(values: np.ndarray, *, first: int, entries: np.ndarray) -> np.ndarray:
    """Replace ``first + k`` by ``entries[k]``; outside, the end entries count."""
    index = np.rint(np.nan_to_num(np.asarray(values, float))) - first
    return entries[np.clip(index, 0, len(entries) - 1).astype(int)]


def _palette_colours(header: Dataset, stored: np.ndarray) -> np.ndarray:
    """Return red, green and blue: uint8 where no entry needs more, else uint16."""
    names = [f"{one}PaletteColorLookupTable" for one in ("Red", "Green", "Blue")]
    tables = [_lookup_table(header, name)[:2] for name in names]
    kind = np.uint8 if max(e.max() for _, e in tables) < 256 else np.uint16
    colours = [_looked_up(stored, first=first, entries=e) for first, e in tables]
    return np.stack(colours, axis=-1).astype(kind)
