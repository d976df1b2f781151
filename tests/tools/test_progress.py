from __future__ import annotations

import io
import time

from tools.lessons import progress as module
from tools.lessons.progress import LessonProgress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_plain_lines_when_nobody_watches():
    log = io.StringIO()
    with LessonProgress("21_a", stream=log) as progress:
        progress.cell(1, 4, 0.1)
        progress.cell(2, 4, 0.2)
        progress.end("4 s")
    assert log.getvalue() == "21_a: started\n21_a: 4 s\n"


def test_a_plain_line_when_the_log_was_silent(monkeypatch):
    monkeypatch.setattr(module, "QUIET_S", 0.3)
    monkeypatch.setattr(module, "TICK_S", 0.2)
    log = io.StringIO()
    with LessonProgress("21_a", stream=log) as progress:
        progress.cell(2, 4, 12.0)
        time.sleep(0.5)
    assert log.getvalue().splitlines() == ["21_a: started", "21_a: cell 2 of 4, 12 s"]


def test_a_terminal_sees_lesson_cell_and_seconds_move():
    screen = Terminal()
    with LessonProgress("21_a", stream=screen) as progress:
        progress.cell(3, 4, 0.1)
        time.sleep(1.2)
        progress.end("done")
    text = screen.getvalue()
    assert "21_a  [##########..........]  cell 3 of 4" in text
    assert text.endswith("\r\x1b[K21_a: done\n")


def test_the_live_line_is_taken_away_after_an_error():
    screen = Terminal()
    with LessonProgress("21_a", stream=screen) as progress:
        progress.cell(1, 4, 0.1)
        time.sleep(0.6)
    assert not progress._ticker.is_alive()
