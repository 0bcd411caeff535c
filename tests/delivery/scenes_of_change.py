"""Letters that `scenes` has not: what organisers change, move and merge, account letters, notices, letters to many."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from app.base import clock
from app.delivery.letters import compose, render, trial_letter
from app.domain.accounts.models import Purpose, Role
from app.domain.accounts.service import send_link, tell
from app.domain.broadcasts import sending
from app.domain.broadcasts.models import Purpose as BroadcastPurpose
from app.domain.broadcasts.rules import Segment
from app.domain.notices import letters as notices
from app.domain.notices.queries import News
from app.domain.notices.rules import Line
from app.domain.outbox import service as outbox
from app.domain.outbox.models import Kind, Letter, State
from app.domain.privacy.erase import erase_attendee
from app.domain.questions.commands import Owner
from app.domain.questions.models import Purpose as QuestionPurpose
from app.domain.registration import changes, feeds, merging, moves, personal
from app.domain.registration.models import Mode
from app.workspace.feedback_words import thanks
from tests.delivery.cast import CAUSES, MESSAGE, ORGANISER, edit, make_letter, send_to_all
from tests.delivery.scenes import COLLEAGUE, LINK, ONLINE, SCENES, Story, correct
from tests.factories import DOMAIN, make_account, make_meeting, person
from tests.questionnaires import ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from app.delivery.message import LetterMessage

CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "title": ({}, {"title": {"cs": "Bydlení pro všechny", "en": "Housing for everybody"}}),
    "link": (ONLINE, {"online_url": "https://meet.example.org/y"}),
    "format": ({"online_capacity": 9}, {"format": "hybrid", "online_url": LINK}),
    "address": ({}, {"address": "Mariánské nám. 2/2, 110 00 Praha 1"}),
    "date": ({}, {}),
    "zone": (ONLINE, {"timezone": "Europe/London"}),
}


def _changed(name: str) -> Callable[[Story], Letter]:
    def make(story: Story) -> Letter:
        first, then = CHANGES[name]
        meeting = story.meeting(**first)
        story.registered(meeting, person(mode=Mode.ONLINE if first is ONLINE else Mode.ROOM))
        if name == "date":
            days = timedelta(days=7)
            then = {"starts_at": meeting.starts_at + days, "ends_at": meeting.ends_at + days}
        edit(story.session, meeting, **then)
        return story.newest(Kind.RESCHEDULED)

    return make


def _called_off(story: Story) -> Letter:
    """The calendar entry of a seat that was confirmed goes."""
    meeting = story.meeting()
    story.registered(meeting)
    reason = {"cs": "Řečník onemocněl.", "en": "The speaker is ill."}
    changes.call_off(story.session, meeting.id, reason=reason, now=clock.now(), actor=ORGANISER)
    return story.newest(Kind.CALLED_OFF)


def _cancelled_by_organiser(story: Story) -> Letter:
    one = story.registered(story.meeting())
    personal.cancel(story.session, one.id, now=clock.now(), actor=ORGANISER, told="Omyl.")
    return story.newest(Kind.CANCELLED)


def _erased(story: Story) -> Letter:
    one = story.registered(story.meeting())
    erase_attendee(story.session, one.id, now=clock.now(), actor=ORGANISER)
    return story.newest(Kind.CANCELLED)


def _corrected(kind: Kind) -> Callable[[Story], Letter]:
    def make(story: Story) -> Letter:
        correct(story, story.registered(story.meeting()))
        return story.newest(kind)

    return make


def _moved(kind: Kind, **values: Any) -> Callable[[Story], Letter]:
    """A move to another meeting of the series: from there, or to there in the place that `values` give."""

    def make(story: Story) -> Letter:
        old = story.meeting()
        title = {"cs": "Vzdělávání dětí", "en": "Schooling of children"}
        new = story.meeting(number=66, title=title, starts_at=old.starts_at + timedelta(days=7), **values)
        one = story.invited(old) if kind == Kind.INVITED else story.registered(old)
        moves.move(
            story.session,
            old.id,
            [one.id],
            to_id=new.id,
            now=clock.now(),
            actor=ORGANISER,
            mail_domain=DOMAIN,
        )
        return story.newest(kind)

    return make


def _merged(story: Story) -> Letter:
    meeting = story.meeting()
    kept = story.registered(meeting)
    dropped = story.registered(meeting, person(email="other@example.org"))
    merging.merge(story.session, meeting.id, kept.id, dropped.id, now=clock.now(), actor=ORGANISER)
    return story.newest(Kind.CANCELLED)


def _companion(place: str) -> Callable[[Story], Letter]:
    """Somebody else registered this person."""

    def make(story: Story) -> Letter:
        story.registered(
            story.meeting(capacity=0 if place == "waiting" else 5), person(COLLEAGUE), person("Eva Malá")
        )
        return story.newest(Kind.WAITING if place == "waiting" else Kind.CONFIRMED)

    return make


def _online(story: Story) -> Letter:
    story.registered(story.meeting(**ONLINE), person(mode=Mode.ONLINE, organisation="Městská knihovna"))
    return story.newest(Kind.CONFIRMED)


def _new_feed(story: Story) -> Letter:
    one = story.registered(story.meeting())
    feeds.ask(story.session, one.id, now=clock.now(), actor=ORGANISER)
    feeds.renew(story.session, one.id, now=clock.now() + timedelta(minutes=1), actor=ORGANISER)
    return story.newest(Kind.FEED)


def _news(story: Story) -> Letter:
    meeting = story.meeting()
    story.registered(meeting)
    send_to_all(story.session, meeting, replace(MESSAGE, purpose=BroadcastPurpose.NEWS))
    return story.newest(Kind.MESSAGE)


def _thanks(story: Story) -> Letter:
    meeting = story.meeting()
    ask(story.session, Owner(meeting_id=meeting.id, purpose=QuestionPurpose.FEEDBACK))
    story.registered(meeting)
    draft = thanks(meeting, Segment(), asks=True, anonymous=True)
    send_to_all(story.session, meeting, draft, {"minutes.pdf": b"%PDF-1.7\n" + bytes(range(256))})
    return story.newest(Kind.MESSAGE)


def _trial(story: Story) -> Letter:
    meeting = story.meeting()
    story.registered(meeting)
    broadcast = send_to_all(story.session, meeting)
    account = make_account(story.session, Role.ORGANISER)
    sending.write_trial(story.session, broadcast.id, account, language=story.lang, now=clock.now())
    return story.newest(Kind.MESSAGE)


def _account(purpose: Purpose, *, invited: bool = False) -> Callable[[Story], Letter]:
    def make(story: Story) -> Letter:
        account = make_account(story.session, Role.ORGANISER)
        account.language = story.lang
        send_link(story.session, account, purpose, now=clock.now(), invited=invited)
        return story.newest(Kind.PASSWORD)

    return make


def _security(what: str) -> Callable[[Story], Letter]:
    def make(story: Story) -> Letter:
        account = make_account(story.session, Role.ORGANISER)
        account.language = story.lang
        tell(story.session, account, what, now=clock.now())
        return story.newest(Kind.SECURITY)

    return make


def _notice(*lines: dict[Line, int], day: date | None = None, elsewhere: bool = False) -> Any:
    def make(story: Story) -> Letter:
        account = make_account(story.session, Role.ADMINISTRATOR)
        start = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=40)
        news: list[News] = [
            News(make_meeting(story.session, starts_at=start + timedelta(days=number)), one)
            for number, one in enumerate(lines)
        ]
        news += [News(None, {Line.FAILED: 1})] if elsewhere else []
        new = outbox.NewLetter(
            kind=Kind.NOTICE,
            recipient=account.email,
            language=story.lang,
            key=f"notice:{account.id}:test",
            facts=notices.facts(news, story.lang, day=day),
            account_id=account.id,
        )
        outbox.enqueue(story.session, new, now=clock.now())
        return story.newest(Kind.NOTICE)

    return make


DAY = date(2027, 3, 2)
EVERYTHING = {line: number + 1 for number, line in enumerate(Line)}

SCENES_OF_CHANGE: dict[str, Callable[[Story], Letter]] = {
    **{f"changed_{name}": _changed(name) for name in CHANGES},
    "called_off": _called_off,
    "cancelled_by_organiser": _cancelled_by_organiser,
    "erased": _erased,
    "left_address": _corrected(Kind.CANCELLED),
    "right_address": _corrected(Kind.CONFIRMED),
    "moved_from": _moved(Kind.CANCELLED),
    "moved_to_seat": _moved(Kind.CONFIRMED),
    "moved_to_queue": _moved(Kind.WAITING, capacity=0),
    "moved_invitation": _moved(Kind.INVITED),
    "merged": _merged,
    "companion_confirmed": _companion("confirmed"),
    "companion_waiting": _companion("waiting"),
    "online": _online,
    "new_feed": _new_feed,
    "news": _news,
    "thanks": _thanks,
    "trial": _trial,
    "new_account": _account(Purpose.PASSWORD, invited=True),
    **{f"security_{what}": _security(what) for what in ("on", "off", "reset", "codes", "code_used", "else")},
    "notice": _notice({Line.REGISTERED: 3}),
    "notice_of_two": _notice({Line.REGISTERED: 3, Line.FULL_ROOM: 1}),
    "digest": _notice(EVERYTHING, {Line.REGISTERED: 1}, day=DAY, elsewhere=True),
    "digest_of_one": _notice({Line.REGISTERED: 5, Line.CANCELLED: 2}, day=DAY),
    "digest_of_many": _notice(*[{Line.REGISTERED: 1}] * 14, day=DAY),
}

EVERY_LETTER = [
    *(f"kind {kind}" for kind in CAUSES),
    *(f"scene {name}" for name in SCENES),
    *(f"change {name}" for name in SCENES_OF_CHANGE),
    "test",
]


def mail_of(session: Session, name: str, lang: str) -> LetterMessage:
    """The mail of one of `EVERY_LETTER`, as it leaves; what the person had before has left."""
    group, _blank, rest = name.partition(" ")
    if group == "test":
        gathered = replace(trial_letter("admin@example.org", now=clock.now()), language=lang)
        return render(gathered, now=clock.now())
    if group == "kind":
        letter = make_letter(session, Kind(rest), lang)
    else:
        letter = (SCENES | SCENES_OF_CHANGE)[rest](Story(session, lang))
    older = update(Letter).where(Letter.attendee_id == letter.attendee_id, Letter.id < letter.id)
    session.execute(older.values(state=State.SENT, perhaps_sent=True))
    session.commit()
    return compose(session, letter, now=clock.now())
