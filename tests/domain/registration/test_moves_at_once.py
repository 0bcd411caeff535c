"""Opposite moves at the same moment: neither waits for the other for ever, and no seat is given twice."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from app.base.db import begin_write
from app.domain.questions.commands import Given, Owner
from app.domain.questions.models import QuestionKind
from app.domain.registration import moves
from app.domain.registration.models import LIVE, Attendee, Place
from app.domain.reports import invariants
from app.extensions import db
from tests.domain.registration.cast import DESK, NOW, START, later, small_meeting
from tests.factories import DOMAIN, person, register
from tests.questionnaires import ask, ids, option

ROUNDS = 12


@pytest.mark.load
@pytest.mark.xdist_group("load")
def test_opposite_moves_at_the_same_moment(app):
    with app.app_context():
        session = db.session()
        here, there = small_meeting(session, 3), small_meeting(session, 3, number=66)
        there.starts_at, there.ends_at = START + timedelta(days=7), START + timedelta(days=8)
        shop = ask(session, Owner(series_id=here.series_id), QuestionKind.ONE, "Dílna", option("A", 1), "B")
        wish = {shop.id: Given(options=(ids(shop)[0],))}
        for meeting, letters in ((here, "ABCDE"), (there, "FGHIJ")):
            for letter in letters:
                said = wish if letter in "AF" else {}
                register(session, meeting, person(f"Osoba {letter}{letter}", answers=said), now=NOW)
        both = (here.id, there.id)
        session.commit()
    barrier = Barrier(2)

    def go(number: int) -> int:
        from_id, to_id = both if number else reversed(both)
        done = 0
        for turn in range(ROUNDS):
            barrier.wait(timeout=60)
            with app.app_context():
                session = db.session()
                live = select(Attendee.id).where(Attendee.meeting_id == from_id, Attendee.place.in_(LIVE))
                people = list(session.scalars(live.order_by(Attendee.id).limit(3)))
                now = later(2 * turn + number + 1)
                begin_write(session)
                moved = moves.move(
                    session, from_id, people, to_id=to_id, now=now, actor=DESK, mail_domain=DOMAIN
                )
                session.commit()
                done += len(moved.arrived)
                if turn % 3 == 2:
                    begin_write(session)
                    moves.take_back(session, from_id, now, now=now + timedelta(seconds=30), actor=DESK)
                    session.commit()
        return done

    with ThreadPoolExecutor(2) as pool:
        assert all(list(pool.map(go, range(2))))
    with app.app_context():
        session = db.session()
        assert invariants.broken(session, now=later(ROUNDS * 3)) == []
        live = list(session.scalars(select(Attendee).where(Attendee.place.in_(LIVE))))
        assert sorted(one.name[-1] for one in live) == list("ABCDEFGHIJ"), "everybody is somewhere, once"
        seats = Counter(one.meeting_id for one in live if one.place == Place.CONFIRMED)
        assert all(number <= 3 for number in seats.values())
