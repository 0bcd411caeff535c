"""Random histories of one meeting against a small model of seats, queue and calendar entries."""

from __future__ import annotations

from datetime import datetime, timedelta
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
from app.domain.meetings.models import Format, Meeting
from app.domain.outbox.models import Letter, State
from app.domain.privacy.erase import erase_attendee
from app.domain.questions.commands import NOTHING, Answers, Given
from app.domain.questions.models import QuestionKind
from app.domain.questions.queries import given_by
from app.domain.questions.rules import OptionFull
from app.domain.registration import (
    answers,
    approval,
    changes,
    edit_meeting,
    edit_questions,
    invitations,
    organiser,
    personal,
    rules,
    seating,
    substitutes,
)
from app.domain.registration.commands import SignUp
from app.domain.registration.models import Answer, Attendee, Mode
from app.domain.registration.sign_up import sign_up
from app.domain.reports import invariants
from tests.domain.registration.cast import DESK, change_to, hybrid
from tests.domain.registration.history_model import Model, Row
from tests.factories import DOMAIN, SLOTS, meeting_text, person
from tests.questionnaires import ask, ids, option, question_text

NAMES = st.sampled_from(["Jana Nováková", "Petr Svoboda", "Olena Ševčenková", "Ivan Hůl"])
ADDRESSES = st.sampled_from(["info@example.org", "own@example.org"])
MODES = st.sampled_from(list(Mode))
SEATS = st.sampled_from([1, 2, 0, 3, None])
WHO = st.integers(0, 7)
HOURS = st.sampled_from([48, 13, 6])
WISHES = st.sampled_from(["A", "B", "", "C"])
PLACES = st.sampled_from([1, 2, 0, None])
SAID = st.sampled_from([Answer.YES, Answer.MAYBE, Answer.NO])
PLANS = st.builds(changes.Plan, hold=st.booleans(), keep_answers=st.booleans())


class Story(RuleBasedStateMachine):
    """Every verb, in any order; after each the tables are compared with the model."""

    def __init__(self, session: Any) -> None:
        super().__init__()
        session.rollback()
        self.session = session
        self.meeting = hybrid(session, 2, 1)
        self.model = Model(2, 1)
        self.keys, self.holds_move = count(), False
        self.workshop = ask(
            session, self.owner(), QuestionKind.ONE, "Workshop", option("A", 1), option("B", 2), "C"
        )
        self.option_ids = dict(zip("ABC", ids(self.workshop), strict=True))
        everybody = [("Jana Nováková", Mode.ROOM), ("Petr Svoboda", Mode.ROOM), ("Ivan Hůl", Mode.ONLINE)]
        self.register([(name, "own@example.org", mode) for name, mode in everybody])
        self.register([("Olena Ševčenková", "own@example.org", Mode.ROOM)], "A")  # waits, and wishes
        self.choose(3, "A", by_organiser=True)  # the seated one takes the only place

    def owner(self) -> Any:
        """Whose the question is."""
        return self.meeting

    def stages(self) -> list[tuple[Meeting, Model]]:
        """Each meeting with its model."""
        return [(self.meeting, self.model)]

    def teardown(self) -> None:
        """Nothing of a story stays."""
        self.session.rollback()

    def pick(self, who: int) -> Row:
        """One of the rows, the newest first."""
        return list(self.model.rows.values())[-1 - who % len(self.model.rows)]

    def attempt(self, allowed: bool, verb: Any, *args: Any, refusal: Any = Refusal, **more: Any) -> Any:
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
        people=st.lists(
            st.tuples(NAMES, ADDRESSES, MODES), min_size=1, max_size=3, unique_by=lambda p: p[:2]
        ),
        wish=WISHES,
    )
    def register(self, people: list[tuple[str, str, Mode]], wish: str = "") -> None:
        said = [self.answers_for(wish)] + [{}] * len(people)  # the first one chooses
        typed = tuple(
            person(name, email, mode=mode, answers=answers)
            for (name, email, mode), answers in zip(people, said, strict=False)
        )
        command = SignUp(people=typed, language="cs", form_key=str(next(self.keys)))
        party = self.attempt(
            self.model.ahead and self.model.is_left(wish),
            sign_up,
            self.meeting.id,
            command,
            mail_domain=DOMAIN,
            refusal=(rules.RegistrationClosed, OptionFull),
        )
        if party is None:
            return
        query = select(Attendee).where(Attendee.party_id == party.id).order_by(Attendee.position)
        for attendee in self.session.scalars(query):
            name, email, mode = people[attendee.position]
            row = self.model.known((email, name))
            if row is None:
                row = self.add(attendee, name, email)
                pends = self.model.approves
            else:
                assert row.place == "invited"
                row.mode, pends = str(mode), False
            row.answer = "yes"
            if wish and not attendee.position:
                row.wish = wish
            if pends:
                row.place = "pending"
            else:
                self.model.arrive(row)

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

    def answers_for(self, wish: str) -> Answers:
        """What is said to the one question."""
        return {self.workshop.id: Given(options=(self.option_ids[wish],))} if wish else {}

    @precondition(lambda self: self.model.rows)
    @rule(who=WHO, wish=WISHES, by_organiser=st.booleans())
    def choose(self, who: int, wish: str, by_organiser: bool) -> None:
        row, model = self.pick(who), self.model
        if row.gone:
            return
        allowed = row.wish == wish or model.is_left(wish)
        if by_organiser:
            verb, args, actor = edit_questions.fill_in, [self.answers_for(wish)], DESK
        else:
            allowed = allowed and model.ahead and row.is_live
            command = change_to(self.session.get_one(Attendee, row.id), answers=self.answers_for(wish))
            verb, args, actor = personal.change, [command], ATTENDEE
        changes_something = row.wish != wish
        if self.attempt(allowed, verb, row.id, *args, actor=actor) is None:
            return
        model.choose(row, wish)
        if changes_something and not by_organiser and row.place in ("invited", "confirmed"):
            row.tell("REQUEST")

    @rule(which=st.sampled_from("AB"), places=PLACES)
    def limit(self, which: str, places: int | None) -> None:
        """Other places of one option."""
        model = self.model
        held = sum(row.place == "confirmed" and row.wish == which and row.has for row in model.rows.values())
        allowed = places is None or held <= places
        limits = model.options | {which: places}
        typed = [option(name, limits[name], id=self.option_ids[name]) for name in "ABC"]
        text = question_text("Workshop", *typed)
        if (
            self.attempt(allowed, edit_questions.change_question, self.workshop.id, text, actor=DESK)
            is not None
        ):
            for row in model.rows.values():
                row.has = row.has or (row.wish == which and places is None)
            model.options = limits

    @precondition(lambda self: self.model.rows)
    @rule(who=WHO, by_organiser=st.booleans())
    def cancel(self, who: int, by_organiser: bool) -> None:
        row, model = self.pick(who), self.model
        if row.gone:
            return
        is_live = row.is_live
        actor = DESK if by_organiser else ATTENDEE
        done = self.attempt(model.ahead or not is_live, personal.cancel, row.id, actor=actor)
        if done is not None and is_live:
            row.answer = row.answer if by_organiser else "no"
            model.leave(row, "cancelled" if by_organiser else "declined")

    @precondition(lambda self: self.model.rows)
    @rule(who=WHO, by_organiser=st.booleans())
    def undo(self, who: int, by_organiser: bool) -> None:
        row, model = self.pick(who), self.model
        if row.is_live:
            return
        allowed = model.ahead and not row.gone and (by_organiser or row.place == "declined")
        allowed = allowed and model.known(row.key) is None
        actor = DESK if by_organiser else ATTENDEE
        if self.attempt(allowed, personal.undo_cancel, row.id, actor=actor) is None:
            return
        if by_organiser:
            row.answer = "none" if row.answer == "no" else row.answer
        else:
            row.answer = "yes"
        model.come_back(row, by_organiser=by_organiser)

    @precondition(lambda self: self.model.rows)
    @rule(who=WHO, mode=MODES, name=NAMES)
    def change(self, who: int, mode: Mode, name: str) -> None:
        row, model = self.pick(who), self.model
        if row.gone:
            return
        other = model.known((row.email, name))
        allowed = model.ahead and row.is_live and other in (None, row)
        attendee = self.session.get_one(Attendee, row.id)
        before, command = change_to(attendee), change_to(attendee, mode=mode, name=name)
        if self.attempt(allowed, personal.change, row.id, command, actor=ATTENDEE) is None:
            return
        row.name = name
        if row.place in ("invited", "confirmed") and command != before:
            row.tell("REQUEST")
        if row.mode == mode:
            return
        if row.place in ("invited", "pending"):
            row.mode = str(mode)
            return
        had_seat = row.place == "confirmed"
        if not had_seat:
            model.queue[row.mode].remove(row.id)
        row.mode, row.place = str(mode), ""
        model.arrive(row)
        if had_seat and row.place == "waiting":
            row.tell("CANCEL")
        if had_seat:
            model.promote()

    @precondition(lambda self: self.model.rows)
    @rule(who=WHO, add_chair=st.booleans())
    def move_up(self, who: int, add_chair: bool) -> None:
        row, model = self.pick(who), self.model
        waits = row.place == "waiting"
        free = model.has_room(row.mode)
        allowed = model.ahead and row.is_live and (not waits or free or add_chair)
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
        allowed = model.ahead and row.is_live and not row.gone
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
            heir.place = row.place
            if row.place != "pending":
                heir.tell("REQUEST")
        heir.answer, heir.wish, heir.has, row.wish = row.answer, row.wish, row.has, ""
        heir.knows_time = row.knows_time
        row.place, row.gone = "cancelled", True
        row.tell("CANCEL")

    @precondition(lambda self: self.model.rows)
    @rule(who=WHO)
    def erase(self, who: int) -> None:
        row, model = self.pick(who), self.model
        if row.gone:
            return
        is_live = row.is_live
        self.attempt(True, erase_attendee, row.id, actor=ATTENDEE)
        if is_live and model.ahead:
            row.answer = "no"
            model.leave(row, "declined")
        elif is_live and model.now < model.start + timedelta(hours=3):
            model.leave(row, "declined", silently=True)
        row.gone, row.name, row.email, row.wish = True, "", None, ""

    # --- invitations and answers ------------------------------------------------------------------------------

    @rule(people=st.lists(st.tuples(NAMES, ADDRESSES, MODES), min_size=1, max_size=3))
    def invite(self, people: list[tuple[str, str, Mode]]) -> None:
        invited = tuple(person(name, email, mode=mode) for name, email, mode in people)
        command = invitations.Invitation(people=invited, language="cs")
        done = self.attempt(
            self.model.ahead, invitations.invite, self.meeting.id, command, actor=DESK, mail_domain=DOMAIN
        )
        for attendee in done.attendees if done is not None else ():
            key = (attendee.email, attendee.name)
            assert self.model.known(key) is None
            said_no = [row for row in self.model.rows.values() if row.place == "declined" and not row.gone]
            assert key not in [row.key for row in said_no]
            row = self.add(attendee, attendee.name, attendee.email)
            row.place = "invited"
            row.tell("REQUEST")

    @precondition(lambda self: self.model.rows)
    @rule(who=WHO, said=SAID)
    def answer(self, who: int, said: Answer) -> None:
        """On the personal page."""
        row, model = self.pick(who), self.model
        if row.gone:
            return
        comes_back = not row.is_live and said != Answer.NO
        allowed = model.ahead if row.is_live or comes_back else True
        if comes_back:
            allowed = allowed and row.place == "declined" and model.known(row.key) is None
        if self.attempt(allowed, answers.answer, row.id, said, actor=ATTENDEE) is None:
            return
        if said == Answer.NO:
            if row.is_live:
                row.answer = "no"
                model.leave(row, "declined")
            return
        again, row.answer = row.answer == said, str(said)
        if comes_back:
            model.come_back(row)
        elif row.place == "invited":
            model.seat(row)
            row.tell("REQUEST" if row.place == "confirmed" else "CANCEL")
        elif row.place == "confirmed" and not again:
            row.tell("REQUEST")

    @precondition(lambda self: self.model.rows)
    @rule(who=WHO, said=SAID)
    def reply(self, who: int, said: Answer) -> None:
        """From the calendar."""
        row, model = self.pick(who), self.model
        if row.gone:
            return
        allowed = row.is_live or (row.place == "declined" and model.known(row.key) is None)
        if self.attempt(allowed, answer_by_calendar, row.id, said) is None:
            return
        row.answer = str(said)
        if not model.ahead:
            return
        if said == Answer.NO:
            if row.is_live:
                model.leave(row, "declined", silently=True)
        elif row.place in ("invited", "declined"):
            model.seat(row)
            row.tell("REQUEST" if row.place == "confirmed" else "CANCEL")

    @precondition(lambda self: self.model.rows)
    @rule(who=WHO)
    def release(self, who: int) -> None:
        row, model = self.pick(who), self.model
        done = self.attempt(model.ahead, answers.release, self.meeting.id, [row.id], actor=DESK)
        if done:
            assert (row.place, row.answer) == ("confirmed", "maybe")
            model.leave(row, "cancelled")
        elif done is not None:
            assert (row.place, row.answer) != ("confirmed", "maybe")

    @precondition(lambda self: self.model.rows)
    @rule(who=WHO, name=NAMES, email=st.one_of(ADDRESSES, st.just("colleague@example.org")))
    def substitute(self, who: int, name: str, email: str) -> None:
        row, model = self.pick(who), self.model
        if row.gone:
            return
        named = model.rows.get(row.named or 0)
        if named is not None and named.gone:
            return
        again = named is not None and named.key == (email, name)
        known = model.known((email, name))
        allowed = again or (model.ahead and row.is_live and known is not row)
        command = substitutes.Substitution(person=person(name, email), language="cs")
        new = self.attempt(
            allowed, substitutes.substitute, row.id, command, actor=ATTENDEE, mail_domain=DOMAIN
        )
        if new is None or again:
            return
        assert known is None or known.id == new.id
        row.answer, row.named = "no", new.id
        model.hand_over(row, known or self.add(new, name, email))

    @precondition(lambda self: self.model.rows)
    @rule(who=WHO, yes=st.booleans())
    def decide(self, who: int, yes: bool) -> None:
        """The organiser approves, or not."""
        row, model = self.pick(who), self.model
        allowed = model.ahead and row.place == "pending"
        if yes:
            if self.attempt(allowed, approval.approve, row.id, actor=DESK) is not None:
                model.arrive(row)
        elif self.attempt(allowed, approval.disapprove, row.id, reason="", actor=DESK) is not None:
            row.end("cancelled")

    @rule()
    def approve_from_now_on(self) -> None:
        self.model.approves = not self.model.approves
        self.edit(approval=self.model.approves)
        self.model.promote()

    # --- the meeting ------------------------------------------------------------------------------------------

    @rule(room=SEATS, online=SEATS)
    def set_capacity(self, room: int | None, online: int | None) -> None:
        self.edit(capacity=room, online_capacity=online)
        self.model.capacity = {"room": room, "online": online}
        self.model.promote()

    @precondition(lambda self: self.model.now < self.model.start + timedelta(hours=2))
    @rule(hours=HOURS, plan=PLANS)
    def reschedule(self, hours: int, plan: changes.Plan) -> None:
        model, start = self.model, self.model.now + timedelta(hours=hours)
        self.edit(plan, starts_at=start, ends_at=start + timedelta(hours=3))
        model.move(start)
        if model.is_on:
            self.holds_move = plan.hold
        if not (plan.hold and model.is_on):
            if not plan.keep_answers:
                model.ask_anew()
            model.tell_time()
            if model.is_on:
                model.set_entries(
                    "REQUEST"
                )  # also for those who were added after the start, without a letter
        model.promote()

    @rule(keep_answers=st.booleans())
    def tell_held(self, keep_answers: bool) -> None:
        held, model = self.meeting.untold, self.model
        done = self.attempt(
            model.ahead,
            changes.tell_held,
            self.meeting.id,
            version=self.meeting.version,
            plan=changes.Plan(keep_answers=keep_answers),
            actor=DESK,
        )
        if done is not None:
            self.holds_move = False
        if done is not None and held:
            if not keep_answers:
                model.ask_anew()
            model.tell_time()
            model.set_entries("REQUEST")

    def edit(self, plan: changes.Plan = changes.TELL, **values: Any) -> None:
        present = {
            "starts_at": self.meeting.starts_at,
            "ends_at": self.meeting.ends_at,
            "capacity": self.meeting.capacity,
            "online_capacity": self.meeting.online_capacity,
            "format": Format.HYBRID,
            "online_url": self.meeting.online_url,
            "approval": self.meeting.approval,
        }
        text = meeting_text(self.session, **(present | values))
        version = self.meeting.version
        self.attempt(
            True, edit_meeting.edit, self.meeting.id, text, SLOTS, version=version, actor=DESK, plan=plan
        )

    @rule()
    def call_off(self) -> None:
        done = self.attempt(
            self.model.is_on, changes.call_off, self.meeting.id, reason={"cs": "Nemoc"}, actor=DESK
        )
        if done is not None:
            self.model.is_on = False
            self.model.set_entries("CANCEL")

    @rule()
    def restore(self) -> None:
        allowed = not self.model.is_on and self.model.now < self.model.start
        if self.attempt(allowed, changes.restore, self.meeting.id, actor=DESK) is not None:
            self.model.is_on = True
            if self.holds_move:  # the time that people were never told is told now
                self.model.ask_anew()
                self.model.tell_time()
                self.holds_move = False
            self.model.set_entries("REQUEST")
            self.model.promote()

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
        query = select(Attendee.id, Attendee.place, Attendee.mode, Attendee.answer, Attendee.queue_number)
        for meeting, model in self.stages():
            rows = self.session.execute(query.where(Attendee.meeting_id == meeting.id))
            found = {row.id: row for row in rows}
            assert {key: (row.place, row.mode, row.answer) for key, row in found.items()} == {
                key: (row.place, row.mode, row.answer) for key, row in model.rows.items()
            }
            for mode, queue in model.queue.items():
                waiting = [row for row in found.values() if row.place == "waiting" and row.mode == mode]
                assert [row.id for row in sorted(waiting, key=lambda row: row.queue_number)] == queue

    @invariant()
    def places_of_options_agree_with_the_model(self) -> None:
        """Who chose what, and who of those with a seat has the place; never more than there are."""
        for _meeting, model in self.stages():
            self.check_options(model)

    def check_options(self, model: Model) -> None:
        said = given_by(self.session, list(model.rows))
        for row in model.rows.values():
            given = said.get(row.id, {}).get(self.workshop.id, NOTHING)
            assert [one for one, number in self.option_ids.items() if number in given.options] == list(
                row.wish
            )
            if row.place == "confirmed" and row.wish:
                assert bool(given.without_place) is not row.has
        for name, limit in model.options.items():
            held = [
                row
                for row in model.rows.values()
                if row.place == "confirmed" and row.wish == name and row.has
            ]
            assert limit is None or len(held) <= limit

    @invariant()
    def nothing_is_broken(self) -> None:
        assert invariants.broken(self.session, now=self.model.now) == []

    @invariant()
    def nobody_is_there_twice(self) -> None:
        for _meeting, model in self.stages():
            keys = [row.key for row in model.rows.values() if row.is_live and row.email]
            assert len(keys) == len(set(keys))

    @invariant()
    def calendars_tell_the_truth(self) -> None:
        """The last calendar letter of each row says what the model says, and SEQUENCE only grows."""
        query = select(Letter).where(Letter.calendar.is_not(None)).order_by(Letter.id)
        told: dict[int, list[Letter]] = {}
        for letter in self.session.scalars(query):
            told.setdefault(letter.attendee_id, []).append(letter)
        for row in [row for _meeting, model in self.stages() for row in model.rows.values()]:
            letters = told.get(row.id, [])
            assert (letters[-1].calendar if letters else None) == row.entry, row
            for one, following in pairwise(letters):
                assert following.sequence >= one.sequence
                assert following.sequence > one.sequence or following.calendar == one.calendar


def answer_by_calendar(session: Any, attendee_id: int, said: Answer, *, now: datetime) -> answers.Outcome:
    """A reply as the inbox gives it on, behind the lock."""
    meeting, attendee = seating.lock_attendee(session, attendee_id)
    return answers.answer_invite(session, meeting, attendee, said, now=now)


def test_any_history_keeps_the_laws(session, database):
    examples, steps = (60, 40) if database == "sqlite" else (6, 40)
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
