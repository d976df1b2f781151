"""De-identify a folder from the command line; the report goes to standard output.

python -m helpers.de_identification SOURCE DESTINATION [--characteristics]
"""

from __future__ import annotations

import argparse
import sys

from helpers.de_identification.folder import de_identify_folder
from helpers.de_identification.options import CHOICES, Options
from helpers.dicom_pixels.errors import DicomPixelsError


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 if the folder was made, 1 if not."""
    parser = argparse.ArgumentParser(prog="python -m helpers.de_identification")
    parser.add_argument("source")
    parser.add_argument("destination")
    parser.add_argument("--dates", choices=CHOICES["dates"], default="shift")
    parser.add_argument("--pixels", choices=CHOICES["pixels"], default="black out")
    parser.add_argument("--characteristics", action="store_true")
    chosen = parser.parse_args(arguments)
    options = Options(chosen.dates, chosen.characteristics, chosen.pixels)
    try:
        report = de_identify_folder(chosen.source, chosen.destination, options=options)
    except (DicomPixelsError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(report.describe())
    return 0


if __name__ == "__main__":
    sys.exit(main())
