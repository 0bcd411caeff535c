"""Texts that an administrator may edit: about the platform, privacy, accessibility, the sign-in sheet."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.base.db import Base


class PageName(StrEnum):
    """Which text."""

    ABOUT = "about"
    PRIVACY = "privacy"
    ACCESSIBILITY = "accessibility"
    SHEET = "sheet"


class SitePage(Base):
    """One text in one language, as Markdown. Without a row the text that comes with the program is shown."""

    __tablename__ = "site_pages"
    __table_args__ = (UniqueConstraint("name", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(10))
    markdown: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
