"""Every column of a cohort's table and what it means; the data card quotes them."""

from __future__ import annotations

from phantoms.findings.finding import FINDINGS

_WHO = {
    "patient_id": "P0001 and so on",
    "study_id": "patient and visit",
    "visit": "1 to 3",
    "days_since_first": "days since the patient's first visit",
    "study_date": "invented day of the study, ISO form",
    "site": "hospital A, B or C",
    "scanner": "machine",
    "view": "PA (upright) or AP (at the bedside)",
    "portable": "1 if made at the bedside",
    "split": "train, tuning, internal test (hospitals A and B), external test (C)",
    "age": "years on the day of the study",
    "sex": "F or M",
}
_FINDINGS = dict.fromkeys(FINDINGS, "1 if truly there (the reference standard)")
_FINDINGS["malignant"] = "1 if a nodule is there and malignant"
_DEVICES = {
    "drain": "1 if a chest drain is in place",
    "pacemaker": "1 if there is one",
    "central_line": "1 if there is a central venous line",
    "ecg_leads": "1 if ECG leads lie on the chest",
    "endotracheal_tube": "1 if the patient is intubated",
    "nasogastric_tube": "1 if there is one",
    "marker": "lead letters in the image; empty for none",
}
_SEVERITY = {
    "cardiothoracic_ratio": "width of the heart over that of the chest, measured",
    **{
        f"{kind}_area_mm2": "projected area of the mask, 0 if none" for kind in FINDINGS
    },
    "consolidation_extent_mm": "twice the mean spread of its densest part",
    "consolidation_density": "how much of the air is replaced, 0 to 1",
    "nodule_diameter_mm": "of the largest nodule",
    "nodule_number": "how many nodules",
    "nodule_margin": "0 smooth, 1 lobulated, 2 spiculated",
    "nodule_calcified": "1 if calcified",
    "nodule_doubling_days": "days in which its volume doubles",
    "effusion_volume_ml": "fluid of both sides",
    "effusion_largest_side_ml": "fluid of the larger side",
    "pneumothorax_collapse": "collapsed share of the lung, 0 to 1",
    "pneumothorax_apical_gap_mm": "gap between lung and apex",
    "pneumothorax_shift_mm": "shift of the mediastinum",
    "cardiomegaly_ratio": "cardiothoracic ratio in full inspiration, PA",
    "cardiomegaly_heart_factor": "factor on the size of the heart",
    "tuberculosis_cavities": "how many cavities",
    "tuberculosis_largest_cavity_mm": "diameter of the largest",
    "tuberculosis_density": "how much of the air about them is replaced, 0 to 1",
    "tuberculosis_hilum_raised_mm": "how far scars have pulled the hilum up",
    "oedema_amount": "1 is average",
    "oedema_septal_lines": "how many septal lines",
    "oedema_cuff_mm": "thickness of the bronchial walls' cuff",
}
_CLINICAL = {
    "fever": "1 if there was",
    "cough": "1 if there was",
    "dyspnoea": "1 if there was",
    "crp_mg_l": "C-reactive protein in mg/l",
    "spo2_percent": "oxygen saturation in %",
    "pack_years": "packs a day times years of smoking",
    "marker_expression": "tumour marker of a nodule, 1 is the median of benign ones",
}

#: Column and meaning, in the order of the table. Measures of a finding are NaN where it
#: is absent.
COLUMNS = {
    **_WHO,
    **_FINDINGS,
    **_DEVICES,
    **_SEVERITY,
    **_CLINICAL,
    "report": "free text of an invented radiologist, with mistakes",
}
#: Columns that only some variants have; ``<finding>`` stands for the one concerned.
EXTRA_COLUMNS = {
    "<finding>_truth": "label_noise: the reference standard without noise",
    "reader_1": "readers: score 1 to 5 of the first; likewise reader_2 to reader_5",
}

#: Columns of the cohort of CT cubes.
NODULE_COLUMNS = {
    **{name: _WHO[name] for name in ("patient_id", "study_id", "site", "split")},
    **{name: _WHO[name] for name in ("age", "sex")},
    **{name: _FINDINGS[name] for name in ("nodule", "malignant")},
    "nodule_diameter_mm": _SEVERITY["nodule_diameter_mm"],
    "nodule_margin": _SEVERITY["nodule_margin"],
    "nodule_calcified": _SEVERITY["nodule_calcified"],
    "nodule_doubling_days": _SEVERITY["nodule_doubling_days"],
    "nodule_volume_ml": "volume of the mask, 0 if none",
}
