"""Who may do what: one table, one function."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from app.base.errors import Refusal
from app.domain.accounts.models import Account, Role

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime


IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=7)
REFRESH = timedelta(minutes=5)
LINK_LIFETIME = timedelta(hours=1)
DOOR_TIME = timedelta(days=1)  # before the start and after the end
STEP_LIFETIME = timedelta(minutes=10)
SECOND_FACTOR = "second_factor"  # the switch: everybody must have one


class Permission(StrEnum):
    """The acts of the table in `MATRIX`."""

    OWN = "own"
    SEE_LIST = "see_list"
    SEE_NEEDS = "see_needs"
    EXPORT = "export"
    CHECK_IN = "check_in"
    EDIT = "edit"
    SEE_OUTBOX = "see_outbox"
    READ_LETTERS = "read_letters"
    ADMINISTER = "administer"


class NotAllowed(Refusal):
    """The account's role, or the series it is bound to, does not cover this."""


class AddressTaken(Refusal):
    """There is an account with this address already; `active` says whether it may sign in."""

    def __init__(self, *, active: bool) -> None:
        super().__init__(active)
        self.active = active


class LastAdministrator(Refusal):
    """Without this account nobody could administer."""


class OwnAccount(Refusal):
    """Nobody shuts out or demotes themselves: they could not take it back."""


class SignInRefused(Refusal):
    """Wrong password, unknown address, inactive account: deliberately all the same."""


class StepSpent(Refusal):
    """The first step of the sign-in is too old, was finished, or never was: begin again."""


class WrongCode(Refusal):
    """The code does not fit, or was used already: deliberately the same."""


class WrongPresentCode(WrongCode):
    """Of two codes the one of the present app does not fit."""


class SecondFactorRequired(Refusal):
    """Everybody must have a second factor, so nobody turns theirs off."""


class LinkSpent(Refusal):
    """The one-time link was used, is too old, or never was."""


MATRIX: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.ORGANISER: frozenset(Permission) - {Permission.ADMINISTER},
    Role.VIEWER: frozenset({Permission.OWN, Permission.SEE_LIST, Permission.SEE_OUTBOX}),
    Role.DOOR: frozenset({Permission.OWN, Permission.CHECK_IN}),
}


BOUND_TO_SERIES = frozenset({Role.ORGANISER, Role.VIEWER})


def may(account: Account, permission: Permission, series_id: int | None = None) -> bool:
    """Whether `account` may do this, with a thing of `series_id` where one is at stake.

    An account bound to series may touch those alone; administrators are never bound.
    """
    role = Role(account.role)
    if not account.active or permission not in MATRIX[role]:
        return False
    if series_id is None or role == Role.ADMINISTRATOR:
        return True
    return covers(account.series_ids, series_id)


def covers(series_ids: Collection[int], series_id: int) -> bool:
    """Whether a binding covers a series; an empty binding covers all."""
    return not series_ids or series_id in series_ids


def door_open(starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Whether it is the time for the door of a meeting: from the day before to the day after."""
    return starts_at - DOOR_TIME <= now <= ends_at + DOOR_TIME
