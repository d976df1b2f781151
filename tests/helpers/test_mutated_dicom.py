"""The damage comes from the seed alone, and the harness sees each kind of trouble."""

import os
import re
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.mutated_dicom import base_files, elements_of, fuzz, mutated, try_all

HERE = "tests.helpers.test_mutated_dicom"


def refuse(path: Path, out: Path) -> None:
    raise LookupError("as documented")


def raise_another(path: Path, out: Path) -> None:
    raise TypeError("not documented")


def hide_a_memory_error(path: Path, out: Path) -> None:
    try:
        np.ones(2 * 10**9, dtype=np.uint8)
    except MemoryError as error:
        raise LookupError("no memory") from error


def reserve_much(path: Path, out: Path) -> None:
    np.ones(2 * 10**9, dtype=np.uint8)


def leave_a_half(path: Path, out: Path) -> None:
    (out / "half.dcm").write_bytes(b"half")
    raise LookupError("after writing")


def leave_a_part(path: Path, out: Path) -> None:
    (out / "sub").mkdir()
    (out / "sub" / "whole.dcm.part").write_bytes(b"part")


def write_whole(path: Path, out: Path) -> None:
    (out / "whole.dcm").write_bytes(b"whole")


def change_the_file(path: Path, out: Path) -> None:
    path.write_bytes(b"changed")


def be_slow(path: Path, out: Path) -> None:
    start = time.process_time()
    while time.process_time() - start < 2.1:
        pass


def warn(path: Path, out: Path) -> None:
    warnings.warn("something odd", stacklevel=1)


def chatter(path: Path, out: Path) -> None:
    print("hello")


def crash(path: Path, out: Path) -> None:
    os._exit(7)


def test_the_same_seed_gives_the_same_files():
    first, again = (list(mutated(60, seed=3)) for _ in range(2))
    assert first == again
    assert first != list(mutated(60, seed=4))
    names = [name for name, _ in first]
    assert len(set(names)) == 60


def test_most_files_differ_from_their_base():
    bases = base_files()
    changed = [
        content != bases[base]
        for name, content in mutated(300, seed=1)
        for base in bases
        if name.endswith(f"_{base}")
    ]
    assert np.mean(changed) > 0.95


def test_the_bases_are_small_and_cover_every_kind():
    bases = base_files()
    assert len(bases) > 40
    assert max(map(len, bases.values())) <= 11_000
    for name in ("MR_small_RLE.dcm", "JPEG2000.dcm", "built_frames.dcm"):
        assert name in bases


def test_elements_are_found_where_they_are():
    content = base_files()["built_ct.dcm"]
    by_tag = {element.keyword: element for element in elements_of(content)}
    rows = by_tag["00280010"]
    assert content[rows.start : rows.start + 8] == b"\x28\0\x10\0US\x02\0"
    assert content[rows.value : rows.value + rows.length] == b"\x08\0"


@pytest.mark.parametrize("action", [refuse, write_whole])
def test_the_harness_is_content_with(tmp_path, action):
    report = try_all(action, LookupError, mutated(3), tmp_path)
    assert (report.tried, report.troubles) == (3, [])
    assert report.refused == (3 if action is refuse else 0)


@pytest.mark.parametrize(
    ("action", "trouble"),
    [
        (raise_another, "TypeError: not documented"),
        (leave_a_half, "it left half.dcm"),
        (leave_a_part, "it left whole.dcm.part"),
        (change_the_file, "it changed the file"),
        (be_slow, "it took 2."),
        (warn, "a warning escaped: something odd"),
        (chatter, "it printed 'hello"),
    ],
)
def test_the_harness_sees_trouble(tmp_path, action, trouble):
    report = try_all(action, LookupError, mutated(1), tmp_path)
    assert len(report.troubles) == 1
    assert trouble in report.troubles[0]


LINUX = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux limits the memory"
)


@pytest.mark.parametrize(
    ("action", "trouble"),
    [
        ("refuse", ""),
        pytest.param("hide_a_memory_error", "a MemoryError behind", marks=LINUX),
        pytest.param("reserve_much", "MemoryError", marks=LINUX),
        ("crash", r"ended \(7\) at 00000_"),
    ],
)
def test_the_process_of_the_harness(action, trouble):
    report = fuzz(f"{HERE}:{action}", allowed=LookupError, count=1)
    assert len(report.troubles) == bool(trouble)
    assert re.search(trouble, " ".join(report.troubles))
