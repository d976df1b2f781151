"""Exercises of lesson 00: count patients, and know left from right."""

import numpy as np
import pandas as pd

from helpers.checks import Case, Exercise


def _visits(*patient_ids: str) -> pd.DataFrame:
    studies = [f"study {number}" for number, _ in enumerate(patient_ids, start=1)]
    return pd.DataFrame({"patient_id": patient_ids, "study_id": studies})


EXERCISES = {
    "00.1": Exercise(
        cases=[
            # P1 came twice and P3 three times: six images, three patients
            Case(inputs=(_visits("P1", "P1", "P2", "P3", "P3", "P3"),), expected=3),
            Case(inputs=(_visits("P7"),), expected=1),
        ],
        hint="A patient with two images is still one patient; look at patient_id.",
    ),
    "00.2": Exercise(
        cases=[
            # columns 0 and 1 lie on the left of the picture: the patient's right side
            Case(
                inputs=(np.array([[0, 1, 2, 3], [4, 5, 6, 7]]),),
                expected=np.array([[0, 1], [4, 5]]),
            ),
            Case(
                inputs=(np.arange(18).reshape(3, 6),),
                expected=np.array([[0, 1, 2], [6, 7, 8], [12, 13, 14]]),
                hint="Rows come first: image[:, start:stop] chooses columns.",
            ),
        ],
        hint="The patient faces you, as in a handshake: their right is on your left.",
    ),
}


MISTAKES = {
    "00.1": {
        "counted images": lambda table: len(table),
        "counted studies": lambda table: table["study_id"].nunique(),
        "returned the names": lambda table: table["patient_id"].unique(),
    },
    "00.2": {
        "patient's left side": lambda image: image[:, image.shape[1] // 2 :],
        "upper half": lambda image: image[: image.shape[0] // 2],
        "rows and columns swapped": lambda image: image[:, : image.shape[0] // 2],
        "mirrored": lambda image: image[:, ::-1][:, : image.shape[1] // 2],
    },
}
