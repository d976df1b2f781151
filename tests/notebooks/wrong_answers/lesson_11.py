"""Known wrong answers to the exercises of lesson 11; no check may accept one."""

import numpy as np


def _masked(stored, slope, intercept, padding, *, value=np.nan, before=True):
    hu = stored.astype(np.float32) * slope + intercept
    if padding is not None:
        hu[(stored if before else hu) == padding] = value
    return hu


def _in_integers(stored, slope, intercept, padding):
    hu = (stored * stored.dtype.type(slope)).astype(stored.dtype)
    hu = (hu - stored.dtype.type(abs(intercept))).astype(np.float32)
    if padding is not None:
        hu[stored == padding] = np.nan
    return hu


def _grey(hu, low, width):
    return (np.asarray(hu, float) - low) / width * 255


def _whole(grey):
    return np.clip(np.rint(grey), 0, 255)


def _stacked(hu, windows, *, end=_whole, kind=np.uint8):
    greys = [end(_grey(hu, c - w / 2, w)).astype(kind) for c, w in windows]
    return np.stack(greys, axis=-1)


WRONG = {
    "11.1": {
        "padding forgotten": lambda s, m, b, p: s.astype(np.float32) * m + b,
        "compared after the rescale": lambda *a: _masked(*a, before=False),
        "padding set to 0": lambda *a: _masked(*a, value=0.0),
        "padding set to air": lambda *a: _masked(*a, value=-1000.0),
        "in the type of the file": _in_integers,
        "smallest value taken for padding": lambda s, m, b, p: _masked(
            s, m, b, s.min()
        ),
    },
    "11.3": {
        "cast without clipping": lambda hu, ws: _stacked(
            hu, ws, end=lambda g: np.rint(g).astype(np.int64)
        ),
        "cut off instead of rounded": lambda hu, ws: _stacked(
            hu, ws, end=lambda g: np.clip(g, 0, 255)
        ),
        "width used as upper end": lambda hu, ws: _stacked(
            hu, [((c + w) / 2, w - c) for c, w in ws]
        ),
        "starts at the centre": lambda hu, ws: _stacked(
            hu, [(c + w / 2, w) for c, w in ws]
        ),
        "windows in front": lambda hu, ws: np.moveaxis(_stacked(hu, ws), -1, 0),
        "the first window only": lambda hu, ws: _stacked(hu, ws[:1]),
        "left in float": lambda hu, ws: _stacked(hu, ws, kind=float),
        "scaled to 256": lambda hu, ws: _stacked(
            hu, ws, end=lambda g: np.rint(np.clip(g * 256 / 255, 0, 255))
        ),
        "DICOM's LINEAR": lambda hu, ws: _stacked(
            hu, [(c - 0.5, w - 1) for c, w in ws]
        ),
    },
    "11.5": {
        "ends taken for values": lambda g, c, w: g / 255 * w + c - w / 2,
        "centre forgotten": lambda g, c, w: np.where(g % 255 == 0, np.nan, g / 255 * w),
        "starts at the centre": lambda g, c, w: np.where(
            g % 255 == 0, np.nan, g / 255 * w + c
        ),
        "divided by 256": lambda g, c, w: np.where(
            g % 255 == 0, np.nan, g / 256 * w + c - w / 2
        ),
        "multiplied in uint8": lambda g, c, w: np.where(
            g % 255 == 0, np.nan, (g * np.uint8(w % 256)) / 255 + c - w / 2
        ),
    },
}
