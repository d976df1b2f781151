"""From an opinion about a finding to a sentence of a report."""

from __future__ import annotations

import re

import numpy as np

from phantoms.hospital.facts import Facts, Seen
from phantoms.hospital.phrases import (
    CHANGES,
    DENIALS,
    PARAPHRASES,
    SIZE_WORDS,
    SIZES,
    SYNONYMS,
    Style,
)

#: Findings with a place in the lung, and findings with a side only.
PLACED = ("consolidation", "nodule", "tuberculosis")
SIDED = ("effusion", "pneumothorax")
_SAME_WITHIN = 0.12


def pick(options: tuple[str, ...], rng: np.random.Generator) -> str:
    """Return one of several phrases."""
    return options[int(rng.integers(len(options)))]


def name_of(kind: str, style: Style, rng: np.random.Generator) -> str:
    """Return a synonym of a finding; the usual one most often."""
    words = SYNONYMS[kind]
    usual = rng.random() < style.usual
    chosen = pick(words[1:], rng)
    return words[0] if usual else chosen


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
    if kind in SIDED:
        return "bilaterally" if seen.side == "both" else f"on the {seen.side}"
    if kind not in PLACED:
        return ""
    if lobes and seen.lobe:
        return f"in the {seen.lobe}"
    if seen.zone == "all":
        both = seen.side == "both"
        return "in both lungs" if both else f"throughout the {seen.side} lung"
    if seen.side == "both":
        return f"in both {seen.zone} zones"
    return f"in the {seen.side} {seen.zone} zone"


def size_of(kind: str, seen: Seen, *, measured: bool) -> str:
    """Return a word or measure of size with a blank after it, or nothing.

    Examples
    --------
    >>> size_of("nodule", Seen("left", "upper", 14.2), measured=True)
    '14 mm '
    >>> size_of("effusion", Seen("left", "lower", 1200.0), measured=False)
    'large '
    """
    if kind not in SIZES:
        return ""
    if kind == "nodule" and measured:
        return f"{seen.size:.0f} mm "
    return SIZE_WORDS[int(np.searchsorted(SIZES[kind], seen.size, "right"))] + " "


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


def say_there(
    kind: str, seen: Seen, style: Style, rng: np.random.Generator, *, pattern: str
) -> str:
    """Return a sentence from an assertion or a hedge of the hospital's style."""
    lobes = style.headings[0].isupper()
    sentence = pattern.format(
        what=name_of(kind, style, rng),
        place=place_of(kind, seen, lobes=lobes),
        size=size_of(kind, seen, measured=rng.random() < 0.6),
        side=seen.side,
    )
    return tidy(sentence)


def say_paraphrased(kind: str, seen: Seen, rng: np.random.Generator) -> str:
    """Return an assertion that does not name the finding."""
    sides = "bilateral" if seen.side == "both" else seen.side
    return tidy(
        pick(PARAPHRASES[kind], rng).format(
            place=place_of(kind, seen, lobes=False), side=sides
        )
    )


def say_absent(
    kind: str, style: Style, rng: np.random.Generator, *, implied: bool
) -> str:
    """Return a denial, with a negation or (``implied``) in other words."""
    if implied:
        return pick(DENIALS[kind], rng)
    return tidy(pick(style.negation, rng).format(what=name_of(kind, style, rng)))


def change_of(now: Seen | None, before: Seen | None) -> str | None:
    """Return the key of ``CHANGES`` that is true of a finding, or None.

    Examples
    --------
    >>> change_of(Seen("left", "upper", 14.0), Seen("left", "upper", 10.0))
    'larger'
    """
    if before is None:
        return None if now is None else "new"
    if now is None:
        return "gone"
    ratio = now.size / max(before.size, 1e-9)
    if abs(ratio - 1) <= _SAME_WITHIN:
        return "same"
    return "larger" if ratio > 1 else "smaller"


def say_change(kind: str, change: str, rng: np.random.Generator) -> str:
    """Return a sentence that compares with the previous study."""
    before = "previously seen " if change == "gone" else ""
    return f"The {before}{SYNONYMS[kind][0]} {pick(CHANGES[change], rng)}."


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
        return (
            word[:at]
            + (inside[::-1], inside[1], inside[0] + inside)[how]
            + word[at + 2 :]
        )

    return re.sub(r"\b[a-z]{5,}\b", mistype, text)


def request_of(facts: Facts, rng: np.random.Generator) -> str:
    """Return what the request says and asks; it asserts nothing about the image."""
    questions = {
        "fever": ("consolidation?", "?pneumonia", "rule out infiltrate"),
        "cough": ("infection?", "?consolidation", "tuberculosis?"),
        "dyspnoea": ("?oedema", "effusion?", "?pneumothorax", "heart failure?"),
    }
    asked = [pick(questions[name], rng) for name in facts.symptoms if name in questions]
    if "drain" in facts.devices:
        asked.append("drain position, pneumothorax?")
    told = ", ".join(facts.symptoms) or pick(("pre-operative", "follow-up"), rng)
    return tidy(f"{told}; {asked[-1]}" if asked else f"{told}.")
