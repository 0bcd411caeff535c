"""Links that open a new entry in Google Calendar or Outlook on the web. Such a copy follows no changes.

Neither form is documented by its maker; both are those in common use. Times go in UTC, which both understand.
"""

from __future__ import annotations

import html
from bisect import bisect_right
from datetime import UTC
from itertools import accumulate
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from app.domain.calendars import text

if TYPE_CHECKING:
    from app.domain.calendars.facts import PublicEventFacts

GOOGLE = "https://calendar.google.com/calendar/render"
OUTLOOK = "https://outlook.office.com/calendar/deeplink/compose"

# octets after percent-encoding: together about 1500, as some servers take a query of 2048 at most
TITLE_OCTETS = 450
PLACE_OCTETS = 300
BODY_OCTETS = 600


def google_link(facts: PublicEventFacts) -> str:
    """The address that opens a filled-in entry in Google Calendar, in the meeting's zone."""
    stamp = "%Y%m%dT%H%M%SZ"
    starts, ends = (f"{instant.astimezone(UTC):{stamp}}" for instant in (facts.starts_at, facts.ends_at))
    query = {
        "action": "TEMPLATE",
        "text": _title(facts),
        "dates": f"{starts}/{ends}",
        "ctz": facts.timezone,
        "details": _body(facts),
        "location": _place(facts),
    }
    return _link(GOOGLE, query)


def outlook_link(facts: PublicEventFacts) -> str:
    """The address that opens a filled-in entry in Outlook on the web (work and school accounts)."""
    stamp = "%Y-%m-%dT%H:%M:%SZ"
    query = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": _title(facts),
        "startdt": f"{facts.starts_at.astimezone(UTC):{stamp}}",
        "enddt": f"{facts.ends_at.astimezone(UTC):{stamp}}",
        "body": html.escape(_body(facts), quote=False).replace("\n", "<br>"),  # read as HTML there
        "location": _place(facts),
    }
    return _link(OUTLOOK, query)


def _link(address: str, query: dict[str, str]) -> str:
    filled = {name: value for name, value in query.items() if value}
    return f"{address}?{urlencode(filled, quote_via=quote, safe='')}"


def _title(facts: PublicEventFacts) -> str:
    return _shortened(text.one_line(facts.summary), TITLE_OCTETS)


def _place(facts: PublicEventFacts) -> str:
    return _shortened(text.one_line(facts.location or ""), PLACE_OCTETS)


def _body(facts: PublicEventFacts) -> str:
    description = _shortened(text.several_lines(facts.description), BODY_OCTETS)
    return "\n\n".join(part for part in (description, text.uri(facts.url or "")) if part)


def _shortened(value: str, octets: int) -> str:
    """The longest beginning of `value` that takes at most `octets` once encoded, with `…` if it was cut."""
    totals = list(accumulate(len(quote(character, safe="")) for character in value))
    if not totals or totals[-1] <= octets:
        return value
    return value[: bisect_right(totals, octets - len(quote("…")))].rstrip() + "…"
