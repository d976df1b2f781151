"""Badges that open a lesson in Colab or Binder, from one setting.

The address of the public repository stands once, in ``pyproject.toml`` under
``[tool.course] public_address``. While it is empty no lesson shows a badge, because a
badge to nowhere is worse than none.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

COLAB = "https://colab.research.google.com"
BINDER = "https://mybinder.org"


def public_repository(pyproject: Path) -> str:
    """Return "owner/repository", or "" while the course is not published.

    Raises
    ------
    ValueError
        If the setting is not of the form https://github.com/owner/repository.
    """
    setting = tomllib.loads(pyproject.read_text(encoding="utf-8")).get("tool", {})
    address = setting.get("course", {}).get("public_address", "").strip()
    found = re.fullmatch(r"https://github\.com/([\w.-]+/[\w-]+)(\.git)?/?", address)
    if address and not found:
        raise ValueError(
            f"public_address in pyproject.toml is {address!r}. Expected "
            "https://github.com/owner/repository, or nothing while the course is not "
            "published. Mend the setting and run `make build`."
        )
    return found[1] if found else ""


def badges(notebook: str, repository: str) -> str:
    """Return the Markdown below the title of a lesson, "" without a repository.

    Parameters
    ----------
    notebook : str
        Path of the lesson inside the repository, "notebooks/21_first_network.ipynb".
    repository : str
        "owner/repository" on GitHub. Colab opens the notebook alone, so that the text
        also says what a first cell must fetch.
    """
    if not repository:
        return ""
    colab = f"{COLAB}/github/{repository}/blob/main/{notebook}"
    binder = f"{BINDER}/v2/gh/{repository}/HEAD?urlpath=lab/tree/{notebook}"
    return (
        f"[![Open in Colab]({COLAB}/assets/colab-badge.svg)]({colab}) "
        f"[![Open in Binder]({BINDER}/badge_logo.svg)]({binder})\n\n"
        "In Colab, run this in a new first cell:\n```\n"
        f"!git clone -q https://github.com/{repository} course\n"
        "%cd course\n%pip install -q -e .\n```"
    )
