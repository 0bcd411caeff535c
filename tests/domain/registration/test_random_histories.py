"""Random histories of one meeting against a small model of seats, queue and calendar entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import count, pairwise
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, update

from app.base.errors import Refusal
from app.domain.history.service import ATTENDEE
from app.domain.meetings.models import Format
from app.domain.outbox.models import Letter, State
from app.domain.privacy.erase import erase_attendee
from app.domain.registration import changes, edit_meeting, organiser, personal, rules
from app.domain.registration.commands import SignUp
from app.domain.registration.models import Attendee, Mode
from app.domain.registration.sign_up import sign_up
from app.domain.reports import invariants
from tests.domain.registration.cast import DESK, NOW, START, change_to, hybrid
from tests.factories import DOMAIN, SLOTS, meeting_text, person

LIVE = ("confirmed", "waiting")
NAMES = st.sampled_from(["Jana Nováková", "Petr Svoboda", "Olena Ševčenková", "Ivan Hůl"])
ADDRESSES = st.sampled_from(["info@example.org", "own@example.org"])
MODES = st.sampled_from(list(Mode))
SEATS = st.sampled_from([1, 2, 0, 3, None])
WHO = st.integers(0, 7)
HOURS = st.sampled_from([48, 13, 6])


@dataclass
class Row:
    """What the model knows of one attendee."""

    id: int
    name: str
    email: str | None
    mode: str
    place: str = ""
    entry: str | None = None
    gone: bool = False  # erased, or replaced by a corrected address

    @property
    def key(self) -> tuple[str | None, str]:
        """Who it is."""
        return self.email, self.name


class Model:
    """Seats and queues as lists; knows nothing of tables."""

    def __init__(self, room: int | None, online: int | None) -> None:
        self.capacity: dict[str, int | None] = {"room": room, "online": online}
        self.rows: dict[int, Row] = {}
        self.queue: dict[str, list[int]] = {"room": [], "online": []}
        self.now, self.start, self.is_on = NOW, START, True

    @property
    def ahead(self) -> bool:
        """Whether places may change."""
        return self.is_on and self.now < self.start

    def has_room(self, mode: str) -> bool:
        """Whether a seat of this mode is free."""
        taken = sum(row.place == "confirmed" and row.mode == mode for row in self.rows.values())
        limit = self.capacity[mode]
        return limit is None or taken < limit

    def known(self, key: tuple[str | None, str]) -> Row | None:
        """The live row of a person with an address."""
        found = [row for row in self.rows.values() if row.key == key and row.place in LIVE and row.email]
        return found[0] if found else None

    def confirm(self, row: Row) -> None:
        """A seat, and with an address an entry in the calendar."""
        row.place = "confirmed"
        row.entry = "REQUEST" if row.email else None

    def arrive(self, row: Row) -> None:
        """The rule for newcomers."""
        if self.has_room(row.mode) and not self.queue[row.mode]:
            self.confirm(row)
        else:
            row.place = "waiting"
            self.queue[row.mode].append(row.id)

    def leave(self, row: Row, place: str) -> None:
        """Out of seat and queue, with a CANCEL."""
        if row.place == "waiting":
            self.queue[row.mode].remove(row.id)
        row.place = place
        row.entry = "CANCEL" if row.email else None

    def promote(self) -> None:
        """Whoever waits moves up while there is time."""
        if not self.is_on or self.now >= self.start - timedelta(hours=12):
            return
        for mode, queue in self.queue.items():
            while queue and self.has_room(mode):
                self.confirm(self.rows[queue.pop(0)])


class Story(RuleBasedStateMachine):
    """Every verb, in any order; after each the tables are compared with the model."""

    def __init__(self, session: Any) -> None:
        super().__init__()
        session.rollback()
        self.session = session
        self.meeting = hybrid(session, 2, 1)
        self.model = Model(2, 1)
        self.keys = count()
        everybody = [("Jana Nováková", Mode.ROOM), ("Petr Svoboda", Mode.ROOM), ("Ivan Hůl", Mode.ONLINE)]
        self.register([(name, "own@example.org", mode) for name, mode in everybody])
        self.register([("Olena Ševčenková", "own@example.org", Mode.ROOM)])

    def teardown(self) -> None:
        """Nothing of a story stays."""
        self.session.rollback()

    def pick(self, who: int) -> Row:
        """One of the rows, the newest first."""
        return list(self.model.rows.values())[-1 - who % len(self.model.rows)]

    def attempt(
        self, allowed: bool, verb: Any, *args: Any, refusal: type[Refusal] = Refusal, **more: Any
    ) -> Any:
        """Do it, and expect a refusal where the model says so."""
        with self.session.begin_nested() as nested:
            try:
                done = verb(self.session, *args, now=self.model.now, **more)
            except refusal:
                assert not allowed
                nested.rollback()
                self.session.expire_all()
                return None
        assert allowed, f"{verb.__name__} should have been refused"
        return done

    def add(self, attendee: Attendee, name: str, email: str | None) -> Row:
        """A new row of the model, not seated yet."""
        row = Row(attendee.id, name, email, str(attendee.mode))
        self.model.rows[row.id] = row
        return row

    @rule(
        people=st.lists(st.tuples(NAMES, ADDRESSES, MODES), min_size=1, max_size=3, unique_by=lambda p: p[:2])
    )
    def register(self, people: list[tuple[str, str, Mode]]) -> None:
        typed = tuple(person(name, email, mode=mode) for name, email, mode in people)
        command = SignUp(people=typed, language="cs", form_key=str(next(self.keys)))
        party = self.attempt(
            self.model.ahead,
            sign_up,
            self.meeting.id,
            command,
            mail_domain=DOMAIN,
            refusal=rules.RegistrationClosed,
        )
        if party is None:
            return
        query = select(Attendee).where(Attendee.party_id == party.id).order_by(Attendee.position)
        for attendee in self.session.scalars(query):
            name, email, _ = people[attendee.position]
            assert self.model.known((email, name)) is None
            self.model.arrive(self.add(attendee, name, email))

    @rule(name=NAMES, email=st.one_of(st.none(), ADDRESSES), mode=MODES)
    def add_by_hand(self, name: str, email: str | None, mode: Mode) -> None:
        allowed = self.model.is_on and self.model.known((email, name)) is None
        attendee = self.attempt(
            allowed,
            organiser.add_by_hand,
            self.meeting.id,
            person(name, email or "", mode=mode),
            language="en",
            note="",
            actor=DESK,
            mail_domain=DOMAIN,
        )
        if attendee is not None:
            row = self.add(attendee, name, email)
            self.model.arrive(row)
            if not self.model.ahead:
                row.entry = None  # after the start the list is kept, and no letter goes

    @precondition(lambda self: self.model.rows)
    @rule(who=WHO, by_organiser=st.booleans())
    def cancel(self, who: int, by_organiser: bool) -> None:
        row, model = self.pick(who), self.model
        if row.gone:
            return
        is_live, had_seat = row.place in LIVE, row.place == "confirmed"
        actor = DESK if by_organiser else ATTENDEE
        done = self.attempt(model.ahead or not is_live, personal.cancel, row.id, actor=actor)
        if done is not None and is_live:
            model.leave(row, "cancelled" if by_organiser else "declined")
            if had_seat:
                model.promote()

    @precondition(lambda self: self.model.rows)
    @rule(who=WHO, by_organiser=st.booleans())
    def undo(self, who: int, by_organiser: bool) -> None:
        row, model = self.pick(who), self.model
        if row.place in LIVE:
            return
        allowed = model.ahead and not row.gone and (by_organiser or row.place == "declined")
        allowed = allowed and model.known(row.key) is None
        actor = DESK if by_organiser else ATTENDEE
        if self.attempt(allowed, personal.undo_cancel, row.id, actor=actor) is None:
            return
        if model.has_room(row.mode):
            model.confirm(row)
        else:
            row.place = "waiting"
            model.queue[row.mode].insert(0, row.id)

    @precondition(lambda self: self.model.rows)
    @rule(who=WHO, mode=MODES, name=NAMES)
    def change(self, who: int, mode: Mode, name: str) -> None:
        row, model = self.pick(who), self.model
        if row.gone:
            return
        other = model.known((row.email, name))
        allowed = model.ahead and row.place in LIVE and other in (None, row)
        command = change_to(self.session.get_one(Attendee, row.id), mode=mode, name=name)
        if self.attempt(allowed, personal.change, row.id, command, actor=ATTENDEE) is None:
            return
        row.name = name
        if row.mode == mode:
            return
        had_seat = row.place == "confirmed"
        if not had_seat:
            model.queue[row.mode].remove(row.id)
        row.mode, row.place = str(mode), ""
        model.arrive(row)
        if had_seat and row.place == "waiting":
            row.entry = "CANCEL" if row.email else None
        if had_seat:
            model.promote()

    @precondition(lambda self: self.model.rows)
    @rule(who=WHO, add_chair=st.booleans())
    def move_up(self, who: int, add_chair: bool) -> None:
        row, model = self.pick(who), self.model
        waits = row.place == "waiting"
        free = model.has_room(row.mode)
        allowed = model.ahead and row.place in LIVE and (not waits or free or add_chair)
        done = self.attempt(allowed, organiser.move_up, row.id, add_chair=add_chair, actor=DESK)
        if done is not None and waits:
            if not free:
                model.capacity[row.mode] = (model.capacity[row.mode] or 0) + 1
            model.queue[row.mode].remove(row.id)
            model.confirm(row)

    @precondition(lambda self: self.model.rows)
    @rule(who=WHO, email=st.one_of(ADDRESSES, st.just("third@example.org")))
    def correct_address(self, who: int, email: str) -> None:
        row, model = self.pick(who), self.model
        allowed = model.ahead and row.place in LIVE and not row.gone
        allowed = allowed and (email == row.email or model.known((email, row.name)) is None)
        new = self.attempt(allowed, organiser.correct_address, row.id, email, actor=DESK, mail_domain=DOMAIN)
        if new is None or new.id == row.id:
            return
        heir = self.add(new, row.name, email)
        if row.place == "waiting":
            queue = model.queue[row.mode]
            queue[queue.index(row.id)] = heir.id
            heir.place = "waiting"
        else:
            row.place = ""
            model.confirm(heir)
        row.place, row.gone = "cancelled", True
        row.entry = "CANCEL" if row.email else None

    @precondition(lambda self: self.model.rows)
    @rule(who=WHO)
    def erase(self, who: int) -> None:
        row, model = self.pick(who), self.model
        if row.gone:
            return
        had_seat, is_live = row.place == "confirmed", row.place in LIVE
        self.attempt(True, erase_attendee, row.id, actor=ATTENDEE)
        if is_live and model.ahead:
            model.leave(row, "declined")
            if had_seat:
                model.promote()
        elif is_live and model.now < model.start + timedelta(hours=3):
            entry = row.entry
            model.leave(row, "declined")
            row.entry = entry
        row.gone, row.name, row.email = True, "", None

    @rule(room=SEATS, online=SEATS)
    def set_capacity(self, room: int | None, online: int | None) -> None:
        self.edit(capacity=room, online_capacity=online)
        self.model.capacity = {"room": room, "online": online}
        self.model.promote()

    @precondition(lambda self: self.model.now < self.model.start + timedelta(hours=2))
    @rule(hours=HOURS)
    def reschedule(self, hours: int) -> None:
        start = self.model.now + timedelta(hours=hours)
        self.edit(starts_at=start, ends_at=start + timedelta(hours=3))
        self.model.start = start
        if self.model.is_on:
            self.set_entries("REQUEST")  # also for those who were added after the start, without a letter
        self.model.promote()

    def edit(self, **values: Any) -> None:
        present = {
            "starts_at": self.meeting.starts_at,
            "ends_at": self.meeting.ends_at,
            "capacity": self.meeting.capacity,
            "online_capacity": self.meeting.online_capacity,
            "format": Format.HYBRID,
            "online_url": self.meeting.online_url,
        }
        text = meeting_text(self.session, **(present | values))
        version = self.meeting.version
        self.attempt(True, edit_meeting.edit, self.meeting.id, text, SLOTS, version=version, actor=DESK)

    @rule()
    def call_off(self) -> None:
        done = self.attempt(
            self.model.is_on, changes.call_off, self.meeting.id, reason={"cs": "Nemoc"}, actor=DESK
        )
        if done is not None:
            self.model.is_on = False
            self.set_entries("CANCEL")

    @rule()
    def restore(self) -> None:
        allowed = not self.model.is_on and self.model.now < self.model.start
        if self.attempt(allowed, changes.restore, self.meeting.id, actor=DESK) is not None:
            self.model.is_on = True
            self.set_entries("REQUEST")
            self.model.promote()

    def set_entries(self, entry: str) -> None:
        for row in self.model.rows.values():
            if row.place == "confirmed" and row.email:
                row.entry = entry

    @precondition(lambda self: self.model.now < self.model.start)
    @rule(before=st.sampled_from([6, 13, 1, 0]))
    def time_passes(self, before: int) -> None:
        """It is so many hours before the start, unless it is later."""
        self.model.now = max(self.model.now, self.model.start - timedelta(hours=before))

    @rule()
    def letters_leave(self) -> None:
        """The worker sends what is queued."""
        queued = self.session.scalars(select(Letter).where(Letter.state == State.QUEUED)).all()
        for letter in queued:
            letter.state, letter.sent_at, letter.perhaps_sent = State.SENT, self.model.now, True
            if letter.sequence is not None:
                self.session.execute(
                    update(Attendee)
                    .where(Attendee.id == letter.attendee_id)
                    .values(sent_sequence=letter.sequence)
                )
        self.session.flush()

    @invariant()
    def each_act_takes_a_moment(self) -> None:
        self.model.now += timedelta(seconds=1)

    @invariant()
    def tables_agree_with_the_model(self) -> None:
        self.session.flush()
        query = select(Attendee.id, Attendee.place, Attendee.mode, Attendee.queue_number)
        found = {row.id: row for row in self.session.execute(query)}
        assert {key: (row.place, row.mode) for key, row in found.items()} == {
            key: (row.place, row.mode) for key, row in self.model.rows.items()
        }
        for mode, queue in self.model.queue.items():
            waiting = [row for row in found.values() if row.place == "waiting" and row.mode == mode]
            assert [row.id for row in sorted(waiting, key=lambda row: row.queue_number)] == queue

    @invariant()
    def nothing_is_broken(self) -> None:
        assert invariants.broken(self.session, now=self.model.now) == []

    @invariant()
    def nobody_is_there_twice(self) -> None:
        keys = [row.key for row in self.model.rows.values() if row.place in LIVE and row.email]
        assert len(keys) == len(set(keys))

    @invariant()
    def calendars_tell_the_truth(self) -> None:
        """The last calendar letter of each row says what the model says, and SEQUENCE only grows."""
        query = select(Letter).where(Letter.calendar.is_not(None)).order_by(Letter.id)
        told: dict[int, list[Letter]] = {}
        for letter in self.session.scalars(query):
            told.setdefault(letter.attendee_id, []).append(letter)
        for row in self.model.rows.values():
            letters = told.get(row.id, [])
            assert (letters[-1].calendar if letters else None) == row.entry, row
            for one, following in pairwise(letters):
                assert following.sequence >= one.sequence
                assert following.sequence > one.sequence or following.calendar == one.calendar


def test_any_history_keeps_the_laws(session, database):
    examples, steps = (50, 40) if database == "sqlite" else (6, 40)
    run_state_machine_as_test(
        lambda: Story(session),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            report_multiple_bugs=False,
            phases=[Phase.reuse, Phase.generate],  # to shorten forty steps takes longer than to read them
            suppress_health_check=list(HealthCheck),
        ),
    )
