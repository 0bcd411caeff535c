"""Files that strangers hand over to be kept: what they are is told by their content, and the name must agree.

Stricter than what organisers may send on (`attachments`): whoever opens such a file knows only that somebody
typed a name into a form. HTML, SVG, programs and macros are refused by not being in the list.
"""

from __future__ import annotations

import hashlib
import re
import struct
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO

from app.base.archives import read_part
from app.base.attachments import with_ending
from app.base.pictures import BadPicture, cleaned

MEGABYTE = 1024 * 1024
MOST_UNPACKED = 300 * MEGABYTE  # what the parts of a document say they come to
THICK = 100  # times larger when unpacked, beyond `SMALL`: no document is, a bomb is
SMALL = 20 * MEGABYTE
LONGEST_DIRECTORY = 2 * MEGABYTE  # the list of parts at the end of an archive
LONGEST_LIST = 512 * 1024  # the list of types inside a document
HEAD, TAIL = 1024, 2048
END_OF_ARCHIVE, END_LENGTH = b"PK\x05\x06", 22
LONGEST_COMMENT = 65_535
OFFICE = "application/vnd.openxmlformats-officedocument."
OPEN = "application/vnd.oasis.opendocument."


class Group(StrEnum):
    """Kinds of files that can be asked for."""

    PDF = "pdf"
    PICTURE = "picture"
    OFFICE = "office"
    TEXT = "text"


KINDS: dict[Group, dict[str, tuple[str, ...]]] = {
    Group.PDF: {"application/pdf": (".pdf",)},
    Group.PICTURE: {
        "image/jpeg": (".jpg", ".jpeg"),
        "image/png": (".png",),
        "image/webp": (".webp",),
    },
    Group.OFFICE: {
        f"{OFFICE}wordprocessingml.document": (".docx",),
        f"{OFFICE}spreadsheetml.sheet": (".xlsx",),
        f"{OFFICE}presentationml.presentation": (".pptx",),
        f"{OPEN}text": (".odt",),
        f"{OPEN}spreadsheet": (".ods",),
        f"{OPEN}presentation": (".odp",),
    },
    Group.TEXT: {"text/plain": (".txt",)},
}
_BEGINNINGS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)
_ARCHIVE = b"PK\x03\x04"
_MARKUP = re.compile(
    rb"<\s*(!doctype|html|head|body|script|svg|iframe|object|embed|meta|img|\?php)", re.IGNORECASE
)
_BROKEN = (
    *(zipfile.BadZipFile, NotImplementedError, RuntimeError),
    *(ValueError, EOFError, KeyError, OSError, zlib.error, struct.error),
)
_MACROS = ("vbaproject.bin", "vbadata.xml")
_MACRO_FOLDERS = ("basic/", "scripts/")


class BadUpload(ValueError):  # noqa: N818 - what is bad is the file, not the program
    """A file that is not kept; `reason` is `empty_file`, `large_file`, `file_kind` or `file_ending`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that may be kept: a safe name, the type found in it, and its content without hidden notes."""

    name: str
    content_type: str
    data: bytes

    @property
    def digest(self) -> str:
        """By which the same file is known again."""
        return hashlib.sha256(self.data).hexdigest()


def judge(name: str, data: bytes, groups: tuple[Group, ...], *, most: int) -> Upload:
    """The file as it may be kept; raises `BadUpload`. `most` is its largest size in bytes."""
    if not data:
        raise BadUpload("empty_file")
    if len(data) > most:
        raise BadUpload("large_file")
    wanted = {kind: endings for group in groups for kind, endings in KINDS[group].items()}
    kind = kind_of(data)
    if kind not in wanted:
        raise BadUpload("file_kind")
    if ending_of(name) not in wanted[kind]:
        raise BadUpload("file_ending")
    if kind.startswith("image/"):
        try:
            data = cleaned(kind, data)
        except BadPicture as bad:
            raise BadUpload("file_kind") from bad
    return Upload(with_ending(name, wanted[kind][0]), kind, data)


def endings_of(groups: tuple[Group, ...]) -> list[str]:
    """What names of such files end in."""
    return [one for group in groups for endings in KINDS[group].values() for one in endings]


def ending_of(name: str) -> str:
    """What a name ends in, in small letters, with the dot; invisible signs count."""
    return f".{unicodedata.normalize('NFC', name).rpartition('.')[2].lower()}" if "." in name else ""


def kind_of(data: bytes) -> str:
    """The type of a file by its content; empty for what is never kept."""
    if _MARKUP.search(data[:HEAD]):  # what a browser would look at to guess; none of our types begins so
        return ""
    if data.startswith(_ARCHIVE):
        return _document_kind(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            whole = kind != "application/pdf" or b"%%EOF" in data[-TAIL:]
            return kind if whole else ""
    return "text/plain" if _is_text(data) else ""


def _is_text(data: bytes) -> bool:
    if data.startswith(b"#!") or _MARKUP.search(data):
        return False
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return bool(text.strip()) and not any(
        unicodedata.category(char) == "Cc" and char not in "\t\r\n\f" for char in text
    )


def _document_kind(data: bytes) -> str:
    """What an archive is: a document of an office program without macros, or nothing. Little of it is unpacked."""
    if not _has_short_directory(data):
        return ""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
            if _is_bomb(parts, len(data)) or any(_is_macro(part.filename) for part in parts):
                return ""
            return _open_kind(archive, parts) or _office_kind(archive)
    except _BROKEN:
        return ""


def _has_short_directory(data: bytes) -> bool:
    """Whether the list of parts is one that may be read into memory."""
    at = data.rfind(END_OF_ARCHIVE, max(0, len(data) - LONGEST_COMMENT - END_LENGTH))
    if at < 0 or at + END_LENGTH > len(data):
        return False
    (length,) = struct.unpack_from("<I", data, at + 12)
    return bool(length <= LONGEST_DIRECTORY) and data[at - 20 : at - 16] != b"PK\x06\x07"  # no ZIP64


def _is_bomb(parts: list[zipfile.ZipInfo], size: int) -> bool:
    unpacked = sum(part.file_size for part in parts)
    return unpacked > MOST_UNPACKED or (unpacked > SMALL and unpacked > THICK * size)


def _is_macro(name: str) -> bool:
    plain = name.lower()
    return plain.endswith(_MACROS) or plain.startswith(_MACRO_FOLDERS)


def _open_kind(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> str:
    """What an OpenDocument file says it is, in its first part."""
    if not parts or parts[0].filename != "mimetype":
        return ""
    said = read_part(archive, parts[0], HEAD).decode("ascii", "replace").strip()
    return said if said in KINDS[Group.OFFICE] and "content.xml" in archive.namelist() else ""


def _office_kind(archive: zipfile.ZipFile) -> str:
    """What the list of types in an Office Open XML file says of its main part."""
    listed = archive.getinfo("[Content_Types].xml")
    types = read_part(archive, listed, LONGEST_LIST).decode("utf-8", "replace")
    if "macroenabled" in types.lower():
        return ""
    found = [kind for kind in KINDS[Group.OFFICE] if f'"{kind}.main+xml"' in types]
    return found[0] if len(found) == 1 else ""
