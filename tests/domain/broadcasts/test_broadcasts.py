"""Letters to many: whom they reach, when they leave, how they are stopped, and that nobody ever gets two."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.base.errors import Conflict, NotFound
from app.domain.accounts.models import Role
from app.domain.broadcasts import news, placeholders, queries, rules, sending, service
from app.domain.broadcasts.models import Broadcast, BroadcastFile, BroadcastState, NewsChoice, Purpose, Stop
from app.domain.broadcasts.placeholders import Placeholder
from app.domain.broadcasts.queries import Reach
from app.domain.broadcasts.rules import BroadcastRefused, Draft, Problem, Segment
from app.domain.history.models import Entry
from app.domain.history.service import SYSTEM, organiser
from app.domain.meetings.models import Meeting, MeetingState
from app.domain.outbox.models import Kind, Letter, State
from app.domain.privacy.erase import erase_attendee
from app.domain.privacy.service import expire
from app.domain.questions.commands import Owner
from app.domain.questions.models import Purpose as QuestionPurpose
from app.domain.registration import changes
from app.domain.registration.models import Answer, Attendee, Place
from tests.domain.registration.cast import NOW, small_meeting
from tests.factories import make_account, person, register
from tests.questionnaires import ask

MORE = NOW + timedelta(minutes=1)
TEXT = Draft(subject={"cs": "Podklady"}, body={"cs": "Dobrá zpráva, %name%."})


def desk(session: Session) -> Any:
    return organiser(make_account(session, Role.ORGANISER).id)


def people(session: Session, meeting: Meeting, number: int) -> list[Attendee]:
    made = []
    for start in range(0, number, 6):
        party = [
            person(f"Osoba {one}", f"o{one}@example.org") for one in range(start, min(start + 6, number))
        ]
        made += register(session, meeting, *party, now=NOW)
    return made


def written(session: Session, meeting: Meeting, draft: Draft = TEXT, **when: Any) -> Broadcast:
    """A letter that is scheduled."""
    broadcast = service.create(session, meeting.id, now=NOW, actor=SYSTEM)
    service.save(session, broadcast.id, draft, version=1, now=NOW, actor=SYSTEM)
    return service.schedule(session, broadcast.id, **{"at": None, "now": NOW, "actor": SYSTEM} | when)


def advance(session: Session, broadcast: Broadcast, now: datetime = MORE) -> int:
    session.flush()
    return sending.advance(session, broadcast.id, now=now)


def letters(session: Session, broadcast: Broadcast) -> list[Letter]:
    query = select(Letter).where(Letter.broadcast_id == broadcast.id).order_by(Letter.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def mark(session: Session, broadcast: Broadcast, state: State, **values: Any) -> None:
    session.execute(update(Letter).where(Letter.broadcast_id == broadcast.id).values(state=state, **values))
    session.expire_all()


def refusal(act: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(BroadcastRefused) as caught:
        act(*args, **kwargs)
    return caught.value.reason


# --- whom ---------------------------------------------------------------------------------------------------


def test_a_segment_is_places_answers_kinds_and_modes_together(session):
    meeting = small_meeting(session, 3)
    first, second, third, waiting = people(session, meeting, 4)
    first.organisation_kind, second.organisation_kind = "ngo", "school"
    second.answer, third.answer = Answer.MAYBE, Answer.MAYBE
    session.flush()

    def whom(**segment):
        found = queries.in_segment(meeting.id, Segment(**segment))
        return set(session.scalars(select(Attendee.id).where(*found)))

    assert whom() == {first.id, second.id, third.id}
    assert whom(places=("waiting",)) == {waiting.id}
    assert whom(places=()) == {first.id, second.id, third.id, waiting.id}
    assert whom(kinds=("ngo", "school")) == {first.id, second.id}
    assert whom(kinds=("",)) == {third.id}
    assert whom(answers=("maybe",), kinds=("school",)) == {second.id}
    assert whom(modes=("online",)) == set()


def test_a_stored_segment_that_means_nothing_any_more_widens_nothing(session):
    stored = {"places": ["vanished"], "kinds": [], "from_the_future": ["x"]}
    meeting = small_meeting(session, 3)
    people(session, meeting, 2)
    segment = rules.segment_of(stored)
    assert queries.reach(session, meeting.id, segment, Purpose.ABOUT) == Reach()
    whole = Segment(places=("waiting",), answers=("yes",), kinds=("ngo",), modes=("room",))
    assert rules.segment_of(whole.stored()) == whole


def test_who_is_left_out_is_counted_once_with_the_reason(session):
    meeting = small_meeting(session, 10)
    _plain, silent, dead, both, refused = people(session, meeting, 5)
    silent.email = silent.email_key = None
    dead.bounced_at = NOW
    session.flush()
    news.prepare(session, [both.email_key, refused.email_key], now=NOW)
    for one in (both, refused):
        choice = news.of_address(session, one.email)
        news.refuse(session, choice.token, now=NOW)
    both.bounced_at = NOW
    session.flush()

    def reach(purpose):
        return queries.reach(session, meeting.id, Segment(), purpose)

    assert reach(Purpose.ABOUT) == Reach(who=2, no_address=1, undeliverable=2)
    assert reach(Purpose.NEWS) == Reach(who=1, no_address=1, undeliverable=2, refused=1)
    assert reach(Purpose.NEWS).left_out == 4
    broadcast = written(session, meeting, replace(TEXT, purpose=Purpose.NEWS))
    found = queries.left_out(session, broadcast, most=10)
    assert {reason: [one.id for one in rows] for reason, rows in found.items()} == {
        "no_address": [silent.id],
        "undeliverable": [dead.id, both.id],
        "refused": [refused.id],
    }
    assert advance(session, broadcast) == 1


def test_what_was_counted_is_what_is_written(session):
    meeting = small_meeting(session, 50)
    people(session, meeting, 20)
    broadcast = written(session, meeting)
    segment = rules.segment_of(broadcast.segment)
    assert queries.reach(session, meeting.id, segment, broadcast.purpose).who == 20
    assert advance(session, broadcast) == 20
    assert broadcast.number == 20


# --- texts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("%name% %personal_link% 100 % of 50%", []),
        ("%nmae%", [("nmae", "name")]),
        ("%Name% and %jméno% and %Name%", [("Name", "name"), ("jméno", "")]),
        ("%meeting link%", []),
        ("%personal-link%", [("personal-link", "personal_link")]),
        ("https://example.org/%c3%a9%AB%cd?x=%20", []),
    ],
)
def test_a_placeholder_that_is_none_is_named_with_the_nearest(typed, found):
    assert list(placeholders.unknown(typed)) == found


def test_placeholders_are_looked_up_and_nothing_more():
    assert placeholders.fill("%name% %else% {name} {{ name }}", {"name": "%place%", "place": "x"}) == (
        "%place% %else% {name} {{ name }}"
    )


def test_what_is_missing_is_said_per_language():
    assert rules.problems({}, {}) == [Problem("nothing")]
    assert rules.problems({"cs": "a"}, {"en": "b %nam%"}) == [
        Problem("subject", "en", "subject"),
        Problem("body", "cs", "body"),
        Problem("unknown", "en", "body", "nam", "name"),
    ]


def test_what_stands_for_nothing_is_named_like_what_is_missing():
    texts = ({"cs": "a", "en": "b"}, {"cs": "%feedback% %documents%", "en": "%documents%"})
    found = rules.problems(*texts, absent=[Placeholder.DOCUMENTS])
    assert found == [Problem("absent", code, "body", "documents") for code in ("cs", "en")]
    assert rules.problems(*texts) == []


def test_a_letter_that_names_what_is_not_there_is_neither_tested_nor_let_go(session):
    meeting = small_meeting(session, 20)
    people(session, meeting, 1)

    def attempt(body, now=NOW):
        return refusal(written, session, meeting, Draft(subject={"cs": "a"}, body={"cs": body}), now=now)

    assert attempt("%documents%") == "incomplete"
    assert attempt("%feedback%") == "incomplete"
    question = ask(session, Owner(meeting_id=meeting.id, purpose=QuestionPurpose.FEEDBACK))
    closed = meeting.ends_at + timedelta(days=16)
    assert attempt("%feedback%", closed) == "incomplete"
    broadcast = service.create(session, meeting.id, now=NOW, actor=SYSTEM)
    draft = Draft(subject={"cs": "a"}, body={"cs": "%feedback% %documents%"})
    service.save(session, broadcast.id, draft, version=1, now=NOW, actor=SYSTEM)
    assert queries.absent(session, broadcast, now=NOW) == {Placeholder.DOCUMENTS}
    account = make_account(session, Role.ORGANISER)
    assert (
        refusal(sending.write_trial, session, broadcast.id, account, language="cs", now=NOW) == "incomplete"
    )
    service.add_file(
        session, broadcast.id, name="a.pdf", content_type="application/pdf", data=b"%PDF-", now=NOW
    )
    session.flush()
    assert queries.absent(session, broadcast, now=NOW) == set()
    service.schedule(session, broadcast.id, at=None, now=NOW, actor=SYSTEM)
    question.retired_at = NOW
    session.flush()
    assert queries.absent(session, broadcast, now=NOW) == {Placeholder.FEEDBACK}


def test_the_language_is_their_own_or_the_first_that_is_whole():
    broadcast = Broadcast(subject={"en": "a", "cs": "b", "uk": "c"}, body={"en": "a", "cs": "b"})
    assert [rules.language_for(broadcast, code, ("cs", "en")) for code in ("en", "uk", "vi")] == [
        "en",
        "cs",
        "cs",
    ]
    assert rules.language_for(Broadcast(subject={}, body={}), "cs", ("cs",)) == ""


# --- drafts -------------------------------------------------------------------------------------------------


def test_a_draft_is_kept_whole_or_not_and_two_editors_are_noticed(session):
    writer, other = desk(session), organiser(make_account(session, Role.ADMINISTRATOR).id)
    broadcast = service.create(session, small_meeting(session).id, now=NOW, actor=writer)
    half = Draft(subject={"cs": "Jen předmět"}, segment=Segment(places=("waiting",)))

    def save(draft, version, actor):
        return service.save(session, broadcast.id, draft, version=version, now=NOW, actor=actor)

    assert save(half, 1, writer) == 2
    assert save(half, 2, writer) == 2, "nothing new"
    with pytest.raises(Conflict):
        save(TEXT, 1, other)
    assert save(TEXT, 2, other) == 3
    with pytest.raises(Conflict):
        save(half, 2, writer)
    assert save(half, None, writer) == 4
    assert save(TEXT, 2, writer) == 5, "one's own tab"
    assert rules.segment_of(broadcast.segment) == Segment()


def test_a_draft_can_be_deleted_and_brought_back(session):
    meeting = small_meeting(session)
    broadcast = service.create(session, meeting.id, now=NOW, actor=SYSTEM)
    service.delete(session, broadcast.id, now=NOW, actor=SYSTEM)
    assert queries.of_meeting(session, meeting.id) == []
    assert (
        refusal(service.save, session, broadcast.id, TEXT, version=None, now=NOW, actor=SYSTEM) == "deleted"
    )
    service.restore(session, broadcast.id, now=NOW, actor=SYSTEM)
    service.restore(session, broadcast.id, now=NOW, actor=SYSTEM)
    assert queries.of_meeting(session, meeting.id) == [broadcast]
    acts = session.scalars(select(Entry.act).where(Entry.subject == "broadcast").order_by(Entry.id)).all()
    assert acts == ["broadcast:delete", "broadcast:restore"]


def test_files_have_a_limit_each_and_together(session):
    meeting = small_meeting(session)
    broadcast = service.create(session, meeting.id, now=NOW, actor=SYSTEM)

    def add(size):
        service.add_file(
            session, broadcast.id, name="a.txt", content_type="text/plain", data=b"x" * size, now=NOW
        )
        session.flush()

    add(rules.LARGEST_FILE)
    add(rules.LARGEST_FILE)
    assert refusal(add, 1) == "too_large"
    assert refusal(add, rules.LARGEST_FILE + 1) == "too_large"
    first, _second = queries.files_of(session, broadcast.id)
    service.drop_file(session, broadcast.id, first.id)
    add(1)
    with pytest.raises(NotFound):
        service.drop_file(session, broadcast.id, first.id)


# --- when ---------------------------------------------------------------------------------------------------


def test_what_cannot_be_let_go(session):
    meeting = small_meeting(session, 3)

    def attempt(draft=TEXT, **when):
        return refusal(written, session, meeting, draft, **when)

    assert attempt() == "nobody"
    people(session, meeting, 1)
    assert attempt(Draft(subject={"cs": "x"})) == "incomplete"
    assert attempt(Draft(subject={"cs": "x"}, body={"cs": "%nam%"})) == "incomplete"
    assert attempt(at=NOW - timedelta(minutes=1)) == "past"
    assert attempt(at=NOW + timedelta(days=400)) == "too_far"
    assert attempt(at=datetime(2027, 3, 2, 20, 0, tzinfo=UTC)) == "night", "21:00 in Prague"
    assert attempt(at=datetime(2027, 3, 2, 5, 59, tzinfo=UTC)) == "night"
    assert attempt(now=datetime(2027, 3, 1, 22, 0, tzinfo=UTC)) == "night", "now is night too"
    written(session, meeting, at=datetime(2027, 3, 2, 19, 59, tzinfo=UTC))
    written(session, meeting, at=datetime(2027, 3, 2, 6, 0, tzinfo=UTC))
    written(session, meeting, at=datetime(2027, 3, 2, 20, 0, tzinfo=UTC), at_night=True)
    meeting.state = MeetingState.DRAFT
    assert attempt() == "meeting_draft"


def test_now_begins_after_a_grace_in_which_it_can_be_taken_back(session):
    meeting = small_meeting(session, 3)
    people(session, meeting, 2)
    broadcast = written(session, meeting)
    assert broadcast.state == BroadcastState.SCHEDULED
    assert queries.due(session, now=NOW) == []
    assert advance(session, broadcast, NOW) == 0
    service.take_back(session, broadcast.id, now=NOW, actor=SYSTEM)
    assert (broadcast.state, broadcast.scheduled_at) == (BroadcastState.DRAFT, None)
    assert advance(session, broadcast) == 0
    service.schedule(session, broadcast.id, at=None, now=NOW, actor=SYSTEM)
    session.flush()
    assert queries.due(session, now=MORE) == [broadcast.id]
    assert advance(session, broadcast) == 2
    assert refusal(service.take_back, session, broadcast.id, now=MORE, actor=SYSTEM) == "not_scheduled"
    assert (
        refusal(service.save, session, broadcast.id, TEXT, version=None, now=MORE, actor=SYSTEM)
        == "not_draft"
    )


def test_what_would_mislead_by_now_is_stopped(session):
    meeting = small_meeting(session, 3)
    people(session, meeting, 1)
    late = written(session, meeting)
    assert advance(session, late, NOW + timedelta(hours=13)) == 0
    assert (late.state, late.stopped_by) == (BroadcastState.STOPPED, Stop.LATE)
    before = written(session, meeting, at=NOW + timedelta(hours=2))
    changes.call_off(session, meeting.id, reason={}, now=NOW + timedelta(hours=1), actor=SYSTEM)
    assert advance(session, before, NOW + timedelta(hours=2)) == 0
    assert (before.state, before.stopped_by) == (BroadcastState.STOPPED, Stop.CALLED_OFF)
    assert refusal(service.go_on, session, before.id, now=NOW, actor=SYSTEM) == "not_stopped"
    after = written(session, meeting, now=NOW + timedelta(hours=2))
    assert advance(session, after, NOW + timedelta(hours=3)) == 1


def test_a_worker_that_slept_lets_people_sleep(session):
    meeting = small_meeting(session, 3)
    people(session, meeting, 1)
    broadcast = written(session, meeting, at=datetime(2027, 3, 1, 19, 0, tzinfo=UTC))
    assert advance(session, broadcast, datetime(2027, 3, 1, 23, 0, tzinfo=UTC)) == 0
    assert broadcast.state == BroadcastState.SCHEDULED
    assert advance(session, broadcast, datetime(2027, 3, 2, 6, 0, tzinfo=UTC)) == 1


# --- sending ------------------------------------------------------------------------------------------------


def test_portions_write_each_person_once_and_end_by_themselves(session, monkeypatch):
    monkeypatch.setattr(sending, "PORTION", 4)
    meeting = small_meeting(session, 20)
    made = people(session, meeting, 10)
    broadcast = written(session, meeting)
    assert advance(session, broadcast) == 4
    people_later = register(session, meeting, person("Po startu", "po@example.org"), now=MORE)
    assert [advance(session, broadcast) for _ in range(4)] == [4, 2, 0, 0]
    assert {one.attendee_id for one in letters(session, broadcast)} == {one.id for one in made}
    assert people_later[0].id not in {one.attendee_id for one in letters(session, broadcast)}
    assert broadcast.state == BroadcastState.SENDING, "letters are still queued"
    mark(session, broadcast, State.SENT)
    advance(session, broadcast)
    assert (broadcast.state, broadcast.ended_at) == (BroadcastState.SENT, MORE)
    assert queries.due(session, now=MORE) == []


def test_many_letters_let_others_through(session, monkeypatch):
    monkeypatch.setattr(sending, "AT_ONCE", 2)
    monkeypatch.setattr(sending, "PORTION", 3)
    meeting = small_meeting(session, 20)
    people(session, meeting, 6)
    broadcast = written(session, meeting)
    while broadcast.written_at is None:
        advance(session, broadcast)
    waits = [(one.due_at - MORE).total_seconds() for one in letters(session, broadcast)]
    assert waits == [0, 0, 0, 0.05, 0.1, 0.15]


def test_letters_hold_no_secret_and_no_calendar(session):
    meeting = small_meeting(session, 2)
    (one,) = people(session, meeting, 1)
    broadcast = written(session, meeting, replace(TEXT, purpose=Purpose.NEWS))
    advance(session, broadcast)
    (letter,) = letters(session, broadcast)
    token = session.scalars(select(NewsChoice.token)).one()
    assert letter.kind == Kind.MESSAGE
    assert letter.calendar is None
    assert letter.facts["invite"] is None
    assert not [secret for secret in (one.token, one.checkin_token, token) if secret in str(letter.facts)]


def test_news_makes_one_token_for_each_address_and_keeps_it(session):
    meeting = small_meeting(session, 9)
    register(session, meeting, person("A", "shared@example.org"), person("B", "shared@example.org"), now=NOW)
    first = written(session, meeting, replace(TEXT, purpose=Purpose.NEWS))
    assert advance(session, first) == 2
    token = session.scalars(select(NewsChoice.token)).one()
    again = written(session, meeting, replace(TEXT, purpose=Purpose.NEWS))
    assert advance(session, again) == 2
    assert session.scalars(select(NewsChoice.token)).one() == token


# --- stopping, and sending again ----------------------------------------------------------------------------


def test_stop_keeps_what_left_and_going_on_sends_the_rest(session, monkeypatch):
    monkeypatch.setattr(sending, "PORTION", 3)
    meeting = small_meeting(session, 20)
    people(session, meeting, 6)
    broadcast = written(session, meeting)
    advance(session, broadcast)
    gone = letters(session, broadcast)[0]
    gone.state = State.SENT
    session.flush()
    service.stop(session, broadcast.id, now=MORE, actor=SYSTEM)
    assert advance(session, broadcast) == 0
    states = [one.state for one in letters(session, broadcast)]
    assert states == [State.SENT, State.SUPERSEDED, State.SUPERSEDED]
    assert refusal(service.stop, session, broadcast.id, now=MORE, actor=SYSTEM) == "not_running"
    service.go_on(session, broadcast.id, now=MORE, actor=SYSTEM)
    while broadcast.written_at is None:
        advance(session, broadcast)
    states = [one.state for one in letters(session, broadcast)]
    assert states == [State.SENT, *[State.QUEUED] * 5]


def test_failed_ones_are_sent_again_once_to_the_present_address(session):
    meeting = small_meeting(session, 20)
    first, second, third = people(session, meeting, 3)
    broadcast = written(session, meeting)
    advance(session, broadcast)
    assert refusal(sending.send_again, session, broadcast.id, now=MORE, actor=SYSTEM) == "none_failed"
    mark(session, broadcast, State.FAILED)
    letters(session, broadcast)[2].state = State.BOUNCED
    advance(session, broadcast)
    assert broadcast.state == BroadcastState.SENT
    first.email = "new@example.org"
    session.flush()
    one = letters(session, broadcast)[0]
    assert sending.send_again(session, broadcast.id, [one.id], now=MORE, actor=SYSTEM) == 1
    assert (
        refusal(sending.send_again, session, broadcast.id, [one.id], now=MORE, actor=SYSTEM) == "none_failed"
    )
    assert sending.send_again(session, broadcast.id, now=MORE, actor=SYSTEM) == 1, (
        "the second; the third came back"
    )
    assert broadcast.state == BroadcastState.SENDING
    fresh = letters(session, broadcast)[3:]
    assert [(x.attendee_id, x.recipient) for x in fresh] == [
        (first.id, "new@example.org"),
        (second.id, second.email),
    ]
    counts = queries.counts(session, [broadcast.id])[broadcast.id]
    assert (counts["queued"], counts["failed"], counts["bounced"]) == (2, 0, 1)
    rows = queries.results(session, broadcast.id, state=None, number=1).rows
    assert [row.attendee.id for row in rows] == [first.id, second.id, third.id]
    assert queries.results(session, broadcast.id, state="bounced", number=1).total == 1


# --- privacy ------------------------------------------------------------------------------------------------


def test_an_erased_person_leaves_only_a_count(session):
    meeting = small_meeting(session, 20)
    one, _other = people(session, meeting, 2)
    broadcast = written(session, meeting)
    advance(session, broadcast)
    mark(session, broadcast, State.FAILED, last_error="550 o0@example.org unknown")
    erase_attendee(session, one.id, now=MORE, actor=SYSTEM)
    session.flush()
    letter = letters(session, broadcast)[0]
    assert (letter.recipient, letter.facts, letter.last_error) == (None, {}, None)
    assert queries.counts(session, [broadcast.id])[broadcast.id]["failed"] == 2
    assert sending.send_again(session, broadcast.id, now=MORE, actor=SYSTEM) == 1


def test_files_and_texts_go_when_their_time_is_over(session):
    meeting = small_meeting(session, 20)
    people(session, meeting, 1)
    broadcast = service.create(session, meeting.id, now=NOW, actor=SYSTEM)
    service.save(session, broadcast.id, TEXT, version=None, now=NOW, actor=SYSTEM)
    service.add_file(session, broadcast.id, name="a.txt", content_type="text/plain", data=b"a", now=NOW)
    service.schedule(session, broadcast.id, at=None, now=NOW, actor=SYSTEM)
    draft = service.create(session, meeting.id, now=NOW, actor=SYSTEM)
    service.add_file(session, draft.id, name="b.txt", content_type="text/plain", data=b"b", now=NOW)
    service.delete(session, draft.id, now=NOW, actor=SYSTEM)
    advance(session, broadcast)
    mark(session, broadcast, State.SENT)
    advance(session, broadcast)
    session.flush()

    def run(days):
        now = NOW + timedelta(days=days)
        shown = expire(session, now=now, retention_months=12, dry_run=True).broadcasts
        found = expire(session, now=now, retention_months=12).broadcasts
        assert shown == found
        session.expire_all()
        return found

    def files():
        return session.scalar(select(func.count()).select_from(BroadcastFile))

    assert run(29) == 0
    assert run(31) == 2, "the deleted draft with its file"
    assert run(31) == 0
    assert files() == 1
    assert run(91) == 1
    assert files() == 0
    assert session.get_one(Broadcast, broadcast.id).body == TEXT.body
    assert run(420) == 1
    assert session.get_one(Broadcast, broadcast.id).body == {}
    assert run(420) == 0


def test_a_choice_about_news_is_forgotten_with_the_last_that_is_known_of_an_address(session):
    meeting = small_meeting(session, 20)
    (one,) = people(session, meeting, 1)
    broadcast = written(session, meeting, replace(TEXT, purpose=Purpose.NEWS))
    advance(session, broadcast)
    choice = session.scalars(select(NewsChoice)).one()
    news.refuse(session, choice.token, now=MORE)
    news.refuse(session, choice.token, now=MORE + timedelta(hours=1))
    assert choice.refused_at == MORE
    news.accept(session, choice.token)
    assert choice.refused_at is None
    expire(session, now=MORE, retention_months=12)
    session.expire_all()
    assert choice.email_key == "o0@example.org"
    erase_attendee(session, one.id, now=MORE, actor=SYSTEM)
    session.flush()
    expire(session, now=MORE, retention_months=12)
    session.expire_all()
    assert choice.email_key is None
    with pytest.raises(NotFound):
        news.refuse(session, "no such token", now=MORE)


def test_everybody_on_the_list_can_be_written_to_whatever_their_place(session):
    meeting = small_meeting(session, 20)
    for one, place in zip(people(session, meeting, 6), Place, strict=True):
        one.place = place
    session.flush()
    every = Segment(places=tuple(Place))
    assert queries.reach(session, meeting.id, every, Purpose.ABOUT) == Reach(who=6)
