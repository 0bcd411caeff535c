"""The organiser's handbook: every task in both languages, its links and pictures, its words, and who reads what."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from app.domain.accounts.models import Role
from app.workspace.help import OF_THE_DOOR, TASKS
from tests.browsers import account_of, browser

ROOT = Path(__file__).resolve().parents[2]
HANDBOOK = ROOT / "docs" / "organiser"
CATALOGUE = ROOT / "app" / "translations" / "cs" / "LC_MESSAGES" / "messages.po"
LANGUAGES = ("en", "cs")
BOLD = re.compile(r"\*\*(.+?)\*\*")
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)]+)\)")
PICTURE = re.compile(r"!\[([^\]]+)\]\(([^)]+)\)")
SMALL = 40_000  # bytes of a picture
ADDRESS = "/workspace/help/"

every_page = pytest.mark.parametrize(
    ("task", "language"), [(task, code) for task in TASKS for code in LANGUAGES]
)


def markdown_of(task, language):
    return (HANDBOOK / language / f"{task}.md").read_text(encoding="utf-8")


@pytest.fixture
def organiser(app):
    return browser(app, account_of(app, Role.ORGANISER))


@pytest.fixture(scope="module")
def words():
    """Every text of the program in each language, with ordinary spaces."""
    with CATALOGUE.open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    texts = {"en": [one.id for one in messages], "cs": [one.string for one in messages]}
    return {
        code: {
            form.replace("\u00a0", " ")
            for text in found
            for form in ((text,) if isinstance(text, str) else text)
        }
        for code, found in texts.items()
    }


def test_no_page_is_missing_or_left_over():
    for code in LANGUAGES:
        assert {path.stem for path in (HANDBOOK / code).glob("*.md")} == set(TASKS)


@every_page
def test_every_bold_word_is_one_of_the_program(words, task, language):
    said = [one.replace("\u00a0", " ") for one in BOLD.findall(markdown_of(task, language))]
    assert len(said) > 2
    assert [one for one in said if one not in words[language]] == []


@every_page
def test_both_languages_say_the_same_steps(task, language):
    def shape(code):
        lines = markdown_of(task, code).splitlines()
        return [re.match(r"\s*(#+|\d+\.|-|!|)", line)[0] for line in lines]

    assert shape(language) == shape("en")


@every_page
def test_links_and_pictures_lead_somewhere(task, language):
    text, folder = markdown_of(task, language), HANDBOOK / language
    found = [*LINK.findall(text), *(path for _words, path in PICTURE.findall(text))]
    assert [path for path in found if not (folder / path).resolve().is_file()] == []


@every_page
def test_pages_have_pictures_in_their_language_with_words_for_those_who_do_not_see(task, language):
    found = PICTURE.findall(markdown_of(task, language))
    assert found or task == "privacy"
    assert [path for _words, path in found if not path.endswith(f".{language}.png")] == []
    assert [words for words, _path in found if len(words) < 15] == []


def test_the_index_leads_to_every_page_by_its_heading():
    index = (ROOT / "docs" / "organiser.md").read_text(encoding="utf-8")
    for code in LANGUAGES:
        for task in TASKS:
            heading = markdown_of(task, code).partition("\n")[0].removeprefix("# ")
            assert f"[{heading}](organiser/{code}/{task}.md)".replace("\u00a0", " ") in index.replace(
                "\u00a0", " "
            )


def test_pictures_are_small_and_all_shown():
    there = {path.name: path.stat().st_size for path in (HANDBOOK / "images").iterdir()}
    shown = {
        path.rpartition("/")[2]
        for task in TASKS
        for code in LANGUAGES
        for _words, path in PICTURE.findall(markdown_of(task, code))
    }
    assert set(there) == shown
    assert {name: size for name, size in there.items() if size > SMALL} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_workspace_shows_every_page_with_its_pictures(organiser, language):
    organiser.get(f"{ADDRESS}?lang={language}")
    index = organiser.get(ADDRESS).get_data(as_text=True)
    addresses = re.findall(rf'href="({ADDRESS}[a-z]+/)"', index)
    assert addresses == [f"{ADDRESS}{task}/" for task in TASKS]
    for task, address in zip(TASKS, addresses, strict=True):
        page = organiser.get(address).get_data(as_text=True)
        heading = markdown_of(task, language).partition("\n")[0].removeprefix("# ")
        assert f"<h1>{heading}</h1>" in page
        assert ".md" not in page
        assert "[[" not in page
        for picture in re.findall(r'<img src="([^"]+)"', page):
            answer = organiser.get(picture)
            assert (answer.status_code, answer.mimetype) == (200, "image/png")
            assert answer.data.startswith(b"\x89PNG")
        for link in re.findall(rf'href="({ADDRESS}[^"?]*)"', page):
            assert organiser.get(link).status_code == 200


def test_every_page_of_the_workspace_leads_to_the_help_at_the_same_place(organiser):
    for path in ("/workspace/meetings/", "/workspace/me/", "/workspace/outbox/", ADDRESS):
        foot = organiser.get(path).get_data(as_text=True).partition("<footer")[2]
        assert re.search(r"<a href=\"([^\"]+)\"", foot)[1] == ADDRESS


@pytest.mark.parametrize("language", ["en", "cs"])
def test_a_page_without_translation_is_shown_in_english_and_says_so(
    organiser, monkeypatch, tmp_path, language
):
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "meeting.md").write_text("# A heading\n\nA text.\n", encoding="utf-8")
    monkeypatch.setattr("app.workspace.help._folder", lambda: tmp_path)
    monkeypatch.setattr("app.workspace.help.TASKS", ("meeting",))
    page = organiser.get(f"{ADDRESS}meeting/?lang={language}", follow_redirects=True).get_data(as_text=True)
    assert "<h1>A heading</h1>" in page
    assert ('<div lang="en" dir="ltr">' in page) == (language == "cs")
    assert ('class="note info"' in page) == (language == "cs")


@pytest.mark.parametrize(
    "name", ["nothing.png", "..%2f..%2fglossary.md", "%2e%2e/en/meeting.md", "meeting.md", "."]
)
def test_only_pictures_of_the_handbook_are_given_out(organiser, name):
    assert organiser.get(f"{ADDRESS}pictures/{name}").status_code in {404, 308}


def test_who_helps_at_the_door_reads_about_the_door_alone(app):
    helper = browser(app, account_of(app, Role.DOOR))
    index = helper.get(ADDRESS).get_data(as_text=True)
    assert re.findall(rf'href="{ADDRESS}([a-z]+)/"', index) == list(OF_THE_DOOR)
    assert {task: helper.get(f"{ADDRESS}{task}/").status_code for task in TASKS} == {
        task: 200 if task in OF_THE_DOOR else 403 for task in TASKS
    }


def test_a_page_that_is_none_is_not_found(organiser):
    assert organiser.get(f"{ADDRESS}cooking/").status_code == 404
