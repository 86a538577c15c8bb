"""Print the bench: `python -m tests.bench [rounds]`."""

from __future__ import annotations

import sys

from tests import bench


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    print("Floor (same rows, no engine):")
    print(bench.sql())
    for name, value in bench.run(rounds).items():
        print(f"{name:28} {value:8.3f}")


main()
