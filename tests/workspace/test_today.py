"""The first page of the workspace: the next meeting, what is stuck, what happened last, what comes then."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select

from app.base import clock
from app.domain.accounts.models import Role
from app.domain.history.service import SYSTEM
from app.domain.meetings.models import Format, MeetingState
from app.domain.outbox.models import Letter, State
from app.domain.registration import organiser, personal, seating
from app.domain.registration.models import Answer, Attendee, Mode, Place
from app.domain.replies.models import Decision, Reply
from app.domain.reports import today
from tests import factories
from tests.workspace.desk import Desk

TODAY = "/workspace/"


@pytest.fixture
def desk(app, session):
    return Desk(app, session, factories.make_account(session, Role.ORGANISER))


@pytest.fixture
def viewer(app, session):
    return Desk(app, session, factories.make_account(session, Role.VIEWER))


def people_of(session, meeting):
    rows = session.scalars(select(Attendee).where(Attendee.meeting_id == meeting.id).order_by(Attendee.id))
    return list(rows)


def number(markup, label):
    """The number above a label of the next meeting, or None."""
    found = re.search(rf"<dt>{label}</dt><dd>(?:<a [^>]*>)?([\d,]+)<", markup)
    return int(found[1].replace(",", "")) if found else None


def stuck_in(markup):
    """(words, address) of what is stuck."""
    part = markup.partition('<ul class="stuck"')[2].partition("</ul>")[0]
    return [
        (words, href.replace("&amp;", "&")) for href, words in re.findall(r'<a href="(.+?)">(.+?)</a>', part)
    ]


def reply_of(attendee, decision=Decision.REVIEW):
    return Reply(
        received_at=clock.now(),
        via="imap",
        digest=f"today {attendee.id}",
        sender=attendee.email,
        method="REPLY",
        authenticity="weak",
        decision=decision,
        reason="no_calendar",
        words="",
        guests=0,
        meeting_id=attendee.meeting_id,
        attendee_id=attendee.id,
    )


def test_the_first_visit_offers_one_act(desk, viewer):
    markup = desk.read(TODAY)
    assert "There is no meeting yet." in markup
    assert re.findall(r'class="button" href="(.+?)"', markup) == ["/workspace/meetings/new/"]
    assert "What happened last" not in markup
    markup = viewer.read(TODAY)
    assert "Make the first meeting" in markup
    assert "/workspace/meetings/new/" not in markup


def test_the_next_meeting_is_the_soonest_that_has_not_ended(session, desk):
    now = clock.now()
    for days, title in ((-3, "Over"), (9, "Later"), (5, "Soon"), (4, "Called off"), (3, "Unfinished")):
        state = {4: MeetingState.CALLED_OFF, 3: MeetingState.DRAFT}.get(days, MeetingState.PUBLISHED)
        start = now + timedelta(days=days)
        factories.make_meeting(session, state=state, starts_at=start, title={"en": title})
    session.commit()
    markup = desk.read(TODAY)
    first, rest = markup.split("</section>", 1)
    assert "Soon" in first
    assert "Next meeting" in first
    then, drafts = rest.split("<h2>Drafts</h2>")
    assert "Later" in then
    assert "Unfinished" in drafts
    meetings = [first, *re.findall(r'<ul class="ahead">.+?</ul>', rest, re.DOTALL)]
    assert len(meetings) == 3
    for gone in ("Over", "Called off"):
        assert f">{gone}<" not in "".join(meetings)


def test_numbers_of_the_next_meeting(session, desk):
    meeting = factories.make_meeting(session, capacity=2)
    factories.register(session, meeting, "Jan Starý", "Eva Nová")
    factories.register(session, meeting, "Petr Malý")
    people_of(session, meeting)[0].answer = Answer.MAYBE
    session.commit()
    markup = desk.read(TODAY)
    assert (number(markup, "coming"), number(markup, "of them maybe"), number(markup, "waiting")) == (2, 1, 1)
    assert number(markup, "checked in") is None
    assert '<b class="n">Full</b>' in markup
    seats = seating.count_seats(session, meeting)
    counted = today.standings(session, [meeting])[meeting.id].seats
    assert (counted.taken, counted.waiting, counted.capacity) == (seats.taken, seats.waiting, seats.capacity)


def test_on_the_day_it_says_who_is_in_and_the_door_comes_first(app, session, time_machine):
    meeting = factories.make_meeting(session, starts_at=datetime(2027, 4, 6, 11, 0, tzinfo=UTC))
    factories.register(session, meeting, "Jan Starý", now=datetime(2027, 4, 1, tzinfo=UTC))
    session.commit()
    account = factories.make_account(session, Role.ORGANISER)
    door = f'class="button" href="/workspace/meetings/{meeting.id}/door/"'
    time_machine.move_to(datetime(2027, 4, 5, 21, 30, tzinfo=UTC), tick=False)  # 23:30 in Prague
    assert door not in Desk(app, session, account).read(TODAY)
    time_machine.move_to(datetime(2027, 4, 5, 22, 30, tzinfo=UTC), tick=False)  # half past midnight there
    markup = Desk(app, session, account).read(TODAY)
    assert door in markup
    assert number(markup, "checked in") == 0
    time_machine.move_to(datetime(2027, 4, 6, 12, 0, tzinfo=UTC), tick=False)
    guest, desk = people_of(session, meeting)[0], Desk(app, session, account)
    desk.post(f"/workspace/meetings/{meeting.id}/door/{guest.id}/in")
    markup = desk.read(TODAY)
    assert "This meeting is on now" in markup
    assert number(markup, "checked in") == 1
    assert "Add a chair" not in markup


def test_every_tool_of_the_next_meeting_is_one_tap_away(session, desk):
    meeting = factories.make_meeting(session, capacity=1)
    factories.register(session, meeting, "Jan Starý")
    factories.register(session, meeting, "Eva Nová")
    session.commit()
    markup = desk.read(TODAY)
    own = f"/workspace/meetings/{meeting.id}/"
    for page in ("door/", "attendees/", "letters/", "statistics/"):
        href = next(one for one in re.findall(r'class="button[^"]*" href="(.+?)"', markup) if page in one)
        assert href == own + page
        assert desk.get(href).status_code == 200
    for order in ("sheet-seated", "badges-seated"):
        form = re.search(rf'<form [^>]*action="([^"]+)">(?:(?!</form>).)*value="{order}"', markup, re.DOTALL)
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]))
        fields.pop("csrf_token")
        answer = desk.post(form[1], order=order, **fields)
        assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert f'action="{own}attendees/chair"' in markup
    assert desk.post(f"{own}attendees/chair", mode=Mode.ROOM).status_code == 303
    assert number(desk.read(TODAY), "coming") == 2


def test_a_viewer_sees_it_and_why_nothing_can_be_done(session, viewer):
    meeting = factories.make_meeting(session, capacity=3)
    session.commit()
    markup = viewer.read(TODAY)
    assert "Your role may only look." in markup
    for label in ("Door", "Sign-in sheet", "Badges", "Add a chair"):
        assert re.search(rf"<button [^>]*disabled[^>]*>{label} <span", markup), label
    assert "/sheets/" not in markup
    assert "/door/" not in markup
    assert f'href="/workspace/meetings/{meeting.id}/attendees/"' in markup


def test_nothing_is_said_of_what_is_not_stuck(session, desk):
    factories.register(session, factories.make_meeting(session), "Jan Starý")
    session.commit()
    markup = desk.read(TODAY)
    assert stuck_in(markup) == []
    assert "Nothing is stuck." in markup


def test_what_is_stuck_leads_to_where_it_is_set_right(session, desk):
    meeting = factories.make_meeting(session, capacity=5, deadline=(clock.now() + timedelta(days=1)).date())
    factories.register(session, meeting, *(f"Osoba {name}" for name in "ABC"))
    come, pending, waits = people_of(session, meeting)
    come.answer, come.bounced_at = Answer.MAYBE, clock.now()
    pending.place = Place.PENDING
    waits.place, waits.queue_number = Place.WAITING, 1
    session.scalars(select(Letter).where(Letter.attendee_id == come.id)).first().state = State.FAILED
    meeting.untold = {"values": {}, "since": clock.now().isoformat()}
    session.add(reply_of(come))
    session.add(reply_of(waits, Decision.APPLIED))
    session.commit()
    own = f"/workspace/meetings/{meeting.id}/"
    found = stuck_in(desk.read(TODAY))
    assert found == [
        ("A change is held back. People do not know yet.", f"{own}changes/tell/"),
        ("A seat is free and 1 person is waiting. Decide who moves up.", f"{own}attendees/?tab=waiting"),
        ("1 registration is to be approved.", f"{own}attendees/?tab=pending"),
        ("1 person has a seat and still says maybe.", f"{own}attendees/?tab=maybe"),
        ("1 letter failed.", f"/workspace/outbox/?state=failed&meeting={meeting.id}"),
        ("The address of 1 person takes no mail.", f"{own}attendees/?bounced=1"),
        ("1 reply waits for somebody to look at it.", "/workspace/replies/"),
    ]
    meeting.untold = None
    session.commit()
    for (_words, href), name in zip([*found[1:4], found[5]], "CBAA", strict=True):
        assert f"{name}, Osoba" in desk.read(href), href
    assert [desk.get(href).status_code for _words, href in (found[4], found[6])] == [200, 200]


def test_an_undecided_person_is_no_trouble_long_before_the_deadline(session, desk):
    meeting = factories.make_meeting(session, deadline=(clock.now() + timedelta(days=9)).date())
    factories.register(session, meeting, "Jan Starý")
    people_of(session, meeting)[0].answer = Answer.MAYBE
    session.commit()
    assert stuck_in(desk.read(TODAY)) == []


def test_a_failed_letter_that_was_sent_again_is_not_stuck(session, desk):
    meeting = factories.make_meeting(session)
    factories.register(session, meeting, "Jan Starý")
    letter = session.scalars(select(Letter)).one()
    letter.state = State.FAILED
    session.commit()
    assert [words for words, _href in stuck_in(desk.read(TODAY))] == ["1 letter failed."]
    again = organiser.send_again(session, letter.id, now=clock.now(), actor=SYSTEM)
    session.commit()
    assert stuck_in(desk.read(TODAY)) == []
    again.state = State.FAILED
    session.commit()
    assert today.failed_letters(session, [meeting.id]) == {meeting.id: 2}


def test_what_happened_last_names_people_and_not_those_who_were_erased(session, desk):
    meeting = factories.make_meeting(session)
    factories.register(session, meeting, "Jan Starý", "Eva Nová")
    jan, eva = people_of(session, meeting)
    personal.cancel(session, jan.id, now=clock.now(), actor=SYSTEM)
    eva.erased_at = clock.now()
    session.commit()
    markup = desk.read(TODAY)
    assert "The place was cancelled." in markup
    assert f'href="/workspace/meetings/{meeting.id}/attendees/{jan.id}/"' in markup
    assert "Eva Nová" not in markup


def test_other_series_are_not_there(app, session):
    own = factories.make_meeting(
        session, series_id=factories.make_series(session, "Vlastní").id, title={"en": "Own one"}
    )
    other = factories.make_meeting(session, title={"en": "Foreign one"}, approval=True)
    factories.register(session, other, "Cizí Osoba")
    guest = people_of(session, other)[0]
    session.add(reply_of(guest))
    session.commit()
    account = factories.make_account(session, Role.ORGANISER, email="b@example.org", series=(own.series,))
    markup = Desk(app, session, account).read(TODAY)
    assert "Own one" in markup
    assert stuck_in(markup) == []
    for word in ("Foreign one", "Cizí Osoba"):
        assert word not in markup


def test_nothing_ahead_is_said_and_a_new_meeting_offered(session, desk):
    factories.make_meeting(session, starts_at=clock.now() - timedelta(days=9))
    session.commit()
    markup = desk.read(TODAY)
    assert "No published meeting lies ahead." in markup
    assert "There is no meeting yet." not in markup


def test_both_ways_of_a_hybrid_meeting_are_told(session, desk):
    factories.make_meeting(
        session, format=Format.HYBRID, capacity=3, online_capacity=9, online_url="https://a.example/"
    )
    session.commit()
    markup = desk.read(TODAY)
    for word in ("In the room", "Online", "Add a chair", "Add a place online"):
        assert word in markup


def test_ten_thousand_people_cost_no_more_statements(session, desk, statements):
    meeting = factories.make_meeting(session, starts_at=clock.now() + timedelta(hours=1))
    factories.make_meeting(session)
    factories.make_meeting(session, state=MeetingState.DRAFT)
    factories.register(session, meeting, "Jan Starý")
    model = people_of(session, meeting)[0]
    row = {
        column.key: getattr(model, column.key) for column in Attendee.__table__.columns if column.key != "id"
    }
    unique = ("name_key", "token", "checkin_token", "uid", "organizer_token")
    rows = [
        row | {name: f"{name}-{number}" for name in unique} | {"party_id": None} for number in range(9_999)
    ]
    session.execute(insert(Attendee), rows)
    session.commit()
    desk.read(TODAY)
    with statements() as seen:
        markup = desk.read(TODAY)
    assert number(markup, "coming") == 10_000
    assert len(seen) <= 12, seen
