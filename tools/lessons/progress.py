"""Show how far a run of the lessons is: a live line, or plain lines in a log."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from typing import TextIO

BAR = 20
TICK_S = 0.5
QUIET_S = 20.0


class LessonProgress:
    """One lesson's progress: lesson, cell, seconds.

    On a terminal a single line is redrawn every half second, so that a long cell is
    seen to be alive. Elsewhere a line is printed when the lesson starts, when it ends,
    and whenever twenty seconds have gone by without one.

    Examples
    --------
    >>> import io
    >>> log = io.StringIO()
    >>> with LessonProgress("21_first_network", stream=log) as progress:
    ...     progress.cell(1, 12, 0.5)
    ...     progress.end("done in 1 s")
    >>> print(log.getvalue(), end="")
    21_first_network: started
    21_first_network: done in 1 s
    """

    def __init__(self, lesson: str, *, stream: TextIO | None = None):
        self.lesson = lesson
        self.stream = stream or sys.stdout
        self.live = self.stream.isatty()
        self._count = self._total = 0
        self._began = self._said = time.monotonic()
        self._ended = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> LessonProgress:
        if not self.live:
            self._line("started")
        self._ticker.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        if self._ticker.is_alive():
            self._ticker.join(timeout=2)

    def cell(self, count: int, total: int, seconds: float) -> None:
        """Say that code cell `count` of `total` starts now, after so many seconds."""
        self._count, self._total = count, total
        self._began = time.monotonic() - seconds

    def end(self, text: str) -> None:
        """Leave a last line for this lesson."""
        self._ended.set()
        if self._ticker.is_alive():
            self._ticker.join(timeout=2)
        if self.live:
            self.stream.write("\r\x1b[K")
        self._line(text)

    def _line(self, text: str) -> None:
        self.stream.write(f"{self.lesson}: {text}\n")
        self.stream.flush()
        self._said = time.monotonic()

    def _tick(self) -> None:
        while not self._ended.wait(TICK_S):
            if self.live:
                self.stream.write("\r\x1b[K" + self._live_line())
                self.stream.flush()
            elif time.monotonic() - self._said > QUIET_S:
                seconds = time.monotonic() - self._began
                self._line(f"cell {self._count} of {self._total}, {seconds:.0f} s")

    def _live_line(self) -> str:
        total = max(self._total, 1)
        full = BAR * max(self._count - 1, 0) // total
        bar = "#" * full + "." * (BAR - full)
        seconds = time.monotonic() - self._began
        text = (
            f"{self.lesson}  [{bar}]  cell {self._count} of {self._total}  "
            f"{seconds:.0f} s"
        )
        return text[: shutil.get_terminal_size().columns - 1]
