"""Known mistakes in the exercises of lesson 10."""

import numpy as np


def _forgot_the_intercept(stored_values, slope, intercept):
    return stored_values.astype(np.float32) * slope


def _unsigned_overflow(stored_values, slope, intercept):
    kind = stored_values.dtype
    with np.errstate(over="ignore"):
        wide = stored_values.astype(np.int64) * int(slope) + int(intercept)
    return wide.astype(kind)  # what arithmetic in the stored type leaves


def _intercept_first(stored_values, slope, intercept):
    return (stored_values.astype(np.float32) + intercept) * slope


def _kept_all_bits(cell_values, bits_stored):
    return cell_values


def _always_twelve_bits(cell_values, bits_stored):
    return cell_values & 0x0FFF


def _clipped_instead(cell_values, bits_stored):
    return np.minimum(cell_values, (1 << bits_stored) - 1)


def _plain_window(values, center, width):
    return np.clip((values - (center - width / 2)) / width, 0, 1)


def _width_as_upper_limit(values, center, width):
    return np.clip((values - center) / (width - center), 0, 1)


def _not_clipped(values, center, width):
    return (values - (center - 0.5)) / (width - 1) + 0.5


WRONG = {
    "10.1": {
        "forgot the intercept": _forgot_the_intercept,
        "unsigned overflow": _unsigned_overflow,
        "added before multiplying": _intercept_first,
    },
    "10.2": {
        "kept all bits": _kept_all_bits,
        "always twelve bits": _always_twelve_bits,
        "clipped instead of masked": _clipped_instead,
    },
    "10.4": {
        "plain window": _plain_window,
        "width used as upper limit": _width_as_upper_limit,
        "not clipped": _not_clipped,
    },
}
