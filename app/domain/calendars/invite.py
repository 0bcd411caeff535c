"""The invite of one attendee (iTIP, RFC 5546): REQUEST to invite and to change, CANCEL to end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icalendar import Alarm

from app.domain.calendars import parts, text

if TYPE_CHECKING:
    from datetime import timedelta

    from icalendar import Event, vCalAddress

    from app.domain.calendars.facts import InviteFacts


def request(facts: InviteFacts) -> bytes:
    """The whole invite as a file with METHOD:REQUEST, also for every later change.

    It asks for an answer and names nobody but this attendee. The same facts give the same bytes.
    """
    event = parts.event_when(facts, parts.written_zone(facts))
    parts.add_where(event, facts)
    event.add("organizer", parts.person(facts.organizer_address, facts.organizer_name))
    event.add("attendee", _attendee(facts, RSVP="TRUE"))
    event.add("status", "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("class", "PRIVATE")
    if facts.alarm_before is not None:
        _add_alarm(event, facts.alarm_before, text.one_line(facts.alarm_text) or text.one_line(facts.summary))
    return parts.one_event("REQUEST", event, facts)


def cancel(facts: InviteFacts) -> bytes:
    """A file with METHOD:CANCEL that takes the meeting out of the attendee's calendar.

    `facts.sequence` is the last one sent plus one; uid, organiser and attendee are those of the REQUEST.
    """
    event = parts.event_when(facts, parts.written_zone(facts))
    event.add("organizer", parts.person(facts.organizer_address, facts.organizer_name))
    event.add("attendee", _attendee(facts))
    event.add("status", "CANCELLED")
    return parts.one_event("CANCEL", event, facts)


def _attendee(facts: InviteFacts, **more: str) -> vCalAddress:
    role = {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": facts.partstat.value}
    return parts.person(facts.attendee_address, facts.attendee_name, **role, **more)


def _add_alarm(event: Event, before: timedelta, words: str) -> None:
    if not words:  # an alarm that displays must have words
        return
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    parts.add_text(alarm, "description", words)
    alarm.add("trigger", -before)
    event.add_component(alarm)
