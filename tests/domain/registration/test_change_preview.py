"""What a preview shows of a change: whom it concerns, the letters themselves, and that nothing else is sent."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.domain.outbox.models import Letter, State
from app.domain.registration import change_preview, changes, edit_meeting, personal, progress
from app.domain.registration.changes import Plan
from app.domain.registration.models import Attendee, Mode, Place
from tests.domain.registration.cast import DESK, NOW, START, hybrid, later, letters_to, small_meeting
from tests.factories import SLOTS, meeting_text, person, register

A, B, C = "Adam Adamec", "Běla Bílá", "Cyril Cajthaml"
HOUR = timedelta(hours=1)


def text_of(session, meeting, **values):
    names = ("starts_at", "ends_at", "capacity", "format", "online_capacity", "online_url", "venue", "title")
    present = {name: getattr(meeting, name) for name in (*names, "contact_id", "series_id")}
    if "starts_at" in values:
        values.setdefault("ends_at", values["starts_at"] + 3 * HOUR)
    return meeting_text(session, **(present | values))


def save(session, meeting, text, *, at=1, plan=changes.TELL):
    return edit_meeting.edit(
        session, meeting.id, text, SLOTS, version=meeting.version, now=later(at), actor=DESK, plan=plan
    )[1]


def facts(letter):
    return {name: value for name, value in letter.facts.items() if name != "invite"}


def letters_written(session):
    session.flush()
    return session.scalar(select(func.count()).select_from(Letter))


@pytest.mark.parametrize("keep", [True, False])
def test_the_letters_shown_are_the_letters_sent(session, keep):
    meeting = small_meeting(session, 2)
    people = register(session, meeting, A, B, C, now=NOW)
    session.flush()
    people[1].language = "en"
    text = text_of(session, meeting, starts_at=START + HOUR, venue={"cs": "Jinde", "en": "Elsewhere"})

    shown = change_preview.of_edit(session, meeting, text, keep_answers=keep)
    letters = change_preview.samples(session, shown)

    assert (shown.told, shown.concerned, shown.moves) == (3, 3, True)
    assert {(one.language, one.place, one.number) for one in letters} == {
        ("cs", "confirmed", 1),
        ("en", "confirmed", 1),
        ("cs", "waiting", 1),
    }
    assert save(session, meeting, text, plan=Plan(keep_answers=keep, seen=shown.seen)) == 3
    for one in letters:
        attendee = session.get_one(Attendee, one.letter.attendee_id)
        (sent,) = [letter for letter in letters_to(session, attendee) if letter.kind == "rescheduled"]
        assert (sent.sequence, sent.calendar, sent.key) == (
            one.letter.sequence,
            one.letter.calendar,
            one.letter.key,
        )
        assert facts(sent) == facts(one.letter)
        assert sent.facts["invite"] == one.letter.facts["invite"]


def test_looking_changes_nothing(session):
    meeting = small_meeting(session, 2)
    register(session, meeting, A, now=NOW)
    session.commit()
    before = letters_written(session)
    text = text_of(session, meeting, starts_at=START + HOUR)
    change_preview.samples(session, change_preview.of_edit(session, meeting, text))
    change_preview.of_call_off(session, meeting, {"cs": "Oprava"})
    assert not session.new
    assert not session.dirty
    session.expire_all()
    assert (meeting.starts_at, meeting.revision, letters_written(session)) == (START, 0, before)


def test_who_gets_no_letter_is_named_with_the_reason(session):
    meeting = hybrid(session, 5, 5)
    room, online, silent = register(
        session, meeting, A, person(B, mode=Mode.ONLINE), person(C, mode=Mode.ONLINE), now=NOW
    )
    session.flush()
    silent.email = silent.email_key = None
    online.bounced_at = NOW
    session.flush()
    text = text_of(session, meeting, online_url="https://meet.example.org/another")

    shown = change_preview.of_edit(session, meeting, text)

    numbers = (shown.told, shown.without_address, shown.bounced, shown.unconcerned)
    assert numbers == (1, 1, 1, 1)
    assert [name for name, _where in change_preview.names(session, shown, "told")] == [B]
    assert [name for name, _where in change_preview.names(session, shown, "without_address")] == [C]
    assert [name for name, _where in change_preview.names(session, shown, "bounced")] == [B]
    assert [name for name, _where in change_preview.names(session, shown, "unconcerned")] == [room.name]


def test_nothing_is_sent_when_the_list_is_another_one_than_was_seen(session):
    meeting = small_meeting(session, 5)
    register(session, meeting, A, now=NOW)
    session.commit()
    text = text_of(session, meeting, starts_at=START + HOUR)
    seen = change_preview.of_edit(session, meeting, text).seen
    register(session, meeting, B, now=later(1))
    session.commit()
    before = letters_written(session)

    with pytest.raises(changes.NotAsSeen):
        save(session, meeting, text, at=2, plan=Plan(seen=seen))
    session.rollback()

    assert letters_written(session) == before
    assert meeting.starts_at == START
    seen = change_preview.of_edit(session, meeting, text).seen
    assert save(session, meeting, text, at=3, plan=Plan(seen=seen)) == 2


def test_one_for_another_is_another_list(session):
    meeting = small_meeting(session, 5)
    (a,) = register(session, meeting, A, now=NOW)
    session.commit()
    seen = change_preview.of_call_off(session, meeting, {}).seen
    personal.cancel(session, a.id, now=later(1), actor=DESK)
    register(session, meeting, B, now=later(2))
    with pytest.raises(changes.NotAsSeen):
        changes.call_off(session, meeting.id, reason={}, now=later(3), actor=DESK, seen=seen)


def test_held_news_are_shown_from_what_people_knew_first(session):
    meeting = small_meeting(session, 5)
    register(session, meeting, A, now=NOW)
    save(session, meeting, text_of(session, meeting, starts_at=START + HOUR), plan=Plan(hold=True))
    register(session, meeting, B, now=later(2))
    save(session, meeting, text_of(session, meeting, venue={"cs": "Jinde"}), at=3, plan=Plan(hold=True))

    shown = change_preview.of_held(session, meeting)

    assert shown.changed == ["starts_at", "ends_at", "venue"]
    assert [(one.changed, one.asks_anew) for one in shown.tellings] == [
        (("starts_at", "ends_at", "venue"), True),
        (("venue",), False),
    ]
    assert (shown.told, shown.unconcerned) == (2, 0)
    plan = Plan(seen=shown.seen)
    version = meeting.version
    assert changes.tell_held(session, meeting.id, version=version, plan=plan, now=later(4), actor=DESK) == 2


def test_a_new_change_is_shown_with_what_is_held(session):
    meeting = small_meeting(session, 5)
    register(session, meeting, A, now=NOW)
    save(session, meeting, text_of(session, meeting, starts_at=START + HOUR), plan=Plan(hold=True))
    text = text_of(session, meeting, venue={"cs": "Jinde"})
    assert change_preview.of_edit(session, meeting, text).changed == ["starts_at", "ends_at", "venue"]
    back = text_of(session, meeting, starts_at=START)
    assert change_preview.of_edit(session, meeting, back).concerned == 0


def test_calling_off_and_restoring_are_shown_as_they_are_told(session):
    meeting = small_meeting(session, 1)
    a, b = register(session, meeting, A, B, now=NOW)
    session.commit()
    shown = change_preview.of_call_off(session, meeting, {"cs": "Oprava sálu."})
    letters = {one.place: one.letter for one in change_preview.samples(session, shown)}
    changes.call_off(
        session, meeting.id, reason={"cs": "Oprava sálu."}, now=later(1), actor=DESK, seen=shown.seen
    )
    for attendee in (a, b):
        sent = letters_to(session, attendee)[-1]
        assert facts(sent) == facts(letters[attendee.place])
        assert sent.calendar == letters[attendee.place].calendar
    assert letters[Place.CONFIRMED].calendar == "CANCEL"
    assert letters[Place.WAITING].calendar is None

    shown = change_preview.of_restoring(session, meeting)
    assert (shown.told, {one.letter.kind for one in change_preview.samples(session, shown)}) == (
        2,
        {"restored"},
    )
    changes.restore(session, meeting.id, now=later(2), actor=DESK, seen=shown.seen)
    assert letters_to(session, a)[-1].calendar == "REQUEST"


def test_another_way_to_take_part_is_shown_to_whoever_has_no_seat_yet(session):
    meeting = hybrid(session, 5, 5)
    (a,) = register(session, meeting, person(A, mode=Mode.ONLINE), now=NOW)
    session.flush()
    a.place = Place.INVITED
    session.flush()
    text = text_of(session, meeting, format="in_person", online_url="", online_capacity=None)
    shown = change_preview.of_edit(session, meeting, text)
    (sample,) = change_preview.samples(session, shown)
    assert sample.letter.facts["attendee"]["mode"] == Mode.ROOM
    assert save(session, meeting, text, plan=Plan(seen=shown.seen)) == 1
    assert facts(letters_to(session, a)[-1]) == facts(sample.letter)


def test_few_statements_and_letters_however_many_come(session, statements):
    meeting = small_meeting(session, None)
    counts = []
    for portion in range(2):
        register(session, meeting, *(f"Host {portion} {who}" for who in range(5)), now=NOW)
        session.commit()
        text = text_of(session, meeting, starts_at=START + HOUR)
        with statements() as seen:
            shown = change_preview.of_edit(session, meeting, text)
            letters = change_preview.samples(session, shown)
            change_preview.names(session, shown, "told")
        counts.append(len(seen))
        assert len(letters) == 1
    assert counts[0] == counts[1]


def test_progress_counts_the_letters_of_one_telling(session):
    meeting = small_meeting(session, 5)
    people = register(session, meeting, A, B, C, now=NOW)
    assert progress.newest(session, meeting.id) is None
    save(session, meeting, text_of(session, meeting, starts_at=START + HOUR), at=1)
    save(session, meeting, text_of(session, meeting, starts_at=START), at=2)
    states = [State.SENT, State.FAILED, State.BOUNCED]
    for attendee, state in zip(people, states, strict=True):
        letters_to(session, attendee)[-1].state = state
    session.flush()

    found = progress.newest(session, meeting.id)

    assert found is not None
    assert (found.total, found.sent, found.failed, found.bounced, found.is_over) == (3, 2, 1, 1, True)
    assert progress.of_entry(session, meeting.id, found.entry.id) == found
    with pytest.raises(progress.NotFound):
        progress.of_entry(session, meeting.id + 1, found.entry.id)
