"""Every text that people read is translated into every language, and means the same placeholders."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = sorted((ROOT / "app/translations").glob("*/LC_MESSAGES/messages.po"))
KEYWORDS = DEFAULT_KEYWORDS | {"_l": None, "lazy_gettext": None, "lazy_ngettext": (1, 2)}
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]")


@pytest.fixture(scope="module")
def sources():
    """Every text of the code and the templates; one with a plural is a pair."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as mapping:
        methods, options = parse_mapping_cfg(mapping)
    found = extract_from_dir(ROOT, methods, options, keywords=KEYWORDS)
    return {message for _file, _line, message, _comments, _context in found}


@pytest.fixture(params=CATALOGUES, ids=lambda path: path.parts[-3])
def catalogue(request):
    with request.param.open("rb") as file:
        return read_po(file, abort_invalid=True)


def forms(text):
    return text if isinstance(text, (tuple, list)) else (text,)


def test_there_is_a_catalogue():
    assert CATALOGUES


def test_each_text_of_the_sources_is_there(sources, catalogue):
    there = {message.id for message in catalogue if message.id}
    assert len(sources) > 100
    assert sorted(map(str, sources - there)) == [], "run `make messages` and translate"


def test_nothing_is_missing_or_doubtful(catalogue):
    open_ones = [m.id for m in catalogue if m.id and (m.fuzzy or not all(forms(m.string)))]
    assert open_ones == []


def test_each_plural_has_as_many_forms_as_the_language(catalogue):
    short = [m.id for m in catalogue if m.pluralizable and len(forms(m.string)) != catalogue.num_plurals]
    assert short == []


def test_placeholders_stay(catalogue):
    """A form for exactly one may leave the number out; none may invent a placeholder."""
    wrong = []
    for message in catalogue:
        known = {name for text in forms(message.id) for name in PLACEHOLDER.findall(text)}
        used = [set(PLACEHOLDER.findall(text)) for text in forms(message.string)]
        complete = used[-1] == known and all(part <= known for part in used)
        if message.id and not complete:
            wrong.append(message.id)
    assert wrong == []
