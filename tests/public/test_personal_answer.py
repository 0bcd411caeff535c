"""The page with the three buttons: every state and every answer, what it says and what it refuses."""

from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from app.base import clock
from app.domain.meetings.models import Format
from app.domain.outbox.models import Calendar, Kind
from app.domain.registration import changes, personal
from app.domain.registration import organiser as organisers
from app.domain.registration.models import Answer, Mode, Place
from app.web.form_key import new_form_key
from tests.calendar_checks import assert_well_formed, read_the_same
from tests.factories import DOMAIN, make_contact, make_meeting, person, register
from tests.public.personal_pages import BOSS, bring_to, invite, page_url, say
from tests.public.registration_pages import (
    attendees,
    form_fields,
    heading,
    letters,
    main_of,
    place_of,
    tree_of,
    words,
)

LIVE = ("invited", "pending", "confirmed", "maybe", "asked", "waiting")
BACK = ("declined", "declined invitation")
TAKEN = ("substituted", "released", "not approved", "cancelled")


@pytest.fixture
def meeting(session):
    deadline = (clock.now() + timedelta(days=9)).date()
    found = make_meeting(session, contact_id=make_contact(session).id, capacity=2, deadline=deadline)
    session.commit()
    return found


@pytest.fixture
def row_in(session, meeting):
    def make(state):
        row = bring_to(session, meeting, state)
        session.commit()
        return row

    return make


def by_day(meeting):
    return f"by {meeting.deadline.day} {meeting.deadline:%b} {meeting.deadline.year}"


def plain(page):
    return words(page).replace("\xa0", " ")


def fresh(session, row):
    return next(one for one in attendees(session) if one.id == row.id)


def buttons_of(page):
    return [one for one in main_of(page).iter("button") if one.get("name") == "answer"]


def test_the_page_names_the_meeting_the_person_and_the_day(client, meeting, row_in):
    page = client.get(page_url(row_in("invited"), "answer/"))
    assert heading(page) == "Will you come?"
    assert place_of(page) == "invited"
    for said in ("Housing and the move to renting", "Olena Ševčenková invited", by_day(meeting)):
        assert said in plain(page), said
    assert [one.get("value") for one in buttons_of(page)] == ["yes", "maybe", "no"]


@pytest.mark.parametrize(
    ("asked", "first"), [("yes", "yes"), ("maybe", "maybe"), ("no", "no"), ("delete", "yes")]
)
def test_the_address_says_which_button_is_first_and_no_more(client, session, row_in, asked, first):
    row = row_in("invited")
    page = client.get(page_url(row, f"answer/?answer={asked}"))
    assert buttons_of(page)[0].get("value") == first
    solid = [one.get("value") for one in buttons_of(page) if "second" not in one.get("class")]
    assert solid == [first]
    assert fresh(session, row).answer == Answer.NONE


@pytest.mark.parametrize("state", [*LIVE, *BACK, *TAKEN])
def test_reading_changes_nothing(client, session, row_in, state):
    row = row_in(state)
    before = (row.place, row.answer, row.answer_note, row.revision, row.token, len(letters(session)))
    answers = ("", "?answer=yes", "?answer=no", "?answer=maybe&note=x")
    for asked in answers:
        response = client.get(page_url(row, f"answer/{asked}"))
        assert response.status_code == (303 if state in TAKEN else 200)
        assert FlaskClient.open(client, page_url(row, f"answer/{asked}"), method="HEAD").status_code < 400
    now = fresh(session, row)
    assert (now.place, now.answer, now.answer_note, now.revision, now.token, len(letters(session))) == before


@pytest.mark.parametrize("said", ["yes", "maybe", "no"])
@pytest.mark.parametrize("state", [*LIVE, *BACK])
def test_each_answer_in_each_state(client, session, row_in, state, said):
    row = row_in(state)
    had_seat, number = row.place == Place.CONFIRMED, len(letters(session))
    same = (state, said) in {
        ("pending", "yes"), ("confirmed", "yes"), ("waiting", "yes"), ("maybe", "maybe"),
        ("declined", "no"), ("declined invitation", "no"),
    }  # fmt: skip
    sent = say(client, row, said, note="Přijdu později.")
    now = fresh(session, row)
    assert sent.status_code == 303
    assert (now.answer, now.answer_note) == (said, "Přijdu později.")
    stays = {"pending": Place.PENDING, "waiting": Place.WAITING}
    assert now.place == (Place.DECLINED if said == "no" else stays.get(state, Place.CONFIRMED))
    assert len(letters(session)) == number + (0 if same else 1)
    assert letters(session)[-1].recipient == row.email
    page = client.get(sent.location)
    assert place_of(page) == now.place
    assert "Přijdu později." in words(page)
    notice = "".join(main_of(page).find(".//div[@class='note success']").itertext())
    assert {
        "no": "Your seat goes to" if had_seat else "you cannot come",
        "maybe": "You have until" if now.place == Place.CONFIRMED else "Your answer is noted",
        "yes": "your answer is noted" if now.place == Place.CONFIRMED else "Your answer is noted",
    }[said] in notice


@pytest.mark.parametrize("said", ["yes", "maybe", "no"])
@pytest.mark.parametrize("state", TAKEN)
def test_a_place_that_was_taken_away_is_not_answered_back(client, session, row_in, state, said):
    row = row_in(state)
    before = (row.place, row.answer, row.answer_note)
    number = len(letters(session))
    page = client.post(
        page_url(row, "answer/"), data={"form_key": new_form_key(), "answer": said, "note": "Ale!"}
    )
    if said == "no":
        assert (page.status_code, page.location) == (303, page_url(row))
    else:
        assert page.status_code == 422
        reason = (
            "Your colleague comes instead of you." if state == "substituted" else "The organiser cancelled"
        )
        assert reason in words(page)
        assert "Ale!" in words(page)
    now = fresh(session, row)
    assert (now.place, now.answer, now.answer_note) == before
    assert len(letters(session)) == number


@pytest.mark.parametrize("state", ["invited", "waiting", "maybe"])
def test_pressing_twice_is_like_pressing_once(client, session, row_in, state):
    row = row_in(state)
    for said in ("maybe", "yes", "no"):
        fields = form_fields(client.get(page_url(row, "answer/")), "answer-form") | {"answer": said}
        assert client.post(page_url(row, "answer/"), data=fields).status_code == 303
        before, number = fresh(session, row), len(letters(session))
        facts = (before.place, before.revision, before.answer_at)
        assert client.post(page_url(row, "answer/"), data=fields).status_code == 303
        now = fresh(session, row)
        assert ((now.place, now.revision, now.answer_at), len(letters(session))) == (facts, number)


def test_a_seat_by_an_invitation_comes_with_its_invite(client, session, row_in):
    row = row_in("invited")
    page = client.get(say(client, row, "yes").location)
    assert "Thank you, your answer is noted." in words(page)
    assert "You are coming. You have a seat." in words(page)
    last = letters(session)[-1]
    assert (last.kind, last.calendar) == (Kind.CONFIRMED, Calendar.REQUEST)
    assert last.facts["invite"]["uid"] == row.uid


def test_a_full_room_is_said_before_and_after(client, session, meeting):
    register(session, meeting, "A B", "C D", "E F")
    (row,) = invite(session, meeting, "Olena Ševčenková")
    session.commit()
    page = client.get(page_url(row, "answer/"))
    assert "you would be number 2 on the waiting list" in words(page)
    page = client.get(say(client, row, "yes").location)
    assert place_of(page) == "waiting"
    assert "Your answer is noted, but every seat is taken. You are number 2 on the waiting list." in words(
        page
    )
    assert letters(session)[-1].calendar == Calendar.CANCEL


def test_a_no_lets_the_next_one_in(client, session, meeting):
    rows = [register(session, meeting, name)[0] for name in ("A B", "C D", "E F")]
    session.commit()
    page = client.get(say(client, rows[0], "no", note="Jsem nemocná.").location)
    assert "Your seat goes to somebody who waits." in words(page)
    assert [row.place for row in attendees(session)] == [Place.DECLINED, Place.CONFIRMED, Place.CONFIRMED]
    assert [one.kind for one in letters(session)][-2:] == [Kind.CANCELLED, Kind.MOVED_UP]


def test_a_meeting_without_a_deadline_asks_before_it_begins(client, session):
    found = make_meeting(session)
    (row,) = invite(session, found, "Olena Ševčenková")
    session.commit()
    assert "Please answer before the meeting begins." in words(client.get(page_url(row, "answer/")))
    page = client.get(say(client, row, "maybe").location)
    assert "You have until the meeting begins to decide." in words(page)
    assert "Please decide before the meeting begins." in words(client.get(page_url(row)))


class TestWay:
    """In the room or online, with the answer."""

    @pytest.fixture
    def hybrid(self, session):
        return make_meeting(
            session,
            format=Format.HYBRID,
            capacity=1,
            online_capacity=1,
            online_url="https://meet.example.org/x",
        )

    def test_whoever_is_invited_chooses(self, client, session, hybrid):
        (row,) = invite(session, hybrid, "Olena Ševčenková")
        session.commit()
        page = client.get(page_url(row, "answer/"))
        assert form_fields(page, "answer-form")["mode"] == "room"
        assert "1 seat left" in words(page)
        assert say(client, row, "yes", mode="online").status_code == 303
        now = fresh(session, row)
        assert (now.place, now.mode, now.answer) == (Place.CONFIRMED, Mode.ONLINE, Answer.YES)
        assert len(letters(session)) == 2

    def test_a_full_way_says_the_number(self, client, session, hybrid):
        register(session, hybrid, person("A B", mode=Mode.ONLINE))
        (row,) = invite(session, hybrid, "Olena Ševčenková")
        session.commit()
        assert "Full. You would be number 1" in words(client.get(page_url(row, "answer/")))
        assert place_of(client.get(say(client, row, "maybe", mode="online").location)) == "waiting"

    @pytest.mark.parametrize("mode", ["", "moon", "ROOM", "\x00"])
    def test_no_other_way_is_taken(self, client, session, hybrid, mode):
        (row,) = invite(session, hybrid, "Olena Ševčenková")
        session.commit()
        page = say(client, row, "yes", mode=mode, note="zůstane")
        assert page.status_code == 422
        assert "Choose how you take part." in words(page)
        assert form_fields(page, "answer-form")["note"] == "zůstane"
        assert fresh(session, row).place == Place.INVITED

    def test_a_meeting_in_one_way_asks_for_none(self, client, session, row_in):
        row = row_in("invited")
        assert "mode" not in form_fields(client.get(page_url(row, "answer/")), "answer-form")
        assert say(client, row, "yes", mode="online").status_code == 303
        assert fresh(session, row).mode == Mode.ROOM

    def test_a_seat_moves_with_the_answer(self, client, session, hybrid):
        first, second = (register(session, hybrid, name)[0] for name in ("A B", "C D"))
        session.commit()
        assert say(client, first, "maybe", mode="online").status_code == 303
        places = [(row.place, row.mode, row.answer) for row in attendees(session)]
        assert places[0] == (Place.CONFIRMED, Mode.ONLINE, Answer.MAYBE)
        assert places[1][0] == Place.CONFIRMED
        assert second.id == attendees(session)[1].id


class TestRefused:
    """What is not taken says why, and keeps what was typed."""

    @pytest.mark.parametrize("key", [None, "stale", "x" * 5000, "\x00"])
    def test_without_our_key(self, client, session, row_in, key):
        row = row_in("invited")
        data = {"answer": "yes", "note": "zůstane"} | ({} if key is None else {"form_key": key})
        page = client.post(page_url(row, "answer/"), data=data)
        assert page.status_code == 422
        fields = form_fields(page, "answer-form")
        assert fields["note"] == "zůstane"
        assert fresh(session, row).place == Place.INVITED
        assert client.post(page_url(row, "answer/"), data=fields | {"answer": "yes"}).status_code == 303

    @pytest.mark.parametrize("said", [None, "", "YES", "perhaps", "none", "\x00", "x" * 9000])
    def test_no_button_of_ours(self, client, session, row_in, said):
        row = row_in("invited")
        data = {"form_key": new_form_key(), "note": "zůstane"}
        page = client.post(page_url(row, "answer/"), data=data if said is None else data | {"answer": said})
        assert page.status_code == 422
        link = main_of(page).find(".//div[@role='alert']//a")
        assert (link.get("href"), "".join(link.itertext())) == (
            "#answer-0",
            "Press one of the three buttons.",
        )
        assert form_fields(page, "answer-form")["note"] == "zůstane"
        assert fresh(session, row).answer == Answer.NONE

    def test_a_filled_trap(self, client, session, row_in):
        row = row_in("invited")
        assert say(client, row, "yes", website="http://x").status_code == 422
        assert fresh(session, row).place == Place.INVITED

    @pytest.mark.parametrize("state", ["invited", "confirmed", "declined"])
    def test_once_it_has_begun(self, client, session, meeting, row_in, state):
        row = row_in(state)
        fields = form_fields(client.get(page_url(row, "answer/")), "answer-form") | {"note": "zůstane"}
        with time_machine.travel(meeting.starts_at + timedelta(minutes=1)):
            assert client.get(page_url(row, "answer/")).location == page_url(row)
            page = client.post(page_url(row, "answer/"), data=fields | {"answer": "yes"})
            if state == "confirmed":
                page = client.post(page_url(row, "answer/"), data=fields | {"answer": "maybe"})
            assert page.status_code == 422
            assert "The meeting has begun." in words(page)
            assert form_fields(page, "answer-form")["note"] == "zůstane"
            assert buttons_of(page) == []
        assert fresh(session, row).answer == row.answer

    def test_once_it_is_called_off(self, client, session, meeting, row_in):
        row = row_in("invited")
        fields = form_fields(client.get(page_url(row, "answer/")), "answer-form")
        changes.call_off(session, meeting.id, reason={"en": "Ill."}, now=clock.now(), actor=BOSS)
        session.commit()
        assert client.get(page_url(row, "answer/")).location == page_url(row)
        page = client.post(page_url(row, "answer/"), data=fields | {"answer": "yes"})
        assert page.status_code == 422
        assert "The meeting was called off." in words(page)
        assert fresh(session, row).place == Place.INVITED

    def test_who_has_registered_anew(self, client, session, meeting, row_in):
        row = row_in("declined")
        register(session, meeting, "Olena Ševčenková")
        session.commit()
        page = say(client, row, "yes")
        assert page.status_code == 422
        assert "You have registered again meanwhile." in words(page)

    def test_a_link_left_behind_by_a_corrected_address(self, client, session, row_in):
        row = row_in("invited")
        organisers.correct_address(
            session, row.id, "new@example.org", now=clock.now(), actor=BOSS, mail_domain=DOMAIN
        )
        session.commit()
        for act in ("answer/", "substitute/"):
            assert client.get(page_url(row, act)).status_code == 410
            assert client.post(page_url(row, act), data={"answer": "no"}).status_code == 410

    def test_an_unknown_or_replaced_link(self, client, session, row_in):
        row = row_in("invited")
        old = page_url(row, "answer/")
        personal.replace_link(session, row.id, now=clock.now(), actor=BOSS)
        session.commit()
        for url in (old, "/en/my/AAAAAAAAAAAAAAAAAAAAAA/answer/"):
            assert client.get(url).status_code == 404
            assert client.post(url, data={"form_key": new_form_key(), "answer": "no"}).status_code == 404


NOTES = (
    "x" * 501,
    "a\x00b",
    "<script>alert(1)</script>",
    "{{ 7*7 }}%(x)s",
    "\u202egnal",
    "👩\u200d👧" * 80,
    "a\r\n\r\nb\tc",
    "\ufdfa" * 500,
    "'; DROP TABLE attendees; --",
    "  \n ",
)


@pytest.mark.parametrize("note", NOTES, ids=range(len(NOTES)))
def test_hostile_notes_are_refused_or_shown_as_text(client, session, row_in, note):
    row = row_in("invited")
    sent = say(client, row, "no", note=note)
    assert sent.status_code in (303, 422)
    page = client.get(sent.location) if sent.status_code == 303 else sent
    assert "<script>alert" not in page.get_data(as_text=True)
    assert "49%" not in words(page)
    now = fresh(session, row)
    assert (now.answer == Answer.NO) == (sent.status_code == 303)
    assert len(now.answer_note) <= 500


def test_bytes_that_are_no_text_are_refused_or_replaced(client, session, row_in):
    row = row_in("invited")
    for field in ("note", "answer", "mode", "form_key", "website"):
        body = f"form_key={new_form_key()}&answer=no&{field}=%ED%A0%80%FF%00"
        page = client.post(
            page_url(row, "answer/"), data=body, content_type="application/x-www-form-urlencoded"
        )
        assert page.status_code in (303, 422), field
    assert fresh(session, row).place in (Place.INVITED, Place.DECLINED)


def test_too_long_a_note_says_how_long(client, row_in):
    page = say(client, row_in("invited"), "no", note="x" * 501)
    assert page.status_code == 422
    assert "use at most 500 characters" in words(page)
    assert form_fields(page, "answer-form")["note"] == "x" * 501
    assert buttons_of(page)[0].get("value") == "no"


def test_switching_the_language_keeps_the_word(client, session, row_in):
    row = row_in("invited")
    fields = form_fields(client.get(page_url(row, "answer/?answer=no")), "answer-form")
    page = client.post(
        page_url(row, "answer/?answer=no", "cs"), data=fields | {"note": "Ahoj", "switch": "1"}
    )
    assert page.status_code == 200
    assert form_fields(page, "answer-form")["note"] == "Ahoj"
    assert buttons_of(page)[0].get("value") == "no"
    assert main_of(page).find(".//*[@role='alert']") is None
    assert fresh(session, row).answer == Answer.NONE


def test_no_cookie_no_cache_no_robots(client, row_in):
    row = row_in("invited")
    for page in (client.get(page_url(row, "answer/")), say(client, row, "bad"), say(client, row, "maybe")):
        assert page.headers.getlist("Set-Cookie") == []
        assert page.headers["Cache-Control"] == "no-store"
        if page.status_code != 303:
            assert tree_of(page).find(".//meta[@name='robots']").get("content") == "noindex"


def test_the_invite_of_the_invited_asks_under_the_uid_of_the_mail(client, session, meeting, row_in):
    row = row_in("invited")
    answer = client.get(page_url(row, "invite.ics"))
    assert answer.status_code == 200
    assert_well_formed(answer.data)
    event = read_the_same(answer.data)
    assert (event.method, event.uid) == ("REQUEST", letters(session)[0].facts["invite"]["uid"])
    assert event.sequence == letters(session)[0].sequence
    assert b"PARTSTAT=NEEDS-ACTION" in answer.data.replace(b"\r\n ", b"")
    say(client, row, "maybe")
    assert b"PARTSTAT=TENTATIVE" in client.get(page_url(row, "invite.ics")).data.replace(b"\r\n ", b"")


@pytest.mark.parametrize("state", ["pending", "waiting", "declined", "released"])
def test_no_invite_without_a_seat(client, row_in, state):
    assert client.get(page_url(row_in(state), "invite.ics")).status_code == 404
