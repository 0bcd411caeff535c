"""What somebody recognises a browser by: its name and the system, in two words. The rest of its header is not kept."""

from __future__ import annotations

from flask import request

# The first that is found counts: nearly every browser also calls itself by the names of others.
BROWSERS = (
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("samsungbrowser", "Samsung Internet"),
    ("vivaldi", "Vivaldi"),
    ("firefox", "Firefox"),
    ("fxios", "Firefox"),
    ("crios", "Chrome"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
)
SYSTEMS = (
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("android", "Android"),
    ("windows", "Windows"),
    ("mac os", "Mac"),
    ("cros", "ChromeOS"),
    ("linux", "Linux"),
)


def device_words(user_agent: str) -> str:
    """`Firefox, Android`; empty for what names neither a browser nor a system that we know."""
    given = user_agent[:500].lower()
    words = (next((word for sign, word in table if sign in given), "") for table in (BROWSERS, SYSTEMS))
    return ", ".join(filter(None, words))


def device() -> str:
    """The words for the browser that asks."""
    return device_words(request.headers.get("User-Agent", ""))
