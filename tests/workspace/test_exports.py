from __future__ import annotations

import csv
import io
import time
import tracemalloc
from contextvars import Context
from datetime import UTC, datetime, timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import insert

from app.base import clock
from app.base.text import fold, name_sort_key
from app.base.tokens import new_token
from app.domain.accounts.models import Role
from app.domain.history.models import Entry
from app.domain.registration.commands import Needs
from app.domain.registration.models import Attendee
from app.extensions import db
from tests.cpu_time import set_leftovers_aside
from tests.factories import make_account, make_meeting, make_series, person, register
from tests.pages import InspectingClient
from tests.workspace.desk import Desk

START = datetime(2027, 4, 6, 11, 0, tzinfo=UTC)
FORMULA = '=HYPERLINK("http://x","y")'
MEGABYTE = 1024 * 1024


@pytest.fixture
def desk(app, session):
    return Desk(app, session, make_account(session, Role.ORGANISER))


@pytest.fixture
def meeting(session):
    meeting = make_meeting(session, starts_at=START)
    needs = Needs(interpreter="ukrajinština", diet="bez lepku", consent_text="Souhlasím.")
    at = datetime(2027, 3, 12, 8, 14, tzinfo=UTC)
    zofie = person("Žofie Šťastná", organisation="Poradna; pro cizince", organisation_kind="ngo", needs=needs)
    register(session, meeting, zofie, "Eva Černá", now=at)
    register(session, meeting, person(FORMULA, email="x@example.org"), now=at + timedelta(hours=1))
    session.commit()
    return meeting


def address(meeting, query=""):
    return f"/workspace/meetings/{meeting.id}/export/{query}"


def rows(answer, delimiter=";"):
    assert answer.status_code == 200
    text = answer.get_data().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def test_csv_for_excel(desk, meeting):
    answer = desk.post(address(meeting), format="excel-csv")
    data = answer.get_data()
    assert data.startswith("\ufeff".encode())
    assert b"\r\n" in data
    table = rows(answer)
    assert table[0][:4] == ["No.", "Surname first", "Name", "E-mail"]
    assert [row[1] for row in table[2:]] == ["Černá, Eva", "Šťastná, Žofie"]
    assert table[1][2] == f"'{FORMULA}"
    zofie = dict(zip(table[0], table[3], strict=True))
    assert zofie["Organisation"] == "Poradna; pro cizince"
    assert zofie["Registered"] == "12.3.2027 9:14"
    assert (zofie["State"], zofie["Answer"], zofie["Takes part"]) == ("coming", "yes", "in person")
    assert dict(zip(table[0], table[2], strict=True))["Registered by"] == "Žofie Šťastná"
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"


def test_plain_csv(desk, meeting):
    answer = desk.post(address(meeting), format="csv")
    assert not answer.get_data().startswith("\ufeff".encode())
    table = rows(answer, ",")
    assert dict(zip(table[0], table[3], strict=True))["Registered"] == "2027-03-12T09:14:00+01:00"
    assert table[1][2] == f"'{FORMULA}"


def test_workbook(desk, meeting):
    answer = desk.post(address(meeting), format="xlsx")
    page = load_workbook(io.BytesIO(answer.get_data())).active
    table = [[cell.value for cell in row] for row in page.iter_rows()]
    assert table[3][2] == "Žofie Šťastná"
    assert table[3][10] == datetime(2027, 3, 12, 9, 14)  # noqa: DTZ001 - cells have no zone
    assert (page["C2"].value, page["C2"].data_type) == (FORMULA, "s")
    assert page.freeze_panes == "A2"


@pytest.mark.parametrize(
    ("language", "form", "name"),
    [
        ("en", "xlsx", "attendees-2027-04-06.xlsx"),
        ("en", "excel-csv", "attendees-2027-04-06.csv"),
        ("en", "csv", "attendees-2027-04-06.csv"),
    ],
)
def test_the_file_has_a_name(desk, meeting, language, form, name):
    header = desk.post(address(meeting), format=form).headers["Content-Disposition"]
    assert header == f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}"


def test_the_czech_name_has_its_plain_twin(desk, meeting):
    desk.client.set_cookie("lang", "cs")
    header = desk.post(address(meeting), format="csv").headers["Content-Disposition"]
    assert 'filename="ucastnici-2027-04-06.csv"' in header
    assert "filename*=UTF-8''%C3%BA%C4%8Dastn%C3%ADci-2027-04-06.csv" in header


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?q=stastna", ["Žofie Šťastná"]),
        ("?kind=ngo", ["Žofie Šťastná"]),
        ("?tab=waiting", []),
        ("?sort=registered&order=desc", [f"'{FORMULA}", "Eva Černá", "Žofie Šťastná"]),
        ("?page=2", [f"'{FORMULA}", "Eva Černá", "Žofie Šťastná"]),
    ],
)
def test_the_file_holds_what_the_screen_shows(desk, meeting, query, names):
    assert [row[2] for row in rows(desk.post(address(meeting, query), format="excel-csv"))[1:]] == names


def test_the_buttons_name_format_and_number(desk, meeting):
    markup = desk.read(f"/workspace/meetings/{meeting.id}/attendees/?q=stastna")
    assert "Download 1 person (Excel)" in markup
    page = desk.read(address(meeting))
    for text in (
        "Download 3 people (Excel)",
        "Download 3 people (CSV for Excel)",
        "Download 3 people (plain CSV)",
    ):
        assert text in page
    assert "Take everybody instead" in desk.read(address(meeting, "?q=stastna"))


def test_who_was_added_by_hand_stays_so_after_a_correction(desk, session, meeting):
    path = f"/workspace/meetings/{meeting.id}/attendees"
    where = desk.post(f"{path}/add/", name="Zdena Žáková", email="z@example.org", mode="room", language="cs")
    for email in ("z2@example.org", "z3@example.org"):
        page = where.headers["Location"].partition("?")[0]
        where = desk.post(f"{page}address", email=email)
    table = rows(desk.post(address(meeting), format="excel-csv"))
    zdena = dict(zip(table[0], table[-1], strict=True))
    assert (zdena["E-mail"], zdena["Registered by"]) == ("z3@example.org", "the organiser")


def test_needs_go_along_only_when_asked(desk, meeting):
    plain = rows(desk.post(address(meeting), format="excel-csv"))
    assert not any("ukrajinština" in cell for row in plain for cell in row)
    table = rows(desk.post(address(meeting), format="excel-csv", needs="y"))
    assert table[0][-4:] == ["Needs: interpreter", "Needs: access", "Needs: diet", "Needs: other"]
    assert table[3][-4:] == ["ukrajinština", "", "bez lepku", ""]


def test_each_download_is_recorded_without_names(desk, session, meeting):
    desk.post(address(meeting, "?q=stastna&sort=registered"), format="excel-csv", needs="y")
    session.rollback()
    (entry,) = session.query(Entry).filter_by(act="list:export")
    assert (entry.subject, entry.subject_id, entry.meeting_id, entry.actor) == (
        "list",
        meeting.id,
        meeting.id,
        "organiser",
    )
    assert entry.details == {
        "format": "excel-csv",
        "number": 1,
        "view": {"sort": "registered", "searched": "yes"},
        "needs": True,
    }


def test_looking_records_nothing(desk, session, meeting):
    desk.read(address(meeting))
    session.rollback()
    assert session.query(Entry).filter_by(act="list:export").count() == 0


@pytest.mark.parametrize("form", ["", "pdf", "x" * 10_000])
def test_an_unknown_format_is_refused(desk, session, meeting, form):
    assert desk.post(address(meeting), format=form).status_code == 422
    session.rollback()
    assert session.query(Entry).filter_by(act="list:export").count() == 0


def test_a_download_without_its_token_is_refused(desk, session, meeting):
    assert desk.post(address(meeting), format="csv", csrf_token="x").status_code in (400, 422)
    session.rollback()
    assert session.query(Entry).filter_by(act="list:export").count() == 0


def test_a_viewer_takes_nothing_away(app, session, meeting):
    viewer = Desk(app, session, make_account(session, Role.VIEWER))
    assert viewer.get(address(meeting)).status_code == 403
    assert viewer.post(address(meeting), format="csv").status_code == 403


def test_another_series_is_not_there(app, session, meeting):
    other = make_series(session, "Jiná řada")
    bound = Desk(app, session, make_account(session, Role.ORGANISER, email="b@example.org", series=(other,)))
    assert bound.get(address(meeting)).status_code == 404
    assert bound.post(address(meeting), format="csv").status_code == 404


def test_an_empty_list_is_a_file_with_headings(desk, session):
    meeting = make_meeting(session, starts_at=START)
    session.commit()
    assert len(rows(desk.post(address(meeting), format="excel-csv"))) == 1
    assert desk.post(address(meeting), format="xlsx").status_code == 200


# --- streaming ----------------------------------------------------------------------------------------------


def fill(session, meeting, number):
    """`number` attendees, quickly."""
    now = clock.now()
    made = []
    for index in range(number):
        name = f"Osoba Číslo{index:05}"
        made.append(
            {
                "meeting_id": meeting.id, "place": "confirmed", "position": 0, "note": "", "language": "cs",
                "name": name, "name_key": fold(name), "sort_key": name_sort_key(name), "search_key": "",
                "email": f"{index}@example.org", "email_key": f"{index}@example.org",
                "organisation_name": "Městská část Praha 5", "organisation_sort_key": "x",
                "token": new_token(), "checkin_token": new_token(), "uid": f"{index}@x",
                "organizer_token": new_token(), "registered_at": now, "changed_at": now,
            }
        )  # fmt: skip
    session.execute(insert(Attendee), made)
    session.commit()


def checked_out(app):
    with app.app_context():
        return db.engine.pool.checkedout()


def test_a_download_begins_at_once_and_stays_small(app, desk, session):
    meeting = make_meeting(session, starts_at=START)
    fill(session, meeting, 3000)
    token, path, client = desk.token(), address(meeting), desk.client

    def taken():
        set_leftovers_aside()
        tracemalloc.start()
        begun = time.perf_counter()
        answer = client.post(path, data={"csrf_token": token, "format": "excel-csv"})
        portions = answer.iter_encoded()
        next(portions)
        first = time.perf_counter() - begun
        size = sum(len(portion) for portion in portions)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return first, size, peak

    first, size, peak = Context().run(taken)
    assert size > 300_000
    assert first < 1.0  # traced, and on a busy machine; benchmarks/export.py holds it to 0.2
    assert peak < 12 * MEGABYTE
    session.rollback()
    assert checked_out(app) == 0


@pytest.mark.parametrize("form", ["excel-csv", "xlsx"])
def test_a_reader_who_goes_away_leaves_nothing_open(app, desk, session, form):
    meeting = make_meeting(session, starts_at=START)
    fill(session, meeting, 1500)
    data, path = {"csrf_token": desk.token(), "format": form}, address(meeting)
    session.rollback()

    def begun():
        answer = desk.client.post(path, data=data)
        portions = answer.iter_encoded()
        for _number in range(4):
            next(portions, None)
        answer.close()

    Context().run(begun)
    assert checked_out(app) == 0


def test_strangers_get_nothing(app, session, meeting):
    app.test_client_class = InspectingClient
    stranger = app.test_client()
    path = address(meeting)
    assert Context().run(stranger.get, path).status_code == 302
