r"""Pages of `make course`: formulas, figures and links without a network."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser

import nbformat
import pytest

from tests.tools.toy_course import NAME
from tools.lessons.stored_outputs import read_notebook
from tools.pages import bad_formulas, formula, index_page, lesson_page, title_of

FETCHED = {"src", "data", "poster", "srcset"}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class Fetches(HTMLParser):
    """Collect what a browser would load for a page, and the texts of pictures."""

    def __init__(self):
        super().__init__()
        self.found, self.alts = [], []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.found += [values[key] for key in FETCHED & set(values)]
        if tag == "link":
            self.found.append(values.get("href"))
        if tag == "img":
            self.alts.append(values.get("alt"))


def page_of(lesson) -> str:
    notebook = read_notebook(lesson.solution)
    return lesson_page(notebook, name=NAME, titles={NAME: "90 Toy lesson"})


def test_a_page_fetches_nothing(lesson):
    page = page_of(lesson)
    seen = Fetches()
    seen.feed(page)
    assert seen.found
    assert all(one.startswith("data:") for one in seen.found)
    assert "@import" not in page
    assert not re.search(r"url\(\s*['\"]?(https?:)?//", page)
    assert "mathjax" not in page.lower()
    assert "require.js" not in page.lower()


def test_a_page_keeps_the_text_alternative_of_each_figure(lesson):
    seen = Fetches()
    seen.feed(page_of(lesson))
    wanted = "Two grey patches; the second has a bright square in one corner."
    assert seen.alts == [wanted]


def test_a_page_escapes_the_text_alternative(lesson):
    notebook = read_notebook(lesson.solution)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                output.metadata["image/png"]["alt"] = 'score < 0.5 & "high"'
    page = lesson_page(notebook, name=NAME, titles={NAME: "Toy"})
    seen = Fetches()
    seen.feed(page)
    assert seen.alts == ['score < 0.5 & "high"']


def test_a_page_writes_formulas_as_mathml(lesson):
    page = page_of(lesson)
    assert page.count("<math") == 1
    assert "\\frac" not in page
    assert "$" not in re.sub(r"<(style|script).*?</\1>", "", page, flags=re.DOTALL)


def test_a_page_folds_the_setup_cell_and_no_other(lesson):
    page = page_of(lesson)
    assert page.count("<details><summary>Setup") == 1
    folded = page.partition("<details><summary>Setup")[2].partition("</details>")
    assert "use_course_style" in folded[0]
    assert "SIDE" not in folded[0]


def test_links_between_lessons_lead_to_pages():
    cell = nbformat.v4.new_markdown_cell("[a](21_a.ipynb#x) [b](22_b.ipynb) [c](#d)")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    page = lesson_page(
        notebook, name="20_z", titles={"20_z": "20 Z", "21_a": "21 A & B"}
    )
    assert 'href="21_a.html#x"' in page
    assert "22_b" not in page
    assert 'href="#d"' in page
    assert 'href="index.html"' in page
    assert "21 A &amp; B" in page


@pytest.mark.parametrize(
    ("latex", "parts"),
    [
        (r"\frac{TP}{TP + FN}", ["<mfrac>"]),
        (r"I = I_0\, e^{-\int \mu(s)\,ds}", ["<msub>", "<msup>", "&#x0222B;"]),
        (r"\hat{p} \pm z \sqrt{\frac{\hat{p}(1-\hat{p})}{n}}", ["<msqrt>", "<mover"]),
        (r"\mathrm{ReLU}\left(\sum_k \alpha_k A^k\right)", ["&#x02211;"]),
        (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", ["<mtable", "<mtr"]),
    ],
)
def test_formula_knows_what_lessons_use(latex, parts):
    drawn = formula(latex)
    assert all(part in drawn for part in parts), drawn


@pytest.mark.parametrize("latex", [r"\nosuchcommand{x}", r"\frac{1"])
def test_formula_refuses_what_it_cannot_write(latex):
    with pytest.raises(ValueError, match="Use simpler LaTeX"):
        formula(latex)


def test_bad_formulas_are_listed_and_shown_as_text():
    text = "Good $x^2$ and bad $\\nosuchcommand{x}$."
    (sentence,) = bad_formulas(text)
    assert "nosuchcommand" in sentence
    cell = nbformat.v4.new_markdown_cell(text)
    notebook = nbformat.v4.new_notebook(cells=[cell])
    page = lesson_page(notebook, name="20_z", titles={"20_z": "20 Z"})
    assert "<code>\\nosuchcommand{x}</code>" in page


def test_title_of_takes_the_first_heading(lesson):
    notebook = read_notebook(lesson.solution)
    assert title_of(notebook, name=NAME) == "90 Toy lesson"
    empty = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("# a comment")])
    assert title_of(empty, name="21_first_network") == "21 first network"


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_a_browser_without_network_draws_formula_and_figure(lesson, tmp_path):
    script = (
        "<script>onload = () => {"
        "const m = document.querySelector('math mfrac').getBoundingClientRect();"
        "const i = document.querySelector('img');"
        "document.title = [m.height > 8, i.complete, i.naturalWidth > 100,"
        " document.fonts.status].join(' '); }</script>"
    )
    path = tmp_path / "page.html"
    path.write_text(page_of(lesson).replace("</body>", f"{script}</body>"))
    done = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "<title>true true true loaded</title>" in done.stdout


def test_index_page_escapes_what_lessons_print():
    one = {"name": "21_a", "title": "A", "outcome": "a < b\nc", "seconds": 3.2}
    page = index_page([one | {"peak_memory_mb": 9}], run="<run>")
    assert "a &lt; b<br>c" in page
    assert "<td>3</td>" in page
    assert "&lt;run&gt;" in page
