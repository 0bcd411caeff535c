"""Whoever has the whole database cannot tell who said what without names."""

from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import func, literal_column, select, text

from app.base.db import Base
from app.domain.feedback import queries
from app.domain.questions.models import FeedbackForm, FeedbackGiven
from tests.domain.feedback.cast import END, give, platform, saying

WORDS = ["the coffee", "Mrs. Nováková's talk", "žluťoučký kůň"]


def everything(session) -> dict[str, list[Any]]:
    """All rows of all tables with their place in the file; only the order of texts, which is chance, is taken away."""
    session.flush()
    place = literal_column("rowid" if session.get_bind().dialect.name == "sqlite" else "1")
    found: dict[str, list[Any]] = {}
    for table in Base.metadata.sorted_tables:
        rows = session.execute(select(place, *table.columns).select_from(table).order_by(*table.primary_key))
        found[table.name] = [tuple(row) for row in rows]
    found["feedback_forms"] = [
        [without_chance(cell) if isinstance(cell, dict) else cell for cell in row]
        for row in found["feedback_forms"]
    ]
    return found


def without_chance(tally):
    return {name: one | {"texts": sorted(one["texts"])} for name, one in tally.items()}


def test_whoever_said_what_and_in_whichever_order_the_database_is_the_same(session):
    _meeting, people, asked = platform(session)
    session.commit()
    worlds = []
    for order in permutations(range(3)):
        for number, at in enumerate(order):
            # In every world the same three sheets come in, from the same people, in another order and by others.
            give(session, people[at], saying(asked, WORDS[number], good=number == 1), now=END)
        worlds.append(everything(session))
        session.rollback()
    assert all(world == worlds[0] for world in worlds)
    assert len(worlds[0]["feedback_given"]) == 3
    assert sum(str(rows).count(WORDS[0]) for rows in worlds[0].values()) == 1


def test_texts_are_not_in_the_order_in_which_they_came(session):
    names = [f"Person Number{number}" for number in range(30)]
    meeting, people, asked = platform(session, *names)
    said = [f"words {number}" for number in range(30)]
    lasts = set()
    for who, words in zip(people, said, strict=True):
        give(session, who, saying(asked, words))
        lasts.add(queries.form_of(session, meeting).tally[str(asked[1].id)]["texts"].index(words))
    texts = queries.form_of(session, meeting).tally[str(asked[1].id)]["texts"]
    assert sorted(texts) == sorted(said)
    assert texts != said
    assert len(lasts) > 3, "the newest is not always at one place"


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_nothing_but_the_whole_tally_was_written_together_with_that_somebody_answered(session):
    """PostgreSQL marks each row with the transaction that wrote it: it must lead from a person to no single answer."""
    _meeting, people, asked = platform(session)
    session.commit()
    for who, words in zip(people, [*WORDS, ""], strict=True):
        give(session, who, saying(asked, words))
        session.commit()
    wrote = {row[0] for row in session.execute(text("SELECT xmin::text FROM feedback_given"))}
    assert len(wrote) == 4
    together = {
        table.name: [
            row
            for row in session.execute(text(f"SELECT xmin::text, t.* FROM {table.name} t"))
            if row[0] in wrote
        ]
        for table in Base.metadata.sorted_tables
        if table.name != "feedback_given"
    }
    assert {name: len(rows) for name, rows in together.items() if rows} == {"feedback_forms": 1}
    tally = session.scalars(select(FeedbackForm.tally)).one()
    assert sorted(tally[str(asked[1].id)]["texts"]) == sorted(WORDS)


def test_that_somebody_answered_is_all_that_is_kept_of_them(session):
    assert {column.name for column in FeedbackGiven.__table__.columns} == {"attendee_id"}
    _meeting, people, asked = platform(session)
    session.commit()
    before = everything(session)
    give(session, people[2], saying(asked, WORDS[0]))
    after = everything(session)
    changed = {name for name, rows in after.items() if rows != before[name]}
    assert changed == {"feedback_given", "feedback_forms"}
    assert session.scalar(select(func.count()).select_from(FeedbackGiven)) == 1
