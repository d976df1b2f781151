"""From the thickness of a finding to the pixels that belong to it."""

from __future__ import annotations

import numpy as np

from phantoms.findings.finding import FINDINGS

#: A pixel belongs to a finding from this thickness of its material on, mm. Of soft
#: tissue, 4 mm instead of lung take 6 % of the primary beam at 60 keV.
MASK_THRESHOLD_MM = {
    "consolidation": 4.0,
    "nodule": 2.0,
    "effusion": 6.0,
    "pneumothorax": 5.0,
    "cardiomegaly": 8.0,
    "tuberculosis": 3.0,
    "oedema": 4.0,
}
#: And from this share of the ray's way through the pleural cavity on: outside the
#: pleural line all of it is free air, inside the line little.
MASK_SHARE = {"pneumothorax": 0.5}


def finding_mask(
    kind: str, marked_mm: np.ndarray, cavity_mm: np.ndarray | None = None
) -> np.ndarray:
    """Return the pixels that belong to a finding.

    Parameters
    ----------
    kind : str
        One of ``FINDINGS``.
    marked_mm : float array of shape (rows, columns)
        Thickness of the finding's marked pieces.
    cavity_mm : float array of shape (rows, columns), optional
        Way of the rays through the lungs, whatever fills them; needed for
        pneumothorax.

    Returns
    -------
    bool array of shape (rows, columns)

    Raises
    ------
    ValueError
        If the finding is unknown, or the cavity is needed and missing.
    """
    if kind not in FINDINGS:
        raise ValueError(f"kind is {kind!r}. Choose one of: {', '.join(FINDINGS)}.")
    mask = marked_mm >= MASK_THRESHOLD_MM[kind]
    if kind not in MASK_SHARE:
        return mask
    if cavity_mm is None:
        raise ValueError(
            f"The mask of {kind} needs cavity_mm, the rays' way through the lungs. "
            "Pass the summed length of the lungs' pieces."
        )
    return mask & (marked_mm >= MASK_SHARE[kind] * cavity_mm)
