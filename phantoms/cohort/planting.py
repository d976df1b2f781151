"""Putting a variant's plants into hospitals, studies and rows of the table.

Every plant has its own stream of random numbers, so that switching one on, off or to
another strength moves nothing else.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from phantoms.chest.projection import FIELD_MM
from phantoms.cohort.named import Variant
from phantoms.devices.markers import Marker
from phantoms.findings.finding import FINDINGS
from phantoms.hospital.clinical import VARIABLES, hide_values
from phantoms.hospital.hospitals import HOSPITALS, Hospital
from phantoms.hospital.readers import READERS, read_scores
from phantoms.physics.scanners import SCANNERS
from phantoms.study.study import Study

Row = dict[str, object]
_STREAMS = {"shortcut": 71, "noise": 72, "scanner": 73, "missing": 74, "readers": 75}


def _stream(study: Study, purpose: str) -> np.random.Generator:
    return np.random.default_rng(
        [*study.patient.seed, _STREAMS[purpose], study.examination.visit]
    )


def hospital_of(variant: Variant, group: str) -> Hospital:
    """Return the hospital of a group of patients ("A", "B" or "C") in a variant."""
    hospital = HOSPITALS["A" if variant.new_scanner else group]
    if variant.stratum is None:
        return hospital
    part = variant.stratum
    prevalence = {**hospital.prevalence, part.finding: part.prevalence}
    drains = (part.treated, hospital.drain_share[1])
    return replace(hospital, prevalence=prevalence, drain_share=drains)


def plant_in_study(study: Study, variant: Variant, group: str) -> Study:
    """Return the study with the variant's letters or on the variant's machine."""
    if variant.shortcut is not None:
        study = _with_letters(study, variant, group)
    part = variant.new_scanner
    upright = not study.scanner.portable
    if part is None or group != "C" or not upright:
        return study
    new = _stream(study, "scanner").random() < part.share
    return replace(study, scanner=SCANNERS[part.scanner]) if new else study


def _with_letters(study: Study, variant: Variant, group: str) -> Study:
    part, rng = variant.shortcut, _stream(study, "shortcut")
    share = part.share_external
    if group != "C":
        there = study.finding(part.finding) is not None
        share = part.share_with if there else part.share_without
    if rng.random() >= share:
        return study
    return replace(study, markers=(*study.markers, _letters(part.text, study, rng)))


def _letters(text: str, study: Study, rng: np.random.Generator) -> Marker:
    """Return lead letters in the upper corner that has no other marker."""
    left, right, top, _ = study.technique.margins_mm
    taken = study.markers[0].x_mm if study.markers else rng.choice([-1.0, 1.0])
    side = -1.0 if taken > 0 else 1.0
    edge = FIELD_MM / 2 - (left if side < 0 else right)
    height = FIELD_MM / 2 - top - rng.uniform(18, 26)
    beside = [m.z_mm for m in study.markers if m.x_mm * side > 0]
    return Marker(
        text,
        x_mm=side * (edge - rng.uniform(24, 34)),
        z_mm=min([height, *(z - 28 for z in beside)]),
        height_mm=20.0,
        stroke_mm=3.6,
        turn_deg=float(rng.normal(0, 3)),
    )


def plant_in_row(row: Row, study: Study, variant: Variant) -> Row:
    """Return the row with wrong labels, holes or readers' scores."""
    if variant.noise is not None:
        row = _with_noise(row, study, variant)
    if variant.missing is not None:
        row = _with_holes(row, study, variant)
    if variant.reading is not None:
        part = variant.reading
        rng = _stream(study, "readers")
        readers = READERS[: part.n_readers]
        scores = read_scores([row[part.finding]], readers, rng)[0]
        row = row | {r.name: int(s) for r, s in zip(readers, scores, strict=True)}
    return row


def _with_noise(row: Row, study: Study, variant: Variant) -> Row:
    part, truth = variant.noise, int(row[variant.noise.finding])
    rate = part.missed if truth else part.invented
    wrong = _stream(study, "noise").random() < rate
    return row | {
        part.finding: 1 - truth if wrong else truth,
        f"{part.finding}_truth": truth,
    }


def _with_holes(row: Row, study: Study, variant: Variant) -> Row:
    rng = _stream(study, "missing")
    if rng.random() >= variant.missing.share:
        return row
    there = {kind: row[kind] == 1 for kind in FINDINGS} | {
        "malignant": row["malignant"] == 1
    }
    values = {name: row[name] for name in VARIABLES}
    return row | hide_values(values, there, rng, missing=variant.missing.mechanism)
