"""Many files in order: the same images and errors whatever the number of workers."""

import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest

from helpers.dicom_pixels import (
    DicomPixels,
    DicomPixelsError,
    decoder_process,
    many_files,
    read_each,
    read_pixels,
)
from phantoms.dicom_writing import write_series
from tests.helpers.dicom_examples import WHEEL

NAMES = (
    "MR_small_RLE.dcm",
    "CT_small.dcm",
    "rtplan.dcm",  # no pixels
    "MR_small_jp2klossless.dcm",
    "JPEG2000-embedded-sequence-delimiter.dcm",  # its decoder fails
    "SC_rgb_jpeg.dcm",
    "no_such_file.dcm",
    "color3d_jpeg_baseline.dcm",
)
PATHS = [WHEEL / "test_files" / name for name in NAMES]


def check_same(found, path):
    alone = next(read_each([path], workers=1))
    if isinstance(alone, DicomPixelsError):
        with pytest.raises(DicomPixelsError) as caught:
            read_pixels(path)
        assert str(found) == str(alone) == str(caught.value)
        return
    assert isinstance(found, DicomPixels)
    np.testing.assert_array_equal(found.values, alone.values)
    np.testing.assert_array_equal(found.stored, alone.stored)
    np.testing.assert_array_equal(found.display(), alone.display())
    assert (found.notes, found.unit, found.file) == (
        alone.notes,
        alone.unit,
        alone.file,
    )
    assert found.values.flags.writeable


@pytest.mark.parametrize("workers", [1, 3, None])
def test_read_each_gives_what_read_pixels_gives_in_the_given_order(workers):
    paths = PATHS * 2
    found = list(read_each(iter(paths), workers=workers))
    assert len(found) == len(paths)
    for one, path in zip(found, paths, strict=True):
        check_same(one, path)


def test_read_each_is_lazy(monkeypatch):
    read = []
    monkeypatch.setattr(many_files, "_one", lambda path, window: read.append(path))
    series = read_each(["a", "b", "c"])
    assert read == []
    next(series)
    assert read == ["a"]


def test_read_each_starts_no_process_for_a_small_folder(monkeypatch):
    monkeypatch.setattr(many_files, "Decoders", None)  # a call would fail
    assert len(list(read_each(PATHS))) == len(PATHS)


def test_read_each_starts_processes_when_they_pay(monkeypatch):
    started = []
    monkeypatch.setattr(many_files, "WORTHWHILE_S", 0.0)
    monkeypatch.setattr(many_files.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(
        many_files,
        "Decoders",
        lambda count: started.append(count) or decoder_process.Decoders(count),
    )
    paths = [PATHS[0]] * 12
    for one, path in zip(read_each(paths), paths, strict=True):
        check_same(one, path)
    assert started == [1]


def test_processes_decode_and_end_with_the_iteration():
    with decoder_process.Decoders(1) as decoders:
        assert decoders.fetch(wait=True) == {}  # it is ready
        assert decoders.give(7, str(PATHS[0]))
        assert decoders.give(8, str(PATHS[1]))  # not compressed: to be read here
        assert not decoders.give(9, str(PATHS[0]))  # no room
        np.testing.assert_array_equal(
            decoders.fetch(wait=True)[7], read_pixels(PATHS[0]).stored
        )
        assert decoders.fetch(wait=True) == {8: None}
        process = decoders._processes[0]
    assert process.poll() is not None


@pytest.mark.skipif(os.name == "nt", reason="stops a process by a signal")
def test_a_process_that_dies_costs_the_file_it_was_at_and_no_other(monkeypatch):
    slow = "import sys, time; print(flush=True); time.sleep(60)"
    monkeypatch.setattr(
        decoder_process,
        "_start",
        lambda: subprocess.Popen(
            [sys.executable, "-c", slow], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ),
    )
    with decoder_process.Decoders(1) as decoders:
        decoders.fetch(wait=True)
        decoders.give(0, "first")
        decoders.give(1, "second")
        decoders._processes[0].send_signal(signal.SIGKILL)
        assert decoders.fetch(wait=True) == {0: "ended", 1: None}
        assert not decoders.give(2, "third")


def test_a_process_that_cannot_start_leaves_the_work_here(monkeypatch):
    monkeypatch.setattr(
        decoder_process,
        "_start",
        lambda: subprocess.Popen(
            [sys.executable, "-c", "raise SystemExit(1)"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ),
    )
    for one, path in zip(read_each(PATHS, workers=2), PATHS, strict=True):
        check_same(one, path)


def test_the_error_for_a_file_whose_process_ended(monkeypatch):
    class Ended:
        def __init__(self, count):
            self.given = []

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def give(self, number, path):
            return self.given.append(number) is None and len(self.given) == 1

        def fetch(self, *, wait):
            return {0: "ended"}

    monkeypatch.setattr(many_files, "Decoders", Ended)
    first = next(read_each(PATHS, workers=2))
    assert "MR_small_RLE.dcm: the process that decompressed" in str(first)


def test_read_each_in_a_script_without_a_main_guard(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from helpers.dicom_pixels import read_each\n"
        f"paths = [{str(PATHS[0])!r}] * 6\n"
        "print(sum(one.frames for one in read_each(paths, workers=2)))\n"
    )
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert run.stdout.strip() == "6"


def test_leaving_the_series_early_leaves_no_process(monkeypatch):
    processes = []
    start = decoder_process._start
    monkeypatch.setattr(
        decoder_process, "_start", lambda: processes.append(start()) or processes[-1]
    )
    series = read_each([PATHS[0]] * 50, workers=2)
    next(series)
    series.close()
    deadline = time.monotonic() + 5
    while processes[0].poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert processes[0].poll() is not None


def test_read_each_refuses_no_worker():
    with pytest.raises(ValueError, match="workers is 0. Expected 1 or more"):
        read_each([], workers=0)


def test_the_processes_leave_no_pipe_open():
    with decoder_process.Decoders(2) as decoders:
        decoders.fetch(wait=True)
        processes, listeners = decoders._processes, decoders._listeners
    assert all(one.stdin.closed and one.stdout.closed for one in processes)
    assert not any(listener.is_alive() for listener in listeners)


def test_warnings_of_other_code_do_not_become_notes(monkeypatch):
    real_dcmread = pydicom.dcmread

    def dcmread(*arguments, **options):
        warnings.warn("unclosed file", ResourceWarning, stacklevel=2)
        warnings.warn("will go away", DeprecationWarning, stacklevel=2)
        warnings.warn("odd value", UserWarning, stacklevel=2)
        return real_dcmread(*arguments, **options)

    monkeypatch.setattr(pydicom, "dcmread", dcmread)
    assert read_pixels(PATHS[1]).notes == ("pydicom: odd value",)


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core only")
def test_a_folder_of_200_compressed_slices_is_decoded_on_both_cores(
    tmp_path, monkeypatch
):
    hu = np.random.default_rng(0).integers(-900, 900, (1, 512, 512), dtype=np.int16)
    (path,) = write_series(
        tmp_path / "ct",
        hu,
        spacing_mm=(2.5, 0.7, 0.7),
        patient_id="P0001",
        transfer_syntax="jpeg2000",
    )
    elsewhere = []
    fetch = decoder_process.Decoders.fetch

    def counted(self, *, wait):
        came = fetch(self, wait=wait)
        elsewhere.extend(n for n, one in came.items() if isinstance(one, np.ndarray))
        return came

    monkeypatch.setattr(decoder_process.Decoders, "fetch", counted)
    found = list(read_each([path] * 200))
    assert all(np.array_equal(one.values, found[0].values) for one in found)
    assert len(elsewhere) > 40  # about half of them on two free cores
