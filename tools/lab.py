"""Open JupyterLab on the first lesson: this computer only, with a token.

`make lab` runs this. The server listens on 127.0.0.1, so that no other computer can
reach it, and asks for a token of its own making, so that no other user of this one can.
It takes the next free port, opens a browser or prints the address. Jupyter's own
announcements are off: after set-up nothing here asks the network for anything.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
FIRST_LESSON = "notebooks/00_check_your_setup.ipynb"
QUIET = {"fetchNews": "false", "checkForUpdates": False}


def server_command(settings: Path, options: list[str]) -> list[str]:
    """Return the command line of the server; the token is no part of it.

    Parameters
    ----------
    settings : Path
        A folder for the settings of this server; written to.
    options : list of str
        Further options of JupyterLab, such as --no-browser.
    """
    settings.mkdir(parents=True, exist_ok=True)
    overrides = {"@jupyterlab/apputils-extension:notification": QUIET}
    (settings / "overrides.json").write_text(json.dumps(overrides), encoding="utf-8")
    command = [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={PROJECT}",
        f"--LabApp.default_url=/lab/tree/{FIRST_LESSON}",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.password=",
        "--ServerApp.log_level=WARN",  # the address is announced above that
        "--LabApp.log_level=WARN",
        f"--LabApp.app_settings_dir={settings}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # a container: Jupyter refuses otherwise
    return command + options


def main() -> None:
    """Become the server; what follows the name of this program goes to it."""
    command = server_command(PROJECT / "build" / "lab", sys.argv[1:])
    os.chdir(PROJECT)
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
