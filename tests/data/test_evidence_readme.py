"""Every recorded measurement is listed with the command that makes it again."""

import importlib.util
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "data" / "evidence"
LISTED = (FOLDER / "README.md").read_text(encoding="utf-8")


def test_the_readme_lists_every_file_and_no_other():
    kept = {path.name for path in FOLDER.iterdir()} - {"README.md"}
    assert set(re.findall(r"`([\w.]+\.(?:csv|json|md|png))`", LISTED)) == kept


def test_each_command_names_a_module_that_exists():
    modules = set(re.findall(r"python -m ([\w.]+)", LISTED))
    assert len(modules) > 10
    assert [one for one in modules if importlib.util.find_spec(one) is None] == []
