"""Install Debian's Chromium where it is missing, so that the browser tests run on a fresh machine (`python -m tests.chromium`)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys


def main() -> int:
    """Return 0 when Chromium is there (or was installed); print what to do where it cannot be installed."""
    if shutil.which("chromium"):
        return 0
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not shutil.which("apt-get"):
        print("Chromium fehlt, und apt-get gibt es hier nicht. Bitte das Paket 'chromium' installieren.", file=sys.stderr)
        return 1
    print("Chromium fehlt: Debian-Paket 'chromium' wird installiert ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["apt-get", "-qq", "update"], ["apt-get", "-qq", "install", "-y", "--no-install-recommends", "chromium"]):
        done = subprocess.run([*prefix, *arguments], env=environment, stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            print(f"'{' '.join(arguments)}' ist fehlgeschlagen. Bitte 'chromium' von Hand installieren.", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
