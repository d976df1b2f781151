"""Inputs for the function that lesson 17 teaches and helpers keep."""

TWIN_INPUTS = {
    "helpers.label_noise.apparent_auc": [
        ((0.9,), {"true_ones": 0.8, "true_zeros": 0.9}),
        ((0.5,), {"true_ones": 0.4, "true_zeros": 0.9}),
        ((0.7,), {"true_ones": 0.2, "true_zeros": 0.3}),
    ],
}
