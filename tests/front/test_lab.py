"""`make lab`: JupyterLab really starts, on loopback, and asks for the token."""

import json
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from tools import lab


def get(address):
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor()
    )
    with opener.open(address, timeout=20) as answer:
        return answer.status, answer.url, answer.read().decode("utf-8", "replace")


def listens(place):
    with socket.socket() as trial:
        return trial.connect_ex(place) == 0


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """Start a server as `make lab` does and return (address, token)."""
    settings = tmp_path_factory.mktemp("lab")
    server = subprocess.Popen(
        lab.server_command(settings, ["--no-browser"]),
        cwd=lab.PROJECT,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = ""
    wanted = re.compile(r"(http://127\S+)/lab/tree/(\S+)\?token=(\w+)")
    while not (found := wanted.search(said)):
        line = server.stderr.readline()
        assert line, f"JupyterLab ended: {said}"
        said += line
    place = ("127.0.0.1", int(found[1].split(":")[2]))
    while not listens(place):  # the address is announced a moment earlier
        assert server.poll() is None
        time.sleep(0.2)
    yield found.groups()
    server.terminate()
    server.wait(timeout=30)


def test_page_opens_with_the_token_on_the_first_lesson(running):
    address, lesson, token = running
    status, url, page = get(f"{address}/lab/tree/{lesson}?token={token}")
    assert status == 200
    assert lesson == lab.FIRST_LESSON
    assert lesson in url
    assert "jupyter-config-data" in page
    status, _, answer = get(f"{address}/api/contents/{lesson}?content=0&token={token}")
    assert '"type": "notebook"' in answer
    assert len(token) >= 32


def test_announcements_are_off(running):
    address, _, token = running
    name = "@jupyterlab/apputils-extension:notification"
    settings = json.loads(get(f"{address}/lab/api/settings/{name}?token={token}")[2])
    assert settings["schema"]["properties"]["fetchNews"]["default"] == "false"
    assert settings["schema"]["properties"]["checkForUpdates"]["default"] is False


@pytest.mark.parametrize("token", ["", "?token=wrong"])
def test_without_the_token_there_is_nothing_but_the_login(running, token):
    address = running[0]
    _, url, page = get(f"{address}/lab{token}")
    assert "/login" in url
    assert "jupyter-config-data" not in page
    with pytest.raises(urllib.error.HTTPError, match="403"):
        get(f"{address}/api/contents{token}")


def test_only_this_computer_can_connect(running):
    port = int(running[0].split(":")[2])
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None)}
    for address in (others | {"127.0.0.2"}) - {"127.0.0.1", "::1", "127.0.1.1"}:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family) as trial:
            trial.settimeout(5)
            assert trial.connect_ex((address, port)) != 0
