"""Count, rank and summarise how well a score agrees with the reference standard.

Every function takes two arrays of the same length: the reference standard (0 healthy,
1 diseased) and the score of the network. A case is called positive when its score is
equal to or above the threshold.
"""

from helpers.diagnostic_metrics.counts import (
    Counts,
    accuracy,
    confusion_counts,
    negative_predictive_value,
    positive_predictive_value,
    sensitivity,
    specificity,
)
from helpers.diagnostic_metrics.ranking import (
    area_under_roc,
    average_precision,
    precision_recall_curve,
    roc_curve,
)
from helpers.diagnostic_metrics.reference_standard import check_reference_and_score

__all__ = [
    "Counts",
    "accuracy",
    "area_under_roc",
    "average_precision",
    "check_reference_and_score",
    "confusion_counts",
    "negative_predictive_value",
    "positive_predictive_value",
    "precision_recall_curve",
    "roc_curve",
    "sensitivity",
    "specificity",
]
