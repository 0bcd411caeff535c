"""Every kind of letter, from the domain's own verbs."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.base import clock
from app.base.attachments import kind_of
from app.base.tokens import new_token
from app.domain.accounts.models import Purpose, Role
from app.domain.accounts.service import send_link
from app.domain.broadcasts import sending
from app.domain.broadcasts import service as broadcasts
from app.domain.broadcasts.models import Broadcast
from app.domain.broadcasts.rules import GRACE, Draft
from app.domain.history.service import ATTENDEE, SYSTEM, organiser
from app.domain.meetings.models import Meeting
from app.domain.meetings.service import MeetingText, Slot
from app.domain.outbox.models import Kind, Letter
from app.domain.registration import (
    answers,
    approval,
    changes,
    edit_meeting,
    feeds,
    invitations,
    letters,
    personal,
    reminders,
    substitutes,
)
from app.domain.registration import organiser as organisers
from app.domain.registration.commands import Change, Person, SignUp
from app.domain.registration.models import Answer, Attendee, Mode, Party
from app.domain.registration.sign_up import sign_up
from tests.factories import DOMAIN, make_account, make_contact, make_meeting, person

ORGANISER = organiser(1)


def a_meeting(session: Session, **changes_: Any) -> Meeting:
    """A published meeting with a contact."""
    contact = make_contact(session)
    return make_meeting(session, **{"contact_id": contact.id, **changes_})


def sign_in_language(session: Session, meeting: Meeting, lang: str, *people: Person) -> list[Attendee]:
    """Register a party in a language."""
    command = SignUp(people=people or (person(),), language=lang, form_key=new_token())
    party: Party = sign_up(session, meeting.id, command, now=clock.now(), mail_domain=DOMAIN)
    session.flush()
    query = select(Attendee).where(Attendee.party_id == party.id).order_by(Attendee.position)
    return list(session.scalars(query))


def invite_in_language(
    session: Session, meeting: Meeting, lang: str, *people: Person, words: str = ""
) -> list[Attendee]:
    """Invite people who read a language."""
    invitation = invitations.Invitation(people=people or (person(),), language=lang, words=words)
    done = invitations.invite(
        session, meeting.id, invitation, now=clock.now(), actor=ORGANISER, mail_domain=DOMAIN
    )
    return done.attendees


def remind(session: Session, meeting: Meeting, *, days: int = 1) -> int:
    """Let the reminder of so many days before the start become due; gives how many were written."""
    return reminders.enqueue_due(session, meeting.id, now=meeting.starts_at - timedelta(days=days))


def name_instead(session: Session, old: Attendee, lang: str, new: Person | None = None) -> Attendee:
    """Let a colleague come instead of somebody."""
    command = substitutes.Substitution(person=new or person("Jan Čech"), language=lang)
    return substitutes.substitute(
        session, old.id, command, now=clock.now(), actor=ATTENDEE, mail_domain=DOMAIN
    )


def ask_to_confirm(
    session: Session, attendee: Attendee, said: Answer | str, *, why: str = "unverified"
) -> None:
    """What is written after a calendar's reply that could not be applied; `said` is empty without an answer."""
    meeting = session.get_one(Meeting, attendee.meeting_id)
    once = f"{clock.now().timestamp():.6f}"
    letters.write(
        session,
        Kind.CONFIRM_ANSWER,
        meeting,
        attendee,
        now=clock.now(),
        once=once,
        answer=said,
        why=why,
        auto="replied",
    )


def make_letter(session: Session, kind: Kind, lang: str, **meeting: Any) -> Letter:
    """The newest letter of this kind after the verb that causes it; committed."""
    CAUSES[kind](session, lang, meeting)
    session.commit()
    query = select(Letter).where(Letter.kind == kind).order_by(Letter.id.desc())
    return session.scalars(query).first()  # type: ignore[return-value]


def edited(meeting: Meeting, **changes_: Any) -> MeetingText:
    """The texts of a meeting with some changed."""
    return MeetingText(**({one.name: getattr(meeting, one.name) for one in fields(MeetingText)} | changes_))


def edit(session: Session, meeting: Meeting, **changes_: Any) -> int:
    """Edit a published meeting; gives how many people are told."""
    slots: list[Slot] = []
    return edit_meeting.edit(
        session,
        meeting.id,
        edited(meeting, **changes_),
        slots,
        version=meeting.version,
        now=clock.now(),
        actor=ORGANISER,
    )[1]


def change_of(attendee: Attendee, **changes_: Any) -> Change:
    """What an attendee had, with some of it changed."""
    values: dict[str, Any] = {
        "name": attendee.name,
        "organisation": attendee.organisation_name,
        "organisation_kind": attendee.organisation_kind,
        "mode": Mode(attendee.mode),
        "language": attendee.language,
        "needs": person().needs,
    }
    return Change(**(values | changes_))


def _confirmed(session: Session, lang: str, meeting: dict[str, Any]) -> None:
    sign_in_language(session, a_meeting(session, **meeting), lang)


def _waiting(session: Session, lang: str, meeting: dict[str, Any]) -> None:
    sign_in_language(session, a_meeting(session, **{"capacity": 0, **meeting}), lang)


def _moved_up(session: Session, lang: str, meeting: dict[str, Any]) -> None:
    made = a_meeting(session, **{"capacity": 1, **meeting})
    first, _second = sign_in_language(session, made, lang, person("Jan Čech"), person())
    personal.cancel(session, first.id, now=clock.now(), actor=ATTENDEE)


def _already(session: Session, lang: str, meeting: dict[str, Any]) -> None:
    made = a_meeting(session, **meeting)
    sign_in_language(session, made, lang)
    sign_in_language(session, made, lang)


def _changed(session: Session, lang: str, meeting: dict[str, Any]) -> None:
    (one,) = sign_in_language(session, a_meeting(session, **meeting), lang)
    command = change_of(one, name="Olena Nová", organisation="Městská knihovna")
    personal.change(session, one.id, command, now=clock.now(), actor=ATTENDEE)


def _rescheduled(session: Session, lang: str, meeting: dict[str, Any]) -> None:
    made = a_meeting(session, **meeting)
    sign_in_language(session, made, lang)
    start = made.starts_at + timedelta(days=7)
    edit(
        session,
        made,
        starts_at=start,
        ends_at=start + timedelta(hours=2),
        venue={"cs": "Velký sál", "en": "Great Hall"},
    )


def _called_off(session: Session, lang: str, meeting: dict[str, Any]) -> None:
    made = a_meeting(session, **meeting)
    sign_in_language(session, made, lang)
    reason = {"cs": "Řečník onemocněl.", "en": "The speaker is ill."}
    changes.call_off(session, made.id, reason=reason, now=clock.now(), actor=ORGANISER)


def _restored(session: Session, lang: str, meeting: dict[str, Any]) -> None:
    _called_off(session, lang, meeting)
    made = session.scalars(select(Meeting).order_by(Meeting.id.desc())).first()
    assert made is not None
    changes.restore(session, made.id, now=clock.now(), actor=ORGANISER)


def _cancelled(session: Session, lang: str, meeting: dict[str, Any]) -> None:
    (one,) = sign_in_language(session, a_meeting(session, **meeting), lang)
    personal.cancel(session, one.id, now=clock.now(), actor=ATTENDEE)


def _added(session: Session, lang: str, meeting: dict[str, Any]) -> None:
    made = a_meeting(session, **meeting)
    organisers.add_by_hand(
        session,
        made.id,
        person(),
        language=lang,
        note="",
        now=clock.now(),
        actor=SYSTEM,
        mail_domain=DOMAIN,
    )


def _link_again(session: Session, lang: str, meeting: dict[str, Any]) -> None:
    (one,) = sign_in_language(session, a_meeting(session, **meeting), lang)
    assert one.email_key
    personal.send_links(session, one.email_key, now=clock.now())


def _feed(session: Session, lang: str, meeting: dict[str, Any]) -> None:
    (one,) = sign_in_language(session, a_meeting(session, **meeting), lang)
    feeds.ask(session, one.id, now=clock.now(), actor=ATTENDEE)


def _party_summary(session: Session, lang: str, meeting: dict[str, Any]) -> None:
    made = a_meeting(session, **{"capacity": 2, **meeting})
    sign_in_language(session, made, lang, person(), person("Jan Čech"), person("Eva Malá"))


def _invited(session: Session, lang: str, meeting: dict[str, Any]) -> None:
    words = "Budeme rádi.\n\nVaše <b>zkušenost</b> pomůže."
    invite_in_language(session, a_meeting(session, **meeting), lang, words=words)


def _answered(session: Session, lang: str, meeting: dict[str, Any]) -> None:
    (one,) = invite_in_language(session, a_meeting(session, **meeting), lang)
    answers.answer(session, one.id, Answer.MAYBE, now=clock.now(), actor=ATTENDEE)


def _confirm_answer(session: Session, lang: str, meeting: dict[str, Any]) -> None:
    (one,) = sign_in_language(session, a_meeting(session, **meeting), lang)
    ask_to_confirm(session, one, Answer.NO)


def _reminder(session: Session, lang: str, meeting: dict[str, Any]) -> None:
    made = a_meeting(session, **meeting)
    sign_in_language(session, made, lang)
    remind(session, made)


def _pending(session: Session, lang: str, meeting: dict[str, Any]) -> None:
    sign_in_language(session, a_meeting(session, **{"approval": True, **meeting}), lang)


def _not_approved(session: Session, lang: str, meeting: dict[str, Any]) -> None:
    (one,) = sign_in_language(session, a_meeting(session, **{"approval": True, **meeting}), lang)
    reason = "Z každé školy zveme jednu osobu."
    approval.disapprove(session, one.id, reason=reason, now=clock.now(), actor=ORGANISER)


def _released(session: Session, lang: str, meeting: dict[str, Any]) -> None:
    _answered(session, lang, meeting)
    (one,) = session.scalars(select(Attendee).order_by(Attendee.id.desc()).limit(1))
    answers.release(session, one.meeting_id, [one.id], now=clock.now(), actor=ORGANISER)


def _substitute(session: Session, lang: str, meeting: dict[str, Any]) -> None:
    (one,) = sign_in_language(session, a_meeting(session, **meeting), lang)
    name_instead(session, one, lang)


MESSAGE = Draft(
    subject={"cs": "%meeting%: podklady", "en": "%meeting%: papers"},
    body={
        "cs": "Dobrá zpráva, %name%:\n\n- **podklady** jsou hotové\n- %personal_link%",
        "en": "Good news, %name%:\n\n- the **papers** are ready\n- %personal_link%",
    },
)


def send_to_all(
    session: Session, meeting: Meeting, draft: Draft = MESSAGE, files: dict[str, bytes] | None = None
) -> Broadcast:
    """Let a letter to many go, and write its letters."""
    now = clock.now()
    broadcast = broadcasts.create(session, meeting.id, now=now, actor=SYSTEM)
    broadcasts.save(session, broadcast.id, draft, version=None, now=now, actor=SYSTEM)
    for name, data in (files or {}).items():
        broadcasts.add_file(
            session, broadcast.id, name=name, content_type=kind_of(data, name) or "", data=data, now=now
        )
    broadcasts.schedule(session, broadcast.id, at=None, at_night=True, now=now, actor=SYSTEM)
    while session.get_one(Broadcast, broadcast.id).written_at is None:
        sending.advance(session, broadcast.id, now=now + GRACE)
    session.execute(update(Letter).where(Letter.broadcast_id == broadcast.id).values(due_at=now))
    session.commit()
    return broadcast


def _message(session: Session, lang: str, meeting: dict[str, Any]) -> None:
    made = a_meeting(session, **meeting)
    sign_in_language(session, made, lang)
    send_to_all(session, made)


def _account(purpose: Purpose) -> Any:
    def make(session: Session, lang: str, _meeting: dict[str, Any]) -> None:
        account = make_account(session, Role.ORGANISER)
        account.language = lang
        send_link(session, account, purpose, now=clock.now())

    return make


CAUSES = {
    Kind.CONFIRMED: _confirmed,
    Kind.WAITING: _waiting,
    Kind.MOVED_UP: _moved_up,
    Kind.ALREADY_REGISTERED: _already,
    Kind.CHANGED: _changed,
    Kind.RESCHEDULED: _rescheduled,
    Kind.CALLED_OFF: _called_off,
    Kind.RESTORED: _restored,
    Kind.CANCELLED: _cancelled,
    Kind.ADDED: _added,
    Kind.INVITED: _invited,
    Kind.ANSWERED: _answered,
    Kind.CONFIRM_ANSWER: _confirm_answer,
    Kind.REMINDER: _reminder,
    Kind.PENDING: _pending,
    Kind.NOT_APPROVED: _not_approved,
    Kind.RELEASED: _released,
    Kind.SUBSTITUTE: _substitute,
    Kind.REPLACED: _substitute,
    Kind.MESSAGE: _message,
    Kind.LINK_AGAIN: _link_again,
    Kind.FEED: _feed,
    Kind.PARTY_SUMMARY: _party_summary,
    Kind.SIGN_IN: _account(Purpose.SIGN_IN),
    Kind.PASSWORD: _account(Purpose.PASSWORD),
}
