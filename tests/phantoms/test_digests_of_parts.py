"""Every kind of finding, device, machine and scan stays the same bits: quick digests.

Small films and scans, each with one thing in it, so that a change of a digit anywhere
names its place. ``test_digests`` holds whole cohorts. ``python -m
tests.phantoms.test_digests_of_parts`` writes the digests anew; only a new version of
the generator is a reason to do so.
"""

import json
import platform
from pathlib import Path

import numpy as np
import pytest

from phantoms.chest.anatomy import build_anatomy
from phantoms.chest.ct import Acquisition
from phantoms.chest.patients import draw_examination, draw_patient, posture_of
from phantoms.devices.draw import (
    draw_central_line,
    draw_drain,
    draw_ecg_leads,
    draw_gastric_tube,
    draw_pacemaker,
    draw_tracheal_tube,
)
from phantoms.devices.markers import Marker
from phantoms.findings.draw import at_later_visit, draw_finding
from phantoms.findings.finding import FINDINGS
from phantoms.physics.scanners import SCANNERS, draw_technique
from phantoms.study.radiograph import image_study, set_scene
from phantoms.study.scan import scan_study
from phantoms.study.study import Study
from tests.phantoms.test_digests import digest

STORE = Path(__file__).with_name("digests_of_parts.json")


def study_of(number, machine="Alder DR 21", *, view="PA", **parts):
    patient = draw_patient(number, cohort_seed=11)
    examination = draw_examination(patient, visit=1 + number % 2, view=view)
    return Study(patient, examination, SCANNERS[machine], **parts)


def film(study):
    shot, scene = image_study(study, size=96), set_scene(study, size=96)
    tissue = [scene.paths.tissue[name] for name in sorted(scene.paths.tissue)]
    marked = [*scene.filled_mm.values(), *scene.marked_mm.values()]
    ratio = shot.cardiothoracic_ratio
    masks = shot.masks.values()
    return digest(shot.image, shot.counts, *masks, ratio, *tissue, *marked)


def ct(study, *, posture=None, **settings):
    more = {} if posture is None else {"posture": posture}
    acquisition = Acquisition(**settings)
    scan = scan_study(study, slice_mm=5.0, size=64, acquisition=acquisition, **more)
    return digest(scan.hu, *scan.masks.values(), scan.spacing_mm, scan.origin_mm)


def of_people():
    found = {}
    for number in (1, 4, 9, 12):
        for view in ("PA", "AP"):
            study = study_of(number, view=view)
            said = (study.patient, study.examination, posture_of(study.examination))
            found[f"{number} {view}"] = f"{digest(*said)} {film(study)}"
    return found


def of_finding(kind):
    found, number = {}, FINDINGS.index(kind)
    for factor in (0.6, 1.0, 1.5):
        study = study_of(number + 3)
        anatomy, rng = build_anatomy(study.patient), np.random.default_rng(number)
        finding = draw_finding(kind, anatomy, rng, detectability=factor)
        later = at_later_visit(finding, anatomy, days=12.0, rng=rng)
        for name, one in (("first", finding), ("later", later)):
            if one is None:
                found[f"{name} {factor}"] = "gone"
                continue
            view = "AP" if factor == 1.0 else "PA"
            shown = film(study_of(number + 3, view=view, findings=(one,)))
            found[f"{name} {factor}"] = f"{shown} {one.side} {one.zone} {one.severity}"
    study = study_of(number + 3, findings=(finding,))
    kernel = "sharp" if number % 2 else "soft"
    found["CT"] = ct(study, kernel=kernel, mas=60.0, iodine_mg_ml=3.0 * number)
    return found


def of_devices():
    anatomy, seeds = build_anatomy(draw_patient(5, cohort_seed=11)), (1, 2, 3)
    drawn = {
        draw.__name__: [draw(anatomy, np.random.default_rng(seed)) for seed in seeds]
        for draw in (draw_central_line, draw_ecg_leads, draw_gastric_tube,
                     draw_pacemaker, draw_tracheal_tube)
    }  # fmt: skip
    drawn["draw_drain"] = [
        draw_drain(anatomy, np.random.default_rng(seed), side=side, fluid=seed > 2)
        for seed, side in enumerate(("right", "left") * 3)
    ]
    found = {}
    for name, devices in drawn.items():
        studies = [study_of(5, view=v, devices=tuple(devices)) for v in ("PA", "AP")]
        found[name] = " ".join([*map(film, studies), ct(studies[0], water_mm=250.0)])
    return found


def of_machines():
    letters = (Marker("L 2", 150.0, 160.0, ring=True, turn_deg=7.0),
               Marker("PORTABLE 09", -120, 150, height_mm=9.0))  # fmt: skip
    found = {}
    for number, (name, machine) in enumerate(SCANNERS.items()):
        technique = draw_technique(machine, np.random.default_rng(number))
        parts = {"technique": technique, "markers": letters, "noise": number}
        found[name] = f"{film(study_of(number + 30, name, **parts))} {technique}"
    lying = study_of(8, view="AP")
    posture = posture_of(lying.examination)
    found["CT as filmed"] = ct(lying, posture=posture, mas=0.0, energy_kev=80.0)
    return found


PARTS = {
    "people": of_people,
    "devices": of_devices,
    "machines": of_machines,
    **{kind: lambda kind=kind: of_finding(kind) for kind in FINDINGS},
}


@pytest.mark.parametrize("name", PARTS)
def test_digests_of(name):
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("frozen on Linux x86-64; other processors round the last digit")
    assert PARTS[name]() == json.loads(STORE.read_text(encoding="utf-8"))[name]


if __name__ == "__main__":
    made = {name: part() for name, part in PARTS.items()}
    STORE.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
