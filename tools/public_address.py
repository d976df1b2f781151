"""Badges that open a lesson in Colab or Binder, from one setting.

The address of the public repository stands once, in ``pyproject.toml`` under
``[tool.course] public_address``. While it is empty no lesson shows a badge, because a
badge to nowhere is worse than none.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from urllib.parse import quote, urlsplit

PROJECT = Path(__file__).resolve().parents[1]
COLAB_PICTURE = "https://colab.research.google.com/assets/colab-badge.svg"
BINDER_PICTURE = "https://mybinder.org/badge_logo.svg"


def public_address(pyproject: Path | None = None) -> str:
    """Return the address of the public repository, or "" while there is none.

    Raises
    ------
    ValueError
        If the setting is not of the form https://host/owner/repository.
    """
    text = (pyproject or PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    setting = tomllib.loads(text).get("tool", {}).get("course", {})
    address = str(setting.get("public_address", "")).strip().rstrip("/")
    if address:
        _parts(address)
    return address.removesuffix(".git")


def _parts(address: str) -> tuple[str, str]:
    """Return the host and "owner/repository" of an address."""
    split = urlsplit(address)
    path = split.path.strip("/").removesuffix(".git")
    if split.scheme != "https" or not split.netloc or path.count("/") < 1:
        raise ValueError(
            f"public_address in pyproject.toml is {address!r}. Expected "
            "https://host/owner/repository, or an empty text while the course is "
            "not published. Mend the setting and run `make build`."
        )
    return split.netloc, path


def badges(notebook: str | Path, *, address: str | None = None) -> str:
    """Return the Markdown badges of a lesson, "" while there is no address.

    Parameters
    ----------
    notebook : str or path
        Path of the lesson inside the repository, "notebooks/21_first_network.ipynb".
    address : str, optional
        Address of the repository; by default the setting in ``pyproject.toml``.

    Returns
    -------
    str
        One line. Colab opens repositories of GitHub alone, so that elsewhere only
        the Binder badge is given.

    Examples
    --------
    >>> badges("notebooks/21_first_network.ipynb", address="")
    ''
    """
    address = public_address() if address is None else address
    if not address:
        return ""
    host, repository = _parts(address)
    notebook = quote(Path(notebook).as_posix())
    line = []
    if host == "github.com":
        place = f"https://colab.research.google.com/github/{repository}/blob/main"
        line.append(f"[![Open in Colab]({COLAB_PICTURE})]({place}/{notebook})")
        source = f"gh/{repository}"
    elif host == "gitlab.com":
        source = f"gl/{quote(repository, safe='')}"
    else:
        source = f"git/{quote(address, safe='')}"
    place = f"https://mybinder.org/v2/{source}/HEAD?urlpath=lab/tree/{notebook}"
    line.append(f"[![Open in Binder]({BINDER_PICTURE})]({place})")
    return " ".join(line)


def colab_preparation(*, address: str | None = None) -> str:
    """Return the lines that a first cell in Colab needs, "" while there is no address.

    Colab opens the notebook alone: the helpers and the small data files come with the
    repository.
    """
    address = public_address() if address is None else address
    if not address or _parts(address)[0] != "github.com":
        return ""
    return f"!git clone -q {address} course\n%cd course\n%pip install -q -e ."
