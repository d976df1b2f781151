"""Saliency maps: what a network's logit reacts to, and how far to trust the picture.

`maps` has the gradient, integrated gradients and Grad-CAM; `logit_models` and
`feature_layers` make them work on any Keras model; `measures` compares maps with masks
and with trivial rivals; `covering` interferes with the film; `overlay` draws.
"""

from helpers.saliency.covering import cover, strongest_pixels
from helpers.saliency.feature_layers import feature_layers
from helpers.saliency.logit_models import logit_model
from helpers.saliency.maps import grad_cam, gradient, integrated_gradients
from helpers.saliency.measures import (
    HitRate,
    centre_gaussian,
    completeness_gap,
    hit_rate,
    is_hit,
    mean_mask,
    pixel_average_precision,
)
from helpers.saliency.overlay import enlarge, show_overlay

__all__ = [
    "HitRate",
    "centre_gaussian",
    "completeness_gap",
    "cover",
    "enlarge",
    "feature_layers",
    "grad_cam",
    "gradient",
    "hit_rate",
    "integrated_gradients",
    "is_hit",
    "logit_model",
    "mean_mask",
    "pixel_average_precision",
    "show_overlay",
    "strongest_pixels",
]
