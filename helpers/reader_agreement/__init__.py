"""How well readers agree beyond chance, with intervals; and what they say together.

Kappa compares the agreement of two readers with what their habits alone would give.
Weighted kappa counts a disagreement by its distance, for ordered scores. Neither says
who is right.
"""

from helpers.reader_agreement.consensus import (
    Consensus,
    adjudicate,
    dawid_skene,
    majority,
)
from helpers.reader_agreement.kappa import (
    Kappa,
    bootstrap_kappa,
    cohen_kappa,
    fleiss_kappa,
    kappa_interval,
)
from helpers.reader_agreement.tables import (
    WEIGHTS,
    agreement_table,
    agreement_weights,
)

__all__ = [
    "WEIGHTS",
    "Consensus",
    "Kappa",
    "adjudicate",
    "agreement_table",
    "agreement_weights",
    "bootstrap_kappa",
    "cohen_kappa",
    "dawid_skene",
    "fleiss_kappa",
    "kappa_interval",
    "majority",
]
