"""Cases of the exercises of lesson 11: HU, windows, what a picture keeps."""

from functools import partial

import numpy as np

from helpers.checks import Case, Exercise

EXERCISES = {
    "11.1": Exercise(
        cases=[
            # 0 is padding; 24 - 1024 = -1000; 1064 - 1024 = 40
            Case(
                inputs=(np.array([0, 24, 1064], dtype=np.uint16), 1, -1024, 0),
                expected=np.array([np.nan, -1000.0, 40.0]),
                hint="The padding becomes NaN, not a number.",
            ),
            # stored -976 becomes -2000 HU, which is not the stored padding -2000
            Case(
                inputs=(np.array([-2000, -976], dtype=np.int16), 1, -1024, -2000),
                expected=np.array([np.nan, -2000.0]),
                hint="Compare the stored values with the padding, not the HU.",
            ),
            # 30000 * 2 - 1024 = 58976 needs more than int16; nothing is padding
            Case(
                inputs=(np.array([[30000, 0]], dtype=np.int16), 2, -1024, None),
                expected=np.array([[58976.0, -1024.0]]),
                hint="int16 ends at 32767; and with None nothing is masked.",
            ),
        ],
        hint="Convert to float, rescale, then mark where the stored value is padding.",
        tolerance=1e-4,
    ),
    "11.3": Exercise(
        cases=[
            # -160 to 240: -60 HU is 100 / 400 * 255 = 63.75 -> 64; 140 HU is 191.25;
            # -1350 to 150: 1290 / 1500 * 255 = 219.3; 1490 / 1500 * 255 = 253.3
            Case(
                inputs=(np.array([-60.0, 140.0]), [(40, 400), (-600, 1500)]),
                expected=np.array([[64, 219], [191, 253]], dtype=np.uint8),
                hint="Round to the nearest grey; the windows are the last axis.",
            ),
            Case(
                inputs=(np.array([-1000.0, 900.0]), [(40, 400)]),
                expected=np.array([[0], [255]], dtype=np.uint8),
                hint="Clip to 0 and 255 before the change to uint8, which wraps.",
            ),
            # int16 as it comes from a file; 0 to 100 HU; 20 / 100 * 255 = 51
            Case(
                inputs=(np.array([[20, -32000]], dtype=np.int16), [(50, 100)]),
                expected=np.array([[[51], [0]]], dtype=np.uint8),
                hint="Black is center - width / 2, here 0 HU; compute in float.",
            ),
            Case(
                inputs=(np.array([0.0, 300.0]), [(40, 400)]),
                expected="an array of type uint8",
                accept=lambda got: getattr(got, "dtype", None) == np.uint8,
                hint="The result must be uint8.",
            ),
        ],
        hint="Black end off, over the width, times 255; round, clip, cast; stack.",
    ),
    "11.5": Exercise(
        cases=[
            # black -160, step 400 / 255: 51 * 400 / 255 - 160 = -80
            Case(
                inputs=(np.array([51, 204], dtype=np.uint8), 40, 400),
                expected=np.array([-80.0, 160.0]),
                hint="Grey 0 stands for center - width / 2, one grey for width / 255.",
            ),
            Case(
                inputs=(np.array([0, 51, 255], dtype=np.uint8), 40, 400),
                expected=np.array([np.nan, -80.0, np.nan]),
                hint="0 and 255 mean 'at most' and 'at least': no value, so NaN.",
            ),
            # uint8 arithmetic: 200 * 1500 does not fit
            Case(
                inputs=(np.array([[200]], dtype=np.uint8), -600, 1500),
                expected=np.array([[-173.5294]]),
                hint="Convert the grey to float before you multiply.",
            ),
        ],
        hint="grey / 255 * width + black end, then NaN at both ends.",
        tolerance=1e-4,
    ),
}


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


MISTAKES = {
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
