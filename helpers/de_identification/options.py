"""What a de-identification may keep, and what it does about text in the pixels."""

from __future__ import annotations

from dataclasses import dataclass

from helpers.dicom_pixels.errors import pixels_error

CHOICES = {
    "dates": ("shift", "remove"),
    "characteristics": (False, True),
    "pixels": ("black out", "hold back", "leave"),
}
LARGEST_BYTES = 2**29
"""Uncompressed pixels of one file, in bytes; a larger one is refused."""


@dataclass(frozen=True)
class Options:
    """How the profile is applied.

    Attributes
    ----------
    dates : {"shift", "remove"}
        "shift" moves all dates and times of a patient by one amount, so that intervals
        stay (Retain Longitudinal Temporal Information With Modified Dates Option).
    characteristics : bool
        True keeps sex, size, weight and the age in years, ages above 89 as 90 (Retain
        Patient Characteristics Option, in part).
    pixels : {"black out", "hold back", "leave"}
        What to do where text is suspected in the pixels: blacken it, keep the file out
        of the delivery, or do not look at all.
    """

    dates: str = "shift"
    characteristics: bool = False
    pixels: str = "black out"

    def check(self) -> Options:
        """Return these options, or raise if one is unknown.

        Raises
        ------
        DicomPixelsError
            Naming the option, what was found and what can be chosen.
        """
        for name, choices in CHOICES.items():
            value = getattr(self, name)
            if value not in choices or isinstance(value, bool) != (False in choices):
                raise pixels_error(
                    None,
                    what=f"the option {name} is {value!r}",
                    expected=f"one of {', '.join(map(repr, choices))}",
                    do="Options() is the most careful choice that keeps intervals.",
                )
        return self

    def method_codes(self) -> list[tuple[str, str]]:
        """Return the codes of the profile and of the options that were applied.

        References
        ----------
        DICOM PS3.16, CID 7050 (De-identification Method).
        """
        codes = [("113100", "Basic Application Confidentiality Profile")]
        if self.pixels != "leave":
            codes.append(("113101", "Clean Pixel Data Option"))
        if self.dates == "shift":
            meaning = "Retain Longitudinal Temporal Information Modified Dates Option"
            codes.append(("113107", meaning))
        if self.characteristics:
            codes.append(("113108", "Retain Patient Characteristics Option"))
        return codes
