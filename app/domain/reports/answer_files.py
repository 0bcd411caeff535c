"""All files that people of a list gave, with names that tell whose they are; and how many there are."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Select, func, select

from app.domain.questions.models import AnswerFile, QuestionAnswer
from app.domain.registration.models import Attendee
from app.domain.registration.queries import chosen
from app.domain.reports.names import surname_first

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sqlalchemy.orm import Session

    from app.domain.registration.queries import ListView

LONGEST_PART = 60  # of a name; the whole stays under what file systems take


@dataclass(frozen=True, slots=True)
class Packed:
    """A file by its id, the attendee who gave it, and the name under which it is packed."""

    id: int
    attendee_id: int
    name: str


def weigh(
    session: Session, meeting_id: int, view: ListView, question_ids: Collection[int]
) -> tuple[int, int]:
    """How many files the people of a view gave to these questions, and their size in bytes."""
    if not question_ids:
        return 0, 0
    query = _files(meeting_id, view, question_ids).with_only_columns(
        func.count(AnswerFile.id), func.coalesce(func.sum(AnswerFile.size), 0)
    )
    number, size = session.execute(query).one()
    return int(number), int(size)


def packing_list(
    session: Session, meeting_id: int, view: ListView, labels: Mapping[int, str]
) -> list[Packed]:
    """The files of a view by name; `labels` are the questions asked for, in words."""
    query = _files(meeting_id, view, labels).with_only_columns(
        AnswerFile.id, AnswerFile.name, AnswerFile.question_id, Attendee.id, Attendee.name, Attendee.sort_key
    )
    found, taken = [], set[str]()
    for file_id, name, question_id, attendee_id, person, key in session.execute(
        query.order_by(Attendee.sort_key, Attendee.id, AnswerFile.id)
    ):
        whole = _free(_name(surname_first(person, key), labels[question_id], name), taken)
        taken.add(whole.casefold())
        found.append(Packed(file_id, attendee_id, whole))
    return found


def content(session: Session, file_id: int) -> bytes | None:
    """What is in a file; None when it has gone meanwhile."""
    return session.scalar(select(AnswerFile.data).where(AnswerFile.id == file_id))


def _files(meeting_id: int, view: ListView, question_ids: Iterable[int]) -> Select[int]:
    return (
        select(AnswerFile.id)
        .join(QuestionAnswer, QuestionAnswer.id == AnswerFile.answer_id)
        .join(Attendee, Attendee.id == QuestionAnswer.attendee_id)
        .where(
            QuestionAnswer.question_id.in_(list(question_ids)),
            Attendee.id.in_(chosen(meeting_id, view)),
        )
    )


def _name(person: str, question: str, file: str) -> str:
    """`Nováková_Jana - Your presentation - slides.pdf`."""
    stem, _dot, ending = file.rpartition(".")
    parts = (person.replace(", ", "_"), question, stem)
    return f"{' - '.join(_plain(part) for part in parts)}.{ending}"


def _plain(text: str) -> str:
    """Letters, digits and a few signs that every file system takes."""
    kept = "".join(
        char if char.isalnum() or char in " ._-" or unicodedata.combining(char) else " " for char in text
    )
    words = (word for word in kept.split() if word.strip("."))
    return " ".join(words)[:LONGEST_PART].strip(" .-") or "-"


def _free(name: str, taken: Collection[str]) -> str:
    """The name, or the first of its numbered sisters that nobody has."""
    stem, _dot, ending = name.rpartition(".")
    number, found = 1, name
    while found.casefold() in taken:
        number += 1
        found = f"{stem} ({number}).{ending}"
    return found
