"""Questions, what they offer, and what people answered. Texts are kept per language, as those of meetings.

"Answer" alone is yes, maybe or no (`registration`); what was said to a question is `QuestionAnswer` here.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.base.db import Base, type_texts
from app.base.uploads import MEGABYTE, Group


class QuestionKind(StrEnum):
    """How a question is answered."""

    SHORT = "short"
    LONG = "long"
    ONE = "one"
    MANY = "many"
    YES_NO = "yes_no"
    NUMBER = "number"
    DATE = "date"
    EMAIL = "email"
    LINK = "link"
    FILE = "file"


class Purpose(StrEnum):
    """When a question is asked: on the form of registration, or after the meeting. The two never mix."""

    REGISTRATION = "registration"
    FEEDBACK = "feedback"


CHOOSING = (QuestionKind.ONE, QuestionKind.MANY)
CAN_DECIDE = (*CHOOSING, QuestionKind.YES_NO)
YES, NO = "yes", "no"
PEOPLE, VALUES, TEXTS = "people", "values", "texts"  # of one question in `FeedbackForm.tally`
USUAL_MEGABYTES, MOST_MEGABYTES = 5, 10


class Question(Base):
    """One question of a series or of a meeting. It is asked only while `retired_at` is empty.

    `condition_value` is the id of an option, or yes or no: the question is asked only of those who gave this to
    the question `condition_id`. What is said to a `sensitive` one goes 14 days after the meeting, as needs do.
    `file_kinds` (names of `app.base.uploads.Group`, parted by commas) and `file_megabytes` are for files alone.
    """

    __tablename__ = "questions"
    __table_args__ = (
        CheckConstraint("(series_id IS NULL) <> (meeting_id IS NULL)", name="one_owner"),
        Index("ix_questions_series_id", "series_id"),
        Index("ix_questions_meeting_id", "meeting_id"),
        Index("ix_questions_condition_id", "condition_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id", ondelete="CASCADE"))
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(
        String(12), default=Purpose.REGISTRATION, server_default=Purpose.REGISTRATION
    )
    position: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str] = mapped_column(String(10))
    label: Mapped[type_texts]
    hint: Mapped[type_texts]
    required: Mapped[bool] = mapped_column(default=False)
    sensitive: Mapped[bool] = mapped_column(default=False)
    condition_id: Mapped[int | None] = mapped_column(ForeignKey("questions.id", ondelete="SET NULL"))
    condition_value: Mapped[str] = mapped_column(String(20), default="")
    file_kinds: Mapped[str] = mapped_column(String(60), default="")
    file_megabytes: Mapped[int | None]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    options: Mapped[list[QuestionOption]] = relationship(
        order_by="(QuestionOption.position, QuestionOption.id)",
        cascade="all, delete-orphan",
        lazy="raise",
    )

    @property
    def file_groups(self) -> tuple[Group, ...]:
        """The kinds of files that are taken; empty for every other kind of question."""
        return tuple(Group(one) for one in self.file_kinds.split(",") if one)

    @property
    def largest_file(self) -> int:
        """In bytes."""
        return (self.file_megabytes or USUAL_MEGABYTES) * MEGABYTE

    @property
    def offered(self) -> list[QuestionOption]:
        """The options that can be chosen now."""
        return [option for option in self.options if option.retired_at is None]


class QuestionOption(Base):
    """What can be chosen. `places` is how many people of one meeting may have it; None means any number."""

    __tablename__ = "question_options"
    __table_args__ = (
        CheckConstraint("places >= 0", name="places_not_negative"),
        Index("ix_question_options_question_id", "question_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(default=0)
    label: Mapped[type_texts]
    places: Mapped[int | None]
    retired_at: Mapped[datetime | None]


class QuestionAnswer(Base):
    """What one attendee said to one question: a text, one row for each option chosen, or the name of a file.

    `has_place` counts only while the attendee has a seat: then the option's place is taken. A choice without it
    is a wish that could not be met.
    """

    __tablename__ = "question_answers"
    __table_args__ = (
        Index("ix_question_answers_attendee_id", "attendee_id", "question_id"),
        Index("ix_question_answers_question_id", "question_id"),
        Index("ix_question_answers_option_id", "option_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    attendee_id: Mapped[int] = mapped_column(ForeignKey("attendees.id", ondelete="CASCADE"))
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"))
    option_id: Mapped[int | None] = mapped_column(ForeignKey("question_options.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text, default="")
    has_place: Mapped[bool] = mapped_column(default=False)


class FeedbackForm(Base):
    """How the questions after a meeting are asked: with names or without, and for how many days.

    With names, answers are rows of `QuestionAnswer`. Without, `tally` holds for each question how many people
    answered, how often each value was chosen, and the texts in random order: no people, no times, and nothing that
    connects one question with another. `number` counts those who answered. One row for a meeting, written anew as
    a whole, so that not even the database knows what came last. `emptied_at`: its texts were erased.
    """

    __tablename__ = "feedback_forms"
    __table_args__ = (CheckConstraint("days > 0", name="days_positive"),)

    meeting_id: Mapped[int] = mapped_column(
        ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    anonymous: Mapped[bool] = mapped_column(default=True)
    days: Mapped[int]
    number: Mapped[int] = mapped_column(default=0)
    tally: Mapped[dict[str, Any]]
    emptied_at: Mapped[datetime | None]


class FeedbackGiven(Base):
    """That somebody answered after the meeting, so that each does so once. Not when, and not what."""

    __tablename__ = "feedback_given"

    attendee_id: Mapped[int] = mapped_column(
        ForeignKey("attendees.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )


class AnswerFile(Base):
    """A file that was handed over as an answer, and goes when the answer goes.

    Without an `answer_id` it waits until the form that it came with is right: whoever knows the `token` may make
    it an answer (docs/decisions/0026). `data` comes last and is read only when somebody downloads it.
    """

    __tablename__ = "answer_files"
    __table_args__ = (Index("ix_answer_files_question_id", "question_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"))
    answer_id: Mapped[int | None] = mapped_column(
        ForeignKey("question_answers.id", ondelete="CASCADE"), unique=True
    )
    token: Mapped[str] = mapped_column(String(30), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    content_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    created_at: Mapped[datetime]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
