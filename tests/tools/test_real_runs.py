"""Recording what a lesson prints on another cohort."""

import pandas as pd
import pytest

from tools.evidence import real_runs
from tools.lessons.source import SourceError


def test_the_headline_lines_are_kept_with_date_cohort_and_settings(
    toy, lesson, tmp_path, monkeypatch
):
    monkeypatch.setattr(real_runs, "EVIDENCE", tmp_path)
    monkeypatch.setenv("COHORT", "some/where/ward")
    monkeypatch.setenv("FINDING", "Mass")
    monkeypatch.delenv("COHORT_SPLIT", raising=False)
    text = lesson.source.read_text()
    lesson.source.write_text(text.replace('f"The patch with', 'f"{COHORT}: The patch'))
    real_runs.main("90", root=toy)
    (row,) = pd.read_csv(tmp_path / "lesson_90_ward.csv").to_dict("records")
    assert row["line"].startswith("some/where/ward: The patch")
    assert (row["cohort"], row["settings"]) == ("ward", "FINDING=Mass")
    assert len(row["date"]) == 10


def test_an_unknown_lesson_is_named(toy):
    with pytest.raises(SourceError, match="There is no lesson 98"):
        real_runs.headline_lines("98", root=toy)
