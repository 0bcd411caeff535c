"""The log of replies in the workspace: what organisers, viewers and other series see of it, and marking as done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.base import clock
from app.domain.accounts.models import Role
from app.domain.replies.models import Decision, Reply
from app.domain.replies.service import note_reading
from app.workspace import reply_words
from tests.factories import make_account, make_meeting, make_series, person, register
from tests.workspace.desk import Desk

SENDER = "olena@example.com"
RAW = b"From: olena@example.com\r\n\r\nNemohu prijit."


@pytest.fixture
def desk(app, session):
    return Desk(app, session, make_account(session, Role.ORGANISER))


@pytest.fixture
def olena(session):
    (made,) = register(session, make_meeting(session), person("Olena <b>Ševčenková</b>", SENDER))
    session.commit()
    return made


def logged(session, attendee=None, decision=Decision.REVIEW, reason="no_calendar", **values) -> Reply:
    """A line of the log."""
    basis = {
        "received_at": clock.now(),
        "via": "imap",
        "digest": f"{decision}{reason}{attendee.id if attendee else 0}",
        "sender": SENDER,
        "authenticity": "weak",
        "decision": decision,
        "reason": reason,
        "meeting_id": attendee.meeting_id if attendee else None,
        "attendee_id": attendee.id if attendee else None,
    }
    reply = Reply(**(basis | values))
    session.add(reply)
    session.commit()
    return reply


def test_the_first_page_is_what_has_to_be_looked_at(session, desk, olena):
    logged(session, olena, raw=RAW)
    logged(session, olena, Decision.APPLIED, "declined", method="REPLY", partstat="DECLINED")
    page = desk.read("/workspace/replies/")
    assert "Somebody wrote in own words" in page
    assert "Olena &lt;b&gt;Ševčenková" in page
    assert "answer of a calendar: no" not in page
    assert "answer of a calendar: no" in desk.read("/workspace/replies/?tab=applied")
    assert "answer of a calendar: no" in desk.read("/workspace/replies/?tab=")


def test_an_empty_log_says_so(desk):
    assert "Nothing has to be looked at." in desk.read("/workspace/replies/")
    assert "No reply of this kind has come." in desk.read("/workspace/replies/?tab=bounced")


def test_trouble_with_the_mailbox_is_said_above(session, desk):
    note_reading(session, now=clock.now(), trouble="[AUTHENTICATIONFAILED]")
    session.commit()
    assert "[AUTHENTICATIONFAILED]" in desk.read("/workspace/replies/")


def test_one_reply_says_what_was_decided_and_not_its_text(session, desk, olena):
    reply = logged(session, olena, raw=RAW, words="Nemohu.", guests=2)
    page = desk.read(f"/workspace/replies/{reply.id}/")
    assert "Nemohu." in page
    assert "2 people" in page
    assert "Nemohu prijit" not in page


def test_the_mail_itself_is_saved_and_never_shown(session, desk, olena):
    reply = logged(session, olena, raw=RAW)
    answer = desk.get(f"/workspace/replies/{reply.id}/original.eml")
    assert answer.data == RAW
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.content_type == "application/octet-stream"
    other = logged(session, olena, Decision.APPLIED, "declined")
    assert desk.get(f"/workspace/replies/{other.id}/original.eml").status_code == 404


def test_done_and_back(session, desk, olena):
    reply = logged(session, olena)
    page = desk.post(f"/workspace/replies/{reply.id}/handled", follow=True).get_data(as_text=True)
    assert "Marked as done." in page
    assert "Nothing has to be looked at." in desk.read("/workspace/replies/")
    session.rollback()
    assert reply.handled_at is not None
    page = desk.post(f"/workspace/replies/{reply.id}/open", follow=True).get_data(as_text=True)
    assert "Back on the list" in page
    session.rollback()
    assert (reply.handled_at, reply.handled_by) == (None, None)


def test_a_proposal_shows_its_time_and_the_way_to_move_the_meeting(session, desk, olena):
    at = clock.now() + timedelta(days=9)
    reply = logged(
        session,
        olena,
        Decision.PROPOSED,
        "counter",
        method="COUNTER",
        proposed_starts_at=at,
        proposed_ends_at=at + timedelta(hours=2),
    )
    page = desk.read(f"/workspace/replies/{reply.id}/")
    assert "The proposed time" in page
    assert f"/workspace/meetings/{olena.meeting_id}/edit/" in page
    unsure = logged(session, olena, Decision.PROPOSED, "counter", method="COUNTER", digest="other")
    assert "Ask the person." in desk.read(f"/workspace/replies/{unsure.id}/")


def test_a_viewer_sees_decisions_and_neither_senders_nor_mails(app, session, olena):
    viewer = Desk(app, session, make_account(session, Role.VIEWER))
    reply = logged(session, olena, raw=RAW, words="Nemohu.")
    for page in (viewer.read("/workspace/replies/"), viewer.read(f"/workspace/replies/{reply.id}/")):
        assert SENDER not in page
        assert "Nemohu." not in page
    assert viewer.get(f"/workspace/replies/{reply.id}/original.eml").status_code == 403
    assert viewer.post(f"/workspace/replies/{reply.id}/handled").status_code == 403


def test_other_series_and_strays_are_not_there(app, session, olena):
    other = make_account(
        session, Role.ORGANISER, email="o@example.org", series=(make_series(session, "Jiná"),)
    )
    elsewhere = Desk(app, session, other)
    reply, stray = logged(session, olena), logged(session, raw=RAW)
    assert "Nothing has to be looked at." in elsewhere.read("/workspace/replies/")
    for one in (reply, stray):
        assert elsewhere.get(f"/workspace/replies/{one.id}/").status_code == 404
        assert elsewhere.get(f"/workspace/replies/{one.id}/original.eml").status_code == 404
        assert elsewhere.post(f"/workspace/replies/{one.id}/handled").status_code == 404
    boss = Desk(app, session, make_account(session, Role.ADMINISTRATOR))
    assert boss.get(f"/workspace/replies/{stray.id}/").status_code == 200


def test_one_meeting_alone(session, desk, olena):
    (other,) = register(session, make_meeting(session, number=66), person("Jana Nová"))
    logged(session, olena)
    logged(session, other)
    page = desk.read(f"/workspace/replies/?meeting={other.meeting_id}")
    assert "Jana Nová" in page
    assert "Ševčenková" not in page
    assert desk.get("/workspace/replies/?meeting=4711").status_code == 404


@pytest.mark.parametrize("decision", list(Decision))
def test_every_decision_has_words(app, decision):
    assert decision in reply_words.DECISIONS
    assert decision in reply_words.TABS


def test_what_no_sentence_knows_is_still_said(session, desk, olena):
    reply = logged(session, olena, reason="two_events")
    assert "two_events" in desk.read(f"/workspace/replies/{reply.id}/")
