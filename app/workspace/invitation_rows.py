"""What each line of a pasted or uploaded list comes to: somebody to invite, or a sentence that says why not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from app.base.addresses import BadAddress, normalise_email
from app.base.people_lines import guessed_name
from app.base.text import BadText, clean_line, fold, fold_email
from app.domain.registration.commands import Person
from app.domain.registration.invitations import listed_at
from app.domain.registration.sign_up import name_key, person_key
from app.domain.reports.rows import state_of
from app.web.addresses import suggest_email
from app.web.fields import MAX_NAME
from app.workspace.attendee_words import KINDS, STATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from app.base.people_lines import Entry
    from app.domain.registration.listed import Listed
    from app.domain.registration.models import Attendee, Mode

NEW, LISTED, TWICE, WRONG = "new", "listed", "twice", "wrong"


@dataclass(frozen=True, slots=True)
class Row:
    """One line: `state` says what becomes of it, `remarks` what to look at. `person` is None when it is wrong."""

    number: int
    name: str
    email: str
    organisation: str
    state: str
    remarks: tuple[str, ...] = ()
    person: Person | None = None
    guessed: bool = field(default=False)


def judged(session: Session, meeting_id: int, entries: Sequence[Entry], mode: Mode) -> list[Row]:
    """The rows of these lines in their order, compared with each other and with the list of the meeting."""
    rows = [_of_entry(entry, mode) for entry in entries]
    addresses = {fold_email(row.person.email) for row in rows if row.person and row.person.email}
    listed = listed_at(session, meeting_id, sorted(addresses))
    known = {(one.email_key, one.name_key): one for one in listed}
    seen: dict[tuple[str | None, str], int] = {}
    found = []
    for row in rows:
        if row.person is None:
            found.append(row)
            continue
        key = person_key(row.person)
        if key in known:
            found.append(_left_out(row, LISTED, on_the_list(known[key])))
        elif key in seen:
            found.append(_left_out(row, TWICE, _("The same person as in line %(number)d.", number=seen[key])))
        else:
            seen[key] = row.number
            found.append(_with_namesakes(row, key[0], listed))
    return found


def people_of(rows: Iterable[Row]) -> list[Person]:
    """Those who are to be invited."""
    return [row.person for row in rows if row.state == NEW and row.person is not None]


def _of_entry(entry: Entry, mode: Mode) -> Row:
    """The line by itself: whether there is a usable address, and a name."""
    shown = Row(entry.number, entry.name, entry.email, entry.organisation, WRONG)
    try:
        name = clean_line(entry.name, max_length=MAX_NAME)
        organisation = clean_line(entry.organisation, max_length=MAX_NAME)
        email = normalise_email(entry.email) if entry.email.strip() else ""
    except BadAddress:
        sentence = _("“%(text)s” is no e-mail address. Write it like name@example.org.", text=entry.email)
        return replace(shown, remarks=(sentence,))
    except BadText as bad:
        return replace(shown, remarks=(unusable(bad),))
    if not email:
        return replace(shown, remarks=(_("There is no e-mail address. Add it to this line."),))
    remarks = []
    guessed = "" if name else guessed_name(email) or organisation
    if not name and not guessed:
        return replace(shown, remarks=(_("There is no name. Write it before the address."),))
    if guessed:
        remarks.append(_("The name was made from what there is. Go back to correct it."))
    if meant := suggest_email(email):
        remarks.append(_("Did you mean %(address)s?", address=meant))
    person = Person(
        name=name or guessed,
        email=email,
        organisation=organisation,
        organisation_kind=_kind_of(entry.kind),
        mode=mode,
    )
    return Row(
        entry.number,
        person.name,
        email,
        organisation,
        NEW,
        tuple(str(one) for one in remarks),
        person,
        bool(guessed),
    )


def unusable(bad: BadText) -> str:
    """What is the matter with a text that cannot be kept."""
    if bad.reason == "too_long":
        return str(_("This line is too long. Shorten the name or the organisation."))
    return str(_("This line contains a character that cannot be kept. Type it by hand."))


def _kind_of(written: str) -> str | None:
    """The kind of organisation that a cell names in the language of the page, or as we store it."""
    word = fold(written)
    return next((kind for kind, text in KINDS.items() if word in (fold(str(text)), kind)), None)


def _left_out(row: Row, state: str, why: str) -> Row:
    return replace(row, state=state, remarks=(why,))


def on_the_list(attendee: Attendee | Listed) -> str:
    """What becomes of somebody who need not be added."""
    return str(_("On the list already: %(state)s.", state=STATES.get(state_of(attendee), attendee.place)))


def _with_namesakes(row: Row, email_key: str | None, listed: Sequence[Attendee]) -> Row:
    """Somebody else with this address may be the same person, written in another way."""
    others = [one.name for one in listed if one.email_key == email_key and one.name_key != name_key(row.name)]
    if not others:
        return row
    sentence = _("This address is on the list for %(name)s.", name=", ".join(others[:3]))
    return replace(row, remarks=(*row.remarks, str(sentence)))
