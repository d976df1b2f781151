"""The report names what is wrong in words, and nobody's name."""

import getpass
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import environment_report as report
from helpers.quiet_start import quiet_start

GOOD = {
    "python": (3, 12),
    "backend": "tensorflow",
    "metal": False,
    "memory_gb": 8.0,
    "space_gb": 20.0,
    "data_dir": "",
    "tensorflow_error": "",
}


@pytest.fixture(autouse=True)
def _no_tensorflow(monkeypatch):
    monkeypatch.setattr(report, "_measured", lambda: dict(GOOD))


def test_good_machine_has_no_problem():
    assert report.problems() == []


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"python": (3, 10)}, ["Python 3.10", "3.11, 3.12 or 3.13", "make lab"]),
        ({"python": (3, 14)}, ["Python 3.14"]),
        ({"metal": True}, ["tensorflow-metal", "pip uninstall"]),
        ({"backend": "jax"}, ["KERAS_BACKEND is 'jax'", "Unset it"]),
        ({"tensorflow_error": "ImportError: x"}, ["ImportError: x", "make lab"]),
        ({"memory_gb": 2.0}, ["2.0 GB of memory", "3.5 GB"]),
        ({"space_gb": 0.4}, ["Only 0.4 GB", "COURSE_CACHE_DIR"]),
        ({"data_dir": "/no/such/folder"}, ["/no/such/folder", "does not exist"]),
    ],
)
def test_each_problem_says_what_is_found_and_what_to_do(facts, words):
    (problem,) = report.problems(facts)
    for word in words:
        assert word in problem


def test_several_problems_are_all_said():
    assert len(report.problems({"python": (3, 10), "memory_gb": 1.0})) == 2


def test_home_is_shortened_and_secrets_stay_out(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COURSE_DATA_URL", "https://someone:secret@mirror.example/x")
    facts = report.environment_facts()
    assert facts["COURSE_DATA_DIR"] == str(Path("~") / "data")
    assert facts["COURSE_DATA_URL"] == "set, host mirror.example"
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "gone"))
    assert report.environment_facts()["COURSE_DATA_DIR"].endswith("(does not exist)")


def test_a_container_limit_counts_as_memory(tmp_path):
    limit = tmp_path / "memory.max"
    limit.write_text("2000000000\n")
    assert report._memory_gb(str(limit)) == 2.0
    limit.write_text("max\n")
    assert report._memory_gb(str(limit)) == report._memory_gb("/no/such/file") > 2.0


def test_module_prints_a_report_to_paste():
    done = subprocess.run(
        [sys.executable, "-m", "helpers.environment_report"],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=report.PROJECT,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "```text"
    assert lines[-1] == "```"
    said = done.stdout
    for name in ("tensorflow", "devices", "cache", "COURSE_DATA_DIR", "memory"):
        assert f"\n{name} " in said
    assert "No problem found" in lines[-2] or "Problem: " in said
    assert done.stderr == ""  # TensorFlow's log lines are set aside
    user, home = getpass.getuser(), str(Path.home())
    assert len(home) < 3 or home not in said
    assert user == "root" or user not in said
    assert str(report.PROJECT) not in said


def test_quiet_start_hides_the_stream_and_gives_it_back(capfd):
    with quiet_start():
        os.write(2, b"log line of C++ code\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_quiet_start_shows_what_was_said_before_a_failure(capfd):
    def broken_import():
        with quiet_start():
            os.write(2, b"the reason\n")
            raise ImportError("broken")

    with pytest.raises(ImportError, match="broken"):
        broken_import()
    assert "the reason" in capfd.readouterr().err
