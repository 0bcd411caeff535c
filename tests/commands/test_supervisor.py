"""The supervisor with real programs: nothing is left behind, whoever ends it and how.

Each runs in a process of its own, because a test process has threads and should not fork.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from app.commands.supervisor import STEADY, Program
from tests.conftest import need

ROOT = Path(__file__).resolve().parents[2]
BASIS = """
import os, pathlib, signal, sys, time
sys.path.insert(0, "app/commands")  # by itself: to load the whole application each time takes long
import supervisor
from supervisor import Program, Supervisor
folder = pathlib.Path(sys.argv[1])

def note_pid(name="pid"):
    new = folder / f"new-{os.getpid()}"
    new.write_text(str(os.getpid()))
    new.rename(folder / name)

def sleeper():
    note_pid()
    time.sleep(600)

def run(*programs, **options):
    ready = options.pop("is_ready", (folder / "pid").exists)
    announce = options.pop("announce", (folder / "ready").touch)
    sys.exit(Supervisor(programs, **options).run(is_ready=ready, announce=announce))
"""
KEEP_SLEEPER = """
run(Program("sleeper", sleeper), with_parent="--with-parent" in sys.argv)
"""
STARTER = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2], "--with-parent"])
time.sleep(600)
"""


@pytest.fixture
def start(tmp_path):
    """A function that starts a supervisor, by its program."""
    processes = []

    def go(code, *arguments):
        command = [sys.executable, "-c", code, *arguments]
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        processes.append(process)
        return process

    yield lambda code: go(BASIS + code, str(tmp_path))
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def note(tmp_path):
    """A function that waits for a file of the supervisor's and gives the number in it."""

    def read(name):
        wait_for((tmp_path / name).exists)
        return int((tmp_path / name).read_text() or 0)

    return read


def wait_for(condition, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def runs(pid):
    """Whether a process exists and is more than a zombie."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_ends_everything_with_code_0(start, note, number):
    process = start(KEEP_SLEEPER)
    note("ready")
    process.send_signal(number)
    assert process.wait(15) == 0
    assert not runs(note("pid"))


def test_a_killed_supervisor_leaves_no_orphan(start, note):
    need(sys.platform == "linux", "Linux, which tells children of their parent's death,")
    process = start(KEEP_SLEEPER)
    note("ready")
    process.kill()
    wait_for(lambda: not runs(note("pid")))


def test_it_ends_with_its_parent_when_asked_to(note, tmp_path):
    command = [sys.executable, "-c", STARTER, BASIS + KEEP_SLEEPER, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT) as starter:
        note("ready")
        starter.kill()
    wait_for(lambda: not runs(note("pid")))


def test_a_grandchild_that_will_not_end_is_killed(start, note):
    process = start("""
def stubborn():
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        note_pid("grandchild")
    else:
        note_pid()
    time.sleep(600)

run(Program("stubborn", stubborn), is_ready=(folder / "grandchild").exists)
""")
    note("ready")
    process.terminate()
    assert process.wait(15) == 0
    wait_for(lambda: not runs(note("grandchild")))


def test_one_that_will_not_end_is_killed_in_time(start, note):
    process = start("""
supervisor.PATIENCE_AT_STOP = 0.5
def deaf():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sleeper()

run(Program("deaf", deaf))
""")
    note("ready")
    process.terminate()
    assert process.wait(10) == 0
    assert not runs(note("pid"))


def test_a_program_that_ends_before_it_is_ready_ends_all(start, note):
    process = start("""
def fails():
    while not (folder / "pid").exists():
        time.sleep(0.01)
    sys.exit(3)

run(Program("sleeper", sleeper), Program("web server", fails), is_ready=lambda: False)
""")
    assert process.wait(15) == 1
    assert process.stderr.read() == "The web server ended with code 3 before it was ready.\n"
    assert not runs(note("pid"))


def test_one_that_is_never_ready_is_given_up(start):
    process = start("""
supervisor.PATIENCE_AT_START = 0.3
run(Program("web server", sleeper), is_ready=lambda: False)
""")
    assert process.wait(15) == 1
    assert "was not ready after" in process.stderr.read()


def test_a_program_that_died_starts_again(start, note, tmp_path):
    process = start(KEEP_SLEEPER)
    note("ready")
    first = note("pid")
    (tmp_path / "pid").unlink()
    os.kill(first, signal.SIGKILL)
    second = note("pid")
    assert second != first
    assert runs(second)
    process.terminate()
    assert process.wait(15) == 0
    assert process.stderr.read() == "The sleeper ended with code -9; it starts again in 1 s.\n"


def test_the_pause_doubles_up_to_a_bound_and_is_forgotten_after_steady_running():
    program = Program("worker", main=list)
    assert [program.bury(now=0) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert program.bury(now=STEADY + 1) == 1
