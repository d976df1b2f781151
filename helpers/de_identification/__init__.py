"""Remove from DICOM images what tells whose they are, and report what is left.

`de_identify_folder` applies the Basic Application Level Confidentiality Profile (DICOM
PS3.15, annex E) with the table of dicom-anonymizer, at every level of nesting, with
pseudonyms, UIDs and shifted dates that agree over all files, looks for text in the
pixels, and returns a report of the residual risk. `find_again` and `class_sizes`
measure who could still be found.

No program makes data anonymous in the sense of a law; this one is for teaching.
"""

from helpers.de_identification.burned_in import TextBox, find_text
from helpers.de_identification.check_sheet import check_sheet
from helpers.de_identification.dates import days_between, shifted_date
from helpers.de_identification.files import de_identify, de_identify_file
from helpers.de_identification.folder import de_identify_folder
from helpers.de_identification.linkage import class_sizes, find_again
from helpers.de_identification.options import Options
from helpers.de_identification.pseudonyms import (
    new_secret,
    pseudonym,
    substitute_uid,
    time_shift,
)
from helpers.de_identification.records import FileRecord
from helpers.de_identification.report import Report
from helpers.de_identification.table import actions, editions

__all__ = [
    "FileRecord",
    "Options",
    "Report",
    "TextBox",
    "actions",
    "check_sheet",
    "class_sizes",
    "days_between",
    "de_identify",
    "de_identify_file",
    "de_identify_folder",
    "editions",
    "find_again",
    "find_text",
    "new_secret",
    "pseudonym",
    "shifted_date",
    "substitute_uid",
    "time_shift",
]
