"""Random histories of two meetings: everything that happens at one, and moves to the other, merges, their undo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from app.domain.meetings.models import Meeting
from app.domain.questions.commands import Owner
from app.domain.registration import edit_questions, merging, moves, parting, queries
from app.domain.registration.models import Answer, Attendee, Mode
from app.domain.reports.queries import lineage
from tests.domain.registration import test_random_histories as one_meeting
from tests.domain.registration.cast import DESK, START, acts, small_meeting
from tests.domain.registration.history_model import Model, Row
from tests.factories import DOMAIN
from tests.questionnaires import option, question_text

UNTOUCHED = {"attendee:moved_in", "attendee:move_up"}
Place = tuple[Meeting, Model]


@dataclass
class Move:
    """A move that was done: when, from where to where, and the new row of each old one."""

    at: datetime
    here: Place
    there: Place
    rows: dict[int, int]


@dataclass
class Merge:
    """Two rows that were joined, and what the kept one had and got."""

    kept: int
    dropped: int
    took: bool
    place: str
    mode: str
    wish: bool
    answer: bool


class TwoMeetings(one_meeting.Story):
    """The second meeting, in the room alone, is far ahead; the questions of their series are asked at both."""

    def __init__(self, session: Any) -> None:
        self.moved: list[Move] = []
        self.merged: list[Merge] = []
        self.second: Meeting | None = None
        self.there = Model(2, 0)
        super().__init__(session)
        self.second = small_meeting(session, 2, number=66)
        self.second.starts_at, self.second.ends_at = START + timedelta(days=90), START + timedelta(days=91)
        self.there.start = self.second.starts_at
        session.flush()
        with self.elsewhere():
            self.register([("Petr Svoboda", "info@example.org", Mode.ROOM)], "B")

    def owner(self) -> Any:
        return Owner(series_id=self.meeting.series_id)

    def stages(self) -> list[Place]:
        found = super().stages()
        if self.second is not None:
            self.there.now, self.there.options = self.model.now, self.model.options
            found.append((self.second, self.there))
        return found

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """Do what is done at one meeting at the other."""
        first, second = self.stages()
        self.meeting, self.model = second
        try:
            yield
        finally:
            self.meeting, self.model = first

    # --- at the second meeting --------------------------------------------------------------------------------

    @rule(name=one_meeting.NAMES, email=one_meeting.ADDRESSES, wish=one_meeting.WISHES)
    def register_there(self, name: str, email: str, wish: str) -> None:
        with self.elsewhere():
            self.register([(name, email, Mode.ROOM)], wish)

    @rule(who=one_meeting.WHO, by_organiser=st.booleans())
    def cancel_there(self, who: int, by_organiser: bool) -> None:
        with self.elsewhere():
            self.cancel(who, by_organiser)

    @rule(who=one_meeting.WHO, by_organiser=st.booleans())
    def undo_there(self, who: int, by_organiser: bool) -> None:
        with self.elsewhere():
            self.undo(who, by_organiser)

    @rule(who=one_meeting.WHO, said=one_meeting.SAID)
    def answer_there(self, who: int, said: Answer) -> None:
        with self.elsewhere():
            self.answer(who, said)

    @rule(who=one_meeting.WHO, wish=one_meeting.WISHES, by_organiser=st.booleans())
    def choose_there(self, who: int, wish: str, by_organiser: bool) -> None:
        with self.elsewhere():
            self.choose(who, wish, by_organiser)

    @rule(which=st.sampled_from("AB"), places=one_meeting.PLACES)
    def limit(self, which: str, places: int | None) -> None:
        """Other places of one option, at both meetings."""
        models = [model for _meeting, model in self.stages()]
        held = max(
            sum(row.place == "confirmed" and row.wish == which and row.has for row in model.rows.values())
            for model in models
        )
        limits = self.model.options | {which: places}
        typed = [option(name, limits[name], id=self.option_ids[name]) for name in "ABC"]
        text = question_text("Workshop", *typed)
        allowed = places is None or held <= places
        if self.attempt(allowed, edit_questions.change_question, self.workshop.id, text, actor=DESK) is None:
            return
        for row in [row for model in models for row in model.rows.values()]:
            row.has = row.has or (row.wish == which and places is None)
        self.model.options = limits
        self.stages()

    # --- moves ------------------------------------------------------------------------------------------------

    @rule(who=st.lists(one_meeting.WHO, min_size=1, max_size=3), forth=st.booleans())
    def move(self, who: list[int], forth: bool) -> None:
        here, there = self.stages() if forth else reversed(self.stages())
        rows = list(here[1].rows.values())
        chosen = {row.id: row for row in (rows[-1 - number % len(rows)] for number in who)}
        going = [
            row for row in self.in_turn(chosen.values()) if row.is_live and there[1].known(row.key) is None
        ]
        done = self.attempt(
            here[1].ahead and there[1].ahead,
            moves.move,
            here[0].id,
            list(chosen),
            to_id=there[0].id,
            actor=DESK,
            mail_domain=DOMAIN,
        )
        if done is None:
            return
        assert len(done.arrived) == len(going)
        for row, attendee in zip(going, done.arrived, strict=True):
            self.arrive(there[1], row, attendee)
        self.end(here[1], going)
        if going:
            pairs = {row.id: attendee.id for row, attendee in zip(going, done.arrived, strict=True)}
            self.moved.append(Move(self.model.now, here, there, pairs))

    def in_turn(self, rows: Any) -> list[Row]:
        """Who has a seat first, by registering; the others by their numbers."""
        found = {row.id: self.session.get_one(Attendee, row.id) for row in rows}
        return sorted(
            rows,
            key=lambda row: (
                row.place != "confirmed",
                found[row.id].queue_number or 0,
                found[row.id].registered_at,
                row.id,
            ),
        )

    def arrive(self, model: Model, row: Row, attendee: Attendee) -> None:
        new = Row(attendee.id, row.name, row.email, row.mode, wish=row.wish)
        model.rows[new.id] = new
        if model.capacity["online"] == 0:
            new.mode = "room"
        if row.place == "invited":
            new.place = "invited"
            new.tell("REQUEST")
        elif row.place == "pending" and model.approves:
            new.place = "pending"
        else:
            model.arrive(new)

    def end(self, model: Model, rows: list[Row]) -> None:
        """All places end, then the queue moves up."""
        for row in rows:
            if row.place == "waiting":
                model.queue[row.mode].remove(row.id)
            row.end("cancelled")
            row.tell("CANCEL")
        if rows:
            model.promote()

    @precondition(lambda self: self.moved)
    @rule(which=st.integers(0, 3))
    def undo_move(self, which: int) -> None:
        move = self.moved[-1 - which % len(self.moved)]
        self.stages()
        (meeting, here), (_other, there) = move.here, move.there
        back = {old: new for old, new in move.rows.items() if self.may_return(move, old, new)}
        allowed = here.ahead and there.ahead
        done = self.attempt(allowed, moves.take_back, meeting.id, move.at, actor=DESK)
        if done is None:
            return
        assert {one.id for one in done} == set(back)
        self.bring_back(here, [here.rows[one.id] for one in done])
        self.end(there, [there.rows[number] for number in back.values()])

    def may_return(self, move: Move, old: int, new: int) -> bool:
        here, there = move.here[1], move.there[1]
        row = here.rows[old]
        untouched = there.rows[new].is_live and set(acts(self.session, self.attendee(new))) <= UNTOUCHED
        ended = row.place == "cancelled" and self.attendee(old).ended_at == move.at
        return untouched and ended and not row.gone and here.known(row.key) is None

    def attendee(self, number: int) -> Attendee:
        return self.session.get_one(Attendee, number)

    def bring_back(self, model: Model, back: list[Row]) -> None:
        """Seats first to who had one; who finds none stands first in the queue, in the old order."""
        queue = []
        for row in sorted(back, key=lambda row: row.was == "waiting"):
            row.answer, row.has = "none" if row.answer == "no" else row.answer, False
            if row.was in ("pending", "invited"):
                row.place = row.was
            elif model.has_room(row.mode):
                row.place = "confirmed"
            else:
                row.place = "waiting"
                queue.append(row)
            if row.place in ("confirmed", "invited"):
                row.tell("REQUEST")
        for row in reversed(queue):
            model.queue[row.mode].insert(0, row.id)
        for row in back:
            model.settle(row)

    # --- one person twice -------------------------------------------------------------------------------------

    @precondition(lambda self: self.model.rows)
    @rule(who=one_meeting.WHO, other=one_meeting.WHO)
    def merge(self, who: int, other: int) -> None:
        model = self.model
        live = [row for row in model.rows.values() if row.is_live]
        rows = live if len(live) > 1 else list(model.rows.values())  # else few of them could be joined
        kept, dropped = rows[-1 - who % len(rows)], rows[-1 - other % len(rows)]
        allowed = kept is not dropped and kept.is_live and dropped.is_live
        done = self.attempt(allowed, merging.merge, self.meeting.id, kept.id, dropped.id, actor=DESK)
        if done is None:
            return
        if kept.email is None and dropped.email:
            kept, dropped = dropped, kept
        assert done.id == kept.id
        took = dropped.place == "confirmed" != kept.place
        merge = Merge(
            kept.id, dropped.id, took, kept.place, kept.mode, not kept.wish and bool(dropped.wish), False
        )
        self.join_places(kept, dropped, took=took)
        if kept.place in ("confirmed", "waiting") and kept.answer == "none" != dropped.answer:
            kept.answer, merge.answer = dropped.answer, True
        dropped.end("cancelled")
        dropped.gone = True
        if merge.wish:
            kept.wish = dropped.wish
        if merge.wish or took:
            model.settle(kept)
        if model.ahead and dropped.entry == "REQUEST":
            dropped.tell("CANCEL")
        if model.ahead and took:
            kept.tell("REQUEST")
        model.promote()
        self.merged.append(merge)

    def join_places(self, kept: Row, dropped: Row, *, took: bool) -> None:
        """The better one of two places; of two numbers in one queue the earlier."""
        queue = self.model.queue
        if kept.place == dropped.place == "waiting" and kept.mode == dropped.mode:
            first = min(queue[kept.mode].index(kept.id), queue[kept.mode].index(dropped.id))
            queue[kept.mode].remove(kept.id)
            queue[kept.mode].remove(dropped.id)
            queue[kept.mode].insert(first, kept.id)
            return
        if dropped.place == "waiting":
            queue[dropped.mode].remove(dropped.id)
        if took:
            if kept.place == "waiting":
                queue[kept.mode].remove(kept.id)
            kept.place, kept.mode = "confirmed", dropped.mode

    @precondition(lambda self: self.merged)
    @rule(which=st.integers(0, 2))
    def undo_merge(self, which: int) -> None:
        model, chosen = self.model, self.merged[-1 - which % len(self.merged)]
        merge = [one for one in self.merged if one.kept == chosen.kept][-1]  # the last one of this row
        kept, dropped = model.rows[merge.kept], model.rows[merge.dropped]
        left = [getattr(self.attendee(kept.id), one) for one in merging.ANSWER]
        is_same = left == [getattr(self.attendee(dropped.id), one) for one in merging.ANSWER]
        allowed = kept.is_live and not kept.gone and model.known(dropped.key) is None
        if self.attempt(allowed, parting.take_back, self.meeting.id, kept.id, actor=DESK) is None:
            return
        self.merged.remove(merge)
        dropped.gone = False
        if merge.answer and is_same:
            kept.answer = "none"
        if merge.wish and kept.wish == dropped.wish:
            kept.wish = ""
        self.part(kept, dropped, merge)
        model.settle(dropped)
        model.promote()

    def part(self, kept: Row, dropped: Row, merge: Merge) -> None:
        model = self.model
        room, was = model.has_room(dropped.mode), dropped.was
        swaps = merge.took and kept.place == "confirmed" and not room
        if was in ("pending", "invited"):
            dropped.place = was
        elif swaps or room:
            dropped.place = "confirmed"
        else:
            dropped.place = "waiting"
            model.queue[dropped.mode].insert(0, dropped.id)
        if swaps:
            kept.place, kept.mode = merge.place, merge.mode
            if kept.place == "waiting":
                model.queue[kept.mode].insert(0, kept.id)
        if model.ahead and swaps:
            kept.tell("REQUEST" if kept.place == "invited" else "CANCEL")
        if model.ahead and dropped.place in ("confirmed", "invited"):
            dropped.tell("REQUEST")

    @precondition(lambda self: self.model.rows)
    @rule(who=one_meeting.WHO)
    def erase(self, who: int) -> None:
        """What was joined with the person goes too, and the ended rows from which moves led on."""
        row = self.pick(who)
        if row.gone:
            return
        behind = lineage(self.session, self.attendee(row.id))
        super().erase(who)
        for number in behind:
            self.model.rows[number].wish = ""
        rows = {number: found for _meeting, model in self.stages() for number, found in model.rows.items()}
        for number in self.linked(behind) - set(behind):
            other = rows[number]
            if other.place == "cancelled" and queries.ended_by(self.session, number) == "move":
                other.gone, other.name, other.email, other.wish = True, "", None, ""
                assert self.attendee(number).erased_at
                for one in lineage(self.session, self.attendee(number)):
                    rows[one].wish = ""

    def linked(self, numbers: list[int]) -> set[int]:
        """These rows, and all to or from which moves led."""
        found = set(numbers)
        for _ in self.moved:
            for old, new in (pair for move in self.moved for pair in move.rows.items()):
                found |= {old, new} if {old, new} & found else set()
        return found


class Narrow(TwoMeetings):
    """The same with fewer rules, so that moves and merges meet each other more often."""

    reschedule = tell_held = restore = time_passes = call_off = approve_from_now_on = decide = None
    substitute = reply = release = change = move_up = correct_address = answer_there = undo_there = None


@pytest.mark.parametrize(("kind", "examples"), [(TwoMeetings, 12), (Narrow, 20)])
def test_any_history_of_two_meetings_keeps_the_laws(session, database, kind, examples):
    if database != "sqlite":
        examples = 3
    run_state_machine_as_test(
        lambda: kind(session),
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            report_multiple_bugs=False,
            phases=[Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
