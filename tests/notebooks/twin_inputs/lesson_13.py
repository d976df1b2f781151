"""Inputs for the function that lesson 13 teaches and helpers keep."""

_SECRET = bytes(range(32))

TWIN_INPUTS = {
    "helpers.de_identification.substitute_uid": [
        (("1.2.3", _SECRET), {}),
        (("1.2.3\0", _SECRET), {}),
        (("1.2.840.113619.2.5.1762583153.215519.978957063.78", b"t" * 16), {}),
    ],
}
