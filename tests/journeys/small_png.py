"""Screenshots with a palette of 256 colours: less than half the bytes, and the same to the eye."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOURS = {2: 3, 6: 4}  # bytes of a pixel by the kind of colour: without and with transparency
MOST = 256
Pixel = tuple[int, int, int]


def shrink(png: bytes) -> bytes:
    """The same picture with a palette. It must have eight bits a colour and no interlace, as Chromium writes it."""
    parts = dict(chunks(png))
    width, height, depth, kind, _method, _filters, interlace = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    assert (depth, interlace) == (8, 0), "not as Chromium writes it"
    assert kind in COLOURS
    size = COLOURS[kind]
    rows = [
        [(row[at], row[at + 1], row[at + 2]) for at in range(0, width * size, size)]
        for row in unfiltered(zlib.decompress(parts[b"IDAT"]), width * size, height, size)
    ]
    palette = [colour for colour, _times in Counter(pixel for row in rows for pixel in row).most_common(MOST)]
    place = {colour: number for number, colour in enumerate(palette)}
    for pixel in {pixel for row in rows for pixel in row} - set(place):
        place[pixel] = place[min(palette, key=lambda one: distance(one, pixel))]
    body = b"".join(b"\0" + bytes(place[pixel] for pixel in row) for row in rows)
    return SIGNATURE + b"".join(
        (
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            chunk(b"PLTE", b"".join(map(bytes, palette))),
            chunk(b"IDAT", zlib.compress(body, 9)),
            chunk(b"IEND", b""),
        )
    )


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and contents of the parts; the picture itself, which may come in pieces, as one."""
    at, data = len(SIGNATURE), b""
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        name, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        data += content if name == b"IDAT" else b""
        yield name, data if name == b"IDAT" else content
        at += length + 12


def unfiltered(data: bytes, width: int, height: int, size: int) -> Iterator[bytes]:
    """The rows of a picture as they are, without what helps to pack them; `width` in bytes, `size` of a pixel."""
    above = bytes(width)
    for number in range(height):
        start = number * (width + 1)
        way, row = data[start], bytearray(data[start + 1 : start + 1 + width])
        for at in range(width):
            left = row[at - size] if at >= size else 0
            corner = above[at - size] if at >= size else 0
            row[at] = (row[at] + guess(way, left, above[at], corner)) & 255
        above = bytes(row)
        yield above


def guess(way: int, left: int, up: int, corner: int) -> int:
    """What a filter of PNG adds to a byte."""
    if way == 4:
        paths = [abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)]
        return (left, up, corner)[paths.index(min(paths))]
    return (0, left, up, (left + up) // 2)[way]


def distance(one: Pixel, other: Pixel) -> int:
    """How different two colours are."""
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def chunk(name: bytes, content: bytes) -> bytes:
    """One part of a file."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
