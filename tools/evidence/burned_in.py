"""Measure how often the search for text in pixels finds it, and when it cries wolf.

    python -m tools.evidence.burned_in

Five seeds, each with other films of the in-silico cohort at 512 x 512. Every film is
searched as it is (what is found then is a false alarm) and once more with a line of
invented text. Writes data/evidence/burned_in_text.csv, one row for each line.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.ndimage import binary_dilation

from helpers.burned_in_text import find_text
from phantoms import ChestCohortSettings, image_study, study_of
from phantoms.dicom_writing.identities import text_mask
from tools.evidence.pages import EVIDENCE, write_table

SIZE = 512
HEIGHTS_PX = (9, 12, 16, 20, 28)
SEEDS, FILMS = range(5), 100  # films of each seed
NAMES = ("PRETEND ADA", "Nobody Bertil", "Imaginary, Chloe", "MADEUP^DRAGAN")
MARGIN_PX = 12
FOUND_SHARE = 0.9
"""Share of the letters' pixels inside boxes from which a line counts as found."""
READABLE = 30
"""Least difference, in grey levels of 256, between white letters and what is beside."""


def drawn(film: np.ndarray, rng: np.random.Generator, height_px: int):
    """Return a film with an invented line in one of its corners, and the letters."""
    line = f"{NAMES[rng.integers(len(NAMES))]} {rng.integers(1930, 2005)}0412"
    mask = text_mask(line, height_px)
    room = np.array(film.shape) - mask.shape - MARGIN_PX
    bottom, right = room * rng.integers(0, 2, 2)
    letters = np.zeros(film.shape, bool)
    top, left = max(bottom, MARGIN_PX), max(right, MARGIN_PX)
    letters[top : top + mask.shape[0], left : left + mask.shape[1]] = mask
    return np.where(letters, 255, film).astype(np.uint8), letters


def contrast_beside(film: np.ndarray, letters: np.ndarray) -> float:
    """Return how much whiter white letters are than the pixels that touch them."""
    beside = binary_dilation(letters, iterations=2) & ~letters
    return 255 - float(np.median(film[beside]))


def covered(film: np.ndarray, letters: np.ndarray) -> float:
    """Return the share of the letters' pixels inside the boxes that were found."""
    hidden = np.zeros(film.shape, bool)
    for box in find_text(film):
        hidden[box.area] = True
    return float(hidden[letters].mean())


def measure(seed: int, films: int) -> pd.DataFrame:
    """Return one row per film: the size of its line, found or not, false alarms."""
    rng, settings = np.random.default_rng(seed), ChestCohortSettings()
    numbers = rng.choice(settings.n_patients, films, replace=False) + 1
    rows = []
    for place, number in enumerate(numbers):
        study_id = f"P{number:04d}-1"
        film = image_study(study_of(settings, study_id), size=SIZE).image
        height = HEIGHTS_PX[place % len(HEIGHTS_PX)]
        written, letters = drawn(film, rng, height)
        row = {"seed": seed, "study_id": study_id, "height_px": height}
        row["contrast"] = round(contrast_beside(film, letters))
        row["found"] = int(covered(written, letters) >= FOUND_SHARE)
        rows.append(row | {"false_alarms": len(find_text(film))})
    return pd.DataFrame(rows)


def main() -> None:
    """Write the table and print how many lines were found."""
    table = pd.concat([measure(seed, FILMS) for seed in SEEDS])
    write_table(table, EVIDENCE / "burned_in_text.csv")
    print(table.groupby(["height_px", table["contrast"] >= READABLE])["found"].mean())
    print(f"false alarms in {table['false_alarms'].gt(0).sum()} of {len(table)} films")


if __name__ == "__main__":
    main()
