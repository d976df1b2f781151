"""Preflight: each thing that can be wrong with a machine, put in front of it."""

import ast
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tools"))  # as when make runs tools/set_up.py

import preflight  # noqa: E402


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 4), (3, 13, 9)])
def test_supported_python_is_no_problem(version):
    assert preflight.check_python(version, "CPython", False) is None


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (((3, 10, 13), "CPython", False), "Python 3.10.13 is too old"),
        (((3, 14, 0), "CPython", False), "Python 3.14.0 is too new"),
        (((3, 11, 9), "PyPy", False), "This is PyPy 3.11.9"),
        (((3, 13, 1), "CPython", True), "free-threaded"),
    ],
)
def test_wrong_python_says_what_to_do(facts, words):
    said = preflight.check_python(*facts)
    assert words in said
    assert "PYTHON=python3.12" in said


def test_32_bit():
    assert "32-bit program" in preflight.check_bits(32)
    assert preflight.check_bits(64) is None


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (("Darwin", "x86_64", "cpython-311-darwin", False), "Intel processor"),
        (("Darwin", "x86_64", "cpython-311-darwin", True), "Rosetta"),
        (("Linux", "x86_64", "cpython-311-x86_64-linux-musl", False), "musl"),
        (("Windows", "ARM64", "cp311-win_arm64", False), "WSL 2"),
    ],
)
def test_systems_without_tensorflow(facts, words):
    assert words in preflight.check_system(*facts)


@pytest.mark.parametrize(
    "facts",
    [
        ("Darwin", "arm64", "cpython-312-darwin", False),
        ("Linux", "x86_64", "cpython-311-x86_64-linux-gnu", False),
        ("Linux", "aarch64", "cpython-311-aarch64-linux-gnu", False),
        ("Windows", "AMD64", "cp311-win_amd64", False),
    ],
)
def test_systems_with_tensorflow(facts):
    assert preflight.check_system(*facts) is None


def test_macos_must_be_12_or_newer():
    assert "macOS 11.7.10; TensorFlow needs macOS 12" in preflight.check_macos(
        "11.7.10"
    )
    assert "macOS 10.16" in preflight.check_macos("10.16")
    assert preflight.check_macos("12.0") is None
    assert preflight.check_macos("") is None  # another system


def test_avx_is_asked_of_intel_and_amd_only_and_unknown_is_good():
    assert "AVX" in preflight.check_avx("x86_64", ["sse4_1", "sse4_2"])
    assert preflight.check_avx("AMD64", ["sse4_2", "avx2"]) is None
    assert preflight.check_avx("x86_64", ["avx1.0"]) is None
    assert preflight.check_avx("arm64", ["neon"]) is None
    assert preflight.check_avx("x86_64", []) is None


def test_processor_features_are_read_from_cpuinfo(tmp_path, monkeypatch):
    monkeypatch.setattr(preflight.platform, "system", lambda: "Linux")
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nflags\t\t: fpu SSE2 avx\nbugs\t\t:\n")
    assert preflight.processor_features(str(cpuinfo)) == ["fpu", "sse2", "avx"]
    assert preflight.processor_features(str(tmp_path / "none")) == []


def test_metal_is_looked_for_on_macs_only(tmp_path):
    folder = tmp_path / "site-packages"
    folder.mkdir()
    folders = [str(tmp_path / "none"), str(folder)]
    assert preflight.check_metal("Darwin", folders) is None
    (folder / "tensorflow_metal-1.2.0.dist-info").mkdir()
    assert "pip uninstall tensorflow-metal" in preflight.check_metal("Darwin", folders)
    assert preflight.check_metal("Linux", folders) is None


def test_space_names_what_is_free_and_what_is_needed(tmp_path):
    assert preflight.check_space(tmp_path, free_gb=5.0) is None
    said = preflight.check_space(tmp_path, free_gb=4.94)
    assert "4.9 GB are free" in said
    assert "needs 5 GB" in said
    # an environment that will be replaced gives its space back
    assert preflight.check_space(tmp_path, free_gb=2.6, installed=True) is None
    assert "needs 2.5 GB" in preflight.check_space(tmp_path, 2.4, installed=True)


def test_missing_venv_names_the_package_of_this_python():
    assert preflight.check_venv(True) is None
    assert "python3.12-venv" in preflight.check_venv(False, (3, 12))


def test_no_network_says_what_the_installer_said():
    problem = preflight.no_network("a==1", "trying\nERROR: no route\n")
    assert "pip said: ERROR: no route" in problem
    assert "HTTPS_PROXY" in problem
    assert "mirror" in problem
    assert "no answer" in preflight.no_network("a==1", "")


def test_a_call_that_hangs_or_is_missing_is_no_answer(monkeypatch):
    monkeypatch.setattr(preflight, "CALL_LIMIT_S", 0.2)
    sleeper = [sys.executable, "-c", "import time; time.sleep(30)"]
    assert preflight.call(sleeper) == (False, "no answer within 0.2 seconds")
    succeeded, said = preflight.call(["no-such-program-here"])
    assert not succeeded
    assert "no-such-program-here" in said


def test_report_numbers_the_problems_and_wraps_them():
    said = preflight.report(["word " * 40, "second"])
    assert max(len(line) for line in said.splitlines()) <= 78
    assert "\n1. word" in said
    assert "\n2. second" in said


def test_this_machine_runs_the_course():
    # the tests run, so a complaint of the preflight here would be a false alarm
    found = preflight.problems_of_machine(str(PROJECT), installed=True)
    assert found == []


@pytest.mark.parametrize("name", ["preflight.py", "set_up.py"])
def test_an_old_python_can_read_the_file(name):
    text = (PROJECT / "tools" / name).read_text(encoding="utf-8")
    ast.parse(text, feature_version=(3, 6))
    calls = [
        node.func
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    too_new = {"removeprefix", "removesuffix", "is_relative_to"}
    assert not too_new & {call.attr for call in calls}
    keywords = {
        keyword.arg
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
    }
    assert not {"capture_output", "text", "missing_ok"} & keywords


def test_only_the_standard_library_is_imported():
    allowed = set(sys.stdlib_module_names) | {"preflight"}
    for name in ("preflight.py", "set_up.py"):
        tree = ast.parse((PROJECT / "tools" / name).read_text(encoding="utf-8"))
        imported = {
            alias.name.split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        assert imported <= allowed
