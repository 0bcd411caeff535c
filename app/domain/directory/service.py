"""Verbs on contacts and organisations. The caller has begun a write and commits."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.base.errors import Conflict, NotFound
from app.base.text import czech_key, fold
from app.domain.directory.models import Contact, Organisation
from app.domain.directory.queries import contacts
from app.domain.directory.rules import AlreadyListed
from app.domain.history import service as history

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.base.db import type_texts
    from app.domain.history.service import Actor

LONGEST_KEY = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactText:
    """What an organiser edits on a contact; texts are clean, `role` and `about` per language."""

    role: type_texts
    about: type_texts
    name: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationText:
    """What an organiser edits on an organisation; `district` is None where none applies."""

    name: str
    kind: str
    district: str | None


def add_contact(
    session: Session, text: ContactText, *, now: datetime, actor: Actor, position: int | None = None
) -> Contact:
    """A new contact, the last one unless `position` says otherwise (to take a deleting back)."""
    if position is None:
        position = (session.scalar(select(func.max(Contact.position))) or 0) + 1
    contact = Contact(position=position, version=1)
    _copy(text, contact)
    session.add(contact)
    session.flush()
    history.record(session, "contact:add", subject_id=contact.id, actor=actor, now=now)
    return contact


def edit_contact(
    session: Session, contact_id: int, text: ContactText, *, version: int, now: datetime, actor: Actor
) -> Contact:
    """New texts for a contact; raises `Conflict` when somebody saved since `version`, `NotFound`."""
    contact = _lock_contact(session, contact_id)
    if contact.version != version:
        raise Conflict
    _copy(text, contact)
    contact.version += 1
    history.record(session, "contact:edit", subject_id=contact.id, actor=actor, now=now)
    return contact


def delete_contact(
    session: Session, contact_id: int, *, now: datetime, actor: Actor
) -> tuple[ContactText, int]:
    """Take a contact off the list; gives back its texts and position, so that it can be added again.

    Meetings that named it name nobody any more. Raises `NotFound`.
    """
    contact = _lock_contact(session, contact_id)
    values = {field.name: getattr(contact, field.name) for field in fields(ContactText)}
    position = contact.position
    history.record(session, "contact:delete", subject_id=contact.id, actor=actor, now=now)
    session.delete(contact)
    return ContactText(**values), position


def move_contact(
    session: Session, contact_id: int, *, places: int, now: datetime, actor: Actor
) -> list[Contact]:
    """Move a contact down by `places` (up when negative) and number all anew; raises `NotFound`."""
    ordered = contacts(session)
    here = next((index for index, one in enumerate(ordered) if one.id == contact_id), None)
    if here is None:
        raise NotFound
    moved = ordered.pop(here)
    ordered.insert(max(0, here + places), moved)
    for position, contact in enumerate(ordered, start=1):
        contact.position = position
    history.record(session, "contact:move", subject_id=contact_id, actor=actor, now=now)
    return ordered


def add_organisation(
    session: Session, text: OrganisationText, *, now: datetime, actor: Actor
) -> Organisation:
    """A new organisation, suggested on the form from now on; raises `AlreadyListed`."""
    organisation = Organisation()
    _name(session, organisation, text)
    session.add(organisation)
    _flush(session)
    history.record(session, "organisation:add", subject_id=organisation.id, actor=actor, now=now)
    return organisation


def edit_organisation(
    session: Session, organisation_id: int, text: OrganisationText, *, now: datetime, actor: Actor
) -> Organisation:
    """New texts for an organisation; attendees keep what they typed. Raises `AlreadyListed`, `NotFound`."""
    query = select(Organisation).where(Organisation.id == organisation_id).with_for_update()
    organisation = session.scalar(query.execution_options(populate_existing=True))
    if organisation is None:
        raise NotFound
    _name(session, organisation, text)
    _flush(session)
    history.record(session, "organisation:edit", subject_id=organisation.id, actor=actor, now=now)
    return organisation


def _lock_contact(session: Session, contact_id: int) -> Contact:
    query = select(Contact).where(Contact.id == contact_id).with_for_update()
    contact = session.scalar(query.execution_options(populate_existing=True))
    if contact is None:
        raise NotFound
    return contact


def _copy(text: ContactText, contact: Contact) -> None:
    for field in fields(text):
        setattr(contact, field.name, getattr(text, field.name))


def _name(session: Session, organisation: Organisation, text: OrganisationText) -> None:
    key = fold(text.name)[:LONGEST_KEY]
    with session.no_autoflush:
        found = session.scalar(select(Organisation).where(Organisation.name_key == key))
    if found is not None and found is not organisation:
        raise AlreadyListed
    organisation.name, organisation.name_key = text.name, key
    organisation.sort_key = czech_key(text.name)[:LONGEST_KEY]
    organisation.kind, organisation.district = text.kind, text.district


def _flush(session: Session) -> None:
    """Two people may add the same name at the same moment; the table decides."""
    try:
        session.flush()
    except IntegrityError as error:
        raise AlreadyListed from error
