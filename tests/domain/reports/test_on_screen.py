"""What the list shows of people beside their own rows."""

from __future__ import annotations

from datetime import timedelta

from app.base import clock
from app.domain.accounts.models import Role
from app.domain.attendance import service
from app.domain.attendance.commands import Door
from app.domain.attendance.models import Way
from app.domain.history.service import organiser
from app.domain.outbox.models import Letter, State
from app.domain.outbox.service import enqueue_again
from app.domain.reports.on_screen import OnScreen, on_screen
from tests.factories import make_account, make_meeting, register


def test_letters_arrivals_companions_and_the_queue(session):
    meeting = make_meeting(session, capacity=3)
    eva, petr = register(session, meeting, "Eva Malá", "Petr Novák")
    (jana,) = register(session, meeting, "Jana Sama")
    first, second = (register(session, meeting, name)[0] for name in ("Ivo První", "Ota Druhý"))
    other = register(session, make_meeting(session, number=9), "Cizí Člověk", "S Cizím")
    door = Door(actor=organiser(make_account(session, Role.DOOR).id))
    early, late = meeting.starts_at, meeting.starts_at + timedelta(minutes=5)
    for who, at in ((eva, late), (jana, late), (eva, early)):
        service.check_in(session, meeting.id, who.id, way=Way.LIST, now=at, door=door)
    taken = service.undo(session, meeting.id, jana.id, now=late, door=door)
    assert taken
    mine = session.query(Letter).filter_by(attendee_id=petr.id)
    mine.update({"state": State.FAILED})
    session.flush()
    enqueue_again(session, mine.one(), now=clock.now()).state = State.SENT
    session.flush()
    people = [one.id for one in (eva, petr, jana, first, second)]
    found = on_screen(session, meeting.id, people, somebody_waits=True)
    assert found.mail[petr.id] == "sent", "the newest"
    assert set(found.mail) <= set(people)
    assert found.came == {eva.id: early}
    assert found.registered_by == {petr.id: "Eva Malá"}
    assert found.queue == {first.id: 1, second.id: 2}
    assert on_screen(session, meeting.id, [second.id], somebody_waits=True).queue == {second.id: 2}
    assert on_screen(session, meeting.id, people, somebody_waits=False).queue == {}
    assert on_screen(session, meeting.id, [], somebody_waits=True) == OnScreen()
    assert not {one.id for one in other} & {*found.mail, *found.registered_by}
    assert clock.now() < early
