"""The organiser's list of organisations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.base.errors import NotFound
from app.base.paging import PER_PAGE, Page, clamp_page
from app.base.text import like
from app.domain.directory.models import Organisation

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def organisations(session: Session, *, search: str = "", number: int = 1) -> Page[Organisation]:
    """One page of the organisations whose name has every word of `search`, by the Czech alphabet."""
    conditions = [Organisation.name_key.like(like(word), escape="\\") for word in search.split()[:8]]
    total = session.scalar(select(func.count()).select_from(Organisation).where(*conditions)) or 0
    shown = clamp_page(number, total)
    query = select(Organisation).where(*conditions).order_by(Organisation.sort_key, Organisation.id)
    rows = session.scalars(query.limit(PER_PAGE).offset((shown - 1) * PER_PAGE))
    return Page(list(rows), shown, total)


def get_organisation(session: Session, organisation_id: int) -> Organisation:
    """One organisation; raises `NotFound`."""
    organisation = session.get(Organisation, organisation_id)
    if organisation is None:
        raise NotFound
    return organisation


def districts(session: Session) -> list[str]:
    """Districts that some organisation has already, to suggest."""
    query = select(Organisation.district).where(Organisation.district.is_not(None)).distinct()
    return sorted(name for name in session.scalars(query) if name)
