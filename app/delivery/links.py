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


@dataclass(frozen=True, slots=True)
class Personal:
    """The personal page of one attendee and its place to erase everything."""

    page: str
    erase: str

    def answer(self, said: str = "") -> str:
        """The page with a button for each answer, `said` chosen. Opening it answers nothing."""
        page = f"{self.page.rstrip('/')}/answer/"
        return f"{page}?answer={said}" if said else page


def personal(lang: str, token: str | None) -> Personal:
    """The links that let one attendee in; without a token they are masked (`…/•••`)."""
    page = f"{settings().base_url}/{lang}/my/{token}/" if token else f"…/{MASK}"
    return Personal(page, f"{page}#erase")
