"""The report names what is wrong in words, and nobody's name."""

import getpass
import os
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from helpers import environment_report as report
from helpers.quiet_start import quiet_start


def python(*version):
    return SimpleNamespace(version_info=version)


@pytest.fixture(autouse=True)
def _good_machine(monkeypatch, tmp_path):
    monkeypatch.setattr(report, "_start_tensorflow", lambda: ("CPU", ""))
    monkeypatch.setattr(report, "_memory_gb", lambda: 3.5)
    monkeypatch.setattr(report, "_free_gb", lambda folder: 1.0)
    monkeypatch.setattr(report, "sys", python(3, 11, 0))
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    for name in ("KERAS_BACKEND", "COURSE_DATA_URL", "COURSE_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)


def test_a_machine_that_just_suffices_has_no_problem(monkeypatch):
    assert report.problems() == []
    monkeypatch.setattr(report, "sys", python(3, 13, 9))
    monkeypatch.delenv("COURSE_DATA_DIR")
    assert report.problems() == []
    assert "No problem found" in report._report_text()


@pytest.mark.parametrize(
    ("place", "name", "value", "words"),
    [
        (report, "sys", python(3, 10, 9), "Python .*make lab"),
        (report, "sys", python(3, 14, 0), "Python "),
        (report, "_start_tensorflow", lambda: ("", "ImportError: x"), "ImportError: x"),
        (report, "_memory_gb", lambda: 3.4, "3.4 GB of memory.*3.5"),
        (report, "_free_gb", lambda folder: 0.9, "0.9 GB.*COURSE_CACHE_DIR"),
        (report, "_version", lambda name: "1.0", "pip uninstall tensorflow-metal"),
        (os, "environ", {"KERAS_BACKEND": "jax"}, "KERAS_BACKEND is 'jax'"),
        (os, "environ", {"COURSE_DATA_DIR": "/no/such"}, "COURSE_DATA_DIR is /no/such"),
    ],
)
def test_each_problem_says_what_is_found(monkeypatch, place, name, value, words):
    monkeypatch.setattr(place, name, value)
    (problem,) = report.problems()
    assert re.search(words, problem)
    assert f"\nProblem: {problem}\n```" in report._report_text()


def test_facts_shorten_folders_and_keep_secrets_out(monkeypatch, tmp_path):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COURSE_CACHE_DIR", str(report.PROJECT / "data" / "cache"))
    monkeypatch.setenv("COURSE_DATA_URL", "https://someone:secret@mirror.example/x")
    facts = report.environment_facts()
    assert facts["COURSE_DATA_DIR"] == str(Path("~") / "data")
    assert facts["COURSE_DATA_URL"] == "host mirror.example"
    assert facts["cache"] == f"{Path('data') / 'cache'}, 1.0 GB free"
    assert (facts["memory"], facts["devices"]) == ("3.5 GB", "CPU")
    assert (facts["tensorflow"][0], facts["Keras backend"]) == ("2", "tensorflow")
    for name in ("COURSE_DATA_DIR", "COURSE_DATA_URL"):
        monkeypatch.delenv(name)
        assert report.environment_facts()[name] == "not set"
    monkeypatch.setenv("COURSE_CACHE_DIR", os.sep)
    assert report.environment_facts()["cache"].startswith(f"{os.sep}, ")
    said, user = report._report_text(), getpass.getuser()
    assert user == "root" or user not in said
    assert said.startswith("```text\ncourse  ")


# --- measured on the machine itself --------------------------------------------------

MEASURED = SimpleNamespace(
    memory=report._memory_gb, free=report._free_gb, tensorflow=report._start_tensorflow
)


def test_a_container_limit_counts_as_memory(monkeypatch, tmp_path):
    monkeypatch.setattr(report, "MEMORY_LIMIT", tmp_path / "memory.max")
    whole = MEASURED.memory()
    assert whole == report.psutil.virtual_memory().total / 1e9
    for limit, gb in (("2000000000\n", 2.0), ("max\n", whole), ("9" * 18, whole)):
        (tmp_path / "memory.max").write_text(limit)
        assert MEASURED.memory() == gb


def test_free_space_is_that_of_the_first_folder_that_is_there(monkeypatch, tmp_path):
    usage = {tmp_path: SimpleNamespace(free=5e9)}
    monkeypatch.setattr(report.shutil, "disk_usage", usage.get)
    assert MEASURED.free(tmp_path / "not" / "yet") == MEASURED.free(tmp_path) == 5.0


def test_tensorflow_is_asked_to_multiply(monkeypatch):
    devices, error = MEASURED.tensorflow.__wrapped__()
    assert devices.startswith("CPU")
    assert error == ""
    import tensorflow as tf

    monkeypatch.setattr(tf.linalg, "matmul", lambda *some: tf.constant([[7.0]]))
    assert MEASURED.tensorflow.__wrapped__()[1] == "2 x 3 came out as 7.0"
    monkeypatch.setattr(tf.linalg, "matmul", None)
    assert MEASURED.tensorflow.__wrapped__()[0] == "unknown"


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
