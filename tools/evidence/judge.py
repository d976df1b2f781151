"""Judge the in-silico radiographs by measurement and write the numbers down.

::

    python -m tools.evidence.judge                      everything, about 10 minutes
    python -m tools.evidence.judge --only difficulty    difficulty, observer, transfer
    python -m tools.evidence.judge --findings nodule    some findings only
    python -m tools.evidence.judge --write              also write evidence and page

difficulty: per finding the AUC of mean brightness, of a logistic regression on 16 x 16
block means and of the small network of lesson 21 (here 64 px). observer: a channelised
Hotelling observer on twins, told the place. transfer: networks trained on simulated
films and tested on real ones, and the reverse; it needs COURSE_DATA_DIR with the NIH
and PneumoniaMNIST copies. Networks are cached, so that a run can be taken up again.
Results are printed as they are, also where they are 0.5.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from helpers import cohorts
from tools.evidence.judging import difficulty, observer, page, transfer
from tools.evidence.judging.measured import merge_into
from tools.evidence.judging.real_films import missing_sets

EVIDENCE = Path(__file__).resolve().parents[2] / "data" / "evidence"
PARTS = ("difficulty", "observer", "transfer")
DIFFICULTY_KEYS = ["finding", "scored_by", "test"]
TRANSFER_KEYS = ["finding", "trained_on", "tested_on", "scored_by", "against"]
OUTPUTS = {
    "difficulty": ("insilico_difficulty.csv", DIFFICULTY_KEYS),
    "observer": ("insilico_difficulty.csv", DIFFICULTY_KEYS),
    "transfer": ("insilico_transfer.csv", TRANSFER_KEYS),
}


def rows_of(part: str, findings: list[str]) -> Iterator[dict]:
    """Yield the measured rows of one part of the judgement."""
    if part == "difficulty":
        cohort = cohorts.load(transfer.SIMULATED, size=difficulty.SIDE_PX)
        for finding in findings:
            yield from difficulty.judge_finding(cohort, finding)
    elif part == "observer":
        cohort = cohorts.load(transfer.SIMULATED)
        for finding in findings:
            if finding in observer.WIDTH_PX:
                films, twins = observer.twins_of(cohort, finding)
                yield from observer.judge_finding(films, finding, twins)
    else:
        for finding in transfer.findings_of(findings):
            yield from transfer.judge_finding(finding)
        if "consolidation" in findings:
            yield from transfer.judge_pneumonia()


def judged(part: str, findings: list[str]) -> pd.DataFrame:
    """Return the rows of one part; each is printed as soon as it is measured."""
    rows = []
    for row in rows_of(part, findings):
        facts = [str(value) for value in list(row.values())[:-6]]
        print(
            f"{', '.join(facts)}: AUC {row['auc']:.2f} ({row['low']:.2f} to "
            f"{row['high']:.2f}), {row['n_with']} of {row['n_images']} images",
            flush=True,
        )
        rows.append(row)
    return pd.DataFrame(rows)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; 2 if it was called wrongly or real films are missing."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.evidence.judge",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--findings", nargs="+", metavar="FINDING")
    parser.add_argument(
        "--write", action="store_true", help="write data/evidence/ and realism.md"
    )
    options = parser.parse_args(arguments)
    parts = (options.only,) if options.only else PARTS
    if "transfer" in parts and (missing := missing_sets()):
        print(
            "Real films are needed for the transfer: set COURSE_DATA_DIR to a folder "
            f"that holds {' and '.join(missing)}, each with labels.csv and its images."
        )
        return 2
    known = cohorts.load(transfer.SIMULATED).findings
    findings = options.findings or known
    if unknown := [name for name in findings if name not in known]:
        print(f"No such finding: {', '.join(unknown)}. There are: {', '.join(known)}.")
        return 2
    for part, finding in itertools.product(parts, findings):
        table = judged(part, [finding])
        if options.write and len(table):
            name, keys = OUTPUTS[part]
            whole = merge_into(EVIDENCE / name, table, keys=keys)
            page.put_into_page(name.removeprefix("insilico_")[:-4], whole)
            print(f"Wrote {name} and its part of {page.PAGE.name}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
