"""Run bpmnlint's recommended rules over every diagram we ship, with the project's own Node (`python -m tests.bpmnlint`)."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
MODULES = ROOT / "api" / "frontend" / "node_modules"
RULES = '{"extends": "bpmnlint:recommended"}\n'


def main() -> int:
    """Return 0 when no diagram breaks a rule; bpmnlint prints file, element and rule."""
    node = Path(sys.executable).parent / "node"
    command = str(node) if node.exists() else shutil.which("node")
    diagrams = sorted(str(path) for path in (ROOT / "processes").rglob("*.bpmn"))
    if not command or not diagrams:
        print("Node oder Diagramme fehlen. Bitte zuerst `make setup` ausführen.", file=sys.stderr)
        return 1
    with tempfile.NamedTemporaryFile("w", suffix=".bpmnlintrc", dir=MODULES.parent, encoding="utf-8") as rules:
        rules.write(RULES)
        rules.flush()
        done = subprocess.run(
            [command, str(MODULES / "bpmnlint" / "bin" / "bpmnlint.js"), "--config", rules.name, *diagrams], cwd=MODULES.parent, check=False
        )
    if not done.returncode:
        print(f"bpmnlint: {len(diagrams)} Diagramme, keine Befunde.")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
