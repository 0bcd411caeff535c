"""What administrators do with accounts; somebody who can administer always remains."""

from datetime import UTC, datetime
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from app.base.db import begin_write
from app.base.errors import NotFound
from app.domain.accounts import queries, service, team
from app.domain.accounts.models import Account, Purpose, Role
from app.domain.accounts.rules import MATRIX, AddressTaken, LastAdministrator, OwnAccount, Permission, may
from app.domain.history.service import SYSTEM, organiser
from app.domain.outbox.models import Kind, Letter
from app.extensions import db
from tests.factories import make_account, make_series

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
ACT = {"now": NOW, "actor": SYSTEM}


def edit(session, account, role, *, series_ids=(), actor=SYSTEM):
    return team.edit(session, account.id, name="Jana", role=role, series_ids=series_ids, now=NOW, actor=actor)


def test_an_invitation_creates_an_account_and_a_letter(session):
    series = make_series(session)
    account = team.invite(
        session,
        "jana@example.org",
        Role.ORGANISER,
        name="Jana",
        language="cs",
        series_ids=[series.id],
        **ACT,
    )
    session.flush()
    letter = session.scalars(select(Letter)).one()
    assert (letter.kind, letter.recipient, letter.language) == (Kind.PASSWORD, "jana@example.org", "cs")
    assert letter.facts == {"invited": True}
    assert account.series_ids == {series.id}
    with pytest.raises(AddressTaken):
        team.invite(session, "jana@example.org", Role.VIEWER, name="J", language="cs", series_ids=(), **ACT)


def test_the_last_active_administrator_stays(session):
    only = make_account(session)
    gone = make_account(session, email="gone@example.org")
    gone.active = False
    session.flush()
    for act in (lambda: team.deactivate(session, only.id, **ACT), lambda: edit(session, only, Role.VIEWER)):
        with pytest.raises(LastAdministrator):
            act()
    edit(session, only, Role.ADMINISTRATOR)
    team.reactivate(session, gone.id, **ACT)
    session.flush()
    assert not team.deactivate(session, only.id, **ACT).active


def test_nobody_shuts_out_or_demotes_themselves(session):
    first, _second = make_account(session), make_account(session, email="two@example.org")
    for act in (
        lambda: team.deactivate(session, first.id, now=NOW, actor=organiser(first.id)),
        lambda: edit(session, first, Role.VIEWER, actor=organiser(first.id)),
    ):
        with pytest.raises(OwnAccount):
            act()


def test_shutting_out_ends_sessions_and_links_at_once(session):
    make_account(session)
    account = make_account(session, Role.VIEWER)
    link = service.new_one_time_link(session, account.id, Purpose.SIGN_IN, now=NOW)
    used = service.new_one_time_link(session, account.id, Purpose.SIGN_IN, now=NOW)
    token = service.sign_in_by_link(session, used, now=NOW).token
    team.deactivate(session, account.id, **ACT)
    session.flush()
    assert queries.find_session(session, token, now=NOW) is None
    with pytest.raises(NotFound):
        team.send_link_again(session, account.id, **ACT)
    team.reactivate(session, account.id, **ACT)
    session.flush()
    assert queries.find_session(session, token, now=NOW) is None, "undo brings back the account, no session"
    assert not queries.link_works(session, link, now=NOW)


def test_a_binding_is_changed_and_lost_with_a_promotion(session):
    make_account(session)
    one, two = make_series(session, "Jedna"), make_series(session, "Dvě")
    account = make_account(session, Role.ORGANISER, series=(one,))
    edit(session, account, Role.ORGANISER, series_ids=[one.id, two.id])
    session.flush()
    assert account.series_ids == {one.id, two.id}
    edit(session, account, Role.ADMINISTRATOR, series_ids=[two.id])
    session.flush()
    assert account.series_ids == frozenset()


def test_unknown_accounts_are_not_found(session):
    for act in (team.deactivate, team.reactivate, team.send_link_again):
        with pytest.raises(NotFound):
            act(session, 4711, **ACT)
    with pytest.raises(NotFound):
        team.edit_own(session, 4711, name="x", language="cs", **ACT)


def test_two_administrators_who_demote_each_other_leave_one(app):
    with app.app_context():
        ids = [make_account(db.session, email=f"{name}@example.org").id for name in ("a", "b")]
        db.session.commit()
    ready = Barrier(2)

    def demote(actor, whom):
        with app.app_context():
            ready.wait()
            begin_write(db.session())
            try:
                team.deactivate(db.session(), whom, now=NOW, actor=organiser(actor))
                db.session.commit()
            except LastAdministrator:
                db.session.rollback()

    threads = [Thread(target=demote, args=pair) for pair in (ids, reversed(ids))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert len(db.session.scalars(select(Account).where(Account.active)).all()) == 1


@pytest.mark.parametrize("role", Role)
def test_the_table_of_rights(role):
    account = Account(role=role, active=True)
    assert {permission for permission in Permission if may(account, permission)} == MATRIX[role]
    assert not any(may(Account(role=role, active=False), permission) for permission in Permission)


def test_a_binding_limits_to_its_series(session):
    one, two = make_series(session, "Jedna"), make_series(session, "Dvě")
    bound = make_account(session, Role.ORGANISER, series=(one,))
    assert may(bound, Permission.EDIT, one.id)
    assert not may(bound, Permission.EDIT, two.id)
    assert may(make_account(session, Role.VIEWER), Permission.SEE_LIST, two.id)
