"""What this machine is and whether it can run the course.

`python -m helpers.environment_report` prints versions, devices, data folders and free
space in a form to paste into a question; lesson 00 prints the same facts. The home
folder is written as ~ and no user or computer name appears.
"""

from __future__ import annotations

import functools
import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from helpers.files import PROJECT, cache_dir, data_dir
from helpers.quiet_start import quiet_start

LIBRARIES = ("tensorflow", "keras", "numpy", "pandas", "pydicom", "jupyterlab")
SUPPORTED_PYTHON = ((3, 11), (3, 14))  # from, up to but not including
MEMORY_NEEDED_GB, SPACE_NEEDED_GB = 3.5, 1.0  # space: for cohorts and networks
MEMORY_LIMIT = Path("/sys/fs/cgroup/memory.max")  # of a container on Linux


def environment_facts() -> dict[str, str]:
    """Return what is worth knowing about this machine, as short texts.

    Returns
    -------
    dict
        In the order in which they are printed; sizes in GB (10^9 bytes).

    Examples
    --------
    >>> environment_facts()["Python"] == platform.python_version()
    True
    """
    host = urlsplit(os.environ.get("COURSE_DATA_URL", "")).hostname  # no password
    return {
        "course": _version("deep-learning-in-radiology"),
        "system": f"{platform.system()}, {platform.machine()}",
        "Python": platform.python_version(),
        **{name: _version(name) for name in LIBRARIES},
        "Keras backend": os.environ.get("KERAS_BACKEND", "tensorflow"),
        "devices": _start_tensorflow()[0],
        "processor cores": str(psutil.cpu_count()),
        "memory": f"{_memory_gb():.1f} GB",
        "COURSE_DATA_DIR": _shown(data_dir()) if data_dir() else "not set",
        "COURSE_DATA_URL": f"host {host}" if host else "not set",
        "cache": f"{_shown(cache_dir())}, {_free_gb(cache_dir()):.1f} GB free",
    }


def problems() -> list[str]:
    """Return what would stop or spoil the course here, each in one paragraph.

    Returns
    -------
    list of str
        Empty if the course can run.

    Examples
    --------
    >>> all(isinstance(problem, str) for problem in problems())
    True
    """
    return [*_of_software(), *_of_room()]


def _of_software() -> Iterator[str]:
    if not SUPPORTED_PYTHON[0] <= sys.version_info[:2] < SUPPORTED_PYTHON[1]:
        yield (
            f"This notebook runs on Python {platform.python_version()}, expected 3.11 "
            "to 3.13. Start it with `make lab`, or choose .venv in the menu Kernel."
        )
    if _version("tensorflow-metal") != "not installed":
        yield (
            "The package tensorflow-metal is installed. It makes TensorFlow fail or "
            "compute wrong numbers. Remove it: python -m pip uninstall tensorflow-metal"
        )
    if (backend := os.environ.get("KERAS_BACKEND", "tensorflow")) != "tensorflow":
        yield (
            f"KERAS_BACKEND is {backend!r}. The course is written and measured with "
            "'tensorflow'. Unset it, restart the kernel, run this again."
        )
    elif error := _start_tensorflow()[1]:
        yield (
            f"TensorFlow does not work here: {error}. Expected that it multiplies two "
            "numbers. Remove the folder .venv and run `make lab`, which makes it anew."
        )


def _of_room() -> Iterator[str]:
    if (memory_gb := _memory_gb()) < MEMORY_NEEDED_GB:
        yield (
            f"This machine has {memory_gb:.1f} GB of memory; lessons that train need "
            f"{MEMORY_NEEDED_GB}. Use another, or give the virtual machine more memory."
        )
    if data_dir() and not data_dir().is_dir():
        yield (
            f"COURSE_DATA_DIR is {_shown(data_dir())}, expected a folder with data "
            "files. Correct it, or unset it: the in-silico cohort needs no data."
        )
    if (space_gb := _free_gb(cache_dir())) < SPACE_NEEDED_GB:
        yield (
            f"Only {space_gb:.1f} GB are free in {_shown(cache_dir())}, expected "
            f"{SPACE_NEEDED_GB:g}. Free some, or set COURSE_CACHE_DIR to a larger disk."
        )


@functools.cache
def _start_tensorflow() -> tuple[str, str]:
    """Return (the devices, "") if TensorFlow computes, else ("unknown", the error)."""
    try:
        with quiet_start():
            import tensorflow as tf

            product = float(tf.linalg.matmul([[2.0]], [[3.0]])[0, 0])
            gpus = tf.config.list_physical_devices("GPU")
            about = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    except Exception as error:  # whatever a broken installation raises
        return "unknown", f"{type(error).__name__}: {error}"
    names = ["CPU", *(str(one.get("device_name", "GPU")) for one in about)]
    return ", ".join(names), "" if product == 6.0 else f"2 x 3 came out as {product}"


def _shown(folder: Path) -> str:
    """Return a folder as seen from the project or from ~, without a user's name."""
    for known, name in ((PROJECT, ""), (Path.home(), "~")):
        if folder.is_relative_to(known):
            return str(name / folder.relative_to(known))
    return str(folder)


def _memory_gb() -> float:
    """Return the memory of the machine, or of the container if that is less."""
    total = psutil.virtual_memory().total
    limit = MEMORY_LIMIT.read_text().strip() if MEMORY_LIMIT.exists() else "max"
    return min(total, int(limit) if limit.isdigit() else total) / 1e9


def _free_gb(folder: Path) -> float:
    there = next(one for one in (folder, *folder.parents) if one.exists())
    return shutil.disk_usage(there).free / 1e9


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _report_text() -> str:
    """Return the facts and the problems as text to paste into a question."""
    facts = environment_facts()
    width = max(len(name) for name in facts)
    lines = [f"{name:<{width}}  {value}" for name, value in facts.items()]
    found = [f"Problem: {problem}" for problem in problems()]
    found = found or ["No problem found: this machine can run the course."]
    return "\n".join(["```text", *lines, "", *found, "```"])


if __name__ == "__main__":
    print(_report_text())
