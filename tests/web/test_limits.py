from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.extensions import db
from app.web.limits import LETTERS, Limit, count, hit, limit_key, network, rate_hits, sweep

NOW = datetime(2027, 4, 6, 11, 0, tzinfo=UTC)
TWO = Limit("two", 2, 60)


@pytest.fixture
def engine(app):
    """The engine of the migrated application, on SQLite and on PostgreSQL."""
    with app.app_context():
        yield db.engine


def test_the_hit_after_the_last_is_refused_until_the_window_ends(engine):
    seen = [hit(engine, "k", 2, 60, NOW + timedelta(seconds=second)) for second in (0, 10, 20, 59.5, 60)]
    assert [(one.allowed, one.hits, one.retry_after) for one in seen] == [
        (True, 1, 60),
        (True, 2, 50),
        (False, 3, 40),
        (False, 4, 1),
        (True, 1, 60),
    ]


def test_keys_do_not_share(engine):
    assert hit(engine, "a", 1, 60, NOW).allowed
    assert hit(engine, "b", 1, 60, NOW).allowed
    assert not hit(engine, "a", 1, 60, NOW).allowed


def test_an_amount_counts_at_once(engine):
    assert hit(engine, "a", 3, 60, NOW, amount=3).allowed
    assert not hit(engine, "a", 3, 60, NOW).allowed


def test_exactly_as_many_as_allowed_get_through_together(engine):
    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(lambda _: hit(engine, "k", 25, 60, NOW).allowed, range(60)))
    assert seen.count(True) == 25


def test_sweeping_removes_only_what_has_ended(engine):
    hit(engine, "old", 1, 60, NOW)
    hit(engine, "new", 1, 60, NOW + timedelta(seconds=30))
    assert sweep(engine, NOW + timedelta(seconds=60)) == 1
    with engine.connect() as connection:
        assert connection.execute(rate_hits.select()).scalars().all() == ["new"]


def test_a_key_hides_whom_it_counts(bare):
    key = limit_key("letters", "jana@example.org")
    assert key.startswith("letters:")
    assert "jana" not in key
    assert key == limit_key("letters", "jana@example.org")
    assert key != limit_key("letters", "jana@example.or", "g")
    assert len(key) <= rate_hits.c.key.type.length
    assert limit_key("letters", "\ud800\x00")


def test_counting_in_a_request(engine, app):
    with app.test_request_context("/"):
        assert [count(TWO, "x").allowed for _ in range(3)] == [True, True, False]
        assert count(TWO, "y").allowed
        assert count(LETTERS, "x").allowed


def test_counting_ends_the_transaction_of_the_request_first(engine, app):
    with app.test_request_context("/"):
        db.session.execute(text("SELECT 1"))
        assert db.session().in_transaction()
        assert count(TWO, "x").allowed
        assert not db.session().in_transaction()


def test_counting_can_be_switched_off(bare, make_config):
    bare.extensions["setkani_config"] = make_config(RATELIMIT_ENABLED="0")
    with bare.test_request_context("/"):
        assert [count(TWO, "x").allowed for _ in range(5)] == [True] * 5


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("unix:", ""),
    ],
)
def test_a_household_is_one_network(bare, address, counted):
    with bare.test_request_context("/", environ_base={"REMOTE_ADDR": address}):
        assert network() == counted
