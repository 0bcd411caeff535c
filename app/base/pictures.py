"""Pictures that people hand over: looked at by their headers, and rid of what they tell beside the picture.

Nothing is decoded. A picture keeps what it needs to look right (colours, which side is up); where and with what
it was taken, thumbnails, comments and whatever is hung on behind the end go.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_PIXELS = 150_000_000  # more than any phone takes; less than what fills the memory of who opens it
PNG_BEGINS = b"\x89PNG\r\n\x1a\n"
PNG_DROPPED = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
WEBP_DROPPED = frozenset({b"EXIF", b"XMP "})
WEBP_PICTURE = frozenset({b"VP8 ", b"VP8L"})
WEBP_SAYS_MORE = 0x0C  # flags of VP8X: there is EXIF, there is XMP
MARK = 0xFF
JFIF, EXIF, ICC, ADOBE, COMMENT = 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
APPLICATION = range(0xE0, 0xF0)
SIZES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
START_OF_SCAN, END = 0xDA, 0xD9
RESTARTS = frozenset({0x00, *range(0xD0, 0xD8)})  # what may follow a mark inside a scan
ORIENTATION = 0x0112
MOST_ENTRIES = 200
MOST_PIECES = 20_000  # of a file: each costs memory, and no camera makes a thousand


class BadPicture(ValueError):  # noqa: N818 - what is bad is the file, not the program
    """It is not whole, not a picture, or far too large to look at."""


def cleaned(kind: str, data: bytes) -> bytes:
    """The picture of this type (`image/jpeg`, `image/png`, `image/webp`) alone; raises `BadPicture`."""
    try:
        return _CLEANERS[kind](data)
    except (struct.error, IndexError) as error:
        raise BadPicture("it ends too early") from error


def _jpeg(data: bytes) -> bytes:
    kept, oriented, seen = [b"\xff\xd8"], 1, False
    for number, (marker, segment) in enumerate(_jpeg_segments(data)):
        _check_pieces(number)
        if marker == EXIF:
            oriented = _orientation(segment[4:]) or oriented
        if marker in SIZES:
            height, width = struct.unpack(">HH", segment[5:9])
            _check_size(width, height)
            seen = True
        if _is_needed(marker, segment):
            kept.append(segment)
    if not seen:
        raise BadPicture("no size")
    if oriented != 1:
        kept.insert(1, _exif_of(oriented))
    return b"".join(kept)


def _is_needed(marker: int, segment: bytes) -> bool:
    if marker == ICC:
        return segment[4:].startswith(b"ICC_PROFILE\0")
    return marker in (JFIF, ADOBE) or (marker not in APPLICATION and marker != COMMENT)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each segment with its marker, up to the end of the picture; the data of a scan goes with its header."""
    if data[:2] != b"\xff\xd8":
        raise BadPicture("not a JPEG")
    at = 2
    while True:
        if data[at] != MARK:
            raise BadPicture("no marker")
        while data[at + 1] == MARK:  # filling
            at += 1
        marker = data[at + 1]
        if marker == END:
            yield marker, data[at : at + 2]
            return
        end = at + 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
        if marker == START_OF_SCAN:
            end = _end_of_scan(data, end)
        if end > len(data):
            raise BadPicture("it ends too early")
        yield marker, data[at:end]
        at = end


def _end_of_scan(data: bytes, at: int) -> int:
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        if data[at + 1] not in RESTARTS:
            return at
        at += 2
    raise BadPicture("it ends too early")


def _orientation(exif: bytes) -> int:
    """Which side is up, 1 to 8; 0 where the block does not say so."""
    tiff = exif[6:]
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if not exif.startswith(b"Exif\0\0") or order is None:
        return 0
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (number,) = struct.unpack_from(f"{order}H", tiff, first)
        for index in range(min(number, MOST_ENTRIES)):
            tag, kind, count, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * index)
            if (tag, kind, count) == (ORIENTATION, 3, 1):
                return value if 1 <= value <= 8 else 0  # noqa: PLR2004 - as the standard numbers them
    except struct.error:
        return 0
    return 0


def _exif_of(oriented: int) -> bytes:
    """A block that says which side is up and nothing else."""
    tiff = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, ORIENTATION, 3, 1, oriented, 0, 0)
    body = b"Exif\0\0" + tiff
    return struct.pack(">BBH", MARK, EXIF, len(body) + 2) + body


def _png(data: bytes) -> bytes:
    if not data.startswith(PNG_BEGINS):
        raise BadPicture("not a PNG")
    kept, at, name, number = [PNG_BEGINS], len(PNG_BEGINS), b"", 0
    while name != b"IEND":
        number += 1
        _check_pieces(number)
        length, name = struct.unpack(">I4s", data[at : at + 8])
        end = at + 12 + length
        if end > len(data) or (len(kept) == 1) != (name == b"IHDR"):
            raise BadPicture("no header, or it ends too early")
        if name == b"IHDR":
            _check_size(*struct.unpack(">II", data[at + 8 : at + 16]))
        if name not in PNG_DROPPED:
            kept.append(data[at:end])
        at = end
    return b"".join(kept)


def _webp(data: bytes) -> bytes:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise BadPicture("not a WebP")
    whole = 8 + struct.unpack("<I", data[4:8])[0]
    kept, at, seen, number = list[bytes](), 12, False, 0
    while at + 8 <= min(whole, len(data)):
        number += 1
        _check_pieces(number)
        name, length = struct.unpack("<4sI", data[at : at + 8])
        end = at + 8 + length + length % 2
        if end > len(data) + 1:
            raise BadPicture("it ends too early")
        chunk = data[at:end]
        if name == b"VP8X":
            _check_size(*(1 + int.from_bytes(chunk[begin : begin + 3], "little") for begin in (12, 15)))
            chunk = chunk[:8] + bytes([chunk[8] & ~WEBP_SAYS_MORE]) + chunk[9:]
        seen = seen or name in WEBP_PICTURE or name == b"ANMF"
        if name not in WEBP_DROPPED:
            kept.append(chunk)
        at = end
    if not seen:
        raise BadPicture("no picture in it")
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _check_pieces(number: int) -> None:
    if number > MOST_PIECES:
        raise BadPicture("in far too many pieces")


def _check_size(width: int, height: int) -> None:
    if not 0 < width * height <= MOST_PIXELS:
        raise BadPicture("far too large, or nothing")


_CLEANERS: dict[str, Callable[[bytes], bytes]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/webp": _webp,
}
