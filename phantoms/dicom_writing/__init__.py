"""Write radiographs and CT series as valid DICOM with invented identities.

`write_radiograph` makes a Digital X-Ray Image - For Presentation (PS3.3, A.26),
`write_series` a folder of CT Images (PS3.3, A.3) with their geometry, `write_report` a
Basic Text SR (PS3.3, A.35.1). Every name, number and date is made up; the patient's
comments say that it is not for clinical use.
`plant_identities` then hides an invented person wherever real files hide a real one,
and says where; `find_identities` tells what of it a de-identification has left.
`salt_attributes` fills every attribute of a list, at two levels, for the same purpose.
"""

from phantoms.dicom_writing.files import SYNTAXES, DicomWritingError
from phantoms.dicom_writing.identities import PLACES, Planted, plant_identities
from phantoms.dicom_writing.images import (
    CtSeries,
    Radiograph,
    slice_normal,
    stored_values,
    write_radiograph,
    write_report,
    write_series,
)
from phantoms.dicom_writing.salting import (
    Found,
    find_identities,
    salt_attributes,
    salt_repeating_groups,
)

__all__ = [
    "PLACES",
    "SYNTAXES",
    "CtSeries",
    "DicomWritingError",
    "Found",
    "Planted",
    "Radiograph",
    "find_identities",
    "plant_identities",
    "salt_attributes",
    "salt_repeating_groups",
    "slice_normal",
    "stored_values",
    "write_radiograph",
    "write_report",
    "write_series",
]
