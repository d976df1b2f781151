"""The parts of a report: sections with their headings, and sentences.

The request asks ("?pneumothorax") and the comparison remembers; neither says what is
on the film. Only the other sections are read for labels.
"""

from __future__ import annotations

import re
from itertools import zip_longest

#: Headings, at the beginning of a line, whose text asserts nothing about this film.
SILENT_HEADINGS = re.compile(
    r"indication|clinical|history|request|reason|question|referral|comparison|compared"
    r"|previous|prior|technique|exam|procedure|view",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^[ \t]*([A-Za-z][A-Za-z /]{2,40}?)[ \t]*:", re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<!\bDr\.)(?<!\be\.g\.)(?<!\bi\.e\.)(?<=[.!?])\s+|\n+")


def split_sections(report: str) -> list[tuple[str, str]]:
    r"""Return (heading, text) of each section of a report, in order.

    A heading is a few words at the beginning of a line, ended by a colon. Text before
    the first one has the heading "".

    Parameters
    ----------
    report : str

    Raises
    ------
    TypeError
        If the report is no text, such as the NaN of a missing one.
    ValueError
        If it is empty.

    Examples
    --------
    >>> split_sections("INDICATION: ?oedema\nFINDINGS: Clear lungs.")
    [('INDICATION', '?oedema'), ('FINDINGS', 'Clear lungs.')]
    """
    if not isinstance(report, str):
        raise TypeError(
            f"A report must be text, got {report!r} ({type(report).__name__}). A "
            "missing report is no negative one: leave its row out before labelling."
        )
    if not report.strip():
        raise ValueError(
            "The report is empty, expected text. A missing report is no negative one: "
            "leave its row out before labelling."
        )
    starts = list(_HEADING.finditer(report))
    lead = report[: starts[0].start()] if starts else report
    sections = [("", lead.strip())] if lead.strip() else []
    for match, following in zip_longest(starts, starts[1:]):
        end = following.start() if following else len(report)
        sections.append((match[1], report[match.end() : end].strip()))
    return sections


def asserting_text(report: str, *, request_is_one_line: bool = True) -> str:
    r"""Return the sections that say what is on the film, without their headings.

    Parameters
    ----------
    report : str
    request_is_one_line : bool
        Whether a silent section ends with its line, so that findings below it need no
        heading; False: it goes on to the next heading, as a long history may.

    Raises
    ------
    TypeError, ValueError
        If the report is no text, or empty.

    Examples
    --------
    >>> asserting_text("INDICATION: ?oedema\nClear lungs.")
    'Clear lungs.'
    >>> asserting_text("INDICATION: ?oedema\nClear.", request_is_one_line=False)
    ''
    """
    kept = []
    for heading, text in split_sections(report):
        if heading and SILENT_HEADINGS.match(heading):
            _, _, below = text.partition("\n")
            text = below.strip() if request_is_one_line else ""
        kept.append(text)
    return "\n".join(text for text in kept if text)


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text: parts that end in a stop or at a line's end.

    A point inside a number ("3.5 cm") ends nothing.

    Examples
    --------
    >>> split_sentences("A 3.5 cm mass. No effusion.")
    ['A 3.5 cm mass.', 'No effusion.']
    """
    parts = (part.strip() for part in _SENTENCE_END.split(text))
    return [part for part in parts if part]
