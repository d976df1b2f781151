"""Say of every series in a folder whether it is a volume, and what is wrong with it.

::

    python -m helpers.dicom_series FOLDER
"""

from __future__ import annotations

import sys
import textwrap

from helpers.dicom_series.errors import DicomSeriesError
from helpers.dicom_series.listing import list_series


def main(arguments: list[str]) -> int:
    """Print the series of one folder; 2 if called wrongly, 1 if it is refused."""
    if len(arguments) != 1:
        print("Usage: python -m helpers.dicom_series FOLDER", file=sys.stderr)
        return 2
    try:
        table = list_series(arguments[0])
    except DicomSeriesError as error:
        print(textwrap.fill(str(error), 88), file=sys.stderr)
        return 1
    for row in table.itertuples():
        apart = f", {row.spacing_mm:.2f} mm apart" if row.spacing_mm > 0 else ""
        print(
            f"{row.modality or 'unknown'} {row.description or 'series'} "
            f"...{row.series_uid[-8:]}: {row.images} images of "
            f"{row.rows} x {row.columns}{apart}; "
            + ("a volume" if row.volume else "no volume")
        )
        for problem in row.problems:
            print(textwrap.indent(textwrap.fill(str(problem), 84), "    "))
    for line in table.attrs["damaged"]:
        print(textwrap.fill(f"DAMAGED {line}", 88, subsequent_indent="    "))
    for line in table.attrs["passed_over"]:
        print(f"Passed over: {line}.")
    volumes = int(table.volume.sum())
    print(f"{volumes} of {len(table)} series can be read as a volume.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
