"""Reports: they say what their writer believes, at the stated rates."""

import re
from dataclasses import replace

import numpy as np
import pytest

from phantoms.hospital import reports
from phantoms.hospital.reports import (
    HABITS,
    KINDS,
    PHRASES,
    Facts,
    Report,
    Seen,
    change_of,
    place_of,
    size_of,
    tidy,
    with_typos,
    write_report,
)

N = 1500
LARGE = {"nodule": 30.0, "effusion": 1500.0, "pneumothorax": 60.0}
NEVER = dict.fromkeys(KINDS, 0.0)
PERFECT = replace(
    HABITS, missed=NEVER, overcalled=NEVER, hedged=0, paraphrased=0, implied=0,
    copied=0, wrong_side=0, typos=0,
)  # fmt: skip
DENY = re.compile(
    r"\b(no|nil|without|free of|negative for|absent|not seen|resolved|cleared|"
    r"no longer seen)\b"
)
DOUBT = re.compile(
    r"\b(possible|may|could be|cannot be excluded|suspicious|differential)\b|\?"
)
FLUID = Facts({"effusion": Seen("left", "lower", 500.0)})


@pytest.fixture
def perfect(monkeypatch):
    monkeypatch.setattr(reports, "HABITS", PERFECT)


def some_facts(number):
    rng = np.random.default_rng([number, 1])
    there = [kind for kind in KINDS if rng.random() < 0.3]
    side, zone = rng.choice(["left", "right"]), rng.choice(["upper", "lower"])
    found = {k: Seen(str(side), str(zone), LARGE.get(k, 1.0)) for k in there}
    return Facts(found, site="ABC"[number % 3])


def written(facts=some_facts, n=N, **options):
    given = facts if callable(facts) else lambda number: facts
    return [
        write_report(given(i), np.random.default_rng(i), **options) for i in range(n)
    ]


@pytest.fixture(scope="module")
def usual():
    return written()


def within(hits, share):
    """Return whether yes and no come in the stated share, within four errors."""
    error = np.sqrt(share * (1 - share) / len(hits))
    return abs(np.mean(hits) - share) < 4 * error + 1e-9


def believes(report, kind):
    return report.asserts[kind] in ("positive", "uncertain")


@pytest.mark.parametrize("kind", KINDS)
def test_findings_are_missed_overcalled_and_denied_as_often_as_stated(usual, kind):
    present = [believes(r, kind) for r in usual if kind in r.facts.findings]
    absent = [believes(r, kind) for r in usual if kind not in r.facts.findings]
    assert within(np.logical_not(present), HABITS.missed[kind])
    assert within(absent, HABITS.overcalled[kind])
    quiet = [r.asserts[kind] == "negated" for r in usual if not believes(r, kind)]
    assert within(quiet, HABITS.denied[kind])


def test_small_findings_are_missed_twice_as_often():
    for size, factor in ((11.9, 2), (12.0, 1)):
        small = Facts({"nodule": Seen("left", "upper", size)})
        missed = [not believes(report, "nodule") for report in written(small)]
        assert within(missed, factor * HABITS.missed["nodule"])


def test_findings_are_hedged_and_paraphrased_as_often_as_stated(usual):
    true, false, named = [], [], []
    for report in usual:
        for kind in filter(lambda k: believes(report, k), KINDS):
            hedged = report.asserts[kind] == "uncertain"
            (true if kind in report.facts.findings else false).append(hedged)
            said = report.sentences[kind].lower()
            assert bool(DOUBT.search(said)) == hedged
            if not hedged and kind != "oedema":  # which C spells in another way
                named.append(any(name in said for name in PHRASES["name"][kind]))
    assert within(true, HABITS.hedged)
    assert within(false, 0.5)
    assert within(named, 1 - HABITS.paraphrased)


def test_denials_hold_a_negation_or_other_words(usual):
    other = []
    for report in usual:
        for kind, said in report.sentences.items():
            if report.asserts[kind] == "negated":
                other.append(said in PHRASES["denial in other words"][kind])
                assert other[-1] or DENY.search(said.lower()), said
    assert within(other, HABITS.implied)


def test_no_sentence_grades_what_has_no_grade_or_layers_fluid_in_who_stands(usual):
    names = "|".join(name for kind in PHRASES["graded"].values() for name in kind)
    moderate = "moderate (nodul|round|coin|mass)"
    wrong = re.compile(rf"(small|moderate|large) (?!{names})|{moderate}|layering")
    for report in usual:
        assert not wrong.search(" ".join(report.sentences.values()).lower())
    lying = written(replace(FLUID, view="AP"), n=100)
    assert any("layering" in report.text for report in lying)
    mass = written(Facts({"nodule": Seen("left", "upper", 31.0)}), n=100)
    seen = [r.sentences["nodule"] for r in mass if believes(r, "nodule")]
    assert not any(re.search("nodul|coin", said) for said in seen)


@pytest.mark.parametrize(("rate", "lobe"), [(0.0, "left upper lobe"), (0.2, "")])
def test_the_wrong_side_comes_as_often_as_stated(monkeypatch, rate, lobe):
    monkeypatch.setattr(reports, "HABITS", replace(PERFECT, wrong_side=rate))
    facts = Facts({"nodule": Seen("left", "upper", 30.0, lobe=lobe)})
    right, left = ("right upper", "left upper")
    texts = [report.text for report in written(facts)]
    assert within([right in text for text in texts], rate)
    assert all((right in text) != (left in text) for text in texts)
    lobes = Seen("left", "upper", 30.0, lobe="left upper lobe")
    assert reports._mirrored(lobes).lobe == "right upper lobe"
    assert reports._mirrored(replace(lobes, lobe="lingula")).lobe == ""


@pytest.mark.parametrize(
    ("kind", "seen", "lobes", "words"),
    [
        ("effusion", Seen("both", "lower", 1), True, "bilaterally"),
        ("pneumothorax", Seen("left", "upper", 1), True, "on the left"),
        ("oedema", Seen("both", "all", 1), True, ""),
        ("nodule", Seen("left", "upper", 1, lobe="lingula"), True, "in the lingula"),
        ("nodule", Seen("left", "upper", 1, lobe="lingula"), False,
         "in the left upper zone"),
        ("consolidation", Seen("right", "all", 1), True, "throughout the right lung"),
        ("tuberculosis", Seen("both", "upper", 1), False, "in both upper zones"),
    ],
)  # fmt: skip
def test_places_in_words(kind, seen, lobes, words):
    assert place_of(kind, seen, lobes=lobes) == words


def test_sizes_and_changes_in_words():
    sizes = [299, 300, 899, 900]
    seen = [Seen("left", "lower", size) for size in sizes]
    words = [size_of("effusion", each, measured=True) for each in seen]
    assert words == ["small ", "moderate ", "moderate ", "large "]
    nodule = Seen("left", "upper", 14.6)
    assert size_of("nodule", nodule, measured=True) == "15 mm "
    assert size_of("nodule", nodule, measured=False) == ""
    assert size_of("oedema", nodule, measured=True) == ""
    for now, word in ((111, "same"), (113, "larger"), (89, "same"), (87, "smaller")):
        before = Seen("left", "lower", 100.0)
        assert change_of(replace(before, size=float(now)), before) == word
    assert tidy(": in the  lung : nodule .") == "In the lung: nodule."


def later(days=50, **findings):
    return replace(FLUID, findings=findings, days_since_first=days)


def test_the_previous_report_is_compared_with(perfect):
    (first,) = written(replace(FLUID, days_since_first=20), n=1)
    assert "COMPARISON: None." in first.text
    for size, change in ((900.0, "larger"), (500.0, "same"), (100.0, "smaller")):
        now = later(effusion=Seen("left", "lower", size))
        (report,) = written(now, n=1, previous=first)
        assert "COMPARISON: Radiograph 30 days earlier." in report.text
        ends = [f"The pleural effusion {w}." for w in PHRASES["change"][change]]
        assert report.sentences["effusion"].endswith(tuple(ends))
    healed = written(later(), n=400, previous=first)
    gone = ["previously seen pleural effusion" in report.text for report in healed]
    assert within(gone, 0.5)
    assert {r.asserts["effusion"] for r in healed} == {"negated", "not mentioned"}


def test_healed_findings_are_copied_as_often_as_stated(monkeypatch):
    monkeypatch.setattr(reports, "HABITS", PERFECT)
    (first,) = written(FLUID, n=1)
    monkeypatch.setattr(reports, "HABITS", replace(PERFECT, copied=0.3))
    again = written(later(), previous=first)
    copied = [report.asserts["effusion"] == "positive" for report in again]
    assert within(copied, 0.3)
    doubtful = Report("", dict.fromkeys(KINDS, "negated") | {"nodule": "uncertain"},
                      {"nodule": "Nodule?"}, FLUID)  # fmt: skip
    nodules = [r.asserts["nodule"] for r in written(later(), previous=doubtful)]
    assert within([what == "uncertain" for what in nodules], 0.3)


def test_typos_hit_the_stated_share_of_the_longer_words():
    text = "pleural effusion right seen Small " * 500  # three words of five letters
    wrong = with_typos(text, 0.1, np.random.default_rng(0)).split()
    known, changed = set(text.split()), {w for w in wrong if w not in text}
    # a doubled, a lost letter, two that changed places; "ff" and "ss" may hide one
    hit = [word not in known for word in wrong if word not in ("seen", "Small")]
    assert within(hit, 0.1 * 0.95)
    longer = {len(word) - len("right") for word in changed if word[0] == "r"}
    assert longer == {-1, 0, 1}
    assert all(word[0] in "per" and word[-1] in "lnt" for word in changed)
    assert with_typos(text, 0.0, np.random.default_rng(0)) == text


@pytest.mark.parametrize(("site", "share"), [("A", 0.6), ("B", 0.75), ("C", 0.35)])
def test_each_hospital_writes_in_its_own_style(perfect, site, share):
    facts = Facts({"oedema": Seen("both", "all", 1.0)}, site=site)
    found = written(facts, n=400)
    for report in found:
        lines = report.text.split("\n")
        assert all(map(str.startswith, lines, PHRASES["heading"][site]))
        assert ("oedema" not in report.text) or site != "C"
    first = ["nterstitial oedema" in report.sentences["oedema"] for report in found]
    assert within(first, share)
    (quiet,) = written(Facts(site=site), n=1)
    normal = PHRASES["heading"][site][3] + PHRASES["normal"][site][0]
    assert quiet.text.split("\n")[3] == normal


def test_some_denials_share_a_breath(perfect):
    # "No a." and "No b." become "No a or b." half of the time, once a report
    shared = set()
    for report in written(Facts(), n=300):
        body = report.text.split("\n")[2]
        shared.add(len(re.findall(r"No [a-z -]+ or [a-z -]+\.", body)))
        # nothing is lost: each denial stands there, or ends another one
        for said in report.sentences.values():
            tail = said.removeprefix("No ").removeprefix("evidence of ")
            assert body.count(tail) == 1 or f"{said[:-1]} or " in body
    assert shared == {0, 1}


def test_the_summary_of_b_has_all_and_of_c_two(perfect):
    many = Facts({kind: Seen("left", "upper", 99.0) for kind in KINDS})
    for site, number in (("A", 7), ("B", 7), ("C", 2)):
        (report,) = written(replace(many, site=site), n=1)
        summary = report.text.split("\n")[3]
        assert len(re.findall(r"\.(?=\s|$)", summary)) == number


def test_the_request_asks_and_devices_are_named(perfect):
    facts = Facts(symptoms=("fever", "cough"))
    asked = {r.text.split("\n")[0] for r in written(facts, n=60)}
    questions = PHRASES["question"]["cough"]
    assert asked == {f"INDICATION: Fever, cough; {question}" for question in questions}
    devices = {"drain": "left", "ECG leads": "both"}
    (report,) = written(Facts(devices=devices, view="AP"), n=1)
    indication, _, findings, _ = report.text.split("\n")
    assert indication.endswith("; drain position, pneumothorax?")
    assert findings.startswith("FINDINGS: AP portable view. ")
    assert re.search("left (chest|intercostal) drain", findings, re.IGNORECASE)
    assert "ECG leads overlie" in findings
    assert not re.search("drain|AP", written(Facts(), n=1)[0].text)
