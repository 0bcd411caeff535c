"""Deciding about people on the list: who is approved, whose held seat goes to others, and taking it back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.base import clock
from app.domain.accounts.models import Role
from app.domain.history.service import ATTENDEE
from app.domain.meetings.models import Meeting
from app.domain.outbox.models import Kind, Letter
from app.domain.registration import answers, invitations, substitutes
from app.domain.registration.invitations import Invitation
from app.domain.registration.models import Answer, Attendee, Place
from app.domain.registration.substitutes import Substitution
from app.domain.replies.models import Decision, Reply
from tests.factories import DOMAIN, make_account, make_meeting, make_series, person, register
from tests.workspace.desk import Desk

NAMES = ("Adam Adamec", "Běla Bílá", "Cyril Cajthaml")
REASON = "Sál je menší, než jsme čekali."


@pytest.fixture
def desk(app, session):
    return Desk(app, session, make_account(session, Role.ORGANISER))


@pytest.fixture
def viewer(app, session):
    return Desk(app, session, make_account(session, Role.VIEWER))


@pytest.fixture
def pending(session):
    """Three to be approved, two seats."""
    meeting = make_meeting(session, capacity=2, approval=True)
    rows = [
        register(session, meeting, name, now=clock.now() + timedelta(seconds=number))[0]
        for number, name in enumerate(NAMES)
    ]
    session.commit()
    return rows


@pytest.fixture
def undecided(session):
    """Two seats held by a maybe; one waits."""
    meeting = make_meeting(session, capacity=2)
    rows = register(session, meeting, *NAMES)
    for row in rows[:2]:
        answers.answer(session, row.id, Answer.MAYBE, note="Možná.", now=clock.now(), actor=ATTENDEE)
    session.commit()
    return rows


def on_list(row, act="", query=""):
    return f"/workspace/meetings/{row.meeting_id}/attendees/{act}{query}"


def of(row, act=""):
    return on_list(row, f"{row.id}/{act}")


def places(session, rows):
    session.rollback()
    return [session.get(Attendee, row.id).place for row in rows]


def kinds(session, row):
    session.rollback()
    return [one.kind for one in session.query(Letter).filter_by(attendee_id=row.id).order_by(Letter.id)]


class TestApproval:
    def test_the_list_offers_it(self, desk, pending):
        markup = desk.read(on_list(pending[0], query="?tab=pending"))
        assert markup.count('name="person"') == 3
        assert "Approve selected" in markup
        assert "To approve <b>3</b>" in markup
        assert ">to be approved<" in markup

    def test_one_by_one(self, desk, session, pending):
        page = desk.read(of(pending[0]))
        assert ">Approve<" in page
        assert "Cancel the place" not in page
        answer = desk.post(of(pending[0], "approve"), follow=True)
        assert "Adam Adamec is approved and has a seat. A letter tells them." in answer.text
        assert "The registration was approved, with a seat." in answer.text
        assert places(session, pending) == [Place.CONFIRMED, Place.PENDING, Place.PENDING]

    def test_a_second_click_says_that_it_is_decided(self, desk, pending):
        desk.post(of(pending[0], "approve"))
        again = desk.post(of(pending[0], "approve"))
        assert again.status_code == 409
        assert "Somebody has decided about this registration already." in again.text

    def test_declining_one_and_taking_it_back(self, desk, session, pending):
        answer = desk.post(of(pending[0], "decline"), decline_reason=REASON)
        assert answer.status_code == 303
        page = desk.read(answer.headers["Location"])
        assert "The registration of Adam Adamec is declined. A letter tells them." in page
        session.rollback()
        letter = session.query(Letter).filter_by(attendee_id=pending[0].id, kind=Kind.NOT_APPROVED).one()
        assert letter.facts["reason"] == REASON
        back = desk.post(of(pending[0], "undo"), follow=True)
        assert "is to be approved again" in back.text
        assert places(session, pending)[0] == Place.PENDING

    def test_a_reason_that_is_too_long_is_kept(self, desk, session, pending):
        answer = desk.post(of(pending[0], "decline"), decline_reason="x" * 1001)
        assert answer.status_code == 422
        assert "x" * 1001 in answer.text
        assert places(session, pending)[0] == Place.PENDING

    def test_many_in_the_order_of_registering(self, desk, session, pending):
        ids = [str(row.id) for row in reversed(pending)]
        answer = desk.post(on_list(pending[0], "approve", "?tab=pending"), follow=True, person=ids)
        assert "3 people are approved." in answer.text
        assert "No seat was free for 1 person, who waits now." in answer.text
        assert "Nobody is to be approved." in answer.text
        assert places(session, pending) == [Place.CONFIRMED, Place.CONFIRMED, Place.WAITING]

    def test_declining_many_and_taking_it_back(self, desk, session, pending):
        ids = [str(row.id) for row in pending[:2]]
        answer = desk.post(on_list(pending[0], "decline", "?tab=pending"), person=ids, reason=REASON)
        assert places(session, pending) == [Place.CANCELLED, Place.CANCELLED, Place.PENDING]
        page = desk.read(answer.headers["Location"])
        assert "2 people are declined. Letters tell them." in page
        assert page.count('name="person"') == 1
        back = press_undo(desk, page)
        assert "2 people are back." in back
        assert places(session, pending) == [Place.PENDING] * 3
        assert kinds(session, pending[0]) == [Kind.PENDING, Kind.NOT_APPROVED, Kind.PENDING]

    @pytest.mark.parametrize("act", ["approve", "decline"])
    def test_nobody_ticked(self, desk, session, pending, act):
        answer = desk.post(on_list(pending[0], act, "?tab=pending"), reason=REASON)
        assert answer.status_code == 422
        assert "Select at least one person." in answer.text
        assert REASON in answer.text
        assert places(session, pending) == [Place.PENDING] * 3

    def test_what_was_ticked_stays_ticked(self, desk, pending):
        answer = desk.post(
            on_list(pending[0], "decline", "?tab=pending"), person=str(pending[1].id), reason="x" * 1001
        )
        assert answer.status_code == 422
        ticked = re.findall(r'name="person" value="(\d+)"[^>]* checked>', answer.text)
        assert ticked == [str(pending[1].id)]

    @pytest.mark.parametrize("person", ["x", "-1", "1e3", "²", "9" * 30, "2147483648", ""])
    def test_what_is_no_person_is_nobody(self, desk, pending, person):
        answer = desk.post(on_list(pending[0], "approve", "?tab=pending"), person=person)
        assert answer.status_code == 422

    def test_people_of_another_meeting_are_left_alone(self, desk, session, pending):
        other = make_meeting(session, approval=True, number=66)
        (row,) = register(session, other, "Dana Dvořáková")
        session.commit()
        path = on_list(pending[0], "approve", "?tab=pending")
        answer = desk.post(path, follow=True, person=str(row.id))
        assert "Nobody was approved" in answer.text
        assert places(session, [row]) == [Place.PENDING]
        assert (
            desk.post(f"/workspace/meetings/{other.id}/attendees/{pending[0].id}/approve").status_code == 404
        )

    def test_after_the_start_nothing_is_offered(self, desk, session, pending):
        meeting_id = pending[0].meeting_id
        begin(session, meeting_id)
        page = desk.read(on_list(pending[0], query="?tab=pending"))
        assert "Approve selected" not in page
        assert "Put on selected" in page, "labels are for the time after the meeting too"
        answer = desk.post(on_list(pending[0], "approve"), follow=True, person=str(pending[0].id))
        assert "The meeting has begun" in answer.text


class TestRelease:
    def test_the_list_says_what_it_would_do(self, desk, undecided):
        markup = desk.read(on_list(undecided[0], query="?tab=maybe"))
        assert "2 people hold a seat and have not decided." in markup
        assert "1 person who waits would move up at once." in markup
        assert "Release 2 undecided seats" in markup
        assert markup.count(">maybe<") >= 2

    def test_all_at_once_and_back(self, desk, session, undecided):
        answer = desk.post(on_list(undecided[0], "release", "?tab=maybe"), all="1")
        assert places(session, undecided) == [Place.CANCELLED, Place.CANCELLED, Place.CONFIRMED]
        page = desk.read(answer.headers["Location"])
        assert "2 seats are released. Letters tell the people." in page
        back = press_undo(desk, page)
        assert "2 people are back." in back
        assert "No seat is free for 1 of them: that person waits first in the queue." in back
        assert sorted(places(session, undecided)) == [Place.CONFIRMED, Place.CONFIRMED, Place.WAITING]

    def test_only_who_is_ticked(self, desk, session, undecided):
        desk.post(on_list(undecided[0], "release", "?tab=maybe"), person=str(undecided[0].id))
        assert places(session, undecided) == [Place.CANCELLED, Place.CONFIRMED, Place.CONFIRMED]

    def test_one_on_their_page_and_back(self, desk, session, undecided):
        page = desk.read(of(undecided[0]))
        assert "Release the seat" in page
        answer = desk.post(of(undecided[0], "release"))
        assert "The seat of Adam Adamec is released." in desk.read(answer.headers["Location"])
        assert "The seat of somebody undecided was released." in desk.read(of(undecided[0]))
        back = desk.post(of(undecided[0], "undo"), follow=True)
        assert "they wait first in the queue" in back.text

    def test_whoever_decided_meanwhile_keeps_the_seat(self, desk, session, undecided):
        answers.answer(session, undecided[0].id, Answer.YES, now=clock.now(), actor=ATTENDEE)
        session.commit()
        answer = desk.post(of(undecided[0], "release"))
        assert answer.status_code == 409
        assert "so the seat stays theirs" in answer.text
        ticked = desk.post(on_list(undecided[0], "release"), follow=True, person=str(undecided[0].id))
        assert "No seat was released" in ticked.text
        assert places(session, undecided)[0] == Place.CONFIRMED

    def test_who_waits_too_late_does_not_move_up(self, desk, session, undecided):
        session.get(Meeting, undecided[0].meeting_id).promote_hours = 24 * 60
        session.commit()
        markup = desk.read(on_list(undecided[0], query="?tab=maybe"))
        assert "1 person waits, but would not move up by itself." in markup

    @pytest.mark.parametrize("at", ["", "yesterday", "2027-04-06T11:00:00", "9999-99-99", "2027-04-06"])
    def test_taking_back_needs_an_instant(self, desk, undecided, at):
        assert desk.post(on_list(undecided[0], "bring-back"), ended_at=at).status_code == 400
        assert "bring-back" not in desk.read(on_list(undecided[0], query=f"?undo={at}"))

    def test_nothing_to_take_back(self, desk, undecided):
        answer = desk.post(
            on_list(undecided[0], "bring-back"), follow=True, ended_at="2027-04-06T11:00:00+00:00"
        )
        assert "There is nothing to take back." in answer.text


def test_a_viewer_sees_why_nothing_can_be_decided(viewer, session, pending, undecided):
    for tab, row in (("pending", pending[0]), ("maybe", undecided[0])):
        markup = viewer.read(on_list(row, query=f"?tab={tab}"))
        assert 'name="person"' not in markup
        assert "Your role may only look." in markup
        assert "Možná." not in markup, "a word of apology may tell of an illness"
    for path in ("approve", "decline", "release", "bring-back"):
        assert viewer.post(on_list(pending[0], path), person=str(pending[0].id)).status_code == 403
    for path in ("approve", "decline", "release"):
        assert viewer.post(of(pending[0], path)).status_code == 403
    assert "Decline" in viewer.read(of(pending[0]))
    assert places(session, pending) == [Place.PENDING] * 3


def test_another_series_is_not_there(app, session, pending):
    other = make_series(session, "Jiná řada")
    bound = Desk(app, session, make_account(session, Role.ORGANISER, email="b@example.org", series=(other,)))
    for path in ("approve", "decline", "release"):
        assert bound.post(on_list(pending[0], path), person=str(pending[0].id)).status_code == 404


class TestAnswersOnTheList:
    def test_filters_and_the_word_of_apology(self, desk, session, undecided):
        markup = desk.read(on_list(undecided[0], query="?answer=maybe"))
        assert markup.count("Možná.") == 2
        assert "Cajthaml" not in markup
        assert 'value="maybe" selected' in markup
        assert "Show everybody" in markup
        assert "Cajthaml" in desk.read(on_list(undecided[0], query="?answer=nonsense"))

    def test_the_head_of_answers_sorts(self, desk, undecided):
        markup = desk.read(on_list(undecided[0], query="?sort=answer"))
        assert markup.index("Cajthaml") < markup.index("Adamec")
        assert "sort=answer&amp;order=desc" in markup

    def test_addresses_that_take_no_mail(self, desk, viewer, session):
        meeting = make_meeting(session)
        _first, second = register(
            session, meeting, "Adam Adamec", person("Běla Bílá", organisation="Poradna")
        )
        second.bounced_at, second.bounce_words = clock.now(), "550 5.1.1 no such user here"
        session.commit()
        markup = desk.read(on_list(second))
        assert "1 address takes no mail." in markup
        assert "bounced=1" in markup
        shown = desk.read(on_list(second, query="?bounced=1"))
        for text in (
            "undeliverable",
            "550 5.1.1 no such user here",
            "Poradna",
            "Adam Adamec",
            "Correct the address",
        ):
            assert text in shown
        assert "Adamec, Adam" not in shown, "only as the one who registered the other"
        page = desk.read(of(second) + "?open=address")
        assert "Letters to this address come back since" in page
        assert '<details class="more" id="address" open>' in page
        seen = viewer.read(on_list(second, query="?bounced=1"))
        assert "undeliverable" in seen
        assert "550 5.1.1" not in seen
        assert "550 5.1.1" not in viewer.read(of(second))

    def test_the_page_of_the_meeting_leads_there(self, desk, undecided, pending):
        page = desk.read(f"/workspace/meetings/{undecided[0].meeting_id}/")
        assert 'aria-label="2 of those who come: maybe"' in page
        assert "tab=maybe" in page
        page = desk.read(f"/workspace/meetings/{pending[0].meeting_id}/")
        assert 'aria-label="3 to approve"' in page


class TestPersonsPage:
    def test_an_invited_person(self, desk, session):
        meeting = make_meeting(session)
        invited = Invitation(people=(person("Jana Nová"),), language="cs")
        done = invitations.invite(
            session, meeting.id, invited, now=clock.now(), actor=ATTENDEE, mail_domain=DOMAIN
        )
        (row,) = done.attendees
        session.commit()
        page = desk.read(of(row))
        assert "Withdraw the invitation" in page
        assert "Cancel the place" not in page
        assert "no answer yet" in page
        answer = desk.post(of(row, "cancel"))
        shown = desk.read(answer.headers["Location"])
        assert "The invitation of Jana Nová is withdrawn. A letter tells them." in shown
        assert "The invitation ended." in shown
        assert "Jana Nová is invited again." in desk.post(of(row, "undo"), follow=True).text
        assert places(session, [row]) == [Place.INVITED]
        assert "The cancelling was taken back: invited again." in desk.read(of(row))

    def test_a_substitute_and_whom_they_stand_for(self, desk, session):
        meeting = make_meeting(session)
        (old,) = register(session, meeting, "Jana Nová")
        command = Substitution(person=person("Petr Starý"), language="cs", note="Jsem nemocná.")
        new = substitutes.substitute(
            session, old.id, command, now=clock.now(), actor=ATTENDEE, mail_domain=DOMAIN
        )
        session.commit()
        page, other = desk.read(of(new)), desk.read(of(old))
        assert f'<dd><a href="{of(old)}"><bdi>Jana Nová</bdi></a></dd>' in page
        assert "Comes instead of somebody else." in page
        assert f'<dd><a href="{of(new)}"><bdi>Petr Starý</bdi></a></dd>' in other
        assert "Named a substitute and gave up the own place." in other
        assert "Jsem nemocná." in other
        assert "on the personal page" in other

    def test_what_the_calendar_answered(self, desk, session):
        meeting = make_meeting(session)
        (row,) = register(session, meeting, "Jana Nová")
        session.add(
            Reply(
                received_at=clock.now(),
                via="imap",
                digest="d" * 64,
                meeting_id=meeting.id,
                attendee_id=row.id,
                method="REPLY",
                partstat="TENTATIVE",
                decision=Decision.APPLIED,
                reason="confirmed",
            )
        )
        session.commit()
        page = desk.read(of(row))
        assert "answer of a calendar: maybe" in page
        assert "The person has a seat." in page


def test_a_long_list_of_the_undecided_stays_in_its_budget(desk, session, statements):
    meeting = make_meeting(session, capacity=60)
    for row in register_many(session, meeting, 61)[:60]:
        answers.answer(session, row.id, Answer.MAYBE, now=clock.now(), actor=ATTENDEE)
        row.bounced_at = clock.now()
    session.commit()
    for query in ("?tab=maybe", "?bounced=1"):
        path = f"/workspace/meetings/{meeting.id}/attendees/{query}"
        desk.read(path)
        with statements() as seen:
            desk.read(path)
        assert len(seen) <= 10, seen


def register_many(session, meeting, number):
    return [register(session, meeting, f"Osoba {one:02}")[0] for one in range(number)]


def press_undo(desk, page):
    """Press the undo of the notice."""
    found = re.search(r'action="([^"]+bring-back[^"]*)".*?name="ended_at" value="([^"]+)"', page, re.DOTALL)
    return desk.post(found[1].replace("&amp;", "&"), follow=True, ended_at=found[2]).text


def begin(session, meeting_id):
    row = session.get(Meeting, meeting_id)
    row.starts_at, row.ends_at = clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1)
    session.commit()
