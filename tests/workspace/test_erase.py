"""An administrator erases a person; nobody else can, and not by one careless click."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.base import clock
from app.domain.accounts.models import Role
from app.domain.history.service import SYSTEM
from app.domain.outbox.models import Letter
from app.domain.registration import moves
from app.domain.registration.models import Attendee
from tests.factories import make_account, make_meeting, register
from tests.workspace.desk import Desk


@pytest.fixture
def erasing(session):
    meeting = make_meeting(session)
    (row,) = register(session, meeting, "Olena Ševčenková")
    session.commit()
    return f"/workspace/meetings/{meeting.id}/attendees/{row.id}/erase/", row.id


def test_the_number_erases(app, session, erasing):
    address, number = erasing
    desk = Desk(app, session, make_account(session, Role.ADMINISTRATOR))
    assert "Olena Ševčenková" in desk.get(address).get_data(as_text=True)
    assert desk.post(address, number=str(number)).status_code == 303
    row = session.get_one(Attendee, number)
    assert (row.name, row.email) == ("", None)
    letters = session.scalars(select(Letter).where(Letter.attendee_id == number).order_by(Letter.id)).all()
    assert [bool(one.facts) for one in letters] == [False, True]
    assert letters[-1].forget
    assert desk.get(address).status_code == 404


def test_who_was_moved_is_erased_where_they_are_now(app, session):
    old = make_meeting(session)
    new = make_meeting(session, title={"en": "The next one"}, starts_at=clock.now() + timedelta(days=60))
    (row,) = register(session, old, "Olena Ševčenková", now=clock.now() - timedelta(minutes=9))
    done = moves.move(
        session, old.id, [row.id], to_id=new.id, now=clock.now(), actor=SYSTEM, mail_domain="example.org"
    )
    there, here = (
        f"/workspace/meetings/{one.meeting_id}/attendees/{one.id}/" for one in (*done.arrived, row)
    )
    number = str(done.arrived[0].id)
    desk = Desk(app, session, make_account(session, Role.ADMINISTRATOR))
    assert "To erase everything, erase the row there" in desk.read(f"{here}erase/")
    assert f'href="{there}"' in desk.read(f"{here}erase/")
    assert "To erase everything, erase the row there" not in desk.read(f"{there}erase/")
    assert desk.post(f"{there}erase/", number=number).status_code == 303
    assert desk.get(f"{here}erase/").status_code == 404


@pytest.mark.parametrize("typed", ["", "0", "Olena", "\0", "9" * 30])
def test_anything_else_erases_nothing(app, session, erasing, typed):
    address, number = erasing
    desk = Desk(app, session, make_account(session, Role.ADMINISTRATOR))
    assert desk.post(address, number=typed).status_code == 422
    assert session.get_one(Attendee, number).name == "Olena Ševčenková"


def test_an_organiser_cannot(app, session, erasing):
    address, _number = erasing
    desk = Desk(app, session, make_account(session, Role.ORGANISER))
    assert desk.get(address).status_code == 403
