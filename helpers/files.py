"""Where data lie on this machine, and how a file is written whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

PROJECT = Path(__file__).resolve().parents[1]
DATA = PROJECT / "data"
STALE_AFTER_S = 24 * 3600


def cache_dir() -> Path:
    """Return the folder for data that can be made or fetched again.

    `data/cache` of the project, or the folder named by COURSE_CACHE_DIR. It is made
    when something is first written to it.
    """
    chosen = os.environ.get("COURSE_CACHE_DIR")
    return Path(chosen).expanduser() if chosen else DATA / "cache"


def data_dir() -> Path | None:
    """Return the folder named by COURSE_DATA_DIR, or None when it is not set.

    A relative path counts from the working directory, then from the project.
    """
    chosen = os.environ.get("COURSE_DATA_DIR")
    if not chosen:
        return None
    folder = Path(chosen).expanduser()
    if not folder.is_absolute() and not folder.is_dir():
        folder = PROJECT / folder
    return folder


def tell(sentence: str) -> None:
    """Print one sentence on stderr, which is no part of a result."""
    print(sentence, file=sys.stderr, flush=True)


def evidence(file_name: str) -> pd.DataFrame:
    """Read a table of recorded measurements from ``data/evidence``.

    Parameters
    ----------
    file_name : str
        For instance "first_network_pneumoniamnist.csv".

    Raises
    ------
    FileNotFoundError
        If nothing of that name was recorded; the message says how to.

    Examples
    --------
    >>> evidence("lesson_14_meant.csv").empty
    False
    """
    path = DATA / "evidence" / file_name
    if not path.exists():
        raise FileNotFoundError(
            f"There is no {file_name} in data/evidence: git checkout data/evidence."
        )
    return pd.read_csv(path)


def folder_words(kind: str) -> dict[str, str]:
    """Return the words that are understood in a user's tables, with their meaning.

    Parameters
    ----------
    kind : {"column", "split", "cell", "class", "missing"}
        As in ``data/folder_words.csv``.

    Examples
    --------
    >>> folder_words("cell")["yes"]
    '1'
    """
    words = pd.read_csv(DATA / "folder_words.csv", dtype=str, keep_default_na=False)
    return words[words["kind"] == kind].set_index("word")["meaning"].to_dict()


@contextlib.contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """Give a path to write to; on success it becomes `target`, else nothing stays.

    The file is written in a folder of its own beside the target and renamed, so that
    no other process ever sees half a file.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with written_whole(folder / "a.txt") as part:
    ...     _ = part.write_text("whole")
    >>> [path.name for path in folder.iterdir()]
    ['a.txt']
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_stale_parts(target.parent)
    folder = Path(tempfile.mkdtemp(prefix=".part-", dir=target.parent))
    try:
        part = folder / target.name
        yield part
        os.replace(part, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_stale_parts(folder: Path) -> None:
    for left_over in folder.glob(".part-*"):
        with contextlib.suppress(OSError):
            if time.time() - left_over.stat().st_mtime > STALE_AFTER_S:
                shutil.rmtree(left_over, ignore_errors=True)


@contextlib.contextmanager
def one_process_at_a_time(target: Path, waiting_for: str) -> Iterator[None]:
    """Hold a lock on making `target`; a second process waits, with a sentence.

    The lock lies in the system's folder for temporary files and ends with the process,
    however that ends. Where there are no such locks (Windows), the work may be done
    twice; `written_whole` still keeps the file whole.
    """
    if fcntl is None:
        yield
        return
    owner = f"{os.getuid()} {target.absolute()}"
    name = hashlib.sha256(owner.encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir()) / f"radiology-course-{name}.lock"
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell(f"Another process is at work on {waiting_for}; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
