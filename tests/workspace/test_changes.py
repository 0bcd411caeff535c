"""Changes of a published meeting: shown first, then told or held; and how far the letters have come."""

from __future__ import annotations

from contextvars import Context
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.domain.accounts.models import Role
from app.domain.meetings.models import Format, Meeting
from app.domain.outbox.models import Kind, Letter, State
from app.domain.registration.models import Attendee, Mode
from tests import factories
from tests.workspace.desk import Desk
from tests.workspace.meeting_forms import hidden_form, sent_by

LIST = "/workspace/meetings/"


@pytest.fixture
def desk(app, session):
    return Desk(app, session, factories.make_account(session, Role.ORGANISER))


@pytest.fixture
def meeting(session):
    made = factories.make_meeting(session)
    factories.register(session, made, "Jan Starý", "Eva Nová")
    session.commit()
    return made


def stored(session, meeting):
    session.rollback()
    session.expire_all()
    return session.get_one(Meeting, meeting.id)


def told(session, kind=Kind.RESCHEDULED):
    session.rollback()
    return session.scalar(select(func.count()).select_from(Letter).where(Letter.kind == kind))


def answers(session):
    session.rollback()
    return sorted(session.scalars(select(Attendee.answer).execution_options(populate_existing=True)))


def edit_page(meeting):
    return f"{LIST}{meeting.id}/edit/"


def tell_page(meeting):
    return f"{LIST}{meeting.id}/changes/tell/"


def show(desk, meeting, **changes):
    """The preview of an edit."""
    answer = desk.post(edit_page(meeting), **{**sent_by(desk.read(edit_page(meeting))), **changes})
    assert answer.status_code == 200, answer.status
    return answer.get_data(as_text=True)


def unfolded(page):
    return page.replace("\r\n ", "").replace("\n ", "")


def raw(desk, path, fields):
    """The answer as it is: the HTML of a mail has inline styles, which our own pages may not have."""
    plain = FlaskClient(desk.client.application, desk.client.response_wrapper, use_cookies=True)
    plain._cookies = desk.client._cookies
    return Context().run(plain.post, path, data={"csrf_token": desk.token(), **fields})


def press(desk, path, page, button, **kwargs):
    return desk.post(path, **hidden_form(page, button), **kwargs)


def hold(desk, meeting, **changes):
    page = show(desk, meeting, **changes)
    assert press(desk, edit_page(meeting), page, "hold").status_code == 303


def test_the_letter_of_each_language_is_shown_with_before_and_now(session, desk, meeting) -> None:
    session.scalars(select(Attendee)).first().language = "en"
    session.commit()

    page = show(desk, meeting, venue_cs="Jiný sál", venue_en="Another hall")

    czech, english = (part for part in page.split("<pre")[1:] if "BEGIN:VCALENDAR" not in part)
    assert "Jiný sál" in czech + english
    assert "Another hall" in czech + english
    assert "New place:" in page
    assert "Změna místa:" in page
    assert "brought up to date" in page
    assert "METHOD:REQUEST" in page
    for attendee in session.scalars(select(Attendee)):
        assert attendee.token not in page
        assert attendee.name in page
    assert told(session) == 0


def test_the_formatted_letter_is_framed_under_its_own_policy(session, desk, meeting) -> None:
    page = show(desk, meeting, starts="9:00")
    fields = {**hidden_form(page, "letter-0")}

    answer = raw(desk, edit_page(meeting), fields)

    assert answer.status_code == 200
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "09:00" in answer.text or "9:00" in answer.text
    session.rollback()
    assert not [one for one in session.scalars(select(Attendee.token)) if one in answer.text]
    for wrong in ("letter-99", "letter-", "letter-²", "letter-x"):
        assert desk.post(edit_page(meeting), **{**fields, "act": wrong}).status_code == 404, wrong
    assert told(session) == 0


def test_who_gets_no_letter_is_said(session, desk) -> None:
    meeting = factories.make_meeting(session, format=Format.HYBRID, online_url="https://meet.example.org/a")
    factories.register(
        session,
        meeting,
        "Jan Starý",
        factories.person("Eva Nová", mode=Mode.ONLINE),
        factories.person("Petr Říha", mode=Mode.ONLINE),
    )
    silent = session.scalars(select(Attendee).where(Attendee.name == "Petr Říha")).one()
    silent.email = silent.email_key = None
    session.commit()

    page = show(desk, meeting, online_url="https://meet.example.org/b")

    assert "1 person will be told" in page
    assert "1 person gets none: no address is known." in page
    assert "1 person gets none: it does not concern them" in page


def test_answers_are_asked_again_unless_they_are_kept(session, desk, meeting) -> None:
    page = show(desk, meeting, starts="9:00")
    assert "asks again: yes, maybe or no?" in page
    assert "PARTSTAT=NEEDS-ACTION" in unfolded(page)

    kept = press(desk, edit_page(meeting), page, "keep-answers").get_data(as_text=True)
    assert "answers are kept" in kept
    assert "PARTSTAT=ACCEPTED" in unfolded(kept)
    again = press(desk, edit_page(meeting), kept, "ask-anew").get_data(as_text=True)
    assert "asks again" in again

    press(desk, edit_page(meeting), kept, "tell")
    assert answers(session) == ["yes", "yes"]
    assert told(session) == 2


def test_nothing_is_sent_when_somebody_came_meanwhile(session, desk, meeting) -> None:
    page = show(desk, meeting, starts="9:00", summary_cs="Napsáno")
    factories.register(session, stored(session, meeting), "Olga Třetí")
    session.commit()

    answer = press(desk, edit_page(meeting), page, "tell")

    text = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "The list of people changed while you were looking" in text
    assert told(session) == 0
    assert stored(session, meeting).revision == 0
    assert press(desk, edit_page(meeting), text, "tell").status_code == 303
    assert told(session) == 3
    assert stored(session, meeting).summary["cs"] == "Napsáno"


def test_a_forged_look_sends_nothing(session, desk, meeting) -> None:
    page = show(desk, meeting, starts="9:00")
    for seen in ("", "x" * 5000, "0" * 32):
        fields = {**hidden_form(page, "tell"), "seen": seen}
        assert desk.post(edit_page(meeting), **fields).status_code == 409
    assert told(session) == 0


def test_somebody_elses_edit_is_a_conflict_and_keeps_what_was_typed(session, desk, meeting) -> None:
    page = show(desk, meeting, starts="9:00")
    answer = desk.post(edit_page(meeting), **{**sent_by(desk.read(edit_page(meeting))), "summary_cs": "Jiné"})
    assert answer.status_code == 303

    answer = press(desk, edit_page(meeting), page, "tell")

    assert answer.status_code == 409
    assert sent_by(answer.get_data(as_text=True))["starts"] == "09:00"
    assert told(session) == 0


def test_held_news_are_seen_at_the_meeting_and_told_later(session, desk, meeting) -> None:
    hold(desk, meeting, starts="9:00")
    hold(desk, meeting, venue_cs="Jiný sál", venue_en="Another hall")
    found = stored(session, meeting)
    assert (found.revision, told(session)) == (2, 0)
    page = desk.read(f"{LIST}{meeting.id}/")
    assert "2 people do not know yet." in page
    assert "Date and time" in page

    question = desk.read(tell_page(meeting))
    assert "13:00" in question.split("<del>")[1]
    assert "Another hall" in question or "Jiný sál" in question
    done = press(desk, tell_page(meeting), question, "tell", follow=True).get_data(as_text=True)

    assert "2 people are told." in done
    assert "0 of 2 letters sent" in done
    assert told(session) == 2
    letter = session.scalars(select(Letter).where(Letter.kind == Kind.RESCHEDULED)).first()
    assert letter.sequence == 2
    assert "venue" in letter.facts["changed"]
    assert "starts_at" in letter.facts["changed"]
    assert "do not know yet" not in desk.read(f"{LIST}{meeting.id}/")
    assert desk.get(tell_page(meeting)).status_code == 303


def test_held_news_can_keep_the_answers(session, desk, meeting) -> None:
    hold(desk, meeting, starts="9:00")
    assert answers(session) == ["yes", "yes"]
    page = desk.read(tell_page(meeting))
    kept = press(desk, tell_page(meeting), page, "keep-answers").get_data(as_text=True)
    press(desk, tell_page(meeting), kept, "tell")
    assert answers(session) == ["yes", "yes"]
    assert told(session) == 2


def test_held_news_are_not_sent_to_others_than_were_shown(session, desk, meeting) -> None:
    hold(desk, meeting, starts="9:00")
    page = desk.read(tell_page(meeting))
    hold(desk, meeting, venue_cs="Jiný sál", venue_en="Another hall")

    answer = press(desk, tell_page(meeting), page, "tell")

    assert answer.status_code == 409
    assert told(session) == 0
    assert stored(session, meeting).untold is not None


def test_the_next_change_tells_the_held_one_too(session, desk, meeting) -> None:
    hold(desk, meeting, starts="9:00")
    page = show(desk, meeting, venue_cs="Jiný sál", venue_en="Another hall")
    assert "Date and time" in page
    press(desk, edit_page(meeting), page, "tell")
    assert told(session) == 2
    assert stored(session, meeting).untold is None


def test_a_held_change_taken_back_needs_no_letter(session, desk, meeting) -> None:
    before = sent_by(desk.read(edit_page(meeting)))["starts"]
    hold(desk, meeting, starts="9:00")
    sent = {**sent_by(desk.read(edit_page(meeting))), "starts": before}
    assert desk.post(edit_page(meeting), **sent).status_code == 303
    assert told(session) == 0
    assert stored(session, meeting).untold is None


def test_progress_is_counted_and_can_be_left(session, desk, meeting) -> None:
    page = show(desk, meeting, starts="9:00")
    address = press(desk, edit_page(meeting), page, "tell").location
    first = desk.read(address)
    assert "0 of 2 letters sent" in first
    assert "data-follow" in first
    assert 'href="' + address.removeprefix("http://localhost") + '"' in first
    assert "See how the letters go" in desk.read(f"{LIST}{meeting.id}/")
    session.rollback()
    one, two = session.scalars(select(Letter).where(Letter.kind == Kind.RESCHEDULED).order_by(Letter.id))
    one.state, two.state = State.SENT, State.FAILED
    session.commit()

    text = desk.read(address)

    assert "1 of 2 letters sent, 1 failed" in text
    assert "1 letter could not be delivered" in text
    assert "data-follow" not in text


def test_progress_of_others_is_not_there(app, session, desk, meeting) -> None:
    page = show(desk, meeting, starts="9:00")
    address = press(desk, edit_page(meeting), page, "tell").location
    session.rollback()
    other = factories.make_meeting(session, series_id=factories.make_series(session, "Jiná").id)
    bound = factories.make_account(session, Role.ORGANISER, series=(other.series,), email="bound@example.org")
    session.commit()
    elsewhere = Desk(app, session, bound)
    assert elsewhere.get(address).status_code == 404
    assert elsewhere.get(tell_page(meeting)).status_code == 404
    entry = address.rstrip("/").rpartition("/")[2]
    assert desk.get(f"{LIST}{other.id}/changes/{entry}/").status_code == 404
    assert desk.get(f"{LIST}{meeting.id}/changes/1/").status_code == 404
    viewer = Desk(app, session, factories.make_account(session, Role.VIEWER, email="viewer@example.org"))
    assert viewer.get(tell_page(meeting)).status_code == 403


def test_calling_off_is_not_told_to_others_than_were_shown(session, desk, meeting) -> None:
    here = f"{LIST}{meeting.id}/call-off/"
    page = desk.post(here, reason_cs="Oprava.").get_data(as_text=True)
    factories.register(session, stored(session, meeting), "Olga Třetí")
    session.commit()
    answer = press(desk, here, page, "tell")
    assert answer.status_code == 409
    assert told(session, Kind.CALLED_OFF) == 0
    assert press(desk, here, answer.get_data(as_text=True), "tell").status_code == 303
    assert told(session, Kind.CALLED_OFF) == 3
    assert stored(session, meeting).called_off_reason == {"cs": "Oprava."}


def test_ways_in_and_reminders_are_edited(session, desk, meeting) -> None:
    sent = sent_by(desk.read(edit_page(meeting)))
    assert sent["reminder_days"] == "7, 1"
    more = {"invitation_only": "y", "approval": "y", "reminder_days": "1; 14 3"}
    assert desk.post(edit_page(meeting), **{**sent, **more}).status_code == 303
    found = stored(session, meeting)
    assert (found.invitation_only, found.approval, found.reminder_days) == (True, True, [14, 3, 1])
    sent = sent_by(desk.read(edit_page(meeting)))
    assert desk.post(edit_page(meeting), **{**sent, "reminder_days": ""}).status_code == 303
    assert stored(session, meeting).reminder_days == []


@pytest.mark.parametrize("days", ["0", "91", "1,2,3,4,5,6", "week", "²", "-1", "9" * 30])
def test_days_that_are_none_are_said(session, desk, meeting, days) -> None:
    sent = {**sent_by(desk.read(edit_page(meeting))), "reminder_days": days}
    answer = desk.post(edit_page(meeting), **sent)
    assert answer.status_code == 422
    assert "Enter numbers of days like 7, 1" in answer.get_data(as_text=True)
    assert sent_by(answer.get_data(as_text=True))["reminder_days"] == days
    assert stored(session, meeting).reminder_days == [7, 1]


def test_a_preview_costs_the_same_however_many_come(session, desk, meeting, statements) -> None:
    counts = []
    for portion in range(2):
        sent = {**sent_by(desk.read(edit_page(meeting))), "starts": "9:00"}
        with statements() as seen:
            desk.post(edit_page(meeting), **sent)
        counts.append(len(seen))
        people = [f"Host {portion} {number}" for number in range(6)]
        factories.register(session, stored(session, meeting), *people)
        session.commit()
    assert counts[0] == counts[1]


def test_a_meeting_that_is_over_tells_nobody(session, desk, meeting) -> None:
    found = stored(session, meeting)
    found.starts_at -= timedelta(days=400)
    found.ends_at -= timedelta(days=400)
    session.commit()
    sent = {**sent_by(desk.read(edit_page(meeting))), "starts": "9:00"}
    assert desk.post(edit_page(meeting), **sent).status_code == 303
    assert told(session) == 0
