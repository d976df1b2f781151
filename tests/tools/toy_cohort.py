"""A cohort of given images, for the tests of the evidence."""

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
