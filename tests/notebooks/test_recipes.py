"""Every recipe runs alone: an empty folder, a new process, no helpers."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.notebooks.lesson_material import recipe, tagged_cells, view_of

pytestmark = pytest.mark.slow

LIMIT_S = 120
WITHOUT_HELPERS = (
    "import runpy, sys; sys.modules['helpers'] = None; "
    "runpy.run_path('recipe.py', run_name='__main__')"
)


@pytest.mark.parametrize(("name", "tag"), tagged_cells("recipe"))
def test_recipe_runs_alone(name, tag, tmp_path):
    (cell,) = [one for one in view_of(name).tagged("recipe") if tag in one.tags]
    (tmp_path / "recipe.py").write_text(cell.text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-c", WITHOUT_HELPERS],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "Agg", "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip(), f"{tag} prints nothing: show what it made."


def test_the_first_window_refuses_what_is_no_number():
    window = recipe("percentile-window")["percentile_window"]
    assert window([0.0, 5.0, 10.0], 0, 100).tolist() == [0, 127, 255]
    for values in ([1.0, float("nan")], []):
        with pytest.raises(ValueError, match="finite"):
            window(values)
