"""People who come all at once: what one process of many does with the verbs of the domain."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from sqlalchemy import select

from app.base import clock
from app.base.db import begin_write
from app.base.errors import Refusal
from app.domain.history.service import ATTENDEE, SYSTEM
from app.domain.registration import organiser, personal
from app.domain.registration.commands import SignUp
from app.domain.registration.models import Attendee, Mode
from app.domain.registration.sign_up import sign_up
from app.extensions import db
from app.factory import create_app
from config import load
from tests.domain.registration.cast import change_to
from tests.factories import DOMAIN, person

PROCESSES = 4
Environ = dict[str, str]


def run(work: Callable[..., Counter[str]], environ: Environ, *args: Any) -> Counter[str]:
    """Do `work(environ, number, *args)` in several processes at once; gives all their counts together."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(work, environ, number, *args) for number in range(PROCESSES)]
        return sum((job.result(timeout=300) for job in jobs), Counter())


def come(environ: Environ, number: int, meeting_id: int, people: int) -> Counter[str]:
    """Register one person after another; counts what came of it."""
    done: Counter[str] = Counter()
    with create_app(load(environ)).app_context():
        for who in range(people):
            token = f"{number}-{who}"
            done[attempt(_register, meeting_id, (person(f"Host {token}"),), token)] += 1
        db.engine.dispose()
    return done


def click_twice(environ: Environ, number: int, meeting_id: int, people: int) -> Counter[str]:
    """Every process sends the same forms: a double click, a reload, a retry."""
    done: Counter[str] = Counter()
    with create_app(load(environ)).app_context():
        for who in range(people):
            name = person(f"Host {who}")
            key = f"{who}" if number % 2 else f"{who}-{number}"  # half of them typed it all again
            done[attempt(_register, meeting_id, (name,), key)] += 1
        db.engine.dispose()
    return done


def mill_about(environ: Environ, number: int, meeting_id: int, acts: int) -> Counter[str]:
    """Random acts on one meeting, by people whom other processes know too."""
    dice = random.Random(number)
    done: Counter[str] = Counter()
    with create_app(load(environ)).app_context():
        for step in range(acts):
            verb = dice.choice((_party, _party, _cancel, _cancel, _undo, _change_mode, _move_up))
            done[attempt(verb, meeting_id, dice, f"{number}-{step}")] += 1
        db.engine.dispose()
    return done


def attempt(verb: Callable[..., object], *args: Any) -> str:
    """One act in one transaction; a refusal is an answer, anything else ends the process."""
    session = db.session()
    begin_write(session)
    try:
        verb(session, *args)
        session.commit()
    except Refusal as refusal:
        session.rollback()
        return type(refusal).__name__
    return "done"


def _register(session: Any, meeting_id: int, people: tuple[Any, ...], key: str) -> None:
    command = SignUp(people=people, language="cs", form_key=key)
    sign_up(session, meeting_id, command, now=clock.now(), mail_domain=DOMAIN)


def _party(session: Any, meeting_id: int, dice: random.Random, key: str) -> None:
    names = dice.sample(range(40), dice.randint(1, 4))
    people = tuple(person(f"Host {name}", mode=dice.choice(list(Mode))) for name in names)
    _register(session, meeting_id, people, key)


def _anybody(session: Any, meeting_id: int, dice: random.Random) -> Attendee:
    query = select(Attendee).where(Attendee.meeting_id == meeting_id).order_by(Attendee.id.desc()).limit(30)
    found = session.scalars(query).all()
    if not found:
        raise Refusal
    return dice.choice(found)


def _cancel(session: Any, meeting_id: int, dice: random.Random, _key: str) -> None:
    attendee = _anybody(session, meeting_id, dice)
    personal.cancel(session, attendee.id, now=clock.now(), actor=ATTENDEE)


def _undo(session: Any, meeting_id: int, dice: random.Random, _key: str) -> None:
    attendee = _anybody(session, meeting_id, dice)
    personal.undo_cancel(session, attendee.id, now=clock.now(), actor=ATTENDEE)


def _change_mode(session: Any, meeting_id: int, dice: random.Random, _key: str) -> None:
    attendee = _anybody(session, meeting_id, dice)
    command = change_to(attendee, mode=dice.choice(list(Mode)))
    personal.change(session, attendee.id, command, now=clock.now(), actor=ATTENDEE)


def _move_up(session: Any, meeting_id: int, dice: random.Random, _key: str) -> None:
    attendee = _anybody(session, meeting_id, dice)
    organiser.move_up(session, attendee.id, add_chair=False, now=clock.now(), actor=SYSTEM)
