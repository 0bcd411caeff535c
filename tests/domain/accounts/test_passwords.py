"""Which passwords are taken, and how they are kept."""

import gzip
import threading
import time

import pytest

from app.domain.accounts import passwords
from app.domain.accounts.passwords import WeakPassword, hash_password, judge_password, verify_password

MINE = {"email": "olena.kovalenko@example.org", "site_name": "Setkání"}


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "kolibřík nese vodu",
        "xK9#vLq2pTzw",
        "839201847562",
        "žluťoučký kůň",
        "  mezery na obou koncích  ",
        "a" + "密码很好用但是很长" * 3,
        "🐝 staví úl u řeky",
        "Three words, nobody expects them" * 4,
    ],
)
def test_any_characters_are_taken(password):
    judge_password(password, **MINE)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "short"),
        ("xK9#vLq2pTz", "short"),
        ("x9 " * 43, "long"),
        ("passwordpassword", "common"),
        ("Password123456!", "common"),
        ("P@ssw0rd2024!!", "common"),
        ("qwertyuiop12", "common"),
        ("heslohesloheslo", "common"),
        ("Hesloheslo2026", "common"),
        ("111111111111", "common"),
        ("123456789012", "common"),
        ("abcdefghijklmnop", "common"),
        ("ilovepraha2026", "common"),
        ("administrator1", "common"),
        ("praha2026praha2026", "common"),
        ("密码密码密码密码密码密码", "common"),
        ("1qaz2wsx3edc", "common"),
        ("manchesterunited", "common"),
        ("nightmare2024!!", "common"),
        ("slipknot metallica", "common"),
        ("my setkani at noon", "personal"),
        ("SETKÁNÍ je v úterý", "personal"),
        ("olena.kovalenko likes tea", "personal"),
    ],
)
def test_what_others_guess_first_is_refused(password, reason):
    with pytest.raises(WeakPassword) as refusal:
        judge_password(password, **MINE)
    assert refusal.value.reason == reason


def test_every_long_password_of_the_breached_list_is_refused():
    with gzip.open(passwords.BREACHED, "rt") as lines:
        long = [line for line in lines.read().split() if len(line) >= passwords.SHORTEST]
    assert len(long) > 300
    for password in long:
        with pytest.raises(WeakPassword):
            judge_password(password, **MINE)


def test_a_password_of_128_characters_is_judged_at_once():
    began = time.monotonic()
    judge_password("".join(chr(97 + number * number % 26) for number in range(128)), email="", site_name="")
    assert time.monotonic() - began < 0.5


def test_only_argon2id_hashes_are_stored_and_each_is_another():
    first, second = hash_password("kolibřík nese vodu"), hash_password("kolibřík nese vodu")
    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert first != second
    assert verify_password("kolibřík nese vodu", first)
    assert not verify_password("kolibřík nese vodu ", first)


def test_without_a_hash_nothing_is_right_but_the_time_is_the_same():
    stored = hash_password("kolibřík nese vodu")
    pairs = [(_seconds("wrong password", stored), _seconds("wrong password", None)) for _ in range(4)]
    known, unknown = (min(times) for times in zip(*pairs, strict=True))
    assert 0.5 < known / unknown < 2


def test_a_damaged_hash_lets_nobody_in():
    assert not verify_password("anything at all", "$argon2id$damaged")


def test_few_hashes_are_computed_at_once():
    free = [passwords._slots.acquire(blocking=False) for _ in range(passwords.AT_ONCE)]
    assert all(free)
    done = threading.Event()
    waiting = threading.Thread(target=lambda: (hash_password("kolibřík nese vodu"), done.set()))
    waiting.start()
    assert not done.wait(0.6)
    for _ in free:
        passwords._slots.release()
    assert done.wait(10)
    waiting.join()


def _seconds(password, stored):
    began = time.monotonic()
    assert not verify_password(password, stored)
    return time.monotonic() - began
