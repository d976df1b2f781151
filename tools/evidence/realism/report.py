"""All checks in one list, and the page and the table that are written from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from tqdm.auto import tqdm

from phantoms.physics.detector import Detector
from phantoms.physics.scanners import SCANNERS, Scanner
from tools.evidence.realism.chest_checks import (
    contrast_rows,
    heart_rows,
    scatter_rows,
)
from tools.evidence.realism.grey_levels import histogram_rows, vendor_rows
from tools.evidence.realism.panel_checks import (
    coarse_pixel_noise,
    counting_variance,
    index_of_exposure,
    noise_slope,
    panel_rows,
)
from tools.evidence.realism.rows import Row, as_markdown, as_table

DATA = Path(__file__).resolve().parents[3] / "data"
PAGE = DATA / "realism.md"
TABLE = DATA / "evidence" / "insilico_realism.csv"
_PATIENTS = range(1, 13)
_HEARTS = range(1, 61)


def all_checks() -> dict[str, Callable[[], list[Row]]]:
    """Return the groups of checks by name; each is measured when called."""
    from tools.evidence.realism.ct_checks import ct_checks

    panel = Detector()
    return {
        "dose and noise": lambda: [noise_slope(panel), counting_variance(panel)],
        "panel": lambda: panel_rows(panel),
        "scatter": lambda: scatter_rows(panel, patients=_PATIENTS),
        "contrast": lambda: contrast_rows(panel, patients=_PATIENTS),
        "hearts": lambda: heart_rows(patients=_HEARTS),
        "CT": ct_checks,
        "pixel size": lambda: [coarse_pixel_noise(panel), index_of_exposure(panel)],
        "vendors": lambda: vendor_rows(patients=_PATIENTS),
        "real films": histogram_rows,
    }


def measure(*, progress: bool = True) -> list[Row]:
    """Return every row of the report; about ten seconds on one core."""
    rows: list[Row] = []
    for name, check in (bar := tqdm(all_checks().items(), disable=not progress)):
        bar.set_description(f"Realism: {name}")
        rows += check()
    return sorted(rows, key=lambda row: row.number or 99)


def _years(scanner: Scanner) -> str:
    """Return when a scanner was in use, in words."""
    if scanner.first_day:
        return f"from {scanner.first_day}"
    return f"until {scanner.last_day}" if scanner.last_day else "always"


def _scanner_facts(scanner: Scanner) -> dict[str, str]:
    """Return the physical parameters of a scanner, and what was measured on it."""
    panel = scanner.detector
    measured = {row.number: row.value for row in panel_rows(panel)}
    grid = f"{panel.grid_primary:.0%} / {panel.grid_scatter:.0%}"
    return {
        "scanner": scanner.name,
        "in use": _years(scanner),
        "beam": f"{panel.spectrum.kilovolts} kV, {panel.spectrum.filtration}",
        "mean energy, keV": f"{panel.energy_kev:g}",
        "grid lets through primary / scatter": "none" if scanner.portable else grid,
        "focus to detector, mm": f"{panel.source_mm:g}",
        "focal blur (SD), mm": f"{panel.focal_sigma_mm:.3f}",
        "target, uGy": f"{panel.target_ugy:g}",
        "element, mm": f"{panel.pitch_mm:g}",
        "solid CsI, mm": f"{panel.screen_mm:g}",
        "photons absorbed": f"{panel.absorption:.0%}",
        "electronic noise, quanta": f"{panel.electronic_quanta:g}",
        "measured MTF50, /mm": f"{measured[4]:.2f}",
        "measured DQE at 0.5/mm": f"{measured[5]:.2f}",
        "closed border shows": scanner.collimation.replace("none", "as it was read"),
    }


@lru_cache(maxsize=1)
def scanners_markdown() -> str:
    """Return the physical parameters of every scanner as a Markdown table."""
    facts = [_scanner_facts(scanner) for scanner in SCANNERS.values()]
    lines = ["| " + " | ".join(facts[0]) + " |", "|" + "---|" * len(facts[0])]
    lines += ["| " + " | ".join(row.values()) + " |" for row in facts]
    return "\n".join(lines)


def fill_in(page: str, *, name: str, text: str) -> str:
    r"""Return a page with the part between two named marks replaced.

    Examples
    --------
    >>> fill_in("a <!-- begin n -->old<!-- end n --> z", name="n", text="new")
    'a <!-- begin n -->\nnew\n<!-- end n --> z'
    """
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    if begin not in page or end not in page:
        raise ValueError(
            f"The page lacks {begin} or {end}. Put both where the part belongs."
        )
    before, rest = page.split(begin, 1)
    return f"{before}{begin}\n{text}\n{end}{rest.split(end, 1)[1]}"


def write(rows: Sequence[Row]) -> None:
    """Write the table, and put it and the scanners into the page."""
    as_table(rows).to_csv(TABLE, index=False, lineterminator="\n")
    inside = sum(row.inside for row in rows)
    checks = f"{inside} of {len(rows)} inside.\n\n{as_markdown(rows)}"
    page = fill_in(PAGE.read_text(encoding="utf-8"), name="checks", text=checks)
    page = fill_in(page, name="scanners", text=scanners_markdown())
    PAGE.write_text(page, encoding="utf-8", newline="\n")
