"""What is known of each MedMNIST data set beyond its file: findings, standard, source.

The files themselves are listed in `data/registry.csv`.
"""

from __future__ import annotations

from dataclasses import dataclass

MEDMNIST_CITATION = (
    "Yang J, Shi R, Wei D, et al. MedMNIST v2. Scientific Data 2023;10:41, "
    "doi:10.1038/s41597-022-01721-8"
)


@dataclass(frozen=True)
class MedMNISTFacts:
    """Facts of one MedMNIST data set that its npz file does not hold.

    Parameters
    ----------
    title, modality, source : str
        Title, imaging modality, and where the images first came from.
    reference_standard : str
        Who or what decided on the label.
    positive : tuple of (str, tuple of int)
        For binary and ordinal sets: the finding and the classes in which it is present.
        Empty: one finding per class.
    default_finding : str or None
        For sets of several classes.
    """

    title: str
    modality: str
    source: str
    reference_standard: str
    positive: tuple[tuple[str, tuple[int, ...]], ...] = ()
    default_finding: str | None = None


_LITS = "Bilic et al., LiTS, Medical Image Analysis 2023; Xu et al., IEEE TMI 2019"
_ORGAN = "organ boxes drawn by annotators on the CT of LiTS"
_KERMANY = "Kermany et al., Cell 2018;172:1122"

FACTS = {
    "pathmnist": MedMNISTFacts(
        "PathMNIST: colorectal tissue",
        "histology",
        "Kather et al., PLoS Medicine 2019 (the test images come from another centre)",
        "tissue class given by pathologists to regions of the slide",
        default_finding="colorectal adenocarcinoma epithelium",
    ),
    "chestmnist": MedMNISTFacts(
        "ChestMNIST: fourteen findings on chest radiographs",
        "radiograph",
        "Wang et al., ChestX-ray14, CVPR 2017",
        "mined from the report text by a program, with errors",
        default_finding="effusion",
    ),
    "dermamnist": MedMNISTFacts(
        "DermaMNIST: pigmented skin lesions",
        "dermatoscope photograph",
        "Tschandl et al., HAM10000, Scientific Data 2018",
        "histology for about half, else follow-up, consensus or confocal microscopy",
        default_finding="melanoma",
    ),
    "octmnist": MedMNISTFacts(
        "OCTMNIST: retinal disease on OCT",
        "optical coherence tomography",
        _KERMANY,
        "graded in tiers by students, ophthalmologists and retina specialists",
        default_finding="choroidal neovascularization",
    ),
    "pneumoniamnist": MedMNISTFacts(
        "PneumoniaMNIST: pneumonia on chest radiographs of children",
        "radiograph",
        _KERMANY,
        "two physicians read each radiograph; a third checked the test images",
        positive=(("pneumonia", (1,)),),
    ),
    "retinamnist": MedMNISTFacts(
        "RetinaMNIST: diabetic retinopathy on fundus photographs",
        "fundus photograph",
        "Liu et al., DeepDRiD, Patterns 2022",
        "grade 0 to 4 by ophthalmologists",
        positive=(
            ("retinopathy grade 2 or worse", (2, 3, 4)),
            ("retinopathy grade 1 or worse", (1, 2, 3, 4)),
            ("retinopathy grade 3 or worse", (3, 4)),
            ("retinopathy grade 4", (4,)),
        ),
    ),
    "breastmnist": MedMNISTFacts(
        "BreastMNIST: breast ultrasound",
        "ultrasound",
        "Al-Dhabyani et al., BUSI, Data in Brief 2020",
        "normal, benign or malignant by the radiologists of one hospital",
        positive=(("malignant", (0,)),),
    ),
    "bloodmnist": MedMNISTFacts(
        "BloodMNIST: normal blood cells",
        "blood cell microscope",
        "Acevedo et al., Data in Brief 2020",
        "cell type given by clinical pathologists",
        default_finding="neutrophil",
    ),
    "tissuemnist": MedMNISTFacts(
        "TissueMNIST: human kidney cortex cells",
        "kidney cortex microscope",
        "Ljosa et al., BBBC051, Nature Methods 2012",
        "cell type by markers and gating of the cells",
        default_finding="Leukocytes",
    ),
    "organamnist": MedMNISTFacts(
        "OrganAMNIST: organs on axial CT", "CT", _LITS, _ORGAN, default_finding="liver"
    ),
    "organcmnist": MedMNISTFacts(
        "OrganCMNIST: organs on coronal CT",
        "CT",
        _LITS,
        _ORGAN,
        default_finding="liver",
    ),
    "organsmnist": MedMNISTFacts(
        "OrganSMNIST: organs on sagittal CT",
        "CT",
        _LITS,
        _ORGAN,
        default_finding="liver",
    ),
    "organmnist3d": MedMNISTFacts(
        "OrganMNIST3D: organs on CT volumes",
        "CT",
        _LITS,
        _ORGAN,
        default_finding="liver",
    ),
    "nodulemnist3d": MedMNISTFacts(
        "NoduleMNIST3D: lung nodules on CT",
        "CT",
        "Armato et al., LIDC-IDRI, Medical Physics 2011",
        "likelihood of malignancy as rated by radiologists, not histology",
        positive=(("malignant", (1,)),),
    ),
    "adrenalmnist3d": MedMNISTFacts(
        "AdrenalMNIST3D: shape of the adrenal gland",
        "shape from CT",
        "Yang et al., MedMNIST v2 (Zhongshan Hospital, Fudan University)",
        "normal gland or adrenal mass, by an endocrinologist",
        positive=(("hyperplasia", (1,)),),
    ),
    "fracturemnist3d": MedMNISTFacts(
        "FractureMNIST3D: rib fractures on CT",
        "CT",
        "Jin et al., RibFrac, EBioMedicine 2020",
        "type of fracture by radiologists",
        default_finding="displaced rib fracture",
    ),
    "vesselmnist3d": MedMNISTFacts(
        "VesselMNIST3D: shape of brain vessels",
        "shape from MR angiography",
        "Yang et al., IntrA, CVPR 2020",
        "vessel or aneurysm, by specialists",
        positive=(("aneurysm", (1,)),),
    ),
    "synapsemnist3d": MedMNISTFacts(
        "SynapseMNIST3D: synapses in electron microscopy",
        "electron microscope",
        "Yang et al., MedMNIST v2",
        "excitatory or inhibitory, by neuroscientists",
        positive=(("excitatory synapse", (1,)),),
    ),
}
