"""What this machine is and whether it can run the course.

`python -m helpers.environment_report` prints versions, devices, data folders and free
space in a form to paste into a question; lesson 00 prints the same facts. The home
folder is written as ~ and no user or computer name appears.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from helpers.files import cache_dir, data_dir
from helpers.quiet_start import quiet_start

PROJECT = Path(__file__).resolve().parents[1]
LIBRARIES = (
    *("tensorflow", "keras", "numpy", "scipy", "pandas", "scikit-learn"),
    *("matplotlib", "pydicom", "jupyterlab"),
)
SUPPORTED_PYTHON = ((3, 11), (3, 14))  # from, up to but not including
MEMORY_NEEDED_GB = 3.5
SPACE_NEEDED_GB = 1.0  # for cohorts and trained networks; libraries are there already


def shorten_home(path: str | os.PathLike[str]) -> str:
    """Return a path with the home folder written as ~.

    Examples
    --------
    >>> shorten_home(Path.home() / "course").replace(os.sep, "/")
    '~/course'
    """
    path = Path(path)
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except ValueError:
        return str(path)


def _system_name() -> str:
    """Return the system with the release that its users know, where there is one."""
    release = platform.mac_ver()[0] or platform.win32_ver()[0]
    return f"{platform.system()} {release}".strip()


def environment_facts() -> dict[str, str]:
    """Return what is worth knowing about this machine, as short texts.

    Returns
    -------
    dict
        In the order in which they are printed; sizes in GB (10^9 bytes).
    """
    free_memory_gb = psutil.virtual_memory().available / 1e9
    facts = {
        "course": _course_version(),
        "system": f"{_system_name()}, {platform.machine()}",
        "Python": platform.python_version(),
    }
    facts |= {name: _installed_version(name) for name in LIBRARIES}
    facts |= {
        "Keras backend": os.environ.get("KERAS_BACKEND", "tensorflow"),
        "devices": _start_tensorflow()[0],
        "processor cores": str(_usable_cores()),
        "memory": f"{_memory_gb():.1f} GB, {free_memory_gb:.1f} GB free",
        "COURSE_DATA_DIR": _folder_fact("COURSE_DATA_DIR"),
        "COURSE_DATA_URL": _address_fact("COURSE_DATA_URL"),
        "cache": _cache_fact(),
    }
    return facts


def problems(facts: Mapping[str, object] | None = None) -> list[str]:
    """Return what would stop or spoil the course here, each in one paragraph.

    Parameters
    ----------
    facts : mapping, optional
        Values that replace those of this machine, by the names in `_measured`.

    Returns
    -------
    list of str
        Empty if the course can run.
    """
    facts = {**_measured(), **(facts or {})}
    checks = (_python_problem, _tensorflow_problem, _memory_problem, _folder_problem)
    return [problem for check in checks if (problem := check(facts))]


def _measured() -> dict[str, object]:
    return {
        "python": sys.version_info[:2],
        "backend": os.environ.get("KERAS_BACKEND", "tensorflow"),
        "metal": _installed_version("tensorflow-metal") != "not installed",
        "memory_gb": _memory_gb(),
        "space_gb": _free_gb(cache_dir()),
        "data_dir": data_dir() or "",
        "tensorflow_error": _start_tensorflow()[1],
    }


def _python_problem(facts: Mapping[str, object]) -> str:
    oldest, too_new = SUPPORTED_PYTHON
    if oldest <= tuple(facts["python"]) < too_new:
        return ""
    found = ".".join(str(part) for part in facts["python"])
    return (
        f"This notebook runs on Python {found}; the course needs 3.11, 3.12 or 3.13. "
        "Start it with `make lab` in the folder of the course, or choose the kernel "
        "of its environment (.venv) in the menu Kernel."
    )


def _tensorflow_problem(facts: Mapping[str, object]) -> str:
    if facts["metal"]:
        return (
            "The package tensorflow-metal is installed. It was made for older releases "
            "of TensorFlow and makes a current one fail or compute wrong numbers. "
            "Remove it: python -m pip uninstall tensorflow-metal"
        )
    if facts["backend"] != "tensorflow":
        return (
            f"KERAS_BACKEND is {facts['backend']!r}. The course is written and "
            "measured with 'tensorflow'. Unset it, restart the kernel, run this again."
        )
    if facts["tensorflow_error"]:
        return (
            f"TensorFlow does not work here: {facts['tensorflow_error']}. Expected "
            "that it multiplies two numbers. Remove the folder .venv and run "
            "`make lab`, which makes it anew; if that does not help, ask with the "
            "report above."
        )
    return ""


def _memory_problem(facts: Mapping[str, object]) -> str:
    if facts["memory_gb"] >= MEMORY_NEEDED_GB:
        return ""
    return (
        f"This machine has {facts['memory_gb']:.1f} GB of memory; the course needs "
        f"{MEMORY_NEEDED_GB} GB. Lessons that train would be stopped by the system. "
        "Use another computer, or give the virtual machine more memory."
    )


def _folder_problem(facts: Mapping[str, object]) -> str:
    if facts["data_dir"] and not Path(str(facts["data_dir"])).is_dir():
        return (
            f"COURSE_DATA_DIR names the folder {shorten_home(str(facts['data_dir']))}, "
            "which does not exist. Expected a folder with downloaded data files. "
            "Correct it, or unset it: the in-silico cohort needs no data."
        )
    if facts["space_gb"] < SPACE_NEEDED_GB:
        return (
            f"Only {facts['space_gb']:.1f} GB are free where cohorts are kept "
            f"({shorten_home(cache_dir())}); expected {SPACE_NEEDED_GB:g} GB. Free "
            "some space, or set COURSE_CACHE_DIR to a folder on a larger disk."
        )
    return ""


def _start_tensorflow() -> tuple[str, str]:
    """Return (the devices, "") if TensorFlow computes, else ("unknown", the error)."""
    try:
        with quiet_start():
            import tensorflow as tf

            product = float(tf.linalg.matmul([[2.0]], [[3.0]])[0, 0])
            gpus = tf.config.list_physical_devices("GPU")
            about = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    except Exception as error:  # whatever a broken installation raises
        said = " ".join(str(error).split())[:200]
        return "unknown", f"{type(error).__name__}: {said}"
    names = ["CPU", *(str(one.get("device_name", "GPU")) for one in about)]
    return ", ".join(names), "" if product == 6.0 else f"2 x 3 came out as {product}"


def _memory_gb(limit_file: str = "/sys/fs/cgroup/memory.max") -> float:
    """Return the memory of the machine, or of the container if that is less."""
    total_gb = psutil.virtual_memory().total / 1e9
    try:
        limit = Path(limit_file).read_text(encoding="ascii").strip()
    except OSError:
        return total_gb
    return min(total_gb, int(limit) / 1e9) if limit.isdigit() else total_gb


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _installed_version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _course_version() -> str:
    version = _installed_version("deep-learning-in-radiology")
    command = ["git", "-C", str(PROJECT), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return version
    return (
        f"{version}, state {done.stdout.strip()}" if done.returncode == 0 else version
    )


def _folder_fact(variable: str) -> str:
    value = os.environ.get(variable)
    if not value:
        return "not set"
    return shorten_home(value) + ("" if Path(value).is_dir() else " (does not exist)")


def _address_fact(variable: str) -> str:
    """Return the host alone: an address may hold a password."""
    value = os.environ.get(variable)
    return f"set, host {urlsplit(value).hostname}" if value else "not set"


def _free_gb(folder: Path) -> float:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free / 1e9


def _cache_fact() -> str:
    folder = cache_dir()
    inside = folder.is_relative_to(PROJECT)
    name = folder.relative_to(PROJECT).as_posix() if inside else shorten_home(folder)
    return f"{name}, {_free_gb(folder):.1f} GB free on the disk"


def report_text() -> str:
    """Return the facts and the problems as text to paste into a question."""
    facts = environment_facts()
    width = max(len(name) for name in facts)
    lines = [f"{name:<{width}}  {value}" for name, value in facts.items()]
    found = problems()
    lines += ["", *(f"Problem: {problem}" for problem in found)]
    if not found:
        lines.append("No problem found: this machine can run the course.")
    return "\n".join(["```text", *lines, "```"])


if __name__ == "__main__":
    print(report_text())
