"""The registration form: its fields, its buttons, its errors, and who gets a seat."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from app.base import clock
from app.domain.directory.models import Organisation
from app.domain.meetings.models import Format, MeetingState
from app.domain.outbox.models import Kind
from app.domain.registration import sign_up as sign_up_module
from app.domain.registration.models import Mode, Place
from app.web.form_key import new_form_key
from tests.factories import make_meeting, register
from tests.public.registration_pages import (
    attendees,
    fill,
    form_fields,
    heading,
    letters,
    main_of,
    masked,
    place_of,
    register_url,
    sign_up,
    tree_of,
    words,
)

OLENA = ("Olena Ševčenková", "olena@example.org")
PETR = ("Petr Říha", "petr@example.org")
TYPED = (
    "name", "email", "organisation", "organisation_kind", "interpreter", "access", "diet", "note"
)  # fmt: skip


@pytest.fixture
def meeting(session):
    found = make_meeting(session)
    session.commit()
    return found


@pytest.fixture
def new_meeting(session):
    def make(**changes):
        taken = changes.pop("taken", 0)
        found = make_meeting(session, **changes)
        for number in range(taken):
            register(session, found, f"Host {number}")
        session.commit()
        return found

    return make


def test_one_person_registers_and_sees_that_it_is_done(client, session, meeting):
    sent = sign_up(client, meeting, {"name": OLENA[0], "email": OLENA[1], "organisation": "Praha 5"})
    assert sent.status_code == 303
    page = client.get(sent.location)
    assert page.status_code == 200
    assert place_of(page) == "confirmed"
    assert heading(page) == "Done: you have a seat"
    assert "olena@example.org" in words(page)
    (row,) = attendees(session)
    assert (row.name, row.email, row.place, row.language) == (*OLENA, Place.CONFIRMED, "en")
    assert row.organisation_name == "Praha 5"
    assert [letter.kind for letter in letters(session)] == [Kind.CONFIRMED]


def test_the_form_asks_little_and_says_when_it_forgets(client, new_meeting):
    with time_machine.travel("2027-01-05T10:00:00Z", tick=False):
        meeting = new_meeting(starts_at=datetime(2027, 4, 6, 11, tzinfo=UTC))
        page = client.get(register_url(meeting))
    names = set(form_fields(page))
    assert {"people-0-name", "people-0-email", "people-0-organisation", "form_key"} <= names
    assert "people-0-mode" not in names
    assert "We erase names and addresses by 6 Apr 2028." in words(page).replace("\xa0", " ")
    fields = {node.get("name"): node for node in main_of(page).iter("input")}
    assert fields["people-0-name"].get("autocomplete") == "name"
    assert fields["people-0-email"].get("type") == "email"
    assert fields["people-0-consent"].get("checked") is None


def test_known_organisations_are_suggested_and_give_their_kind(client, session, meeting):
    session.add(
        Organisation(name="Spolek Berkat", name_key="spolek berkat", sort_key="spolek berkat", kind="ngo")
    )
    session.commit()
    page = client.get(register_url(meeting))
    assert [one.get("value") for one in main_of(page).find(".//datalist")] == ["Spolek Berkat"]
    sign_up(client, meeting, {"name": "Jana", "email": "jana@example.org", "organisation": "SPOLEK berkat"})
    assert attendees(session)[0].organisation_kind == "ngo"


def test_a_party_of_six_gets_six_rows_and_a_summary(client, session, meeting):
    people = [(f"Osoba {letter}", f"{letter}@example.org") for letter in "abcdef"]
    page = client.get(sign_up(client, meeting, *people).location)
    assert heading(page) == "Done: all 6 people have a seat"
    rows = attendees(session)
    assert [row.position for row in rows] == [0, 1, 2, 3, 4, 5]
    kinds = [letter.kind for letter in letters(session)]
    assert kinds.count(Kind.CONFIRMED) == 6
    assert kinds.count(Kind.PARTY_SUMMARY) == 1


def test_seven_people_are_too_many_and_nothing_is_lost(client, session, meeting):
    people = [(f"Osoba {letter}", f"{letter}@example.org") for letter in "abcdefg"]
    page = sign_up(client, meeting, *people)
    assert page.status_code == 422
    assert "at most 6 people" in words(page)
    assert form_fields(page)["people-6-name"] == "Osoba g"
    assert attendees(session) == []


def test_adding_and_removing_people_without_scripts(client, session, meeting):
    url = register_url(meeting)
    fields = form_fields(client.get(url)) | fill(
        {"name": "Olena", "email": "half@", "organisation": "Praha 5", "diet": "vegan"}
    )
    more = client.post(url, data=fields | {"add": "1"})
    assert more.status_code == 200
    assert main_of(more).find(".//*[@role='alert']") is None
    typed = form_fields(more)
    assert (typed["people-0-name"], typed["people-0-email"]) == ("Olena", "half@")
    assert (typed["people-1-name"], typed["people-1-organisation"]) == ("", "Praha 5")
    assert main_of(more).find(".//details").get("open") is not None
    third = client.post(url, data=typed | {"people-1-name": "Petr", "add": "1"})
    typed = form_fields(third) | {"people-2-name": "Jana"}
    fewer = client.post(url, data=typed | {"remove": "1"})
    assert fewer.status_code == 200
    typed = form_fields(fewer)
    assert (typed["people-0-name"], typed["people-1-name"]) == ("Olena", "Jana")
    assert "people-2-name" not in typed
    assert attendees(session) == []


def test_the_form_ends_at_six_people(client, meeting):
    url = register_url(meeting)
    fields = form_fields(client.get(url))
    for _round in range(7):
        page = client.post(url, data=fields | {"add": "1"})
        fields = form_fields(page)
    assert "people-5-name" in fields
    assert "people-6-name" not in fields
    assert not [one for one in main_of(page).iter("button") if one.get("name") == "add"]


def test_the_first_person_cannot_be_removed(client, meeting):
    url = register_url(meeting)
    fields = form_fields(client.get(url)) | fill(OLENA, PETR)
    for which in ("0", "-1", "2", "x", "9" * 5000):
        typed = form_fields(client.post(url, data=fields | {"remove": which}))
        assert (typed["people-0-name"], typed["people-1-name"]) == (OLENA[0], PETR[0])


def test_switching_the_language_keeps_what_was_typed(client, session, meeting):
    fields = form_fields(client.get(register_url(meeting))) | fill((OLENA[0], "half@"))
    page = client.post(register_url(meeting), data=fields | {"switch": "1"})
    assert page.status_code == 200
    assert form_fields(page)["people-0-email"] == "half@"
    assert main_of(page).find(".//*[@role='alert']") is None
    assert attendees(session) == []


def test_each_language_takes_over_what_was_typed_in_the_other(client, meeting):
    page = client.get(register_url(meeting))
    switch = next(one for one in tree_of(page).iter("button") if one.get("name") == "switch")
    assert (switch.get("form"), switch.get("lang")) == ("registration", "cs")
    assert switch.get("formaction") == register_url(meeting, "cs")
    fields = form_fields(page) | fill((OLENA[0], "half@")) | {"switch": "1"}
    # The fixture's application context remembers the language of the first request.
    other = Context().run(client.post, switch.get("formaction"), data=fields)
    assert tree_of(other).get("lang") == "cs"
    assert form_fields(other)["people-0-email"] == "half@"
    assert other.headers.getlist("Set-Cookie") == []


def test_an_empty_form_says_what_to_do_and_where(client, session, meeting):
    page = sign_up(client, meeting, ("", ""))
    assert page.status_code == 422
    assert main_of(page).find(".//div[@role='alert']") is not None
    links = [link.get("href") for link in main_of(page).findall(".//div[@role='alert']//a")]
    assert links == ["#people-0-name", "#people-0-email"]
    assert "Enter an e-mail address like name@example.org" in words(page)
    email = next(one for one in main_of(page).iter("input") if one.get("name") == "people-0-email")
    assert email.get("aria-invalid") == "true"
    assert "people-0-email-error" in email.get("aria-describedby")
    assert attendees(session) == []


def test_errors_of_a_party_name_the_person(client, meeting):
    page = sign_up(client, meeting, OLENA, ("", "petr@"))
    assert "Person 2: Enter the name of this person" in words(page)
    assert "Person 2: Enter an e-mail address like name@example.org" in words(page)
    assert form_fields(page)["people-1-email"] == "petr@"


def test_the_same_person_twice_on_one_form_is_told_there(client, session, meeting):
    page = sign_up(client, meeting, OLENA, ("olena ševčenková", "OLENA@example.org"))
    assert page.status_code == 422
    assert "Person 2: This person is on the form already." in words(page)
    assert attendees(session) == []


def test_needs_want_their_own_consent(client, session, meeting):
    typed = {"name": OLENA[0], "email": OLENA[1], "diet": "bez masa", "interpreter": "ukrajinština"}
    page = sign_up(client, meeting, typed)
    assert page.status_code == 422
    assert main_of(page).find(".//div[@role='alert']//a").get("href") == "#people-0-consent"
    assert main_of(page).find(".//details").get("open") is not None
    assert attendees(session) == []
    assert sign_up(client, meeting, typed | {"consent": "y"}).status_code == 303
    (row,) = attendees(session)
    assert (row.needs_diet, row.needs_interpreter) == ("bez masa", "ukrajinština")
    assert row.needs_consent_at is not None
    assert "deleted 14 days after the meeting" in row.needs_consent_text


def test_who_ticks_the_box_may_be_on_the_list_for_participants(client, session, meeting):
    page = client.get(f"/en/meetings/{meeting.slug}/register")
    assert form_fields(page, "registration").get("people-0-handout") is None  # never ticked beforehand
    sign_up(client, meeting, {"name": OLENA[0], "email": OLENA[1], "handout": "y"})
    (row,) = attendees(session)
    assert row.handout_consent_at == row.registered_at
    assert (
        row.handout_consent_text
        == "My name and organisation may be on the list that everybody at the meeting gets."
    )


def test_a_consent_without_needs_stores_nothing(client, session, meeting):
    sign_up(client, meeting, {"name": OLENA[0], "email": OLENA[1], "consent": "y"})
    assert attendees(session)[0].needs_consent_at is None


def test_a_full_meeting_offers_the_waiting_list_and_the_position(client, session, new_meeting):
    meeting = new_meeting(capacity=2, taken=4)
    page = client.get(register_url(meeting))
    assert "You would be number 3 on the waiting list" in words(page)
    assert "Join the waiting list" in words(page)
    done = client.get(sign_up(client, meeting).location)
    assert place_of(done) == "waiting"
    assert heading(done) == "Done: you are on the waiting list"
    assert "on the waiting list, number 3" in words(done)
    assert letters(session)[-1].kind == Kind.WAITING


def test_short_seats_go_in_the_order_typed_and_the_page_says_so(client, session, new_meeting):
    meeting = new_meeting(capacity=1)
    url = register_url(meeting)
    fields = form_fields(client.get(url)) | fill(OLENA, PETR)
    page = client.post(url, data=fields | {"switch": "1"})
    assert "Seats go in the order typed" in words(page)
    done = client.get(client.post(url, data=fields).location)
    assert [row.place for row in attendees(session)] == [Place.CONFIRMED, Place.WAITING]
    assert heading(done) == "Done: 1 of you is on the waiting list"
    assert place_of(done) == "confirmed"


def test_a_hybrid_meeting_asks_how(client, session, new_meeting):
    meeting = new_meeting(format=Format.HYBRID, capacity=10, online_capacity=None)
    assert form_fields(client.get(register_url(meeting)))["people-0-mode"] == "room"
    done = client.get(
        sign_up(client, meeting, {"name": OLENA[0], "email": OLENA[1], "mode": "online"}).location
    )
    assert attendees(session)[0].mode == Mode.ONLINE
    assert "(online)" in words(done)


def test_a_full_room_offers_online_at_once(client, session, new_meeting):
    meeting = new_meeting(format=Format.HYBRID, capacity=1, online_capacity=5, taken=1)
    page = client.get(register_url(meeting))
    assert "The room is full. You can take part online at once" in words(page)
    assert "Full. You would be number 1 on the waiting list." in words(page)
    assert "people-0-mode" not in form_fields(page)
    assert "Choose how you take part." in words(sign_up(client, meeting))
    sign_up(client, meeting, {"name": OLENA[0], "email": OLENA[1], "mode": "online"})
    assert attendees(session)[-1].place == Place.CONFIRMED


def test_a_mode_that_is_not_offered_is_refused(client, session, new_meeting):
    meeting = new_meeting(format=Format.HYBRID)
    page = sign_up(client, meeting, {"name": OLENA[0], "email": OLENA[1], "mode": "phone"})
    assert page.status_code == 422
    assert attendees(session) == []


def test_the_kind_of_an_organisation_goes_to_its_people(client, session, meeting):
    first = {
        "name": "A B",
        "email": "a@example.org",
        "organisation": "Praha 5",
        "organisation_kind": "district",
    }
    sign_up(client, meeting, first, {"name": "C D", "email": "c@example.org", "organisation": "PRAHA 5"})
    assert [row.organisation_kind for row in attendees(session)] == ["district", "district"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"deadline": (clock.now() - timedelta(days=1)).date()}, "Registration has closed."),
        ({"starts_at": clock.now() - timedelta(hours=1)}, "Registration has ended."),
        ({"starts_at": clock.now() - timedelta(days=9)}, "Registration has ended."),
        ({"opens_at": clock.now() + timedelta(days=1)}, "Registration opens on"),
        ({"state": MeetingState.CALLED_OFF}, "This meeting has been called off."),
    ],
)
def test_a_closed_form_says_why_and_what_is_next(client, session, new_meeting, changes, said):
    meeting = new_meeting(**changes)
    ahead = new_meeting(number=66, title={"cs": "Jiné", "en": "Other"})
    page = client.get(register_url(meeting))
    assert page.status_code == 200
    assert said in words(page)
    assert main_of(page).find(".//form") is None
    if "opens_at" not in changes:
        assert f"/en/meetings/{ahead.slug}/" in page.get_data(as_text=True)
    sent = client.post(register_url(meeting), data=fill(OLENA) | {"form_key": key(client, ahead)})
    assert sent.status_code == 422
    assert said in words(sent)
    assert form_fields(sent)["people-0-name"] == OLENA[0]
    assert attendees(session) == []


def key(client, meeting):
    return form_fields(client.get(register_url(meeting)))["form_key"]


def test_the_deadline_is_its_last_second_in_the_zone_of_the_meeting(client, session, new_meeting):
    with time_machine.travel("2027-03-01T10:00:00Z", tick=False) as travel:
        meeting = new_meeting(
            starts_at=datetime(2027, 4, 6, 11, tzinfo=UTC), deadline=datetime(2027, 4, 4, tzinfo=UTC).date()
        )
        fields = form_fields(client.get(register_url(meeting)))
        travel.move_to("2027-04-04T21:59:59Z")
        assert client.post(register_url(meeting), data=fields | fill(OLENA)).status_code == 303
        travel.move_to("2027-04-04T22:00:00Z")
        assert client.post(register_url(meeting), data=fields | fill(PETR)).status_code == 422
    assert len(attendees(session)) == 1


def test_a_draft_does_not_exist_for_strangers(client, new_meeting):
    meeting = new_meeting(state=MeetingState.DRAFT)
    assert client.get(register_url(meeting)).status_code == 404
    assert client.post(register_url(meeting), data=fill(OLENA)).status_code == 404
    assert client.get(register_url("no-such-meeting")).status_code == 404


def test_a_double_post_is_one_registration_and_one_done_page(client, session, meeting):
    fields = form_fields(client.get(register_url(meeting))) | fill(OLENA, PETR)
    first = client.post(register_url(meeting), data=fields)
    again = client.post(register_url(meeting), data=fields)
    assert first.location == again.location
    assert len(attendees(session)) == 2
    assert len(letters(session)) == 3


def test_many_posts_of_one_form_at_once_are_one_registration(app, client, session, meeting):
    url = register_url(meeting)
    fields = form_fields(client.get(url)) | fill(OLENA)
    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda _: app.test_client().post(url, data=fields), range(8)))
    assert {one.status_code for one in sent} == {303}
    assert len({one.location for one in sent}) == 1
    assert len(attendees(session)) == 1


def test_a_repeated_post_finds_its_done_page_after_the_deadline(client, session, meeting):
    fields = form_fields(client.get(register_url(meeting))) | fill(OLENA)
    first = client.post(register_url(meeting), data=fields)
    with time_machine.travel(meeting.ends_at + timedelta(days=1)):
        assert client.post(register_url(meeting), data=fields).location == first.location


def test_a_colleague_at_a_shared_address_is_another_person(client, session, meeting):
    sign_up(client, meeting, ("Jana Nová", "info@example.org"))
    sign_up(client, meeting, ("Petr Nový", "INFO@example.org"))
    assert [row.name for row in attendees(session)] == ["Jana Nová", "Petr Nový"]


def test_nothing_tells_that_somebody_was_registered(client, session, meeting):
    page_of = {}
    for who in ("newcomer", "known"):
        sent = sign_up(client, meeting)
        page_of[who] = masked(client.get(sent.location))
        assert sent.status_code == 303
    assert page_of["newcomer"] == page_of["known"]
    assert len(attendees(session)) == 1
    assert [letter.kind for letter in letters(session)] == [Kind.CONFIRMED, Kind.ALREADY_REGISTERED]


def test_a_full_meeting_does_not_tell_either(client, session, new_meeting):
    meeting = new_meeting(capacity=1, taken=2)
    page_of = []
    for _try in range(2):
        location = sign_up(client, meeting).location
        page_of.append(
            masked(client.get(location)).replace("number 2", "number N").replace("number 3", "number N")
        )
    assert page_of[0] == page_of[1]


@pytest.mark.parametrize("bad", [None, "", "stale", "a.b.c", "\x00", "é" * 300])
def test_a_bad_key_asks_again_with_a_fresh_one(client, session, meeting, bad):
    fields = fill(OLENA) | ({} if bad is None else {"form_key": bad})
    page = client.post(register_url(meeting), data=fields)
    assert page.status_code == 422
    assert "We could not recognise this page. Check the form and send it again." in words(page)
    again = form_fields(page)
    assert again["people-0-name"] == OLENA[0]
    assert client.post(register_url(meeting), data=again).status_code == 303
    assert len(attendees(session)) == 1


def test_who_fell_into_the_trap_can_go_on(client, session, meeting):
    page = sign_up(client, meeting, website="https://spam.example")
    assert page.status_code == 422
    assert "Please send the form once more." in words(page)
    assert client.post(register_url(meeting), data=form_fields(page)).status_code == 303


def test_too_many_posts_from_one_network_slow_down_and_lose_nothing(client, session, meeting):
    fields = form_fields(client.get(register_url(meeting)))
    for _try in range(60):
        assert client.post(register_url(meeting), data=fields).status_code == 422
    slow = client.post(register_url(meeting), data=fields | fill(OLENA))
    assert slow.status_code == 429
    assert 0 < int(slow.headers["Retry-After"]) <= 600
    assert "Nothing is lost" in words(slow)
    assert "Try again" in words(slow)
    assert attendees(session) == []
    more = client.post(register_url(meeting), data=fields | fill(OLENA) | {"add": "1"})
    assert more.status_code == 200
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        assert client.post(register_url(meeting), data=form_fields(slow)).status_code == 303


def test_letters_above_three_an_hour_wait_and_are_not_lost(client, session, meeting):
    for number in range(7):
        sign_up(client, meeting, (f"Kolega {'abcdefg'[number]}", "info@example.org"))
    waits = [round((one.due_at - one.created_at).total_seconds() / 3600) for one in letters(session)]
    assert waits == [0, 0, 0, 1, 1, 1, 2]


def test_a_violated_constraint_is_seen_on_the_second_try(client, session, meeting, monkeypatch):
    real, calls = sign_up_module.sign_up, []

    def stumble(*args, **kwargs):
        calls.append(1)
        if len(calls) == 1:
            raise IntegrityError("INSERT", {}, Exception("uq_attendees_live_person"))
        return real(*args, **kwargs)

    monkeypatch.setattr(sign_up_module, "sign_up", stumble)
    assert sign_up(client, meeting).status_code == 303
    assert len(attendees(session)) == 1


def test_a_constraint_that_stays_violated_is_no_error_of_the_server(client, session, meeting, monkeypatch):
    def fall(*_args, **_kwargs):
        raise IntegrityError("INSERT", {}, Exception("uq_attendees_live_person"))

    monkeypatch.setattr(sign_up_module, "sign_up", fall)
    page = sign_up(client, meeting)
    assert page.status_code == 422
    assert "Please send the form once more." in words(page)


def test_asking_changes_nothing(client, session, meeting):
    query = fill(OLENA) | {"form_key": new_key(client)}
    assert client.get(register_url(meeting), query_string=query).status_code == 200
    assert FlaskClient.open(client, register_url(meeting), method="HEAD", data=query).status_code == 200
    assert attendees(session) == []


def new_key(client):
    with client.application.app_context():
        return new_form_key()


def test_no_cookie_is_set_anywhere_on_the_way(client, meeting):
    url = register_url(meeting)
    shown = client.get(url)
    answers = [shown, client.post(url, data=form_fields(shown)), sign_up(client, meeting)]
    answers.append(client.get(answers[-1].location))
    assert [one.headers.getlist("Set-Cookie") for one in answers] == [[], [], [], []]


def test_every_page_asks_robots_to_leave_and_caches_to_forget(client, meeting):
    sent = sign_up(client, meeting)
    done = client.get(sent.location)
    for page in (client.get(register_url(meeting)), done):
        assert tree_of(page).find(".//meta[@name='robots']").get("content") == "noindex"
    assert sent.headers["Cache-Control"] == done.headers["Cache-Control"] == "no-store"


def test_registering_one_person_takes_at_most_twelve_statements(client, meeting, statements):
    url = register_url(meeting)
    fields = form_fields(client.get(url))
    with statements() as seen:
        sent = client.post(
            url,
            data=fields | fill({"name": "A B", "email": "a@example.org", "organisation": "X"}),
        )
    assert sent.status_code == 303
    assert len(seen) <= 12, "\n".join(seen)


def test_each_further_person_takes_at_most_three_statements_more(client, meeting, statements):
    url = register_url(meeting)
    fields = form_fields(client.get(url))
    people = [{"name": f"Osoba {n}", "email": f"{n}@example.org", "organisation": f"O {n}"} for n in range(6)]
    with statements() as seen:
        sent = client.post(url, data=fields | fill(*people))
    assert sent.status_code == 303
    assert len(seen) <= 12 + 5 * 3, "\n".join(seen)


NASTY = {
    "ten thousand": "x" * 10_000,
    "nul": "a\x00b",
    "right to left": "\u202eabc\u200f",
    "only invisible": "\u200f\u200d",
    "emoji": "👩\u200d👩\u200d👧 🇨🇿",
    "line breaks": "Jana\r\nBcc: all@example.org",
    "template": "{{7*7}}${7*7}{%raw%}",
    "markup": '<script>alert(1)</script>"><img src=x onerror=alert(1)>',
    "formula": "=HYPERLINK(1)",
    "long fold": "\ufdfa" * 200,
    "combining": "e" + "\u0301" * 150,
    "surrogate pair": "\U0001f600" * 100,
    "separators": "a\u2028b\u2029c\x85d",
    "sql": "'; DROP TABLE attendees; --",
    "encoded word": "=?utf-8?q?=0d=0aBcc:_x?=",
}


@pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY.keys())
def test_hostile_text_is_refused_or_shown_as_text(client, session, meeting, nasty):
    good = {"name": OLENA[0], "email": OLENA[1], "consent": "y"}
    fields = form_fields(client.get(register_url(meeting)))
    for name in TYPED:
        sent = client.post(register_url(meeting), data=fields | fill(good | {name: nasty}))
        assert sent.status_code in (303, 422), name
        page = client.get(sent.location) if sent.status_code == 303 else sent
        shown = page.get_data(as_text=True)
        assert page.status_code in (200, 422)
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
    assert len(form_fields(client.post(register_url(meeting), data=fields | {"people-0-name": nasty}))) > 3
    assert all("\x00" not in row.name for row in attendees(session))


def test_lone_surrogates_and_broken_bytes_are_no_error_of_the_server(client, session, meeting):
    fields = form_fields(client.get(register_url(meeting)))
    for raw in (b"%ED%A0%80abc", b"%FF%FEabc", b"%C3%28"):
        body = b"form_key=%s&people-0-name=%s&people-0-email=a%%40example.org" % (
            fields["form_key"].encode(),
            raw,
        )
        sent = client.post(register_url(meeting), data=body, content_type="application/x-www-form-urlencoded")
        assert sent.status_code in (303, 422)


@pytest.mark.parametrize(
    "fields",
    [
        {"people-²-name": "x"},
        {f"people-{'9' * 5000}-name": "x"},
        {"people-99-name": "x"},
        {"people": "x"},
        {"people-0": "x"},
        {"people-0-name-1": "x"},
        {"people--1-name": "x"},
        {"people-0-consent": "maybe", "people-0-organisation_kind": "spies"},
    ],
)
def test_fields_with_odd_names_are_no_error_of_the_server(client, session, meeting, fields):
    answer = client.post(register_url(meeting), data={"form_key": key(client, meeting)} | fields)
    assert answer.status_code == 422
    assert client.post(register_url(meeting), data=fields | {"add": "1"}).status_code == 200
    assert attendees(session) == []
