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
    "11.4": Exercise(
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


def _back(hu):
    """Make an answer of 11.5 from a way to HU; both ends become NaN."""
    return lambda grey, c, w: np.where(grey % 255 == 0, np.nan, hu(grey, c, w))


MISTAKES = {
    "11.1": {
        "Where does padding_value enter?": lambda s, m, b, p: (
            s.astype(np.float32) * m + b
        ),
        "After the rescale the padding is another number. When do you compare?": partial(
            _masked, before=False
        ),
        "0 HU is water. The padding was never measured: NaN.": partial(
            _masked, value=0.0
        ),
        "-1000 HU is air. The padding was never measured: NaN.": partial(
            _masked, value=-1000.0
        ),
        "The type of the file cannot hold the result. Convert to float first.": _in_integers,
        "The smallest value need not be padding. The argument says what is.": lambda s, m, b, p: (
            _masked(s, m, b, s.min())
        ),
    },
    "11.4": {
        "0 and 255 mean at most and at least. What should stand there?": lambda g, c, w: (
            g / 255 * w + c - w / 2
        ),
        "Grey 0 stands for the lower end of the window, not for 0 HU.": _back(
            lambda g, c, w: g / 255 * w
        ),
        "The window begins half a width below its centre.": _back(
            lambda g, c, w: g / 255 * w + c
        ),
        "From grey 0 to grey 255 there are 255 steps.": _back(
            lambda g, c, w: g / 256 * w + c - w / 2
        ),
        "uint8 cannot hold the product. Convert the grey to float first.": _back(
            lambda g, c, w: (g * np.uint8(w % 256)) / 255 + c - w / 2
        ),
    },
}
