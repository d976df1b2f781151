"""De-identify a list of files, in this process or in one of its own.

A worker is a fresh Python started as ``python -m helpers.de_identification.worker``; it
never runs the caller's script or notebook again. Secret and list come through its
standard input, where no other user of the machine sees them; one line of JSON goes out
for every file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

from helpers.de_identification.files import cleaned_file
from helpers.de_identification.options import Options
from helpers.de_identification.pseudonyms import Pseudonyms
from helpers.dicom_pixels.errors import DicomPixelsError

WORKER = [sys.executable, "-m", "helpers.de_identification.worker"]
TWICE = "another file of the folder holds the same image (SOP Instance UID)"


def clean_files(
    files: list[str], draft: str, secret: bytes, options: Options
) -> Iterator[dict]:
    """De-identify files one by one into a draft folder, and yield what happened.

    Yields
    ------
    dict
        {"file", "record"} or {"file", "refused"}: why the file was left out, in words
        for the owner of the originals (they may quote its header).

    Raises
    ------
    OSError
        If the disk refuses: then nothing of the draft may be delivered.
    """
    pseudonyms = Pseudonyms(secret)
    for file in files:
        try:
            content, record = cleaned_file(file, pseudonyms, options)
        except DicomPixelsError as error:
            yield {"file": file, "refused": str(error)}
            continue
        target = Path(draft) / record.name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with target.open("xb") as stream:
                stream.write(content)
        except FileExistsError:
            yield {"file": file, "refused": TWICE}
            continue
        yield {"file": file, "record": record.as_dict()}


def from_workers(
    files: list[str], draft: str, secret: bytes, options: Options, workers: int
) -> Iterator[dict]:
    """Do the same in several processes; the order of the results is not fixed.

    Raises
    ------
    RuntimeError
        If a process ends before its files are done; the message quotes it.
    """
    mailbox: Queue = Queue()
    processes = [_start() for _ in range(workers)]
    for number, process in enumerate(processes):
        order = {
            "files": files[number::workers],
            "draft": draft,
            "secret": secret.hex(),
            "options": vars(options),
        }
        talk = (process, json.dumps(order).encode() + b"\n", mailbox)
        threading.Thread(target=_converse, args=talk, daemon=True).start()
    try:
        done = 0
        while done < workers:
            message = mailbox.get()
            if isinstance(message, subprocess.Popen):
                _check_end(message)
                done += 1
            else:
                yield message
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _start() -> subprocess.Popen:
    here = str(Path(__file__).resolve().parents[2])
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(
        WORKER,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **alone, "PYTHONPATH": os.pathsep.join(paths)},
    )


def _converse(process: subprocess.Popen, order: bytes, mailbox: Queue) -> None:
    """Hand a worker its order and pass on every line that it answers."""
    try:
        process.stdin.write(order)
        process.stdin.close()
        for line in process.stdout:
            mailbox.put(json.loads(line))
    except (OSError, ValueError):  # it has died; its return code says so
        pass
    finally:
        process.wait()
        mailbox.put(process)


def _check_end(process: subprocess.Popen) -> None:
    if process.returncode:
        raise RuntimeError(
            f"A worker process ended with code {process.returncode} before its files "
            "were done (out of memory, or the disk is full). Nothing was delivered. "
            "Free memory or space, or use workers=1, which shows the error itself."
        )


def main() -> None:
    """Read one order from standard input and answer a line for each file."""
    order = json.loads(sys.stdin.readline())
    answers, sys.stdout = sys.stdout, sys.stderr  # nothing else may be printed there
    arguments = (order["files"], order["draft"], bytes.fromhex(order["secret"]))
    for answer in clean_files(*arguments, Options(**order["options"])):
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
