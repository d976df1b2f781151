"""The pages of `make course`, which work without a network.

nbconvert's page fetches MathJax and require.js from the web. Here nothing is fetched:
every formula is written as MathML, which browsers draw by themselves, and each figure
keeps its text alternative.
"""

from __future__ import annotations

import copy
import html
import re

from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbformat import NotebookNode

TEMPLATE = """{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
{%- block jupyter_widgets -%}{%- endblock -%}
{%- block html_head_css -%}
<style>
main { max-width: 62rem; margin: 0 auto; }
nav, details { font-family: sans-serif; padding: 0.8rem 1rem; }
.jp-RenderedImage img { max-width: 100%; height: auto; }
</style>
{%- endblock -%}
{%- block body_header -%}
{{ super() }}<nav aria-label="lessons">{{ resources.way }}</nav>
{%- endblock -%}
{%- block input_group -%}
{%- if "setup" in cell.metadata.get("tags", []) -%}
<details><summary>Setup: imports and plot style</summary>{{ super() }}</details>
{%- else -%}{{ super() }}{%- endif -%}
{%- endblock -%}
{%- block data_png -%}
<div class="jp-RenderedImage jp-OutputArea-output {{ extra_class }}">
<img src="data:image/png;base64,{{ output.data['image/png'] | escape_html }}"
 alt="{{ ((output | get_metadata('alt', 'image/png')) or '') | e }}">
</div>
{%- endblock data_png -%}
"""
INDEX = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Deep Learning in Radiology: results of this run</title>
<style>
body {{ font-family: sans-serif; max-width: 68rem; margin: 2rem auto; }}
th, td {{ text-align: left; vertical-align: top; padding: 0.4rem 0.8rem; }}
</style>
<h1>Deep Learning in Radiology: results of this run</h1>
<p>{run}</p>
<table>
<tr><th>Lesson</th><th>What came out</th><th>Seconds</th><th>Peak memory, MB</th></tr>
{rows}
</table>
<p>For teaching, not for clinical use. The same table is in results.csv.</p>
</html>
"""
FORMULA = re.compile(
    r"```.*?```|`[^`\n]*`|\$\$(?P<block>.+?)\$\$|\$(?P<inline>[^$\n]+)\$", re.S
)
LESSON_LINK = re.compile(r"\[([^\]]*)\]\((\d\d_\w+)\.ipynb(#[^)]*)?\)")


def formula(latex: str, *, display: str = "inline") -> str:
    """Return a LaTeX formula as MathML.

    Parameters
    ----------
    latex : str
        Without dollar signs.
    display : {"inline", "block"}
        In the line, or centred on its own.

    Raises
    ------
    ValueError
        If it holds a command or an environment that MathML does not know.

    Examples
    --------
    >>> formula("a_i").startswith("<math")
    True
    """
    text = latex.strip().replace("{aligned}", "{align*}").replace("{align}", "{align*}")
    bare = re.sub(r"\\\\|\\[{}]", "", text)
    try:
        drawn = convert(text, display=display)
    except Exception as error:  # the converter raises a dozen kinds
        drawn = f"<mi>\\{type(error).__name__}</mi>"
    unknown = re.search(r"<m\w+[^>]*>\s*(\\[A-Za-z]+|&)\s*</m", drawn)
    if unknown or bare.count("{") != bare.count("}"):
        raise ValueError(
            f"The formula '{latex.strip()}' cannot be written as MathML. Use simpler "
            "LaTeX."
        )
    return drawn.replace("\n", " ")


def bad_formulas(markdown: str) -> list[str]:
    """Return a sentence for each formula of a text that has no MathML form."""
    found = []
    for match in FORMULA.finditer(markdown):
        try:
            formula(match["block"] or match["inline"] or "x")
        except ValueError as error:
            found.append(str(error))
    return found


def _drawn(match: re.Match) -> str:
    """Return MathML for a formula; code, and what cannot be drawn, stays as it is."""
    latex = match["block"] or match["inline"]
    try:
        display = "block" if match["block"] else "inline"
        return formula(latex, display=display) if latex else match[0]
    except ValueError:
        return f"`{latex.strip()}`"


def lesson_page(notebook: NotebookNode, *, name: str, titles: dict[str, str]) -> str:
    """Return the HTML page of an executed lesson.

    Parameters
    ----------
    notebook : NotebookNode
        With outputs.
    name : str
        Of this lesson, for the title and the way to its neighbours.
    titles : dict
        Title of every lesson in this export, in order, by its name; links to other
        lessons become plain text.
    """

    def linked(match: re.Match) -> str:
        text, to, place = match.groups()
        return f"[{text}]({to}.html{place or ''})" if to in titles else text

    page = copy.deepcopy(notebook)
    for cell in page.cells:
        if cell.cell_type == "markdown":
            drawn = FORMULA.sub(_drawn, cell.source)
            cell["source"] = LESSON_LINK.sub(linked, drawn)
    shown = {"index": "All lessons", **titles}
    way = " | ".join(
        f'<a href="{to}.html">{html.escape(title)}</a>'
        for to, title in shown.items()
        if to != name
    )
    resources = {"metadata": {"name": titles[name]}, "way": way, "language_code": "en"}
    exporter = HTMLExporter(raw_template=TEMPLATE)
    return exporter.from_notebook_node(page, resources=resources)[0]


def title_of(notebook: NotebookNode) -> str:
    """Return the first heading of a lesson."""
    prose = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    titles = re.findall(r"^# +(.*\S)", prose, re.M)
    return titles[0] if titles else "Untitled"


def index_page(results: list[dict], *, run: str) -> str:
    """Return the page with what came out of each lesson.

    Parameters
    ----------
    results : list of dict
        With the keys name, title, outcome, seconds and peak_memory_mb.
    run : str
        One sentence: the cohort, the machine, the time in all.
    """
    rows = [
        f'<tr><td><a href="{one["name"]}.html">{html.escape(one["title"])}</a></td>'
        f"<td>{html.escape(one['outcome']).replace(chr(10), '<br>')}</td>"
        f"<td>{one['seconds']}</td><td>{one['peak_memory_mb']}</td></tr>"
        for one in results
    ]
    return INDEX.format(run=html.escape(run), rows="\n".join(rows))
