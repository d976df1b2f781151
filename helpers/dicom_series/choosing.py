"""Choose one series in a folder: by its UID, by attributes, without scout images."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from helpers.dicom_pixels.header import text, value_of
from helpers.dicom_pixels.reading import guarded
from helpers.dicom_series.errors import Problem, series_error
from helpers.dicom_series.examination import SeriesGeometry, examine_geometry
from helpers.dicom_series.headers import SliceHeader, files_of, read_headers

Source = str | os.PathLike | Iterable[str | os.PathLike]


def find_series(
    source: Source,
    *,
    series_uid: str | None = None,
    where: Mapping[str, object] | None = None,
) -> SeriesGeometry:
    """Return the order, spacing and problems of a series without reading its pixels.

    Parameters and errors are those of `read_series`, but that slices which do not make
    a stack are no error here: see `SeriesGeometry.problems`.
    """
    return guarded(_find, source, series_uid, where or {})[0]


def place_of(source: Source) -> Path | None:
    """Return the folder or file that a message should name."""
    return Path(source) if isinstance(source, str | os.PathLike) else None


def _find(
    source: Source, series_uid: str | None, where: Mapping[str, object]
) -> SeriesGeometry:
    """Read the headers, choose a series and examine it."""
    path = place_of(source)
    found = read_headers(files_of(source))
    if found.damaged:
        raise found.damaged[0]
    headers, passed_over = found.slices, found.passed_over
    if not headers:
        listed = ", ".join(f"{each.name}: {why}" for each, why in passed_over[:3])
        raise series_error(
            path,
            f"none of {len(passed_over)} files is a DICOM image ({listed})",
            expected="the slices of a CT, MR or PET series",
            do="Give the folder with the images; a DICOMDIR only points to them.",
        )
    chosen = _chosen(path, headers, series_uid, where)
    chosen, scouts = without_localizers(chosen)
    geometry = examine_geometry(chosen)
    problems = (*geometry.problems, *_passed_over(passed_over), *scouts)
    return replace(geometry, problems=problems)


def _chosen(
    path: Path | None,
    headers: Sequence[SliceHeader],
    series_uid: str | None,
    where: Mapping[str, object],
) -> list[SliceHeader]:
    """Return the slices of one series that have the wanted attributes."""
    wanted = dict(where)
    if series_uid is not None:
        wanted["SeriesInstanceUID"] = str(series_uid)
    chosen = [h for h in headers if all(_has(h, *pair) for pair in wanted.items())]
    if not chosen:
        raise series_error(
            path,
            f"none of {len(headers)} images has {wanted}",
            expected=f"values that occur, such as {_occurring(headers, wanted)}",
            do="list_series(folder) shows the series of a folder.",
        )
    counts: dict[str, list[SliceHeader]] = {}
    for header in chosen:
        counts.setdefault(header.series_uid, []).append(header)
    if len(counts) > 1:
        listed = [
            f"{len(members)} images of {_title(members[0])} ({uid or 'no UID'})"
            for uid, members in counts.items()
        ]
        more = f" and {len(listed) - 4} more" if len(listed) > 4 else ""
        raise series_error(
            path,
            f"there are {len(counts)} series: {'; '.join(listed[:4])}{more}",
            expected="one series",
            do="Choose with series_uid='...'; list_series(folder) shows them all.",
        )
    return chosen


def _has(header: SliceHeader, keyword: str, wanted: object) -> bool:
    """Tell whether an attribute has a value: numbers nearly, texts exactly."""
    found = value_of(header.dataset, keyword)
    if found is None:
        return False
    try:
        one, other = np.asarray(found, dtype=float), np.asarray(wanted, dtype=float)
        return one.shape == other.shape and bool(np.allclose(one, other, atol=2e-3))
    except (TypeError, ValueError):
        pass
    if isinstance(wanted, list | tuple):
        return [str(each) for each in wanted] == [str(each) for each in found]
    return str(found) == str(wanted)


def _occurring(headers: Sequence[SliceHeader], wanted: Mapping[str, object]) -> str:
    found = {str(value_of(h.dataset, key)) for h in headers[:500] for key in wanted}
    return ", ".join(sorted(found)[:4])


def _title(header: SliceHeader) -> str:
    """Return modality, number and description of a series in a few words."""
    number = header.number("SeriesNumber")
    words = [
        text(header.dataset, "Modality") or "unknown modality",
        "" if number is None else f"series {number:g}",
        text(header.dataset, "SeriesDescription")[:40],
    ]
    return " ".join(word for word in words if word)


def without_localizers(
    headers: list[SliceHeader],
) -> tuple[list[SliceHeader], list[Problem]]:
    """Set scout images aside where there are others."""
    slices = [header for header in headers if not header.is_localizer]
    scouts = [header.name for header in headers if header.is_localizer]
    if not slices or not scouts:
        return headers, []
    listed = ", ".join(scouts[:3])
    return slices, [
        Problem(
            "localizer",
            f"{len(scouts)} scout images were set aside ({listed}): they show where "
            "the scan was planned and are no slices of it.",
        )
    ]


def _passed_over(files: Sequence[tuple[Path, str]]) -> list[Problem]:
    if not files:
        return []
    listed = ", ".join(f"{path.name}: {why}" for path, why in files[:3])
    more = f" and {len(files) - 3} more" if len(files) > 3 else ""
    return [Problem("passed over", f"{len(files)} other files ({listed}{more}).")]
