"""Reads of organisations and contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.base.errors import NotFound
from app.base.text import fold
from app.domain.directory.models import Contact, Organisation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session


def contacts(session: Session) -> list[Contact]:
    """All contacts in the order the organisers gave them."""
    return list(session.scalars(select(Contact).order_by(Contact.position, Contact.id)))


def get_contact(session: Session, contact_id: int) -> Contact:
    """One contact; raises `NotFound`."""
    contact = session.get(Contact, contact_id)
    if contact is None:
        raise NotFound
    return contact


def organisation_names(session: Session) -> list[str]:
    """Names to suggest on the form."""
    return list(session.scalars(select(Organisation.name).order_by(Organisation.sort_key)))


def organisations_by_key(session: Session, names: Iterable[str]) -> dict[str, Organisation]:
    """Known organisations among `names`, by folded name."""
    keys = {fold(name) for name in names if name}
    if not keys:
        return {}
    found = session.scalars(select(Organisation).where(Organisation.name_key.in_(keys)))
    return {organisation.name_key: organisation for organisation in found}
