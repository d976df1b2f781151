"""The grey levels and colours of dcmtk's dcmj2pnm, another program in another language.

Optional: skipped where dcmj2pnm is not installed (Debian package dcmtk). What dcmtk
cannot read (JPEG 2000, JPEG-LS, a header that changes its mind) is decompressed by
gdcmconv first (Debian package libgdcm-tools) and skipped without it. One grey level may
differ; every exception is named below, with who is right and why.
"""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from helpers.dicom_pixels import DicomPixelsError, read_pixels
from tests.helpers.dicom_examples import WHEEL, course_files, wheel_files

RENDERER, CONVERTER = shutil.which("dcmj2pnm"), shutil.which("gdcmconv")
FIRST_FRAMES = 3  # of each file; the others go the same way

# Lossy JPEG: ISO 10918-2 lets two decoders differ by a stored value or two (three after
# the conversion to RGB), and a narrow window stretches that. Both are right. From the
# values that dcmtk's own decoder finds, the grey levels must agree all the same.
LOSSY_DECODERS = {
    "JPGExtended.dcm",
    "SC_rgb_dcmtk_+eb+cy+n1.dcm",
    "SC_rgb_dcmtk_+eb+cy+np.dcm",
    "SC_rgb_jpeg_lossy_gdcm.dcm",
    "ct_jpeg_baseline_8bit.dcm",  # 12 stored values in the window
    "examples_ybr_color.dcm",
}
NOT_COMPARED = {
    "rtdose_expb.dcm": "32-bit big endian in OW: dcmtk swaps bytes within 16-bit words "
    "(PS3.5 6.2), the file was written in whole 32-bit words; read as these it equals "
    "the little-endian rtdose.dcm (tested below), so the file is odd, not the reading",
    "rtdose_expb_1frame.dcm": "as rtdose_expb.dcm",
}


def readable() -> list[Path]:
    """Return every file of pydicom and of the real collection that can be read."""
    return [path for path in wheel_files() + course_files() if is_readable(path)]


@cache
def is_readable(path: Path) -> bool:
    """Tell whether there are pixels to compare."""
    try:
        return read_pixels(path) is not None
    except DicomPixelsError:
        return False


def rendered(path: Path, pixels, frame: int) -> np.ndarray | str:
    """Return dcmtk's picture (rows, columns[, 3]) of one frame, or its complaint."""
    command = [RENDERER, "--no-overlays", "+F", str(frame + 1), *window(pixels, frame)]
    run = subprocess.run([*command, str(path)], capture_output=True, check=False)
    if run.returncode or not run.stdout:
        return run.stderr.decode("latin-1")[-400:]
    head = re.match(rb"(P[56])\s+(?:#[^\n]*\n\s*)*(\d+)\s+(\d+)\s+255\s", run.stdout)
    columns, rows = int(head[2]), int(head[3])
    samples = 3 if head[1] == b"P6" else 1
    content = run.stdout[head.end() :]
    shown = np.frombuffer(content, np.uint8, rows * columns * samples)
    shown = shown.reshape(rows, columns, samples)
    return shown if samples == 3 else shown[..., 0]


def window(pixels, frame: int) -> list[str]:
    """Return the option that asks dcmtk for the display that read_pixels chose.

    The first table or window of the header; without one the range that is shown, which
    dcmtk is given as a window since its own minimum and maximum are those of one frame.
    """
    if pixels.is_colour:
        return []
    voi = pixels.voi[frame] if len(pixels.voi) > 1 else pixels.voi[0]
    if voi is not None:
        functional = "PerFrameFunctionalGroupsSequence" in pixels.dataset
        if functional or "WindowWidth" not in pixels.dataset and voi.table is None:
            return ["+Ww", f"{voi.center}", f"{voi.width}"]
        return ["+Wl", "1"] if voi.table is not None else ["+Wi", "1"]
    low, high = pixels.display_range
    if "DoseGridScaling" in pixels.dataset:  # no modality transformation for dcmtk
        low, high = (float(end) for end in (pixels.stored.min(), pixels.stored.max()))
    return ["+Ww", f"{(low + high + 1) / 2}", f"{high - low + 1}"]


def farthest(path: Path, shown_by: Path) -> int | str:
    """Return the largest difference in grey levels, or dcmtk's complaint."""
    pixels = read_pixels(path)
    ours = pixels.display() if pixels.frames > 1 else pixels.display()[np.newaxis]
    worst = 0
    for frame in range(min(pixels.frames, FIRST_FRAMES)):
        theirs = rendered(shown_by, pixels, frame)
        if isinstance(theirs, str):
            return theirs
        if theirs.ndim > ours[frame].ndim:  # a grey palette
            assert (theirs == theirs[..., :1]).all()
            theirs = theirs[..., 0]
        assert theirs.shape == ours[frame].shape
        difference = np.abs(theirs.astype(int) - ours[frame].astype(int)).max()
        worst = max(worst, int(difference))
    return worst


def decompressed(path: Path, folder: Path, program: str) -> Path:
    """Return the same object without compression, by gdcmconv or dcmdjpeg."""
    out = folder / "decompressed.dcm"
    options = ["--raw"] if program == "gdcmconv" else []
    command = [shutil.which(program), *options, str(path), str(out)]
    subprocess.run(command, capture_output=True, check=True, timeout=60)
    return out


@pytest.mark.skipif(not RENDERER, reason="dcmj2pnm (dcmtk) is not installed")
@pytest.mark.parametrize("path", readable(), ids=lambda path: path.name)
def test_the_grey_levels_are_those_of_dcmtk(path, tmp_path):
    if path.name in NOT_COMPARED:
        pytest.skip(NOT_COMPARED[path.name])
    found = farthest(path, path)
    if isinstance(found, str):
        if not CONVERTER:
            pytest.skip(f"gdcmconv is not installed, and dcmtk says: {found}")
        found = farthest(path, decompressed(path, tmp_path, "gdcmconv"))
    if path.name in LOSSY_DECODERS:
        assert found > 1  # no exception without need
        plain = decompressed(path, tmp_path, "dcmdjpeg")
        stored = (read_pixels(one).stored.astype(int) for one in (path, plain))
        assert np.abs(np.subtract(*stored)).max() <= 3
        found = farthest(plain, plain)
    assert found in (0, 1), found


def test_the_big_endian_dose_equals_the_little_endian_one():
    files = WHEEL / "test_files"
    big = read_pixels(files / "rtdose_expb.dcm").stored
    np.testing.assert_array_equal(big, read_pixels(files / "rtdose.dcm").stored)


def test_no_exception_is_left_over():
    names = {path.name for path in wheel_files()} | {"ct_jpeg_baseline_8bit.dcm"}
    assert set(NOT_COMPARED) | LOSSY_DECODERS <= names


@pytest.mark.skipif(not RENDERER, reason="dcmj2pnm (dcmtk) is not installed")
def test_the_comparison_sees_a_wrong_window(monkeypatch):
    path = WHEEL / "test_files" / "CT_small.dcm"
    monkeypatch.setattr(f"{__name__}.window", lambda pixels, frame: ["+Ww", "40", "80"])
    assert farthest(path, path) > 1
