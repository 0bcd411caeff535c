"""Who stands on a list that is printed: on the sheet to sign, on badges, on the list to hand out."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.domain.registration.models import Answer, Attendee, Mode, Place
from app.domain.registration.queries import ListView, stream, visible
from app.domain.registration.rules import offered_modes
from app.domain.reports.names import by_sorting_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from app.domain.meetings.models import Meeting


class Whom(StrEnum):
    """Whose names.

    Who has a seat in the room (online, where there is no room), of these who did not say maybe, who has a seat
    anywhere, of these who agreed to be on the list to hand out, or whom the organiser's list shows now.
    """

    SEATED = "seated"
    SURE = "sure"
    ANYWHERE = "anywhere"
    AGREED = "agreed"
    SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class Listed:
    """One person: the name in three parts (`names.by_sorting_word`), the organisation, the token of the badge."""

    name: tuple[str, str, str]
    organisation: str
    checkin_token: str


def people(session: Session, meeting: Meeting, whom: Whom, view: ListView) -> list[Listed]:
    """Everybody of a choice, by the Czech alphabet; of `SHOWN` in the order of `view`."""
    return [
        Listed(
            by_sorting_word(attendee.name, attendee.sort_key),
            attendee.organisation_name,
            attendee.checkin_token,
        )
        for attendee in _chosen(session, meeting, whom, view)
    ]


def sizes(session: Session, meeting: Meeting) -> dict[Whom, int]:
    """How many people each choice holds, but for `SHOWN`; one statement."""
    query = (
        select(Attendee.mode, Attendee.answer, func.count(), func.count(Attendee.handout_consent_at))
        .where(Attendee.meeting_id == meeting.id, Attendee.place == Place.CONFIRMED, visible())
        .group_by(Attendee.mode, Attendee.answer)
    )
    rows = session.execute(query).all()
    here = [row for row in rows if row[0] == _mode(meeting)]
    return {
        Whom.SEATED: sum(row[2] for row in here),
        Whom.SURE: sum(row[2] for row in here if row[1] != Answer.MAYBE),
        Whom.ANYWHERE: sum(row[2] for row in rows),
        Whom.AGREED: sum(row[3] for row in rows),
    }


def _chosen(session: Session, meeting: Meeting, whom: Whom, view: ListView) -> Iterator[Attendee]:
    if whom in {Whom.SEATED, Whom.SURE}:
        view = ListView(tab="confirmed", mode=_mode(meeting))
    elif whom != Whom.SHOWN:
        view = ListView(tab="confirmed")
    with closing(stream(session, meeting.id, view)) as attendees:
        for attendee in attendees:
            if whom == Whom.SURE and attendee.answer == Answer.MAYBE:
                continue
            if whom == Whom.AGREED and attendee.handout_consent_at is None:
                continue
            yield attendee


def _mode(meeting: Meeting) -> Mode:
    return offered_modes(meeting)[0]
