from __future__ import annotations

from datetime import timedelta

import pytest

from app.base import clock
from app.domain.accounts.models import Role
from app.domain.history import service as history
from app.domain.history.models import Entry
from app.domain.meetings.models import Format, MeetingState
from app.domain.outbox.models import Calendar, Kind, Letter, State
from app.domain.registration import changes, organiser, personal, rules
from app.domain.registration.commands import Change, Needs
from app.domain.registration.models import Attendee, Mode, Place
from app.domain.registration.organiser import send_again
from app.domain.reports.names import sort_key_of
from tests.factories import DOMAIN, make_account, make_meeting, make_series, person, register
from tests.workspace.desk import Desk

BOSS = history.organiser(1)


@pytest.fixture
def desk(app, session):
    return Desk(app, session, make_account(session, Role.ORGANISER))


@pytest.fixture
def viewer(app, session):
    return Desk(app, session, make_account(session, Role.VIEWER))


@pytest.fixture
def meeting(session):
    meeting = make_meeting(session, capacity=1)
    session.commit()
    return meeting


@pytest.fixture
def olena(session, meeting):
    needs = Needs(interpreter="ukrajinština", access="vozík", consent_text="Souhlasím.")
    (row,) = register(session, meeting, person("Olena Ševčenková", organisation="Spolek", needs=needs))
    session.commit()
    return row


@pytest.fixture
def eva(session, meeting, olena):
    """She waits."""
    (row,) = register(session, meeting, "Eva Černá")
    session.commit()
    return row


def address(row, act=""):
    return f"/workspace/meetings/{row.meeting_id}/attendees/{row.id}/{act}"


def fresh(session, row):
    session.rollback()
    return session.get(Attendee, row.id)


def letters(session, row):
    session.rollback()
    return session.query(Letter).filter_by(attendee_id=row.id).order_by(Letter.id).all()


def test_the_page_tells_everything(desk, olena):
    markup = desk.read(address(olena))
    for text in (
        "Olena Ševčenková",
        "Ševčenková, Olena",
        "Spolek",
        "vozík",
        "Registered and got a seat.",
        "Confirmation",
    ):
        assert text in markup


def test_a_viewer_sees_neither_needs_nor_forms(viewer, olena):
    markup = viewer.read(address(olena))
    assert "vozík" not in markup
    assert "Your role does not see what people need." in markup
    assert "Your role may only look." in markup
    assert "/note" not in markup


@pytest.mark.parametrize("act", ["cancel", "undo", "move-up", "note", "address", "sort-name"])
def test_a_viewer_may_do_nothing(viewer, session, olena, act):
    assert viewer.post(address(olena, act), note="x", email="x@example.org", sort_name="x").status_code == 403
    assert fresh(session, olena).place == Place.CONFIRMED


@pytest.mark.parametrize("act", ["cancel", "undo", "move-up", "note", "address", "sort-name"])
def test_nobody_is_found_through_another_meeting(desk, session, olena, act):
    other = make_meeting(session, starts_at=clock.now() + timedelta(days=60), number=66)
    session.commit()
    path = f"/workspace/meetings/{other.id}/attendees/{olena.id}/"
    assert desk.get(path).status_code == 404
    assert desk.post(path + act, note="x", email="x@example.org", sort_name="x").status_code == 404


def test_another_series_is_not_there(app, session, olena):
    other = make_series(session, "Jiná řada")
    bound = Desk(app, session, make_account(session, Role.ORGANISER, email="b@example.org", series=(other,)))
    assert bound.get(address(olena)).status_code == 404
    assert bound.post(address(olena, "cancel")).status_code == 404


def test_a_post_without_its_token_does_nothing(desk, session, olena):
    answer = desk.post(address(olena, "cancel"), csrf_token="")
    assert answer.status_code in (400, 422)
    assert fresh(session, olena).place == Place.CONFIRMED


def test_cancel_and_undo(desk, session, olena):
    answer = desk.post(address(olena, "cancel"), reason="Sál je menší.")
    assert answer.status_code == 303
    assert fresh(session, olena).place == Place.CANCELLED
    assert letters(session, olena)[-1].facts["reason"] == "Sál je menší."
    page = desk.read(answer.headers["Location"])
    assert "The place of Olena Ševčenková is cancelled. A letter tells them." in page
    assert f'action="{address(olena, "undo")}"' in page
    back = desk.post(address(olena, "undo"), follow=True).text
    assert "Olena Ševčenková is back and has a seat." in back
    assert fresh(session, olena).place == Place.CONFIRMED


def test_the_undo_button_lasts_till_the_next_page(desk, olena):
    where = desk.post(address(olena, "cancel")).headers["Location"]
    assert ">Undo" in desk.read(where)
    assert ">Undo" not in desk.read(address(olena))


def test_undo_without_a_seat_says_who_waits(desk, session, olena, eva):
    desk.post(address(olena, "cancel"))
    assert fresh(session, eva).place == Place.CONFIRMED
    assert "they wait first in the queue" in desk.post(address(olena, "undo"), follow=True).text


def test_undo_after_registering_anew_is_refused(desk, session, meeting, olena):
    desk.post(address(olena, "cancel"))
    session.rollback()
    register(session, meeting, "Olena Ševčenková")
    session.commit()
    answer = desk.post(address(olena, "undo"))
    assert answer.status_code == 409
    assert "Somebody with this name and address is on the list already." in answer.text


def test_too_long_a_reason_is_kept_and_nothing_happens(desk, session, olena):
    answer = desk.post(address(olena, "cancel"), reason="x" * 1001)
    assert answer.status_code == 422
    assert "x" * 1001 in answer.text
    assert fresh(session, olena).place == Place.CONFIRMED


def test_nothing_changes_after_the_start(desk, session, meeting, olena):
    meeting.starts_at, meeting.ends_at = clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1)
    session.commit()
    answer = desk.post(address(olena, "cancel"))
    assert answer.status_code == 409
    assert "The meeting has begun" in answer.text


def test_moving_up_needs_a_seat_or_a_chair(desk, session, meeting, eva):
    answer = desk.post(address(eva, "move-up"))
    assert answer.status_code == 409
    assert "Every seat is taken. You can add a chair." in answer.text
    assert "Add a chair and move up" in answer.text
    done = desk.post(address(eva, "move-up"), follow=True, chair="1").text
    assert "Eva Černá has a seat now." in done
    assert fresh(session, eva).place == Place.CONFIRMED
    assert session.get(type(meeting), meeting.id).capacity == 2


def test_a_note_is_kept(desk, session, olena):
    assert (
        "The note is saved."
        in desk.post(address(olena, "note"), follow=True, note="Přijde dřív.\nSama.").text
    )
    assert fresh(session, olena).note == "Přijde dřív.\nSama."


@pytest.mark.parametrize("note", ["a\x00b", "x" * 2001])
def test_a_note_that_cannot_be_kept_is_shown_again(desk, session, olena, note):
    answer = desk.post(address(olena, "note"), note=note)
    assert answer.status_code == 422
    assert fresh(session, olena).note == ""


def test_an_address_is_corrected_on_a_new_row(desk, session, olena):
    desk.post(address(olena, "note"), note="u okna")
    answer = desk.post(address(olena, "address"), email="olena.nova@example.org")
    old = fresh(session, olena)
    new = session.query(Attendee).filter_by(previous_id=old.id).one()
    assert answer.headers["Location"] == address(new)
    page = desk.read(address(new))
    assert "The address is olena.nova@example.org now." in page
    for text in ("u okna", "The e-mail address was corrected.", "Registered and got a seat.", "vozík"):
        assert text in page
    assert (old.place, new.place, new.note) == (Place.CANCELLED, Place.CONFIRMED, "u okna")
    assert "Open the present page of this person" in desk.read(address(old))


def test_a_replaced_row_cannot_come_back(desk, session, olena):
    desk.post(address(olena, "address"), email="olena.nova@example.org")
    answer = desk.post(address(olena, "undo"))
    assert answer.status_code == 409
    assert "This person has another address now." in answer.text
    assert fresh(session, olena).place == Place.CANCELLED


@pytest.mark.parametrize("email", ["", "not an address", "x" * 300 + "@example.org"])
def test_a_wrong_address_is_kept_as_typed(desk, session, olena, email):
    answer = desk.post(address(olena, "address"), email=email)
    assert answer.status_code == 422
    assert f'value="{email}"' in answer.text
    assert fresh(session, olena).place == Place.CONFIRMED


def test_an_address_that_is_taken_is_refused(desk, session, meeting, olena):
    register(session, meeting, person("Olena Ševčenková", email="jina@example.org"))
    session.commit()
    answer = desk.post(address(olena, "address"), email="jina@example.org")
    assert answer.status_code == 409
    assert 'value="jina@example.org"' in answer.text


def test_the_name_for_sorting_is_corrected_and_stays(desk, session, meeting):
    (mai,) = register(session, meeting, "Nguyen Thi Mai")
    session.commit()
    desk.post(address(mai, "sort-name"), sort_name="Nguyen, Thi Mai")
    assert "Nguyen, Thi Mai" in desk.read(address(mai))
    change = Change(
        name=mai.name,
        organisation="Škola",
        organisation_kind=None,
        mode=Mode.ROOM,
        language="cs",
        needs=Needs(),
    )
    session.rollback()
    personal.change(session, mai.id, change, now=clock.now(), actor=history.ATTENDEE)
    session.commit()
    assert fresh(session, mai).sort_key == sort_key_of("Nguyen, Thi Mai")


def test_history_names_who_did_it_and_takes_unknown_acts(desk, session, olena):
    desk.post(address(olena, "note"), note="x")
    session.rollback()
    for act, details in (
        ("attendee:teleport", {}),
        ("attendee:add", {"place": "moon"}),
        ("attendee:cancel", {"%": 1}),
    ):
        history.record(
            session, act, subject_id=olena.id, actor=history.organiser(99), now=clock.now(), **details
        )
    session.commit()
    markup = desk.read(address(olena))
    for text in (
        "The organiser&#39;s note was changed.",
        "Organiser",
        "attendee:teleport",
        "an account that is gone",
    ):
        assert text in markup


def test_a_party_is_shown_together(desk, session, meeting):
    first, second = register(session, meeting, "Petr Novák", "Jana Nováková")
    session.commit()
    assert "Jana Nováková" in desk.read(address(first))
    assert "registered the others" in desk.read(address(second))


def test_who_was_erased_has_no_page(desk, session, olena):
    olena.erased_at = clock.now()
    session.commit()
    assert desk.get(address(olena)).status_code == 404


# --- adding by hand -----------------------------------------------------------------------------------------


def add_address(meeting):
    return f"/workspace/meetings/{meeting.id}/attendees/add/"


def test_somebody_is_added_by_hand(desk, session, meeting):
    answer = desk.post(
        add_address(meeting),
        name="Petr Novák",
        email="petr@example.org",
        organisation="Praha 5",
        kind="district",
        mode="room",
        language="cs",
        note="volal",
    )
    assert answer.status_code == 303
    session.rollback()
    row = session.query(Attendee).one()
    assert (row.name, row.organisation_kind, row.language, row.note) == (
        "Petr Novák",
        "district",
        "cs",
        "volal",
    )
    assert letters(session, row)[0].kind == Kind.ADDED
    page = desk.read(answer.headers["Location"])
    assert "Petr Novák is on the list." in page
    assert f'action="{address(row, "cancel")}"' in page


def test_somebody_without_an_address_gets_no_letter(desk, session, meeting):
    answer = desk.post(add_address(meeting), name="Petr Novák", mode="room", language="en", follow=True)
    assert "no address, so no letters" in answer.text
    session.rollback()
    assert session.query(Letter).count() == 0


def test_who_is_added_to_a_full_room_waits(desk, meeting, olena):
    text = desk.post(add_address(meeting), name="Petr Novák", mode="room", language="en", follow=True).text
    assert "Petr Novák is on the list and waits for a seat." in text


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"email": "x"},
        {"kind": "guild"},
        {"language": "tlh"},
        {"name": "a\x00"},
    ],
)
def test_what_was_typed_is_kept(desk, session, meeting, wrong):
    fields = {
        "name": "Petr Novák",
        "email": "p@example.org",
        "organisation": "Praha 5",
        "mode": "room",
        "language": "en",
    }
    answer = desk.post(add_address(meeting), **(fields | wrong))
    assert answer.status_code == 422
    assert 'value="Praha 5"' in answer.text
    session.rollback()
    assert session.query(Attendee).count() == 0


def test_the_same_person_is_refused_with_what_was_typed(desk, meeting, olena):
    fields = {
        "name": olena.name,
        "email": olena.email,
        "organisation": "Jiná",
        "mode": "room",
        "language": "en",
    }
    answer = desk.post(add_address(meeting), **fields)
    assert answer.status_code == 409
    assert "Somebody with this name and address is on the list already." in answer.text
    assert 'value="Jiná"' in answer.text


def test_nobody_is_added_to_a_draft(desk, session):
    meeting = make_meeting(session, state=MeetingState.DRAFT)
    session.commit()
    answer = desk.post(add_address(meeting), name="Petr Novák", mode="room", language="en")
    assert answer.status_code == 409
    assert "Publish the meeting first" in answer.text


def test_a_hybrid_meeting_asks_how(desk, session):
    meeting = make_meeting(session, format=Format.HYBRID, online_url="https://example.org/x")
    session.commit()
    assert "How do they take part?" in desk.read(add_address(meeting))
    for mode in ("", "balcony"):
        assert desk.post(add_address(meeting), name="Petr Novák", mode=mode, language="en").status_code == 422
    desk.post(add_address(meeting), name="Petr Novák", mode="online", language="en")
    session.rollback()
    assert session.query(Attendee).one().mode == Mode.ONLINE


# --- sending again ------------------------------------------------------------------------------------------


def test_a_letter_is_sent_again_with_the_present_state(desk, session, olena):
    (letter,) = letters(session, olena)
    letter.state = State.SENT
    session.commit()
    assert "Send again" in desk.read(address(olena))
    answer = desk.post(f"/workspace/outbox/{letter.id}/again", back="attendee")
    assert answer.headers["Location"] == address(olena)
    newest = letters(session, olena)[-1]
    assert (newest.kind, newest.calendar, newest.state) == (Kind.CONFIRMED, Calendar.REQUEST, State.QUEUED)
    assert newest.message_id != letter.message_id


def sent(session, row, kind):
    found = next(one for one in letters(session, row) if one.kind == kind)
    found.state = State.SENT
    session.flush()
    return found


def refused(session, letter):
    with pytest.raises(rules.ChangeRefused) as caught:
        send_again(session, letter.id, now=clock.now(), actor=BOSS)
    return caught.value.reason


def test_an_invite_of_somebody_who_left_is_not_repeated(session, olena):
    personal.cancel(session, olena.id, now=clock.now(), actor=BOSS)
    session.commit()
    assert refused(session, sent(session, olena, Kind.CONFIRMED)) == "overtaken"


def test_a_cancel_of_somebody_who_came_back_is_not_repeated(session, olena):
    personal.cancel(session, olena.id, now=clock.now(), actor=BOSS)
    personal.undo_cancel(session, olena.id, now=clock.now(), actor=BOSS)
    session.commit()
    assert refused(session, sent(session, olena, Kind.CANCELLED)) == "overtaken"


def test_an_invite_to_a_meeting_that_was_called_off_is_not_repeated(session, meeting, olena):
    changes.call_off(session, meeting.id, reason={}, now=clock.now(), actor=BOSS)
    session.commit()
    assert refused(session, sent(session, olena, Kind.CONFIRMED)) == "overtaken"
    again = send_again(session, sent(session, olena, Kind.CALLED_OFF).id, now=clock.now(), actor=BOSS)
    assert again.calendar == Calendar.CANCEL


def test_a_letter_on_its_way_or_emptied_is_not_repeated(session, olena):
    (letter,) = letters(session, olena)
    assert refused(session, letter) == "under_way"
    letter.state, letter.facts, letter.recipient = State.SENT, {}, None
    session.flush()
    assert refused(session, letter) == "emptied"


def test_a_waiting_letter_is_not_repeated_after_moving_up(session, eva):
    organiser.move_up(session, eva.id, add_chair=True, now=clock.now(), actor=BOSS)
    session.commit()
    assert refused(session, sent(session, eva, Kind.WAITING)) == "overtaken"


def test_no_chair_after_the_start(session, meeting):
    with pytest.raises(rules.ChangeRefused):
        organiser.add_chair(session, meeting.id, "room", now=meeting.starts_at, actor=BOSS)


def test_history_holds_no_names(desk, session, olena):
    desk.post(address(olena, "cancel"), reason="Olena Ševčenková to ví")
    desk.post(address(olena, "undo"))
    desk.post(address(olena, "address"), email="o@example.org")
    session.rollback()
    kept = " ".join(str(entry.details) for entry in session.query(Entry))
    assert "Olena" not in kept
    assert "example.org" not in kept
    assert DOMAIN not in kept
