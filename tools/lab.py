"""Open JupyterLab on the first lesson: this computer only, with a token.

`make lab` runs this. The server listens on 127.0.0.1, so that no other computer can
reach it, and asks for a token, so that no other user of this computer can. Where there
is no browser the address is printed instead. Jupyter's own announcements are off:
after set-up nothing here asks the network for anything.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
FIRST_LESSON = "notebooks/00_check_your_setup.ipynb"
SETTINGS = PROJECT / "build" / "lab"
QUIET = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    }
}
HOST = "127.0.0.1"
FIRST_PORT, PORTS_TRIED = 8888, 50
START_LIMIT_S = 60.0


class LabError(RuntimeError):
    """JupyterLab could not be started; the text is for the reader."""


def free_port(first: int = FIRST_PORT) -> int:
    """Return the first port from `first` that nothing on this computer uses.

    Raises
    ------
    LabError
        If all ports tried are taken.
    """
    for port in range(first, first + PORTS_TRIED):
        with socket.socket() as trial:
            if os.name != "nt":  # as Jupyter does: a port just freed may be used
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((HOST, port))
            except OSError:
                continue
            return port
    raise LabError(
        f"The ports {first} to {first + PORTS_TRIED - 1} are all in use. Stop a "
        "JupyterLab that still runs, or choose another: python -m tools.lab --port 9000"
    )


def has_browser() -> bool:
    """Return whether a browser with a window can be opened here."""
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def server_command(port: int, *, browser: bool) -> list[str]:
    """Return the command line of the server; the token is not part of it."""
    command = [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={PROJECT}",
        f"--LabApp.default_url=/lab/tree/{FIRST_LESSON}",
        f"--ServerApp.ip={HOST}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--ServerApp.password=",
        "--ServerApp.log_level=WARN",
        "--LabApp.log_level=WARN",
        f"--LabApp.app_settings_dir={SETTINGS}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # a container: Jupyter refuses otherwise
    return command


def wait_until_up(server: subprocess.Popen, port: int, token: str) -> None:
    """Return when the server answers.

    Raises
    ------
    LabError
        If it ends or is silent for `START_LIMIT_S` seconds.
    """
    request = urllib.request.Request(
        f"http://{HOST}:{port}/api/status", headers={"Authorization": f"token {token}"}
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise LabError(
                f"JupyterLab ended at once (exit status {server.returncode}); its last "
                "lines stand above. `rm -rf .venv` and `make lab` set up anew."
            )
        try:
            with direct.open(request, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise LabError(f"JupyterLab did not answer in {START_LIMIT_S:.0f} s. Try again.")


def start(port: int, *, browser: bool) -> tuple[subprocess.Popen, str]:
    """Start the server; return its process and the address with the token."""
    SETTINGS.mkdir(parents=True, exist_ok=True)
    (SETTINGS / "overrides.json").write_text(json.dumps(QUIET), encoding="utf-8")
    token = secrets.token_hex(24)
    server = subprocess.Popen(
        server_command(port, browser=browser),
        cwd=PROJECT,
        env={**os.environ, "JUPYTER_TOKEN": token},
        stdin=subprocess.DEVNULL,  # so that Ctrl-C stops it without a question
    )
    try:
        wait_until_up(server, port, token)
    except BaseException:
        stop(server)
        raise
    return server, f"http://{HOST}:{port}/lab/tree/{FIRST_LESSON}?token={token}"


def stop(server: subprocess.Popen) -> None:
    """End the server and its kernels."""
    if server.poll() is None:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def main(arguments: list[str] | None = None) -> int:
    """Run JupyterLab until it is stopped; return the exit status."""
    parser = argparse.ArgumentParser(description="Open JupyterLab on the first lesson.")
    parser.add_argument("--port", type=int, default=FIRST_PORT, help="try from here")
    parser.add_argument("--no-browser", action="store_true", help="print the address")
    options = parser.parse_args(arguments)
    browser = has_browser() and not options.no_browser
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server, address = start(free_port(options.port), browser=browser)
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    told = "Your browser opens it; if not, open" if browser else "Open in a browser:"
    print(f"JupyterLab is running. {told}\n\n  {address}\n\nStop it with Ctrl-C.")
    sys.stdout.flush()
    try:
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        stop(server)


if __name__ == "__main__":
    sys.exit(main())
