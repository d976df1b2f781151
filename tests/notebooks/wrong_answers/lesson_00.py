"""Mistakes that the checks of lesson 00 must notice."""

WRONG = {
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
