"""Files as people hand them over, good ones and hostile ones, made here byte by byte."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from werkzeug.datastructures import FileStorage

PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WRITER = "application/vnd.oasis.opendocument.text"
GPS = b"50.0875N 14.4213E"


def upload(name: str, data: bytes) -> FileStorage:
    """A file as a browser's form sends it."""
    return FileStorage(BytesIO(data), filename=name, content_type="application/octet-stream")


def archive(compression: int = ZIP_DEFLATED, **parts: Any) -> bytes:
    """A zip with these parts; `__` in a name is a slash, `_` a dot."""
    return zipped(
        [(name.replace("__", "/").replace("_", "."), data) for name, data in parts.items()], compression
    )


def zipped(parts: list[tuple[str, Any]], compression: int = ZIP_DEFLATED) -> bytes:
    """A zip with these parts in this order."""
    made = BytesIO()
    with ZipFile(made, "w", compression) as out:
        for name, data in parts:
            out.writestr(name, data)
    return made.getvalue()


def office(kind: str = WORD, *more: tuple[str, Any], main: str = ".main+xml") -> bytes:
    """The least of an Office Open XML file that says what it is."""
    types = f'<Types><Override PartName="/x" ContentType="{kind}{main}"/></Types>'
    return zipped([("[Content_Types].xml", types), ("word/document.xml", "<w:document/>"), *more])


def open_document(kind: str = WRITER, *more: tuple[str, Any]) -> bytes:
    """The least of an OpenDocument file."""
    return zipped([("mimetype", kind), ("content.xml", "<office/>"), *more], ZIP_STORED)


def exif(orientation: int = 6) -> bytes:
    """A block of EXIF: which side is up, and where it was."""
    tiff = struct.pack("<2sHIHHHIHHI", b"II", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0) + GPS
    return b"Exif\0\0" + tiff


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def jpeg(*, width: int = 8, height: int = 8, more: bytes = b"") -> bytes:
    """A JPEG with everything a phone puts into it; `more` is hung on behind its end."""
    return b"".join(
        [
            b"\xff\xd8",
            _segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"),
            _segment(0xE1, exif()),
            _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + GPS),
            _segment(0xE2, b"ICC_PROFILE\0\1\1colours"),
            _segment(0xED, b"Photoshop 3.0\0" + GPS),
            _segment(0xFE, GPS),
            _segment(0xDB, b"\0" + bytes(64)),
            _segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0"),
            _segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\xff\x00\x34\xff\xd0\x56",
            b"\xff\xd9",
            more,
        ]
    )


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(*, width: int = 1, height: int = 1, more: bytes = b"") -> bytes:
    """A PNG with a note and EXIF."""
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            _chunk(b"tEXt", b"Comment\0" + GPS),
            _chunk(b"eXIf", exif()[6:]),
            _chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")),
            _chunk(b"IEND", b""),
            more,
        ]
    )


def webp() -> bytes:
    """A WebP with EXIF."""
    picture = b"VP8L" + struct.pack("<I", 6) + b"\x2f\0\0\0\0\0"
    note = b"EXIF" + struct.pack("<I", len(GPS)) + GPS + b"\0"
    head = b"VP8X" + struct.pack("<I", 10) + bytes([0x0C, 0, 0, 0]) + bytes(6)
    body = b"WEBP" + head + picture + note
    return b"RIFF" + struct.pack("<I", len(body)) + body


def lying(data: bytes, size: int = 40, part: str = "mimetype") -> bytes:
    """The zip, of which one part says that it unpacks to `size` bytes, and that it was checked."""
    with ZipFile(BytesIO(data)) as archive, archive.open(part) as stream:
        check = zlib.crc32(stream.read(size))
    changed, at = bytearray(data), 0
    while (at := changed.find(b"PK\x01\x02", at)) >= 0:
        name = changed[at + 46 : at + 46 + struct.unpack_from("<H", changed, at + 28)[0]]
        if name.decode() == part:
            struct.pack_into("<I", changed, at + 16, check)
            struct.pack_into("<I", changed, at + 24, size)
        at += 46
    return bytes(changed)
