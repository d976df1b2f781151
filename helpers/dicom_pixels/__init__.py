"""Read any DICOM image into values with a unit and a display range.

`read_pixels` takes one file, single- or multi-frame, compressed or not, and returns
`DicomPixels`: values in a stated unit (HU only where the header says so), the range to
display, the polarity. What it cannot read it refuses with one paragraph; it never
guesses silently, and every liberty it took is in `DicomPixels.notes`.

The steps: `reading` (file to header), `layout`, `codestreams` and `decoding` (header to
stored values), `lookup_tables`, `values` and `units` (stored values to values), `image`
(all together). `read_each` does it for many files, compressed ones on every core.
``python -m helpers.dicom_pixels.report FOLDER`` looks at a whole set.
"""

from helpers.dicom_pixels.errors import DicomPixelsError
from helpers.dicom_pixels.image import DicomPixels, read_pixels
from helpers.dicom_pixels.many_files import read_each
from helpers.dicom_pixels.reading import open_dataset as _open_dataset

__all__ = [
    "DicomPixels",
    "DicomPixelsError",
    "open_dataset",
    "read_each",
    "read_pixels",
]


def open_dataset(source):
    """Return the data set of a file, or pass one through."""
    return _open_dataset(source, max_bytes=2**31)[0]
