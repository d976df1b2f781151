"""Processes that decompress DICOM files, and what they say to this one.

A process is a fresh Python that runs this module. Unlike ``multiprocessing`` it neither
copies this process (TensorFlow's threads would not survive that) nor runs its script
again, so it works the same in a notebook, a script without a main guard and a test, on
Linux, macOS and Windows. Nothing is pickled: a message is a line of JSON (data type and
shape) and the stored values; an empty line means "read this file yourself", the very
first one "I am ready".
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path

import numpy as np

FILES_AHEAD = 2  # that one process has been given and that were not fetched yet
PIPE_BYTES = 2**20  # holds a slice of 512 x 512, so that a process need not wait


class Decoders:
    """Some processes that decode the files they are given, in any order.

    Use it in a ``with`` statement; its end ends the processes.

    Parameters
    ----------
    count : int
        Number of processes.
    """

    def __init__(self, count: int):
        self._messages: queue.Queue = queue.Queue()
        self._processes = [_start() for _ in range(count)]
        self._given: list[deque | None] = [None] * count  # None: not ready, or ended
        self._listeners = []
        for number, process in enumerate(self._processes):
            listening = (number, process.stdout, self._messages)
            listener = threading.Thread(target=_listen, args=listening, daemon=True)
            self._listeners.append(listener)
            listener.start()

    def __enter__(self) -> Decoders:
        return self

    def __exit__(self, *_) -> None:
        for process, listener in zip(self._processes, self._listeners, strict=True):
            process.kill()
            process.wait()
            listener.join()  # its pipe has ended; only then may it be closed
            process.stdout.close()
            with contextlib.suppress(OSError):  # a line was still on its way
                process.stdin.close()

    def give(self, number: int, path: str) -> bool:
        """Give a file to a process that has room for it; False if none has."""
        waiting = [
            (len(given), process)
            for process, given in enumerate(self._given)
            if given is not None and len(given) < FILES_AHEAD
        ]
        if not waiting:
            return False
        process = min(waiting)[1]
        self._given[process].append(number)
        try:
            self._processes[process].stdin.write(json.dumps(path).encode() + b"\n")
            self._processes[process].stdin.flush()
        except OSError:  # it has ended, as its last message will say
            pass
        return True

    def fetch(self, *, wait: bool) -> dict[int, np.ndarray | str | None]:
        """Return what came: stored values by number of the file.

        None instead: the file is to be read here. "ended": the process ended while it
        decoded this file. Empty if nothing came (and `wait` is False).
        """
        try:
            process, message = self._messages.get(block=wait)
        except queue.Empty:
            return {}
        given = self._given[process]
        if isinstance(message, str):  # it ended
            self._given[process] = None
            left = dict.fromkeys(given or ())
            return left | dict.fromkeys(list(left)[:1], "ended")
        if given is None:
            self._given[process] = deque()
            return {}
        return {given.popleft(): message}


def _start() -> subprocess.Popen:
    here = str(Path(__file__).resolve().parents[2])
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    process = subprocess.Popen(
        [sys.executable, "-m", "helpers.dicom_pixels.decoder_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
    _widen(process.stdout)
    return process


def _widen(pipe) -> None:
    """Enlarge a pipe where the system can (Linux); elsewhere it stays as it is."""
    try:
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    except (ImportError, AttributeError, OSError):
        pass


def _listen(number: int, stream, messages: queue.Queue) -> None:
    """Put a process's messages, and at last its end, into the queue."""
    try:
        while line := stream.readline():
            messages.put((number, _stored(stream, line)))
    except (OSError, ValueError):  # it ended in the middle of a message
        pass
    messages.put((number, "ended"))


def _stored(stream, line: bytes) -> np.ndarray | None:
    """Read the stored values that a line of JSON announces."""
    if not line.strip():
        return None
    kind, shape = json.loads(line)
    stored = np.empty(shape, dtype=kind)
    if stream.readinto(memoryview(stored).cast("B")) < stored.nbytes:
        raise ValueError("the message ends early")
    return stored


def main() -> None:
    """Decode the files that are named on standard input, one JSON text a line."""
    from helpers.dicom_pixels.image import LARGEST_BYTES, stored_values_of_compressed

    messages, sys.stdout = sys.stdout.buffer, sys.stderr  # nothing else gets between
    messages.write(b"\n")
    messages.flush()
    for line in sys.stdin.buffer:
        stored = stored_values_of_compressed(json.loads(line), LARGEST_BYTES)
        if stored is None:
            messages.write(b"\n")
        else:
            stored = np.ascontiguousarray(stored)
            messages.write(json.dumps([stored.dtype.str, stored.shape]).encode())
            messages.write(b"\n")
            messages.write(memoryview(stored).cast("B"))
        messages.flush()


if __name__ == "__main__":
    main()
