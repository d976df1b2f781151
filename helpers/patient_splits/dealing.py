"""Deal the patients of a table into training, tuning and test sets."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from helpers.patient_splits.leakage import patient_column

DEFAULT_FRACTIONS = {"train": 0.60, "tuning": 0.15, "internal test": 0.25}


def split_patients(
    table: pd.DataFrame,
    *,
    fractions: Mapping[str, float] | None = None,
    stratify: str | None = None,
    seed: int,
) -> pd.Series:
    """Return the split of every image; all images of a patient get the same one.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per image, with the column ``patient_id``.
    fractions : mapping of split name to share, optional
        Shares of the patients, adding up to 1. Default: train 0.60, tuning 0.15,
        internal test 0.25.
    stratify : str, optional
        A 0/1 column. Patients with at least one 1 are dealt separately from the others,
        so that each split has about the same share of them.
    seed : int
        Same patients and same seed give the same split, in whatever order the rows are.

    Returns
    -------
    pandas.Series of str
        Name ``split``, index as in `table`.

    Raises
    ------
    ValueError
        If a column is missing, a patient identifier is missing, the fractions do not
        add up to 1, or there are too few patients for the splits.

    Examples
    --------
    >>> table = pd.DataFrame({"patient_id": ["A", "A", "B", "C", "D"]})
    >>> split_patients(table, fractions={"train": 0.5, "test": 0.5}, seed=1).tolist()
    ['train', 'train', 'train', 'test', 'test']
    """
    shares = _checked_fractions(DEFAULT_FRACTIONS if fractions is None else fractions)
    patients = patient_column(table)
    positive = _positive_patients(table, patients, stratify)
    rng = np.random.default_rng(seed)
    split_of: dict[str, str] = {}
    for stratum in (False, True):
        members = np.sort(positive.index[positive == stratum].to_numpy(dtype=str))
        if not len(members):
            continue
        what = "patients"
        if stratify is not None:
            what = f"patients {'with' if stratum else 'without'} {stratify}"
        sizes = _split_sizes(len(members), shares, what=what)
        names = np.repeat(list(sizes), list(sizes.values()))
        split_of.update(zip(rng.permutation(members), names.tolist(), strict=True))
    return patients.map(split_of).rename("split")


def _checked_fractions(fractions: Mapping[str, float]) -> dict[str, float]:
    """Return the shares as a dictionary, all above 0 and adding up to 1."""
    shares = {str(name): float(share) for name, share in fractions.items()}
    total = sum(shares.values())
    if len(shares) < 2 or min(shares.values()) <= 0 or abs(total - 1) > 1e-6:
        raise ValueError(
            f"fractions is {shares} with the sum {total:.3f}, expected at least two "
            "splits with shares above 0 that add up to 1, for example "
            f"{DEFAULT_FRACTIONS}."
        )
    return shares


def _positive_patients(
    table: pd.DataFrame, patients: pd.Series, stratify: str | None
) -> pd.Series:
    """Return, per patient, whether any image has the finding (False if none asked)."""
    if stratify is None:
        return pd.Series(False, index=pd.Index(patients.unique()))
    if stratify not in table.columns:
        raise ValueError(
            f"stratify is {stratify!r}, expected one of the columns "
            f"{', '.join(map(str, table.columns))}. Name a 0/1 column."
        )
    strange = set(table[stratify].unique()) - {0, 1}
    if strange:
        raise ValueError(
            f"The column {stratify} holds {sorted(map(str, strange))[0]}, expected "
            "only 0 and 1. Stratify by a finding, or turn the column into 0/1 first."
        )
    return table[stratify].astype(bool).groupby(patients).any()


def _split_sizes(n_patients: int, shares: dict[str, float], *, what: str) -> dict:
    """Share out patients by largest remainder, at least one patient to each split."""
    if n_patients < len(shares):
        raise ValueError(
            f"The number of {what} is {n_patients}, expected at least {len(shares)}: "
            f"one for each split ({', '.join(shares)}), or a split would be empty. Ask "
            "for fewer splits, do not stratify, or find more patients."
        )
    exact = pd.Series(shares) * n_patients
    sizes = np.floor(exact + 1e-9).astype(int)
    left = n_patients - int(sizes.sum())
    sizes[(exact - sizes).nlargest(left).index] += 1
    while sizes.min() == 0:
        sizes[sizes.idxmax()] -= 1
        sizes[sizes.idxmin()] += 1
    return sizes.to_dict()
