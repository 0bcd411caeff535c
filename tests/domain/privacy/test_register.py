"""The register of personal data covers every column; what is not personal is named here, with its reason."""

from sqlalchemy import JSON, String, Text

from app.base.db import Base
from app.domain.privacy.erase import NEEDS_EMPTY, PERSON_EMPTY
from app.domain.privacy.register import REGISTER
from app.factory import create_app

NOT_PERSONAL = {
    "random names that lead to nothing once the row is empty": """
        attendees.token attendees.checkin_token attendees.uid attendees.organizer_token
        parties.token parties.reference parties.form_key letters.message_id letters.bounce_token
        account_sessions.token_hash one_time_links.token_hash personal_feeds.token news_choices.token
        sign_in_steps.token_hash second_factors.fresh_codes answer_files.token
    """,
    "states and counts that stay for statistics": """
        attendees.mode attendees.place attendees.answer attendees.answer_by attendees.language
        attendees.organisation_kind parties.language
    """,
    "how a letter fares; its key names an id": """
        letters.kind letters.language letters.calendar letters.key letters.state letters.worker
    """,
    "what was decided about a reply, and whether the mailbox can be read; a digest of a whole mail tells nothing": """
        replies.via replies.digest replies.method replies.partstat replies.authenticity replies.decision
        replies.reason readings.name readings.trouble
    """,
    "how a file fares that is made; its token opens nothing without the account that ordered it": """
        jobs.token jobs.kind jobs.state jobs.worker jobs.trouble jobs.disposition jobs.content_type
    """,
    "what happened at the door, by an id": """
        door_events.client_id door_events.act door_events.verdict door_events.way
        attendance_marks.batch
    """,
    "whom an organiser wrote to, by kinds of place and organisation, and how that went": """
        broadcasts.purpose broadcasts.segment broadcasts.state broadcasts.stopped_by broadcast_files.content_type
    """,
    "which events an account wants to hear of": "notice_choices.choices",
    "history holds ids and no names": "history.actor history.act history.subject history.details",
    "texts that are published": """
        meetings.slug meetings.uid meetings.state meetings.format meetings.title meetings.summary
        meetings.description meetings.timezone meetings.venue meetings.address meetings.access_notes
        meetings.online_url meetings.languages_note meetings.called_off_reason meetings.search_key
        meetings.reminder_days meetings.untold
        questions.label questions.hint question_options.label
        programme_items.title series.slug series.name series.about
        site_pages.name site_pages.language site_pages.markdown contacts.role contacts.about
        organisations.name organisations.name_key organisations.sort_key organisations.kind
        organisations.district
    """,
    "what a link is for": "one_time_links.purpose sign_in_steps.purpose",
    "what an administrator has switched on for all": "switches.name",
    "how a list is asked for: what was searched for is never kept": "saved_views.name saved_views.parameters",
    "how a question is asked, and what kind of file answers it": """
        questions.purpose questions.kind questions.condition_value questions.file_kinds answer_files.content_type
    """,
}
HELD = [column for held in REGISTER for column in held.columns]
OTHERS = [column for columns in NOT_PERSONAL.values() for column in columns.split()]


def text_columns():
    assert create_app  # its imports register every table
    return {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, String | Text | JSON)
    }


def test_every_text_column_is_personal_or_has_a_reason_not_to_be():
    assert text_columns() - set(HELD) - set(OTHERS) == set()


def test_no_column_is_named_that_is_not_there():
    everything = {
        f"{table.name}.{column.name}" for table in Base.metadata.sorted_tables for column in table.columns
    }
    assert set(HELD) | set(OTHERS) <= everything


def test_each_column_is_named_once():
    named = HELD + OTHERS
    assert len(named) == len(set(named))


def test_the_register_says_all_about_each():
    for held in REGISTER:
        assert all((held.columns, held.purpose, held.basis, held.seen_by, held.kept)), held


def test_erasing_empties_every_personal_column_of_attendees():
    held = {column.partition(".")[2] for column in HELD if column.startswith("attendees.")}
    assert held == set(PERSON_EMPTY)
    assert set(NEEDS_EMPTY) <= held
