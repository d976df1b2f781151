"""Cases of the exercises of lesson 11: HU, windows, what a picture keeps."""

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
