"""A cohort of given images and a network that needs no training, for the evidence."""

import numpy as np
import pandas as pd

from helpers.cohorts import Card, Cohort


def toy_cohort(images, labels, split, *, finding="square", patients=None, masks=None):
    """Return a cohort with one finding; every image is a patient unless told."""
    patients = np.arange(len(images)) if patients is None else patients
    table = pd.DataFrame({"patient_id": [f"P{number:03d}" for number in patients]})
    table["study_id"] = [f"S{row}" for row in range(len(images))]
    table = table.assign(site="A", split=split, **{finding: labels})
    card = Card("Toy", "tests", "CC0", "none", (finding,))
    masks = None if masks is None else {finding: masks}
    return Cohort("toy", np.asarray(images, np.uint8), table, masks, card)


def brightness_network(side, bias):
    """Return a network that knows nothing but brightness: logit = mean / 10 + bias."""
    import keras

    image = keras.Input((side, side, 1))
    conv = keras.layers.Conv2D(1, 1, use_bias=False)
    dense = keras.layers.Dense(1)
    pooled = keras.layers.GlobalAveragePooling2D()(conv(image))
    network = keras.Model(image, keras.layers.Activation("sigmoid")(dense(pooled)))
    conv.set_weights([np.full((1, 1, 1, 1), 0.1, "float32")])
    dense.set_weights([np.ones((1, 1), "float32"), np.array([bias], "float32")])
    return network
