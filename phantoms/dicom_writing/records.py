"""What is written beside the pixels of a radiograph and of a CT series."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Radiograph:
    """What is written beside the pixels; all of it invented.

    Attributes
    ----------
    sex : {"F", "M", "O"}
    age_years : int, 0 to 120, or None
    view : {"PA", "AP"}
    spacing_mm : float
        Distance of two pixels at the detector.
    study : str
        Tells the studies of a patient apart; equal texts give equal UIDs, and a
        radiograph and a CT of equal text belong to one study.
    date : str
        Study date, YYYYMMDD.
    model : str
        Name of the machine, at most 64 characters.
    institution : str
        Name of the hospital; empty: the attribute is left out.
    kvp : float or None
        Tube voltage.
    """

    sex: str = "O"
    age_years: int | None = None
    view: str = "PA"
    spacing_mm: float = 3.0
    study: str = "1"
    date: str = "20260101"
    model: str = "In-silico radiograph"
    institution: str = ""
    kvp: float | None = None


@dataclass(frozen=True)
class CtSeries:
    """What is written beside the voxels of a CT; all of it invented.

    Attributes
    ----------
    sex, age_years, study, date, model, institution
        As for `Radiograph`.
    origin_mm : (x, y, z)
        Centre of the voxel [0, 0, 0] in the patient's frame of DICOM: x to the
        patient's left, y to the back, z to the head.
    orientation : six numbers
        Image Orientation (Patient): the direction of a row (along the columns), then
        of a column (down the rows). The slices follow their cross product.
    slice_thickness_mm : float or None
        None: as thick as the slices are apart.
    kvp : float
        Tube voltage.
    kernel : str
        Name of the reconstruction kernel, at most 16 characters.
    windows : pairs (centre, width) in HU
        The first is the one that a viewer begins with.
    bits : int
        Bits Stored, 12 to 16.
    signed : bool
        False: stored = HU + 1024, as most scanners do. True: stored = HU.
    contrast : str
        Contrast agent; empty: none was given.
    series : int
        Series Number, tells the series of one study apart.
    shuffled_names : bool
        True: file names in no order. Otherwise, and always in Instance Number, they
        count from the head to the feet.
    """

    sex: str = "O"
    age_years: int | None = None
    study: str = "1"
    date: str = "20260101"
    model: str = "In-silico CT"
    institution: str = ""
    origin_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    orientation: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    slice_thickness_mm: float | None = None
    kvp: float = 120.0
    kernel: str = "STANDARD"
    windows: tuple[tuple[float, float], ...] = ((40.0, 400.0), (-600.0, 1500.0))
    bits: int = 12
    signed: bool = False
    contrast: str = ""
    series: int = 1
    shuffled_names: bool = False
