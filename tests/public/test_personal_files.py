"""One's own files behind the personal link: seen, replaced and taken back until the deadline, nobody else's."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select
from werkzeug.test import encode_multipart

from app.base import clock
from app.domain.history.models import Entry
from app.domain.history.service import ATTENDEE
from app.domain.privacy.erase import erase_attendee
from app.domain.questions import files
from app.domain.questions.commands import Given
from app.domain.questions.models import AnswerFile, QuestionKind
from app.domain.registration import organiser
from app.domain.registration.models import Attendee
from tests import factories
from tests.handed_over import PDF, upload
from tests.public.registration_pages import form_fields, tree_of, words
from tests.questionnaires import ask, give_file, said_by


@pytest.fixture
def slides(session):
    meeting = factories.make_meeting(session, capacity=3)
    return ask(session, meeting, QuestionKind.FILE, "Your slides", file_kinds=("pdf",))


@pytest.fixture
def jana(session, slides):
    attendee = give_file(session, slides, "Jana Nováková", "slides.pdf", PDF)
    session.commit()
    return attendee


def my(attendee, page=""):
    return f"/en/my/{attendee.token}/{page}"


def send(client, attendee, fields):
    boundary, body = encode_multipart(fields)
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post(my(attendee, "change"), data=body, content_type=kind)


def kept(session):
    session.rollback()
    query = select(AnswerFile).order_by(AnswerFile.id)
    return [(one.name, one.answer_id is not None) for one in session.scalars(query)]


def test_the_page_links_to_the_file_and_it_can_only_be_saved(client, slides, jana):
    page = client.get(my(jana))
    (link,) = [one for one in tree_of(page).iter("a") if one.get("download") is not None]
    assert "".join(link.itertext()) == "slides.pdf"
    file = client.get(link.get("href"))
    assert (file.status_code, file.data) == (200, PDF)
    head = file.headers
    assert head["Content-Type"] == "application/pdf"
    assert head["Content-Disposition"] == "attachment; filename=\"slides.pdf\"; filename*=UTF-8''slides.pdf"
    assert head["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in head["Content-Security-Policy"]
    assert "script-src" not in head["Content-Security-Policy"]
    assert head["Cache-Control"] == "no-store"


def test_others_do_not_get_it(client, session, slides, jana):
    (petr,) = factories.register(
        session, session.get_one(factories.Meeting, slides.meeting_id), "Petr Svoboda"
    )
    session.commit()
    assert client.get(my(petr, f"files/{slides.id}")).status_code == 404
    assert client.get(my(jana, f"files/{slides.id + 1}")).status_code == 404
    assert client.get(f"/en/my/{'x' * 22}/files/{slides.id}").status_code == 404
    (waiting,) = (session.scalar(select(AnswerFile.token)),)
    assert client.get(f"/en/my/{waiting}/files/{slides.id}").status_code == 404


def test_saving_the_form_again_keeps_the_file(client, session, slides, jana):
    page = client.get(my(jana, "change"))
    assert "slides.pdf is kept." in words(page)
    fields = form_fields(page, "change")
    assert send(client, jana, fields | {"organisation": "InBáze"}).status_code == 303
    assert kept(session) == [("slides.pdf", True)]


def test_another_file_replaces_it(client, session, slides, jana):
    fields = form_fields(client.get(my(jana, "change")), "change")
    wrong = send(client, jana, fields | {"name": "", f"q{slides.id}": upload("new.pdf", PDF)})
    assert wrong.status_code == 422
    assert "new.pdf, 1 kB, is kept." in words(wrong)
    assert kept(session) == [("slides.pdf", True), ("new.pdf", False)]
    again = form_fields(wrong, "change") | {"name": "Jana Nováková"}
    assert send(client, jana, again).status_code == 303
    assert kept(session) == [("new.pdf", True)]
    acts = session.scalars(select(Entry.act).where(Entry.subject_id == jana.id)).all()
    assert "attendee:give_file" in acts


def test_a_file_of_the_same_name_replaces_it_too(client, session, slides, jana):
    fields = form_fields(client.get(my(jana, "change")), "change")
    other = PDF.replace(b"1.7", b"1.6")
    assert send(client, jana, fields | {f"q{slides.id}": upload("slides.pdf", other)}).status_code == 303
    assert client.get(my(jana, f"files/{slides.id}")).data == other


def test_it_can_be_taken_back(client, session, slides, jana):
    fields = form_fields(client.get(my(jana, "change")), "change")
    assert send(client, jana, fields | {f"q{slides.id}_drop": "1"}).status_code == 303
    assert kept(session) == []
    assert said_by(session, session.get_one(Attendee, jana.id)) == {}
    assert client.get(my(jana, f"files/{slides.id}")).status_code == 404


def test_after_the_deadline_it_is_seen_but_stays(client, session, slides, jana):
    meeting = session.get_one(factories.Meeting, slides.meeting_id)
    meeting.deadline = (clock.now() + timedelta(days=1)).date()
    session.commit()
    with time_machine.travel(clock.now() + timedelta(days=3), tick=True):
        page = client.get(my(jana, "change"))
        assert not [one for one in tree_of(page).iter("input") if one.get("type") == "file"]
        fields = form_fields(page, "change")
        send(client, jana, fields | {f"q{slides.id}": upload("late.pdf", PDF), f"q{slides.id}_drop": "1"})
        assert kept(session) == [("slides.pdf", True)]
        assert client.get(my(jana, f"files/{slides.id}")).status_code == 200


def test_it_goes_with_a_corrected_address(client, session, slides, jana):
    new = organiser.correct_address(
        session, jana.id, "new@example.org", now=clock.now(), actor=ATTENDEE, mail_domain=factories.DOMAIN
    )
    session.commit()
    assert client.get(my(new, f"files/{slides.id}")).data == PDF
    assert client.get(my(jana, f"files/{slides.id}")).status_code == 410


def test_erasing_takes_the_file(client, session, slides, jana):
    erase_attendee(session, jana.id, now=clock.now(), actor=ATTENDEE)
    session.commit()
    assert kept(session) == []
    assert client.get(my(jana, f"files/{slides.id}")).status_code == 404


def test_a_retired_question_keeps_its_files(client, session, slides, jana):
    slides.retired_at = clock.now()
    session.commit()
    assert client.get(my(jana, f"files/{slides.id}")).data == PDF
    assert "slides.pdf" in words(client.get(my(jana)))


def test_a_file_is_claimed_for_its_own_question_alone(session, slides, jana):
    other = ask(
        session,
        session.get_one(factories.Meeting, slides.meeting_id),
        QuestionKind.FILE,
        "X",
        file_kinds=("pdf",),
    )
    assert not files.claim(session, jana.id, other.id, session.scalar(select(AnswerFile.token)))
    assert not files.claim(session, jana.id, slides.id, "x")
    assert Given(text="a", file="1") != Given(text="a")
