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
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

CELL_LIMIT_S = 900
FIXED_ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONHASHSEED": "0",
    "COURSE_QUIET": "1",  # no progress bars: nobody watches this kernel
}
COHORT_SETTINGS = ("COHORT", "FINDING", "COHORT_SPLIT")
FOLDER_SETTINGS = ("COURSE_DATA_DIR", "COURSE_CACHE_DIR")

Report = Callable[[int, int, float], None]


@dataclass
class Run:
    """What came out of one notebook.

    Attributes
    ----------
    notebook : NotebookNode
        With outputs as far as it came.
    seconds : float
        From kernel start to the last cell.
    peak_memory_mb : int
        Largest resident memory of the kernel and its children, in MB.
    cell_seconds : list of float
        One value per code cell that ran.
    failure : str
        Empty when every cell ran; otherwise the cell and its message.
    """

    notebook: NotebookNode
    seconds: float = 0.0
    peak_memory_mb: int = 0
    cell_seconds: list[float] = field(default_factory=list)
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

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, end)


def warm_up(root: Path) -> None:
    """Make the default cohort if it is not in the cache, with its progress bar.

    Lessons then start at once, their run times do not depend on who came first, and no
    two kernels make the cohort at the same time.
    """
    if next((root / "helpers").glob("cohorts*"), None):
        code = "from helpers import cohorts; cohorts.load('chest_insilico')"
        environment = kernel_environment(cohort=False)
        subprocess.run(
            [sys.executable, "-c", code], cwd=root, env=environment, check=True
        )


@contextlib.contextmanager
def private_settings() -> Iterator[dict[str, str]]:
    """Keep the user's own IPython start-up files and history out of a run."""
    with tempfile.TemporaryDirectory(
        prefix="course_ipython_", ignore_cleanup_errors=True
    ) as folder:
        yield {"IPYTHONDIR": folder}


class _MemoryWatch(threading.Thread):
    """Sample the resident memory of a process and its children."""

    def __init__(self, pid: int, *, every_s: float = 0.25):
        super().__init__(daemon=True)
        self.peak_mb, self._every_s = 0, every_s
        self._process, self._ended = psutil.Process(pid), threading.Event()

    def run(self) -> None:
        while not self._ended.wait(self._every_s):
            with contextlib.suppress(psutil.Error):
                family = [self._process, *self._process.children(recursive=True)]
                used = sum(one.memory_info().rss for one in family)
                self.peak_mb = max(self.peak_mb, round(used / 1e6))

    def finish(self) -> int:
        self._ended.set()
        self.join(timeout=2)
        return self.peak_mb


def run_notebook(
    notebook: NotebookNode,
    *,
    folder: Path,
    environment: dict[str, str],
    report: Report = lambda cell, total, seconds: None,
) -> Run:
    """Execute every code cell in order, in a fresh kernel.

    Parameters
    ----------
    notebook : NotebookNode
        Changed in place: outputs and execution counts are filled in.
    folder : Path
        Working directory of the kernel.
    environment : dict
        The kernel's environment variables, from `kernel_environment`.
    report : callable
        Called before each code cell with its place among the code cells (from 1), how
        many there are, and the seconds so far.

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
    with private_settings() as private:
        try:
            with client.setup_kernel(env={**environment, **private}):
                watch = _watch_kernel(client)
                try:
                    _run_cells(client, run, started, report)
                finally:
                    run.peak_memory_mb = watch.finish() if watch else 0
        except (DeadKernelError, RuntimeError, OSError) as error:
            run.failure = run.failure or f"the kernel failed: {_first_lines(error)}"
    run.seconds = time.monotonic() - started
    return run


def _watch_kernel(client: NotebookClient) -> _MemoryWatch | None:
    """Start the memory watch, or do without it where there is no local process."""
    try:
        watch = _MemoryWatch(client.km.provisioner.pid)
    except (AttributeError, psutil.Error):
        return None
    watch.start()
    return watch


def _run_cells(
    client: NotebookClient, run: Run, started: float, report: Report
) -> None:
    """Run the code cells; stop at the first that fails."""
    places = [k for k, cell in enumerate(run.notebook.cells) if _runs(cell)]
    for count, place in enumerate(places, start=1):
        report(count, len(places), time.monotonic() - started)
        cell, begun = run.notebook.cells[place], time.monotonic()
        try:
            client.execute_cell(cell, place, execution_count=count)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            head = next((ln for ln in cell.source.splitlines() if ln.strip()), "")
            run.failure = f"cell {place + 1} ('{head.strip()[:60]}'): {_message(error)}"
            return
        finally:
            run.cell_seconds.append(time.monotonic() - begun)


def _runs(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and bool(cell.source.strip())


def _message(error: Exception) -> str:
    """Return the type and message of a cell's error, without the traceback."""
    if isinstance(error, CellExecutionError):
        return f"{error.ename}: {error.evalue}"
    if isinstance(error, CellTimeoutError):
        return f"still running after {CELL_LIMIT_S} s, so it was stopped"
    return "the kernel died (often: too little memory)"


def _first_lines(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
