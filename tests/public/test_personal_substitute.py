"""Naming a colleague: what goes on, what is asked twice, and that nothing tells who was registered."""

from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from app.base import clock
from app.domain.meetings.models import Format
from app.domain.outbox.models import Calendar, Kind
from app.domain.registration import changes
from app.domain.registration.models import Answer, Mode, Place
from app.web.form_key import new_form_key
from tests.factories import make_contact, make_meeting, person, register
from tests.public.personal_pages import BOSS, bring_to, invite, page_url, send_instead
from tests.public.registration_pages import (
    attendees,
    form_fields,
    heading,
    letters,
    main_of,
    masked,
    place_of,
    tree_of,
    words,
)

PETR = ("Petr Říha", "petr.riha@example.org")


@pytest.fixture
def meeting(session):
    found = make_meeting(session, contact_id=make_contact(session).id, capacity=2)
    session.commit()
    return found


@pytest.fixture
def olena(session, meeting):
    (row,) = register(
        session, meeting, person("Olena Ševčenková", organisation="Praha 5", organisation_kind="district")
    )
    row.language = "en"
    session.commit()
    return row


def test_the_form_says_what_happens_and_comes_with_the_organisation(client, olena):
    page = client.get(page_url(olena, "substitute/"))
    assert heading(page) == "A colleague comes instead of me"
    assert place_of(page) == "confirmed"
    for said in (
        "Your seat goes to your colleague.",
        "If they have a seat already, yours goes to somebody who waits.",
        "The meeting leaves your own calendar.",
        "Only the organiser can take this back.",
    ):
        assert said in words(page), said
    fields = form_fields(page, "substitute")
    assert (fields["organisation"], fields["language"], fields["name"]) == ("Praha 5", "en", "")


def test_the_seat_goes_on_with_both_letters(client, session, olena):
    sent = send_instead(client, olena, *PETR, note="Omlouvám se.", language="cs")
    assert (sent.status_code, sent.location) == (303, page_url(olena) + "?done=substituted")
    page = client.get(sent.location)
    assert place_of(page) == "cancelled"
    assert "Your colleague is named. A letter is on its way to each of you." in words(page)
    assert "Your colleague comes instead of you." in words(page)
    assert "Your word to the organiser Omlouvám se." in words(page)
    old, new = attendees(session)
    assert (old.place, old.answer, old.answer_note) == (Place.CANCELLED, Answer.NO, "Omlouvám se.")
    assert (new.place, new.answer, new.name, new.email, new.language) == (
        Place.CONFIRMED, Answer.NONE, *PETR, "cs",
    )  # fmt: skip
    assert (new.organisation_name, new.organisation_kind) == ("Praha 5", "district")
    told = [(one.kind, one.recipient, one.calendar) for one in letters(session)][1:]
    assert told == [
        (Kind.REPLACED, olena.email, Calendar.CANCEL),
        (Kind.SUBSTITUTE, PETR[1], Calendar.REQUEST),
    ]
    assert "You have a seat: will you come?" in words(client.get(page_url(new)))


def test_nothing_of_the_colleague_is_shown_to_the_one_who_left(client, session, olena):
    page = client.get(send_instead(client, olena, *PETR).location).get_data(as_text=True)
    new = attendees(session)[1]
    for secret in (new.token, new.name, new.email, new.uid, new.checkin_token):
        assert secret not in page


@pytest.mark.parametrize("state", ["invited", "pending", "waiting", "maybe"])
def test_other_places_go_on_too(client, session, meeting, state):
    row = bring_to(session, meeting, state)
    session.commit()
    place = row.place
    assert send_instead(client, row, *PETR).status_code == 303
    new = attendees(session)[-1]
    assert (new.place, new.answer) == (place, Answer.NONE)
    assert place_of(client.get(page_url(new))) == place
    asks = [one for one in main_of(client.get(page_url(new))).iter("button") if one.get("name") == "answer"]
    assert asks


def test_another_organisation_is_taken_as_it_is(client, session, olena):
    send_instead(client, olena, *PETR, organisation="Spolek Berkat")
    new = attendees(session)[1]
    assert (new.organisation_name, new.organisation_kind) == ("Spolek Berkat", None)


def test_a_seat_online_stays_one(client, session):
    found = make_meeting(session, format=Format.HYBRID, online_url="https://meet.example.org/x")
    (row,) = register(session, found, person("Olena Ševčenková", mode=Mode.ONLINE))
    session.commit()
    send_instead(client, row, *PETR)
    assert attendees(session)[1].mode == Mode.ONLINE


@pytest.mark.parametrize("state", ["nobody", "coming", "waiting", "invited"])
def test_everything_answered_is_the_same_whoever_is_registered(client, session, meeting, olena, state):
    """Compared with a colleague whom nobody knew: status, address, pages, own letters, own calendar."""
    others = {"coming": [PETR[0]], "waiting": ["A B", PETR[0]]}.get(state, [])
    for name in others:
        register(session, meeting, name)
    if state == "invited":
        invite(session, meeting, PETR[0])
    session.commit()
    number = len(letters(session))
    sent = send_instead(client, olena, *PETR)
    assert (sent.status_code, sent.location) == (303, page_url(olena) + "?done=substituted")
    own = [one for one in letters(session)[number:] if one.recipient == olena.email]
    assert [(one.kind, one.calendar, one.sequence) for one in own] == [(Kind.REPLACED, Calendar.CANCEL, 1)]
    pages = [masked(client.get(page_url(olena, act))) for act in ("?done=substituted", "")]
    assert "Your colleague comes instead of you." in pages[1]
    assert PETR[0] not in "".join(pages)
    for act in ("answer/", "substitute/", "change", "cancel"):
        assert client.get(page_url(olena, act)).location == page_url(olena)
    petr = next(row for row in attendees(session) if row.name == PETR[0])
    assert petr.place == Place.CONFIRMED
    assert [one.kind for one in letters(session)[number:] if one.recipient == PETR[1]] == [
        Kind.ALREADY_REGISTERED if state == "coming" else Kind.SUBSTITUTE
    ]


def test_the_seat_of_a_colleague_who_has_one_goes_to_the_queue(client, session, meeting, olena):
    for name in (PETR[0], "A B"):
        register(session, meeting, name)
    session.commit()
    send_instead(client, olena, *PETR)
    assert [row.place for row in attendees(session)] == [Place.CANCELLED, Place.CONFIRMED, Place.CONFIRMED]
    assert letters(session)[-1].kind == Kind.MOVED_UP


def test_oneself_is_no_colleague(client, session, olena):
    page = send_instead(client, olena, "olena SEVCENKOVA", olena.email.upper(), note="zůstane")
    assert page.status_code == 422
    assert "This is you. Enter the name and the e-mail of your colleague." in words(page)
    assert form_fields(page, "substitute")["note"] == "zůstane"
    assert attendees(session)[0].place == Place.CONFIRMED
    assert send_instead(client, olena, "Petr Říha", olena.email).status_code == 303


def test_a_probable_slip_is_asked_about_once(client, session, olena):
    url = page_url(olena, "substitute/")
    page = send_instead(client, olena, PETR[0], "petr@gmial.com")
    assert page.status_code == 422
    assert "Check this address." in words(page)
    assert "Did you mean petr@gmail.com?" in words(page)
    assert len(attendees(session)) == 1
    fields = form_fields(page, "substitute")
    assert client.post(url, data=fields | {"email": "petr@seznm.cz"}).status_code == 422
    assert client.post(url, data=fields).status_code == 303
    assert attendees(session)[1].email == "petr@gmial.com"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "Enter the name of your colleague"),
        ("name", "\u200f", "Enter the name of your colleague"),
        ("email", "", "Enter an e-mail address like"),
        ("email", "petr@", "Enter an e-mail address like"),
        ("organisation", "x" * 201, "is too long"),
        ("language", "xx", "Choose one answer"),
        ("note", "x" * 501, "is too long"),
    ],
)
def test_errors_stand_at_their_field_and_keep_the_rest(client, session, olena, field, value, said):
    fields = form_fields(client.get(page_url(olena, "substitute/")), "substitute")
    typed = {"name": PETR[0], "email": PETR[1], "note": "zůstane", field: value}
    page = client.post(page_url(olena, "substitute/"), data=fields | typed)
    assert page.status_code == 422
    assert said in words(page)
    assert main_of(page).find(".//div[@role='alert']//a").get("href") == f"#{field}"
    if field != "note":
        assert form_fields(page, "substitute")["note"] == "zůstane"
    assert len(attendees(session)) == 1


HOSTILE = (
    "x" * 10_000, "a\x00b", "\u200f", "👩\u200d👧", "a\r\nb", "{{7*7}}", "<b>x</b>", "\ufdfa" * 200, "'--",
    "=cmd|' /C calc'!A0",
)  # fmt: skip


@pytest.mark.parametrize("nasty", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("field", ["name", "email", "organisation", "language", "note", "sure", "form_key"])
def test_hostile_text_is_refused_or_shown_as_text(client, olena, field, nasty):
    fields = form_fields(client.get(page_url(olena, "substitute/")), "substitute")
    typed = {"name": PETR[0], "email": PETR[1]}
    sent = client.post(page_url(olena, "substitute/"), data=fields | typed | {field: nasty})
    assert sent.status_code in (303, 422)
    page = client.get(sent.location) if sent.status_code == 303 else sent
    assert "<b>x</b>" not in page.get_data(as_text=True)


def test_reading_changes_nothing(client, session, olena):
    for query in ("", "?name=Petr&email=petr@example.org"):
        assert client.get(page_url(olena, f"substitute/{query}")).status_code == 200
        assert (
            FlaskClient.open(client, page_url(olena, f"substitute/{query}"), method="HEAD").status_code == 200
        )
    assert [row.place for row in attendees(session)] == [Place.CONFIRMED]
    assert len(letters(session)) == 1


@pytest.mark.parametrize("key", [None, "stale"])
def test_without_our_key_nothing_happens(client, session, olena, key):
    typed = {"name": PETR[0], "email": PETR[1], "language": "en"} | ({} if key is None else {"form_key": key})
    page = client.post(page_url(olena, "substitute/"), data=typed)
    assert page.status_code == 422
    fields = form_fields(page, "substitute")
    assert fields["name"] == PETR[0]
    assert len(attendees(session)) == 1
    assert client.post(page_url(olena, "substitute/"), data=fields).status_code == 303


def test_sending_twice_names_one_colleague(client, session, olena):
    fields = form_fields(client.get(page_url(olena, "substitute/")), "substitute")
    fields |= {"name": PETR[0], "email": PETR[1]}
    assert client.post(page_url(olena, "substitute/"), data=fields).status_code == 303
    again = client.post(page_url(olena, "substitute/"), data=fields)
    assert (again.status_code, again.location) == (303, page_url(olena) + "?done=substituted")
    other = client.post(page_url(olena, "substitute/"), data=fields | {"name": "Jana Nová"})
    assert other.status_code == 422
    assert "The registration was cancelled meanwhile. Nothing was changed." in words(other)
    assert len(attendees(session)) == 2
    assert len(letters(session)) == 3


@pytest.mark.parametrize("state", ["declined", "substituted", "released", "cancelled", "not approved"])
def test_who_has_no_place_has_none_to_give(client, session, meeting, state):
    row = bring_to(session, meeting, state)
    session.commit()
    number = len(attendees(session))
    assert client.get(page_url(row, "substitute/")).location == page_url(row)
    typed = {"form_key": new_form_key(), "name": "Jana", "email": "jana@example.org", "language": "en"}
    page = client.post(page_url(row, "substitute/"), data=typed)
    assert page.status_code == 422
    assert "Jana" in "".join(one.get("value") or "" for one in main_of(page).iter("input"))
    assert len(attendees(session)) == number


@pytest.mark.parametrize("end", ["past", "called off"])
def test_it_is_too_late(client, session, meeting, olena, end):
    fields = form_fields(client.get(page_url(olena, "substitute/")), "substitute")
    fields |= {"name": PETR[0], "email": PETR[1]}
    moment = clock.now()
    if end == "past":
        moment = meeting.starts_at + timedelta(seconds=1)
    else:
        changes.call_off(session, meeting.id, reason={}, now=moment, actor=BOSS)
        session.commit()
    with time_machine.travel(moment):
        assert client.get(page_url(olena, "substitute/")).location == page_url(olena)
        page = client.post(page_url(olena, "substitute/"), data=fields)
    assert page.status_code == 422
    assert ("has begun" if end == "past" else "was called off") in words(page)
    assert form_fields(page, "substitute")["name"] == PETR[0]
    assert len(attendees(session)) == 1


def test_switching_the_language_keeps_what_was_typed(client, session, olena):
    fields = form_fields(client.get(page_url(olena, "substitute/")), "substitute")
    page = client.post(page_url(olena, "substitute/", "cs"), data=fields | {"name": "Petr", "switch": "1"})
    assert page.status_code == 200
    assert form_fields(page, "substitute")["name"] == "Petr"
    assert main_of(page).find(".//*[@role='alert']") is None
    assert len(attendees(session)) == 1


def test_from_one_network_it_slows_down_and_keeps_the_form(client, session, olena):
    fields = form_fields(client.get(page_url(olena, "substitute/")), "substitute") | {"name": "Petr"}
    for _try in range(60):
        assert client.post(page_url(olena, "substitute/"), data=fields).status_code == 422
    page = client.post(page_url(olena, "substitute/"), data=fields | {"email": PETR[1]})
    assert page.status_code == 429
    assert int(page.headers["Retry-After"]) > 0
    assert form_fields(page, "substitute")["name"] == "Petr"
    assert len(attendees(session)) == 1


def test_letters_to_one_address_are_held_back(client, session):
    found = make_meeting(session, capacity=20)
    rows = register(session, found, *(person(f"Host {number}") for number in range(5)))
    session.commit()
    for number, row in enumerate(rows):
        assert send_instead(client, row, f"Petr {number}", "info@example.org").status_code == 303
    hours = [
        round((one.due_at - one.created_at).total_seconds() / 3600)
        for one in letters(session)
        if one.kind == Kind.SUBSTITUTE
    ]
    assert hours == [0, 0, 0, 1, 1]


def test_no_cookie_no_cache_no_robots(client, olena):
    for page in (
        client.get(page_url(olena, "substitute/")),
        send_instead(client, olena, "", ""),
        send_instead(client, olena, *PETR),
    ):
        assert page.headers.getlist("Set-Cookie") == []
        assert page.headers["Cache-Control"] == "no-store"
        if page.status_code != 303:
            assert tree_of(page).find(".//meta[@name='robots']").get("content") == "noindex"


def test_in_czech(client, session, olena):
    fields = form_fields(client.get(page_url(olena, "substitute/", "cs")), "substitute")
    wrong = client.post(page_url(olena, "substitute/", "cs"), data=fields)
    assert wrong.status_code == 422
    sent = client.post(
        page_url(olena, "substitute/", "cs"), data=fields | {"name": PETR[0], "email": PETR[1]}
    )
    assert sent.location == page_url(olena, lang="cs") + "?done=substituted"
    assert attendees(session)[1].language == "en"
