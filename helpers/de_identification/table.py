"""What PS3.15 wants done with each attribute: the table of dicom-anonymizer, read once.

Table E.1-1 of the standard gives every attribute that may identify somebody an action
code. The package `dicomanonymizer` carries the table in several editions; the newest is
used here. The rules about whole kinds of attributes (long text, people's names, private
tags) stand in `helpers.de_identification.header`.

References
----------
DICOM PS3.15, annex E, table E.1-1.
"""

from __future__ import annotations

import pkgutil
from functools import cache

from dicomanonymizer import dicom_anonymization_databases
from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector

CODES = {
    "D_TAGS": "D",
    "Z_TAGS": "Z",
    "X_TAGS": "X",
    "U_TAGS": "U",
    "Z_D_TAGS": "Z/D",
    "X_Z_TAGS": "X/Z",
    "X_D_TAGS": "X/D",
    "X_Z_D_TAGS": "X/Z/D",
    "X_Z_U_STAR_TAGS": "X/Z/U*",
}
"""Lists of the package and the action codes of the standard that they hold."""


def editions() -> list[str]:
    """Return the editions of the standard's table that are installed, oldest first.

    Examples
    --------
    >>> "2026c" in editions()
    True
    """
    found = pkgutil.iter_modules(dicom_anonymization_databases.__path__)
    return sorted(module.name.removeprefix("dicomfields_") for module in found)


@cache
def actions(edition: str | None = None) -> dict[int, str]:
    """Return the action code of every attribute of the table, by tag.

    Parameters
    ----------
    edition : str or None
        One of `editions`; None: the newest. Repeating groups (curves, overlays) are
        not listed: `helpers.de_identification.header` removes them whole.

    Raises
    ------
    ValueError
        If the edition is not installed.

    Examples
    --------
    >>> actions()[0x00100010], actions()[0x00080018], actions()[0x00104000]
    ('Z', 'U', 'X')
    """
    edition = edition or editions()[-1]
    if edition not in editions():
        raise ValueError(
            f"The edition is {edition!r}. Expected one of {', '.join(editions())}, "
            "which the installed dicom-anonymizer carries. Leave it out for the newest."
        )
    lists = dicom_anonymization_database_selector(f"dicomfields_{edition}")
    return {
        (tag[0] << 16) | tag[1]: code
        for name, code in CODES.items()
        for tag in lists[name]
        if len(tag) == 2
    }


def is_overlay_or_curve(group: int) -> bool:
    """Tell whether a group is one of the repeating groups 50xx or 60xx.

    Examples
    --------
    >>> is_overlay_or_curve(0x6002), is_overlay_or_curve(0x0028)
    (True, False)
    """
    return 0x5000 <= group <= 0x50FF or 0x6000 <= group <= 0x60FF
