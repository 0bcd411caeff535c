"""The register of personal data: what is kept, why, who sees it, how long (GDPR Art. 5, 13, 30).

The retention run and the privacy notice follow this table; a test holds it against the tables of the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

NEEDS_KEPT = timedelta(days=14)
FACTS_KEPT = timedelta(days=90)
SUBMISSION_KEPT = timedelta(days=90)
REPLIES_KEPT = timedelta(days=90)
UPLOADS_KEPT = timedelta(hours=6)
RAW_KEPT = timedelta(days=30)
DRAFTS_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Held:
    """One kind of personal data: its columns, purpose, legal basis, who sees it, and when it goes."""

    columns: tuple[str, ...]
    purpose: str
    basis: str
    seen_by: str
    kept: str


REGISTER = (
    Held(
        (
            "attendees.name",
            "attendees.name_key",
            "attendees.sort_key",
            "attendees.search_key",
            "attendees.email",
            "attendees.email_key",
            "attendees.organisation_name",
            "attendees.organisation_sort_key",
            "attendees.note",
            "attendees.answer_note",
            "attendees.bounce_words",
        ),
        "to hold the meeting and to tell those who come",
        "public task or legitimate interest (Art. 6(1)(e), (f))",
        "administrators, organisers, viewers",
        "RETENTION_MONTHS after the meeting, 12 unless set otherwise",
    ),
    Held(
        (
            "attendees.needs_interpreter",
            "attendees.needs_access",
            "attendees.needs_diet",
            "attendees.needs_note",
            "attendees.needs_consent_at",
            "attendees.needs_consent_text",
        ),
        "to make taking part possible",
        "explicit consent (Art. 9(2)(a))",
        "administrators, organisers",
        "14 days after the meeting",
    ),
    Held(
        ("attendees.handout_consent_at", "attendees.handout_consent_text"),
        "to give participants a list of each other: name and organisation",
        "consent (Art. 6(1)(a)), given at registration or on the personal page, and taken back there",
        "administrators, organisers; whoever gets the list sees the name and the organisation",
        "as the name",
    ),
    Held(
        ("question_answers.text",),
        "what the organiser asks on the form, to prepare the meeting, and after it with names, to learn from it",
        "as for the attendee; explicit consent where the question is marked as sensitive (Art. 9(2)(a))",
        "administrators, organisers, viewers; sensitive ones administrators and organisers",
        "with the name; sensitive ones 14 days after the meeting",
    ),
    Held(
        ("labels.name", "labels.name_key"),
        "to sort the people of a meeting while it is prepared: a word of the organisers, given to some of them",
        "as for the attendee",
        "administrators, organisers, viewers",
        "with the name; a label that only an erased person had goes with that person",
    ),
    Held(
        ("feedback_given.attendee_id",),
        "to take feedback after the meeting once from each, and to count it; not when, and not what was said",
        "as for the attendee",
        "nobody where feedback is given without names; else administrators, organisers, viewers",
        "as the name",
    ),
    Held(
        ("feedback_forms.tally",),
        "to learn from a meeting: what was said without names, connected with nobody; a text may name somebody",
        "legitimate interest (Art. 6(1)(f))",
        "administrators, organisers, viewers, from three answers on",
        "texts as the name; numbers stay",
    ),
    Held(
        ("answer_files.name", "answer_files.data"),
        "what the organiser asks people to send, to prepare the meeting",
        "as for what was said to questions",
        "as what was said to questions; the person, through the personal link",
        "with what was said to the question; 6 hours while the form that it came with is not sent rightly",
    ),
    Held(
        ("replies.sender", "replies.words", "replies.message_id"),
        "to see what calendars and mail servers answered, and to look into what could not be used",
        "as for the attendee",
        "administrators, organisers",
        "90 days after they came; the mail itself (`replies.raw`), kept only for review, 30 days",
    ),
    Held(
        ("personal_feeds.email_key", "personal_feeds.language"),
        "to keep the calendar up to date that a person asked for",
        "consent: the person asks for the feed and may revoke it (Art. 6(1)(a))",
        "whoever holds the secret address",
        "until it is revoked, or nothing of that address is stored any more",
    ),
    Held(
        ("door_events.code", "door_events.door"),
        "to see what the door scanned that fits nobody, and to tell the phones of a door apart",
        "as for the attendee",
        "nobody but who looks into the database; the hash of a code, and a name that a phone made up",
        "RETENTION_MONTHS after the meeting; who came, and when, stays as a count without the name",
    ),
    Held(
        ("attendance_marks.mark", "attendance_marks.account_id"),
        "to put right who was present, for the minutes, and to see who corrected it",
        "as for the attendee",
        "administrators, organisers, viewers",
        "who corrected it: RETENTION_MONTHS after the meeting; present, excused or absent stays as a count "
        "without the name",
    ),
    Held(
        ("letters.recipient", "letters.facts", "letters.last_error"),
        "to send and repeat letters, and to see what was sent",
        "as for the attendee",
        "administrators, organisers",
        "90 days after sending",
    ),
    Held(
        ("broadcasts.subject", "broadcasts.body", "broadcast_files.name"),
        "to write to many people of a meeting, and to see what was written; a text may name somebody",
        "as for the attendee",
        "administrators, organisers",
        "RETENTION_MONTHS after the meeting; files 90 days after sending, deleted drafts 30 days",
    ),
    Held(
        ("news_choices.email_key",),
        "to send no news to whoever refused it, and to let them refuse by one click",
        "legal duty and legitimate interest (Art. 6(1)(c), (f))",
        "nobody; organisers see how many refused and whom a letter leaves out",
        "until nothing of that address is stored any more",
    ),
    Held(
        ("jobs.arguments", "job_files.data"),
        "to make a file of a long list, or a print of it, while nobody waits, and to keep it until it is taken",
        "as for the attendee",
        "who ordered it, while they may export; what was searched for is sealed",
        "24 hours; at once when somebody on the list is erased, or the account is shut out",
    ),
    Held(
        ("parties.typed", "parties.content_hash"),
        "to show the page that says the registration is done, and to know the same form when it comes again",
        "as for the attendee",
        "whoever sent the form",
        "90 days",
    ),
    Held(
        (
            "accounts.email",
            "accounts.email_key",
            "accounts.name",
            "accounts.role",
            "accounts.language",
            "accounts.password_hash",
            "second_factors.secret",
            "recovery_codes.code_hash",
        ),
        "to let organisers in",
        "contract of work or public task",
        "administrators",
        "until the account is deleted; what lets in (password, second factor) nobody sees",
    ),
    Held(
        ("account_sessions.device",),
        "to recognise one's own browsers and sign a lost one out: its name and system, no network address",
        "legitimate interest (Art. 6(1)(f))",
        "the person alone",
        "until the browser is signed out, seven days at most",
    ),
    Held(
        ("contacts.name", "contacts.email", "contacts.phone"),
        "to be written to by stakeholders",
        "agreement of the person named",
        "everybody",
        "until an organiser takes it away",
    ),
    Held(
        ("programme_items.speakers",),
        "to announce the programme",
        "agreement of the person named",
        "everybody",
        "until an organiser takes it away; of a deleted draft 30 days more",
    ),
    Held(
        ("rate_hits.key",),
        "to slow down who sends too much: keyed hashes of addresses of mail and network",
        "legitimate interest (Art. 6(1)(f))",
        "nobody",
        "an hour",
    ),
)
