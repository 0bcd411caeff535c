"""Files that take long: ordered, followed, stopped, made as a direct one is, taken by whoever ordered them."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from zipfile import ZipFile

import pytest
import time_machine
from openpyxl import load_workbook
from sqlalchemy import func, select

from app.base import clock
from app.commands.files import Maker
from app.domain.accounts.models import Account, AccountSeries, Role
from app.domain.history.models import Entry
from app.domain.history.service import SYSTEM
from app.domain.jobs.models import Job, JobFile, JobState
from app.domain.jobs.rules import KEPT, LEASE, MOST_OPEN, UNTOUCHED
from app.domain.questions.commands import Given
from app.domain.questions.models import QuestionKind
from app.domain.registration.commands import Needs
from app.domain.registration.edit_questions import fill_in
from app.domain.registration.models import Attendee
from app.paper.press import PressFailed
from app.workspace import ordering
from tests.factories import make_account, make_meeting, make_series, person, register
from tests.paper.papers import text_of
from tests.questionnaires import ask
from tests.workspace.desk import Desk

START = datetime(2027, 4, 6, 11, 0, tzinfo=UTC)
PEOPLE = 7
EXPORT, SHEETS = "export", "sheets"


@pytest.fixture
def desk(app, session):
    return Desk(app, session, make_account(session, Role.ORGANISER))


@pytest.fixture
def meeting(session):
    found = make_meeting(session, starts_at=START, timezone="Asia/Tokyo", capacity=None)
    for number in range(PEOPLE):
        needs = Needs(diet=f"strava {number}", consent_text="Ano.")
        register(session, found, person(f"Jana {number} Nováková", needs=needs))
    session.commit()
    return found


@pytest.fixture
def long(monkeypatch):
    """Everything takes long."""
    for name in ("MOST_CELLS", "MOST_LINES", "MOST_BADGES"):
        monkeypatch.setattr(ordering, name, 1)


def order_list(desk, meeting, query="", **fields):
    return desk.post(f"/workspace/meetings/{meeting.id}/{EXPORT}/{query}", **({"format": "xlsx"} | fields))


def order_paper(desk, meeting, what="badges-seated", query="", **fields):
    data = {"order": what, "language": "en", "blank": "0"} | fields
    return desk.post(f"/workspace/meetings/{meeting.id}/{SHEETS}/{query}", **data)


def ordered(answer):
    """The address of the page of a job."""
    assert answer.status_code == 303
    assert answer.location.startswith("/workspace/jobs/")
    return answer.location


def make(app, worker="w", stop=lambda: False):
    """What a worker does; whether there was something to do."""
    with app.app_context():
        return Maker(worker, stop).make_next()


def the_job(session):
    session.rollback()
    return session.scalars(select(Job)).one()


def entries(session, act):
    session.rollback()
    return session.scalars(select(Entry).where(Entry.act == act)).all()


def cells(data):
    return [[cell.value for cell in row] for row in load_workbook(io.BytesIO(data)).active.iter_rows()]


def parts(data):
    """What a workbook is made of, but for the moment when it was made."""
    with ZipFile(io.BytesIO(data)) as book:
        return {name: book.read(name) for name in book.namelist() if name != "docProps/core.xml"}


def test_a_small_list_comes_at_once(desk, session, meeting):
    assert order_list(desk, meeting).status_code == 200
    assert order_paper(desk, meeting).status_code == 200
    assert session.scalars(select(Job)).all() == []


@pytest.mark.parametrize("language", ["cs", "en"])
def test_a_workbook_is_the_same_bytes_as_a_direct_one(app, desk, session, meeting, monkeypatch, language):
    question = ask(session, meeting, QuestionKind.NUMBER)
    jana = session.scalars(select(Attendee)).first()
    fill_in(session, jana.id, {question.id: Given(text="3")}, now=clock.now(), actor=SYSTEM)
    session.commit()
    fields = {"needs": "1"}
    query = "?q=nov%C3%A1kov%C3%A1&sort=registered&order=desc&tab=confirmed"
    desk.client.set_cookie("lang", language)
    direct = order_list(desk, meeting, query, **fields)
    monkeypatch.setattr(ordering, "MOST_CELLS", 1)
    page = ordered(order_list(desk, meeting, query, **fields))
    assert "nov" not in str(the_job(session).arguments["view"]["search"]).lower()  # sealed
    assert make(app)
    assert not make(app)
    job = the_job(session)
    assert (job.state, job.done, job.total, job.number) == (JobState.DONE, PEOPLE, PEOPLE, PEOPLE)
    assert job.sensitive
    answer = desk.get(f"{page}file")
    assert answer.headers["Content-Type"] == direct.headers["Content-Type"]
    assert answer.headers["Content-Disposition"] == direct.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    data = answer.get_data()
    assert int(answer.headers["Content-Length"]) == len(data) == job.size
    assert parts(data) == parts(direct.get_data())
    assert len(cells(data)) == 1 + PEOPLE
    assert 3 in [value for row in cells(data) for value in row]
    first, second = (one.details for one in entries(session, "list:export"))
    assert first == second
    assert first["number"] == PEOPLE


def test_a_paper_reads_like_a_direct_one(app, desk, session, meeting, monkeypatch, tmp_path):
    for what in ("sheet-seated", "badges-shown", "handout-agreed"):
        with monkeypatch.context() as patch:
            direct = order_paper(desk, meeting, what, "?q=jana+3", language="cs", blank="5")
            patch.setattr(ordering, "MOST_LINES", -1)
            patch.setattr(ordering, "MOST_BADGES", -1)
            page = ordered(order_paper(desk, meeting, what, "?q=jana+3", language="cs", blank="5"))
        assert make(app)
        answer = desk.get(f"{page}file")
        assert (answer.mimetype, answer.headers["Content-Disposition"]) == (
            "application/pdf",
            direct.headers["Content-Disposition"],
        )
        assert text_of(answer.get_data(), tmp_path) == text_of(direct.get_data(), tmp_path)
    details = [one.details for one in entries(session, "list:print")]
    assert details[::2] == details[1::2]


@pytest.mark.usefixtures("long")
def test_the_page_says_how_far_it_is(app, desk, session, meeting):
    page = ordered(order_list(desk, meeting))
    waiting = desk.read(page)
    assert "List of attendees, 7 people, Excel" in waiting
    assert "The file waits for its turn." in waiting
    assert "<progress aria-labelledby" in waiting
    assert f'<a href="{page}">Show the current state</a>' in waiting
    assert "the worker does not run" not in waiting
    job = the_job(session)
    job.state, job.done, job.total, job.due_at = JobState.RUNNING, 2, 7, clock.now() + LEASE
    session.commit()
    running = desk.read(page)
    assert "2 of 7 rows are written." in running
    assert '<progress max="7" value="2"' in running
    job.done = 7
    session.commit()
    assert "The file is being packed." in desk.read(page)
    job.kind, job.done, job.total = "badges", 0, 0
    session.commit()
    assert "The pages for 7 people are being laid out." in desk.read(page)
    job.state, job.kind, job.due_at = JobState.QUEUED, "workbook", clock.now()
    session.commit()
    assert make(app)
    done = desk.read(page)
    assert f'href="{page}file">Download the file</a>' in done
    assert "It is kept until" in done
    assert "data-follow" not in done
    assert "data-follow" in running


@pytest.mark.usefixtures("long")
def test_the_page_says_when_no_worker_runs(desk, session, meeting):
    page = ordered(order_list(desk, meeting))
    with time_machine.travel(clock.now() + UNTOUCHED + timedelta(seconds=1)):
        assert "the worker does not run" in desk.read(page)
        other = Job(
            token="t", kind="sheet", account_id=the_job(session).account_id, meeting_id=meeting.id, arguments={},
            sensitive=False, number=1, disposition="d", content_type="c", created_at=clock.now(),
            state=JobState.RUNNING, due_at=clock.now() + LEASE,
        )  # fmt: skip
        session.add(other)
        session.commit()
        assert "the worker does not run" not in desk.read(page)  # it is at another file


@pytest.mark.usefixtures("long")
def test_leaving_and_coming_back(app, desk, meeting, statements):
    page = ordered(order_list(desk, meeting))
    again = ordered(order_list(desk, meeting))
    assert page == again  # pressing twice orders once
    exports = f"/workspace/meetings/{meeting.id}/export/"
    for address in (exports, "/workspace/"):
        markup = desk.read(address)
        assert f'<a href="{page}">List of attendees, 7 people, Excel</a>' in markup
        assert "waits for its turn" in markup
    make(app)
    assert "kept until" in desk.read(exports)
    assert page not in desk.read("/workspace/")  # ready: it is found where it was ordered
    with statements() as seen:
        desk.read(page)
    assert len(seen) <= 4, seen


@pytest.mark.usefixtures("long")
def test_too_many_at_once(desk, session, meeting):
    for number in range(MOST_OPEN):
        ordered(order_list(desk, meeting, f"?q=jana+{number}"))
    answer = order_list(desk, meeting)
    assert (answer.status_code, answer.location) == (303, f"/workspace/meetings/{meeting.id}/export/")
    assert f"{MOST_OPEN} files of yours are being made." in desk.read(answer.location)
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Job)) == MOST_OPEN
    assert len(entries(session, "list:export")) == MOST_OPEN  # what was not ordered is not recorded


@pytest.mark.usefixtures("long")
def test_stopping(app, desk, session, meeting):
    page = ordered(order_list(desk, meeting))
    answer = desk.post(f"{page}stop")
    assert (answer.status_code, answer.location) == (303, page)
    assert "You stopped it." in desk.read(page)
    assert not make(app)
    assert desk.get(f"{page}file").status_code == 404
    assert desk.post(f"{page}stop").status_code == 303  # twice does no harm
    assert ordered(order_list(desk, meeting)) != page


@pytest.mark.usefixtures("long")
def test_stopped_while_it_is_made(app, desk, session, meeting, monkeypatch):
    page = ordered(order_paper(desk, meeting))

    def stop_and_go_on(order, lines, *, watch):
        desk.post(f"{page}stop")
        monkeypatch.setattr("app.commands.files.NOTE", 0.0)
        watch()
        raise AssertionError("it went on")

    monkeypatch.setattr("app.commands.files.NOTE", 0.0)
    monkeypatch.setattr("app.commands.files.paper_orders.pdf", stop_and_go_on)
    assert make(app)
    assert the_job(session).state == JobState.STOPPED
    assert session.scalars(select(JobFile)).all() == []


@pytest.mark.usefixtures("long")
def test_a_worker_that_ends_leaves_it_to_another_one(app, desk, session, meeting):
    for order in (order_list, order_paper):
        page = ordered(order(desk, meeting))
        assert make(app, stop=lambda: True)
        assert the_job_of(session, page).state == JobState.QUEUED
        assert make(app, "v")
        assert the_job_of(session, page).state == JobState.DONE


def the_job_of(session, page):
    session.rollback()
    return session.scalars(select(Job).where(Job.token == page.split("/")[3])).one()


@pytest.mark.usefixtures("long")
@pytest.mark.parametrize(
    ("fault", "words"),
    [(PressFailed(), "The PDF could not be made."), (RuntimeError("x"), "because of a fault in the program")],
)
def test_what_cannot_be_made_says_why(app, desk, session, meeting, monkeypatch, fault, words):
    page = ordered(order_paper(desk, meeting))

    def fail(*_args, **_kwargs):
        raise fault

    monkeypatch.setattr("app.commands.files.paper_orders.pdf", fail)
    assert make(app)
    assert words in desk.read(page)
    assert not make(app)


@pytest.mark.usefixtures("long")
def test_nobody_else_and_nobody_without_the_right(app, desk, session, meeting):
    page = ordered(order_list(desk, meeting, needs="1"))
    make(app)
    session.rollback()
    boss = Desk(app, session, make_account(session, email="boss@example.org"))
    for address in (page, f"{page}file"):
        assert boss.get(address).status_code == 404
    assert boss.post(f"{page}stop").status_code == 404
    account = session.scalars(select(Account).where(Account.role == Role.ORGANISER)).one()
    account.bound_to = [AccountSeries(series_id=make_series(session, "Jiná řada").id)]
    session.commit()
    for address in (page, f"{page}file"):
        assert desk.get(address).status_code == 404  # the meeting is of another series
    account.bound_to, account.role = [], Role.VIEWER
    session.commit()
    for address in (page, f"{page}file"):
        assert desk.get(address).status_code == 403
    account.role = Role.ORGANISER
    session.commit()
    assert desk.get(f"{page}file").status_code == 200


@pytest.mark.usefixtures("long")
def test_after_a_day_there_is_nothing(app, desk, session, meeting):
    page = ordered(order_list(desk, meeting))
    make(app)
    account = session.scalars(select(Account)).one()
    for wait, status in ((KEPT - timedelta(minutes=5), 200), (KEPT + timedelta(minutes=5), 404)):
        with time_machine.travel(clock.now() + wait):
            again = Desk(app, session, account)
            assert {again.get(page).status_code, again.get(f"{page}file").status_code} == {status}


@pytest.mark.usefixtures("long")
def test_an_erased_person_takes_the_file_along(app, desk, session, meeting):
    page = ordered(order_list(desk, meeting))
    make(app)
    session.rollback()
    boss = Desk(app, session, make_account(session, email="boss@example.org"))
    who = session.scalars(select(Attendee)).first()
    boss.post(f"/workspace/meetings/{meeting.id}/attendees/{who.id}/erase/", number=str(who.id))
    session.rollback()
    assert session.get_one(Attendee, who.id).erased_at is not None
    assert desk.get(f"{page}file").status_code == 404
    assert "Somebody on the list was erased since" in desk.read(page)
    assert session.scalars(select(JobFile)).all() == []
