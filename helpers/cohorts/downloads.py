"""Fetch a published file: hash-checked, retried, whole or not at all.

The order is: the folder COURSE_DATA_DIR (and its subfolder medmnist/), the cache, then
the network (the mirror COURSE_DATA_URL instead of the publisher when it is set).
"""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pooch
import requests

from helpers.cohorts.card import DownloadError
from helpers.cohorts.registry import PublishedFile
from helpers.files import (
    cache_dir,
    data_dir,
    is_disk_full,
    one_process_at_a_time,
    tell,
    written_whole,
)

CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True)
class DownloadSettings:
    """Patience of a download.

    Parameters
    ----------
    attempts : int
        How often to try in all.
    backoff_s : float
        Wait before the second attempt, doubled before each further one, in seconds.
    connect_timeout_s, read_timeout_s : float
        Longest silence of the server before it counts as hanging, in seconds.
    progress : bool
        Show a progress bar.
    """

    attempts: int = 4
    backoff_s: float = 1.0
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 30.0
    progress: bool = True


class _WrongHashError(Exception):
    """What came over the network is not the published file."""


def local_candidates(file: str) -> list[Path]:
    """Return the places where a file may already lie, best first, present or not."""
    own = data_dir()
    places = [own / file, own / "medmnist" / file] if own else []
    return [*places, cache_dir() / "medmnist" / file]


def fetch(entry: PublishedFile, settings: DownloadSettings | None = None) -> Path:
    """Download a published file into the cache and return its path.

    Parameters
    ----------
    entry : PublishedFile
        Names the file, its address and its MD5.
    settings : DownloadSettings, optional

    Raises
    ------
    DownloadError
        If the file cannot be had; nothing is left behind, and the message says which
        file to put where by hand.
    """
    settings = settings or DownloadSettings()
    target = cache_dir() / "medmnist" / entry.file
    with one_process_at_a_time(target, entry.file):
        if target.is_file() and pooch.file_hash(str(target), alg="md5") == entry.md5:
            return target  # another process was quicker
        _announce(entry)
        for attempt in range(1, settings.attempts + 1):
            try:
                with written_whole(target) as part:
                    _download(entry, part, settings)
            except (requests.RequestException, _WrongHashError, OSError) as error:
                if attempt == settings.attempts or not _worth_another_try(error):
                    raise _explained(entry, error, attempt) from error
                wait_s = settings.backoff_s * 2 ** (attempt - 1)
                tell(
                    f"Attempt {attempt} failed ({_reason(error)}); next in {wait_s:g} "
                    "s."
                )
                time.sleep(wait_s)
            else:
                return target
    raise AssertionError("unreachable: the last attempt returns or raises")


def address(entry: PublishedFile) -> str:
    """Return the address to fetch from: the mirror COURSE_DATA_URL when it is set."""
    mirror = os.environ.get("COURSE_DATA_URL")
    return f"{mirror.rstrip('/')}/{entry.file}" if mirror else entry.url


def _announce(entry: PublishedFile) -> None:
    tell(
        f"Downloading {entry.file} from {urlsplit(address(entry)).netloc} "
        f"(at most {entry.unpacked_mb:,.0f} MB). Licence: {entry.licence}. "
        "Cite: Yang et al., MedMNIST v2, Scientific Data 2023;10:41, and the source "
        "named on the card."
    )


def _download(entry: PublishedFile, part: Path, settings: DownloadSettings) -> None:
    downloader = pooch.HTTPDownloader(
        progressbar=settings.progress,
        chunk_size=CHUNK_BYTES,
        timeout=(settings.connect_timeout_s, settings.read_timeout_s),
    )
    with _open_part(part) as output:
        downloader(address(entry), output, None)
    found = pooch.file_hash(str(part), alg="md5")
    if found != entry.md5:
        raise _WrongHashError(
            f"the file that came has the MD5 {found} instead of {entry.md5}"
        )


def _open_part(part: Path):  # noqa: ANN202 - the type of open() is long
    return part.open("wb")


def _worth_another_try(error: Exception) -> bool:
    """Return False for what waiting does not mend: no such file, a full disk."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return error.response.status_code in (408, 425, 429) or (
            error.response.status_code >= 500
        )
    if isinstance(error, requests.RequestException | _WrongHashError):
        return not is_disk_full(error)
    return False


def _reason(error: Exception) -> str:
    """Return in words why a download failed."""
    if is_disk_full(error):
        free_mb = shutil.disk_usage(_existing(cache_dir())).free / 1e6
        return f"the disk is full: {free_mb:,.0f} MB free in the cache folder"
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return (
            f"the server answered {error.response.status_code} {error.response.reason}"
        )
    if isinstance(error, requests.Timeout) or "timed out" in str(error).lower():
        return "the server did not answer in time"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off before the end of the file"
    if isinstance(error, requests.ConnectionError):
        return "no connection to the server; is there a network?"
    return str(error) or type(error).__name__


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def _explained(entry: PublishedFile, error: Exception, attempts: int) -> DownloadError:
    tries = "1 attempt" if attempts == 1 else f"{attempts} attempts"
    remedy = (
        "Free some space, or name another folder in COURSE_CACHE_DIR."
        if is_disk_full(error)
        else f"Without a network: get {entry.file} (MD5 {entry.md5}) elsewhere "
        f"and put it into {_by_hand()}. A mirror can be named in COURSE_DATA_URL."
    )
    return DownloadError(
        f"Could not download {entry.file} from {address(entry)}: {_reason(error)} "
        f"({tries}). Nothing was left on the disk. {remedy}"
    )


def _by_hand() -> str:
    own = data_dir()
    if own:
        return f"the folder {own} (COURSE_DATA_DIR)"
    return (
        f"the folder {cache_dir() / 'medmnist'}, or any folder that you name in the "
        "environment variable COURSE_DATA_DIR"
    )
