from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from app.domain.accounts.models import Role
from app.domain.registration.commands import Needs
from app.extensions import db
from tests.factories import make_account, make_meeting, make_series, person, register
from tests.workspace.desk import Desk

START = datetime(2027, 4, 6, 11, 0, tzinfo=UTC)
EARLY = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def meeting(session):
    meeting = make_meeting(session, starts_at=START)
    needs = Needs(interpreter="ukrajinština", diet="bez lepku", consent_text="Souhlasím.")
    register(
        session,
        meeting,
        person("Žofie Šťastná", organisation="=Poradna", organisation_kind="ngo", needs=needs),
        person("Eva Černá", organisation_kind="school"),
        now=EARLY,
    )
    session.commit()
    return meeting


@pytest.fixture
def desk(app, session):
    return Desk(app, session, make_account(session, Role.ORGANISER))


def page(meeting):
    return f"/workspace/meetings/{meeting.id}/statistics/"


def table(answer):
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline=""), delimiter=";"))


def test_the_numbers_of_a_meeting(desk, meeting):
    markup = desk.read(page(meeting))
    for words in (
        "Kinds of organisations",
        "NGO",
        "School or educational facility",
        "ukrajinština",
        "bez lepku",
    ):
        assert words in markup
    assert "Žofie" not in markup
    assert "1 Mar 2027" in markup.replace("\u00a0", " ")


def test_needs_are_not_for_viewers(app, session, meeting):
    viewer = Desk(app, session, make_account(session, Role.VIEWER))
    markup = viewer.read(page(meeting))
    assert "ukrajinština" not in markup
    assert "Your role does not see needs." in markup


def test_an_empty_meeting_says_what_will_be_here(desk, session):
    meeting = make_meeting(session, starts_at=START)
    session.commit()
    assert "Nobody has registered yet." in desk.read(page(meeting))
    assert len(table(desk.get(f"{page(meeting)}numbers.csv"))) == 1


def test_no_meeting_at_all(desk):
    assert "There are no numbers yet." in desk.read("/workspace/statistics/")


def test_the_file_of_a_meeting_has_no_needs(desk, meeting):
    answer = desk.get(f"{page(meeting)}numbers.csv")
    rows = table(answer)
    assert rows[0] == ["Numbers", "What", "People"]
    assert ["State", "coming", "2"] in rows
    assert ["Kinds of organisations", "NGO", "1"] in rows
    assert not any("ukrajinština" in cell for row in rows for cell in row)
    assert 'filename="numbers-' in answer.headers["Content-Disposition"]


def test_the_comparison_and_its_file(desk, session, meeting):
    other = make_meeting(session, starts_at=datetime(2028, 1, 11, 12, 0, tzinfo=UTC), title={"cs": "Školy"})
    session.commit()
    assert "Školy" in desk.read("/workspace/statistics/")
    assert "Školy" not in desk.read("/workspace/statistics/?year=2027")
    assert "Školy" in desk.read(f"/workspace/statistics/?series={other.series_id}&year=")
    rows = table(desk.get("/workspace/statistics/numbers.csv?year=2027"))
    assert [row[3:6] for row in rows[1:]] == [["2", "2", "0"]]
    assert len(table(desk.get("/workspace/statistics/numbers.csv"))) == 3


@pytest.mark.parametrize(
    "query", ["?series=x&year=y", "?series=999999", "?year=99999999999999999999", "?year=-1"]
)
def test_an_odd_address_is_no_error(desk, meeting, query):
    assert desk.get(f"/workspace/statistics/{query}").status_code == 200


def test_other_series_are_not_there(app, session, meeting):
    own = make_series(session, "Pracovní skupina")
    stranger = Desk(app, session, make_account(session, Role.ORGANISER, email="b@example.org", series=(own,)))
    assert stranger.get(page(meeting)).status_code == 404
    assert stranger.get(f"{page(meeting)}numbers.csv").status_code == 404
    markup = stranger.read(f"/workspace/statistics/?series={meeting.series_id}")
    assert "There are no numbers yet." in markup


def test_many_meetings_cost_no_more_statements(desk, session, meeting):
    def statements():
        seen = []
        listener = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listener)
        try:
            desk.read("/workspace/statistics/")
        finally:
            event.remove(db.engine, "before_cursor_execute", listener)
        return len(seen)

    few = statements()
    for number in range(10):
        register(session, make_meeting(session, number=number), person(f"N {number}"))
    session.commit()
    assert statements() == few <= 10
