"""Preflight: each thing that can be wrong with a machine, put in front of it."""

import ast
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tools"))  # as when make runs tools/set_up.py

import preflight  # noqa: E402


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (((3, 11, 0), "CPython", False), None),
        (((3, 13, 9), "CPython", False), None),
        (((3, 10, 13), "CPython", False), "Python 3.10.13 is too old"),
        (((3, 14, 0), "CPython", False), "Python 3.14.0 is too new"),
        (((3, 11, 9), "PyPy", False), "This is PyPy 3.11.9"),
        (((3, 13, 1), "CPython", True), "free-threaded"),
    ],
)
def test_python_must_be_a_supported_one(facts, words):
    said = preflight.check_python(*facts)
    assert said is None if words is None else words in said
    assert said is None or "PYTHON=python3.12" in said


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (("Darwin", "arm64", "cpython-312-darwin", False), None),
        (("Linux", "x86_64", "cpython-311-x86_64-linux-gnu", False), None),
        (("Linux", "aarch64", "cpython-311-aarch64-linux-gnu", False), None),
        (("Windows", "AMD64", "cp311-win_amd64", False), None),
        (("Darwin", "x86_64", "cpython-311-darwin", False), "Intel processor"),
        (("Darwin", "x86_64", "cpython-311-darwin", True), "Rosetta"),
        (("Linux", "x86_64", "cpython-311-x86_64-linux-musl", False), "musl"),
        (("Windows", "ARM64", "cp311-win_arm64", False), "WSL 2"),
    ],
)
def test_tensorflow_must_exist_for_the_system(facts, words):
    said = preflight.check_system(*facts)
    assert said is None if words is None else words in said


def test_32_bit_and_old_macos_are_refused():
    assert "32-bit program" in preflight.check_bits(32)
    assert preflight.check_bits(64) is None
    assert "macOS 11.7.10; TensorFlow needs macOS 12" in preflight.check_macos(
        "11.7.10"
    )
    assert preflight.check_macos("12.0") is None
    assert preflight.check_macos("") is None  # another system


def test_avx_is_asked_of_intel_and_amd_only_and_unknown_is_good():
    assert "AVX" in preflight.check_avx("x86_64", ["sse4_1", "sse4_2"])
    assert preflight.check_avx("AMD64", ["sse4_2", "avx2"]) is None
    assert preflight.check_avx("arm64", ["neon"]) is None
    assert preflight.check_avx("x86_64", []) is None


def test_processor_features_are_read_from_cpuinfo(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nflags\t\t: fpu SSE2 avx\nbugs\t\t:\n")
    assert preflight.processor_features(str(cpuinfo)) == ["fpu", "sse2", "avx"]
    assert preflight.processor_features(str(tmp_path / "none")) == []


def test_space_names_what_is_free_and_what_is_needed(tmp_path):
    assert preflight.check_space(tmp_path, free_gb=5.0) is None
    said = preflight.check_space(tmp_path, free_gb=4.94)
    assert "4.9 GB are free" in said
    assert "needs 5 GB" in said
    # an environment that will be replaced gives its space back
    assert preflight.check_space(tmp_path, free_gb=2.6, installed=True) is None
    assert "needs 2.5 GB" in preflight.check_space(tmp_path, 2.4, installed=True)


def test_missing_venv_names_the_package_of_this_python(monkeypatch):
    assert preflight.check_venv() is None
    missing = lambda name: None if name == "ensurepip" else name  # noqa: E731
    monkeypatch.setattr(preflight.importlib.util, "find_spec", missing)
    assert "python3.12-venv" in preflight.check_venv((3, 12))


def test_no_network_says_what_the_installer_said():
    problem = preflight.no_network("a==1", "trying\nERROR: no route\n")
    assert "pip said: ERROR: no route" in problem
    assert "HTTPS_PROXY" in problem
    assert "no answer" in preflight.no_network("a==1", "")


def test_a_call_that_hangs_or_is_missing_is_no_answer(monkeypatch):
    monkeypatch.setattr(preflight, "CALL_LIMIT_S", 0.2)
    sleeper = [sys.executable, "-c", "import time; time.sleep(30)"]
    assert preflight.call(sleeper) == (False, "no answer within 0.2 seconds")
    succeeded, said = preflight.call(["no-such-program-here"])
    assert not succeeded
    assert "no-such-program-here" in said


def test_this_machine_runs_the_course():
    # the tests run, so a complaint of the preflight here would be a false alarm
    assert preflight.problems_of_machine(str(PROJECT), installed=True) == []


@pytest.mark.parametrize("name", ["preflight.py", "set_up.py"])
def test_an_old_python_can_read_the_file_without_a_package(name):
    tree = ast.parse((PROJECT / "tools" / name).read_text(), feature_version=(3, 6))
    nodes = list(ast.walk(tree))
    called = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    assert not called & {"removeprefix", "removesuffix", "is_relative_to"}
    keywords = {node.arg for node in nodes if isinstance(node, ast.keyword)}
    assert not keywords & {"capture_output", "text", "missing_ok"}
    imports = [node for node in nodes if isinstance(node, ast.Import)]
    names = {one.name.split(".")[0] for node in imports for one in node.names}
    assert names <= set(sys.stdlib_module_names) | {"preflight"}
