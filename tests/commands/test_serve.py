"""`flask serve` as a person meets it: real processes, a real database, a real page."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest

from app.commands.serve import answers, refuse_taken_port
from tests.conftest import SECRET

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def environ(tmp_path, free_port):
    inherited = {
        key: value for key, value in os.environ.items() if not key.startswith(("MAIL_", "DATABASE_URL"))
    }
    ours = {
        "SECRET_KEY": SECRET,
        "INSTANCE_PATH": str(tmp_path / "instance"),
        "PORT": str(free_port),
        "HOST": "",
    }
    return inherited | ours | {"BASE_URL": "", "WEB_WORKERS": "1", "SECRET_KEY_FILE": ""}


def start(environ):
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "serve"],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(process, words):
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    pytest.fail(f"it ended and said: {said}")


def descendants(pid):
    """The process ids below `pid`, from /proc."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def get(address):
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    connection.request("GET", parts.path or "/")
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status, response.getheader("Location")


@pytest.mark.load
@pytest.mark.xdist_group("load")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_it_serves_an_example_platform_and_ends_without_orphans(environ, free_port, number):
    process = start(environ)
    try:
        said = read_until(process, "Ctrl-C")
        home = f"http://127.0.0.1:{free_port}/"
        assert f"runs at {home}" in said
        status, location = get(home)
        assert status in {302, 303}
        assert get(f"http://127.0.0.1:{free_port}{urlsplit(location).path}")[0] == 200
        link = re.search(r"Sign in once, within an hour: (\S+)", said)[1]
        assert link.startswith(home)
        assert get(link)[0] == 200
        below = descendants(process.pid)
        assert len(below) >= 3  # gunicorn, its process, the worker
        process.send_signal(number)
        assert process.wait(15) == (0 if number == signal.SIGINT else -number)
        deadline = time.monotonic() + 15
        while any(Path(f"/proc/{pid}").exists() for pid in below):
            assert time.monotonic() < deadline, "something was left behind"
            time.sleep(0.05)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.load
@pytest.mark.xdist_group("load")
def test_a_taken_port_is_said_in_one_sentence(environ, free_port):
    with socket.create_server(("127.0.0.1", free_port)):
        process = start(environ)
        said, _nothing = process.communicate(timeout=120)
    assert process.returncode == 1
    assert said == (
        f"Error: Port {free_port} is taken. Stop the program that uses it, or set PORT to another number.\n"
    )


def test_port_nought_is_refused():
    with pytest.raises(click.ClickException, match="from 1 to 65535"):
        refuse_taken_port("127.0.0.1", 0)


def test_a_free_port_is_fine(free_port):
    refuse_taken_port("127.0.0.1", free_port)


def test_a_host_of_another_machine_is_refused(free_port):
    with pytest.raises(click.ClickException, match=r"Cannot listen on 192\.0\.2\.1"):
        refuse_taken_port("192.0.2.1", free_port)


def test_a_silent_port_is_not_ready(configure, free_port):
    assert not answers(configure(PORT=str(free_port)))


def test_a_broken_request_line_leaves_no_token_in_the_log(environ, free_port):
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn"],
        cwd=ROOT,
        env=environ | {"WEB_WORKERS": "1"},
        stderr=subprocess.PIPE,
    )
    try:
        answer = ask_broken(free_port)
    finally:
        server.terminate()
        log = server.communicate(timeout=120)[1].decode()
    assert answer.startswith(b"HTTP/1.1 400")
    assert "Invalid request refused" in log
    assert "vErYsEcReTtOkEn" not in log
    assert "127.0.0.1" not in log


def ask_broken(port: int) -> bytes:
    """Send a request line that no parser takes, once the server listens; gives back the answer."""
    for _try in range(100):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
                line.sendall(b"G\xc4\x8dT /cs/my/vErYsEcReTtOkEn/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                return line.recv(1000)
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise AssertionError("the server does not listen")
