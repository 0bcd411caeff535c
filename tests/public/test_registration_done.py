"""The page after registering, and correcting a mistyped address on it."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.base import clock
from app.domain.history.service import ATTENDEE, organiser
from app.domain.outbox.models import Kind
from app.domain.privacy.erase import erase_attendee
from app.domain.registration import changes, personal
from app.domain.registration.models import Party, Place
from tests.factories import make_contact, make_meeting, register
from tests.public.registration_pages import (
    attendees,
    form_fields,
    letters,
    main_of,
    masked,
    place_of,
    sign_up,
    tree_of,
    words,
)

OLENA = ("Olena Ševčenková", "olena@example.org")
PETR = ("Petr Říha", "petr@example.org")


@pytest.fixture
def meeting(session):
    found = make_meeting(session, contact_id=make_contact(session).id)
    session.commit()
    return found


def correct(client, done_url, position, email):
    fields = form_fields(client.get(done_url), f"/correct/{position}")
    return client.post(
        f"{done_url.partition('?')[0]}/correct/{position}",
        data=fields | {f"person-{position}-email": email},
    )


def test_the_page_survives_a_reload_and_says_what_comes_next(client, session, meeting):
    url = sign_up(client, meeting, OLENA, PETR).location
    page = client.get(url)
    assert masked(page) == masked(client.get(url))
    party = session.scalars(select(Party)).one()
    for said in (
        *OLENA,
        *PETR,
        party.reference,
        "A letter from akce@example.org is on its way to each address.",
        "I know the sender",
        "Architects' Hall, Old Town Hall",
        "platforma@example.org",
    ):
        assert said in words(page)


def test_the_page_shows_no_way_in_and_no_calendar_copy(client, session, meeting):
    page = client.get(sign_up(client, meeting).location).get_data(as_text=True)
    (row,) = attendees(session)
    for secret in (row.token, row.checkin_token, row.organizer_token, row.uid, ".ics"):
        assert secret not in page


def test_another_meeting_or_token_is_not_found(client, session, meeting):
    other = make_meeting(session, number=66, title={"en": "Other"})
    session.commit()
    url = sign_up(client, meeting).location
    assert client.get(url.replace(meeting.slug, other.slug)).status_code == 404
    assert client.get(url[:-3] + "abc").status_code == 404


def test_a_page_that_was_emptied_is_gone(client, session, meeting):
    url = sign_up(client, meeting).location
    session.scalars(select(Party)).one().typed = {}
    session.commit()
    assert client.get(url).status_code == 410


def test_who_was_erased_is_on_the_page_no_longer(client, session, meeting):
    url = sign_up(client, meeting, OLENA, PETR).location
    first, second = attendees(session)
    erase_attendee(session, first.id, now=clock.now(), actor=ATTENDEE)
    session.commit()
    page = client.get(url)
    assert OLENA[0] not in page.get_data(as_text=True)
    assert PETR[0] in words(page)
    assert place_of(page) == "confirmed"
    assert client.post(f"{url}/correct/0", data={}).status_code == 404
    erase_attendee(session, second.id, now=clock.now(), actor=ATTENDEE)
    session.commit()
    assert client.get(url).status_code == 410


def test_a_mistyped_address_is_corrected(client, session, meeting):
    url = sign_up(client, meeting, OLENA, PETR).location
    sent = correct(client, url, 1, "petr.riha@example.org")
    assert sent.status_code == 303
    page = client.get(sent.location)
    assert "The address is corrected. We wrote to petr.riha@example.org." in words(page)
    assert "petr@example.org" not in words(page)
    old, new = attendees(session)[1:]
    assert (old.place, new.place, new.email) == (Place.CANCELLED, Place.CONFIRMED, "petr.riha@example.org")
    assert new.previous_id == old.id
    assert new.position == 1
    last = letters(session)[-2:]
    assert [(one.kind, one.recipient) for one in last] == [
        (Kind.CANCELLED, "petr@example.org"),
        (Kind.CONFIRMED, "petr.riha@example.org"),
    ]
    assert last[1].facts["registered_by"] == OLENA[0]


def test_a_probable_slip_is_offered_and_only_offered(client, session, meeting):
    url = sign_up(client, meeting, ("Olena", "olena@gmial.com")).location
    page = client.get(url)
    assert "Did you mean olena@gmail.com?" in words(page)
    assert main_of(page).find(".//details").get("open") is not None
    fields = form_fields(page, "/correct/0")
    assert fields["person-0-email"] == "olena@gmail.com"
    assert client.post(f"{url}/correct/0", data=fields).status_code == 303
    assert attendees(session)[-1].email == "olena@gmail.com"


def test_an_address_that_is_none_is_told_at_its_field(client, session, meeting):
    url = sign_up(client, meeting, OLENA, PETR).location
    page = correct(client, url, 1, "petr@")
    assert page.status_code == 422
    assert main_of(page).find(".//div[@role='alert']//a").get("href") == "#person-1-email"
    assert form_fields(page, "/correct/1")["person-1-email"] == "petr@"
    assert len(attendees(session)) == 2


def test_a_correction_tells_nothing_about_who_was_registered(client, session, meeting):
    register(session, meeting, "Olena Ševčenková")
    session.commit()
    pages = []
    for typed, right in (
        ("olena.sevcenkova@example.org", "one@example.org"),
        ("two@example.org", "six@example.org"),
    ):
        url = sign_up(client, meeting, ("Olena Ševčenková", typed)).location
        sent = correct(client, url, 0, right)
        assert sent.status_code == 303
        pages.append(masked(client.get(sent.location)).replace(right, "RIGHT"))
    assert pages[0] == pages[1]
    live = {row.email for row in attendees(session) if row.is_live}
    assert live == {"olena.sevcenkova@example.org", "one@example.org", "six@example.org"}


def test_correcting_to_an_address_that_is_registered_looks_the_same(client, session, meeting):
    register(session, meeting, "Olena Ševčenková")
    session.commit()
    url = sign_up(client, meeting, ("Olena Ševčenková", "wrong@example.org")).location
    sent = correct(client, url, 0, "olena.sevcenkova@example.org")
    assert sent.status_code == 303
    assert place_of(client.get(sent.location)) == "confirmed"
    assert [row.place for row in attendees(session)] == [Place.CONFIRMED, Place.CANCELLED]
    assert [one.kind for one in letters(session)][-2:] == [Kind.ALREADY_REGISTERED, Kind.CANCELLED]
    again = correct(client, url, 0, "third@example.org")
    assert again.status_code == 303
    assert [row.email for row in attendees(session) if row.is_live] == [
        "olena.sevcenkova@example.org",
        "third@example.org",
    ]


def test_correcting_back_and_forth_never_collides(client, session, meeting):
    url = sign_up(client, meeting, OLENA).location
    for email in ("a@example.org", OLENA[1], "a@example.org", "a@example.org", "A@EXAMPLE.org", OLENA[1]):
        assert correct(client, url, 0, email).status_code == 303
    assert [row.email for row in attendees(session) if row.is_live] == [OLENA[1]]


def test_a_seat_that_a_correction_frees_goes_to_who_waits(client, session):
    meeting = make_meeting(session, capacity=2)
    register(session, meeting, "Olena Ševčenková")
    session.commit()
    url = sign_up(client, meeting, ("Olena Ševčenková", "wrong@example.org")).location
    sign_up(client, meeting, PETR)
    correct(client, url, 0, "olena.sevcenkova@example.org")
    assert {row.name: row.place for row in attendees(session) if row.is_live}[PETR[0]] == Place.CONFIRMED


def test_two_people_of_one_name_cannot_get_one_address(client, session, meeting):
    url = sign_up(client, meeting, ("Jan Novák", "a@example.org"), ("jan novak", "b@example.org")).location
    page = correct(client, url, 1, "a@example.org")
    assert page.status_code == 422
    assert "Somebody of this name has this address already." in words(page)


def test_after_half_an_hour_it_is_too_late(client, session, meeting):
    url = sign_up(client, meeting).location
    fields = form_fields(client.get(url), "/correct/0") | {"person-0-email": "new@example.org"}
    with time_machine.travel(clock.now() + timedelta(minutes=31)):
        assert main_of(client.get(url)).find(".//form") is None
        page = client.post(f"{url}/correct/0", data=fields)
        assert page.status_code == 422
        assert "Half an hour is over." in words(page)
    assert [row.email for row in attendees(session)] == [OLENA[1]]


def test_a_meeting_that_was_called_off_takes_no_correction(client, session, meeting):
    url = sign_up(client, meeting).location
    changes.call_off(session, meeting.id, reason={}, now=clock.now(), actor=organiser(1))
    session.commit()
    page = correct(client, url, 0, "new@example.org")
    assert page.status_code == 422
    assert "was called off" in words(page)


def test_who_cancelled_can_be_signed_up_under_another_address(client, session, meeting):
    url = sign_up(client, meeting).location
    personal.cancel(session, attendees(session)[0].id, now=clock.now(), actor=ATTENDEE)
    session.commit()
    assert correct(client, url, 0, "new@example.org").status_code == 303
    assert [row.place for row in attendees(session)] == [Place.DECLINED, Place.CONFIRMED]


@pytest.mark.parametrize("position", ["1", "6", "99999999999999999999"])
def test_a_position_that_nobody_has_is_not_found(client, meeting, position):
    url = sign_up(client, meeting).location
    assert client.post(f"{url}/correct/{position}", data={}).status_code == 404


def test_asking_for_a_correction_by_get_changes_nothing(client, session, meeting):
    url = sign_up(client, meeting).location
    answer = client.get(f"{url}/correct/0", query_string={"person-0-email": "new@example.org"})
    assert (answer.status_code, answer.location) == (303, url)
    assert [row.email for row in attendees(session)] == [OLENA[1]]


def test_corrections_have_the_limits_of_the_form(client, session, meeting):
    url = sign_up(client, meeting).location
    fields = form_fields(client.get(url), "/correct/0") | {"person-0-email": "no"}
    for _try in range(59):
        assert client.post(f"{url}/correct/0", data=fields).status_code == 422
    slow = client.post(f"{url}/correct/0", data=fields | {"person-0-email": "new@example.org"})
    assert slow.status_code == 429
    assert form_fields(slow, "/correct/0")["person-0-email"] == "new@example.org"


def test_letters_caused_by_corrections_are_held_back_too(client, session, meeting):
    for name in ("Ab", "Bc", "Cd", "De"):
        url = sign_up(client, meeting, (name, f"{name}@example.org")).location
        correct(client, url, 0, "victim@example.org")
    to_victim = [one for one in letters(session) if one.recipient == "victim@example.org"]
    waits = [round((one.due_at - one.created_at).total_seconds() / 3600) for one in to_victim]
    assert waits == [0, 0, 0, 1]


def test_the_page_is_nobody_elses(client, meeting):
    page = client.get(sign_up(client, meeting).location)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert tree_of(page).find(".//meta[@name='robots']").get("content") == "noindex"
    assert tree_of(page).find(".//link[@rel='alternate']") is None
    assert page.headers.getlist("Set-Cookie") == []
