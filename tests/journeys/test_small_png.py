"""The pictures of the handbook keep their colours when they get a palette."""

from __future__ import annotations

import struct
import zlib

from tests.journeys.small_png import SIGNATURE, chunk, chunks, shrink, unfiltered

# Two pixels of four bytes in a row, packed by each of the five ways; all rows mean the same.
ROW = bytes((10, 20, 30, 255, 40, 60, 90, 255))
PACKED = (
    (0, ROW),
    (1, bytes((10, 20, 30, 255, 30, 40, 60, 0))),
    (2, bytes(8)),
    (3, bytes((5, 10, 15, 128, 15, 20, 30, 0))),
    (4, bytes(8)),
)


def picture(rows: list[bytes], width: int) -> bytes:
    """A picture with transparency, as a browser writes it, its data in two pieces."""
    data = zlib.compress(b"".join(rows))
    return SIGNATURE + b"".join(
        (
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, len(rows), 8, 6, 0, 0, 0)),
            chunk(b"IDAT", data[:7]),
            chunk(b"IDAT", data[7:]),
            chunk(b"IEND", b""),
        )
    )


def pixels(png: bytes, width: int, height: int) -> list[list[bytes]]:
    """The colours of a picture with a palette."""
    parts = dict(chunks(png))
    palette = parts[b"PLTE"]
    rows = unfiltered(zlib.decompress(parts[b"IDAT"]), width, height, 1)
    return [[palette[3 * one : 3 * one + 3] for one in row] for row in rows]


def test_every_way_of_packing_is_read() -> None:
    small = shrink(picture([bytes((way,)) + row for way, row in PACKED], 2))
    assert pixels(small, 2, 5) == [[ROW[:3], ROW[4:7]]] * 5


def test_rare_colours_become_the_nearest_of_the_palette() -> None:
    often = [bytes((0,)) + bytes((number, 0, 0, 255)) * 2 for number in range(256)]
    rare = bytes((0,)) + bytes((7, 3, 0, 255, 200, 0, 0, 255))
    found = pixels(shrink(picture([*often, rare], 2)), 2, 257)
    assert found[-1] == [bytes((7, 0, 0)), bytes((200, 0, 0))]
    assert [row[0][0] for row in found[:-1]] == list(range(256))
