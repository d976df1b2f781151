"""A radiologist's report in words, with the habits and mistakes of real ones.

The report says what its writer believes, not what is true: findings are missed,
over-called, hedged, called by other names, put on the wrong side, mistyped, or carried
over from the previous report after they have healed. Every rate is in ``Habits``, and
a ``Report`` knows what its text asserts, so that the errors of a labeller and those
of the writer can be told apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from phantoms.hospital.facts import Facts, Seen
from phantoms.hospital.habits import HABITS, Habits
from phantoms.hospital.phrases import (
    DEVICE_PHRASES,
    SIZES,
    STYLES,
    SYNONYMS,
    Style,
)
from phantoms.hospital.wording import (
    change_of,
    pick,
    request_of,
    say_absent,
    say_change,
    say_paraphrased,
    say_there,
    tidy,
    with_typos,
)

KINDS = tuple(SYNONYMS)
#: What a text can assert about a finding.
ASSERTIONS = ("positive", "negated", "uncertain", "not mentioned")


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


def write_report(
    facts: Facts,
    rng: np.random.Generator,
    *,
    previous: Report | None = None,
    habits: Habits = HABITS,
) -> Report:
    """Return the report of a study in the style of its hospital.

    Parameters
    ----------
    facts : Facts
    rng : numpy.random.Generator
    previous : Report, optional
        Of the same patient's previous study; it is compared with and copied from.
    habits : Habits

    Examples
    --------
    >>> quiet = Habits(missed={}, overcalled={}, denied={}, hedged=0, paraphrased=0,
    ...                implied=0, wrong_side=0, typos=0)
    >>> facts = Facts({"effusion": Seen("left", "lower", 950.0)})
    >>> report = write_report(facts, np.random.default_rng(0), habits=quiet)
    >>> print(report.text.splitlines()[2])
    FINDINGS: Large layering effusion is seen on the left.
    """
    style = STYLES.get(facts.site, STYLES["A"])
    writer = _Writer(facts, style, habits, rng)
    copies = previous is not None and rng.random() < habits.copied
    asserts, sentences = {}, {}
    for kind in KINDS:
        carried = copies and previous.asserts[kind] in ("positive", "uncertain")
        if carried:
            asserts[kind], sentence = previous.asserts[kind], previous.sentences[kind]
        else:
            before = previous.facts.findings.get(kind) if previous else None
            asserts[kind], sentence = writer.opinion(kind, before)
        if sentence:
            sentences[kind] = sentence
    text = writer.compose(sentences, asserts, previous)
    return Report(with_typos(text, habits.typos, rng), asserts, sentences, facts)


@dataclass(frozen=True)
class _Writer:
    """Who writes about what, and how."""

    facts: Facts
    style: Style
    habits: Habits
    rng: np.random.Generator

    def opinion(self, kind: str, before: Seen | None) -> tuple[str, str]:
        """Return what is asserted about a finding, and the sentence that does it."""
        seen = self._believed(kind)
        if seen is None:
            return self._absent(kind, before)
        truly = kind in self.facts.findings
        hedged = self.rng.random() < (self.habits.hedged if truly else 0.5)
        if hedged:
            pattern = pick(self.style.hedge, self.rng)
            return "uncertain", self._there(kind, seen, pattern)
        if self.rng.random() < self.habits.paraphrased:
            sentence = say_paraphrased(kind, seen, self.rng)
        else:
            pattern = pick(self.style.assertion, self.rng)
            sentence = self._there(kind, seen, pattern)
        change = change_of(seen, before) if before else None
        if change:
            sentence += " " + say_change(kind, change, self.rng)
        return "positive", sentence

    def _there(self, kind: str, seen: Seen, pattern: str) -> str:
        return say_there(kind, seen, self.style, self.rng, pattern=pattern)

    def _absent(self, kind: str, before: Seen | None) -> tuple[str, str]:
        """Return a denial, "has resolved", or silence."""
        if before and self.rng.random() < 0.5:
            return "negated", say_change(kind, "gone", self.rng)
        if self.rng.random() >= self.habits.denied.get(kind, 0.0):
            return "not mentioned", ""
        implied = self.rng.random() < self.habits.implied
        return "negated", say_absent(kind, self.style, self.rng, implied=implied)

    def _believed(self, kind: str) -> Seen | None:
        """Return the finding as the writer sees it, or None."""
        rng, truth = self.rng, self.facts.findings.get(kind)
        chance = rng.random()
        if truth is None:
            if chance >= self.habits.overcalled.get(kind, 0.0):
                return None
            zone = ("upper", "middle", "lower")[int(rng.integers(3))]
            size = SIZES.get(kind, (1.0,))[0] * 0.8
            return Seen(("right", "left")[int(rng.integers(2))], zone, size)
        small = kind in SIZES and truth.size < SIZES[kind][0]
        if chance < self.habits.missed.get(kind, 0.0) * (2 if small else 1):
            return None
        if truth.side != "both" and rng.random() < self.habits.wrong_side:
            return _mirrored(truth)
        return truth

    def compose(
        self,
        sentences: Mapping[str, str],
        asserts: Mapping[str, str],
        previous: Report | None,
    ) -> str:
        """Return the whole text, section by section."""
        head = self.style.headings
        compared = "None."
        if previous:
            days = self.facts.days_since_first - previous.facts.days_since_first
            compared = f"Radiograph {days} days earlier."
        wanted = [k for k in KINDS if asserts[k] in ("positive", "uncertain")]
        wanted = wanted if self.style.usual > 0.5 else wanted[:2]
        summary = " ".join(
            sentences[k].split(". ")[0].rstrip(".") + "." for k in wanted
        )
        sections = (
            request_of(self.facts, self.rng),
            compared,
            " ".join([*self._devices(), *self._in_order(sentences, asserts)]),
            summary or self.style.normal,
        )
        return "\n".join(
            title + self._spelt(section)
            for title, section in zip(head, sections, strict=True)
        )

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
                joined = f"{first[:-1]} or {more}"
                kept = [s for s in absent if s not in (first, second)]
                absent = [joined, *kept]
                break
        return [*there, *absent]

    def _devices(self) -> list[str]:
        """Return a sentence about every device; portable images are said to be so."""
        said = [
            tidy(pick(DEVICE_PHRASES[kind], self.rng).format(side=side))
            for kind, side in self.facts.devices.items()
            if kind in DEVICE_PHRASES
        ]
        return [*(["AP portable view."] if self.facts.view == "AP" else []), *said]

    def _spelt(self, text: str) -> str:
        return text.replace("oedema", "edema") if self.style.american else text


def _mirrored(seen: Seen) -> Seen:
    """Return a finding on the other side; the right lung alone has a middle lobe."""
    side = {"right": "left", "left": "right"}[seen.side]
    lobe = seen.lobe.replace(seen.side, side) if seen.side in seen.lobe else ""
    return replace(seen, side=side, lobe=lobe)
