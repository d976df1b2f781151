"""``python -m tools.evidence.realism``: measure the realism checks and print them.

With ``--write`` the results go to ``data/evidence/insilico_realism.csv`` and into
``data/realism.md``. The command ends with an error where a check is not inside.
"""

from __future__ import annotations

import argparse
import math
import sys

from tools.evidence.realism.report import PAGE, TABLE, measure, write
from tools.evidence.realism.rows import Row


def _line(row: Row) -> str:
    """Return one row as a line of text."""
    number = f"{row.number:2d}" if row.number else "  "
    mark = "yes" if row.inside else "NO "
    value = f"{row.value:.4g} {row.unit}".strip()
    remark = f"  ({row.remark})" if row.remark else ""
    return f"{number}  {mark}  {value:>15}  target {row.target:<16} {row.name}{remark}"


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, write on demand; return 1 where a check is not inside."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the page and table")
    options = parser.parse_args(arguments)
    rows = measure()
    print("no  inside        measured")
    print("\n".join(_line(row) for row in rows))
    missing = [row.name for row in rows if math.isnan(row.value)]
    if options.write and missing:
        print(f"Nothing written: {', '.join(missing)} could not be measured.")
        return 1
    if options.write:
        write(rows)
        print(f"Written: {TABLE.name}, {PAGE.name}")
    return 0 if all(row.inside for row in rows if row.name not in missing) else 1


if __name__ == "__main__":
    sys.exit(main())
