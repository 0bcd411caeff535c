"""Every language is complete, agrees with the sources, and keeps to the words of docs/glossary.md."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
TRANSLATIONS = ROOT / "app" / "translations"
HANDBOOK = sorted((ROOT / "docs" / "organiser").glob("*/*.md"))
CATALOGUES = sorted(TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"))
PLACEHOLDER = re.compile(r"%\((\w+)\)([a-z])")
TAG = re.compile(r"</?[a-z]+[^>]*>")
ONE_LETTER_WORD_BEFORE_SPACE = re.compile(r"(?<![\w%(.…-])[ksvzouai] ", re.IGNORECASE)
STRAIGHT_QUOTE = re.compile(r'"')
END_OF_SENTENCE = re.compile(r"(?<=[.?!:;])\s+")
GENDERED = re.compile(
    r"\w/a\b|\w\(a\)|\b\w+l[iaoy]? jste\b|\bjste (\w+ )?\w+l[iay]?\b|byste (\w+ ){0,2}\w+l[iay]?\b"
)
SMALL_YOU = re.compile(r"(?<![\w@.-])(?:vy|vás|vám|vámi|váš|vaš\w*)(?![\w-])")
MOST_WORDS = 20


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """A folder like `app/translations` in which `make messages` has just been run, by the Makefile's own words."""
    folder = tmp_path_factory.mktemp("collected")
    shutil.copytree(TRANSLATIONS, folder / "translations", ignore=shutil.ignore_patterns("*.mo", "*.pot"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        for words in commands_of("messages"):
            patched = [word.replace("app/translations", str(folder / "translations")) for word in words]
            CommandLineInterface().run(["pybabel", *patched])
    return folder / "translations"


@pytest.fixture(scope="module")
def sources(collected):
    """Every text of the code and the templates; one with a plural is a pair."""
    return {message.id for message in read(collected / "messages.pot") if message.id}


@pytest.fixture(params=CATALOGUES, ids=lambda path: path.parts[-3])
def path(request):
    return request.param


@pytest.fixture
def catalogue(path):
    return read(path)


def commands_of(target):
    """The arguments of each pybabel call of a target in the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", "")
    variables = dict(re.findall(r"^(\w+)\s*:=\s*(\S+)$", makefile, re.MULTILINE))
    recipe = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)[1]
    for name, value in variables.items():
        recipe = recipe.replace(f"$({name})", value)
    calls = [line.partition("pybabel ")[2] for line in recipe.splitlines() if "pybabel " in line]
    assert len(calls) == 2, "extract, then update"
    return [shlex.split(call) for call in calls]


def read(path):
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def forms(text):
    return text if isinstance(text, (tuple, list)) else (text,)


def texts_of(catalogue):
    """Every message but the header."""
    return [message for message in catalogue if message.id]


def translated(catalogue):
    return [message for message in texts_of(catalogue) if all(forms(message.string))]


def language_of(path):
    return path.parts[-3]


def forbidden(language):
    """From the glossary: each word or phrase that a language does without, as a pattern."""
    lines = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    heading = f"not ({language})"
    head = next((row for row in rows if heading in row), None)
    if head is None:
        return {}
    column = head.index(heading)
    cells = [row[column] for row in rows if len(row) == len(head) and row is not head]
    words = [word.strip() for cell in cells for word in cell.split(",")]
    return {word: pattern_of(word) for word in words if word.strip("- ")}


def pattern_of(word):
    ending = "" if word.endswith("*") else r"(?![\w-])"
    return re.compile(rf"(?<![\w-]){re.escape(word.removesuffix('*'))}{ending}", re.IGNORECASE)


def plain(text):
    """A text as it is read: no placeholders, tags or addresses, ordinary spaces."""
    text = re.sub(r"https?://\S*", "", TAG.sub("", PLACEHOLDER.sub("x", text)))
    return text.replace("\u00a0", " ")


def breaches(texts, words):
    """Which texts use which forbidden word."""
    return [(word, text) for text in texts for word, pattern in words.items() if pattern.search(plain(text))]


def test_there_is_a_catalogue():
    assert CATALOGUES


def test_a_catalogue_has_exactly_the_texts_of_the_sources(sources, catalogue):
    there = {message.id for message in texts_of(catalogue)}

    assert len(sources) > 500
    assert sorted(map(str, sources - there)) == [], "run `make messages` and translate"
    assert sorted(map(str, there - sources)) == [], "run `make messages`"


def test_collecting_the_texts_again_changes_nothing(collected, path):
    again = collected / path.relative_to(TRANSLATIONS)

    assert path.read_text(encoding="utf-8") == again.read_text(encoding="utf-8"), "run `make messages`"


def test_nothing_is_missing_doubtful_or_left_over(catalogue):
    unfinished = [m.id for m in texts_of(catalogue) if m.fuzzy or not all(forms(m.string))]

    assert unfinished == []
    assert list(catalogue.obsolete) == []
    assert not catalogue.fuzzy


def test_each_plural_has_as_many_forms_as_the_language(catalogue):
    wrong = [
        message.id
        for message in translated(catalogue)
        if len(forms(message.string)) != (catalogue.num_plurals if message.pluralizable else 1)
    ]

    assert wrong == []


def test_placeholders_and_tags_stay(catalogue):
    """A form for exactly one may leave the number out, as in the English; none may invent a placeholder."""
    wrong = []
    for message in translated(catalogue):
        texts, originals = forms(message.string), forms(message.id)
        known = set(PLACEHOLDER.findall(" ".join(originals)))
        used = [set(PLACEHOLDER.findall(text)) for text in texts]
        optional = known - set(PLACEHOLDER.findall(originals[0]))
        marked = [sorted(TAG.findall(text)) for text in texts]
        if (
            any(not part <= known or not known - part <= optional for part in used)
            or used[-1] != known
            or any(tags != sorted(TAG.findall(originals[-1])) for tags in marked)
        ):
            wrong.append(message.id)

    assert wrong == []


def test_spaces_and_final_stops_stay(catalogue):
    """A text begins and ends as its original does, so that sentences can follow one another."""
    wrong = []
    for message in translated(catalogue):
        original = forms(message.id)[-1]
        for text in forms(message.string):
            stops = {original.endswith(end) == text.endswith(end) for end in (":", "?", "…")}
            if text != text.strip() or stops != {True} or original.endswith(".") > text.endswith("."):
                wrong.append(text)

    assert wrong == []


def test_the_glossary_is_kept(path, catalogue):
    texts = [text for message in translated(catalogue) for text in forms(message.string)]

    assert breaches(texts, forbidden(language_of(path))) == []


def test_the_glossary_is_kept_in_english(sources):
    words = forbidden("en")

    assert words
    assert breaches([text for message in sources for text in forms(message)], words) == []


@pytest.mark.parametrize("page", HANDBOOK, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_the_handbook_speaks_as_the_pages_do(page):
    """The words of the glossary, short sentences, and in Czech no line that ends with a one-letter word."""
    language, text = page.parent.name, re.sub(r"\]\([^)]*\)", "]", page.read_text(encoding="utf-8"))
    lines = re.sub(r"^\s*(#+|\d+\.|-)? *", "", text, flags=re.MULTILINE).replace("*", "").splitlines()
    sentences = [sentence for line in lines for sentence in END_OF_SENTENCE.split(plain(line))]

    assert breaches(lines, forbidden(language)) == []
    assert [one for one in sentences if len(one.split()) > MOST_WORDS] == []
    if language == "cs":
        assert [line for line in lines if ONE_LETTER_WORD_BEFORE_SPACE.search(line)] == []
        assert [line for line in lines if GENDERED.search(plain(line)) or SMALL_YOU.search(line)] == []


def test_sentences_are_short(sources, catalogue):
    """In every language, the English of the sources included."""
    texts = [text for message in sources for text in forms(message)]
    texts += [text for message in translated(catalogue) for text in forms(message.string)]
    sentences = [sentence for text in texts for sentence in END_OF_SENTENCE.split(plain(text))]

    assert [one for one in sentences if len(one.split()) > MOST_WORDS] == []


def test_czech_type():
    """No straight quotes, and no line ends with a one-letter word."""
    texts = [
        text
        for message in translated(read(TRANSLATIONS / "cs" / "LC_MESSAGES" / "messages.po"))
        for text in forms(message.string)
    ]

    assert [text for text in texts if ONE_LETTER_WORD_BEFORE_SPACE.search(text)] == []
    assert [text for text in texts if STRAIGHT_QUOTE.search(TAG.sub("", text)) or "..." in text] == []


def test_czech_says_nothing_about_the_gender_of_the_reader():
    """Neither `přihlásil/a` nor `zadali jste` nor `byste chtěli`."""
    texts = [
        text
        for message in translated(read(TRANSLATIONS / "cs" / "LC_MESSAGES" / "messages.po"))
        for text in forms(message.string)
    ]

    assert [text for text in texts if GENDERED.search(plain(text))] == []


def test_czech_writes_you_with_a_capital_letter():
    """`Vám`, `Vaše přihláška`: one form for pages and letters."""
    texts = [
        text
        for message in translated(read(TRANSLATIONS / "cs" / "LC_MESSAGES" / "messages.po"))
        for text in forms(message.string)
    ]

    assert [text for text in texts if SMALL_YOU.search(plain(text))] == []
