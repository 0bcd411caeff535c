"""Invitations, answers, approval, substitutes, reminders: what each letter says to each place, from real causes."""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from email import message_from_bytes
from zoneinfo import ZoneInfo

import html5lib
import pytest
from sqlalchemy.orm import Session

from app.base import clock
from app.delivery.letters import compose, preview
from app.delivery.message import LetterMessage, UnsafeMessage
from app.domain.outbox.models import Kind, Letter
from app.domain.registration.models import Answer, Attendee
from tests.calendar_checks import assert_well_formed, read_the_same
from tests.delivery.cast import a_meeting, ask_to_confirm, invite_in_language
from tests.delivery.scenes import COLLEAGUE, LINK, SCENES, Story, letter_of
from tests.factories import person

pytestmark = pytest.mark.usefixtures("both_languages")
MOST_WORDS = 170
EVIL = '<script>alert(1)</script> "Eva" & spol. </blockquote>'
YES_MAYBE_NO = ["yes", "maybe", "no"]

ASKED = dict.fromkeys(
    (
        *("invited", "invited_with_deadline", "invited_online", "instead_confirmed", "instead_invited"),
        *("moved_confirmed", "moved_invited", "elsewhere_invited", "restored_invited", "changed_invited"),
        "added",
    ),
    ("REQUEST", "NEEDS-ACTION"),
)
COMING = dict.fromkeys(
    ("invited_yes", "maybe_then_yes", "approved", "elsewhere_confirmed"), ("REQUEST", "ACCEPTED")
)
MAYBE = dict.fromkeys(("invited_maybe", "moved_up_undecided", "back_as_maybe"), ("REQUEST", "TENTATIVE"))
ENDED = (
    *("invited_yes_when_full", "replied_yes_when_full", "invited_no", "uninvited", "invitation_erased"),
    *("invited_elsewhere", "released", "released_by_invitation_only", "replaced", "replaced_invited"),
    *("called_off_invited", "lost_seat_by_change"),
)
REMINDERS = [name for name in SCENES if name.startswith(("reminded", "silent", "asked"))]
UNSURE = {"unsure_yes": ["yes"], "unsure_no": ["no"], "unsure_maybe": ["maybe"]}
OFFERS = {
    **dict.fromkeys((*ASKED, *MAYBE, *REMINDERS, "already_invited"), YES_MAYBE_NO),
    **UNSURE,
    "invited_maybe": ["yes", "no"],
    "reminded_yes": ["no"],
}
SAYS = {
    "invited": [
        "We invite you",
        "> Budeme rádi.\n> Přijďte.\n",
        "Invited: Olena",
        "do not forward it",
        "Please answer.",
    ],
    "invited_with_deadline": ["Can you come? Please answer by "],
    "invited_online": ["The link to join online comes as soon as you have a seat."],
    "invited_yes": ["Your seat is confirmed.", "If you cannot come, please cancel."],
    "invited_maybe": [
        "your answer: maybe",
        "We hold your seat for now.",
        "Please decide as soon as you can.",
    ],
    "maybe_then_yes": ["We have noted that you are coming.\nYour seat is confirmed."],
    "waiting_maybe": ["your answer: maybe", "you are on the waiting list", "in the queue now: 1."],
    "pending_maybe": ["your answer: maybe", "have not decided about your registration yet"],
    "invited_yes_when_full": ["on the waiting list", "out of your calendar until you have a seat"],
    "replied_yes_when_full": ["on the waiting list", "out of your calendar until you have a seat"],
    "invited_no": ["noted that you cannot come", "out of your calendar.", "Can you come after all?"],
    "uninvited": ["have cancelled your invitation", "Reason: Omyl."],
    "invitation_erased": ["Your invitation to this meeting is cancelled.", "It is the last one."],
    "invited_elsewhere": ["This invitation now goes to another address."],
    "unsure_no": [
        "this answer: I can't come.",
        "We could not be sure that it came from you",
        "nothing has changed yet",
    ],
    "unsure_yes": ["this answer: I'll come."],
    "unsure_maybe": ["this answer: Maybe."],
    "stranger": ["Somebody else answered", "Perhaps the invite was forwarded. Nothing has changed."],
    "delegated": [
        "you passed your invite on. A calendar cannot give your place away, so nothing has changed.",
        "They get an invite of their own.\nA colleague comes instead of me:\nhttp://localhost/en/my/",
        "You are coming yourself? Then you need not do anything.",
    ],
    "delegated_invited": ["nothing has changed.", "Then answer on the page of your invitation."],
    "reminded_yes": ["We remind you", f"Join online:\n{LINK}\n", "You cannot come? Please tell us."],
    "reminded_maybe": ["Please tell us whether you are coming.", "we hold your seat", LINK],
    "reminded_after_a_move": ["We remind you", "Can you come? Please answer.", "Step-free entrance"],
    "asked_before_the_deadline": ["we hold your seat. Please decide by "],
    "silent": ["You have not answered our invitation yet.", "Step-free entrance"],
    "silent_asked": ["You have not answered our invitation yet."],
    "pending_companion": [f"{COLLEAGUE} registered you", "approve each registration", "Registered: Eva Malá"],
    "approved": ["have approved your registration. Your seat is confirmed."],
    "approved_when_full": ["have approved your registration. All seats are taken"],
    "not_approved": ["was not approved", "Reason: Je nás mnoho.", "platforma@example.org"],
    "released": ["Your answer was maybe", "Register again", "out of your calendar."],
    "released_by_invitation_only": ["Your answer was maybe", "Please write to us."],
    "instead_confirmed": [
        "Olena Ševčenková cannot come and has named you instead.",
        "A seat is kept for you.",
    ],
    "instead_invited": ["The invitation is now yours.", f"Invited: {COLLEAGUE}"],
    "instead_waiting": ["has named you instead.", "on the waiting list", "in the queue now: 1."],
    "instead_pending": ["has named you instead.", "have not decided about your registration yet"],
    "replaced": ["somebody else comes instead of you", "out of your calendar.", "Please write to us."],
    "replaced_invited": ["somebody else comes instead of you"],
    "moved_confirmed": ["You keep your seat.", "The time is new, so we ask everybody again"],
    "moved_waiting": [
        "The meeting has a new time.",
        "You are still on the waiting list.",
        "please cancel.\n",
    ],
    "moved_pending": ["have not decided about your registration yet"],
    "moved_invited": ["You are still invited.", "The time is new, so we ask everybody again"],
    "elsewhere_confirmed": [
        "The meeting has a new place.",
        "You keep your seat.",
        "If this does not suit you",
    ],
    "elsewhere_invited": ["You are still invited.", "Can you come? Please answer."],
    "called_off_pending": ["You need not cancel your registration."],
    "called_off_invited": ["You need not answer."],
    "restored_pending": ["have not decided about your registration yet"],
    "restored_invited": ["Hello,\n\nThe meeting takes place after all.", "You are still invited."],
    "changed_pending": ["have not decided about your registration yet"],
    "changed_invited": ["Your details have changed.", "You are invited."],
    "lost_seat_by_change": ["on the waiting list", "out of your calendar until you have a seat"],
    "link_pending": ["the link to your registration"],
    "link_invited": ["the link to your invitation", "can answer for you"],
    "new_link_invited": ["the new link to your invitation", "can answer for you"],
    "already_invited": ["You are invited already"],
    "already_pending": ["You are registered already", "have not decided about your registration yet"],
    "pending_party": [f"- {COLLEAGUE}: to be approved"],
    "added": ["Your seat is confirmed.", "Can you come?"],
    "moved_up_undecided": ["A seat has become free", "we hold your seat"],
    "back_as_maybe": ["Your seat is confirmed.", "we hold your seat"],
}
HAVE_NO_SEAT = [
    name
    for name in SCENES
    if {"pending", "waiting", "silent", "stranger"} & set(name.split("_")) or name.endswith("_invited")
]
SUBJECTS = {
    "invited": "Invitation: ",
    "invited_maybe": "You said maybe: ",
    "maybe_then_yes": "You are coming: ",
    "invited_no": "You cannot come: ",
    "uninvited": "Invitation cancelled: ",
    "unsure_no": "Please confirm: ",
    "stranger": "Not your answer? ",
    "delegated": "Who comes instead? ",
    "delegated_invited": "Who comes instead? ",
    "reminded_yes": "Reminder: ",
    "reminded_after_a_move": "Reminder: ",
    "reminded_maybe": "Please answer: ",
    "silent": "Please answer: ",
    "pending_companion": "To be approved: ",
    "not_approved": "Not approved: ",
    "released": "No seat any more: ",
    "instead_confirmed": "Please come instead: ",
    "replaced": "Place passed on: ",
    "changed_invited": "Details changed: ",
    "already_invited": "Already invited: ",
}

every_scene = pytest.mark.parametrize("name", list(SCENES))
every_language = pytest.mark.parametrize("lang", ["cs", "en"])


def mail_of(session: Session, name: str, lang: str = "en") -> LetterMessage:
    return compose(session, letter_of(session, name, lang), now=clock.now())


def token_of(session: Session, letter: Letter) -> str:
    return session.get_one(Attendee, letter.attendee_id).token


def answers_in(text: str) -> list[str]:
    return re.findall(r"/answer/\?answer=(\w+)", text)


def test_each_scene_is_looked_at() -> None:
    assert set(SAYS) == set(SCENES)


@every_scene
@every_language
def test_it_is_short_and_whole_with_the_right_calendar_part(session: Session, name: str, lang: str) -> None:
    letter = letter_of(session, name, lang)
    mail = compose(session, letter, now=clock.now())

    assert 0 < len(mail.subject) <= 60
    assert "%(" not in mail.subject + mail.text + mail.html_text
    assert len(re.sub(r"https?://\S+", "", mail.text).split()) <= MOST_WORDS
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(mail.html_text)
    assert not parser.errors, parser.errors
    assert all(table.get("role") == "presentation" for table in tree.iter("table"))
    assert len(list(tree.iter("h1"))) == 1
    assert sorted(set(answers_in(mail.html_text))) == sorted(OFFERS.get(name, []))
    assert_calendar(session, name, letter, mail)


def assert_calendar(session: Session, name: str, letter: Letter, mail: LetterMessage) -> None:
    """The part that the place wants, as others read it."""
    wanted = (ASKED | COMING | MAYBE).get(name)
    assert mail.method == (wanted[0] if wanted else "CANCEL" if name in ENDED else None)
    if mail.calendar is None:
        return
    assert_well_formed(mail.calendar)
    event, attendee = read_the_same(mail.calendar), session.get_one(Attendee, letter.attendee_id)
    assert (event.method, event.uid, event.attendee) == (mail.method, attendee.uid, letter.recipient)
    assert (event.sequence, event.status) == (letter.sequence, "CONFIRMED" if wanted else "CANCELLED")
    assert wanted is None or event.partstat == wanted[1]
    assert attendee.token not in mail.calendar.decode()


@every_scene
def test_it_says_what_happened(session: Session, name: str) -> None:
    mail = mail_of(session, name)

    for words in SAYS[name]:
        assert words in mail.text
    assert mail.subject.startswith(SUBJECTS.get(name, ""))
    assert answers_in(mail.text) == OFFERS.get(name, [])
    if name in HAVE_NO_SEAT:
        assert "Your seat is confirmed" not in mail.text + mail.html_text
        assert "You keep your seat" not in mail.text + mail.html_text


@pytest.mark.parametrize("name", [*ASKED, *MAYBE])
def test_who_is_asked_may_answer_in_the_calendar_as_well(session: Session, name: str) -> None:
    mail = mail_of(session, name)

    assert "You can answer there as well." in mail.text
    assert "You can answer there as well." in mail.html_text


@pytest.mark.parametrize(
    "name", [name for name in SCENES if name.startswith(("invited", "silent", "uninvited"))]
)
def test_it_says_why_it_came(session: Session, name: str) -> None:
    text = mail_of(session, name).text
    registered = name.startswith(("invited_yes", "invited_maybe"))  # since then they are on the list
    assert ("because this address was registered" in text) == registered
    assert ("because the organisers invited this address" in text) == (
        not registered and name != "invitation_erased"
    )


@pytest.mark.parametrize("place", ["confirmed", "waiting", "pending", "invited"])
def test_a_substitute_reads_by_whom_they_were_named_and_may_erase_it(session: Session, place: str) -> None:
    letter = letter_of(session, f"instead_{place}")
    text = compose(session, letter, now=clock.now()).text

    assert "because somebody on the list named this address" in text
    assert (
        f"This is not for you? Erase your data:\nhttp://localhost/en/my/{token_of(session, letter)}/#erase"
        in text
    )


def test_the_one_who_is_replaced_is_not_told_by_whom(session: Session) -> None:
    mail = mail_of(session, "replaced")
    assert COLLEAGUE not in mail.text + mail.html_text


def test_a_stranger_is_not_named_and_their_answer_not_offered(session: Session) -> None:
    letter = letter_of(session, "stranger")
    text = compose(session, letter, now=clock.now()).text
    assert answers_in(text) == []
    assert f"http://localhost/en/my/{token_of(session, letter)}/answer/\n" in text
    assert set(re.findall(r"\S+@\S+", text)) == {"platforma@example.org"}


@pytest.mark.parametrize("name", ["delegated", "delegated_invited"])
def test_who_passed_the_invite_on_is_led_to_the_page_for_a_colleague(session: Session, name: str) -> None:
    letter = letter_of(session, name)
    mail = compose(session, letter, now=clock.now())
    page = f"http://localhost/en/my/{token_of(session, letter)}/substitute/"

    assert f"{page}\n" in mail.text
    tree = html5lib.parse(mail.html_text, namespaceHTMLElements=False)
    (button,) = (link for link in tree.iter("a") if (link.get("class") or "").startswith("button"))
    assert button.get("href") == page
    assert "Please confirm" not in mail.text + mail.html_text


@every_scene
def test_a_preview_masks_the_links(session: Session, name: str) -> None:
    letter = letter_of(session, name)
    shown = preview(letter)

    assert shown is not None
    everything = shown.subject + shown.text + shown.html + (shown.calendar or "")
    assert token_of(session, letter) not in everything
    assert answers_in(shown.text) == OFFERS.get(name, [])
    assert all(f"…/•••/answer/?answer={said}" in shown.text for said in OFFERS.get(name, []))
    tree = html5lib.parse(shown.html, namespaceHTMLElements=False)
    assert not [link for link in tree.iter("a") if "answer" in link.get("href", "")]


def test_the_answers_lead_to_the_page_of_the_moment(session: Session) -> None:
    letter = letter_of(session, "invited")
    session.get_one(Attendee, letter.attendee_id).token = "a-new-token"
    session.commit()

    mail = compose(session, letter, now=clock.now())

    pairs = [(words, f"http://localhost/en/my/a-new-token/answer/?answer={said}") for words, said in
             (("I'll come", "yes"), ("Maybe", "maybe"), ("I can't come", "no"))]  # fmt: skip
    assert "\n\n".join(f"{words}:\n{address}" for words, address in pairs) in mail.text
    tree = html5lib.parse(mail.html_text, namespaceHTMLElements=False)
    buttons = [link for link in tree.iter("a") if (link.get("class") or "").startswith("button")]
    assert [link.get("href") for link in buttons] == [address for _words, address in pairs]
    assert all("padding: 12px 20px" in (link.get("style") or "") for link in buttons)


def test_the_online_link_waits_for_the_seat(session: Session) -> None:
    mail = mail_of(session, "invited_online")
    assert LINK not in mail.text + mail.html_text
    assert mail.calendar is not None
    assert LINK not in mail.calendar.decode()


def test_what_people_typed_is_text(session: Session) -> None:
    meeting = a_meeting(session, title={"en": EVIL[:60]})
    (one,) = invite_in_language(
        session, meeting, "en", person(EVIL, "evil@example.com"), words=f"{EVIL}\n{EVIL}"
    )
    letter = Story(session, "en").newest(Kind.INVITED)
    ask_to_confirm(session, one, Answer.NO, why=EVIL)
    asked = Story(session, "en").newest(Kind.CONFIRM_ANSWER)
    asked.facts = asked.facts | {"answer": '"><script>'}
    session.commit()

    for each in (letter, asked):
        parser = html5lib.HTMLParser(namespaceHTMLElements=False)
        tree = parser.parse(compose(session, each, now=clock.now()).html_text)
        assert not parser.errors
        assert not list(tree.iter("script"))
        assert len(list(tree.iter("blockquote"))) == (each is letter)


def test_the_organisers_words_keep_their_lines(session: Session) -> None:
    invite_in_language(session, a_meeting(session), "en", words="First.\n\n  Second & last.")
    mail = compose(session, Story(session, "en").newest(Kind.INVITED), now=clock.now())

    assert "> First.\n>\n>   Second & last.\n" in mail.text
    tree = html5lib.parse(mail.html_text, namespaceHTMLElements=False)
    (quoted,) = tree.iter("blockquote")
    assert len(list(quoted.iter("br"))) == 2
    assert [line.strip() for line in quoted.itertext()] == ["First.", "Second & last."]


@pytest.mark.parametrize(("days", "shown"), [(20, True), (30, True), (31, False), (-1, False), (0, True)])
def test_a_deadline_is_named_while_it_can_be_kept(session: Session, days: int, *, shown: bool) -> None:
    """Not one that is over, nor one after the start (in 30 days)."""
    zone = (
        UTC if days > 0 else ZoneInfo("Europe/Prague")
    )  # the start is counted in UTC, today is that of the place
    deadline = (clock.now() + timedelta(days=days)).astimezone(zone).date()
    invite_in_language(session, a_meeting(session, deadline=deadline), "en")
    text = compose(session, Story(session, "en").newest(Kind.INVITED), now=clock.now()).text
    assert ("Please answer by " in text) == shown
    assert ("Please answer." in text) != shown


def test_a_letter_from_before_deadlines_and_answers_is_still_written(session: Session) -> None:
    """The release before this one knew neither fact."""
    letter = letter_of(session, "invited_yes")
    facts = {
        **letter.facts,
        "meeting": dict(letter.facts["meeting"]),
        "attendee": dict(letter.facts["attendee"]),
    }
    del facts["meeting"]["deadline"], facts["attendee"]["answer"]
    letter.facts = facts
    session.commit()

    assert answers_in(compose(session, letter, now=clock.now()).text) == []


def test_whoever_was_erased_gets_no_link(session: Session) -> None:
    letter = letter_of(session, "invited")
    session.get_one(Attendee, letter.attendee_id).erased_at = clock.now()
    session.commit()

    assert "/my/" not in compose(session, letter, now=clock.now()).text


# --- Auto-Submitted -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("replied_yes_when_full", b"auto-replied"),
        ("unsure_no", b"auto-replied"),
        ("invited_yes_when_full", b"auto-generated"),
        ("invited", b"auto-generated"),
    ],
)
def test_what_answers_a_mail_says_so(session: Session, name: str, value: bytes) -> None:
    raw = mail_of(session, name).as_bytes()

    found = re.findall(rb"(?m)^Auto-Submitted: (.*)\r$", raw.partition(b"\r\n\r\n")[0])
    assert found == [value]
    assert message_from_bytes(raw)["Auto-Submitted"] == value.decode()


@pytest.mark.parametrize("value", ["no", "auto-notified", "auto-replied; x"])
def test_another_value_never_leaves(session: Session, value: str) -> None:
    mail = mail_of(session, "invited")
    mail.auto_submitted, mail._finished = value, None

    with pytest.raises(UnsafeMessage):
        mail.as_bytes()
