"""The same letter in the different places that a person may have; each scene is made by the domain's own verbs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from app.base import clock
from app.domain.history.service import ATTENDEE
from app.domain.meetings.models import Meeting
from app.domain.outbox.models import Kind, Letter, State
from app.domain.privacy.erase import erase_attendee
from app.domain.registration import (
    answers,
    approval,
    changes,
    corrections,
    invitations,
    personal,
    reminders,
)
from app.domain.registration import organiser as organisers
from app.domain.registration.commands import Person
from app.domain.registration.models import Answer, Attendee, Mode, Party
from tests.delivery.cast import (
    ORGANISER,
    a_meeting,
    ask_to_confirm,
    change_of,
    edit,
    invite_in_language,
    name_instead,
    remind,
    sign_in_language,
)
from tests.factories import DOMAIN, person

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

LINK = "https://meet.example.org/x"
ONLINE = {"format": "online", "online_url": LINK}
COLLEAGUE = "Jan Čech"
Made = tuple[str, str]  # kind of the letter, address that it goes to


@dataclass(frozen=True)
class Story:
    """A session and a language to tell a scene in."""

    session: Session
    lang: str

    def meeting(self, **values: Any) -> Meeting:
        return a_meeting(self.session, **values)

    def full(self, **values: Any) -> Meeting:
        return a_meeting(self.session, **{"capacity": 0, **values})

    def invited(self, meeting: Meeting, *people: Person, words: str = "") -> Attendee:
        return invite_in_language(self.session, meeting, self.lang, *people, words=words)[0]

    def registered(self, meeting: Meeting, *people: Person) -> Attendee:
        return sign_in_language(self.session, meeting, self.lang, *people)[0]

    def says(self, one: Attendee, said: Answer) -> Attendee:
        return answers.answer(self.session, one.id, said, now=clock.now(), actor=ATTENDEE)

    def replies(self, one: Attendee, said: Answer) -> None:
        meeting = self.session.get_one(Meeting, one.meeting_id)
        answers.answer_invite(self.session, meeting, one, said, now=clock.now())

    def newest(self, kind: Kind) -> Letter:
        self.session.commit()
        query = select(Letter).where(Letter.kind == kind).order_by(Letter.id.desc()).limit(1)
        return self.session.scalars(query).one()


def _invited(story: Story) -> Letter:
    story.invited(story.meeting(), words="Budeme rádi.\nPřijďte.")
    return story.newest(Kind.INVITED)


def _invited_with_deadline(story: Story) -> Letter:
    meeting = story.meeting(deadline=(clock.now() + timedelta(days=20)).date())
    story.invited(meeting)
    return story.newest(Kind.INVITED)


def _invited_online(story: Story) -> Letter:
    story.invited(story.meeting(**ONLINE), person(mode=Mode.ONLINE))
    return story.newest(Kind.INVITED)


def _invited_yes(story: Story) -> Letter:
    story.says(story.invited(story.meeting()), Answer.YES)
    return story.newest(Kind.CONFIRMED)


def _invited_maybe(story: Story) -> Letter:
    story.says(story.invited(story.meeting()), Answer.MAYBE)
    return story.newest(Kind.ANSWERED)


def _maybe_then_yes(story: Story) -> Letter:
    one = story.says(story.invited(story.meeting()), Answer.MAYBE)
    story.says(one, Answer.YES)
    return story.newest(Kind.ANSWERED)


def _waiting_maybe(story: Story) -> Letter:
    story.says(story.registered(story.full()), Answer.MAYBE)
    return story.newest(Kind.ANSWERED)


def _pending_maybe(story: Story) -> Letter:
    story.says(story.registered(story.meeting(approval=True)), Answer.MAYBE)
    return story.newest(Kind.ANSWERED)


def _invited_yes_when_full(story: Story) -> Letter:
    story.says(story.invited(story.full()), Answer.YES)
    return story.newest(Kind.WAITING)


def _replied_yes_when_full(story: Story) -> Letter:
    story.replies(story.invited(story.full()), Answer.YES)
    return story.newest(Kind.WAITING)


def _invited_no(story: Story) -> Letter:
    story.says(story.invited(story.meeting()), Answer.NO)
    return story.newest(Kind.CANCELLED)


def _uninvited(story: Story) -> Letter:
    one = story.invited(story.meeting())
    personal.cancel(story.session, one.id, now=clock.now(), actor=ORGANISER, told="Omyl.")
    return story.newest(Kind.CANCELLED)


def _invitation_erased(story: Story) -> Letter:
    one = story.invited(story.meeting())
    erase_attendee(story.session, one.id, now=clock.now(), actor=ATTENDEE)
    return story.newest(Kind.CANCELLED)


def _invited_elsewhere(story: Story) -> Letter:
    one = story.invited(story.meeting())
    correct(story, one)
    return story.newest(Kind.CANCELLED)


def correct(story: Story, one: Attendee) -> Attendee:
    correction = corrections.Correction(
        email="right@example.com", now=clock.now(), actor=ORGANISER, mail_domain=DOMAIN
    )
    meeting = story.session.get_one(Meeting, one.meeting_id)
    return corrections.move_to_address(story.session, meeting, one, correction)


def _unsure(said: Answer) -> Callable[[Story], Letter]:
    def make(story: Story) -> Letter:
        ask_to_confirm(story.session, story.registered(story.meeting()), said)
        return story.newest(Kind.CONFIRM_ANSWER)

    return make


def _stranger(story: Story) -> Letter:
    ask_to_confirm(story.session, story.invited(story.meeting()), Answer.YES, why="stranger")
    return story.newest(Kind.CONFIRM_ANSWER)


def _delegated(story: Story) -> Letter:
    ask_to_confirm(story.session, story.registered(story.meeting()), "", why="delegated")
    return story.newest(Kind.CONFIRM_ANSWER)


def _delegated_invited(story: Story) -> Letter:
    ask_to_confirm(story.session, story.invited(story.meeting()), "", why="delegated")
    return story.newest(Kind.CONFIRM_ANSWER)


def _reminded(answer: Answer) -> Callable[[Story], Letter]:
    def make(story: Story) -> Letter:
        meeting = story.meeting(**ONLINE)
        story.says(story.registered(meeting, person(mode=Mode.ONLINE)), answer)
        remind(story.session, meeting)
        return story.newest(Kind.REMINDER)

    return make


def _reminded_after_a_move(story: Story) -> Letter:
    meeting = story.meeting()
    story.registered(meeting)
    edit(
        story.session,
        meeting,
        starts_at=meeting.starts_at + timedelta(days=1),
        ends_at=meeting.ends_at + timedelta(days=1),
    )
    remind(story.session, meeting)
    return story.newest(Kind.REMINDER)


def _asked_before_the_deadline(story: Story) -> Letter:
    deadline = (clock.now() + timedelta(days=20)).date()
    meeting = story.meeting(deadline=deadline)
    story.says(story.registered(meeting), Answer.MAYBE)
    morning = datetime.combine(deadline, time(7), tzinfo=UTC) - timedelta(days=1)
    reminders.enqueue_due(story.session, meeting.id, now=morning)
    return story.newest(Kind.REMINDER)


def _silent(story: Story) -> Letter:
    meeting = story.meeting()
    story.invited(meeting)
    remind(story.session, meeting, days=7)
    return story.newest(Kind.REMINDER)


def _silent_asked(story: Story) -> Letter:
    meeting = story.meeting()
    story.invited(meeting)
    invitations.remind_silent(story.session, meeting.id, now=clock.now(), actor=ORGANISER)
    return story.newest(Kind.REMINDER)


def _pending_companion(story: Story) -> Letter:
    story.registered(story.meeting(approval=True), person(COLLEAGUE), person("Eva Malá"))
    return story.newest(Kind.PENDING)


def _approved(**values: Any) -> Callable[[Story], Letter]:
    def make(story: Story) -> Letter:
        one = story.registered(story.meeting(approval=True, **values))
        approval.approve(story.session, one.id, now=clock.now(), actor=ORGANISER)
        return story.newest(Kind.WAITING if values else Kind.CONFIRMED)

    return make


def _not_approved(story: Story) -> Letter:
    one = story.registered(story.meeting(approval=True))
    approval.disapprove(story.session, one.id, reason="Je nás mnoho.", now=clock.now(), actor=ORGANISER)
    return story.newest(Kind.NOT_APPROVED)


def _released(**values: Any) -> Callable[[Story], Letter]:
    def make(story: Story) -> Letter:
        one = story.says(story.invited(story.meeting(**values)), Answer.MAYBE)
        answers.release(story.session, one.meeting_id, [one.id], now=clock.now(), actor=ORGANISER)
        return story.newest(Kind.RELEASED)

    return make


def _instead_of(place: str, kind: Kind) -> Callable[[Story], Letter]:
    def make(story: Story) -> Letter:
        if place == "invited":
            old = story.invited(story.meeting())
        else:
            values: dict[str, Any] = {"waiting": {"capacity": 0}, "pending": {"approval": True}}.get(
                place, {}
            )
            old = story.registered(story.meeting(**values))
        name_instead(story.session, old, story.lang, person(COLLEAGUE))
        return story.newest(kind)

    return make


def _moved(place: str) -> Callable[[Story], Letter]:
    def make(story: Story) -> Letter:
        meeting = story.meeting(approval=place == "pending", capacity=0 if place == "waiting" else 5)
        story.invited(meeting) if place == "invited" else story.registered(meeting)
        edit(
            story.session,
            meeting,
            starts_at=meeting.starts_at + timedelta(hours=1),
            ends_at=meeting.ends_at + timedelta(hours=1),
        )
        return story.newest(Kind.RESCHEDULED)

    return make


def _elsewhere(place: str) -> Callable[[Story], Letter]:
    def make(story: Story) -> Letter:
        meeting = story.meeting()
        story.invited(meeting) if place == "invited" else story.registered(meeting)
        edit(story.session, meeting, venue={"cs": "Velký sál", "en": "Great Hall"})
        return story.newest(Kind.RESCHEDULED)

    return make


def _called_off(place: str) -> Callable[[Story], Letter]:
    def make(story: Story) -> Letter:
        _off(story, place)
        return story.newest(Kind.CALLED_OFF)

    return make


def _off(story: Story, place: str) -> Meeting:
    meeting = story.meeting(approval=place == "pending")
    story.invited(meeting) if place == "invited" else story.registered(meeting)
    return changes.call_off(story.session, meeting.id, reason={}, now=clock.now(), actor=ORGANISER)


def _restored(place: str) -> Callable[[Story], Letter]:
    def make(story: Story) -> Letter:
        meeting = _off(story, place)
        changes.restore(story.session, meeting.id, now=clock.now(), actor=ORGANISER)
        return story.newest(Kind.RESTORED)

    return make


def _changed(place: str) -> Callable[[Story], Letter]:
    def make(story: Story) -> Letter:
        meeting = story.meeting(approval=place == "pending")
        one = story.invited(meeting) if place == "invited" else story.registered(meeting)
        command = change_of(one, organisation="Knihovna")
        personal.change(story.session, one.id, command, now=clock.now(), actor=ATTENDEE)
        return story.newest(Kind.CHANGED)

    return make


def _lost_seat_by_change(story: Story) -> Letter:
    meeting = story.meeting(format="hybrid", online_url=LINK, online_capacity=0)
    one = story.registered(meeting)
    command = change_of(one, mode=Mode.ONLINE)
    personal.change(story.session, one.id, command, now=clock.now(), actor=ATTENDEE)
    return story.newest(Kind.CHANGED)


def _link(place: str, *, new: bool) -> Callable[[Story], Letter]:
    def make(story: Story) -> Letter:
        meeting = story.meeting(approval=place == "pending")
        one = story.invited(meeting) if place == "invited" else story.registered(meeting)
        if new:
            personal.replace_link(story.session, one.id, now=clock.now(), actor=ATTENDEE)
        else:
            personal.send_links(story.session, one.email_key or "", now=clock.now())
        return story.newest(Kind.LINK_AGAIN)

    return make


def _already_invited(story: Story) -> Letter:
    """Somebody mistypes an address, and corrects it to one that is invited."""
    meeting = story.meeting()
    story.invited(meeting)
    wrong = story.registered(meeting, person(email="wrong@example.com"))
    token = story.session.get_one(Party, wrong.party_id).token
    corrections.correct_typed_address(
        story.session, token, 0, person().email or "", now=clock.now(), mail_domain=DOMAIN
    )
    return story.newest(Kind.ALREADY_REGISTERED)


def _already_pending(story: Story) -> Letter:
    meeting = story.meeting(approval=True)
    story.registered(meeting)
    sign_in_language(story.session, meeting, story.lang)
    return story.newest(Kind.ALREADY_REGISTERED)


def _pending_party(story: Story) -> Letter:
    story.registered(story.meeting(approval=True), person(), person(COLLEAGUE))
    return story.newest(Kind.PARTY_SUMMARY)


def _added(story: Story) -> Letter:
    organisers.add_by_hand(
        story.session,
        story.meeting().id,
        person(),
        language=story.lang,
        note="",
        now=clock.now(),
        actor=ORGANISER,
        mail_domain=DOMAIN,
    )
    return story.newest(Kind.ADDED)


def _moved_up_undecided(story: Story) -> Letter:
    meeting = story.full()
    one = story.says(story.registered(meeting), Answer.MAYBE)
    organisers.move_up(story.session, one.id, add_chair=True, now=clock.now(), actor=ORGANISER)
    return story.newest(Kind.MOVED_UP)


def _back_as_maybe(story: Story) -> Letter:
    one = story.says(story.registered(story.meeting()), Answer.NO)
    story.says(one, Answer.MAYBE)
    return story.newest(Kind.CONFIRMED)


SCENES: dict[str, Callable[[Story], Letter]] = {
    "invited": _invited,
    "invited_with_deadline": _invited_with_deadline,
    "invited_online": _invited_online,
    "invited_yes": _invited_yes,
    "invited_maybe": _invited_maybe,
    "maybe_then_yes": _maybe_then_yes,
    "waiting_maybe": _waiting_maybe,
    "pending_maybe": _pending_maybe,
    "invited_yes_when_full": _invited_yes_when_full,
    "replied_yes_when_full": _replied_yes_when_full,
    "invited_no": _invited_no,
    "uninvited": _uninvited,
    "invitation_erased": _invitation_erased,
    "invited_elsewhere": _invited_elsewhere,
    "unsure_no": _unsure(Answer.NO),
    "unsure_yes": _unsure(Answer.YES),
    "unsure_maybe": _unsure(Answer.MAYBE),
    "stranger": _stranger,
    "delegated": _delegated,
    "delegated_invited": _delegated_invited,
    "reminded_yes": _reminded(Answer.YES),
    "reminded_maybe": _reminded(Answer.MAYBE),
    "reminded_after_a_move": _reminded_after_a_move,
    "asked_before_the_deadline": _asked_before_the_deadline,
    "silent": _silent,
    "silent_asked": _silent_asked,
    "pending_companion": _pending_companion,
    "approved": _approved(),
    "approved_when_full": _approved(capacity=0),
    "not_approved": _not_approved,
    "released": _released(),
    "released_by_invitation_only": _released(invitation_only=True),
    **{
        f"instead_{place}": _instead_of(place, Kind.SUBSTITUTE)
        for place in ("confirmed", "waiting", "pending")
    },
    "instead_invited": _instead_of("invited", Kind.SUBSTITUTE),
    "replaced": _instead_of("confirmed", Kind.REPLACED),
    "replaced_invited": _instead_of("invited", Kind.REPLACED),
    **{f"moved_{place}": _moved(place) for place in ("confirmed", "waiting", "pending", "invited")},
    **{f"elsewhere_{place}": _elsewhere(place) for place in ("confirmed", "invited")},
    **{f"called_off_{place}": _called_off(place) for place in ("pending", "invited")},
    **{f"restored_{place}": _restored(place) for place in ("pending", "invited")},
    **{f"changed_{place}": _changed(place) for place in ("pending", "invited")},
    "lost_seat_by_change": _lost_seat_by_change,
    **{f"link_{place}": _link(place, new=False) for place in ("pending", "invited")},
    "new_link_invited": _link("invited", new=True),
    "already_invited": _already_invited,
    "already_pending": _already_pending,
    "pending_party": _pending_party,
    "added": _added,
    "moved_up_undecided": _moved_up_undecided,
    "back_as_maybe": _back_as_maybe,
}


def letter_of(session: Session, name: str, lang: str = "en") -> Letter:
    """The letter of a scene; those that the person had before have left."""
    letter = SCENES[name](Story(session, lang))
    older = update(Letter).where(Letter.attendee_id == letter.attendee_id, Letter.id < letter.id)
    session.execute(older.values(state=State.SENT, perhaps_sent=True))
    session.commit()
    return letter
