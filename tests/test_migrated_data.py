"""Migrations on tables that hold data: up, no differences, down, up again; foreign keys stay whole."""

import pytest
from flask_migrate import check, downgrade, stamp, upgrade
from sqlalchemy import func, inspect, select, text
from sqlalchemy.exc import IntegrityError

from app.base import clock
from app.base.db import Base
from app.domain.accounts.models import (
    AccountMeeting,
    AccountSeries,
    AccountSession,
    NoticeChoice,
    OneTimeLink,
    RecoveryCode,
    SecondFactor,
    SignInStep,
    Switch,
)
from app.domain.attendance.models import AttendanceMark, DoorEvent, Mark
from app.domain.broadcasts import service as broadcasts
from app.domain.broadcasts.models import NewsChoice
from app.domain.directory.models import Organisation
from app.domain.history.service import ATTENDEE, SYSTEM
from app.domain.jobs import service as jobs
from app.domain.jobs.models import JobFile, JobKind
from app.domain.meetings.models import MeetingState
from app.domain.pages.service import save_page
from app.domain.questions.commands import Given, Owner
from app.domain.questions.models import FeedbackForm, FeedbackGiven, Question, QuestionAnswer, QuestionKind
from app.domain.questions.models import Purpose as QuestionPurpose
from app.domain.registration import labels, organiser, personal, saved_views
from app.domain.registration.commands import Needs
from app.domain.registration.models import PersonalFeed
from app.domain.replies.models import Reading, Reply
from app.extensions import db
from app.factory import create_app
from app.web.limits import rate_hits
from tests.factories import (
    DOMAIN,
    make_account,
    make_contact,
    make_meeting,
    make_series,
    person,
    register,
)
from tests.handed_over import PDF
from tests.questionnaires import ask, give_file, ids


@pytest.fixture
def migrated(database, configure, request):
    """An application on an own database with all migrations."""
    environ = {}
    if database == "postgresql":
        environ["DATABASE_URL"] = request.getfixturevalue("new_pg_database")("migrated_data")
    app = create_app(configure(**environ))
    with app.app_context():
        upgrade()
        yield db.session()
        db.session.remove()
        db.engine.dispose()


def fill(session):
    """At least one row in every table that the program writes."""
    now = clock.now()
    contact = make_contact(session)
    series = make_series(session)
    account = make_account(session, series=(series,))
    session.add(Organisation(name="InBáze", name_key="inbaze", sort_key="inbaze", kind="ngo"))
    meeting = make_meeting(session, contact_id=contact.id, capacity=2)
    make_meeting(session, state=MeetingState.DRAFT)
    workshop = ask(session, meeting, QuestionKind.ONE, "Workshop", "A", "B")
    people = register(
        session,
        meeting,
        person("Jana Nováková", organisation="InBáze", needs=Needs(diet="x", consent_text="y")),
        "Petr Svoboda",
        person("Olena Ševčenková", answers={workshop.id: Given(options=(ids(workshop)[0],))}),
    )
    personal.cancel(session, people[0].id, now=now, actor=ATTENDEE)
    organiser.correct_address(
        session, people[1].id, "new@example.org", now=now, actor=ATTENDEE, mail_domain=DOMAIN
    )
    labels.put_on(session, meeting.id, [people[2].id], "VIP", now=now, actor=SYSTEM)
    saved_views.save(session, meeting.id, "Ti", {"tab": "maybe"}, own=True, now=now, actor=SYSTEM)
    after = ask(
        session,
        Owner(meeting_id=meeting.id, purpose=QuestionPurpose.FEEDBACK),
        QuestionKind.ONE,
        "?",
        "A",
        "B",
    )
    session.add(QuestionAnswer(attendee_id=people[2].id, question_id=after.id, option_id=ids(after)[0]))
    session.add(FeedbackForm(meeting_id=meeting.id, days=14, tally={}))
    session.add(FeedbackGiven(attendee_id=people[2].id))
    slides = ask(session, meeting, QuestionKind.FILE, "Slides", file_kinds=("pdf",))
    give_file(session, slides, "Jan Dvořák", "slides.pdf", PDF)
    save_page(session, "privacy", "cs", "text", version=0, now=now, actor=ATTENDEE)
    session.add(AccountSession(token_hash="h", account_id=account.id, created_at=now, seen_at=now))
    session.add(AccountMeeting(account_id=account.id, meeting_id=meeting.id))
    session.add(
        AttendanceMark(
            meeting_id=meeting.id, attendee_id=people[2].id, mark=Mark.PRESENT, batch="b", made_at=now
        )
    )
    session.add(
        DoorEvent(
            meeting_id=meeting.id,
            attendee_id=people[2].id,
            client_id="c",
            act="in",
            verdict="in",
            way="qr",
            at=now,
            taken_at=now,
            account_id=account.id,
        )
    )
    job, _is_new = jobs.order(
        session,
        jobs.NewJob(
            kind=JobKind.WORKBOOK,
            account_id=account.id,
            meeting_id=meeting.id,
            arguments={},
            sensitive=False,
            number=3,
            disposition="attachment",
            content_type="text/plain",
        ),
        now=now,
    )
    session.add(JobFile(job_id=job.id, number=0, data=b"a"))
    session.add(NoticeChoice(account_id=account.id, choices={}))
    session.add(Reply(received_at=now, via="pipe", digest="d", decision="review", meeting_id=meeting.id))
    session.add(Reading(name="imap", tried_at=now))
    session.add(PersonalFeed(email_key="a@example.org", token="t", language="cs", created_at=now))
    broadcast = broadcasts.create(session, meeting.id, now=now, actor=SYSTEM)
    broadcasts.add_file(session, broadcast.id, name="a.txt", content_type="text/plain", data=b"a", now=now)
    session.add(NewsChoice(email_key="a@example.org", token="t", created_at=now))
    session.add(OneTimeLink(token_hash="h", account_id=account.id, purpose="sign_in", expires_at=now))
    session.add(SignInStep(token_hash="h", account_id=account.id, expires_at=now))
    session.add(SecondFactor(account_id=account.id, secret="s", last_step=1, set_at=now))
    session.add(RecoveryCode(code_hash="h", account_id=account.id))
    session.add(Switch(name="second_factor", since=now))
    session.execute(rate_hits.insert().values(key="k", hits=1, expires=now))
    session.commit()


def rows(session):
    return {
        table.name: session.scalar(select(func.count()).select_from(table))
        for table in Base.metadata.sorted_tables
    }


def test_down_and_up_with_rows_in_every_table(migrated):
    fill(migrated)
    assert not [name for name, number in rows(migrated).items() if not number]
    migrated.close()
    check()
    downgrade(revision="base")
    assert set(inspect(db.engine).get_table_names()) == {"alembic_version"}
    upgrade()
    check()
    assert set(rows(migrated).values()) == {0}
    fill(migrated)


def test_a_second_upgrade_keeps_every_row(migrated):
    fill(migrated)
    before = rows(migrated)
    migrated.close()
    upgrade()
    stamp()
    assert rows(migrated) == before


def test_foreign_keys_hold_on_a_connection_that_migrated(migrated):
    migrated.add(AccountSeries(account_id=998, series_id=999))
    with pytest.raises(IntegrityError):
        migrated.flush()
    migrated.rollback()


def test_every_foreign_key_says_what_happens_when_its_target_goes():
    """An attendee alone has none for the meeting: a meeting with people cannot be deleted."""
    silent = {
        f"{table.name}.{key.parent.name}"
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.ondelete is None
    }
    assert silent <= {"attendees.meeting_id", "meetings.series_id"}


def test_an_older_program_asks_nothing_at_registering_that_was_meant_for_after_the_meeting(migrated):
    fill(migrated)
    asked = Question.purpose == QuestionPurpose.REGISTRATION, Question.kind != QuestionKind.FILE
    kept = migrated.scalars(select(QuestionAnswer.id).join(Question).where(*asked)).all()
    migrated.rollback()
    downgrade(revision="0013-1")
    with db.engine.connect() as connection:
        assert "purpose" not in {one["name"] for one in inspect(connection).get_columns("questions")}
        assert connection.execute(text("SELECT count(*) FROM questions")).scalar() == 1
        assert connection.execute(text("SELECT id FROM question_answers")).scalars().all() == kept
        assert connection.execute(text("SELECT count(*) FROM question_options")).scalar() == 2
    upgrade()
    assert migrated.scalars(select(Question.purpose)).all() == ["registration"]
