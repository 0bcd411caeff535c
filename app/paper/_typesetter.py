"""The other process of the press: `python -I _typesetter.py FOLDER TEMPLATE FONTS SECONDS` writes FOLDER/out.pdf.

It imports nothing of ours, sees one folder, and has an end: of time, of memory, of the size of its file.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys

import typst

MEMORY, FILE = 4 * 1024**3, 64 * 1024**2
NICER = 2  # pages and check-in go first


def main(folder: str, template: str, fonts: str, seconds: str) -> None:
    """Typeset `template` of `folder`, which holds everything that it may read."""
    os.nice(NICER)
    for what, limit in (
        (resource.RLIMIT_CPU, int(seconds)),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, FILE),
    ):
        with contextlib.suppress(ValueError, OSError):  # a narrower one of the machine stays
            resource.setrlimit(what, (limit, limit))
    typst.compile(
        f"{folder}/{template}.typ",
        output=f"{folder}/out.pdf",
        root=folder,
        font_paths=[fonts],
        ignore_system_fonts=True,
        pdf_standards="ua-1",
        package_path=folder,
        package_cache_path=folder,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
