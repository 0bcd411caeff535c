from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from flask import render_template_string
from jinja2 import UndefinedError

from app.web import filters
from app.web.markdown import markdown

START = datetime(2027, 4, 6, 11, 0, tzinfo=UTC)
NB = "\u00a0"


@pytest.fixture
def render(site):
    def make(source, path="/cs/", **context):
        with site.test_request_context(path):
            site.preprocess_request()
            return render_template_string(source, start=START, end=START + timedelta(hours=3), **context)

    return make


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ start|day }}", f"úterý 6.{NB}4.{NB}2027"),
        ("{{ start|day('America/New_York') }}", f"úterý 6.{NB}4.{NB}2027"),
        ("{{ start|clock_time('America/New_York') }}", "7:00"),
        ("{{ start|time_span(end, 'Europe/Prague') }}", f"13:00{NB}–{NB}16:00"),
        ("{{ start|isotime }}", "2027-04-06T13:00+02:00"),
        ("{{ start|isoday }}", "2027-04-06"),
        ("{{ start|moment }}", f"6.{NB}4.{NB}2027{NB}13:00"),
        ("{{ start|short_day }}", f"6.{NB}4.{NB}2027"),
        ("{{ start|long_day }}", f"6.{NB}4.{NB}2027"),
        ("{{ start|day_span(end) }}", f"úterý 6.{NB}4.{NB}2027"),
        ("{{ start|line(end, place='Sál') }}", f"úterý 6.{NB}4.{NB}2027 | 13:00{NB}–{NB}16:00 | Sál"),
        ("{{ 12345.5|number }}", f"12{NB}345,5"),
    ],
)
def test_filters_speak_the_language_of_the_page(render, source, text):
    assert render(source) == text


def test_in_english_they_speak_english(render):
    assert render("{{ start|day }} {{ 12345.5|number }}", "/en/") == f"Tuesday 6{NB}April{NB}2027 12,345.5"


@pytest.mark.parametrize(
    ("texts", "shown", "lang"),
    [
        ({"cs": "Program", "en": "Programme"}, "Program", "cs"),
        ({"cs": "", "en": "Programme"}, "Programme", "en"),
        ({"uk": "Програма"}, "Програма", "uk"),
        ({}, "", "cs"),
    ],
)
def test_texts_fall_back_visibly(render, texts, shown, lang):
    assert render("{{ texts|local }}|{{ texts|local_lang }}", texts=texts) == f"{shown}|{lang}"


def test_a_misspelt_name_is_an_error(render):
    with pytest.raises(UndefinedError):
        render("{{ metting }}")


def test_names_are_escaped(render):
    assert render("{{ name }}", name="<b>Jana</b>") == "&lt;b&gt;Jana&lt;/b&gt;"


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("# Kdo jsme\n\nText *důležitý*", "<h2>Kdo jsme</h2>\n<p>Text <em>důležitý</em></p>\n"),
        ("###### malý", "<h2>malý</h2>\n"),
        ("## A\n#### B", "<h2>A</h2>\n<h3>B</h3>\n"),
        ("3. tři\n4. čtyři", '<ol start="3">\n<li>tři</li>\n<li>čtyři</li>\n</ol>\n'),
        ("[web](https://example.org)", '<p><a href="https://example.org" rel="noopener">web</a></p>\n'),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        (
            "![x](https://example.org/p.png)",
            '<p>!<a href="https://example.org/p.png" rel="noopener">x</a></p>\n',
        ),
        ("a\x00b", "<p>a\ufffdb</p>\n"),
    ],
)
def test_markdown_is_html_of_few_tags(source, html):
    assert markdown(source) == html


@pytest.mark.parametrize(
    "hostile",
    [
        "[x](javascript:alert(1))", "[x](data:text/html,<script>)", "<a href='javascript:x'>x</a>",
        "<img src=x onerror=y>",
        "[x](vbscript:x)", "`<style>`", "<svg/onload=alert(1)>", "[x]: javascript:alert(1)\n[x]",
        '[a](x "onclick=alert(1)")',
    ],
)  # fmt: skip
def test_markdown_runs_nothing(hostile):
    found = Tags()
    found.feed(markdown(hostile))
    assert found.names <= {"p", "a", "code"}
    assert all(name in {"href", "title", "rel"} for name, _value in found.attributes)
    assert not any(name == "href" and ":" in value for name, value in found.attributes)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.names, self.attributes = set(), []

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes += attrs


def test_a_postcode_stays_in_one_piece():
    assert filters.address("Žitná 1574/51, 110 00 Praha 1") == "Žitná 1574/51, 110\u00a000 Praha 1"
    assert filters.address("nám. 1/3") == "nám. 1/3"
