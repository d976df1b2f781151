"""The ten lines of the README run alone, and the folders that it names are there."""

import re
import subprocess
import sys
from pathlib import Path

import pydicom

import phantoms

FOLDER = Path(phantoms.__file__).parent
TEXT = (FOLDER / "README.md").read_text(encoding="utf-8")


def test_the_example_runs_in_a_fresh_process(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    said = "print(len(images), len(table), ill.shape)\n"
    run = subprocess.run(
        [sys.executable, "-c", code + said],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(FOLDER.parent)},
    )
    assert run.stdout == "30 30 (128, 128)\n", run.stderr
    assert pydicom.dcmread(tmp_path / "film.dcm").Rows == 256
    assert len(list((tmp_path / "ct").iterdir())) > 40


def test_every_folder_is_named_and_nothing_of_the_course_is_imported():
    for path in FOLDER.iterdir():
        if path.is_dir() and path.name != "__pycache__":
            assert f"`{path.name}/`" in TEXT
    for path in FOLDER.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert not re.search(
            r"^\s*(from|import) (helpers|tools|notebooks)\b", source, re.M
        )
