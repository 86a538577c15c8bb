"""Print the bench: `python -m tests.bench [--rounds N] [--json] [--against REVISION]`.

With --against, the same bench of another commit runs in turn with this one's, and each ratio's change is printed beside it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import bench

ROOT = Path(__file__).parents[2]
TURNS = 3


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=600)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--against", metavar="REVISION")
    given = arguments.parse_args()
    if given.against:
        compare(given.against, given.rounds)
        return
    figures = bench.run(given.rounds)
    if given.json:
        print(json.dumps(figures))
        return
    print("Floor (same rows, no engine):")
    print(bench.sql())
    for name, value in figures.items():
        print(f"{name:28} {value:8.3f}")


def compare(revision: str, rounds: int) -> None:
    """Run this work tree and a commit in turn; print the median of each figure and how they relate."""
    with tempfile.TemporaryDirectory(prefix="vollstreckung-before-") as folder:
        before = Path(folder) / "tree"
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(before), revision], cwd=ROOT, check=True)
        try:
            runs: dict[Path, list[dict[str, float]]] = {before: [], ROOT: []}
            for _ in range(TURNS):
                for tree, found in runs.items():
                    found.append(_run(tree, rounds))
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(before)], cwd=ROOT, check=True)
    print(f"{'':28} {revision[:12]:>12} {'now':>12} {'now/before':>12}")
    for name in runs[ROOT][0]:
        now = statistics.median(run[name] for run in runs[ROOT])
        then = statistics.median(run[name] for run in runs[before] if name in run) if name in runs[before][0] else None
        if then is None:
            print(f"{name:28} {'-':>12} {now:12.3f}")
        else:
            print(f"{name:28} {then:12.3f} {now:12.3f} {now / then:12.3f}")


def _run(tree: Path, rounds: int) -> dict[str, float]:
    # `-c` puts the tree itself first on the path, before the installed checkout.
    program = f"import json; from tests import bench; print(json.dumps(bench.run({rounds})))"
    done = subprocess.run([sys.executable, "-c", program], cwd=tree, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"The bench of {tree} failed:\n{done.stderr[-2000:]}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


main()
