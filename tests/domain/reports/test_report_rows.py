from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.text import clean_line, name_sort_key
from app.domain.registration.models import Answer, Attendee, Mode, Place
from app.domain.reports.names import sort_key_of, surname_first
from app.domain.reports.rows import Beside, Words, attendee_rows, columns, headings, state_of

WORDS = Words(
    headings={name: name.upper() for name in columns(needs=True)},
    kinds={"ngo": "nevládní organizace"},
    states={"confirmed": "přijde", "maybe": "možná", "waiting": "čeká"},
    modes={"room": "na místě"},
    languages={"cs": "čeština"},
    answers={"yes": "ano"},
    ways={"web": "na stránce"},
    added_by_organiser="organizátor",
)
REGISTERED = datetime(2023, 3, 12, 8, 14, tzinfo=UTC)
ANSWERED = datetime(2023, 3, 13, 8, 14, tzinfo=UTC)


def attendee(**changes: object) -> Attendee:
    values: dict[str, object] = {
        "id": 7,
        "party_id": 3,
        "position": 0,
        "name": "Mgr. Žofie Šťastná, Ph.D.",
        "sort_key": name_sort_key("Mgr. Žofie Šťastná, Ph.D."),
        "email": "zofie@example.org",
        "organisation_name": "Poradna",
        "organisation_kind": "ngo",
        "mode": Mode.ROOM,
        "place": Place.CONFIRMED,
        "answer": Answer.YES,
        "answer_at": ANSWERED,
        "answer_by": "web",
        "answer_note": "přijdu později",
        "invited_at": None,
        "bounced_at": None,
        "substitute_for_id": 5,
        "language": "cs",
        "registered_at": REGISTERED,
        "note": "u dveří",
        "needs_interpreter": "ukrajinština",
        "needs_access": "",
        "needs_diet": "",
        "needs_note": "",
    }
    return Attendee(**(values | changes))


def rows(*attendees: Attendee, needs: bool = False) -> list[list[object]]:
    made = attendee_rows(
        attendees,
        WORDS,
        Beside(
            positions={8: 2},
            registrants={3: "Petr Novák"},
            added={9},
            substituted={5: "Jana Nová"},
            arrivals={7: ANSWERED},
        ),
        needs=needs,
    )
    return [list(row) for row in made]


def test_a_row_says_each_thing_in_words():
    (row,) = rows(attendee())
    assert dict(zip(columns(needs=False), row, strict=True)) == {
        "number": 1,
        "sort_name": "Šťastná, Žofie",
        "name": "Mgr. Žofie Šťastná, Ph.D.",
        "email": "zofie@example.org",
        "organisation": "Poradna",
        "kind": "nevládní organizace",
        "state": "přijde",
        "position": None,
        "mode": "na místě",
        "language": "čeština",
        "registered": REGISTERED,
        "answer": "ano",
        "answered": ANSWERED,
        "answered_by": "na stránce",
        "apology": "přijdu později",
        "invited": None,
        "undeliverable": None,
        "checked_in": ANSWERED,
        "substitute_for": "Jana Nová",
        "registered_by": None,
        "note": "u dveří",
    }


def test_needs_are_there_only_when_asked_for():
    assert "ukrajinština" not in rows(attendee())[0]
    assert rows(attendee(), needs=True)[0][-4:] == ["ukrajinština", "", "", ""]
    assert len(headings(WORDS, needs=True)) == len(rows(attendee(), needs=True)[0])
    assert len(headings(WORDS, needs=False)) == len(rows(attendee())[0])


def test_who_waits_has_a_position_and_rows_are_numbered():
    first, second = rows(attendee(), attendee(id=8, place=Place.WAITING))
    assert (first[0], second[0]) == (1, 2)
    assert (first[7], second[7]) == (None, 2)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"position": 0}, None),
        ({"position": 1}, "Petr Novák"),
        ({"position": 1, "party_id": 99}, None),
        ({"party_id": None}, None),
        ({"party_id": None, "id": 9}, "organizátor"),
    ],
)
def test_who_registered_them(changes, expected):
    assert rows(attendee(**changes))[0][columns(needs=False).index("registered_by")] == expected


def test_a_value_without_a_word_stands_as_it_is_stored():
    row = rows(
        attendee(organisation_kind="guild", mode="hologram", language="uk", answer="no", place="pending")
    )[0]
    assert [row[i] for i in (5, 6, 8, 9, 11)] == ["guild", "pending", "hologram", "uk", "no"]
    assert rows(attendee(organisation_kind=None))[0][5] is None


def test_a_seat_held_by_a_maybe_is_a_maybe():
    assert state_of(attendee(answer=Answer.MAYBE)) == "maybe"
    assert state_of(attendee(answer=Answer.MAYBE, place=Place.WAITING)) == "waiting"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Petr Novák", "Novák, Petr"),
        ("Mgr. Žofie Šťastná, Ph.D.", "Šťastná, Žofie"),
        ("Nguyen Thi Mai", "Mai, Nguyen Thi"),
        ("Nováková, Jana", "Nováková, Jana"),
        ("Sukarno", "Sukarno"),
        ("Jan de Vries-McDonald", "Vries-McDonald, Jan de"),
    ],
)
def test_a_name_is_shown_as_it_sorts(name, shown):
    assert surname_first(name, name_sort_key(name)) == shown


def test_a_corrected_sort_name_is_shown_with_the_letters_of_the_name():
    assert surname_first("Nguyen Thi Mai", sort_key_of("Nguyen, Thi Mai")) == "Nguyen, Thi Mai"
    assert surname_first("María de la Cruz", sort_key_of("de la Cruz, María")) == "de la Cruz, María"
    assert surname_first("X", sort_key_of("Ševčenko")) == "Ševčenko"


def test_a_corrected_sort_name_sorts_like_a_derived_one():
    assert sort_key_of("Novák, Petr") == name_sort_key("Petr Novák")


@given(st.text(max_size=200))
def test_any_name_can_be_shown_and_typed_again(text):
    try:
        name = clean_line(text, max_length=200)
    except ValueError:
        return
    shown = surname_first(name, name_sort_key(name))
    assert isinstance(shown, str)
    assert len(sort_key_of(shown)) <= 400
