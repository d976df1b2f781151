"""Start TensorFlow without its log lines, which learners take for errors.

TensorFlow 2.21 writes lines about oneDNN and CUDA to the standard error stream while
it is imported, whatever TF_CPP_MIN_LOG_LEVEL says. They come from C++ code, so that
Python's own redirection does not catch them: the stream itself is set aside.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator


@contextlib.contextmanager
def quiet_start() -> Iterator[None]:
    """Set the standard error stream aside; show what it got if something fails.

    Examples
    --------
    >>> with quiet_start():
    ...     import keras
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(kept, 2)
            aside.seek(0)
            sys.stderr.write(aside.read().decode("utf-8", "replace"))
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
