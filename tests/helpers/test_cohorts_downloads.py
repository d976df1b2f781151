"""Downloads from a server on this machine: the whole right file, or nothing."""

import errno
import hashlib
import os
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.cohorts.downloads import DownloadSettings, address, fetch
from helpers.cohorts.registry import find_published

from helpers.cohorts import DownloadError, downloads
from tests.data.file_server import FileServer

BODY = bytes(range(256)) * 1200  # 300 kB: several chunks
ENTRY = replace(
    find_published("breastmnist"),
    file="squares.npz",
    md5=hashlib.md5(BODY).hexdigest(),
)
QUICK = DownloadSettings(
    attempts=3,
    backoff_s=0.01,
    connect_timeout_s=2,
    read_timeout_s=0.3,
    progress=False,
)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Return the folder that downloads go to; no data folder is set."""
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path))
    monkeypatch.delenv("COURSE_DATA_DIR", raising=False)
    return tmp_path / "medmnist"


@pytest.fixture
def served(cache, monkeypatch):
    """Return a function: serve in these manners, fetch, and give the server back."""
    servers = []

    def serve(*answers):
        server = FileServer(BODY, list(answers))
        servers.append(server)
        monkeypatch.setenv("COURSE_DATA_URL", server.address + "/")
        return server.__enter__()

    yield serve
    for server in servers:
        server.__exit__()


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*")) if folder.exists() else []


def test_good_file_arrives_whole_with_licence_said_once(cache, served, capsys):
    served("good")
    path = fetch(ENTRY, QUICK)
    assert path == cache / "squares.npz"
    assert path.read_bytes() == BODY
    assert left_in(cache) == ["squares.npz"]
    said = capsys.readouterr().err
    assert said.count("Licence: CC BY 4.0") == 1
    assert said.count("Cite: Yang et al.") == 1


def test_file_that_is_there_is_not_fetched_again(cache, served):
    server = served("good")
    fetch(ENTRY, QUICK)
    fetch(ENTRY, QUICK)
    assert server.n_requests == 1


def test_progress_bar_is_shown_when_asked_for(cache, served, capsys):
    served("good")
    fetch(ENTRY, replace(QUICK, progress=True))
    assert "100%" in capsys.readouterr().err


FAILURES = {
    "wrong": (3, r"MD5 \w{32} instead of " + ENTRY.md5),
    "truncated": (3, "the connection broke off before the end of the file"),
    "404": (1, "the server answered 404 Not Found"),
    "500": (3, "the server answered 500"),
    "hang": (3, "the server did not answer in time"),
    "stall": (3, "the server did not answer in time"),
}


@pytest.mark.parametrize("manner", FAILURES)
def test_failure_is_explained_and_leaves_nothing(cache, served, manner):
    attempts, reason = FAILURES[manner]
    server = served(manner)
    with pytest.raises(DownloadError, match=reason) as caught:
        fetch(ENTRY, QUICK)
    message = " ".join(str(caught.value).split())
    assert message.startswith(f"Could not download squares.npz from {server.address}/")
    assert f"({attempts} attempt" in message
    assert f"get squares.npz (MD5 {ENTRY.md5})" in message
    assert str(cache) in message
    assert server.n_requests == attempts
    assert left_in(cache) == []


@pytest.mark.parametrize("first", ["500", "truncated", "wrong", "hang", "stall"])
def test_second_attempt_succeeds(cache, served, capsys, first):
    server = served(first, "good")
    assert fetch(ENTRY, QUICK).read_bytes() == BODY
    assert server.n_requests == 2
    assert left_in(cache) == ["squares.npz"]
    assert "Attempt 1 failed" in capsys.readouterr().err


def test_waits_double_between_attempts(cache, served, monkeypatch):
    served("500")
    waits = []
    monkeypatch.setattr(downloads.time, "sleep", waits.append)
    with pytest.raises(DownloadError):
        fetch(ENTRY, replace(QUICK, attempts=4, backoff_s=0.5))
    assert waits == [0.5, 1.0, 2.0]


def test_no_network_names_the_file_and_the_folder(cache, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "mine"))
    with pytest.raises(DownloadError, match="no connection to the server") as caught:
        fetch(ENTRY, QUICK)
    assert f"put it into the folder {tmp_path / 'mine'}" in str(caught.value)
    assert left_in(cache) == []


def test_file_in_the_way_is_replaced_only_by_a_whole_one(cache, served):
    cache.mkdir(parents=True)
    (cache / "squares.npz").write_bytes(b"an older file")
    served("truncated")
    with pytest.raises(DownloadError):
        fetch(ENTRY, QUICK)
    assert (cache / "squares.npz").read_bytes() == b"an older file"
    served("good")
    assert fetch(ENTRY, QUICK).read_bytes() == BODY


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_full_disk_is_said_with_the_space_left(cache, served, monkeypatch):
    # /dev/full takes no byte: writing fails as on a full disk, with ENOSPC
    server = served("good")
    full = Path("/dev/full")
    monkeypatch.setattr(downloads, "_open_part", lambda part: full.open("wb"))
    message = r"the disk is full: [\d,]+ MB free.*Free some space.*COURSE_CACHE_DIR"
    with pytest.raises(DownloadError, match=message):
        fetch(ENTRY, QUICK)
    assert server.n_requests == 1  # waiting would not help
    assert left_in(cache) == []


def test_full_disk_in_the_middle_of_the_file_leaves_nothing(cache, served, monkeypatch):
    served("good")

    class SmallDisk:
        def __init__(self, part):
            self.file = part.open("wb")

        def __enter__(self):
            return self

        def __exit__(self, *exception):
            self.file.close()

        def write(self, chunk):
            if self.file.tell() + len(chunk) > 100_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            self.file.write(chunk)

        def flush(self):
            self.file.flush()

    monkeypatch.setattr(downloads, "_open_part", SmallDisk)
    with pytest.raises(DownloadError, match="the disk is full"):
        fetch(ENTRY, QUICK)
    assert left_in(cache) == []


def test_cache_that_cannot_be_written_is_said(cache, served):
    served("good")
    cache.write_text("a file where the folder should be")
    with pytest.raises(DownloadError, match="Could not download squares.npz"):
        fetch(ENTRY, QUICK)


def test_two_processes_fetch_the_file_once(cache, served):
    server = served("slow")
    program = textwrap.dedent(f"""
        from dataclasses import replace
        from helpers.cohorts.downloads import DownloadSettings, fetch
        from helpers.cohorts.registry import find_published
        entry = replace(find_published("breastmnist"), file="squares.npz",
                        md5="{ENTRY.md5}")
        print(fetch(entry, DownloadSettings(progress=False)).stat().st_size)
    """)
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    sizes = [process.communicate(timeout=60)[0].strip() for process in running]
    assert sizes == [str(len(BODY))] * 2
    assert server.n_requests == 1
    assert left_in(cache) == ["squares.npz"]


def test_address_is_the_mirror_when_there_is_one(monkeypatch):
    monkeypatch.setenv("COURSE_DATA_URL", "http://127.0.0.1:8000/medmnist/")
    assert address(ENTRY) == "http://127.0.0.1:8000/medmnist/squares.npz"
    monkeypatch.delenv("COURSE_DATA_URL")
    assert address(ENTRY) == ENTRY.url
