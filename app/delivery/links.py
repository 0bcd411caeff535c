"""Addresses that letters carry. They come from BASE_URL alone; there is no request to ask."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from app.extensions import settings

MASK = "•••"


def home(lang: str) -> str:
    """The home page."""
    return f"{settings().base_url}/{lang}/"


def meetings(lang: str) -> str:
    """All meetings."""
    return f"{settings().base_url}/{lang}/meetings/"


def meeting(lang: str, slug: str) -> str:
    """The public page of a meeting."""
    return f"{settings().base_url}/{lang}/meetings/{quote(slug, safe='')}/"


def news(lang: str, token: str | None) -> str:
    """The page where an address refuses news, or wants them again; masked without a token."""
    return f"{settings().base_url}/{lang}/news/{token}/" if token else f"…/{MASK}"


def sign_in(lang: str, token: str) -> str:
    """The page with the button that uses a one-time link."""
    return f"{settings().base_url}/{lang}/sign-in/link/{token}/"


def workspace(path: str) -> str:
    """A page behind the sign-in."""
    return f"{settings().base_url}/workspace/{path}"


def on_map(address: str) -> str:
    """A map that finds a postal address."""
    return f"https://mapy.cz/zakladni?q={quote(address, safe='')}"


def ticket(token: str | None) -> str:
    """What the door scans. Whoever opens it sees the code and which meeting it is for, no more."""
    return f"{settings().base_url}/c/{token}" if token else f"…/{MASK}"


@dataclass(frozen=True, slots=True)
class Personal:
    """The personal page of one attendee, its place to erase everything, and the page to name a colleague."""

    page: str
    erase: str

    @property
    def substitute(self) -> str:
        """The page on which somebody who cannot come names a colleague."""
        return f"{self.page.rstrip('/')}/substitute/"

    @property
    def feedback(self) -> str:
        """The page on which somebody who was there says how it was."""
        return f"{self.page.rstrip('/')}/feedback/"

    def answer(self, said: str = "") -> str:
        """The page with a button for each answer, `said` chosen. Opening it answers nothing."""
        page = f"{self.page.rstrip('/')}/answer/"
        return f"{page}?answer={said}" if said else page


@dataclass(frozen=True, slots=True)
class Feed:
    """A personal feed: its address, the same for programs that subscribe at a click, and the page about it."""

    https: str
    webcal: str
    page: str


def feed(lang: str, token: str | None) -> Feed:
    """The addresses of a personal feed; without a token they are masked (`…/•••`)."""
    if not token:
        return Feed(*[f"…/{MASK}"] * 3)
    https = f"{settings().base_url}/feed/{token}.ics"
    return Feed(https, as_webcal(https), f"{settings().base_url}/{lang}/feed/{token}/")


def as_webcal(address: str) -> str:
    """The address of a calendar as one that opens a calendar program."""
    return f"webcal://{address.partition('://')[2]}"


def personal(lang: str, token: str | None) -> Personal:
    """The links that let one attendee in; without a token they are masked (`…/•••`)."""
    page = f"{settings().base_url}/{lang}/my/{token}/" if token else f"…/{MASK}"
    return Personal(page, f"{page}#erase")
