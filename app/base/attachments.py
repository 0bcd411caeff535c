"""Files that people hand over to be sent on: what they are by their content, and a name that is safe to write.

HTML, SVG, programs and macros are refused by not being in the list.
"""

from __future__ import annotations

import re
import unicodedata
import zipfile
from io import BytesIO

from app.base.archives import read_part

MOST_ENTRIES = 20_000  # of an archive that is looked into
LONGEST_NAME = 80
TEXT = "text/plain"
CSV = "text/csv"
CALENDAR = "text/calendar"
ENDINGS = {
    "application/pdf": ".pdf",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.oasis.opendocument.presentation": ".odp",
    CSV: ".csv",
    CALENDAR: ".ics",
    TEXT: ".txt",
}
_BEGINNINGS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_OFFICE = {
    "word/": "wordprocessingml.document",
    "xl/": "spreadsheetml.sheet",
    "ppt/": "presentationml.presentation",
}
_MARKUP = re.compile(r"<\s*(!doctype|html|head|body|script|svg|iframe|\?xml)", re.IGNORECASE)


def kind_of(data: bytes, name: str = "") -> str | None:
    """The type of a file by its content, one of `ENDINGS`; None for what may not be sent on.

    `name` only tells apart what looks alike: a table, a calendar and a plain text.
    """
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            return kind
    if data.startswith(b"PK\x03\x04"):
        return _office_kind(data)
    return _text_kind(data, name)


def safe_name(name: str, kind: str) -> str:
    """A file name of letters, digits, spaces, dots, hyphens and underscores, with the ending of its type."""
    return with_ending(name, ENDINGS[kind])


def with_ending(name: str, ending: str) -> str:
    """A file name of the same signs whose last ending is this one."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(char if char.isalnum() or char in " ._-" else "-" for char in last)
    stem = kept.rpartition(".")[0] if "." in kept else kept
    stem = re.sub(r"[\s-]*-[\s-]*", "-", " ".join(stem.split())).strip(" .-_")
    return f"{stem[:LONGEST_NAME].rstrip(' .-_') or 'file'}{ending}"


def _office_kind(data: bytes) -> str | None:
    """What an archive is: a document of an office program without macros, or None."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = archive.namelist()[:MOST_ENTRIES]
            declared = _declared(archive, names)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError):
        return None
    if declared is not None:
        return declared if declared in ENDINGS else None
    if "[Content_Types].xml" not in names or any(one.lower().endswith("vbaproject.bin") for one in names):
        return None
    for folder, word in _OFFICE.items():
        if any(one.startswith(folder) for one in names):
            return f"application/vnd.openxmlformats-officedocument.{word}"
    return None


def _declared(archive: zipfile.ZipFile, names: list[str]) -> str | None:
    """What an OpenDocument file says it is, in its first entry."""
    if not names or names[0] != "mimetype" or archive.getinfo("mimetype").file_size > LONGEST_NAME:
        return None
    part = archive.getinfo("mimetype")
    return read_part(archive, part, LONGEST_NAME).decode("ascii", "replace").strip()


def _text_kind(data: bytes, name: str) -> str | None:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if not text.strip() or any(unicodedata.category(char) == "Cc" and char not in "\t\r\n" for char in text):
        return None
    if text.lstrip().upper().startswith("BEGIN:VCALENDAR"):
        return CALENDAR
    if _MARKUP.search(text[:2000]):
        return None
    return CSV if name.lower().endswith(".csv") else TEXT
