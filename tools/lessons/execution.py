"""Run a notebook in a fresh kernel, cell by cell, and measure it.

Used by `build_notebooks` (which stores the outputs) and by `run_course`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from tqdm.auto import tqdm

CELL_LIMIT_S = 900
FIXED_ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONHASHSEED": "0",
    "COURSE_QUIET": "1",  # no progress bars: nobody watches this kernel
}
COHORT_SETTINGS = ("COHORT", "FINDING", "COHORT_SPLIT")
FOLDER_SETTINGS = ("COURSE_DATA_DIR", "COURSE_CACHE_DIR")


@dataclass
class Run:
    """What came out of one notebook; `failure` is empty when every cell ran."""

    notebook: NotebookNode
    seconds: float = 0.0  # from kernel start to the last cell
    peak_memory_mb: int = 0  # resident, the kernel with its children
    slowest_cell_s: float = 0.0
    failure: str = ""


def kernel_environment(*, cohort: bool) -> dict[str, str]:
    """Return the environment a lesson runs in.

    Parameters
    ----------
    cohort : bool
        Keep COHORT, FINDING and COHORT_SPLIT where they are not empty (`make course`),
        or drop them so that stored outputs always show the default cohort.
    """
    environment = {**os.environ, **FIXED_ENVIRONMENT}
    for name in FOLDER_SETTINGS:  # the kernel starts in another folder
        if environment.get(name):
            environment[name] = str(Path(environment[name]).resolve())
    for name in COHORT_SETTINGS:
        if not cohort or not environment.get(name):
            environment.pop(name, None)
    return environment


def stop_cleanly() -> None:
    """Let a termination signal unwind like Ctrl-C, so that no kernel stays behind."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


def warm_up(root: Path, *, cache: str = "") -> float:
    """Make the default cohort if the cache lacks it, and return the seconds.

    Lessons then start at once, their run times do not depend on who came first, and no
    two kernels make the cohort at the same time. `cache` is another folder to use.
    """
    start = time.perf_counter()
    if next((root / "helpers").glob("cohorts*"), None):
        code = "from helpers import cohorts; cohorts.load('chest_insilico')"
        environment = kernel_environment(cohort=False)
        if cache:
            environment["COURSE_CACHE_DIR"] = cache
        subprocess.run(
            [sys.executable, "-c", code], cwd=root, env=environment, check=True
        )
    return time.perf_counter() - start


@contextlib.contextmanager
def _memory_watched(pid: int, run: Run) -> Iterator[None]:
    """Sample the resident memory of a process and its children; keep the peak."""
    ended = threading.Event()

    def watch() -> None:
        kernel = psutil.Process(pid)
        while not ended.wait(0.25):
            with contextlib.suppress(psutil.Error):
                family = [kernel, *kernel.children(recursive=True)]
                used = sum(one.memory_info().rss for one in family)
                run.peak_memory_mb = max(run.peak_memory_mb, round(used / 1e6))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(timeout=2)


def run_notebook(
    notebook: NotebookNode, *, name: str, folder: Path, environment: dict[str, str]
) -> Run:
    """Execute every code cell in order, in a fresh kernel, with a progress bar.

    Parameters
    ----------
    notebook : NotebookNode
        Changed in place: outputs and execution counts are filled in.
    name : str
        What the bar shows; it is drawn on a terminal only.
    folder : Path
        Working directory of the kernel.
    environment : dict
        The kernel's environment variables, from `kernel_environment`.

    Returns
    -------
    Run
        `failure` says which cell stopped it, if one did; nothing is raised for that.
    """
    client = NotebookClient(
        notebook,
        timeout=CELL_LIMIT_S,
        kernel_name="python3",
        extra_arguments=["--IPKernelApp.log_level=40"],  # errors of the kernel only
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
    )
    run = Run(notebook)
    started = time.monotonic()
    # the user's own IPython start-up files and history stay out of the run
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as private:
        try:
            with (
                client.setup_kernel(env={**environment, "IPYTHONDIR": private}),
                _memory_watched(client.km.provisioner.pid, run),
            ):
                _run_cells(client, run, name)
        except (DeadKernelError, RuntimeError, OSError) as error:
            said = " ".join(str(error).split())[:300] or type(error).__name__
            run.failure = run.failure or f"the kernel failed: {said}"
    run.seconds = time.monotonic() - started
    return run


def _run_cells(client: NotebookClient, run: Run, name: str) -> None:
    """Run the code cells; stop at the first that fails."""
    numbered = enumerate(run.notebook.cells)
    code = [(n, c) for n, c in numbered if c.cell_type == "code" and c.source.strip()]
    bar = tqdm(code, desc=name, unit="cell", leave=False, disable=None)
    for count, (place, cell) in enumerate(bar, start=1):
        begun = time.monotonic()
        try:
            client.execute_cell(cell, place, execution_count=count)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            head = cell.source.strip().splitlines()[0][:60]
            run.failure = f"cell {place + 1} ('{head}'): {_message(error)}"
            return
        run.slowest_cell_s = max(run.slowest_cell_s, time.monotonic() - begun)


def _message(error: Exception) -> str:
    """Return the type and message of a cell's error, without the traceback."""
    if isinstance(error, CellExecutionError):
        return f"{error.ename}: {error.evalue}"
    if isinstance(error, CellTimeoutError):
        return f"still running after {CELL_LIMIT_S} s, so it was stopped"
    return "the kernel died (often: too little memory)"
