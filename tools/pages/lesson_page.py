r"""Turn an executed lesson into one HTML page that works without a network.

nbconvert's page fetches MathJax and require.js from the web. Here nothing is fetched:
every formula is written as MathML, which browsers draw by themselves, and each figure
keeps its text alternative.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection

from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

TEMPLATE = """{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
{%- block jupyter_widgets -%}{%- endblock -%}
{%- block html_head_css -%}
<style>
main { max-width: 62rem; margin: 0 auto; }
.course-way { font-family: sans-serif; font-size: 0.9rem; padding: 0.8rem 1rem; }
.course-way a { margin-right: 1.5rem; }
.course-setup { margin-left: 5rem; color: #555; font-family: sans-serif; }
math { font-size: 1.1em; }
math[display="block"] { margin: 0.8em 0; }
.jp-RenderedImage img { max-width: 100%; height: auto; }
</style>
{%- endblock -%}
{%- block body_header -%}
{{ super() }}
<nav class="course-way" aria-label="lessons">{{ resources.course_way }}</nav>
{%- endblock -%}
{%- block input_group -%}
{%- if "setup" in cell.metadata.get("tags", []) -%}
<details class="course-setup"><summary>Setup: imports and plot style</summary>
{{ super() }}</details>
{%- else -%}{{ super() }}{%- endif -%}
{%- endblock -%}
{%- block data_png -%}
<div class="jp-RenderedImage jp-OutputArea-output {{ extra_class }}">
<img src="data:image/png;base64,{{ output.data['image/png'] | escape_html }}"
 alt="{{ ((output | get_metadata('alt', 'image/png')) or '') | e }}">
</div>
{%- endblock data_png -%}
"""
LESSON_LINK = re.compile(r"^(\d\d_\w+)\.ipynb(#.*)?$")
ENVIRONMENTS = {"aligned": "align*", "align": "align*", "equation": None}


class FormulaError(ValueError):
    """A formula that cannot be written as MathML."""


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
    FormulaError
        If the converter does not know a command or an environment in it.

    Examples
    --------
    >>> formula("a_i").startswith("<math")
    True
    """
    text = latex.strip()
    for name, other in ENVIRONMENTS.items():
        for word in ("begin", "end"):
            new = f"\\{word}{{{other}}}" if other else ""
            text = text.replace(f"\\{word}{{{name}}}", new)
    bare = re.sub(r"\\\\|\\[{}]", "", text)
    try:
        if bare.count("{") != bare.count("}"):
            raise FormulaError("braces that do not match")
        drawn = convert(text, display=display)
    except Exception as error:  # the converter raises a dozen kinds
        raise FormulaError(
            f"The formula '{latex.strip()}' cannot be written as MathML "
            f"({type(error).__name__}). Use simpler LaTeX."
        ) from error
    if re.search(r"<m\w+[^>]*>\s*(\\[A-Za-z]+|&)\s*</m", drawn):
        raise FormulaError(
            f"The formula '{latex.strip()}' holds a LaTeX command that MathML does not "
            "know. Use simpler LaTeX."
        )
    return drawn


class _PageRenderer(IPythonRenderer):
    """Markdown with MathML formulas and links that stay inside the export."""

    def __init__(self, lessons: Collection[str]):
        super().__init__(escape=False, exclude_anchor_links=True)
        self._lessons = lessons

        self.bad_formulas: list[str] = []

    def inline_math(self, body: str) -> str:
        return self._formula(body, "inline")

    def block_math(self, body: str) -> str:
        return self._formula(body, "block")

    def latex_environment(self, name: str, body: str) -> str:
        return self._formula(f"\\begin{{{name}}}{body}\\end{{{name}}}", "block")

    def _formula(self, latex: str, display: str) -> str:
        """Return MathML, or the LaTeX itself where that cannot be had."""
        try:
            return formula(latex, display=display)
        except FormulaError as error:
            self.bad_formulas.append(str(error))
            return f"<code>{html.escape(latex.strip())}</code>"

    def link(self, text: str, url: str, title: str | None = None) -> str:
        match = LESSON_LINK.match(url)
        if not match:
            return super().link(text, url, title)
        if match[1] not in self._lessons:
            return text
        return super().link(text, f"{match[1]}.html{match[2] or ''}", title)


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
    exporter = HTMLExporter(raw_template=TEMPLATE)
    exporter.register_filter("markdown2html", _markdown_filter(titles))
    resources = {
        "metadata": {"name": titles[name]},
        "course_way": _way(name, titles),
        "language_code": "en",
    }
    page, _ = exporter.from_notebook_node(notebook, resources=resources)
    return page


def _markdown_filter(lessons: Collection[str]):
    """Return a filter that nbconvert's templates can call."""

    def convert_markdown(source: str) -> str:
        return MarkdownWithMath(renderer=_PageRenderer(lessons)).render(source)

    return convert_markdown


def bad_formulas(markdown: str) -> list[str]:
    """Return a sentence for each formula of a text that has no MathML form."""
    renderer = _PageRenderer(())
    MarkdownWithMath(renderer=renderer).render(markdown)
    return renderer.bad_formulas


def title_of(notebook: NotebookNode, *, name: str) -> str:
    """Return the first heading of a lesson, or its name in words."""
    for cell in notebook.cells:
        match = re.match(r"# +(.+)", cell.source)
        if cell.cell_type == "markdown" and match:
            return match[1].strip()
    return name.replace("_", " ")


def _way(name: str, titles: dict[str, str]) -> str:
    """Return links to the index, the lesson before and the one after."""
    lessons = list(titles)
    place = lessons.index(name)
    links = [("index", "All lessons")]
    if place > 0:
        links.append((lessons[place - 1], f"Before: {titles[lessons[place - 1]]}"))
    if place + 1 < len(lessons):
        links.append((lessons[place + 1], f"Next: {titles[lessons[place + 1]]}"))
    return "".join(f'<a href="{to}.html">{html.escape(text)}</a>' for to, text in links)
