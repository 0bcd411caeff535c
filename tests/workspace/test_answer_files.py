"""Files of attendees at an organiser's desk: asked for, seen, filtered, taken out one by one and all together."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from urllib.parse import quote
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from app.base import clock
from app.domain.accounts.models import Role
from app.domain.history.models import Entry
from app.domain.history.service import SYSTEM
from app.domain.privacy.service import expire
from app.domain.questions import queries
from app.domain.questions.commands import Owner
from app.domain.questions.models import AnswerFile, QuestionKind
from app.domain.questions.rules import QuestionRefused
from app.domain.questions.service import duplicate_meeting
from app.domain.registration.models import Attendee
from tests import factories
from tests.handed_over import PDF, office, upload
from tests.questionnaires import ask, give_file, said_by
from tests.workspace.desk import Desk
from tests.workspace.meeting_forms import sent_by

PLAN = office()
HOSTILE = 'a/..\\b"\u202e<i>'


class Given:
    """A meeting that asks for slides and, among private matters, for a proof. Two people gave slides, one a proof."""

    def __init__(self, session):
        self.meeting = factories.make_meeting(session)
        slides = ask(session, self.meeting, QuestionKind.FILE, HOSTILE, file_kinds=("pdf", "office"))
        proof = ask(session, self.meeting, QuestionKind.FILE, "Proof", file_kinds=("pdf",), sensitive=True)
        self.slides, self.proof = slides.id, proof.id
        self.jana = give_file(session, slides, "Jana Nováková", "slides.pdf", PDF).id
        self.twin = give_file(session, slides, "Jana  Nováková-Malá", "plan.docx", PLAN).id
        self.petr = give_file(session, proof, "Petr Svoboda", "proof.pdf", PDF).id
        (other,) = factories.register(session, self.meeting, "Zdena Žáková")
        self.zdena = other.id
        session.commit()
        self.place = f"/workspace/meetings/{self.meeting.id}"
        self.list = f"{self.place}/attendees/"
        self.all = f"{self.place}/export/files"

    def file(self, person, question):
        return f"{self.list}{person}/files/{question}"


@pytest.fixture
def given(session):
    return Given(session)


@pytest.fixture
def desk(app, session, given):
    return Desk(app, session, factories.make_account(session, Role.ORGANISER))


@pytest.fixture
def viewer(app, session, given):
    return Desk(app, session, factories.make_account(session, Role.VIEWER, email="v@example.org"))


def packed(answer):
    assert answer.status_code == 200, answer.status
    with ZipFile(io.BytesIO(answer.get_data())) as archive:
        assert archive.testzip() is None
        return {one.filename: archive.read(one) for one in archive.infolist()}


def test_an_organiser_asks_for_a_file(desk, session, given):
    page = f"{given.place}/questions/new/?kind=file"
    fields = sent_by(desk.read(page), "question")
    assert fields["file_megabytes"] == "5"
    fields |= {
        "label_cs": "Prezentace",
        "label_en": "Slides",
        "file_kinds": ["pdf", "picture"],
        "file_megabytes": "10",
    }
    assert desk.post(page, **fields).status_code == 303
    made = queries.of_owner(session, Owner(meeting_id=given.meeting.id))[-1]
    assert (made.kind, made.file_kinds, made.file_megabytes) == ("file", "pdf,picture", 10)
    edit = f"{given.place}/questions/{made.id}/"
    again = sent_by(desk.read(edit), "question")
    assert again["file_megabytes"] == "10"
    assert desk.post(edit, **again | {"file_kinds": ["text"], "file_megabytes": "1"}).status_code == 303
    session.rollback()
    session.refresh(made)
    assert (made.file_kinds, made.largest_file) == ("text", 1024 * 1024)
    assert 'accept=".txt,text/plain"' in desk.read(f"{given.place}/questions/?show=en")


@pytest.mark.parametrize(
    "wrong", [{"file_megabytes": "11"}, {"file_megabytes": "0"}, {"file_kinds": []}, {"file_kinds": ["html"]}]
)
def test_a_question_takes_only_what_may_be_taken(desk, given, wrong):
    page = f"{given.place}/questions/new/?kind=file"
    fields = sent_by(desk.read(page), "question") | {"label_cs": "x", "label_en": "x", "file_kinds": ["pdf"]}
    assert desk.post(page, **fields | wrong).status_code == 422


def test_the_rules_refuse_it_too(session, given):
    for wrong in ({"file_kinds": ()}, {"file_kinds": ("pdf",), "file_megabytes": 11}):
        with pytest.raises(QuestionRefused, match="files"):
            ask(session, given.meeting, QuestionKind.FILE, "x", **wrong)


def test_a_copied_meeting_asks_for_the_same_files_and_has_none(session, given):
    made = duplicate_meeting(
        session,
        given.meeting.id,
        now=clock.now(),
        actor=SYSTEM,
        mail_domain=factories.DOMAIN,
    )
    copied = queries.of_owner(session, Owner(meeting_id=made.id))
    assert [one.file_kinds for one in copied] == ["pdf,office", "pdf"]
    assert queries.answer_counts(session, [one.id for one in copied]) == {}


def test_the_person_and_the_list_link_to_the_file(desk, given):
    assert f'href="{given.file(given.jana, given.slides)}" download' in desk.read(
        f"{given.list}{given.jana}/"
    )
    shown = desk.read(f"{given.list}?column={given.slides}")
    assert given.file(given.jana, given.slides) in shown
    assert "plan.docx" in shown


def test_a_file_can_only_be_saved(desk, given):
    answer = desk.get(given.file(given.jana, given.slides))
    assert answer.get_data() == PDF
    head = answer.headers
    assert head["Content-Disposition"] == "attachment; filename=\"slides.pdf\"; filename*=UTF-8''slides.pdf"
    assert head["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in head["Content-Security-Policy"]
    assert head["Cache-Control"] == "no-store"


def test_a_name_with_czech_letters_is_a_header_that_servers_send(desk, session, given):
    session.scalars(
        select(AnswerFile).where(AnswerFile.name == "slides.pdf")
    ).one().name = "Čtvrtek \u0434.pdf"
    session.commit()
    (head,) = desk.get(given.file(given.jana, given.slides)).headers.getlist("Content-Disposition")
    assert head.isascii()
    assert 'filename="ctvrtek.pdf"' in head
    assert "filename*=UTF-8''%C4%8Ctvrtek%20%D0%B4.pdf" in head


def test_whoever_may_not_see_the_answer_does_not_get_the_file(desk, viewer, session, app, given):
    assert viewer.get(given.file(given.jana, given.slides)).status_code == 200
    assert viewer.get(given.file(given.petr, given.proof)).status_code == 404
    assert desk.get(given.file(given.petr, given.proof)).status_code == 200
    assert desk.get(given.file(given.petr, given.slides)).status_code == 404
    other = factories.make_meeting(session)
    elsewhere = factories.make_account(
        session, Role.ORGANISER, series=(factories.make_series(session, "Jiná řada"),), email="e@example.org"
    )
    session.commit()
    assert (
        desk.get(f"/workspace/meetings/{other.id}/attendees/{given.jana}/files/{given.slides}").status_code
        == 404
    )
    stranger = Desk(app, session, elsewhere)
    assert stranger.get(given.file(given.jana, given.slides)).status_code == 404
    assert stranger.post(given.all).status_code == 404
    assert viewer.post(given.all).status_code == 403


def test_the_list_is_filtered_by_who_gave_a_file(desk, viewer, given):
    has = desk.read(f"{given.list}?said={given.slides}:file")
    assert ("Jana Nováková" in has, "Zdena" in has) == (True, False)
    has_not = desk.read(f"{given.list}?said={given.slides}:none")
    assert ("Jana Nováková" in has_not, "Zdena" in has_not) == (False, True)
    secret = viewer.read(f"{given.list}?said={given.proof}:file")
    assert "Zdena" in secret  # the filter tells nothing to whoever may not see the answer


def test_a_download_of_the_list_holds_the_names_of_files(desk, given):
    answer = desk.post(f"{given.place}/export/", format="csv")
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    by_name = {row[2]: row for row in rows}
    assert "slides.pdf" in by_name["Jana Nováková"]
    assert not any("proof.pdf" in row for row in rows)


def test_all_files_come_in_one_archive_with_safe_names(desk, session, given):
    page = desk.read(f"{given.place}/export/")
    assert "Download 2 files that people gave (ZIP, 1 kB)" in page
    assert "1 file answers a private question." in page
    found = packed(desk.post(given.all))
    assert found == {
        "Nováková_Jana - a b i - slides.pdf": PDF,
        "Nováková-Malá_Jana - a b i - plan.docx": PLAN,
    }
    entry = session.scalars(select(Entry).where(Entry.act == "list:files")).one()
    assert (entry.details["number"], entry.details["files"], entry.details["needs"]) == (2, 2, False)
    assert "Nováková" not in str(entry.details)
    assert "downloaded the files of 2 people." in desk.read(f"{given.place}/export/")


def test_private_files_go_along_only_when_asked(desk, given):
    assert "Svoboda_Petr - Proof - proof.pdf" in packed(desk.post(given.all, needs="y"))


def test_the_archive_holds_only_whom_the_list_shows(desk, given):
    found = packed(desk.post(f"{given.all}?q={quote('Nováková-Malá')}"))
    assert list(found) == ["Nováková-Malá_Jana - a b i - plan.docx"]
    empty = desk.post(f"{given.all}?q=zdena", follow=True)
    assert "Nobody on this list gave a file." in empty.get_data(as_text=True)


def test_the_same_name_twice_is_numbered(desk, session, given):
    twin = session.get_one(Attendee, given.twin)
    jana = session.get_one(Attendee, given.jana)
    twin.name, twin.sort_key = jana.name, jana.sort_key
    file = session.scalars(select(AnswerFile).where(AnswerFile.name == "plan.docx")).one()
    file.name = "slides.pdf"
    session.commit()
    assert sorted(packed(desk.post(given.all))) == [
        "Nováková_Jana - a b i - slides (2).pdf",
        "Nováková_Jana - a b i - slides.pdf",
    ]


def test_an_organiser_gives_a_file_in_somebodys_stead(desk, session, given):
    path = f"{given.list}{given.zdena}/answers/"
    fields = sent_by(desk.read(path), "answers")
    wrong = desk.post(path, **fields | {f"q{given.slides}": upload("x.pdf", b"<html>")})
    assert wrong.status_code == 422
    assert desk.post(path, **fields | {f"q{given.slides}": upload("x.pdf", PDF)}).status_code == 303
    session.rollback()
    assert said_by(session, session.get_one(Attendee, given.zdena))[given.slides].text == "x.pdf"
    assert desk.get(given.file(given.zdena, given.slides)).get_data() == PDF
    acts = session.scalars(select(Entry.act).where(Entry.subject_id == given.zdena)).all()
    assert "attendee:give_file" in acts
    assert "Gave a file. Files: 1." in desk.read(f"{given.list}{given.zdena}/")


def test_a_person_is_added_by_hand_with_a_file_that_a_mistake_does_not_lose(desk, session, given):
    path = f"{given.list}add/"
    fields = sent_by(desk.read(path), "add") | {"name": "", "mode": "room", "language": "cs"}
    wrong = desk.post(path, **fields | {f"q{given.slides}": upload("x.pdf", PDF)})
    assert wrong.status_code == 422
    again = sent_by(wrong.get_data(as_text=True), "add") | {"name": "Eva Malá"}
    assert desk.post(path, **again).status_code == 303
    eva = session.scalars(select(Attendee).where(Attendee.name == "Eva Malá")).one()
    assert desk.get(given.file(eva.id, given.slides)).get_data() == PDF


def test_private_files_go_early_and_all_with_the_name(session, given):
    def left():
        return set(session.scalars(select(AnswerFile.name)))

    ended = given.meeting.ends_at
    expire(session, now=ended + timedelta(days=13), retention_months=12)
    assert left() == {"slides.pdf", "plan.docx", "proof.pdf"}
    expire(session, now=ended + timedelta(days=15), retention_months=12)
    assert left() == {"slides.pdf", "plan.docx"}
    expire(session, now=ended + timedelta(days=400), retention_months=12)
    assert left() == set()


def test_looking_at_lists_reads_no_content(desk, given, statements):
    with statements() as seen:
        desk.read(f"{given.list}?column={given.slides}")
        desk.read(f"{given.list}{given.jana}/")
        desk.read(f"{given.place}/export/")
    assert not any("answer_files.data" in one for one in seen)
