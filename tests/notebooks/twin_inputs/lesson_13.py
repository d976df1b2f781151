"""Inputs for the functions that lesson 13 teaches and helpers keep."""

import numpy as np
import pandas as pd

_SECRET = bytes(range(32))
_RNG = np.random.default_rng(3)
_REGISTER = pd.DataFrame(
    {
        "name": [f"Person {row // 2}" for row in range(200)],
        "age": _RNG.integers(20, 60, 200),
        "sex": _RNG.choice(["F", "M"], 200),
        "day": _RNG.integers(0, 9, 200),
    }
)
_RELEASED = _REGISTER.sample(60, random_state=1).drop(columns="name")
_STRANGER = pd.DataFrame({"age": [61, 19], "sex": ["F", "M"], "day": [3, 3]})

TWIN_INPUTS = {
    "helpers.de_identification.substitute_uid": [
        (("1.2.3", _SECRET), {}),
        (("1.2.3\0", _SECRET), {}),
        (("1.2.840.113619.2.5.1762583153.215519.978957063.78", b"t" * 16), {}),
    ],
    "helpers.de_identification.find_again": [
        ((_RELEASED, _REGISTER, ["age", "sex", "day"]), {}),
        ((_RELEASED, _REGISTER, ["age", "sex"]), {}),
        ((_RELEASED, _REGISTER, ["day"]), {}),
        ((_STRANGER, _REGISTER, ["age", "sex", "day"]), {}),
    ],
}
