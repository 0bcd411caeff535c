"""Who is on the list of a meeting already, for comparing many people with it at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from sqlalchemy import select

from app.base.text import fold, fold_email
from app.domain.registration import sign_up
from app.domain.registration.models import LIVE, Attendee, Place

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.domain.registration.commands import Person

What = TypeVar("What")


class Listed(NamedTuple):
    """Somebody on the list, as far as a comparison needs it."""

    email_key: str | None
    name_key: str
    organisation_name: str
    name: str
    place: str
    answer: str


class Known(Generic[What]):
    """Who is known already: by address and name together, without an address by name and organisation."""

    def __init__(self) -> None:
        self._by_address: dict[sign_up.PersonKey, What] = {}
        self._by_name: dict[tuple[str, str], What] = {}
        self._at: dict[str, list[What]] = {}

    def add(self, key: sign_up.PersonKey, organisation: str, what: What) -> None:
        """Note somebody; `what` is given back for the same person."""
        self._by_address.setdefault(key, what)
        self._by_name.setdefault((key[1], fold(organisation)), what)
        if key[0] is not None:
            self._at.setdefault(key[0], []).append(what)

    def find(self, person: Person) -> What | None:
        """What was noted of this person; None for somebody new."""
        key = sign_up.person_key(person)
        if key[0] is not None:
            return self._by_address.get(key)
        return self._by_name.get((key[1], fold(person.organisation)))

    def names_at(self, email: str) -> list[What]:
        """Everybody with this address, whatever the name."""
        return self._at.get(fold_email(email), [])


def known_at(session: Session, meeting_id: int) -> Known[Listed]:
    """Who is on the list of a meeting, also who said no; not who was taken off."""
    columns = [getattr(Attendee, name) for name in Listed._fields]
    rows = session.execute(
        select(*columns).where(Attendee.meeting_id == meeting_id, Attendee.place.in_((*LIVE, Place.DECLINED)))
    )
    known = Known[Listed]()
    for row in rows:
        one = Listed(*row)
        known.add((one.email_key, one.name_key), one.organisation_name, one)
    return known
