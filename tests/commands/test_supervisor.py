"""The supervisor with real programs: nothing is left behind, whoever ends it and how."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from pathlib import Path

import pytest

from app.commands import supervisor
from app.commands.supervisor import Program, Supervisor
from tests.conftest import need

ROOT = Path(__file__).resolve().parents[2]
# Ends at once when asked to, but its grandchild never ends by itself.
STUBBORN = """
import pathlib, signal, subprocess, sys, time
deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", deaf])
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(600)
"""
SUPERVISOR = """
import pathlib, sys, time
from app.commands.supervisor import Program, Supervisor
folder = pathlib.Path(sys.argv[1])
sleeper = "import os, pathlib, time; pathlib.Path('pid').write_text(str(os.getpid())); time.sleep(600)"
program = Program("sleeper", [sys.executable, "-c", sleeper], folder)
keeper = Supervisor([program], with_parent="--with-parent" in sys.argv)
sys.exit(keeper.run(is_ready=(folder / "pid").exists, announce=(folder / "ready").touch))
"""
STARTER = """
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2], "--with-parent"])
time.sleep(600)
"""


def wait_for(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def runs(pid):
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def python(code, *arguments):
    return [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]


@pytest.fixture(autouse=True)
def handlers_as_before():
    before = {number: signal.getsignal(number) for number in supervisor.STOP_SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def started(tmp_path):
    """A supervisor in a process of its own, with the pid of the one program it keeps."""
    process = subprocess.Popen(python(SUPERVISOR, tmp_path), cwd=ROOT)
    wait_for((tmp_path / "ready").exists)
    yield process, int((tmp_path / "pid").read_text())
    process.kill()
    process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_ends_everything_with_code_0(started, number):
    process, child = started
    process.send_signal(number)
    assert process.wait(10) == 0
    assert not runs(child)


def test_a_killed_supervisor_leaves_no_orphan(started):
    need(sys.platform == "linux", "Linux, which tells children of their parent's death,")
    process, child = started
    process.kill()
    wait_for(lambda: not runs(child))


def test_it_ends_with_its_parent_when_asked_to(tmp_path):
    starter = subprocess.Popen(python(STARTER, SUPERVISOR, tmp_path), cwd=ROOT)
    wait_for((tmp_path / "ready").exists)
    starter.kill()
    starter.wait()
    wait_for(lambda: not runs(int((tmp_path / "pid").read_text())))


def test_a_grandchild_that_will_not_end_is_killed(tmp_path):
    noted = tmp_path / "pid"
    keeper = Supervisor([Program("stubborn", python(STUBBORN, noted), tmp_path)])

    def announce():
        keeper.asked_to_stop = True

    assert keeper.run(is_ready=lambda: noted.exists() and noted.read_text() != "", announce=announce) == 0
    wait_for(lambda: not runs(int(noted.read_text())))


def test_a_program_that_ends_before_it_is_ready_ends_all(tmp_path, capfd):
    programs = [
        Program("sleeper", python("import time; time.sleep(600)"), tmp_path),
        Program("web server", python("raise SystemExit(3)"), tmp_path),
    ]
    assert Supervisor(programs).run(is_ready=lambda: False, announce=pytest.fail) == 1
    assert capfd.readouterr().err == "The web server ended with code 3 before it was ready.\n"
    assert not runs(programs[0].process.pid)


def test_one_that_is_never_ready_is_given_up(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(supervisor, "PATIENCE_AT_START", 0.2)
    sleeper = Program("web server", python("import time; time.sleep(600)"), tmp_path)
    assert Supervisor([sleeper]).run(is_ready=lambda: False, announce=pytest.fail) == 1
    assert "was not ready after" in capfd.readouterr().err


def test_a_program_that_died_starts_again(tmp_path, capfd):
    first = "import pathlib, time; p = pathlib.Path('n'); p.write_text(p.read_text() + 'x'); time.sleep({})"
    (tmp_path / "n").write_text("")
    program = Program("worker", python(first.format(600)), tmp_path)
    keeper = Supervisor([program])

    def kill_once():
        os.kill(program.process.pid, signal.SIGKILL)
        program.deaths = -4  # so that the pause is short

        def later(_number, _frame):
            keeper.asked_to_stop = (tmp_path / "n").read_text() == "xx"

        signal.signal(signal.SIGALRM, later)
        signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)

    try:
        assert keeper.run(is_ready=lambda: (tmp_path / "n").read_text() == "x", announce=kill_once) == 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    assert (tmp_path / "n").read_text() == "xx"
    assert "The worker ended with code -9; it starts again in" in capfd.readouterr().err


def test_the_pause_doubles_up_to_a_bound_and_is_forgotten_after_steady_running():
    program = Program("worker", [], ROOT)
    assert [program.bury(now=0) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert program.bury(now=supervisor.STEADY + 1) == 1
