"""Folders of four slices, one or two of them damaged, through dicom_series.

``python -m tests.helpers.mutated_series COUNT SEED FOLDER`` prints the report of
`mutated_dicom.try_all` as one line of JSON; see `fuzz_series`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from helpers.dicom_series import DicomSeriesError, list_series, read_series
from tests.helpers.mutated_dicom import (
    BYTES,
    ROOT,
    Report,
    limit_memory,
    mutated,
    try_all,
)
from tests.helpers.series_examples import example_hu, write_example

SLICES = 4
SYNTAXES = ("uncompressed", "implicit", "rle", "deflated")


class Folder:
    """A folder of four sound slices, in which one damaged file after the other lies."""

    def __init__(self, place: Path):
        self.sound: dict[str, bytes] = {}
        self.turn = 0
        self.folder = place / "series"
        for syntax in SYNTAXES:
            paths = write_example(
                place / syntax, hu=example_hu((SLICES, 8, 8)), syntax=syntax
            )
            for number, path in enumerate(paths):
                self.sound[f"{number}_{syntax}.dcm"] = path.read_bytes()
        self.folder.mkdir()
        self.kept: dict[int, bytes] = {}

    def look(self, path: Path, out: Path) -> None:
        """Put one damaged file into the folder, and read the series."""
        number = self.turn % SLICES
        before = self.kept if self.turn % 4 == 3 else {}
        self.kept = {**before, number: path.read_bytes()}
        self.turn += 1
        for other in range(SLICES):
            content = self.sound[f"{other}_uncompressed.dcm"]
            content = self.kept.get(other, content)
            (self.folder / f"{other}.dcm").write_bytes(content)
        if len(self.kept) > 1:
            self.kept = {number: self.kept[number]}
        list_series(self.folder)
        volume = read_series(self.folder, mend=("gap", "tilt"))
        assert volume.values.ndim == 3
        assert np.isfinite(volume.affine).all()
        volume.describe()


def fuzz_series(count: int = 5000, seed: int = 0) -> Report:
    """Run the damaged folders in a process of its own, with at most 1 GB more."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.helpers.mutated_series"]
        command += [str(count), str(seed), folder]
        run = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False
        )
    try:
        return Report(**json.loads(run.stdout.splitlines()[-1]))
    except (IndexError, ValueError, TypeError):
        end = run.stderr.strip()[-2000:]
        return Report(troubles=[f"the process ended ({run.returncode}): {end}"])


def main(arguments: list[str]) -> None:
    """Try all and print the report."""
    count, seed, place = int(arguments[0]), int(arguments[1]), Path(arguments[2])
    folder = Folder(place)
    limit_memory(BYTES)
    files = mutated(count, seed=seed, bases=folder.sound)
    report = try_all(folder.look, DicomSeriesError, files, place)
    print(json.dumps(report.__dict__))


if __name__ == "__main__":
    main(sys.argv[1:])
