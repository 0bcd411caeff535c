"""Reading the list: tabs, search without diacritics, order of the alphabet, pages."""

import pytest
from sqlalchemy import select

from app.base.errors import NotFound
from app.domain.history.service import ATTENDEE
from app.domain.privacy.erase import erase_attendee
from app.domain.registration import answers, invitations, organiser, personal, queries, seating
from app.domain.registration.invitations import Invitation
from app.domain.registration.models import Answer, Attendee, Mode, Party
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
    few = {name: number for name, number in counts.items() if number}
    assert few == {"all": 4, "confirmed": 2, "declined": 1, "cancelled": 1}
    for tab in queries.TABS:
        assert queries.count(session, meeting.id, ListView(tab=tab)) == counts[tab]
        assert len(names(session, meeting, tab=tab)) == counts[tab]
    assert queries.count(session, meeting.id, ListView(tab="nonsense")) == 4


@pytest.fixture
def answered(session, meeting):
    """Maybe, no answer, an invitation, an own no, somebody to be approved, and an address that takes no mail."""
    a, b, c, d, _ = session.scalars(
        select(Attendee).where(Attendee.meeting_id == meeting.id).order_by(Attendee.id)
    )
    answers.answer(session, a.id, Answer.MAYBE, now=later(9), actor=ATTENDEE)
    seating.ask_anew(b)
    b.bounced_at = later(10)
    answers.answer(session, c.id, Answer.NO, now=later(9), actor=ATTENDEE)
    seating.ask_anew(d)
    personal.cancel(session, d.id, now=later(9), actor=DESK)
    invited = Invitation(people=(person("Jan Pozvaný"),), language="cs")
    invitations.invite(session, meeting.id, invited, now=later(9), actor=DESK, mail_domain=DOMAIN)
    meeting.approval = True
    register(session, meeting, "Petr Čekající", now=later(10))
    return meeting


def test_tabs_of_answers(session, answered):
    counts = queries.counts(session, answered.id)
    assert counts == {
        "all": 7,
        "confirmed": 3,
        "maybe": 1,
        "maybe:room": 1,
        "maybe:online": 0,
        "waiting": 0,
        "pending": 1,
        "invited": 1,
        "declined": 1,
        "cancelled": 1,
        "unanswered": 1,
        "bounced": 1,
    }
    assert names(session, answered, tab="maybe") == ["Chalupová"]
    assert names(session, answered, tab="pending") == ["Čekající"]
    assert names(session, answered, tab="invited") == ["Pozvaný"]


@pytest.mark.parametrize(
    ("view", "found"),
    [
        ({"answer": "yes"}, ["Čekající", "Шевченко"]),
        ({"answer": "maybe"}, ["Chalupová"]),
        ({"answer": "no"}, ["Hůl"]),
        ({"answer": "none"}, ["Čáp", "Pozvaný"]),  # not who was taken off the list
        ({"bounced": True}, ["Čáp"]),
        ({"bounced": True, "tab": "invited"}, []),
        ({"answer": "none", "tab": "confirmed"}, ["Čáp"]),
    ],
)
def test_filters_by_answer(session, answered, view, found):
    assert names(session, answered, **view) == found


def test_the_order_of_answers(session, answered):
    assert names(session, answered, sort="answer") == [
        *("Čekající", "Шевченко", "Chalupová"),
        *("Cibulková", "Čáp", "Pozvaný", "Hůl"),
    ]


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
