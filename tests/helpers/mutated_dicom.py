"""Damaged DICOM files from a seed, and a harness that tries one action on each.

    from tests.helpers.mutated_dicom import fuzz

    def action(path: Path, out: Path) -> None:       # in tests/helpers/test_x.py
        read_pixels(path).display()

    def test_five_thousand():
        report = fuzz("tests.helpers.test_x:action", allowed=DicomPixelsError)
        assert report.troubles == []

The action runs in a process of its own, which may use 1 GB more than it began with.
It is given the damaged file and an empty folder `out`. Trouble is: an exception that is
not allowed, a MemoryError anywhere behind one, more than two seconds of processor time,
more than 1 GB, a damaged file that was changed, anything left in `out` after an error,
an empty or partial file there after success, a warning or a printed line that escaped,
and of course a crash or a hang.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

from tests.helpers.dicom_examples import WHEEL, course_files, item, make_dataset

ROOT = Path(__file__).resolve().parents[2]
LARGEST_BASE = 11_000  # bytes, so that thousands of files take seconds
SECONDS = 2.0
BYTES = 10**9
HANG_S = 20
LONG_LENGTH = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT"}
VRS = ("AT", "CS", "DA", "DS", "FD", "FL", "IS", "OB", "OW", "SL", "SQ", "SS", "UI")
VRS += ("UL", "UN", "US", "UT", "LO", "PN", "TM", "XX", "\0\0", "  ", "\xff\xff")
NUMBERS = (0, 1, 2, 3, 7, 8, 12, 16, 31, 32, 64, 255, 256, 4096, 32767, 32768, 65535)
TEXTS = (b"", b"0", b"-1", b"1A", b"NaN", b"inf", b"-inf", b"1e308", b"1e-320", b"\\")
TEXTS += (
    b"999999999999",
    b"1\\2\\3\\4",
    b"0.0\\0.0\\0.0",
    b"RGB",
    b"YBR_FULL",
    b"\xff",
)
TEXTS += (b"MONOCHROME1", b"PALETTE COLOR", b"1.2.840.10008.1.2.4.90", b"\0", b"LINEAR")
GEOMETRY = (
    *("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PlanarConfiguration"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelSpacing"),
    *("PhotometricInterpretation", "RescaleSlope", "RescaleIntercept", "WindowCenter"),
    *("WindowWidth", "VOILUTFunction", "ImagePositionPatient", "SliceThickness"),
    *("ImageOrientationPatient", "SpacingBetweenSlices", "TransferSyntaxUID"),
    *("PixelPaddingValue", "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID"),
    *("FrameIncrementPointer", "DoseGridScaling", "SpecificCharacterSet", "Modality"),
)


@dataclass(frozen=True)
class Element:
    """Where one top-level element lies in the file."""

    keyword: str
    vr: str
    start: int  # of its tag
    value: int  # of its value
    length: int
    implicit: bool
    little: bool

    def header(self, length: int, vr: bytes | None = None) -> bytes:
        """Return tag, VR and another length as they stand in the file."""
        order = "little" if self.little else "big"
        tag = pydicom.tag.Tag(self.keyword)
        head = tag.group.to_bytes(2, order) + tag.element.to_bytes(2, order)
        if self.implicit:
            return head + length.to_bytes(4, order)
        vr = vr or self.vr.encode("latin-1")
        if self.value - self.start == 12:
            return head + vr + b"\0\0" + length.to_bytes(4, order)
        return head + vr + (length & 0xFFFF).to_bytes(2, order)


def mutated(
    count: int, *, seed: int = 0, bases: dict[str, bytes] | None = None
) -> Iterator[tuple[str, bytes]]:
    """Yield `count` damaged files as (name, bytes), the same for the same seed.

    Each base file in turn gets one to three defects; the name tells which.
    """
    bases = base_files() if bases is None else bases
    names = sorted(bases)
    for number in range(count):
        random = np.random.default_rng([seed, number])
        base = names[number % len(names)]
        content, done = bases[base], []
        for _ in range(random.choice([1, 1, 1, 2, 3])):
            defect = DEFECTS[random.integers(len(DEFECTS))]
            content = defect(content, random)
            done.append(defect.__name__.strip("_"))
        yield f"{number:05d}_{'_'.join(done)}_{base}", content


@cache
def base_files() -> dict[str, bytes]:
    """Return sound and odd files to begin with: small ones of pydicom, and built ones.

    With COURSE_DATA_DIR set, the small ones of its dicom/odd as well.
    """
    paths = list((WHEEL / "test_files").glob("*.dcm"))
    paths += [path for path in course_files() if path.parent.name == "odd"]
    found = {
        path.name: path.read_bytes()
        for path in paths
        if path.stat().st_size <= LARGEST_BASE
    }
    return found | built_files()


def built_files() -> dict[str, bytes]:
    """Return small images with what pydicom's small files lack: tables, groups, CT."""
    ramp = np.arange(64, dtype=np.uint16).reshape(8, 8)
    table = item(LUTDescriptor=[64, 0, 16], LUTData=list(range(0, 640, 10)))
    table.ModalityLUTType = "US"
    for keyword in ("LUTDescriptor", "LUTData"):
        table[keyword].VR = "US"
    tables = make_dataset(ramp, ModalityLUTSequence=[table], VOILUTSequence=[table])
    groups = [_frame_groups(number) for number in range(2)]
    shared = item(PixelMeasuresSequence=[item(PixelSpacing=[1, 1], SliceThickness=2)])
    frames = make_dataset(
        np.stack([ramp, ramp]),
        SharedFunctionalGroupsSequence=[shared],
        PerFrameFunctionalGroupsSequence=groups,
    )
    palette = make_dataset(ramp.astype(np.uint8))
    palette.PhotometricInterpretation = "PALETTE COLOR"
    for colour in ("Red", "Green", "Blue"):
        prefix = f"{colour}PaletteColorLookupTable"
        setattr(palette, f"{prefix}Descriptor", [64, 0, 16])
        palette[f"{prefix}Descriptor"].VR = "US"
        setattr(palette, f"{prefix}Data", bytes(range(128)))
    slice_of_ct = make_dataset(ramp, Modality="CT", RescaleSlope=1, BitsStored=12)
    slice_of_ct.RescaleIntercept, slice_of_ct.HighBit = -1024, 11
    slice_of_ct.WindowCenter, slice_of_ct.WindowWidth = [40, 500], [400, 2000]
    slice_of_ct.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    slice_of_ct.ImagePositionPatient, slice_of_ct.PixelSpacing = [0, 0, 5], [1, 1]
    slice_of_ct.SeriesInstanceUID = slice_of_ct.StudyInstanceUID = "1.2.3"
    slice_of_ct.add_new(0x60003000, "OW", bytes(8))
    slice_of_ct.add_new(0x60000010, "US", 8)
    slice_of_ct.add_new(0x60000011, "US", 8)
    built = {"tables": tables, "frames": frames, "palette": palette, "ct": slice_of_ct}
    return {f"built_{name}.dcm": _bytes_of(image) for name, image in built.items()}


def _frame_groups(number: int) -> Dataset:
    """Return the functional groups of one frame."""
    return item(
        PixelValueTransformationSequence=[
            item(RescaleSlope=1 + number, RescaleIntercept=-10, RescaleType="US")
        ],
        FrameVOILUTSequence=[item(WindowCenter=20 + number, WindowWidth=40)],
        PlanePositionSequence=[item(ImagePositionPatient=[0, 0, 2 * number])],
        PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
    )


def _bytes_of(dataset: Dataset) -> bytes:
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    store = io.BytesIO()
    dataset.save_as(store, enforce_file_format=True)
    return store.getvalue()


@cache
def elements_of(content: bytes) -> tuple[Element, ...]:
    """Return the top-level elements of a file that pydicom can list."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = pydicom.dcmread(io.BytesIO(content), force=True)
            meta = dataset.file_meta.get_item
            listed = [meta(tag) for tag in dataset.file_meta.keys()]  # noqa: SIM118
            listed += [dataset.get_item(tag) for tag in dataset.keys()]  # noqa: SIM118
        except Exception:
            return ()
    found = []
    for raw in listed:
        if not isinstance(raw, RawDataElement) or raw.length == 0xFFFFFFFF:
            continue
        long_form = not raw.is_implicit_VR and raw.VR in LONG_LENGTH
        before = 12 if long_form else 8
        found.append(
            Element(
                f"{int(raw.tag):08X}",
                raw.VR or "UN",
                raw.value_tell - before,
                raw.value_tell,
                raw.length,
                raw.is_implicit_VR,
                raw.is_little_endian,
            )
        )
    return tuple(one for one in found if 0 <= one.start < len(content))


def _keyword(element: Element) -> str:
    return pydicom.datadict.keyword_for_tag(int(element.keyword, 16))


def _chosen(content: bytes, random: np.random.Generator) -> Element | None:
    """Choose an element, two times in three one that shapes the image."""
    elements = elements_of(content)
    if random.random() < 0.67:
        elements = [one for one in elements if _keyword(one) in GEOMETRY] or elements
    return elements[random.integers(len(elements))] if elements else None


def _flip(content: bytes, random: np.random.Generator) -> bytes:
    data = bytearray(content)
    for _ in range(int(random.integers(1, 12))):
        end = len(data) if random.random() < 0.3 else min(len(data), 1500)
        if end:
            data[int(random.integers(end))] ^= 1 << int(random.integers(8))
    return bytes(data)


def _cut(content: bytes, random: np.random.Generator) -> bytes:
    return content[: int(random.integers(len(content) + 1))]


def _length(content: bytes, random: np.random.Generator) -> bytes:
    element = _chosen(content, random)
    if element is None:
        return content
    wrong = (0, 1, element.length + 1, element.length + 2, max(0, element.length - 1))
    wrong += (255, 65535, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1)
    header = element.header(wrong[random.integers(len(wrong))])
    return content[: element.start] + header + content[element.value :]


def _vr(content: bytes, random: np.random.Generator) -> bytes:
    element = _chosen(content, random)
    if element is None or element.implicit:
        return _flip(content, random)
    vr = VRS[random.integers(len(VRS))].encode("latin-1")
    at = element.start + 4
    return content[:at] + vr + content[at + 2 :]


def _drop(content: bytes, random: np.random.Generator) -> bytes:
    element = _chosen(content, random)
    if element is None:
        return content
    return content[: element.start] + content[element.value + element.length :]


def _twice(content: bytes, random: np.random.Generator) -> bytes:
    element = _chosen(content, random)
    if element is None:
        return content
    end = element.value + element.length
    return content[:end] + content[element.start : end] + content[end:]


def _nonsense(content: bytes, random: np.random.Generator) -> bytes:
    """Give an element another value, with a length that is true."""
    element = _chosen(content, random)
    if element is None:
        return content
    order = "little" if element.little else "big"
    if element.vr in ("US", "SS", "UL", "SL"):
        size = 2 if element.vr in ("US", "SS") else 4
        value = int(NUMBERS[random.integers(len(NUMBERS))]).to_bytes(size, order)
        value *= int(random.choice([1, 1, 1, 2, 0]))
    elif element.vr in LONG_LENGTH:
        value = random.bytes(2 * int(random.integers(0, 40)))
    else:
        value = TEXTS[random.integers(len(TEXTS))]
        value += b" " * (len(value) % 2)
    header = element.header(len(value))
    end = element.value + element.length
    return content[: element.start] + header + value + content[end:]


def _insert(content: bytes, random: np.random.Generator) -> bytes:
    at = int(random.integers(len(content) + 1))
    return content[:at] + random.bytes(int(random.integers(1, 30))) + content[at:]


DEFECTS = (_flip, _cut, _length, _vr, _drop, _twice, _nonsense, _nonsense, _insert)


@dataclass
class Report:
    """What came out of a run."""

    tried: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    slowest: str = ""
    largest_bytes: int = 0  # memory that the process used above its beginning
    troubles: list[str] = field(default_factory=list)


def fuzz(
    action: str, *, allowed: type[Exception], count: int = 5000, seed: int = 0
) -> Report:
    """Try an action on damaged files in a process of its own.

    Parameters
    ----------
    action : str
        ``"module:function"``; the function takes (path, out), two paths.
    allowed : exception type
        What the action may raise.
    count, seed : int
        See `mutated`.
    """
    kind = f"{allowed.__module__}:{allowed.__name__}"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.helpers.mutated_dicom"]
        command += [action, kind, str(count), str(seed), folder]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        current = Path(folder) / "current.txt"
        at = current.read_text() if current.exists() else "before the first file"
    try:
        report = Report(**json.loads(run.stdout.splitlines()[-1]))
    except (IndexError, ValueError, TypeError):
        end = run.stderr.strip()[-2000:]
        return Report(troubles=[f"the process ended ({run.returncode}) at {at}: {end}"])
    return report


def try_all(
    action: Callable, allowed: type[Exception], files: Iterator, folder: Path
) -> Report:
    """Run the action on each file; used by `fuzz` in the process it starts."""
    report = Report()
    out = folder / "out"
    out.mkdir()
    start_bytes = memory_peak()
    for name, content in files:
        (folder / "current.txt").write_text(name)
        path = folder / "damaged.dcm"
        path.write_bytes(content)
        faulthandler.dump_traceback_later(HANG_S, exit=True)
        seconds, refused, trouble = _try_one(action, allowed, path, out)
        faulthandler.cancel_dump_traceback_later()
        if path.read_bytes() != content:
            trouble = trouble or "it changed the file"
        trouble = trouble or _left_behind(out, refused)
        if seconds > SECONDS:
            trouble = trouble or f"it took {seconds:.1f} s"
        if seconds > report.slowest_s:
            report.slowest_s, report.slowest = seconds, name
        report.tried += 1
        report.refused += refused
        if trouble:
            report.troubles.append(f"{name}: {trouble}")
    report.largest_bytes = memory_peak() - start_bytes
    if report.largest_bytes > BYTES:
        report.troubles.append(f"it used {report.largest_bytes / 1e6:.0f} MB")
    return report


def _try_one(action: Callable, allowed: type[Exception], path: Path, out: Path):
    """Return seconds, whether the file was refused, and the trouble or ''."""
    printed, trouble, refused = io.StringIO(), "", False
    start = time.process_time()
    with (
        warnings.catch_warnings(record=True) as caught,
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
    ):
        warnings.simplefilter("always")
        try:
            action(path, out)
        except allowed as error:
            refused = True
            if _memory_error_behind(error):
                trouble = f"a MemoryError behind: {error}"
        except BaseException as error:
            refused, trouble = True, f"{type(error).__name__}: {error}"
    seconds = time.process_time() - start
    if caught:
        trouble = trouble or f"a warning escaped: {caught[0].message}"
    if printed.getvalue():
        trouble = trouble or f"it printed {printed.getvalue()[:100]!r}"
    return seconds, refused, trouble


def _memory_error_behind(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, MemoryError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _left_behind(out: Path, refused: bool) -> str:
    """Say what the action left in its folder and should not have; clear the folder."""
    left = [path for path in sorted(out.rglob("*")) if path.is_file()]
    bad = [
        path.name
        for path in left
        if refused or not path.stat().st_size or path.suffix in (".part", ".tmp")
    ]
    for path in sorted(out.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    return f"it left {', '.join(bad)}" if bad else ""


def memory_peak() -> int:
    """Return the largest memory of this process so far, in bytes; 0 if unknown."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def limit_memory(extra: int) -> None:
    """Let this process reserve so many bytes more than it has (Linux only)."""
    if not sys.platform.startswith("linux"):
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + extra
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _named(name: str):
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def main(arguments: list[str]) -> None:
    """Run `try_all` and print its report as one line of JSON."""
    action, kind, count, seed, folder = arguments
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    action, allowed = _named(action), _named(kind)
    limit_memory(BYTES)
    files = mutated(int(count), seed=int(seed))
    report = try_all(action, allowed, files, Path(folder))
    print(json.dumps(report.__dict__))


if __name__ == "__main__":
    main(sys.argv[1:])
