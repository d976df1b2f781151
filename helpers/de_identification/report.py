"""What a de-identification did, what it left, and what nobody has looked at."""

from __future__ import annotations

import os
import textwrap
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from helpers.de_identification.linkage import class_sizes
from helpers.de_identification.options import Options
from helpers.de_identification.records import FileRecord
from helpers.files import written_whole

REFUSALS = {
    "same image": "the same image twice",
    "text is suspected": "text suspected in the pixels, held back",
    "Burned In Annotation is YES": "text announced by the header and not found",
    "no pixel data": "no image: a report, a plan, a list or the like",
    "DICOMDIR": "no image: a report, a plan, a list or the like",
    "not a DICOM file": "no DICOM file",
    "is empty": "no DICOM file",
}
WIDTH = 88
QUASI_IDENTIFIERS = ["age", "sex", "modality", "body part", "model"]


@dataclass(frozen=True)
class Report:
    """The residual-risk report of one delivery.

    Attributes
    ----------
    records : tuple of FileRecord
        One for each file that was delivered.
    refused : dict
        Path of each original that was left out, and why. For the owner of the
        originals only: paths and reasons may name patients.
    options : Options
    """

    records: tuple[FileRecord, ...]
    refused: dict[str, str]
    options: Options

    @property
    def done(self) -> Counter:
        """Count what was done: "keyword: what" to number of elements."""
        total: Counter = Counter()
        for record in self.records:
            total.update(record.done)
        return total

    def table(self) -> pd.DataFrame:
        """Return one row per delivered file: name, what it still tells, warnings."""
        rows = [
            {"file": record.name}
            | record.facts
            | {
                "text boxes": record.boxes,
                "frames": record.frames,
                "frames looked at": record.looked_at,
                "warnings": "; ".join(record.warnings),
            }
            for record in self.records
        ]
        return pd.DataFrame(rows)

    def patients(self) -> pd.DataFrame:
        """Return one row per patient: what the files tell, and how many share it.

        Returns
        -------
        DataFrame
            Index: pseudonym. Columns: the quasi-identifiers, number of studies, and
            `alike`: patients of this delivery with the same values, itself included.
        """
        table = self.table()
        rows = table.groupby("patient").agg(
            {
                name: lambda column: "/".join(sorted(set(column)))
                for name in QUASI_IDENTIFIERS
            }
            | {"study": "nunique"}
        )
        rows = rows.rename(columns={"study": "studies"})
        return rows.assign(alike=class_sizes(rows, [*QUASI_IDENTIFIERS, "studies"]))

    def describe(self) -> str:
        """Return the report in words; it names pseudonyms and keywords only."""
        sections = [
            ("Delivered", self._delivered()),
            ("Changed", self._changed()),
            ("Kept", self._kept()),
            ("Unique", self._unique()),
            ("Pixels", self._pixels()),
            ("Look at", self._warnings()),
            ("Left out", self._left_out()),
            ("Not looked at", self._not_looked_at()),
        ]
        return "\n".join(
            textwrap.fill(
                f"{title}: {text}",
                WIDTH,
                subsequent_indent="    ",
                break_long_words=False,
            )
            for title, text in sections
        )

    def write(self, path: str | os.PathLike) -> Path:
        """Write the report and the table of files (beside it, as CSV); whole or not."""
        path = Path(path)
        with written_whole(path) as part:
            part.write_text(self.describe() + "\n", encoding="utf-8")
        with written_whole(path.with_suffix(".csv")) as part:
            self.table().to_csv(part, index=False, lineterminator="\n")
        return path

    def _delivered(self) -> str:
        studies = {record.facts["study"] for record in self.records}
        people = {record.facts["patient"] for record in self.records}
        return (
            f"{len(self.records)} files of {len(people)} patients, "
            f"{len(studies)} studies."
        )

    def _changed(self) -> str:
        counts: Counter = Counter()
        for name, number in self.done.items():
            counts[name.rpartition(": ")[2]] += number
        parts = [f"{number} {what}" for what, number in sorted(counts.items())]
        echoes = self.done["echoes of the patient: replaced"]
        tail = f" {echoes} of them repeated the patient elsewhere." if echoes else ""
        return f"elements {', '.join(parts)}.{tail}"

    def _kept(self) -> str:
        texts = sorted({name for record in self.records for name in record.free_text})
        dates = (
            "intervals between dates"
            if self.options.dates == "shift"
            else "no dates and no intervals"
        )
        people = "sex, age, size, weight" if self.options.characteristics else "no age"
        return f"{dates}; {people}; free text in {', '.join(texts) or 'nothing'}."

    def _unique(self) -> str:
        patients = self.patients()
        alone = int((patients["alike"] == 1).sum())
        return (
            f"{alone} of {len(patients)} patients share {', '.join(QUASI_IDENTIFIERS)} "
            "and number of studies with nobody else in this delivery (k = 1)."
        )

    def _pixels(self) -> str:
        found = [record for record in self.records if record.boxes]
        if self.options.pixels == "leave":
            return "nobody and nothing has looked at them."
        return (
            f"text suspected and blackened in {len(found)} files "
            f"({sum(record.boxes for record in found)} places). The search misses "
            "faint, small, vertical, joined and handwritten text: look at the sheet."
        )

    def _warnings(self) -> str:
        counts = Counter(text for record in self.records for text in record.warnings)
        lines = [f"{number} files: {text}" for text, number in sorted(counts.items())]
        return "; ".join(lines) + "." if lines else "nothing in particular."

    def _left_out(self) -> str:
        counts: Counter = Counter()
        for why in self.refused.values():
            short = next((REFUSALS[key] for key in REFUSALS if key in why), None)
            counts[short or "damaged or not decodable"] += 1
        parts = [f"{number} {why}" for why, number in sorted(counts.items())]
        return f"{'; '.join(parts) or '0 files'}."

    def _not_looked_at(self) -> str:
        frames = sum(record.frames - record.looked_at for record in self.records)
        return (
            f"{frames} frames; faces and anatomy, by which a person can be recognised; "
            "whether an outside list tells who these patients are."
        )
