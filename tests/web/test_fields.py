from datetime import date, time

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import FieldList, FormField
from wtforms.validators import Length

from app.web import fields
from app.web.choices import AnyOfField, OneOfField, SelectOneField
from app.web.forms import PartForm


class Everything(PartForm):
    name = fields.NameField("Name")
    email = fields.EmailField("E-mail")
    topic = fields.LineField("Topic", max_length=10, missing="Enter the topic", optional=True)
    note = fields.TextField("Note", optional=True)
    link = fields.WebAddressField("Link", optional=True)
    day = fields.DayField("Day", optional=True)
    start = fields.ClockField("Start", optional=True)
    seats = fields.NumberField("Seats", minimum=1, maximum=500, optional=True)


RIGHT = {"name": "Jana Nováková", "email": "jana@example.org"}


@pytest.fixture(autouse=True)
def in_a_request(bare):
    with bare.test_request_context("/"):
        yield


def posted(**changes):
    form = Everything(MultiDict(RIGHT | changes))
    form.validate()
    return form


def test_right_values_come_through_cleaned():
    form = posted(
        name="  Jana   Novákova\u0301 ",
        topic=" RPP ",
        note="one\r\ntwo",
        link="mapy.cz/x",
        day="4. 4. 2027",
        start="13.00",
        seats="1\u00a0 2",
    )
    assert form.errors == {}
    assert form.data == {
        "name": "Jana Novákov\u00e1",
        "email": "jana@example.org",
        "topic": "RPP",
        "note": "one\ntwo",
        "link": "https://mapy.cz/x",
        "day": date(2027, 4, 4),
        "start": time(13),
        "seats": 12,
    }


def test_empty_optional_fields_have_plain_values():
    form = posted()
    assert form.errors == {}
    assert (form.topic.data, form.link.data, form.day.data, form.seats.data) == ("", "", None, None)


@pytest.mark.parametrize(
    ("field", "sent", "sentence"),
    [
        ("name", "", "Enter your name"),
        ("name", " \u00a0 ", "Enter your name"),
        ("email", "", "Enter an e-mail address like name@example.org"),
        ("email", "jana@", "Enter an e-mail address like name@example.org"),
        ("topic", "x" * 11, "“Topic” is too long: use at most 10 characters."),
        ("name", "a\x00b", "“Name” contains a character that cannot be kept. Type it by hand."),
        ("name", "a\ud800b", "“Name” contains a character that cannot be kept. Type it by hand."),
        ("name", "a\nb", "“Name” contains a character that cannot be kept. Type it by hand."),
        ("link", "javascript://example.org/%0aalert(1)", "Enter a web address that begins with https://"),
        ("link", "https://", "Enter a web address that begins with https://"),
        ("link", "https://a:b@example.org", "Enter a web address that begins with https://"),
        ("link", "https://[", "Enter a web address that begins with https://"),
        ("link", "https://example.org:99999/", "Enter a web address that begins with https://"),
        ("day", "tomorrow", "Enter a day like 4. 4. 2027 in “Day”."),
        ("start", "25:00", "Enter a time like 13:00 in “Start”."),
        ("seats", "0", "Enter a whole number from 1 to 500 in “Seats”."),
        ("seats", "-5", "Enter a whole number from 1 to 500 in “Seats”."),
        ("seats", "٣", "Enter a whole number from 1 to 500 in “Seats”."),
        ("seats", "12.5", "Enter a whole number from 1 to 500 in “Seats”."),
    ],
)
def test_wrong_values_say_what_to_do_once(field, sent, sentence):
    assert posted(**{field: sent}).errors == {field: [sentence]}


def test_what_was_typed_is_shown_again():
    form = posted(email="olena@", day="never", name="a\x00\ud800b")
    assert 'value="olena@"' in form.email()
    assert 'value="never"' in form.day()
    assert 'value="a\ufffd\ufffdb"' in form.name()


def test_controls_know_what_browsers_need():
    form = posted(day="2027-04-06", start="09:00")
    assert 'maxlength="200"' in form.name()
    assert 'autocomplete="name"' in form.name()
    assert 'type="email"' in form.email()
    assert 'maxlength="254"' in form.email()
    assert 'type="date"' in form.day()
    assert 'value="2027-04-06"' in form.day()
    assert 'value="09:00"' in form.start()
    assert form.name.flags.required
    assert not form.topic.flags.required


def test_a_missing_field_is_an_empty_one():
    form = Everything(MultiDict())
    assert not form.validate()
    assert set(form.errors) == {"name", "email"}


def test_values_from_a_row_are_shown():
    form = Everything(None, data={"name": "Jana", "day": date(2027, 4, 6), "seats": 0})
    assert 'value="Jana"' in form.name()
    assert 'value="2027-04-06"' in form.day()
    assert 'value="0"' in form.seats()


def test_zero_is_a_number():
    class Seats(PartForm):
        seats = fields.NumberField("Seats")

    form = Seats(MultiDict({"seats": "0"}))
    assert form.validate()
    assert form.seats.data == 0


def test_a_suggestion_does_not_block():
    form = posted(email="jana@gmial.com")
    assert form.errors == {}
    assert form.email.suggestion == "jana@gmail.com"
    assert posted().email.suggestion is None


@pytest.mark.parametrize(
    "hostile", ["{{7*7}}", "<script>", "=HYPERLINK()", "\u202eabc", "👩‍👩‍👧", "ḉ" * 200, "'; DROP"]
)
def test_strange_names_are_names(hostile):
    form = posted(name=hostile)
    assert form.errors == {}
    assert form.name.data == hostile


def test_ten_thousand_characters_are_an_error_and_not_lost():
    form = posted(name="x" * 10_000)
    assert "name" in form.errors
    assert "x" * 10_000 in form.name()


class Choices(PartForm):
    mode = OneOfField(
        "Mode", choices=[("room", "In the room"), ("online", "Online")], missing="Choose how you come"
    )
    kind = SelectOneField("Kind", choices=[("", "not stated"), ("ngo", "NGO")], optional=True)
    days = AnyOfField("Days", choices=[("1", "Monday"), ("2", "Tuesday")])
    agree = fields.TickField("I agree", must="Tick the consent")


def chosen(**sent):
    form = Choices(MultiDict(sent))
    form.validate()
    return form


def test_choices_from_the_list_come_through():
    form = chosen(mode="room", kind="ngo", agree="y")
    assert form.errors == {}
    assert (form.mode.data, form.kind.data, form.days.data, form.agree.data) == ("room", "ngo", [], True)


def test_choices_outside_the_list_do_not():
    form = chosen(mode="\x00roof", kind="pirates", days="9")
    assert form.errors == {
        "mode": ["Choose how you come"],
        "kind": ["Choose one answer in “Kind”."],
        "agree": ["Tick the consent"],
    }
    assert form.days.data == []


def test_no_choice_is_an_error_only_where_one_is_needed():
    assert set(chosen(agree="y").errors) == {"mode"}


def test_a_number_can_be_a_choice():
    class Team(PartForm):
        series = SelectOneField("Series", coerce=int, choices=[(1, "RPP")])

    good, bad = Team(MultiDict({"series": "1"})), Team(MultiDict({"series": "x"}))
    assert good.validate()
    assert good.series.data == 1
    assert not bad.validate()


def test_parts_can_be_repeated():
    class Party(PartForm):
        people = FieldList(FormField(Everything), min_entries=1, max_entries=6)

    form = Party(MultiDict({"people-0-name": "Jana", "people-0-email": "x", "people-9999999-name": "b"}))
    assert not form.validate()
    assert form.people.entries[0].form.errors == {"email": ["Enter an e-mail address like name@example.org"]}


class Password(PartForm):
    password = fields.SecretField(
        "Password", validators=[Length(min=12, message="Use at least 12 characters")]
    )


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ("", ["Enter your password"]),
        ("short", ["Use at least 12 characters"]),
        ("x" * 129, ["Use a password of at most 128 characters."]),
        ("nul\x00" * 4, ["The password contains a character that cannot be used."]),
        ("half \ud800 of a pair", ["The password contains a character that cannot be used."]),
    ],
)
def test_passwords_that_cannot_be(sent, errors):
    form = Password(MultiDict({"password": sent}))
    assert not form.validate()
    assert form.errors == {"password": errors}


def test_a_password_keeps_its_spaces_and_is_never_shown():
    form = Password(MultiDict({"password": "  two spaces e\u0301  "}))
    assert form.validate()
    assert form.password.data == "  two spaces \u00e9  "
    assert "spaces" not in form.password()


@pytest.mark.parametrize(
    ("sent", "searched"),
    [(None, ""), ("  Nov\u0301ak ", "Nov́ak"), ("a\x00b\ud800c\u2028d", "a b c d"), ("x" * 500, "x" * 100)],
)
def test_a_search_is_never_an_error(sent, searched):
    assert fields.search_text(sent) == searched


@pytest.mark.parametrize(
    ("sent", "page"),
    [
        (None, 1),
        ("", 1),
        ("3", 3),
        ("0", 1),
        ("-1", 1),
        ("9" * 30, 1),
        ("999999", 100_000),
        ("٣", 1),
        ("x", 1),
    ],
)
def test_a_page_number_is_never_an_error(sent, page):
    assert fields.page_number(sent) == page


@pytest.mark.parametrize(
    ("typed", "kind"), [("2027-04-04", "date"), ("4. 4. 2027", "date"), ("", "date"), ("zítra", "text")]
)
def test_a_day_that_is_none_stays_to_be_seen(typed, kind):
    """A native input shows nothing for `zítra`, and so would lose it."""
    markup = str(posted(day=typed).day())
    assert f'type="{kind}"' in markup
    assert not typed or 'value=""' not in markup
