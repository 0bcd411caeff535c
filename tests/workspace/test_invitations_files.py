"""Inviting from files, tables and earlier meetings: what each program writes is understood, what is wrong refused."""

from __future__ import annotations

import io
import zipfile

import pytest

from app.base.tables import MOST_BYTES, as_text
from app.domain.accounts.models import Role
from app.domain.directory.models import OrganisationKind
from app.domain.meetings.models import MeetingState
from tests.factories import make_account, make_meeting, make_series, person, register
from tests.workspace.desk import Desk
from tests.workspace.invitation_steps import carried, check, invited, lines, press, url, workbook

HEADINGS = ("Jméno", "Příjmení", "E-mail", "Organizace", "Typ organizace", "Telefon")
ZOFIE = ("Žofie", "Šťastná", "zofie@praha7.example", "Úřad městské části", "Městská část", "777 123 456")
PETR = ("Petr", "Říha", "petr@spolek.example", "Spolek, z. s.", "", "")
BOTH = [
    ("Žofie Šťastná", "zofie@praha7.example", "Úřad městské části"),
    ("Petr Říha", "petr@spolek.example", "Spolek, z. s."),
]


def written(delimiter: str, *rows: tuple[str, ...]) -> str:
    """A CSV file as a spreadsheet writes it."""
    quoted = ([f'"{cell}"' if delimiter in cell else cell for cell in row] for row in rows)
    return "\r\n".join(delimiter.join(row) for row in quoted)


@pytest.fixture
def desk(app, session):
    return Desk(app, session, make_account(session, Role.ORGANISER))


@pytest.fixture
def meeting(session):
    """The number of an ordinary meeting."""
    made = make_meeting(session)
    session.commit()
    return made.id


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1250", "utf-16"])
def test_csv_of_any_program(session, desk, meeting, delimiter, encoding):
    file = written(delimiter, HEADINGS, ZOFIE, PETR).encode(encoding)
    page = check(desk, meeting, file=file)
    assert page.status_code == 200
    assert [cells[0] for cells in lines(page, "new")] == ["2", "3"]
    press(desk, page, "invite")
    assert invited(session) == BOTH


def test_a_workbook(session, desk, meeting):
    page = check(desk, meeting, file=workbook(HEADINGS, ZOFIE, (), PETR), filename="lidé.xlsx")
    assert [cells[0] for cells in lines(page, "new")] == ["2", "4"]
    assert "777 123 456" not in page.get_data(as_text=True)
    press(desk, page, "invite")
    assert invited(session) == BOTH


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_pasted_table(session, desk, meeting, delimiter):
    page = check(desk, meeting, written(delimiter, HEADINGS, ZOFIE, PETR))
    press(desk, page, "invite")
    assert invited(session) == BOTH


def test_the_wrong_rows_of_a_file_are_left_out(session, desk, meeting):
    rows = (
        HEADINGS,
        ("Adam", "Nový", "adam(at)x.example", "", "", ""),
        ZOFIE,
        ("", "", "", "Jen úřad", "", ""),
        ZOFIE,
    )
    page = check(desk, meeting, file=workbook(*rows))
    assert [cells[0] for cells in lines(page, "wrong")] == ["2", "4"]
    assert [cells[0] for cells in lines(page, "left-out")] == ["5"]
    press(desk, page, "invite")
    assert invited(session) == BOTH[:1]


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (b" \r\n ;; ", "The file holds nobody."),
        (workbook(), "The file holds nobody."),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "This is an old Excel file."),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "This is neither a workbook nor a text file."),
        (b"PK\x03\x04" + b"x" * 200, "This workbook cannot be read."),
        (workbook(HEADINGS, ZOFIE)[:-40], "This workbook cannot be read."),
        (b"a@x.example\n" * 2002, "The file has more than 2000 rows."),
        (b"x" * (MOST_BYTES + 1), "The file is too large."),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_words(session, desk, meeting, file, sentence):
    page = check(desk, meeting, file=file, words="Přijďte.")
    assert page.status_code == 422
    assert sentence in page.get_data(as_text=True)
    assert "Přijďte.</textarea>" in page.get_data(as_text=True)
    assert invited(session) == []


def test_a_workbook_that_unpacks_to_very_much_is_refused(desk, meeting):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 64 * 1024 * 1024)
    page = check(desk, meeting, file=file.getvalue())
    assert page.status_code == 422
    assert "The file is too large." in page.get_data(as_text=True)


def test_a_list_and_a_file_at_once_is_one_too_many(desk, meeting):
    page = check(desk, meeting, "Eva <eva@x.example>", file=b"jan@x.example")
    assert page.status_code == 422
    assert "Use either the field above or a file, not both." in page.get_data(as_text=True)
    assert "eva@x.example" in page.get_data(as_text=True)


class TestColumns:
    """A wide table without headings: a person says what its columns hold."""

    ROWS = (
        ("17", "Žofie Šťastná", "777", "zofie@praha7.example", "Úřad městské části"),
        ("18", "Petr Říha", "778", "petr@spolek.example", "Spolek, z. s."),
    )

    def test_the_page_asks_and_its_answer_counts(self, session, desk, meeting):
        page = check(desk, meeting, as_text(self.ROWS))
        text = page.get_data(as_text=True)
        assert "<h1>What the columns hold</h1>" in text
        assert "The list has 2 lines." in text
        assert len(carried(page)["column"]) == 5
        preview = press(desk, page, column=["", "name", "", "email", "organisation"])
        assert "2 people will be invited" in preview.get_data(as_text=True)
        press(desk, preview, "invite")
        assert invited(session) == BOTH

    @pytest.mark.parametrize(
        ("columns", "sentence"),
        [
            (["", "name", "", "", ""], "Say which column holds the e-mail address."),
            (["name", "name", "", "email", ""], "Use each meaning for one column only."),
            (["<b>", "'", "", "", ""], "Say which column holds the e-mail address."),
        ],
    )
    def test_a_wrong_choice_is_refused_in_words(self, session, desk, meeting, columns, sentence):
        page = press(desk, check(desk, meeting, as_text(self.ROWS)), column=columns)
        assert page.status_code == 422
        assert sentence in page.get_data(as_text=True)
        assert invited(session) == []

    def test_too_many_columns_said_are_passed_over(self, desk, meeting):
        page = press(desk, check(desk, meeting, as_text(self.ROWS)), column=["email"] + [""] * 90)
        assert page.status_code in (200, 422)


class TestFormer:
    """People of earlier meetings."""

    @pytest.fixture
    def earlier(self, session):
        made = make_meeting(session, number=64, title={"cs": "Dřívější"})
        register(
            session,
            made,
            person("Žofie Šťastná", organisation="Praha 7", organisation_kind=OrganisationKind.DISTRICT),
            person("Petr Říha", organisation="Spolek", organisation_kind=OrganisationKind.NGO),
        )
        session.commit()
        return made.id

    def test_the_ticked_go_into_the_list(self, session, desk, meeting, earlier):
        assert "Choose one meeting or more" in desk.read(url(meeting, "former/"))
        address = f"{url(meeting, 'former/')}?meeting={earlier}"
        assert "<h2>2 people</h2>" in desk.read(address)
        numbers = [row.split('"')[0] for row in desk.read(address).split('name="person" value="')[1:]]
        page = desk.post(address, person=numbers[0])
        assert (
            carried(page)["text"]
            .splitlines()[1]
            .startswith("Žofie Šťastná\tzofie.stastna@example.org\tPraha 7")
        )
        preview = press(desk, page)
        assert [cells[1:] for cells in lines(preview, "new")] == [
            ["Žofie Šťastná", "zofie.stastna@example.org", "Praha 7"]
        ]
        press(desk, preview, "invite")
        assert len(invited(session)) == 1

    def test_by_kind_and_by_organisation(self, desk, meeting, earlier):
        address = f"{url(meeting, 'former/')}?meeting={earlier}"
        assert "<h2>1 person</h2>" in desk.read(f"{address}&kind=ngo")
        page = desk.read(f"{address}&q=praha,nikde")
        assert "Žofie Šťastná" in page
        assert "Petr Říha" not in page
        assert "Nobody fits." in desk.read(f"{address}&q=nikde")

    @pytest.mark.parametrize(
        "query", ["kind=x&meeting=a&q=%00", "meeting=99999999999999999999", "q=%C3%28&kind="]
    )
    def test_a_strange_address_shows_the_page(self, desk, meeting, earlier, query):
        assert desk.get(f"{url(meeting, 'former/')}?{query}").status_code in (200, 400)

    def test_nobody_ticked_is_refused_in_words(self, desk, meeting, earlier):
        page = desk.post(f"{url(meeting, 'former/')}?meeting={earlier}")
        assert page.status_code == 422
        assert "Select at least one person." in page.get_data(as_text=True)

    def test_people_of_meetings_that_one_may_not_see_cannot_be_chosen(self, app, session, meeting, earlier):
        own = make_series(session, "Jiná")
        mine = make_meeting(session, series_id=own.id, number=1)
        account = make_account(session, Role.ORGANISER, email="o@example.org", series=(own,))
        bound = Desk(app, session, account)
        session.rollback()
        address = f"{url(mine.id, 'former/')}?meeting={earlier}"
        assert "Žofie" not in bound.read(address)
        page = bound.post(address, person=["1", "2"])
        assert "Žofie" not in page.get_data(as_text=True)
        assert "zofie" not in page.get_data(as_text=True)

    def test_drafts_have_nobody(self, session, desk, meeting):
        make_meeting(session, state=MeetingState.DRAFT, number=1, title={"cs": "Návrh"})
        session.commit()
        assert "Návrh" not in desk.read(url(meeting, "former/"))
