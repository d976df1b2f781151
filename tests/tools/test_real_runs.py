"""Recording what a lesson prints on another cohort."""

import csv

import pytest

from tools.evidence import real_runs as record_real_runs

LESSON = """
# %% [markdown]
# # 99 A lesson

# %%
import os
cohort = os.environ["COHORT"]

# %% tags=["headline"]
print(f"{cohort}: AUC 0.9")
print("finding", os.environ["FINDING"])

# %%
raise RuntimeError("cells after the headline do not run")
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a project folder with one lesson."""
    source = tmp_path / "notebooks" / "source"
    source.mkdir(parents=True)
    (source / "99_a_lesson.py").write_text(LESSON, encoding="utf-8")
    monkeypatch.setattr(record_real_runs, "ROOT", tmp_path)
    monkeypatch.setenv("COHORT", "left as it was after the test")
    monkeypatch.setenv("FINDING", "left as it was after the test")
    return tmp_path


def test_record_keeps_the_headline_lines(project):
    path = record_real_runs.record(
        "99", "some/where/ward", date="2026-11-23", settings=["FINDING=Mass"]
    )
    assert path == project / "data" / "evidence" / "lesson_99_ward.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["line"] for row in rows] == ["some/where/ward: AUC 0.9", "finding Mass"]
    assert rows[0]["date"] == "2026-11-23"
    assert rows[0]["cohort"] == "ward"
    assert rows[0]["settings"] == "FINDING=Mass"


def test_unknown_lesson_is_named(project):
    with pytest.raises(ValueError, match="There are 0 lessons with the number 98"):
        record_real_runs.record("98", "ward", date="2026-11-23", settings=[])
