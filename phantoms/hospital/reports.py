"""A radiologist's report in words, with the habits and mistakes of real ones.

The report says what its writer believes, not what is true: findings are missed,
over-called, hedged, called by other names, put on the wrong side, mistyped, or carried
over from the previous report after they have healed. Every rate is in ``HABITS``, the
words are in ``phrases.csv``, and a ``Report`` knows what its text asserts, so that the
errors of a labeller and those of the writer can be told apart.

It is made from ``Facts`` alone, without a single pixel.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

#: What a text can assert about a finding.
ASSERTIONS = ("positive", "negated", "uncertain", "not mentioned")
SIZE_WORDS = {"nodule": ("small ", "", "large ")}
USUAL_SIZE_WORDS = ("small ", "moderate ", "large ")
#: What is larger than this is a mass and no nodule.
LARGEST_NODULE_MM = 30.0
#: Findings with a place in the lung, and findings with a side only.
PLACED = ("consolidation", "nodule", "tuberculosis")
SIDED = ("effusion", "pneumothorax")
_SAME_WITHIN = 0.12
#: Hospital that writes "edema", and how often each takes the first of its synonyms.
AMERICAN, USUAL = "C", {"A": 0.6, "B": 0.75, "C": 0.35}


@dataclass(frozen=True)
class Seen:
    """One finding that is truly there.

    Parameters
    ----------
    side : str
        "right", "left" or "both", of the patient.
    zone : str
        "upper", "middle", "lower" or "all", of the lung.
    size : float
        Extent in the unit of its kind, used to say small or large and to compare
        visits: diameter in mm, volume in ml, depth in mm, cardiothoracic ratio, ...
    malignant : bool
        True for a malignant nodule.
    lobe : str
        Such as "right upper lobe", where the finding keeps to one lobe.
    """

    side: str
    zone: str
    size: float
    malignant: bool = False
    lobe: str = ""


@dataclass(frozen=True)
class Facts:
    """What is true of one study.

    Parameters
    ----------
    findings : mapping of str to Seen
        Only what is there, by kind.
    devices : mapping of str to str
        Side ("right", "left" or "both") of each kind of device that is there.
    site : str
        "A", "B" or "C"; decides the style of the report.
    view : str
        "PA" or "AP".
    days_since_first : int
        0 at the first visit.
    symptoms : tuple of str
        Such as "fever"; what the request for the examination says.
    """

    findings: Mapping[str, Seen] = field(default_factory=dict)
    devices: Mapping[str, str] = field(default_factory=dict)
    site: str = "A"
    view: str = "PA"
    days_since_first: int = 0
    symptoms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Habits:
    """How often a writer does what. Chosen for teaching; they describe no hospital.

    Parameters
    ----------
    missed, overcalled : mapping of str to float
        Share of present findings that are not seen, of absent ones that are seen.
        Small findings are missed twice as often.
    denied : mapping of str to float
        Share of findings not seen that the text denies; of the rest it is silent.
    moderate_from, large_from : mapping of str to float
        Smallest size of "moderate" and of "large", in the unit of ``Seen.size``.
    hedged : float
        Share of findings seen that are called possible; half of the over-called.
    paraphrased : float
        Share of assertions that do not name the finding.
    implied : float
        Share of denials in other words ("the lungs are clear").
    copied : float
        Share of later reports that carry sentences over from the previous one.
    wrong_side : float
        Share of findings on one side that are put on the other.
    typos : float
        Share of the longer words that are mistyped.
    """

    missed: Mapping[str, float]
    overcalled: Mapping[str, float]
    denied: Mapping[str, float]
    moderate_from: Mapping[str, float]
    large_from: Mapping[str, float]
    hedged: float = 0.18
    paraphrased: float = 0.10
    implied: float = 0.30
    copied: float = 0.12
    wrong_side: float = 0.01
    typos: float = 0.006


@dataclass(frozen=True)
class Report:
    """A report.

    Parameters
    ----------
    text : str
    asserts : dict of str to str
        One of ``ASSERTIONS`` for each of ``KINDS``: what the text says, true or not.
    sentences : dict of str to str
        The sentence about each finding that is not passed over in silence.
    facts : Facts
        Of the study that is reported.
    """

    text: str
    asserts: dict[str, str]
    sentences: dict[str, str]
    facts: Facts


def _rows(name: str) -> list[dict[str, str]]:
    path = Path(__file__).with_name(name)
    with path.open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def _read_phrases() -> dict[str, dict[str, tuple[str, ...]]]:
    """Return ``phrases.csv``: use, then finding, change or hospital, then phrases."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in _rows("phrases.csv"):
        of = found.setdefault(row["use"], {})
        of[row["of"]] = (*of.get(row["of"], ()), row["phrase"])
    return found


def _read_habits() -> Habits:
    """Return ``habits.csv``, one row a finding."""
    rows = _rows("habits.csv")
    rates = {
        name: {row["finding"]: float(row[name]) for row in rows if row[name]}
        for name in rows[0]
        if name != "finding"
    }
    return Habits(**rates)


PHRASES = _read_phrases()
HABITS = _read_habits()
KINDS = tuple(PHRASES["name"])


def write_report(
    facts: Facts, rng: np.random.Generator, *, previous: Report | None = None
) -> Report:
    """Return the report of a study in the style of its hospital.

    Parameters
    ----------
    facts : Facts
    rng : numpy.random.Generator
    previous : Report, optional
        Of the same patient's previous study; it is compared with and copied from.

    Examples
    --------
    >>> facts = Facts({"effusion": Seen("left", "lower", 950.0)})
    >>> report = write_report(facts, np.random.default_rng(5))
    >>> report.asserts["effusion"]
    'positive'
    """
    writer = _Writer(facts, rng)
    copies = previous is not None and rng.random() < HABITS.copied
    asserts, sentences = {}, {}
    for kind in KINDS:
        if copies and previous.asserts[kind] in ("positive", "uncertain"):
            asserts[kind], sentence = previous.asserts[kind], previous.sentences[kind]
        else:
            before = previous.facts.findings.get(kind) if previous else None
            asserts[kind], sentence = writer.opinion(kind, before)
        if sentence:
            sentences[kind] = sentence
    text = writer.compose(sentences, asserts, previous)
    return Report(with_typos(text, HABITS.typos, rng), asserts, sentences, facts)


@dataclass(frozen=True)
class _Writer:
    """Who writes about what."""

    facts: Facts
    rng: np.random.Generator

    def pick(self, use: str, of: str) -> str:
        """Return one of the phrases for a use."""
        options = PHRASES[use][of]
        return options[int(self.rng.integers(len(options)))]

    def opinion(self, kind: str, before: Seen | None) -> tuple[str, str]:
        """Return what is asserted about a finding, and the sentence that does it."""
        seen = self._believed(kind)
        if seen is None:
            return self._absent(kind, before)
        truly = kind in self.facts.findings
        if self.rng.random() < (HABITS.hedged if truly else 0.5):
            return "uncertain", self._named(kind, seen, "hedge")
        if self.rng.random() < HABITS.paraphrased:
            side = "bilateral" if seen.side == "both" else seen.side
            place = place_of(kind, seen, lobes=False)
            pattern = self.pick("paraphrase", kind)
            sentence = tidy(pattern.format(place=place, side=side))
        else:
            sentence = self._named(kind, seen, "assertion")
        change = change_of(seen, before) if before else None
        if change:
            sentence += (
                f" The {self._names(kind, seen)[0]} {self.pick('change', change)}."
            )
        return "positive", sentence

    def _believed(self, kind: str) -> Seen | None:
        """Return the finding as the writer sees it, or None."""
        rng, truth = self.rng, self.facts.findings.get(kind)
        chance = rng.random()
        small_below = HABITS.moderate_from.get(kind)
        if truth is None:
            if chance >= HABITS.overcalled[kind]:
                return None
            zone = ("upper", "middle", "lower")[int(rng.integers(3))]
            zone = "upper" if kind == "tuberculosis" else zone
            size = (small_below or 1.0) * 0.8
            return Seen(("right", "left")[int(rng.integers(2))], zone, size)
        small = small_below is not None and truth.size < small_below
        if chance < HABITS.missed[kind] * (2 if small else 1):
            return None
        if truth.side != "both" and rng.random() < HABITS.wrong_side:
            return _mirrored(truth)
        return truth

    def _named(self, kind: str, seen: Seen, use: str) -> str:
        """Return a sentence that names a finding, as the hospital asserts or hedges."""
        site = self.facts.site
        pattern = self.pick(use, site)
        what = self._name(kind, seen)
        # hospital B has no capital letters and no lobes
        place = place_of(kind, seen, lobes=PHRASES["heading"][site][0].isupper())
        size = size_of(kind, seen, measured=self.rng.random() < 0.6)
        size = size if what in PHRASES["graded"].get(kind, ()) else ""
        return tidy(pattern.format(what=what, place=place, size=size, side=seen.side))

    def _names(self, kind: str, seen: Seen | None = None) -> tuple[str, ...]:
        """Return the names of a finding, the usual one first; fluid layers lying."""
        is_mass = kind == "nodule" and seen and seen.size > LARGEST_NODULE_MM
        words = PHRASES["mass" if is_mass else "name"][kind]
        lying = PHRASES["name lying"].get(kind, ()) if self.facts.view == "AP" else ()
        return (*words, *lying)

    def _name(self, kind: str, seen: Seen | None = None) -> str:
        """Return a synonym of a finding; the usual one most often."""
        words = self._names(kind, seen)
        usual = self.rng.random() < USUAL[self.facts.site]
        chosen = words[1 + int(self.rng.integers(len(words) - 1))]
        return words[0] if usual else chosen

    def _absent(self, kind: str, before: Seen | None) -> tuple[str, str]:
        """Return a denial, "has resolved", or silence."""
        if before and self.rng.random() < 0.5:
            name = f"The previously seen {self._names(kind, before)[0]}"
            return "negated", f"{name} {self.pick('change', 'gone')}."
        if self.rng.random() >= HABITS.denied[kind]:
            return "not mentioned", ""
        if self.rng.random() < HABITS.implied:
            return "negated", self.pick("denial in other words", kind)
        pattern = self.pick("negation", self.facts.site)
        return "negated", tidy(pattern.format(what=self._name(kind)))

    def compose(
        self,
        sentences: Mapping[str, str],
        asserts: Mapping[str, str],
        previous: Report | None,
    ) -> str:
        """Return the whole text, section by section."""
        site, compared = self.facts.site, "None."
        if previous:
            days = self.facts.days_since_first - previous.facts.days_since_first
            compared = f"Radiograph {days} days earlier."
        wanted = [k for k in KINDS if asserts[k] in ("positive", "uncertain")]
        wanted = wanted if USUAL[site] > 0.5 else wanted[:2]
        summary = " ".join(
            sentences[k].split(". ")[0].rstrip(".") + "." for k in wanted
        )
        sections = (
            self._request(),
            compared,
            " ".join([*self._devices(), *self._in_order(sentences, asserts)]),
            summary or PHRASES["normal"][site][0],
        )
        titled = zip(PHRASES["heading"][site], sections, strict=True)
        text = "\n".join(title + section for title, section in titled)
        if site == AMERICAN:
            text = text.replace("oedema", "edema").replace("yspnoea", "yspnea")
        return text

    def _request(self) -> str:
        """Return what the request says and asks; it asserts nothing about the image."""
        symptoms = self.facts.symptoms
        asked = [self.pick("question", name) for name in symptoms]
        if "drain" in self.facts.devices:
            asked.append("drain position, pneumothorax?")
        told = ", ".join(symptoms)
        if not told:
            told = ("pre-operative", "follow-up")[int(self.rng.integers(2))]
        return tidy(f"{told}; {asked[-1]}" if asked else f"{told}.")

    def _devices(self) -> list[str]:
        """Return a sentence about every device; portable images are said to be so."""
        said = [
            tidy(self.pick("device", kind).format(side=side))
            for kind, side in self.facts.devices.items()
        ]
        return [*(["AP portable view."] if self.facts.view == "AP" else []), *said]

    def _in_order(
        self, sentences: Mapping[str, str], asserts: Mapping[str, str]
    ) -> list[str]:
        """Return what is there first, then what is not, some denials in one breath."""
        there = [s for k, s in sentences.items() if asserts[k] != "negated"]
        absent = [s for k, s in sentences.items() if asserts[k] == "negated"]
        for first, second in zip(absent, absent[1:], strict=False):
            plain = all(re.fullmatch(r"No [a-z -]+\.", s) for s in (first, second))
            if plain and self.rng.random() < 0.5:
                more = second.removeprefix("No ").removeprefix("evidence of ")
                kept = [s for s in absent if s not in (first, second)]
                return [*there, f"{first[:-1]} or {more}", *kept]
        return [*there, *absent]


def _mirrored(seen: Seen) -> Seen:
    """Return a finding on the other side; the right lung alone has a middle lobe."""
    side = {"right": "left", "left": "right"}[seen.side]
    lobe = seen.lobe.replace(seen.side, side) if seen.side in seen.lobe else ""
    return replace(seen, side=side, lobe=lobe)


def place_of(kind: str, seen: Seen, *, lobes: bool) -> str:
    """Return where a finding is, in words; empty where that goes without saying.

    Parameters
    ----------
    kind : str
    seen : Seen
    lobes : bool
        Whether the hospital names the lobe where a finding keeps to one; all others
        are placed by zones.

    Examples
    --------
    >>> place_of("nodule", Seen("left", "middle", 9.0), lobes=True)
    'in the left middle zone'
    >>> place_of("effusion", Seen("both", "lower", 400.0), lobes=True)
    'bilaterally'
    """
    both = seen.side == "both"
    if kind in SIDED:
        return "bilaterally" if both else f"on the {seen.side}"
    if kind not in PLACED:
        return ""
    if lobes and seen.lobe:
        return f"in the {seen.lobe}"
    if seen.zone == "all":
        return "in both lungs" if both else f"throughout the {seen.side} lung"
    if both:
        return f"in both {seen.zone} zones"
    return f"in the {seen.side} {seen.zone} zone"


def size_of(kind: str, seen: Seen, *, measured: bool) -> str:
    """Return a word or measure of size with a blank after it, or nothing.

    A nodule is small, large or neither: nobody calls one moderate.

    Examples
    --------
    >>> size_of("nodule", Seen("left", "upper", 14.2), measured=True)
    '14 mm '
    >>> size_of("effusion", Seen("left", "lower", 1200.0), measured=False)
    'large '
    """
    if kind not in HABITS.moderate_from:
        return ""
    if kind == "nodule" and measured:
        return f"{seen.size:.0f} mm "
    reached = (seen.size >= HABITS.moderate_from[kind]) + (
        seen.size >= HABITS.large_from[kind]
    )
    return SIZE_WORDS.get(kind, USUAL_SIZE_WORDS)[reached]


def change_of(now: Seen, before: Seen) -> str:
    """Return in which way a finding has changed: larger, same or smaller.

    Examples
    --------
    >>> change_of(Seen("left", "upper", 14.0), Seen("left", "upper", 10.0))
    'larger'
    """
    ratio = now.size / max(before.size, 1e-9)
    if abs(ratio - 1) <= _SAME_WITHIN:
        return "same"
    return "larger" if ratio > 1 else "smaller"


def tidy(sentence: str) -> str:
    """Return a sentence with single blanks and a capital letter.

    Examples
    --------
    >>> tidy("cardiomegaly  .")
    'Cardiomegaly.'
    """
    text = re.sub(r"\s+([.,;:])", r"\1", re.sub(r"\s+", " ", sentence)).strip()
    text = re.sub(r"^[:,]\s*", "", text)
    return text[:1].upper() + text[1:]


def with_typos(text: str, rate: float, rng: np.random.Generator) -> str:
    """Return text in which a share of the longer words is mistyped.

    Parameters
    ----------
    text : str
    rate : float
        Share of the words of at least five small letters, 0 to 1.
    rng : numpy.random.Generator
    """

    def mistype(match: re.Match) -> str:
        word = match.group()
        if rng.random() >= rate:
            return word
        at, how = int(rng.integers(1, len(word) - 2)), int(rng.integers(3))
        inside = word[at : at + 2]
        wrong = (inside[::-1], inside[1], inside[0] + inside)[how]
        return word[:at] + wrong + word[at + 2 :]

    return re.sub(r"\b[a-z]{5,}\b", mistype, text)
