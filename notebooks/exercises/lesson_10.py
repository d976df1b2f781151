"""Cases of the exercises of lesson 10: rescale, window."""

import numpy as np

from helpers.checks import Case, Exercise

EXERCISES = {
    "10.1": Exercise(
        cases=[
            # 0 - 1024 = -1024; 1024 - 1024 = 0; 2024 - 1024 = 1000
            Case(
                inputs=(np.array([0, 1024, 2024], dtype=np.uint16), 1, -1024),
                expected=np.array([-1024.0, 0.0, 1000.0]),
                hint="uint16 cannot hold -1024: convert to float first.",
            ),
            # 2 * 100 + 10 = 210; 2 * -50 + 10 = -90
            Case(
                inputs=(np.array([[100, -50]], dtype=np.int16), 2.0, 10.0),
                expected=np.array([[210.0, -90.0]]),
                hint="Multiply by the slope, then add the intercept.",
            ),
            # 30000 * 2 = 60000 does not fit into int16
            Case(
                inputs=(np.array([30000], dtype=np.int16), 2, -1024),
                expected=np.array([58976.0]),
                hint="int16 ends at 32767: convert before you multiply.",
            ),
        ],
        hint="value = stored * slope + intercept, in a floating type.",
        tolerance=1e-4,
    ),
    "10.3": Exercise(
        cases=[
            # centre 128, width 256: black at 0, white at 255, 127.5 in the middle
            Case(
                inputs=(np.array([0.0, 127.5, 255.0]), 128, 256),
                expected=np.array([0.0, 0.5, 1.0]),
                hint="0 to 255 are 256 values and 255 steps, with 127.5 in the middle.",
            ),
            # centre 40, width 401: from -160.5 to 239.5, so 139.5 is at 0.75
            Case(
                inputs=(np.array([-1000.0, 139.5, 3000.0]), 40, 401),
                expected=np.array([0.0, 0.75, 1.0]),
                hint="What lies outside the window is clipped to 0 and 1.",
            ),
        ],
        hint="The first and the last of w whole values are w - 1 steps apart.",
    ),
}


def _unsigned_overflow(stored, slope, intercept):
    wide = stored.astype(np.int64) * int(slope) + int(intercept)
    return wide.astype(stored.dtype)  # what arithmetic in the stored type leaves


MISTAKES = {
    "10.1": {
        "Slope times stored value is half of it. What does the intercept do?": lambda s, m, b: (
            s.astype(np.float32) * m
        ),
        "The stored type cannot hold the result: convert to float first.": _unsigned_overflow,
        "First times the slope, then plus the intercept.": lambda s, m, b: (
            (s.astype(np.float32) + b) * m
        ),
    },
    "10.3": {
        "This is the plain window. DICOM's LINEAR shifts centre and width a little.": lambda x, c, w: (
            np.clip((x - (c - w / 2)) / w, 0, 1)
        ),
        "The width is a distance, not the upper limit.": lambda x, c, w: np.clip(
            (x - c) / (w - c), 0, 1
        ),
        "The centre is shifted by a half, and 1 is the most that may come out.": lambda x, c, w: (
            np.clip((x - (c - w / 2)) / (w - 1), 0, 1.1)
        ),
        "What lies outside the window is 0 or 1, not beyond.": lambda x, c, w: (
            (x - (c - 0.5)) / (w - 1) + 0.5
        ),
    },
}
