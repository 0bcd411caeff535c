"""Changing a registration through the personal link."""

import pytest

from app.base import clock
from app.domain.history.service import ATTENDEE
from app.domain.meetings.models import Format
from app.domain.outbox.models import Calendar, Kind
from app.domain.registration import personal
from app.domain.registration.commands import Needs
from app.domain.registration.models import Mode, Place
from tests.factories import make_meeting, person, register
from tests.public.registration_pages import attendees, form_fields, letters, main_of, place_of, words


@pytest.fixture
def meeting(session):
    found = make_meeting(session)
    session.commit()
    return found


@pytest.fixture
def olena(session, meeting):
    needs = Needs(diet="bez masa", consent_text="Souhlasím.")
    (row,) = register(session, meeting, person("Olena Ševčenková", organisation="Praha 5", needs=needs))
    row.language = "en"
    session.commit()
    return row


@pytest.fixture
def hybrid(session):
    def make(capacity, online_capacity, *rows):
        found = make_meeting(
            session, format=Format.HYBRID, capacity=capacity, online_capacity=online_capacity
        )
        made = [register(session, found, person(name, mode=mode))[0] for name, mode in rows]
        session.commit()
        return made

    return make


def url_of(row):
    return f"/en/my/{row.token}/change"


def change(client, row, **fields):
    return client.post(url_of(row), data=form_fields(client.get(url_of(row)), "change") | fields)


def test_the_form_comes_filled_in(client, olena):
    fields = form_fields(client.get(url_of(olena)), "change")
    assert fields["name"] == "Olena Ševčenková"
    assert fields["organisation"] == "Praha 5"
    assert fields["diet"] == "bez masa"
    assert fields["consent"] == "y"
    assert "mode" not in fields
    assert "email" not in fields


def test_a_change_is_saved_told_and_said(client, session, olena):
    sent = change(client, olena, name="Olena Kovalová", organisation="Praha 6", organisation_kind="district")
    assert sent.status_code == 303
    page = client.get(sent.location)
    assert "Your changes are saved." in words(page)
    assert "Olena Kovalová, Praha 6" in words(page)
    (row,) = attendees(session)
    assert (row.name, row.organisation_name, row.organisation_kind) == (
        "Olena Kovalová",
        "Praha 6",
        "district",
    )
    last = letters(session)[-1]
    assert (last.kind, last.recipient, last.calendar) == (Kind.CHANGED, olena.email, Calendar.REQUEST)


def test_saving_without_a_change_writes_no_letter(client, session, olena):
    stamp = attendees(session)[0].needs_consent_at
    assert change(client, olena).status_code == 303
    assert len(letters(session)) == 1
    assert attendees(session)[0].needs_consent_at == stamp


def test_needs_go_with_their_consent(client, session, olena):
    change(client, olena, diet="", consent="")
    (row,) = attendees(session)
    assert (row.needs_diet, row.needs_consent_at, row.needs_consent_text) == ("", None, "")
    fields = form_fields(client.get(url_of(olena)), "change")
    page = client.post(url_of(olena), data=fields | {"access": "výtah"})
    assert page.status_code == 422
    assert main_of(page).find(".//div[@role='alert']//a").get("href") == "#consent"
    change(client, olena, access="výtah", consent="y")
    assert attendees(session)[0].needs_access == "výtah"


def test_errors_keep_what_was_typed(client, session, olena):
    page = change(client, olena, name="", organisation="x" * 300)
    assert page.status_code == 422
    assert "Enter your name" in words(page)
    assert form_fields(page, "change")["organisation"] == "x" * 300
    assert attendees(session)[0].name == "Olena Ševčenková"


def test_switching_the_language_keeps_what_was_typed(client, session, olena):
    page = change(client, olena, name="", switch="1")
    assert page.status_code == 200
    assert form_fields(page, "change")["name"] == ""
    assert main_of(page).find(".//*[@role='alert']") is None


def test_a_name_that_is_taken_at_the_address_is_refused(client, session, meeting, olena):
    register(session, meeting, person("Petr Říha", olena.email))
    session.commit()
    page = change(client, olena, name="petr riha")
    assert page.status_code == 422
    assert "Somebody of this name is registered with your address already." in words(page)


def test_changing_the_mode_is_a_move_to_another_seat(client, session, hybrid):
    first, second = hybrid(1, 1, ("A B", Mode.ROOM), ("C D", Mode.ROOM))
    assert second.place == Place.WAITING
    page = client.get(url_of(first))
    assert "1 seat left" in words(page)
    assert "Your present seat goes to somebody who waits." in words(page)
    assert change(client, first, mode="online").status_code == 303
    assert [(row.mode, row.place) for row in attendees(session)] == [
        (Mode.ONLINE, Place.CONFIRMED),
        (Mode.ROOM, Place.CONFIRMED),
    ]


def test_a_full_mode_means_waiting_and_the_form_says_so(client, session, hybrid):
    first, _second = hybrid(5, 1, ("A B", Mode.ROOM), ("C D", Mode.ONLINE))
    assert "Full. You would be number 1 on the waiting list." in words(client.get(url_of(first)))
    page = client.get(change(client, first, mode="online").location)
    assert place_of(page) == "waiting"


def test_who_left_cannot_change(client, session, olena):
    fields = form_fields(client.get(url_of(olena)), "change")
    personal.cancel(session, olena.id, now=clock.now(), actor=ATTENDEE)
    session.commit()
    assert client.get(url_of(olena)).status_code == 303
    page = client.post(url_of(olena), data=fields | {"name": "X"})
    assert page.status_code == 422
    assert "Nothing was changed." in words(page)
    assert attendees(session)[0].name == "Olena Ševčenková"


NASTY = (
    "x" * 10_000,
    "a\x00b",
    "\u200f",
    "👩\u200d👧",
    "a\r\nb",
    "{{7*7}}",
    "<b>x</b>",
    "\ufdfa" * 200,
    "'--",
)


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_hostile_text_is_refused_or_shown_as_text(client, session, olena, nasty):
    fields = form_fields(client.get(url_of(olena)), "change")
    for name in (
        "name",
        "organisation",
        "organisation_kind",
        "language",
        "interpreter",
        "access",
        "diet",
        "note",
    ):
        sent = client.post(url_of(olena), data=fields | {name: nasty})
        assert sent.status_code in (303, 422), name
        page = client.get(sent.location) if sent.status_code == 303 else sent
        assert "<b>x</b>" not in page.get_data(as_text=True)


def test_being_on_the_list_for_participants_is_changed_here(client, session, olena):
    assert "You are not on it." in words(client.get(f"/en/my/{olena.token}/"))
    assert form_fields(client.get(url_of(olena)), "change").get("handout") is None
    change(client, olena, handout="y")
    stamp = attendees(session)[0].handout_consent_at
    assert stamp is not None
    assert "Your name and organisation may be on it." in words(client.get(f"/en/my/{olena.token}/"))
    fields = form_fields(client.get(url_of(olena)), "change")
    assert fields["handout"] == "y"
    client.post(url_of(olena).replace("/en/", "/cs/"), data=fields | {"organisation": "Praha 6"})
    (row,) = attendees(session)
    assert (row.organisation_name, row.handout_consent_at) == ("Praha 6", stamp)
    assert row.handout_consent_text.startswith("My name")
    del fields["handout"]
    client.post(url_of(olena), data=fields)
    assert attendees(session)[0].handout_consent_at is None
