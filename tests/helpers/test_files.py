"""Whole or not at all, one process at a time, and where data lie."""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpers import files
from helpers.files import cache_dir, data_dir, evidence, written_whole


def test_written_whole_replaces_the_file_only_when_done(tmp_path):
    target = tmp_path / "new" / "deep" / "a.txt"
    with written_whole(target) as part:
        part.write_text("first")
        assert not target.exists()
    with contextlib.suppress(OSError), written_whole(target) as part:
        part.write_text("half")
        raise OSError("disk full")
    assert target.read_text() == "first"
    with written_whole(target) as part:
        part.write_text("second")
    assert target.read_text() == "second"
    assert list(target.parent.iterdir()) == [target]


def test_parts_left_by_a_killed_process_go_after_a_day(tmp_path):
    old, young = tmp_path / ".part-old", tmp_path / ".part-young"
    for folder, age_h in ((old, 25), (young, 23)):
        folder.mkdir()
        (folder / "half").write_text("x")
        stamp = time.time() - 3600 * age_h
        os.utime(folder, (stamp, stamp))
    with written_whole(tmp_path / "a") as part:
        part.write_text("x")
    assert (old.exists(), young.exists()) == (False, True)


def test_folders_follow_the_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE_DIR", "~/somewhere")
    monkeypatch.setenv("COURSE_DATA_DIR", "~/mine")
    assert cache_dir() == Path.home() / "somewhere"
    assert data_dir() == Path.home() / "mine"
    monkeypatch.setenv("COURSE_DATA_DIR", "helpers")
    assert data_dir() == Path("helpers")  # from here
    monkeypatch.chdir(tmp_path)
    assert data_dir() == files.PROJECT / "helpers"  # or from the project
    monkeypatch.delenv("COURSE_CACHE_DIR")
    monkeypatch.delenv("COURSE_DATA_DIR")
    assert cache_dir() == files.PROJECT / "data" / "cache"
    assert data_dir() is None


def test_evidence_reads_a_table_and_names_a_lost_one():
    assert len(evidence("lesson_14_nih.csv"))
    with pytest.raises(FileNotFoundError, match="no nothing.csv"):
        evidence("nothing.csv")


@pytest.mark.skipif(files.fcntl is None, reason="no such locks on this system")
def test_a_second_process_waits_and_says_so(tmp_path):
    program = f"""if True:
        import sys, time
        from pathlib import Path
        from helpers.files import one_process_at_a_time
        with one_process_at_a_time(Path({str(tmp_path / "a")!r}), "a cohort"):
            print("in", time.monotonic(), flush=True)
            time.sleep(0.5)
            print("out", time.monotonic(), flush=True)
    """
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    both = [subprocess.Popen([sys.executable, "-c", program], **pipes) for _ in "ab"]
    said = [process.communicate(timeout=60) for process in both]
    spans = sorted([float(word) for word in out.split()[1::2]] for out, _ in said)
    assert spans[0][1] <= spans[1][0]  # never both at once
    assert [err.count("at work on a cohort") for _, err in said] in ([0, 1], [1, 0])
