"""The words of the reports: synonyms, negations, hedges and changes, by hospital.

``{side}`` and ``{place}`` are filled in by ``reports``; a phrase without them says
nothing about where. Every hospital prefers the first of its synonyms.
"""

from __future__ import annotations

from dataclasses import dataclass

#: What each finding is called; the first words are the usual ones.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "consolidation": (
        "consolidation",
        "airspace opacity",
        "airspace disease",
        "pneumonic infiltrate",
        "airspace shadowing",
    ),
    "nodule": ("nodule", "nodular opacity", "rounded opacity", "coin lesion"),
    "effusion": ("pleural effusion", "pleural fluid", "layering effusion"),
    "pneumothorax": ("pneumothorax", "pleural air", "visible pleural line"),
    "cardiomegaly": (
        "cardiomegaly",
        "enlarged cardiac silhouette",
        "cardiac enlargement",
    ),
    "tuberculosis": (
        "cavitating upper zone disease",
        "fibrocavitary change",
        "post-primary tuberculosis",
        "cavitary lesion",
    ),
    "oedema": (
        "interstitial oedema",
        "septal thickening",
        "pulmonary venous congestion",
        "interstitial edema",
    ),
}

#: Sentences that assert a finding without naming it: a keyword does not find them.
PARAPHRASES: dict[str, tuple[str, ...]] = {
    "consolidation": ("There is an ill-defined density {place}.",),
    "nodule": ("A well-defined focal density is seen {place}.",),
    "effusion": ("Costophrenic blunting, {side}.",),
    "pneumothorax": ("The lung edge lies away from the chest wall, {side}.",),
    "cardiomegaly": ("The cardiothoracic ratio is increased.", "The heart is large."),
    "tuberculosis": ("Apical scarring with cavities, {side}.",),
    "oedema": ("Upper lobe blood diversion with peribronchial cuffing.",),
}

#: Sentences that deny a finding without a word of negation or by another name.
DENIALS: dict[str, tuple[str, ...]] = {
    "consolidation": ("The lungs are clear.", "Clear lung fields."),
    "nodule": ("No focal lung lesion.",),
    "effusion": ("The costophrenic angles are sharp.",),
    "pneumothorax": ("Both lungs are fully expanded.",),
    "cardiomegaly": ("The heart is of normal size.", "Normal heart size."),
    "tuberculosis": ("The apices are clear.",),
    "oedema": ("Normal pulmonary vascularity.",),
}

DEVICE_PHRASES = {
    "drain": ("A {side} chest drain is in place.", "{side} intercostal drain noted."),
    "pacemaker": ("A {side} pacemaker is noted.", "Pacemaker, {side} chest wall."),
    "central line": (
        "A {side} central venous line is in place.",
        "{side} jugular line, tip over the superior vena cava.",
    ),
    "ECG leads": ("ECG leads overlie the chest.",),
    "endotracheal tube": ("The endotracheal tube is above the carina.",),
    "nasogastric tube": ("A nasogastric tube is in place.",),
}

#: Smallest size of "moderate" and of "large", in the unit of ``Seen.size``.
SIZES = {
    "nodule": (12.0, 25.0),
    "effusion": (300.0, 900.0),
    "pneumothorax": (15.0, 35.0),
}
SIZE_WORDS = ("small", "moderate", "large")

CHANGES = {
    "larger": ("has increased", "is larger than before", "has progressed"),
    "same": ("is unchanged", "is stable", "shows no significant change"),
    "smaller": ("has decreased", "has partly cleared", "is smaller than before"),
    "gone": ("has resolved", "is no longer seen", "has cleared"),
    "new": ("is new since the previous study", "was not seen before"),
}


@dataclass(frozen=True)
class Style:
    """How a hospital writes.

    Parameters
    ----------
    headings : tuple of str
        Indication, comparison, findings, impression; empty for no heading.
    assertion, negation, hedge : tuple of str
        Patterns with ``{what}``, ``{place}``, ``{size}``.
    normal : str
        The impression when nothing was found.
    american : bool
        "edema" for "oedema", "color" for "colour".
    usual : float
        How often the first of the synonyms is taken.
    """

    headings: tuple[str, str, str, str]
    assertion: tuple[str, ...]
    negation: tuple[str, ...]
    hedge: tuple[str, ...]
    normal: str
    american: bool = False
    usual: float = 0.6


STYLES = {
    "A": Style(
        ("INDICATION: ", "COMPARISON: ", "FINDINGS: ", "IMPRESSION: "),
        (
            "{size}{what} is present {place}.",
            "{size}{what} is seen {place}.",
            "{size}{what} {place}.",
        ),
        ("No {what}.", "There is no {what}.", "No evidence of {what}."),
        (
            "Possible {what} {place}.",
            "An opacity {place} may represent {what}.",
            "{what} {place} cannot be excluded.",
        ),
        "No acute cardiopulmonary abnormality.",
    ),
    "B": Style(
        ("Clinical details: ", "Compared with: ", "", "Opinion: "),
        ("{size}{what} {place}.", "{place}: {size}{what}."),
        ("No {what}.", "{what} not seen.", "Nil {what}."),
        ("?{what} {place}.", "Appearances {place} could be {what}."),
        "Normal chest.",
        usual=0.75,
    ),
    "C": Style(
        ("HISTORY: ", "PRIOR: ", "REPORT: ", "CONCLUSION: "),
        (
            "{size}{what} is demonstrated {place}.",
            "Findings {place} are consistent with {what}.",
            "{size}{what} {place}.",
        ),
        (
            "Without {what}.",
            "{what}: absent.",
            "The study is negative for {what}.",
            "Free of {what}.",
        ),
        (
            "Suspicious for {what} {place}.",
            "{what} {place} is possible; clinical correlation is advised.",
            "Differential includes {what} {place}.",
        ),
        "No significant abnormality.",
        american=True,
        usual=0.35,
    ),
}
