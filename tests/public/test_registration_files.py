"""A file as an answer: kept while the form is not right, then the attendee's own."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from werkzeug.test import encode_multipart

from app.base import clock
from app.domain.history.models import Entry
from app.domain.privacy.service import expire
from app.domain.questions import files
from app.domain.questions.models import AnswerFile, QuestionKind
from app.web import limits
from app.web.hosts import TAKES_ANSWERS
from tests import factories
from tests.handed_over import PDF, office, upload
from tests.public.registration_pages import attendees, fill, form_fields, register_url, tree_of, words
from tests.questionnaires import ask, said_by

OLENA = {"name": "Olena Ševčenková", "email": "olena@example.org"}
PETR = {"name": "Petr Svoboda", "email": "petr@example.org"}


class Form:
    """A meeting that asks for a file; `send` fills the form in with what the last page held."""

    def __init__(self, client, session):
        self.client, self.session = client, session
        self.meeting = factories.make_meeting(session, capacity=5)
        kinds = {"file_kinds": ("pdf", "text"), "file_megabytes": 1}
        self.question = ask(session, self.meeting, QuestionKind.FILE, "Your slides", **kinds)
        self.id, self.name = self.question.id, f"q{self.question.id}"
        session.commit()
        self.url = register_url(self.meeting)
        self.fields = form_fields(client.get(self.url))

    def send(self, *people, lang="en", **more):
        # In memory: the test client would leave a larger body on the disk.
        boundary, body = encode_multipart(self.fields | fill(*(people or (OLENA,))) | more)
        kind = f"multipart/form-data; boundary={boundary}"
        answer = self.client.post(register_url(self.meeting, lang), data=body, content_type=kind)
        if answer.status_code in (200, 422):
            self.fields = form_fields(answer)
        return answer

    def with_file(self, person, name="slides.pdf", data=PDF):
        return person | {self.name: upload(name, data)}

    def kept(self):
        self.session.rollback()
        query = select(AnswerFile).order_by(AnswerFile.id)
        return list(self.session.scalars(query.execution_options(populate_existing=True)))


@pytest.fixture
def form(client, session):
    return Form(client, session)


def errors(page):
    return [
        " ".join("".join(one.itertext()).split())
        for one in tree_of(page).iterfind(".//div[@id='errors']//li")
    ]


def test_the_form_is_sent_in_parts_only_where_a_file_is_asked_for(client, session, form):
    (with_file,) = [
        one for one in tree_of(client.get(form.url)).iter("form") if one.get("id") == "registration"
    ]
    assert with_file.get("enctype") == "multipart/form-data"
    (control,) = [one for one in with_file.iter("input") if one.get("type") == "file"]
    assert control.get("accept") == ".pdf,.txt,application/pdf,text/plain"
    assert control.get("required") is None
    assert "PDF; Plain text (.txt). At most 1 MB." in words(client.get(form.url))
    other = factories.make_meeting(session)
    session.commit()
    page = tree_of(client.get(register_url(other)))
    assert [one.get("enctype") for one in page.iter("form") if one.get("id") == "registration"] == [None]


def test_a_file_becomes_the_answer(session, form):
    assert form.send(form.with_file(OLENA)).status_code == 303
    (olena,) = attendees(session)
    assert said_by(session, olena)[form.id].text == "slides.pdf"
    (file,) = form.kept()
    assert (file.name, file.content_type, file.size, file.data) == (
        "slides.pdf",
        "application/pdf",
        len(PDF),
        PDF,
    )
    assert file.answer_id is not None
    entry = session.scalar(select(Entry).where(Entry.act == "attendee:give_file"))
    assert entry.details == {"number": 1}
    assert entry.subject_id == olena.id


def test_a_mistake_elsewhere_does_not_lose_the_file(session, form):
    wrong = form.send(form.with_file(OLENA | {"name": ""}, "My plan.pdf"))
    assert wrong.status_code == 422
    assert "My plan.pdf, 1 kB, is kept." in words(wrong)
    assert len(errors(wrong)) == 1
    assert attendees(session) == []
    assert [file.answer_id for file in form.kept()] == [None]
    assert form.send(OLENA).status_code == 303
    (file,) = form.kept()
    assert (file.name, file.answer_id is not None) == ("My plan.pdf", True)


def test_the_kept_file_survives_another_person_and_another_language(session, form):
    added = form.send(form.with_file(OLENA), add="1")
    assert "slides.pdf, 1 kB, is kept." in words(added)
    switched = form.send(OLENA, PETR, lang="cs", switch="1")
    assert "slides.pdf" in words(switched)
    second = form.send(OLENA, form.with_file(PETR | {"email": "petr"}, "other.txt", b"words"))
    assert [file.name for file in form.kept()] == ["slides.pdf", "other.txt"]
    assert second.status_code == 422
    assert form.send(OLENA, PETR).status_code == 303
    first, other = attendees(session)
    assert said_by(session, first)[form.id].text == "slides.pdf"
    assert said_by(session, other)[form.id].text == "other.txt"
    assert all(file.answer_id for file in form.kept())


def test_the_file_goes_along_when_a_person_before_is_removed(session, form):
    form.send(OLENA, add="1")
    form.send(OLENA, PETR, add="1")
    third = {"name": "Jana", "email": "jana@example.org"}
    form.send(OLENA, PETR, form.with_file(third | {"email": "jana"}))
    form.send(OLENA, PETR, third, remove="1")
    assert form.send(OLENA, third).status_code == 303
    jana = attendees(session)[1]
    assert (jana.name, said_by(session, jana)[form.id].text) == ("Jana", "slides.pdf")


def test_another_file_takes_the_place_of_the_kept_one_and_a_box_takes_it_away(session, form):
    form.send(form.with_file(OLENA | {"name": ""}))
    form.send(form.with_file(OLENA | {"name": ""}, "newer.pdf"))
    dropped = form.send(OLENA | {"name": "", f"{form.name}_drop": "1"})
    box = f"people-0-{form.name}_drop"
    assert form_fields(dropped)[box] == "1"
    form.fields.pop(box)
    assert form.send(OLENA).status_code == 303
    (olena,) = attendees(session)
    assert said_by(session, olena)[form.id].text == "newer.pdf"


def test_a_required_file_is_asked_for(session, form):
    form.session.get_one(type(form.question), form.id).required = True
    form.session.commit()
    assert errors(form.send(OLENA)) == ["Choose a file for “Your slides”."]
    form.send(form.with_file(OLENA | {"name": ""}))
    gone = form.send(OLENA | {f"{form.name}_drop": "1"})
    assert errors(gone) == ["Choose a file for “Your slides”."]
    form.fields.pop(f"people-0-{form.name}_drop")
    assert form.send(OLENA).status_code == 303


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.pdf", b"<html><script>alert(1)</script>", "cannot be taken"),
        ("a.svg", b"<svg onload='alert(1)'/>", "cannot be taken"),
        ("a.docx", office(), "cannot be taken"),
        ("a.exe", PDF, "ends in another way"),
        ("a.pdf", b"", "is empty"),
    ],
)
def test_a_file_that_is_not_taken_is_said_and_nothing_kept(session, form, name, data, said):
    answer = form.send(form.with_file(OLENA, name, data))
    assert answer.status_code == 422
    (error,) = errors(answer)
    assert said in error
    assert form.kept() == []
    assert attendees(session) == []
    assert form.fields["people-0-name"] == OLENA["name"]


def test_what_is_wrong_with_a_file_is_said_when_a_person_is_added_too(form):
    page = form.send(form.with_file(OLENA, "a.pdf", b"<html>"), add="1")
    assert "cannot be taken" in words(page)
    assert form.kept() == []


def test_a_forged_or_foreign_hidden_field_is_nothing(session, form):
    form.send(form.with_file(OLENA | {"name": ""}))
    name = f"people-0-{form.name}_kept"
    signed = form.fields[name]
    for forged in ("x", signed[:-2] + "xx", "a" * 5000, ""):
        form.fields[name] = forged
        page = form.send(OLENA | {"name": ""})
        assert "is kept" not in words(page)
    other = ask(session, session.merge(form.meeting), QuestionKind.FILE, "Other", file_kinds=("pdf",))
    session.commit()
    form.fields[f"people-0-q{other.id}_kept"] = signed
    assert "is kept" not in words(form.send(OLENA | {"name": ""}))


def test_a_file_that_waited_too_long_is_asked_for_again(session, form):
    form.send(form.with_file(OLENA | {"name": ""}))
    early = clock.now() + timedelta(hours=5)
    assert expire(session, now=early, retention_months=12).files == 0
    late = clock.now() + timedelta(hours=7)
    assert expire(session, now=late, retention_months=12, dry_run=True).files == 1
    assert expire(session, now=late, retention_months=12).files == 1
    session.commit()
    gone = form.send(OLENA)
    assert errors(gone) == ["We no longer have the file for “Your slides”. Choose it again."]
    assert attendees(session) == []
    assert form.send(form.with_file(OLENA)).status_code == 303


def test_the_same_form_sent_twice_is_one_registration(client, session, form):
    form.send(form.with_file(OLENA | {"name": ""}))
    fields = dict(form.fields)
    first = form.send(OLENA)
    assert client.post(form.url, data=fields | fill(OLENA)).headers["Location"] == first.headers["Location"]
    fresh = Form(client, session)
    one = fresh.send(fresh.with_file(PETR))
    again = fresh.send(fresh.with_file(PETR))
    assert one.headers["Location"] == again.headers["Location"]
    other = fresh.send(fresh.with_file(PETR, data=PDF.replace(b"1.7", b"1.6")))
    assert other.headers["Location"] != one.headers["Location"]


def test_a_kept_file_is_given_once(session, form):
    form.send(form.with_file(OLENA | {"name": ""}))
    fields = dict(form.fields)
    assert form.send(OLENA).status_code == 303
    form.fields = fields
    assert errors(form.send(PETR)) == ["We no longer have the file for “Your slides”. Choose it again."]


def test_somebody_who_is_registered_already_changes_nothing_by_it(session, form):
    form.send(OLENA)
    assert form.send(form.with_file(OLENA)).status_code == 303
    (olena,) = attendees(session)
    assert said_by(session, olena) == {}
    assert [file.answer_id for file in form.kept()] == [None]


def test_a_refusal_after_the_file_was_kept_shows_the_form_again(session, form):
    form.send(form.with_file(OLENA), add="1")
    twice = form.send(OLENA, OLENA)
    assert twice.status_code == 422
    assert "slides.pdf, 1 kB, is kept." in words(twice)
    assert attendees(session) == []


def test_a_closed_meeting_takes_no_file(session, form):
    session.merge(form.meeting).invitation_only = True
    session.commit()
    form.send(form.with_file(OLENA))
    assert form.kept() == []


def test_too_many_files_from_one_place_wait(session, form, monkeypatch):
    monkeypatch.setattr("app.web.question_files.UPLOADS", limits.Limit("uploads", 2, 3600))
    assert "is kept" in words(form.send(form.with_file(OLENA | {"name": ""})))
    slow = form.send(form.with_file(OLENA, "more.pdf"))
    assert slow.status_code == 422
    assert errors(slow) == [
        "We cannot take more files right now. Wait an hour, then choose the file for “Your slides” again."
    ]
    assert form.send(OLENA).status_code == 303  # the one that was kept goes


def test_nobody_fills_the_disk_with_waiting_files(form, monkeypatch):
    monkeypatch.setattr(files, "MOST_WAITING", 2 * len(PDF))
    for _ in range(2):
        assert "is kept" in words(form.send(form.with_file(OLENA | {"name": ""})))
    assert "We cannot take more files" in errors(form.send(form.with_file(OLENA)))[0]
    assert len(form.kept()) == 2


def test_a_body_beyond_every_limit_is_refused(client, form, monkeypatch):
    large = vars(client.application.view_functions["public.registration.register"])
    monkeypatch.setitem(large, TAKES_ANSWERS, 900_000)
    assert form.send(form.with_file(OLENA, data=bytes(901_000))).status_code == 413
    assert form.send(OLENA | {"note": "x" * 600_000}).status_code == 413
    assert form.kept() == []


def test_a_file_that_is_a_little_too_large_is_said(form):
    (error,) = errors(form.send(form.with_file(OLENA, data=PDF + bytes(1024 * 1024))))
    assert error == "The file for “Your slides” is too large. It may have 1 MB."


def test_a_form_that_is_right_writes_the_file_once(session, form, statements):
    with statements() as seen:
        form.send(form.with_file(OLENA))
    assert sum("INSERT INTO answer_files" in one for one in seen) == 1
    assert not any("answer_files.data" in one for one in seen)
    assert session.scalar(select(func.count()).select_from(AnswerFile)) == 1
