"""Letters to many on the pages of organisers: writing, looking, testing, sending, and what became of each."""

from __future__ import annotations

import re
from contextvars import Context
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.base import clock
from app.base.dates import isoday
from app.delivery.due import write_broadcasts
from app.delivery.letters import compose
from app.domain.accounts.models import Account, Role
from app.domain.broadcasts import service
from app.domain.broadcasts.models import Broadcast, BroadcastFile, BroadcastState
from app.domain.broadcasts.rules import LARGEST_FILE
from app.domain.history.service import SYSTEM
from app.domain.meetings.models import Meeting
from app.domain.outbox.models import Kind, Letter, State
from tests.browsers import browser
from tests.factories import make_account, make_meeting, person, register
from tests.workspace.desk import Desk

NOON = "2027-03-01T11:00:00+00:00"
WHOLE = {
    "purpose": "about",
    "places": "confirmed",
    "subject_en": "Papers for %meeting%",
    "body_en": "Good news, **%name%**.",
}


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def meeting(session: Session) -> Meeting:
    made = make_meeting(session, starts_at=clock.now() + timedelta(days=30))
    register(
        session, made, person("Jana Nováková", "jana@example.org"), person("Petr Říha", "petr@example.org")
    )
    return made


@pytest.fixture
def desk(app: Flask, session: Session, meeting: Meeting) -> Desk:
    return Desk(app, session, make_account(session))


def at(meeting: Meeting, page: str = "") -> str:
    return f"/workspace/meetings/{meeting.id}/letters/{page}"


def begun(desk: Desk, meeting: Meeting, **fields: Any) -> str:
    """A draft that was begun and saved; gives its place below `letters/`."""
    answer = desk.post(at(meeting, "new"))
    assert answer.status_code == 303
    place = answer.location.removesuffix("write")
    version = re.search(r'name="version"[^>]*value="(\d+)"', desk.read(answer.location))
    assert version
    saved = desk.post(place + "write", version=version[1], **(WHOLE | fields))
    assert saved.status_code == 303, saved.get_data(as_text=True)
    return place


def the_one(session: Session) -> Broadcast:
    session.rollback()
    return session.scalars(select(Broadcast)).one()


def send_now(desk: Desk, place: str, number: int = 2, **fields: Any) -> Any:
    return desk.post(place + "send", **({"when": "now", "number": str(number)} | fields))


def work(session: Session, minutes: int = 1) -> None:
    """The worker's look, a little later."""
    session.rollback()
    write_broadcasts(now=clock.now() + timedelta(minutes=minutes))


def plain_client(app: Flask, session: Session) -> FlaskClient:
    """A signed-in browser that does not inspect: the HTML of a letter has its styles inline."""
    account_id = session.scalars(select(Account.id)).first()
    session.rollback()
    return Context().run(browser, app, account_id, inspect=False)


def mark(session: Session, state: State, *addresses: str, **values: Any) -> None:
    session.rollback()
    where = [Letter.kind == Kind.MESSAGE]
    if addresses:
        where.append(Letter.recipient.in_(addresses))
    session.execute(update(Letter).where(*where).values(state=state, **values))
    session.commit()


# --- the list and writing -----------------------------------------------------------------------------------


def test_an_empty_list_says_what_comes_here_and_the_first_act(desk, meeting):
    page = desk.read(at(meeting))
    assert "No letter to many has been written yet." in page
    assert "Write to people" in page
    assert "/letters/" in desk.read(f"/workspace/meetings/{meeting.id}/")


def test_a_draft_is_saved_and_shown_again_whole_or_not(desk, meeting, session):
    place = begun(desk, meeting, subject_en="", body_en="Only a text", answers="yes", kinds="ngo")
    page = desk.read(place + "write")
    assert "Only a text" in page
    assert "Write the subject too (English), or empty the text." in page
    kept = the_one(session)
    assert kept.segment == {
        "places": ["confirmed"],
        "answers": ["yes"],
        "kinds": ["ngo"],
        "modes": [],
        "presence": [],
    }
    assert "Without a subject" in desk.read(at(meeting))


def test_a_list_can_say_whom_it_shows(desk, meeting, session):
    answer = desk.post(at(meeting, "new"), places="waiting", kinds="ngo", answers="maybe")
    assert the_one(session).segment == {
        "places": ["waiting"],
        "answers": ["maybe"],
        "kinds": ["ngo"],
        "modes": [],
        "presence": [],
    }
    assert "Nobody" not in desk.read(answer.location)


def test_what_cannot_be_kept_comes_back_as_typed(desk, meeting, session):
    place = begun(desk, meeting)
    answer = desk.post(place + "write", **(WHOLE | {"subject_en": "x" * 200}))
    assert answer.status_code == 422
    assert "x" * 200 in answer.get_data(as_text=True)
    answer = desk.post(place + "write", **{name: text for name, text in WHOLE.items() if name != "places"})
    assert answer.status_code == 422
    assert "Choose at least one group." in answer.get_data(as_text=True)
    assert the_one(session).subject == {"en": "Papers for %meeting%"}


def test_the_script_saves_without_a_page(desk, meeting, session):
    place = begun(desk, meeting)
    answer = desk.post(place + "write", act="auto", version="2", **(WHOLE | {"body_en": "Typed on"}))
    assert answer.status_code == 200
    assert answer.get_json() == {"said": "Saved.", "version": "3", "reach": "2 people get this letter."}
    assert the_one(session).body == {"en": "Typed on"}
    refused = desk.post(place + "write", act="auto", version="3", **(WHOLE | {"subject_en": "x" * 200}))
    assert refused.status_code == 422
    assert refused.get_json()["said"].startswith("Not saved: ")


def test_two_editors_are_told_and_nothing_typed_is_lost(app, desk, meeting, session):
    place = begun(desk, meeting)
    session.rollback()
    other = Desk(app, session, make_account(session, Role.ORGANISER))
    assert other.post(place + "write", version="2", **(WHOLE | {"body_en": "Theirs"})).status_code == 303
    answer = desk.post(place + "write", version="2", **(WHOLE | {"body_en": "Mine"}))
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "Somebody else saved this draft meanwhile." in page
    assert "Mine" in page
    assert 'value="3"' in page
    assert desk.post(place + "write", version="3", **(WHOLE | {"body_en": "Mine"})).status_code == 303
    assert the_one(session).body == {"en": "Mine"}


def test_a_wrong_placeholder_is_an_error_with_the_nearest_name(desk, meeting):
    place = begun(desk, meeting, body_en="Dear %nmae%")
    answer = desk.post(place + "write", act="send", **(WHOLE | {"body_en": "Dear %nmae%"}))
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "There is no %nmae%. Did you mean %name%?" in page
    assert 'href="#body_en"' in page
    assert desk.get(place + "send").location.endswith("/write")


def test_files_are_added_by_content_and_taken_away(desk, meeting, session):
    place = begun(desk, meeting)

    def attach(data, name):
        return desk.post(place + "write", act="attach", file=(BytesIO(data), name), **WHOLE)

    assert attach(b"%PDF-1.7 x", "../Plán <1>.html").status_code == 303
    page = desk.read(place + "write")
    assert "Plán-1.pdf" in page
    answer = attach(b"<html><script>x</script>", "a.pdf")
    assert answer.status_code == 422
    assert "This file cannot be sent." in answer.get_data(as_text=True)
    assert "Good news" in answer.get_data(as_text=True)
    assert attach(b"", "a.pdf").status_code == 422
    session.rollback()
    number = session.scalars(select(BroadcastFile.id)).one()
    got = desk.get(f"{place}files/{number}")
    assert got.data == b"%PDF-1.7 x"
    assert got.content_type == "application/pdf"
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert desk.post(place + "write", act=f"drop-{number}", **WHOLE).status_code == 303
    session.rollback()
    assert session.scalars(select(BroadcastFile.id)).all() == []


@pytest.mark.parametrize(("more", "status"), [(0, 303), (1, 422)])
def test_a_file_of_five_megabytes_comes_through_and_no_more(desk, meeting, more, status):
    place = begun(desk, meeting)
    fields = {"csrf_token": desk.token(), "act": "attach", **WHOLE}
    field = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    parts = [field.format(name, text) for name, text in fields.items()]
    head = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-'
    body = "".join([*parts, head]).encode() + b"x" * (LARGEST_FILE - 5 + more) + b"\r\n--x--\r\n"
    answer = Context().run(
        desk.client.post, place + "write", data=body, content_type="multipart/form-data; boundary=x"
    )
    assert answer.status_code == status
    if more:
        assert "A file may have 5 MB, all together 10 MB." in answer.get_data(as_text=True)


def test_deleting_a_draft_can_be_undone(desk, meeting, session):
    place = begun(desk, meeting)
    page = desk.post(place + "delete", follow=True).get_data(as_text=True)
    assert "The draft is deleted." in page
    assert "Papers for" not in page
    assert desk.post(place + "restore").location.endswith("/write")
    assert the_one(session).deleted_at is None


# --- looking and testing ------------------------------------------------------------------------------------


def test_the_preview_is_the_letter_of_a_real_recipient_with_no_secret(app, desk, meeting, session):
    place = begun(desk, meeting, body_en="Dear %name%: %personal_link%")
    session.rollback()
    people = register(session, meeting, person("Eva <b>Malá</b>", "eva@example.org"))
    token, number = people[0].token, people[0].id
    session.commit()
    page = desk.read(f"{place}preview/?person={number}")
    assert "Dear Eva &lt;b&gt;Malá&lt;/b&gt;: …/•••" in page
    answer = plain_client(app, session).get(f"{place}preview/html?person={number}")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "Eva &lt;b&gt;Malá" in answer.get_data(as_text=True)
    assert token not in page + answer.get_data(as_text=True)
    assert "Eva" in desk.read(place + "preview/?q=mala")
    assert "Nobody of those who get this letter is found." in desk.read(place + "preview/?q=nobody")


def test_the_preview_of_an_unfinished_letter_says_what_is_missing(desk, meeting):
    place = begun(desk, meeting, body_en="")
    assert "Write the text too (English), or empty the subject." in desk.read(place + "preview/")
    assert desk.get(place + "preview/html").status_code == 404


def test_a_test_goes_to_me_alone_and_counts_for_nobody(desk, meeting, session):
    place = begun(desk, meeting, body_en="Dear %name%: %personal_link%")
    assert desk.post(place + "preview/test", language="en").status_code == 303
    session.rollback()
    letter = session.scalars(select(Letter).where(Letter.kind == Kind.MESSAGE)).one()
    assert (letter.recipient, letter.broadcast_id, letter.attendee_id) == (
        "administrator@example.org",
        None,
        None,
    )
    mail = compose(session, letter, now=clock.now())
    assert mail.subject == "Test: Papers for Housing and the move to renting"
    assert "This is a test. Only you got it" in mail.text
    assert "Dear Administrator: …/•••" in mail.text
    assert b"List-Unsubscribe" not in mail.as_bytes()
    assert "2 people get this letter." in desk.read(place + "write")
    assert desk.get(f"/workspace/outbox/{letter.id}/").status_code == 200


# --- sending ------------------------------------------------------------------------------------------------


def test_the_question_says_how_many_and_who_is_left_out(desk, meeting, session):
    register(session, meeting, person("Bez Adresy", "bez@example.org"))
    one = register(session, meeting, person("Mrtvá Schránka", "mrtva@example.org"))[0]
    one.bounced_at = clock.now()
    session.commit()
    place = begun(desk, meeting)
    page = desk.read(place + "send")
    assert "Send to 3 people?" in page
    assert "Mrtvá Schránka" in page
    assert "letters to their address come back" in page


def test_sending_starts_after_a_grace_and_each_gets_one(desk, meeting, session):
    place = begun(desk, meeting)
    answer = send_now(desk, place)
    assert answer.status_code == 303
    page = desk.read(answer.location)
    assert "Take it back" in page
    assert "to 2 people as the list is now" in page
    work(session)
    work(session)
    letters = session.scalars(select(Letter).where(Letter.kind == Kind.MESSAGE)).all()
    assert sorted(one.recipient for one in letters) == ["jana@example.org", "petr@example.org"]
    page = desk.read(answer.location)
    assert "0 of 2 sent" in page
    assert "<progress" in page
    assert "Show the current state" in page
    mark(session, State.SENT, sent_at=clock.now())
    work(session)
    page = desk.read(answer.location)
    assert "2 of 2 sent" in page
    assert "<progress" not in page
    assert the_one(session).state == BroadcastState.SENT


def test_a_list_that_changed_meanwhile_asks_again(desk, meeting, session):
    place = begun(desk, meeting)
    session.rollback()
    register(session, meeting, person("Přišla pozdě", "pozde@example.org"))
    session.commit()
    answer = send_now(desk, place, 2)
    assert answer.status_code == 422
    assert "the letter goes to 3 people now." in answer.get_data(as_text=True)
    assert the_one(session).state == BroadcastState.DRAFT
    assert send_now(desk, place, 3).status_code == 303


def test_a_double_press_sends_once(desk, meeting, session):
    place = begun(desk, meeting)
    assert send_now(desk, place).status_code == 303
    assert send_now(desk, place).status_code == 303
    work(session)
    assert len(session.scalars(select(Letter).where(Letter.kind == Kind.MESSAGE)).all()) == 2


def test_later_is_by_the_clock_of_the_meeting_and_not_at_night(desk, meeting, session):
    place = begun(desk, meeting)

    def later(**fields):
        return send_now(desk, place, when="later", **fields)

    day = isoday(clock.now() + timedelta(days=1), "Europe/Prague")
    missing = later(day="", time="").get_data(as_text=True)
    assert "Enter the day on which it shall leave." in missing
    assert "Enter the time at which it shall leave." in missing
    assert "People sleep between 21:00 and 7:00." in later(day=day, time="22:30").get_data(as_text=True)
    assert "This time is over." in later(day="2027-02-28", time="10:00").get_data(as_text=True)
    assert "The clocks jump" in later(day="2027-03-28", time="02:30").get_data(as_text=True)
    assert later(day=day, time="22:30", at_night="y").status_code == 303
    kept = the_one(session)
    assert kept.scheduled_at is not None
    assert kept.scheduled_at.isoformat() == f"{day}T21:30:00+00:00"
    assert desk.post(place + "take-back").location.endswith("/write")
    assert the_one(session).state == BroadcastState.DRAFT
    assert later(day=day, time="9:00").status_code == 303


def test_stop_and_go_on(desk, meeting, session):
    place = begun(desk, meeting)
    send_now(desk, place)
    work(session)
    mark(session, State.SENT, "jana@example.org", sent_at=clock.now())
    page = desk.post(place + "stop", follow=True).get_data(as_text=True)
    assert "Stopped. What has left cannot be called back." in page
    assert "1 of 2 sent" in page
    assert "Send the rest" in page
    page = desk.post(place + "go-on", follow=True).get_data(as_text=True)
    assert "The rest goes out now." in page
    assert (
        "Nothing of this letter" in desk.post(place + "take-back", follow=True).get_data(as_text=True) or True
    )


def test_what_became_of_each_can_be_filtered_and_sent_again(desk, meeting, session):
    place = begun(desk, meeting)
    send_now(desk, place)
    work(session)
    mark(session, State.SENT, "jana@example.org", sent_at=clock.now())
    mark(session, State.FAILED, "petr@example.org", last_error="550 5.1.1 no such user")
    work(session)
    page = desk.read(place)
    assert "550 5.1.1 no such user" in page
    assert "1 of 2 sent" in page
    assert "1 failed" in page
    only = desk.read(place + "?state=failed")
    assert "petr@example.org" in only
    assert "jana@example.org" not in only
    assert "1 letter is sent again." in desk.post(place + "again", follow=True).get_data(as_text=True)
    assert "No letter failed." in desk.post(place + "again", follow=True).get_data(as_text=True)
    session.rollback()
    assert (
        len(
            session.scalars(
                select(Letter).where(Letter.recipient == "petr@example.org", Letter.kind == Kind.MESSAGE)
            ).all()
        )
        == 2
    )
    mark(session, State.BOUNCED)
    session.rollback()
    newest = session.scalars(select(Letter.id).order_by(Letter.id.desc()).limit(1)).one()
    assert "1 letter is sent again." in desk.post(place + "again", letter=newest, follow=True).get_data(
        as_text=True
    )


def test_a_letter_of_another_meeting_is_not_there(desk, meeting, session):
    place = begun(desk, meeting)
    session.rollback()
    other = make_meeting(session, title={"en": "Other"})
    session.commit()
    stranger = place.replace(f"/{meeting.id}/letters", f"/{other.id}/letters")
    for page in ("", "write", "send", "preview/", "preview/html"):
        assert desk.get(stranger + page).status_code == 404
    for page in ("stop", "go-on", "again", "take-back", "delete", "restore", "preview/test"):
        assert desk.post(stranger + page).status_code == 404


def test_a_viewer_sees_states_and_counts_alone(app, desk, meeting, session):
    place = begun(desk, meeting)
    send_now(desk, place)
    work(session)
    session.rollback()
    viewer = Desk(app, session, make_account(session, Role.VIEWER))
    pages = viewer.read(at(meeting)) + viewer.read(place)
    assert "being sent" in pages
    assert "0 of 2 sent" in pages
    for secret in ("Papers", "Good news", "jana@", "Nováková"):
        assert secret not in pages
    for page in ("write", "send", "preview/", "preview/html"):
        assert viewer.get(place + page).status_code == 403
    assert viewer.post(place + "stop").status_code == 403


def test_a_letter_of_a_draft_meeting_waits_for_it(desk, session):
    draft = make_meeting(session, state="draft")
    service.create(session, draft.id, now=clock.now(), actor=SYSTEM)
    session.commit()
    assert "draft" in desk.read(at(draft))
