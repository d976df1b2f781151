"""Set-up, for real: a small project with a hashed lock, installed without a network."""

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tools"))  # as when make runs tools/set_up.py

import set_up  # noqa: E402


def write_wheel(folder, name, version):
    """Write a wheel with one empty module; return its SHA-256."""
    folder.mkdir(exist_ok=True)
    info = f"{name}-{version}.dist-info"
    about = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    kind = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files = {
        f"{name}.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": about,
        f"{info}/WHEEL": kind,
        f"{info}/RECORD": "",
    }
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Return a project in a folder with spaces."""
    project = tmp_path_factory.mktemp("a course with spaces")
    wheels = tmp_path_factory.mktemp("wheels")
    lock = ""
    for name, version in (("iniconfig", "9.9.1"), ("lungs", "2.0")):
        digest = write_wheel(wheels, name, version)
        lock += f"{name}=={version} \\\n    --hash=sha256:{digest}\n"
    (project / "requirements.lock").write_text(lock)
    (project / "pyproject.toml").write_text("[project]\n")
    (project / "wheels.txt").write_text(str(wheels))
    return project


@pytest.fixture(autouse=True)
def _offline(small, monkeypatch):
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", (small / "wheels.txt").read_text())
    monkeypatch.setattr(set_up.preflight, "problems_of_machine", lambda *a, **k: [])


@pytest.fixture
def course(monkeypatch):
    """Count the installations of the course itself, which needs a build tool."""
    calls = []
    monkeypatch.setattr(set_up, "install_course", calls.append)
    return calls


def installed(environment, module):
    command = [environment.python, "-c", f"import {module}; print({module}.VERSION)"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def interrupt(environment):
    raise KeyboardInterrupt


def test_set_up_installs_the_lock_once_and_mends_what_was_interrupted(
    small, course, monkeypatch, capsys
):
    environment = set_up.Environment(str(small))
    assert set_up.set_up(environment) == "everything"
    assert installed(environment, "lungs") == "2.0"
    assert len(course) == 1
    assert "Set up in" in capsys.readouterr().out

    assert set_up.set_up(environment) == "nothing"
    assert len(course) == 1

    # the settings of the course changed, the lock did not: libraries stay
    (small / "pyproject.toml").write_text("[project]\n# changed\n")
    assert set_up.set_up(environment) == "course"
    assert len(course) == 2
    assert set_up.set_up(environment) == "nothing"

    # the lock changed and there is no network: the old environment is kept
    lock = small / "requirements.lock"
    text = lock.read_text()
    lock.write_text(text + "# changed\n")
    monkeypatch.setenv("PIP_FIND_LINKS", str(small / "nowhere"))
    with pytest.raises(set_up.SetUpError, match="No package could be fetched"):
        set_up.set_up(environment)
    assert installed(environment, "lungs") == "2.0"
    monkeypatch.setenv("PIP_FIND_LINKS", (small / "wheels.txt").read_text())

    # an interruption leaves no stamp, so that the next call begins again
    with monkeypatch.context() as broken:
        broken.setattr(set_up, "install_libraries", interrupt)
        with pytest.raises(KeyboardInterrupt):
            set_up.set_up(environment)
    assert environment.found_stamp() == ""
    assert installed(environment, "lungs") == ""
    assert set_up.set_up(environment) == "everything"
    assert installed(environment, "lungs") == "2.0"

    # a file that is not the one in the lock is refused, in the installer's words
    lock.write_text(text.replace("sha256:", "sha256:0000")[: len(text)] + "\n")
    with pytest.raises(set_up.SetUpError, match="run the same command again"):
        set_up.set_up(environment)
    assert environment.found_stamp() == ""
    lock.write_text(text)


def test_moved_folder_and_other_python_need_a_new_environment(small, tmp_path):
    environment = set_up.Environment(str(small))
    stamp = environment.wanted_stamp()
    (tmp_path / "requirements.lock").write_bytes(Path(environment.lock).read_bytes())
    (tmp_path / "pyproject.toml").write_bytes((small / "pyproject.toml").read_bytes())
    moved = set_up.Environment(str(tmp_path)).wanted_stamp()
    assert moved != stamp
    assert moved.splitlines()[:-1] == stamp.splitlines()[:-1]
    assert stamp.startswith(f"python {sys.version_info[0]}.{sys.version_info[1]}\n")


def test_problems_stop_set_up_before_anything_is_made(tmp_path, monkeypatch):
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).write_text("")
    monkeypatch.setattr(
        set_up.preflight, "problems_of_machine", lambda *a, **k: ["Too old."]
    )
    environment = set_up.Environment(str(tmp_path))
    with pytest.raises(set_up.SetUpError, match=r"(?s)cannot be set up.*1\. Too old"):
        set_up.set_up(environment)
    assert not Path(environment.folder).exists()
    monkeypatch.setenv("COURSE_PREFLIGHT", "off")
    set_up.stop_on_problems(environment)


def test_requirement_asked_for_first_is_in_the_lock():
    pinned = set_up.locked(set_up.Environment().lock)
    assert len([one for one in pinned if one.startswith(set_up.SMALL_PACKAGE)]) == 1


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_main_ends_in_words(monkeypatch, capsys, error):
    def fail(environment):
        raise error

    monkeypatch.setattr(set_up, "set_up", fail)
    assert set_up.main() in (1, 130)
    said = capsys.readouterr().err
    assert "disk full" in said or "interrupted" in said
    assert "Traceback" not in said
