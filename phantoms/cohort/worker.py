"""Worker processes that make a cohort's images, and what they say to each other.

A worker is a fresh Python, started as ``python -m phantoms.cohort.worker``.
Unlike ``multiprocessing`` it never runs the caller's script or notebook again, so
it works the same from a notebook, a script without a main guard and a pytest run,
on Linux, macOS and Windows. Nothing is pickled: a message is a length of eight
bytes and an npz archive.
"""

from __future__ import annotations

import gc
import io
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np

from phantoms.cohort.people import batches
from phantoms.cohort.settings import ChestCohortSettings
from phantoms.cohort.visits import Batch, make_batch

_PATIENCE_S = 300


def encode(batch: Batch) -> bytes:
    """Return a batch as an npz archive, masks packed to bits."""
    store = io.BytesIO()
    masks = {f"mask_{kind}": np.packbits(mask) for kind, mask in batch.masks.items()}
    np.savez(store, images=batch.images, rows=np.array(json.dumps(batch.rows)), **masks)
    return store.getvalue()


def decode(message: bytes) -> Batch:
    """Return the batch that ``encode`` packed.

    Examples
    --------
    >>> batch = Batch(np.zeros((1, 2, 2), np.uint8), {}, [{"visit": 1}])
    >>> decode(encode(batch)).rows
    [{'visit': 1}]
    """
    with np.load(io.BytesIO(message), allow_pickle=False) as store:
        images = store["images"]
        masks = {
            name.removeprefix("mask_"): np.unpackbits(store[name], count=images.size)
            .reshape(images.shape)
            .astype(bool)
            for name in store.files
            if name.startswith("mask_")
        }
        return Batch(images, masks, json.loads(str(store["rows"])))


def _start(settings: ChestCohortSettings, first: int, step: int) -> subprocess.Popen:
    """Start a worker for batches ``first``, ``first + step``, ..."""
    here = str(Path(__file__).resolve().parents[2])
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    # one core each: the workers share the machine among themselves
    alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    order = json.dumps({"settings": asdict(settings), "first": first, "step": step})
    return subprocess.Popen(
        [sys.executable, "-m", "phantoms.cohort.worker", order],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **alone, "PYTHONPATH": os.pathsep.join(paths)},
    )


def _listen(process: subprocess.Popen, mailbox: queue.Queue) -> None:
    """Put every message of a worker into its mailbox, then None."""
    while len(head := process.stdout.read(8)) == 8:
        size = int.from_bytes(head, "little")
        message = process.stdout.read(size)
        if len(message) < size:
            break
        mailbox.put(message)
    mailbox.put(None)


def batches_from_workers(
    settings: ChestCohortSettings, *, workers: int
) -> Iterator[Batch]:
    """Yield all batches of a cohort in order, made by several processes.

    Raises
    ------
    RuntimeError
        If a worker ends early or says nothing for five minutes.
    """
    processes = [_start(settings, first, workers) for first in range(workers)]
    mailboxes: list[queue.Queue] = [queue.Queue(maxsize=8) for _ in processes]
    for process, mailbox in zip(processes, mailboxes, strict=True):
        threading.Thread(target=_listen, args=(process, mailbox), daemon=True).start()
    try:
        for number in range(len(batches(settings))):
            yield decode(_next_message(processes, mailboxes, number % workers))
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _next_message(
    processes: list[subprocess.Popen], mailboxes: list[queue.Queue], which: int
) -> bytes:
    """Return a worker's next message, or raise an error that quotes the worker."""
    try:
        message = mailboxes[which].get(timeout=_PATIENCE_S)
    except queue.Empty:
        message, why = None, f"said nothing for {_PATIENCE_S} s"
    else:
        why = "ended early"
    if message is not None:
        return message
    processes[which].kill()
    said = processes[which].stderr.read().decode(errors="replace").strip()
    last = said.splitlines()[-1] if said else "no message; was it out of memory?"
    raise RuntimeError(
        f"Worker process {which + 1} of {len(processes)} that makes the images {why}: "
        f"{last}. Try make_chest_cohort(settings, workers=1), which uses this process."
    )


def main() -> None:
    """Make the batches named in the first argument and write them to stdout."""
    order = json.loads(sys.argv[1])
    settings = ChestCohortSettings(**order["settings"])
    # anything printed by accident must not end up among the messages
    messages, sys.stdout = sys.stdout.buffer, sys.stderr
    gc.freeze()  # what is imported stays: no need to look through it again
    for patients in batches(settings)[order["first"] :: order["step"]]:
        message = encode(make_batch(settings, patients))
        messages.write(len(message).to_bytes(8, "little") + message)
        messages.flush()


if __name__ == "__main__":
    main()
