"""Write a grey image as a valid DICOM radiograph with an invented identity.

The object is a Digital X-Ray Image - For Presentation (PS3.3, A.26). Every name, number
and date in it is made up; the patient's comments say that it is not for clinical use.
"""

from helpers.dicom_writing.attributes import Radiograph
from helpers.dicom_writing.radiograph import stored_values, write_radiograph

__all__ = ["Radiograph", "stored_values", "write_radiograph"]
