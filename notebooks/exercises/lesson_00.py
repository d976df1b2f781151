"""Exercises of lesson 00: count patients, and know left from right."""

import numpy as np
import pandas as pd

from helpers.checks import Case, Exercise


def _visits(*patient_ids: str) -> pd.DataFrame:
    """Return two films of the first study and one of each other study."""
    studies = [f"study {max(1, number)}" for number, _ in enumerate(patient_ids)]
    return pd.DataFrame({"patient_id": patient_ids, "study_id": studies})


EXERCISES = {
    "00.1": Exercise(
        cases=[
            # P1 has two films of one study: six films, five studies, three patients
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


def _images(table):
    return len(table)


def _studies(table):
    return table["study_id"].nunique()


def _names(table):
    return table["patient_id"].unique()


def _left_side(image):
    return image[:, image.shape[1] // 2 :]


def _upper_half(image):
    return image[: image.shape[0] // 2]


def _rows_for_columns(image):
    return image[:, : image.shape[0] // 2]


def _mirrored(image):
    return image[:, ::-1][:, : image.shape[1] // 2]


MISTAKES = {
    "00.1": {
        "Rows are images. Can one patient fill more than one row?": _images,
        "A patient who comes back has a second study. Which column is the person?": (
            _studies
        ),
        "These are the names. How many are there?": _names,
    },
    "00.2": {
        "The patient faces you: whose right hand would you shake here?": _left_side,
        "That is the upper half: rows come first, columns second.": _upper_half,
        "Is the middle column half of the rows or of the columns?": _rows_for_columns,
        "This half is mirrored: cut the image, do not turn it.": _mirrored,
    },
}
