"""`make lab`: JupyterLab really starts, on loopback, and asks for the token."""

import json
import socket
import subprocess
import sys
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


@pytest.fixture(scope="module")
def running():
    server, address = lab.start(lab.free_port(18888), browser=False)
    yield address
    lab.stop(server)
    assert server.poll() is not None


def test_page_opens_with_the_token(running):
    status, url, page = get(running)
    assert status == 200
    assert "00_check_your_setup.ipynb" in url
    assert "jupyter-config-data" in page


def test_server_finds_the_lesson_that_the_address_names(running):
    address, _, token = running.partition("?")
    path = address.replace("/lab/tree/", "/api/contents/")
    status, _, answer = get(f"{path}?content=0&{token}")
    assert status == 200
    assert '"type": "notebook"' in answer
    address = running.split("/lab/")[0] + "/?" + token  # what a browser is sent to
    assert get(address)[1].partition("?")[0] == running.partition("?")[0]


def test_announcements_are_off(running):
    address, _, token = running.partition("?")
    name = "@jupyterlab/apputils-extension:notification"
    path = address.split("/lab/")[0] + f"/lab/api/settings/{name}?{token}"
    settings = json.loads(get(path)[2])
    assert settings["schema"]["properties"]["fetchNews"]["default"] == "false"
    assert settings["schema"]["properties"]["checkForUpdates"]["default"] is False


@pytest.mark.parametrize("token", ["", "?token=wrong"])
def test_without_the_token_there_is_nothing_but_the_login(running, token):
    _, url, page = get(running.partition("?")[0] + token)
    assert "/login" in url
    assert "jupyter-config-data" not in page
    with pytest.raises(urllib.error.HTTPError, match="403"):
        get(running.split("/lab/")[0] + "/api/contents" + token)


def test_only_this_computer_can_connect(running):
    port = int(running.split(":")[2].split("/")[0])
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None)} - {
        "127.0.0.1",
        "::1",
        "127.0.1.1",
    }
    for address in others | {"127.0.0.2"}:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family) as trial:
            trial.settimeout(5)
            assert trial.connect_ex((address, port)) != 0


def test_token_is_not_on_the_command_line():
    command = " ".join(lab.server_command(8888, browser=False))
    assert "token" not in command.lower()
    assert "--ServerApp.ip=127.0.0.1" in command
    assert "--no-browser" in command
    assert "--no-browser" not in " ".join(lab.server_command(8888, browser=True))


def test_token_is_long_and_new_each_time(monkeypatch):
    tokens = []

    class Server:
        def __init__(self, command, **settings):
            tokens.append(settings["env"]["JUPYTER_TOKEN"])

    monkeypatch.setattr(lab.subprocess, "Popen", Server)
    monkeypatch.setattr(lab, "wait_until_up", lambda *arguments: None)
    addresses = [lab.start(8888, browser=False)[1] for _ in range(2)]
    assert len(set(tokens)) == 2
    assert all(len(token) == 48 for token in tokens)
    pairs = zip(addresses, tokens, strict=True)
    assert all(address.endswith(f"token={token}") for address, token in pairs)


def test_free_port_passes_over_one_in_use():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port < lab.free_port(port) < port + lab.PORTS_TRIED


def test_all_ports_taken_says_what_to_do(monkeypatch):
    monkeypatch.setattr(lab, "PORTS_TRIED", 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(lab.LabError, match="all in use.*--port 9000"):
            lab.free_port(taken.getsockname()[1])


def test_server_that_ends_at_once_is_an_error_with_its_status():
    server = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(lab.LabError, match=r"ended at once \(exit status 3\)"):
        lab.wait_until_up(server, lab.free_port(18950), "token")


def test_silent_server_is_an_error_and_can_be_stopped(monkeypatch):
    monkeypatch.setattr(lab, "START_LIMIT_S", 0.5)
    server = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        with pytest.raises(lab.LabError, match="did not answer"):
            lab.wait_until_up(server, lab.free_port(18970), "token")
    finally:
        lab.stop(server)
    assert server.poll() is not None


def test_no_browser_without_a_display(monkeypatch):
    monkeypatch.setattr(lab.sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert lab.has_browser() is False
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(lab.webbrowser, "get", lambda: object())
    assert lab.has_browser() is True
