"""Known wrong answers to the exercises of lesson 11; no check may accept one."""

from functools import partial

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


def _whole(grey):
    return np.clip(np.rint(grey), 0, 255)


def _stacked(hu, windows, *, end=_whole, kind=np.uint8, axis=-1):
    greys = [(np.asarray(hu, float) - (c - w / 2)) / w * 255 for c, w in windows]
    return np.stack([end(grey).astype(kind) for grey in greys], axis=axis)


def _moved(window):
    """Make an answer that takes other windows than it was given."""
    return lambda hu, windows: _stacked(hu, [window(*one) for one in windows])


def _back(hu):
    """Make an answer of 11.5 from a way to HU; both ends become NaN."""
    return lambda grey, c, w: np.where(grey % 255 == 0, np.nan, hu(grey, c, w))


WRONG = {
    "11.1": {
        "padding forgotten": lambda s, m, b, p: s.astype(np.float32) * m + b,
        "compared after the rescale": partial(_masked, before=False),
        "padding set to 0": partial(_masked, value=0.0),
        "padding set to air": partial(_masked, value=-1000.0),
        "in the type of the file": _in_integers,
        "smallest taken for padding": lambda s, m, b, p: _masked(s, m, b, s.min()),
    },
    "11.3": {
        "cast without clipping": partial(
            _stacked, end=lambda g: np.rint(g).astype(int)
        ),
        "cut off, not rounded": partial(_stacked, end=lambda g: np.clip(g, 0, 255)),
        "width used as upper end": _moved(lambda c, w: ((c + w) / 2, w - c)),
        "starts at the centre": _moved(lambda c, w: (c + w / 2, w)),
        "windows in front": partial(_stacked, axis=0),
        "the first window only": lambda hu, windows: _stacked(hu, windows[:1]),
        "left in float": partial(_stacked, kind=float),
        "scaled to 256": partial(_stacked, end=lambda g: _whole(g * 256 / 255)),
        "DICOM's LINEAR": _moved(lambda c, w: (c - 0.5, w - 1)),
    },
    "11.5": {
        "ends taken for values": lambda g, c, w: g / 255 * w + c - w / 2,
        "centre forgotten": _back(lambda g, c, w: g / 255 * w),
        "starts at the centre": _back(lambda g, c, w: g / 255 * w + c),
        "divided by 256": _back(lambda g, c, w: g / 256 * w + c - w / 2),
        "multiplied in uint8": _back(
            lambda g, c, w: (g * np.uint8(w % 256)) / 255 + c - w / 2
        ),
    },
}
