"""`python -m benchmarks [name …]`: runs all measurements or those named; fails when a figure is missed."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    known = sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))
    wanted = sys.argv[1:] or known
    if unknown := [name for name in wanted if name not in known]:
        print(f"There is no measurement named {unknown[0]}. Known: {', '.join(known)}.")
        return 2
    held = True
    for name in wanted:
        print(f"== {name}")
        held = import_module(f"benchmarks.{name}").main() and held
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
