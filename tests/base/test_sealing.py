"""Secrets under the application's key."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from app.base.sealing import Sealer

OLD, NEW = "an old key, 32 letters long, yes", "a new key, 32 letters long, yes!"


def test_what_was_sealed_comes_back_and_cannot_be_read():
    sealed = Sealer(NEW).seal("tajemství")
    assert "tajemství" not in sealed
    assert Sealer(NEW).seal("tajemství") != sealed
    assert Sealer(NEW).open(sealed) == "tajemství"


def test_a_former_key_opens_and_the_present_one_seals():
    sealed = Sealer(OLD).seal("x")
    assert Sealer(NEW).open(sealed) is None
    assert Sealer(NEW, OLD).open(sealed) == "x"
    assert Sealer(NEW).open(Sealer(NEW, OLD).seal("x")) == "x"


@pytest.mark.parametrize("wrong", ["", "x", "gAAAA", "š" * 50, "\ud800"])
def test_what_we_did_not_seal_is_nothing(wrong):
    assert Sealer(NEW).open(wrong) is None


def test_one_changed_letter_is_noticed():
    sealed = Sealer(NEW).seal("x" * 40)
    at = len(sealed) // 2
    other = "A" if sealed[at] != "A" else "B"
    assert Sealer(NEW).open(sealed[:at] + other + sealed[at + 1 :]) is None


def test_what_is_too_old_does_not_open():
    with time_machine.travel(datetime(2026, 5, 4, 12, tzinfo=UTC), tick=False) as clock:
        sealed = Sealer(NEW).seal("x")
        clock.shift(timedelta(minutes=59))
        assert Sealer(NEW).open(sealed, within=timedelta(hours=1)) == "x"
        clock.shift(timedelta(minutes=2))
        assert Sealer(NEW).open(sealed, within=timedelta(hours=1)) is None
        assert Sealer(NEW).open(sealed) == "x"
