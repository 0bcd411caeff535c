"""Organisations that people speak for, and contacts: whom to write to about what."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.base.db import Base, SortKey, type_texts


class OrganisationKind(StrEnum):
    """What sort of body an attendee speaks for."""

    CITY = "city"
    DISTRICT = "district"
    NGO = "ngo"
    MIGRANT_ASSOCIATION = "migrant_association"
    STATE = "state"
    SCHOOL = "school"
    LIBRARY = "library"
    HOSPITAL = "hospital"
    INTERNATIONAL = "international"
    OTHER = "other"


class Organisation(Base):
    """A body known by name; offered as a suggestion on the registration form."""

    __tablename__ = "organisations"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(400), unique=True)
    sort_key: Mapped[str] = mapped_column(SortKey)
    kind: Mapped[str] = mapped_column(String(30))
    district: Mapped[str | None] = mapped_column(String(100))


class Contact(Base):
    """A role that one can write to. `role` and `about` are kept per language."""

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[type_texts]
    about: Mapped[type_texts]
    name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(254))
    phone: Mapped[str] = mapped_column(String(40), default="")
    position: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
