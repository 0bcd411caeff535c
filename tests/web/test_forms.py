from datetime import timedelta

import pytest
import time_machine
from werkzeug.datastructures import MultiDict

from app.base import clock
from app.web.fields import NameField
from app.web.form_key import LIFETIME, new_form_key, read_form_key
from app.web.forms import PublicForm, WorkspaceForm


class Register(PublicForm):
    name = NameField("Name")


class Rename(WorkspaceForm):
    name = NameField("Name")


def test_a_key_tells_when_its_page_was_made(bare):
    with time_machine.travel("2027-01-05T10:00:00Z", tick=False):
        key = read_form_key(new_form_key())
        assert key.issued_at == clock.now()
    assert len(key.nonce) == 22


def test_each_page_has_its_own_key(bare):
    assert read_form_key(new_form_key()).nonce != read_form_key(new_form_key()).nonce


@pytest.mark.parametrize("value", [None, "", "x", "a.b", "W10.x", "\x00", "é" * 30, "x" * 10_000])
def test_a_foreign_key_is_none(bare, value):
    assert read_form_key(value) is None


def test_a_key_outlives_a_year_and_a_clock_that_steps_back(bare):
    with time_machine.travel("2027-01-05T10:00:00Z", tick=False) as travel:
        value = new_form_key()
        travel.shift(timedelta(days=-1))
        assert read_form_key(value)
        travel.shift(timedelta(days=366))
        assert read_form_key(value)
        travel.shift(LIFETIME)
        assert read_form_key(value) is None


def test_a_key_survives_the_rotation_of_the_secret(bare, make_config):
    value = new_form_key()
    bare.extensions["setkani_config"] = make_config(SECRET_KEY="n" * 32, SECRET_KEY_FALLBACKS="k" * 32)
    assert read_form_key(value)
    bare.extensions["setkani_config"] = make_config(SECRET_KEY="n" * 32)
    assert read_form_key(value) is None


def test_a_public_form_works_without_a_session(bare):
    with bare.test_request_context(
        "/", method="POST", data={"name": "Jana", "form_key": (value := new_form_key())}
    ):
        form = Register()
        assert form.validate_on_submit()
        assert form.key == read_form_key(value)


def test_a_bad_key_asks_to_send_again_and_brings_a_fresh_one(bare):
    with bare.test_request_context("/", method="POST", data={"name": "Jana", "form_key": "stale"}):
        form = Register()
        assert not form.validate_on_submit()
        assert list(form.errors) == ["form_key"]
        assert read_form_key(form.form_key.data)
        assert form.form_key.data in form.hidden_tag()


def test_the_trap_refuses_kindly_and_comes_back_empty(bare):
    data = {"name": "Jana", "form_key": new_form_key(), "website": "https://spam.example"}
    with bare.test_request_context("/", method="POST", data=data):
        form = Register()
        assert not form.validate_on_submit()
        assert form.errors == {"website": ["Please send the form once more."]}
        assert "spam" not in form.hidden_tag()


def test_the_trap_is_out_of_reach(bare):
    with bare.test_request_context("/"):
        tag = Register().hidden_tag()
    assert 'tabindex="-1"' in tag
    assert 'autocomplete="off"' in tag
    assert 'aria-hidden="true"' in tag
    assert tag.count("form_key") == 2


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_never_submits(bare, method):
    with bare.test_request_context("/?name=Jana", method=method):
        assert not Register().validate_on_submit()
        assert Register().name.data is None


def test_a_json_body_is_not_a_form(bare):
    with bare.test_request_context("/", method="POST", json={"name": {"a": 1}, "form_key": [1]}):
        form = Register()
        assert not form.validate_on_submit()
        assert form.name.errors == ["Enter your name"]


def test_a_workspace_form_wants_the_token_of_its_session(bare):
    with bare.test_request_context("/", method="POST", data={"name": "Jana"}):
        form = Rename()
        assert not form.validate_on_submit()
        assert form.errors == {
            "csrf_token": ["This page was open for too long. Check what you typed and send it again."]
        }
        assert 'value="Jana"' in form.name()
        token = form.csrf_token.current_token
        assert Rename(MultiDict({"name": "Jana", "csrf_token": token})).validate()
        assert token in form.hidden_tag()
