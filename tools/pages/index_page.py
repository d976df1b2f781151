"""The index page of `make course`: results, times, small pictures of the figures."""

from __future__ import annotations

import base64
import csv
import html
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from tools.lessons.forms import write_atomically

PICTURES = 4
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Deep Learning in Radiology: results of this run</title>
<style>
body {{ font-family: sans-serif; line-height: 1.45; color: #1a1a1a;
       max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; vertical-align: top; padding: 0.4rem 0.8rem 0.4rem 0;
          border-bottom: 1px solid #ccc; }}
td.number, th.number {{ text-align: right; white-space: nowrap; }}
.failed {{ color: #a33a00; font-weight: bold; }}
.pictures {{ display: flex; flex-wrap: wrap; gap: 0.8rem; }}
.pictures img {{ height: 9rem; max-width: 20rem; object-fit: contain;
                 border: 1px solid #ddd; background: #fff; }}
</style>
</head>
<body>
<h1>Deep Learning in Radiology: results of this run</h1>
<p>{run}</p>
<table>
<thead><tr><th>Lesson</th><th>What came out</th><th class="number">Seconds</th>
<th class="number">Peak memory, MB</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
{pictures}
<p>For teaching, not for clinical use. The same table is in results.csv.</p>
</body>
</html>
"""


@dataclass
class LessonResult:
    """What one lesson of a run left behind.

    Attributes
    ----------
    headline : str
        What the cell tagged `headline` printed; lines separated by newlines.
    failure : str
        Empty, or the cell and its message.
    pictures : list of (file name, text alternative)
        Figures written below `figures/`.
    """

    name: str
    title: str = ""
    seconds: float = 0.0
    peak_memory_mb: int = 0
    headline: str = ""
    failure: str = ""
    pictures: list[tuple[str, str]] = field(default_factory=list)
    slowest_cell_s: float = 0.0

    @property
    def outcome(self) -> str:
        """The headline, or the failure."""
        return f"FAILED: {self.failure}" if self.failure else self.headline


def clear_old_run(out: Path) -> None:
    """Remove what an earlier run wrote; leave everything else in the folder alone."""
    out.mkdir(parents=True, exist_ok=True)
    for pattern in ("[0-9][0-9]_*.html", "[0-9][0-9]_*.ipynb"):
        for path in out.glob(pattern):
            path.unlink()
    for path in (out / "figures").glob("[0-9][0-9]_*.png"):
        path.unlink()
    for name in ("index.html", "results.csv"):
        (out / name).unlink(missing_ok=True)


def save_pictures(
    notebook: NotebookNode, folder: Path, *, name: str
) -> list[tuple[str, str]]:
    """Write every PNG figure of a notebook to `folder`; return names and alt texts."""
    folder.mkdir(parents=True, exist_ok=True)
    saved = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                file_name = f"{name}_{len(saved) + 1}.png"
                picture = base64.b64decode(output.data["image/png"])
                (folder / file_name).write_bytes(picture)
                alt = output.metadata.get("image/png", {}).get("alt", "")
                saved.append((file_name, alt))
    return saved


def index_page(results: Iterable[LessonResult], *, run: str) -> str:
    """Return the index page as HTML.

    Parameters
    ----------
    results : iterable of LessonResult
        In the order of the lessons.
    run : str
        One sentence: the cohort, the machine, the time in all.
    """
    results = list(results)
    return PAGE.format(
        run=html.escape(run),
        rows="\n".join(_row(one) for one in results),
        pictures="\n".join(_pictures(one) for one in results if one.pictures),
    )


def _row(result: LessonResult) -> str:
    outcome = "<br>".join(html.escape(line) for line in result.outcome.splitlines())
    kind = ' class="failed"' if result.failure else ""
    title = html.escape(result.title or result.name)
    return (
        f'<tr><td><a href="{result.name}.html">{title}</a></td>'
        f'<td{kind}>{outcome}</td><td class="number">{result.seconds:.0f}</td>'
        f'<td class="number">{result.peak_memory_mb}</td></tr>'
    )


def _pictures(result: LessonResult) -> str:
    shown = "\n".join(
        f'<a href="{result.name}.html"><img src="figures/{name}" alt="{text}" '
        f'title="{text}"></a>'
        for name, alt in result.pictures[:PICTURES]
        for text in [html.escape(alt, quote=True)]
    )
    title = html.escape(result.title or result.name)
    return f'<h2>{title}</h2>\n<div class="pictures">\n{shown}\n</div>'


def write_index(folder: Path, results: list[LessonResult], *, run: str) -> None:
    """Write `index.html` and `results.csv`."""
    write_atomically(folder / "index.html", index_page(results, run=run))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["lesson", "outcome", "seconds", "peak_memory_mb", "headline"])
    for one in results:
        outcome = f"failed: {one.failure}" if one.failure else "ran"
        writer.writerow(
            [one.name, outcome, round(one.seconds), one.peak_memory_mb, one.headline]
        )
    write_atomically(folder / "results.csv", text.getvalue())
