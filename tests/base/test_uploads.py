"""What strangers hand over: taken by its content alone, under a safe name, without what it tells beside."""

from __future__ import annotations

import struct
import tracemalloc
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA

import pytest

from app.base.uploads import MEGABYTE, BadUpload, Group, judge, kind_of
from tests.cpu_time import cpu_time
from tests.handed_over import (
    EXCEL,
    GPS,
    PDF,
    WORD,
    WRITER,
    archive,
    exif,
    jpeg,
    lying,
    office,
    open_document,
    png,
    webp,
    zipped,
)

ALL = tuple(Group)
HTML = b"<!DOCTYPE html><script>alert(1)</script>"
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def judged(name: str, data: bytes, *groups: Group, most: int = 5 * MEGABYTE):
    """The file, as any kind or one of `groups`."""
    return judge(name, data, groups or ALL, most=most)


def refused(name: str, data: bytes, *groups: Group, most: int = 5 * MEGABYTE) -> str:
    """Why a file is not taken."""
    with pytest.raises(BadUpload) as bad:
        judged(name, data, *groups, most=most)
    return bad.value.reason


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.PDF", PDF, "application/pdf"),
        ("a.jpeg", jpeg(), "image/jpeg"),
        ("a.png", png(), "image/png"),
        ("a.webp", webp(), "image/webp"),
        ("a.docx", office(), WORD),
        ("a.xlsx", office(EXCEL), EXCEL),
        ("a.odt", open_document(), WRITER),
        ("a.txt", "Příliš žluťoučký kůň\r\n".encode(), "text/plain"),
        ("a.txt", b"\xef\xbb\xbf2 < 3\n", "text/plain"),
    ],
)
def test_a_file_of_each_kind_is_taken(name, data, kind):
    assert judged(name, data).content_type == kind


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.pdf", HTML),
        ("a.pdf", SVG),
        ("a.pdf", b"%PDF-1.4\n<script>alert(1)</script>\n%%EOF"),
        ("a.pdf", HTML + PDF),
        ("a.pdf", b"%PDF-1.4\ncut off"),
        ("a.txt", HTML),
        ("a.txt", b"x" * 5000 + SVG),
        ("a.txt", b"#!/bin/sh\nrm -rf /\n"),
        ("a.txt", b"a\0b"),
        ("a.txt", b"\xff\xfea\0"),
        ("a.txt", b" \n "),
        ("a.png", HTML),
        ("a.png", png()[:40]),
        ("a.png", png(width=60_000, height=60_000)),
        ("a.png", b"\x89PNG\r\n\x1a\n" + HTML),
        ("a.jpg", jpeg()[:-4]),
        ("a.jpg", jpeg(width=0)),
        ("a.jpg", jpeg(width=60_000, height=60_000)),
        ("a.jpg", b"\xff\xd8\xff\xe0\xff\xff"),
        ("a.webp", b"RIFF\x04\0\0\0WEBP"),
        ("a.docx", archive(a_txt="x")),
        ("a.docx", office(main=".macroEnabled.main+xml")),
        ("a.docx", office(WORD, ("word/vbaProject.bin", "x"))),
        ("a.docx", office("application/vnd.ms-word.document.macroEnabled")),
        ("a.odt", open_document(WRITER, ("Basic/Standard/Module1.xml", "x"))),
        ("a.odt", open_document("text/html")),
        ("a.odt", open_document("image/png")),
        ("a.odt", zipped([("content.xml", "x"), ("mimetype", WRITER)])),
        ("a.docx", b"PK\x03\x04 and nothing more"),
        ("a.docx", office()[:-30]),
        ("a.docx", b"MZ\x90\0"),
    ],
)
def test_what_is_hostile_or_broken_is_not_taken(name, data):
    assert refused(name, data) == "file_kind"


def test_a_bomb_is_refused_without_being_unpacked():
    bomb = office(WORD, ("word/media/image1.xml", bytes(80 * MEGABYTE)))
    assert len(bomb) < MEGABYTE
    with cpu_time() as took:
        assert refused("a.docx", bomb) == "file_kind"
    assert took.seconds < 0.5


def test_a_list_of_types_that_swells_is_not_read():
    types = b"<Types>" + b" " * (2 * MEGABYTE) + b"</Types>"
    assert refused("a.docx", zipped([("[Content_Types].xml", types), ("word/x", "x")])) == "file_kind"


def peak_of(data: bytes) -> int:
    """Bytes of memory that looking at a file took, at most."""
    tracemalloc.start()
    try:
        kind_of(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("packing", [ZIP_DEFLATED, ZIP_BZIP2, ZIP_LZMA])
@pytest.mark.parametrize("part", ["mimetype", "[Content_Types].xml"])
def test_a_part_that_lies_about_its_size_is_not_unpacked(packing, part):
    bomb = lying(zipped([(part, bytes(40 * MEGABYTE)), ("content.xml", "x")], packing), 40, part)
    assert len(bomb) < MEGABYTE
    assert peak_of(bomb) < 4 * MEGABYTE
    assert refused("a.docx", bomb) == "file_kind"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.webp", b"RIFF\xff\xff\xff\x00WEBP" + b"VP8L\0\0\0\0" * 400_000),
        ("a.jpg", jpeg()[:2] + b"\xff\xe0\0\2" * 800_000 + jpeg()[2:]),
        ("a.png", png()[:33] + b"\0\0\0\0IDAT\0\0\0\0" * 270_000 + png()[33:]),
    ],
)
def test_a_picture_in_countless_pieces_is_not_put_together(name, data):
    with cpu_time() as took:
        assert refused(name, data) == "file_kind"
    assert took.seconds < 0.5


def test_an_endless_list_of_parts_is_not_read():
    whole = bytearray(office())
    at = whole.rfind(b"PK\x05\x06")
    whole[at + 12 : at + 16] = struct.pack("<I", 100 * MEGABYTE)
    assert refused("a.docx", bytes(whole)) == "file_kind"


@pytest.mark.parametrize(
    "name", ["a.html", "a.pdf.exe", "a", "a.jpg", "pdf", "a.pd\u200bf", "a.pdf.", "\u202efdp.exe"]
)
def test_the_name_must_end_as_the_content_says(name):
    assert refused(name, PDF) == "file_ending"


def test_nothing_and_too_much_are_refused():
    assert refused("a.pdf", b"") == "empty_file"
    assert refused("a.pdf", PDF, most=len(PDF) - 1) == "large_file"
    assert judged("a.pdf", PDF, most=len(PDF)).data == PDF


def test_only_the_kinds_asked_for_are_taken():
    assert refused("a.pdf", PDF, Group.PICTURE, Group.TEXT) == "file_kind"
    assert judged("a.pdf", PDF, Group.TEXT, Group.PDF).name == "a.pdf"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\jana\\Prezentace.pdf", "Prezentace.pdf"),
        ("Z\u030civot.pdf", "Život.pdf"),
        ("invoice\u202efdp.exe.pdf", "invoice-fdp.exe.pdf"),
        ('a"b\r\nSet-Cookie: x.pdf', "a-b-Set-Cookie-x.pdf"),
        ("x.html.pdf", "x.html.pdf"),
        ("…\u0000.pdf", "file.pdf"),
        ("x" * 300 + ".pdf", "x" * 80 + ".pdf"),
        (".pdf", "file.pdf"),
    ],
)
def test_a_name_is_made_safe(name, safe):
    assert judged(name, PDF).name == safe


@pytest.mark.parametrize(("name", "data"), [("a.jpg", jpeg()), ("a.png", png()), ("a.webp", webp())])
def test_a_picture_does_not_tell_where_it_was_taken(name, data):
    kept = judged(name, data)
    assert GPS in data
    assert GPS not in kept.data
    assert judged(name, kept.data).data == kept.data


def test_a_photograph_stays_upright_and_keeps_its_colours():
    kept = judged("a.jpg", jpeg()).data
    assert b"ICC_PROFILE\0\1\1colours" in kept
    assert struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0) in kept
    assert exif() not in kept
    assert kept.endswith(b"\x12\xff\x00\x34\xff\xd0\x56\xff\xd9")


def test_what_hangs_behind_a_picture_goes():
    assert b"PK\x03\x04" not in judged("a.jpg", jpeg(more=office())).data
    assert b"PK\x03\x04" not in judged("a.png", png(more=office())).data


def test_no_bytes_make_it_stumble():
    for data in (jpeg(), png(), webp(), office(), open_document(), PDF):
        for cut in range(0, len(data), 7):
            for name in ("a.jpg", "a.png", "a.webp", "a.docx", "a.odt", "a.pdf", "a.txt"):
                try:
                    judged(name, data[:cut] + b"\xff\x00" + data[cut + 2 :])
                except BadUpload:
                    continue
    assert kind_of(b"PK") == "text/plain"
