"""What a file is, by its content, and the name under which it travels."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile

import pytest

from app.base.attachments import ENDINGS, kind_of, safe_name

ODT = "application/vnd.oasis.opendocument.text"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def archive(**entries: str) -> bytes:
    """A zip file; `__` in a name is a slash, `_bin` an ending."""
    made = BytesIO()
    with ZipFile(made, "w") as zipped:
        for name, content in entries.items():
            zipped.writestr(
                name.replace("__", "/")
                .replace("_bin", ".bin")
                .replace("Content_Types", "[Content_Types].xml"),
                content,
            )
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (b"%PDF-1.4\n...", "x.exe", "application/pdf"),
        (PNG, "x.svg", "image/png"),
        (b"\xff\xd8\xff\xe0", "x.png", "image/jpeg"),
        (archive(Content_Types="x", word__document="x"), "a.docx", next(k for k in ENDINGS if "word" in k)),
        (archive(Content_Types="x", xl__workbook="x"), "a.docx", next(k for k in ENDINGS if "sheetml" in k)),
        (
            archive(mimetype="application/vnd.oasis.opendocument.text"),
            "a.odt",
            "application/vnd.oasis.opendocument.text",
        ),
        ("Žluťoučký kůň\n".encode(), "a.md", "text/plain"),
        ("\ufeffa;b\r\n1;2\r\n".encode(), "a.CSV", "text/csv"),
        (b"BEGIN:VCALENDAR\r\n", "a.txt", "text/calendar"),
    ],
)
def test_a_file_is_what_its_content_says(data: bytes, name: str, kind: str) -> None:
    assert kind_of(data, name) == kind


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   \n",
        b"MZ\x90\0program",
        b"\x7fELF",
        b"<!DOCTYPE html><p>",
        b"<svg xmlns='x'/>",
        b"text <ScRiPt>alert(1)</script>",
        b"PK\x03\x04 broken",
        archive(a="x"),
        archive(mimetype="application/x-evil"),
        archive(Content_Types="x", word__document="x", word__vbaProject_bin="x"),
        "žlutý".encode("cp1250"),
        b"nul\0byte",
    ],
)
def test_what_may_not_be_sent_on(data: bytes) -> None:
    assert kind_of(data, "a.txt") is None


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Podklady č. 1.pdf", "Podklady č. 1.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\x\\plán.docx", "plán.pdf"),
        ('a"b\r\nBcc: x.pdf', "a-b-Bcc-x.pdf"),
        ("evil.html", "evil.pdf"),
        ("...", "file.pdf"),
        ("", "file.pdf"),
        ("\u202egpj.exe", "gpj.pdf"),
        ("x" * 300 + ".pdf", "x" * 80 + ".pdf"),
    ],
)
def test_a_name_is_made_safe(name: str, safe: str) -> None:
    assert safe_name(name, "application/pdf") == safe
