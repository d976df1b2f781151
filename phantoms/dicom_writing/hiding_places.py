"""Where real files hide identities: the attributes, and the sentences put there.

The list follows the attributes that the Basic Application Level Confidentiality Profile
removes or replaces (PS3.15, table E.1-1), as far as a radiograph or a CT may have them.
A name in braces is a fact of an `InventedPerson`.
"""

from __future__ import annotations

from pydicom.dataset import Dataset

STANDARD = {
    "PatientName": "{family}^{given}",
    "PatientID": "{record}",
    "PatientBirthDate": "{birth}",
    "OtherPatientIDsSequence[0].PatientID": "{insurance}",
    "OtherPatientIDsSequence[0].TypeOfPatientID": "TEXT",
    "OtherPatientNames": "{maiden}^{given}",
    "PatientBirthName": "{maiden}^{given}",
    "PatientMotherBirthName": "{relative}",
    "PatientAddress": "{address}",
    "PatientTelephoneNumbers": "{phone}",
    "Occupation": "{occupation}",
    "ResponsiblePerson": "{relative}",
    "ResponsiblePersonRole": "SPOUSE",
    "AccessionNumber": "{accession}",
    "AdmissionID": "{admission}",
    "InstitutionName": "{hospital}",
    "InstitutionAddress": "{hospital_address}",
    "InstitutionalDepartmentName": "{department}",
    "StationName": "{station}",
    "DeviceSerialNumber": "{serial}",
    "ReferringPhysicianName": "{referrer}",
    "ReferringPhysicianTelephoneNumbers": "{referrer_phone}",
    "PhysiciansOfRecord": "{referrer}",
    "PerformingPhysicianName": "{performer}",
    "NameOfPhysiciansReadingStudy": "{reader}",
    "OperatorsName": "{operator}",
    "StudyID": "{accession}",
}
FREE_TEXT = {
    "PatientComments": (
        "Call {given} at {phone} or {email}. Invented. Not for clinical use."
    ),
    "AdditionalPatientHistory": "Mr/Ms {family}, {occupation}, coughs.",
    "StudyDescription": "Chest of {family} {given}",
    "SeriesDescription": "Chest, patient {record}",
    "ProtocolName": "THORAX {family}",
    "ImageComments": "{family}, {given} *{spoken_birth}, seen by Dr {referrer}",
    "DerivationDescription": "Copied for {email}",
    "PerformedProcedureStepDescription": "Portable, bed of {family}",
}
_REFERRER = "ReferringPhysicianIdentificationSequence[0]"
SEQUENCES = {
    "RequestAttributesSequence[0].RequestedProcedureDescription": "For {family}: chest",
    "RequestAttributesSequence[0].RequestedProcedureID": "{accession}",
    "RequestAttributesSequence[0].ScheduledProcedureStepID": "{accession}",
    "RequestAttributesSequence[0].ScheduledProcedureStepDescription": "Film, {record}",
    "RequestAttributesSequence[0].ReasonForTheRequestedProcedure": "Cough, *{birth}",
    "OriginalAttributesSequence[0].AttributeModificationDateTime": "20260102080000",
    "OriginalAttributesSequence[0].ModifyingSystem": "{entity}",
    "OriginalAttributesSequence[0].SourceOfPreviousValues": "{hospital}",
    "OriginalAttributesSequence[0].ReasonForTheAttributeModification": "COERCE",
    "OriginalAttributesSequence[0].ModifiedAttributesSequence[0].PatientName": (
        "{maiden}^{given}"
    ),
    "OriginalAttributesSequence[0].ModifiedAttributesSequence[0].PatientID": "{record}",
    f"{_REFERRER}.PersonIdentificationCodeSequence[0].CodeValue": "{serial}",
    f"{_REFERRER}.PersonIdentificationCodeSequence[0].CodingSchemeDesignator": (
        "99NOWHERE"
    ),
    f"{_REFERRER}.PersonIdentificationCodeSequence[0].CodeMeaning": "{referrer}",
    f"{_REFERRER}.PersonAddress": "{hospital_address}",
    f"{_REFERRER}.PersonTelephoneNumbers": ("{referrer_phone}"),
    f"{_REFERRER}.InstitutionName": "{hospital}",
}
PRIVATE_CREATOR = "INVENTED VENDOR 1.0"
PRIVATE = (  # element, value representation, text
    (0x10, "LO", "{family}^{given}"),
    (0x11, "UT", "Export of {hospital} for {email}"),
    (0x12, "OB", "binary header: {family} {given} {birth}"),
    (0x13, "SQ", "{record}"),
)
PRIVATE_GROUP = 0x0029
DATES = ("StudyDate", "SeriesDate", "ContentDate", "AcquisitionDate")
TIMES = ("StudyTime", "SeriesTime", "ContentTime", "AcquisitionTime")
FURTHER_DATES = {
    "InstanceCreationDate": "{date}",
    "InstanceCreationTime": "{time}",
    "AcquisitionDateTime": "{date}{time}",
    "PerformedProcedureStepStartDate": "{date}",
    "PerformedProcedureStepStartTime": "{time}",
    "PerformedProcedureStepID": "{date}",
}
UIDS = (
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "FrameOfReferenceUID",
)
DETACHED_STUDY = "1.2.840.10008.3.1.2.3.1"
REFERENCES = (
    ("ReferencedStudySequence", "StudyInstanceUID"),
    ("ReferencedPerformedProcedureStepSequence", "SeriesInstanceUID"),
)
PERFORMED_STEP = "1.2.840.10008.3.1.2.3.3"


def put(dataset: Dataset, where: str, value: object) -> None:
    """Set an attribute by its path, making the sequences on the way.

    Examples
    --------
    >>> dataset = Dataset()
    >>> put(dataset, "RequestAttributesSequence[0].RequestedProcedureID", "7")
    >>> dataset.RequestAttributesSequence[0].RequestedProcedureID
    '7'
    """
    *sequences, keyword = where.split(".")
    for name in (each.removesuffix("[0]") for each in sequences):
        if name not in dataset:
            setattr(dataset, name, [Dataset()])
        dataset = getattr(dataset, name)[0]
    setattr(dataset, keyword, value)
