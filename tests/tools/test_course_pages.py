r"""Pages of `make course`: formulas, figures and links without a network."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nbformat
import pytest

from tests.tools.toy_course import NAME
from tools.lessons.stored_outputs import read_notebook
from tools.pages import bad_formulas, formula, index_page, lesson_page, title_of

FETCHED = {"src", "data", "poster", "srcset"}


class Fetches(HTMLParser):
    """Collect what a browser would load for a page, and the texts of pictures."""

    def __init__(self, page: str):
        super().__init__()
        self.found, self.alts = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.found += [values[key] for key in FETCHED & set(values)]
        if tag == "link":
            self.found.append(values.get("href"))
        if tag == "img":
            self.alts.append(values.get("alt"))


def page_with(*markdown: str, titles=None) -> str:
    cells = [nbformat.v4.new_markdown_cell(text) for text in markdown]
    notebook = nbformat.v4.new_notebook(cells=cells)
    return lesson_page(notebook, name="20_z", titles=titles or {"20_z": "20 Z"})


def test_a_page_fetches_nothing_draws_formulas_and_folds_the_setup(lesson):
    notebook = read_notebook(lesson.solution)
    assert title_of(notebook) == "90 Toy lesson"
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                output.metadata["image/png"]["alt"] = 'score < 0.5 & "high"'
    page = lesson_page(notebook, name=NAME, titles={NAME: "90 Toy lesson"})
    seen = Fetches(page)
    assert seen.found
    assert all(one.startswith("data:") for one in seen.found)
    assert seen.alts == ['score < 0.5 & "high"']
    assert not re.search(
        r"@import|url\(\s*['\"]?(https?:)?//|mathjax|require\.js", page
    )
    assert page.count("<math") == 1
    assert "$" not in re.sub(r"<(style|script).*?</\1>", "", page, flags=re.DOTALL)
    assert page.count("<details><summary>Setup") == 1
    folded = page.partition("<details><summary>Setup")[2].partition("</details>")[0]
    assert "use_course_style" in folded
    assert "SIDE" not in folded


def test_links_between_lessons_lead_to_pages():
    titles = {"20_z": "20 Z", "21_a": "21 A & B"}
    page = page_with("[a](21_a.ipynb#x) [b](22_b.ipynb) [c](#d)", titles=titles)
    assert 'href="21_a.html#x"' in page
    assert "22_b" not in page
    assert 'href="#d"' in page
    assert 'href="index.html"' in page
    assert "21 A &amp; B" in page


@pytest.mark.parametrize(
    ("latex", "part"),
    [
        (r"\frac{TP}{TP + FN}", "<mfrac>"),
        (r"I = I_0\, e^{-\int \mu(s)\,ds}", "&#x0222B;"),
        (r"\hat{p} \pm z \sqrt{\frac{\hat{p}(1-\hat{p})}{n}}", "<msqrt>"),
        (r"\mathrm{ReLU}\left(\sum_k \alpha_k A^k\right)", "&#x02211;"),
        (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "<mtable"),
    ],
)
def test_formula_knows_what_lessons_use(latex, part):
    assert part in formula(latex)
    assert 'display="block"' in formula(latex, display="block")


@pytest.mark.parametrize("latex", [r"\nosuchcommand{x}", r"\frac{1"])
def test_a_formula_that_cannot_be_written_is_named_and_shown_as_text(latex):
    with pytest.raises(ValueError, match="Use simpler LaTeX"):
        formula(latex)
    text = f"Good $x^2$, bad ${latex}$, code `$y$`."
    (sentence,) = bad_formulas(text)
    assert latex in sentence
    page = page_with(text)
    assert f"<code>{latex}</code>" in page
    assert page.count("<math") == 1


def test_index_page_escapes_what_lessons_print():
    one = {"name": "21_a", "title": "A", "outcome": "a < b\nc", "seconds": 3}
    page = index_page([one | {"peak_memory_mb": 9}], run="<run>")
    assert "a &lt; b<br>c" in page
    assert "<td>3</td><td>9</td>" in page
    assert "&lt;run&gt;" in page
