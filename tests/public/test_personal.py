"""Behind the personal link: what it shows, and cancel, undo, replace, erase, the others of a party."""

from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.base import clock
from app.domain.history.service import organiser
from app.domain.meetings.models import Format, Meeting
from app.domain.outbox.models import Calendar, Kind
from app.domain.registration import changes, personal, seating
from app.domain.registration import organiser as organisers
from app.domain.registration.commands import Needs
from app.domain.registration.models import Attendee, Mode, Place
from tests.calendar_checks import assert_well_formed, read_the_same
from tests.factories import make_contact, make_meeting, person, register
from tests.public.registration_pages import (
    attendees,
    form_fields,
    letters,
    main_of,
    place_of,
    tree_of,
    words,
)

DOMAIN = "example.org"


@pytest.fixture
def meeting(session):
    found = make_meeting(session, contact_id=make_contact(session).id, capacity=2)
    session.commit()
    return found


@pytest.fixture
def olena(session, meeting):
    (row,) = register(session, meeting, "Olena Ševčenková")
    session.commit()
    return row


def page_url(row, lang="en"):
    return f"/{lang}/my/{row.token}/"


def press(client, row, act, **more):
    """Open the personal page and press a button of it."""
    fields = form_fields(client.get(page_url(row)), f"/{act}")
    return client.post(f"{page_url(row)}{act}", data=fields | more)


def test_the_page_says_the_state_first_and_then_the_facts(client, olena):
    page = client.get(page_url(olena))
    assert place_of(page) == "confirmed"
    for said in (
        "You are coming. You have a seat.",
        "Olena Ševčenková",
        "Architects' Hall, Old Town Hall",
        "Step-free entrance from the square.",
        "Show on a map",
        "See the programme and details",
        "platforma@example.org",
    ):
        assert said in words(page)


def test_who_waits_sees_the_position(client, session, meeting):
    register(session, meeting, "A B", "C D", "E F")
    (last,) = register(session, meeting, "G H")
    session.commit()
    page = client.get(page_url(last))
    assert place_of(page) == "waiting"
    assert "You are on the waiting list, number 2." in words(page)
    assert "Download the calendar invite" not in words(page)
    assert client.get(f"{page_url(last)}invite.ics").status_code == 404


def test_cancelling_can_be_undone_on_the_same_page(client, session, meeting, olena):
    sent = press(client, olena, "cancel")
    assert (sent.status_code, sent.location) == (303, page_url(olena))
    page = client.get(sent.location)
    assert place_of(page) == "declined"
    assert "You have cancelled your registration." in words(page)
    assert client.get(page_url(olena)).status_code == 200
    back = press(client, olena, "undo")
    assert back.status_code == 303
    page = client.get(back.location)
    assert place_of(page) == "confirmed"
    assert "Your registration is back." in words(page)
    kinds = [(one.kind, one.calendar) for one in letters(session)]
    assert kinds == [
        (Kind.CONFIRMED, Calendar.REQUEST),
        (Kind.CANCELLED, Calendar.CANCEL),
        (Kind.CONFIRMED, Calendar.REQUEST),
    ]


def test_undo_after_the_seat_is_gone_leads_to_the_head_of_the_queue(client, session, meeting, olena):
    register(session, meeting, "A B", "C D", "E F")
    session.commit()
    press(client, olena, "cancel")
    page = client.get(press(client, olena, "undo").location)
    assert place_of(page) == "waiting"
    assert "You are on the waiting list, number 1." in words(page)


def test_pressing_twice_is_like_pressing_once(client, session, olena):
    fields = form_fields(client.get(page_url(olena)), "/cancel")
    for _try in range(2):
        assert client.post(f"{page_url(olena)}cancel", data=fields).status_code == 303
    assert len(letters(session)) == 2
    for _try in range(2):
        assert client.post(f"{page_url(olena)}undo", data=fields).status_code == 303
    assert len(letters(session)) == 3


def test_undo_after_registering_anew_says_so(client, session, meeting, olena):
    press(client, olena, "cancel")
    fields = form_fields(client.get(page_url(olena)), "/undo")
    register(session, meeting, "Olena Ševčenková")
    session.commit()
    page = client.post(f"{page_url(olena)}undo", data=fields)
    assert page.status_code == 422
    assert "You have registered again meanwhile." in words(page)


def test_what_the_organiser_took_away_cannot_be_taken_back(client, session, olena):
    personal.cancel(session, olena.id, now=clock.now(), actor=organiser(1))
    session.commit()
    page = client.get(page_url(olena))
    assert place_of(page) == "cancelled"
    assert "The organiser cancelled your registration." in words(page)
    assert not [one for one in main_of(page).iter("form") if one.get("action").endswith("/undo")]
    sent = client.post(f"{page_url(olena)}undo", data=form_fields(page, "/replace"))
    assert sent.status_code == 422
    assert "The organiser cancelled this registration." in words(sent)


def test_a_meeting_that_was_called_off_says_so(client, session, meeting, olena):
    changes.call_off(
        session, meeting.id, reason={"en": "The speaker is ill."}, now=clock.now(), actor=organiser(1)
    )
    session.commit()
    page = client.get(page_url(olena))
    assert "This meeting has been called off. The speaker is ill." in words(page)
    assert place_of(page) == "confirmed"
    acts = [one.get("action").rpartition(olena.token)[2] for one in main_of(page).iter("form")]
    assert acts == ["/calendar/", "/replace"]
    assert client.get(f"{page_url(olena)}invite.ics").status_code == 404
    sent = client.post(f"{page_url(olena)}cancel", data=form_fields(page, "/replace"))
    assert sent.status_code == 422


def test_after_the_meeting_only_reading_is_left(client, meeting, olena):
    with time_machine.travel(meeting.ends_at + timedelta(minutes=1)):
        page = client.get(page_url(olena))
        assert "This meeting is over." in words(page)
        fields = form_fields(page, "/replace")
        assert client.post(f"{page_url(olena)}cancel", data=fields).status_code == 422
        for act in ("change", "cancel"):
            assert client.get(f"{page_url(olena)}{act}").location == page_url(olena)
        assert client.get(f"{page_url(olena)}invite.ics").status_code == 404


def test_a_maybe_keeps_its_seat(client, session, olena):
    session.execute(update(Attendee).values(answer="maybe"))
    session.commit()
    assert "You said maybe. We keep your seat." in words(client.get(page_url(olena)))


def test_the_online_link_is_for_the_confirmed_online_alone(client, session):
    meeting = make_meeting(
        session,
        format=Format.HYBRID,
        online_url="https://video.example.org/room",
        capacity=5,
        online_capacity=1,
    )
    rows = [
        register(session, meeting, person(name, mode=mode))[0]
        for name, mode in (("A B", Mode.ROOM), ("C D", Mode.ONLINE), ("E F", Mode.ONLINE))
    ]
    session.commit()
    seen = ["video.example.org" in client.get(page_url(row)).get_data(as_text=True) for row in rows]
    assert seen == [False, True, False]


def test_the_invite_is_the_one_that_was_sent(client, session, meeting, olena):
    answer = client.get(f"{page_url(olena)}invite.ics")
    assert answer.mimetype == "text/calendar"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="invite.ics"'
    assert_well_formed(answer.data)
    event = read_the_same(answer.data)
    assert (event.method, event.uid) == ("REQUEST", olena.uid)
    assert event.sequence == meeting.revision + olena.revision
    assert answer.data == client.get(f"{page_url(olena)}invite.ics").data


def test_a_replaced_link_stops_working_and_the_new_one_is_mailed(client, session, olena):
    old = page_url(olena)
    sent = press(client, olena, "replace")
    assert sent.status_code == 303
    page = client.get(sent.location)
    assert "We have sent the new link to your e-mail." in words(page)
    gone = client.get(old)
    assert gone.status_code == 404
    assert "Send me my link again" in words(gone)
    (row,) = attendees(session)
    assert row.token not in page.get_data(as_text=True)
    assert client.get(page_url(row)).status_code == 200
    last = letters(session)[-1]
    assert (last.kind, last.facts["replaced"]) == (Kind.LINK_AGAIN, True)
    assert row.token not in str(last.facts)


def test_erasing_asks_first_and_then_forgets(client, session, olena):
    ask = client.get(f"{page_url(olena)}erase")
    assert "This cannot be undone." in words(ask)
    assert attendees(session)[0].name
    sent = client.post(f"{page_url(olena)}erase", data=form_fields(ask, "/erase"))
    assert sent.status_code == 303
    assert "We erased everything about you" in words(client.get(sent.location))
    (row,) = attendees(session)
    assert (row.name, row.email, row.place) == ("", None, Place.DECLINED)
    assert row.erased_at is not None
    assert client.get(page_url(row)).status_code == 404


def test_the_letter_s_anchor_for_erasing_is_there(client, olena):
    assert main_of(client.get(page_url(olena))).find(".//*[@id='erase']") is not None


def test_a_link_left_behind_by_a_corrected_address_is_gone(client, session, olena):
    organisers.correct_address(
        session, olena.id, "new@example.org", now=clock.now(), actor=organiser(1), mail_domain=DOMAIN
    )
    session.commit()
    for act in ("", "change", "cancel", "erase", "invite.ics"):
        assert client.get(f"{page_url(olena)}{act}").status_code == 410, act
    for act in ("cancel", "undo", "replace", "erase", "others/1"):
        assert client.post(f"{page_url(olena)}{act}", data={}).status_code == 410, act


@pytest.mark.parametrize("token", ["x", "A" * 22, "%ED%A0%80", "a" * 3000, "' OR 1=1"])
def test_an_unknown_link_is_not_found_and_helps_on(client, olena, token):
    page = client.get(f"/en/my/{token}/")
    assert page.status_code == 404
    assert client.post(f"/en/my/{token}/cancel", data={}).status_code == 404


def test_reading_changes_nothing(client, session, olena):
    for act in ("", "change", "cancel", "erase", "invite.ics"):
        assert client.get(f"{page_url(olena)}{act}").status_code == 200
        assert FlaskClient.open(client, f"{page_url(olena)}{act}", method="HEAD").status_code == 200
    for act in ("undo", "replace", "others/1"):
        assert client.get(f"{page_url(olena)}{act}").status_code == 405
    (row,) = attendees(session)
    assert (row.place, row.token, row.revision) == (Place.CONFIRMED, olena.token, 0)
    assert len(letters(session)) == 1


@pytest.mark.parametrize("act", ["cancel", "undo", "replace", "erase", "others/1", "change"])
@pytest.mark.parametrize("key", [None, "stale"])
def test_a_post_without_our_key_does_nothing(client, session, olena, act, key):
    page = client.post(f"{page_url(olena)}{act}", data={} if key is None else {"form_key": key})
    assert page.status_code == 422
    (row,) = attendees(session)
    assert (row.place, row.token) == (Place.CONFIRMED, olena.token)


def test_no_cookie_no_cache_no_robots(client, olena):
    pages = [client.get(f"{page_url(olena)}{act}") for act in ("", "change", "cancel", "erase", "invite.ics")]
    pages += [client.get(f"/en/my/{name}") for name in ("", "sent/", "replaced/", "erased/")]
    pages.append(press(client, olena, "cancel"))
    pages.append(press(client, olena, "undo"))
    for page in pages:
        assert page.headers.getlist("Set-Cookie") == []
        assert page.headers["Cache-Control"] == "no-store"
        if page.status_code == 200 and page.mimetype == "text/html":
            assert tree_of(page).find(".//meta[@name='robots']").get("content") == "noindex"


def test_the_token_leaks_into_no_outgoing_address(client, olena):
    page = client.get(page_url(olena))
    outgoing = [
        link.get("href") for link in main_of(page).iter("a") if (link.get("href") or "").startswith("http")
    ]
    assert outgoing
    assert not [link for link in outgoing if olena.token in link]
    assert page.headers["Referrer-Policy"] == "same-origin"


class TestParty:
    """Six hands on one form: who sees and cancels whom."""

    @pytest.fixture
    def party(self, session, meeting):
        session.execute(update(Meeting).values(capacity=10))
        rows = register(
            session,
            meeting,
            person("Olena Ševčenková"),
            person("Petr Říha", needs=Needs(diet="bez lepku", consent_text="ano")),
            person("Jana Nová"),
        )
        session.commit()
        return rows

    def test_the_registrant_sees_names_and_states_only(self, client, party):
        page = words(client.get(page_url(party[0])))
        assert "You also registered" in page
        assert "Petr Říha coming Cancel for this person Petr Říha" in page
        assert "petr.riha@example.org" not in page
        assert "bez lepku" not in page

    def test_the_others_see_who_registered_them_and_nobody_else(self, client, party):
        page = words(client.get(page_url(party[1])))
        assert "Registered by Olena Ševčenková" in page
        assert "Jana" not in page
        assert "Somebody else registered you." in page

    def test_the_registrant_cancels_one_and_the_person_can_take_it_back(self, client, session, party):
        sent = press(client, party[0], "others/1")
        assert sent.status_code == 303
        page = client.get(sent.location)
        assert "Petr Říha not coming" in words(page)
        assert place_of(page) == "confirmed"
        assert place_of(client.get(page_url(party[1]))) == "declined"
        assert letters(session)[-1].recipient == "petr.riha@example.org"
        assert press(client, party[1], "undo").status_code == 303
        assert "Petr Říha coming" in words(client.get(page_url(party[0])))

    def test_nobody_else_cancels_others(self, client, session, party):
        key = form_fields(client.get(page_url(party[1])), "/cancel")
        for position in (0, 1, 2, 5, 2**40):
            sent = client.post(f"{page_url(party[1])}others/{position}", data=key)
            assert sent.status_code == 404, position
        for position in (0, 3, 2**40):
            assert client.post(f"{page_url(party[0])}others/{position}", data=key).status_code == 404
        assert all(row.place == Place.CONFIRMED for row in attendees(session))

    def test_an_erased_person_is_on_the_list_no_longer(self, client, session, party):
        sent = client.post(
            f"{page_url(party[1])}erase", data=form_fields(client.get(f"{page_url(party[1])}erase"), "/erase")
        )
        assert sent.status_code == 303
        page = words(client.get(page_url(party[0])))
        assert "Petr" not in page
        assert "Jana Nová" in page
        key = form_fields(client.get(page_url(party[0])), "/cancel")
        assert client.post(f"{page_url(party[0])}others/1", data=key).status_code == 404

    def test_somebody_registered_before_looks_and_cancels_like_the_others(self, client, session, meeting):
        session.execute(update(Meeting).values(capacity=10))
        (known,) = register(session, meeting, "Petr Říha")
        olena, _jana = register(session, meeting, "Olena Ševčenková", "Petr Říha", "Jana Nová")
        session.commit()
        before = words(client.get(page_url(olena)))
        assert "Petr Říha coming Cancel for this person Petr Říha" in before
        assert "Jana Nová coming Cancel for this person Jana Nová" in before
        for position in (1, 2):
            assert press(client, olena, f"others/{position}").status_code == 303
        after = words(client.get(page_url(olena)))
        assert "Petr Říha not coming" in after
        assert "Jana Nová not coming" in after
        assert session.scalar(select(Attendee.place).where(Attendee.id == known.id)) == Place.CONFIRMED


def test_cancelling_moves_the_next_one_up(client, session, meeting):
    rows = [register(session, meeting, name)[0] for name in ("A B", "C D", "E F")]
    session.commit()
    press(client, rows[0], "cancel")
    third = attendees(session)[2]
    assert third.place == Place.CONFIRMED
    assert seating.queue_position(session, third) == 0
    assert place_of(client.get(page_url(third))) == "confirmed"


def test_letters_tell_the_registered_address_of_each_act(client, session, olena):
    press(client, olena, "cancel")
    press(client, olena, "undo")
    press(client, olena, "replace")
    assert {one.recipient for one in letters(session)} == {olena.email}
    assert len(letters(session)) == 4


def test_a_person_without_an_address_has_no_letters_to_ask_for(client, session, meeting):
    row = organisers.add_by_hand(
        session,
        meeting.id,
        person("Bez Adresy", None),
        language="cs",
        note="",
        now=clock.now(),
        actor=organiser(1),
        mail_domain=DOMAIN,
    )
    row.email = row.email_key = None
    session.commit()
    page = client.get(page_url(row))
    assert "Replace the link" not in words(page)
    assert client.get(f"{page_url(row)}invite.ics").status_code == 404
