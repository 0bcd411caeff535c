"""The table of what may become of a reply, by itself: each reason, and which of two is said."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from app.domain.calendars.reply import Method, Said
from app.domain.registration.models import Attendee, Place
from app.domain.replies import rules
from app.domain.replies.commands import Trust
from app.domain.replies.models import Decision
from app.domain.replies.rules import Verdict
from tests.domain.replies.reply_cast import answer_of, arrival_of, at

NOW = at(12)
OTHER = "somebody@else.example"


def attendee(**values: Any) -> Attendee:
    """Olena, who has a seat; the invite with SEQUENCE 2 is the present one."""
    basis = {
        "uid": "olena-1@example.org",
        "email_key": "olena@example.com",
        "organizer_token": "token",
        "place": Place.CONFIRMED,
        "revision": 1,
        "sent_sequence": 2,
    }
    return Attendee(**(basis | values))


def judged(
    answer: dict[str, Any] | None = None,
    mail: dict[str, Any] | None = None,
    person: dict[str, Any] | None = None,
    untold: bool = False,
) -> tuple[str, str]:
    """Decision and reason; each dictionary replaces fields."""
    olena = attendee(**(person or {}))
    said = answer_of(olena, **({"sequence": 2} | (answer or {})))
    meeting: Any = SimpleNamespace(revision=1, untold=untold)
    verdict = rules.judge(arrival_of(olena, said, **(mail or {})), said, meeting, olena, now=NOW)
    return verdict.decision, verdict.reason


@pytest.mark.parametrize("said", [Said.ACCEPTED, Said.TENTATIVE, Said.DECLINED])
def test_a_sure_answer_to_the_present_invite_applies(said):
    assert judged({"said": said}) == (Decision.APPLIED, rules.APPLY)


@pytest.mark.parametrize(
    ("answer", "mail", "person", "verdict"),
    [
        ({"uid": "other@example.org"}, {}, {}, (Decision.IGNORED, "wrong_uid")),
        ({}, {}, {"erased_at": NOW}, (Decision.IGNORED, "erased")),
        ({}, {}, {"email_key": None}, (Decision.IGNORED, "erased")),
        ({}, {"trust": Trust.FAILED}, {}, (Decision.IGNORED, "forged")),
        ({"attendee": OTHER}, {"sender": OTHER}, {}, (Decision.ASKED, "stranger")),
        ({"method": Method.COUNTER}, {}, {}, (Decision.PROPOSED, "counter")),
        ({"method": Method.REFRESH}, {}, {}, (Decision.NOTED, "refresh")),
        ({"said": Said.DELEGATED}, {}, {}, (Decision.ASKED, "delegated")),
        ({"said": Said.NEEDS_ACTION}, {}, {}, (Decision.IGNORED, "no_answer")),
        ({"said": Said.OTHER}, {}, {}, (Decision.IGNORED, "no_answer")),
        ({"sequence": 3}, {}, {}, (Decision.IGNORED, "future_sequence")),
        ({"sequence": 1}, {}, {}, (Decision.IGNORED, "old_version")),
        ({"dtstamp": at(9)}, {}, {"reply_sequence": 2, "reply_stamp": at(9)}, (Decision.IGNORED, "older_answer")),
        ({"said": Said.DECLINED}, {"trust": Trust.WEAK}, {}, (Decision.ASKED, "unverified")),
    ],
)  # fmt: skip
def test_each_reason(answer, mail, person, verdict):
    assert judged(answer, mail, person) == verdict


@pytest.mark.parametrize(
    ("answer", "mail", "person", "reason"),
    [
        ({"attendee": OTHER}, {}, {}, rules.APPLY),  # an alias in the file: the sender is the one
        ({}, {"sender": OTHER}, {}, rules.APPLY),  # sent by a colleague's program on behalf
        ({}, {"trust": Trust.WEAK}, {}, rules.APPLY),  # a yes takes nothing away
        ({"said": Said.DECLINED, "sequence": 1}, {}, {}, rules.APPLY),  # a no is a no to any version
        (
            {"said": Said.DECLINED},
            {"trust": Trust.WEAK},
            {"place": Place.DECLINED},
            rules.APPLY,
        ),  # has no seat
        ({"dtstamp": at(10)}, {}, {"reply_sequence": 2, "reply_stamp": at(9)}, rules.APPLY),
        (
            {"dtstamp": at(8)},
            {},
            {"reply_sequence": 1, "reply_stamp": at(9)},
            rules.APPLY,
        ),  # to a newer version
        ({"said": Said.DELEGATED, "attendee": OTHER}, {"sender": OTHER}, {}, "stranger"),
        ({"uid": "x", "attendee": OTHER}, {"trust": Trust.FAILED}, {}, "wrong_uid"),
        ({"method": Method.COUNTER, "sequence": 9}, {}, {}, "counter"),
    ],
)
def test_which_of_two_reasons_counts(answer, mail, person, reason):
    assert judged(answer, mail, person)[1] == reason


def test_while_a_change_is_held_back_the_version_that_left_counts():
    assert judged({"sequence": 1}, person={"sent_sequence": 1}, untold=True)[1] == rules.APPLY
    assert judged({"sequence": 0}, person={"sent_sequence": 1}, untold=True)[1] == "old_version"


def test_the_stamp_is_the_files_then_the_mails_then_the_arrival():
    olena = attendee()

    def stamp(dtstamp=None, sent_at=None):
        said = answer_of(olena, dtstamp=dtstamp)
        return rules.stamp_of(arrival_of(olena, said, sent_at=sent_at), said, now=NOW)

    assert stamp(at(9), at(10)) == at(9)
    assert stamp(None, at(10)) == at(10)
    assert stamp() == NOW
    assert stamp(NOW + timedelta(days=1)) == NOW + timedelta(days=1)
    assert stamp(NOW + timedelta(days=1, seconds=1)) == NOW


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"is_own": True}, "own"),
        ({"unreadable": "other_method"}, "other_method"),
        ({"is_automatic": True}, "automatic"),
        ({}, None),
        ({"is_automatic": True, "unreadable": "two_events"}, None),
    ],
)
def test_what_is_said_before_anybody_is_looked_up(values, reason):
    verdict = rules.before_look_up(arrival_of(attendee(), None, **values))
    assert verdict == (Verdict(Decision.IGNORED, reason) if reason else None)


def test_an_automatic_mail_with_an_answer_is_an_answer():
    olena = attendee()
    assert rules.before_look_up(arrival_of(olena, answer_of(olena), is_automatic=True)) is None


def test_a_mail_without_an_answer_is_for_a_person():
    olena = attendee()
    assert rules.without_answer(arrival_of(olena, None)) == Verdict(Decision.REVIEW, "no_calendar")
    assert rules.without_answer(arrival_of(olena, None, unreadable="two_events")) == Verdict(
        Decision.REVIEW, "two_events"
    )
    assert rules.without_answer(arrival_of(olena, answer_of(olena))) is None


@pytest.mark.parametrize(
    ("trust", "sender", "may"),
    [
        (Trust.STRONG, "olena@example.com", True),
        (Trust.WEAK, "olena@example.com", False),
        (Trust.FAILED, "olena@example.com", False),
        (Trust.STRONG, OTHER, False),
        (Trust.STRONG, None, False),
    ],
)
def test_only_a_sure_sender_is_found_by_the_uid(trust, sender, may):
    olena = attendee()
    assert rules.may_be_found_by_uid(arrival_of(olena, None, trust=trust, sender=sender), olena) is may


def test_an_erased_person_is_not_found_by_nobodys_mail():
    gone = attendee(email_key=None)
    assert rules.may_be_found_by_uid(arrival_of(gone, None, sender=None), gone) is False
