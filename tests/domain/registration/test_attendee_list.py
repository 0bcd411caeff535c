"""Reading the list: tabs, search without diacritics, order of the alphabet, pages."""

import pytest
from sqlalchemy import select

from app.base.errors import NotFound
from app.domain.history.service import ATTENDEE
from app.domain.privacy.erase import erase_attendee
from app.domain.registration import organiser, personal, queries
from app.domain.registration.models import Attendee, Mode, Party
from app.domain.registration.queries import ListView
from tests.domain.registration.cast import DESK, NOW, hybrid, later, small_meeting
from tests.factories import DOMAIN, person, register

PEOPLE = [
    person("Zdena Chalupová", organisation="Úřad MČ Praha 4", organisation_kind="district"),
    person("Ing. Petr Čáp", organisation="Člověk v tísni", organisation_kind="ngo"),
    person("Ivan Hůl", organisation="Člověk v tísni", organisation_kind="ngo", mode=Mode.ONLINE),
    person("Eva Cibulková", organisation="Charita 100 %", organisation_kind="ngo"),
    person("Олена Шевченко", organisation=""),
]


@pytest.fixture
def meeting(session):
    """Five people: confirmed, and noise at another meeting."""
    noise = small_meeting(session, 9)
    register(session, noise, "Noise Nobody", now=NOW)
    made = hybrid(session, 9, 9)
    for number, one in enumerate(PEOPLE):
        register(session, made, one, now=later(number))
    return made


def names(session, meeting, **view):
    return [one.name.split()[-1] for one in queries.page(session, meeting.id, ListView(**view), 1).rows]


def test_by_surname_in_the_czech_order(session, meeting):
    expected = ["Cibulková", "Čáp", "Hůl", "Chalupová", "Шевченко"]
    assert names(session, meeting) == expected
    assert names(session, meeting, descending=True) == expected[::-1]


def test_other_orders(session, meeting):
    assert names(session, meeting, sort="registered") == ["Chalupová", "Čáp", "Hůl", "Cibulková", "Шевченко"]
    assert names(session, meeting, sort="organisation") == [
        "Шевченко",
        "Čáp",
        "Hůl",
        "Cibulková",
        "Chalupová",
    ]
    assert names(session, meeting, sort="nonsense") == names(session, meeting)
    assert len(names(session, meeting, sort="place")) == 5


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("cap", ["Čáp"]),
        ("ČÁP", ["Čáp"]),
        ("clovek tisni", ["Čáp", "Hůl"]),
        ("tisni petr", ["Čáp"]),
        ("шевч", ["Шевченко"]),
        ("100 %", ["Cibulková"]),
        ("%", ["Cibulková"]),
        ("_", []),
        ("\\", []),
        ("@example.org hul", ["Hůl"]),
        ("nobody", []),
        ("  ", ["Cibulková", "Čáp", "Hůl", "Chalupová", "Шевченко"]),
    ],
)
def test_search_needs_no_diacritics(session, meeting, words, found):
    assert names(session, meeting, search=words) == found


def test_filters(session, meeting):
    assert names(session, meeting, kind="ngo") == ["Cibulková", "Čáp", "Hůl"]
    assert names(session, meeting, mode="online") == ["Hůl"]
    assert names(session, meeting, kind="ngo", mode="room", search="clovek") == ["Čáp"]


def test_tabs_count_people_and_not_rows(session, meeting):
    a, b, c, d, _ = session.scalars(
        select(Attendee).where(Attendee.meeting_id == meeting.id).order_by(Attendee.id)
    )
    personal.cancel(session, a.id, now=later(9), actor=ATTENDEE)
    personal.cancel(session, b.id, now=later(9), actor=DESK)
    organiser.correct_address(session, c.id, "x@example.org", now=later(9), actor=DESK, mail_domain=DOMAIN)
    erase_attendee(session, d.id, now=later(9), actor=ATTENDEE)
    session.flush()
    counts = queries.counts(session, meeting.id)
    assert counts == {"all": 4, "confirmed": 2, "waiting": 0, "declined": 1, "cancelled": 1}
    for tab, number in counts.items():
        assert queries.count(session, meeting.id, ListView(tab=tab)) == number
        assert len(names(session, meeting, tab=tab)) == number
    assert queries.count(session, meeting.id, ListView(tab="nonsense")) == 4


def test_pages_of_fifty(session):
    meeting = small_meeting(session, None)
    for number in range(51):
        register(session, meeting, f"Host {number:03}", now=NOW)
    first = queries.page(session, meeting.id, ListView(), 1)
    last = queries.page(session, meeting.id, ListView(), 99)
    assert (len(first.rows), first.total, first.pages) == (50, 51, 2)
    assert (last.number, [one.name for one in last.rows]) == (2, ["Host 050"])
    assert len(list(queries.stream(session, meeting.id, ListView()))) == 51


def test_looking_people_up(session, meeting):
    attendee = session.scalars(select(Attendee)).first()
    found = queries.get_attendee(session, attendee.id)
    assert found.meeting.id == attendee.meeting_id
    party = session.scalars(select(Party)).first()
    assert queries.get_party(session, party.token) is party
    for look, key in ((queries.get_attendee, 999), (queries.get_party, "x"), (queries.get_by_token, "x")):
        with pytest.raises(NotFound):
            look(session, key)


def test_an_erased_person_has_no_link(session, meeting):
    attendee = session.scalars(select(Attendee)).first()
    token = attendee.token
    erase_attendee(session, attendee.id, now=later(1), actor=ATTENDEE)
    session.flush()
    with pytest.raises(NotFound):
        queries.get_by_token(session, token)
