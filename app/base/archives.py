"""Archives that strangers hand over: what they say of themselves is not believed.

`zipfile` unpacks a whole part before it cuts it to the size that the archive states, and some ways of packing
make a few bytes into gigabytes at once. Here is only unpacked what was asked for.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

PACKINGS = frozenset({ZIP_STORED, ZIP_DEFLATED})  # documents know no other ones
PORTION = 64 * 1024


def read_part(archive: ZipFile, part: ZipInfo, most: int) -> bytes:
    """What is in a small part. Raises `BadZipFile` where it says that it is larger than `most`, or is packed oddly."""
    if part.compress_type not in PACKINGS or part.file_size > most:
        raise BadZipFile(part.filename)
    with archive.open(part) as stream:
        return stream.read(most)  # with a number no more than that is unpacked


def check_size(archive: ZipFile, part: ZipInfo) -> None:
    """Refuse a part that unpacks to more than it says; hardly more than that is unpacked to find out.

    Raises `BadZipFile`, and what else `zipfile` raises for a broken part.
    """
    if part.compress_type not in PACKINGS:
        raise BadZipFile(part.filename)
    longer, left = copy(part), part.file_size
    longer.file_size += 1
    with archive.open(longer) as stream:  # which also compares the sum of what it reads
        while portion := stream.read(PORTION):
            left -= len(portion)
    if left < 0:
        raise BadZipFile(part.filename)
