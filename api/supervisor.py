"""Start the program's own processes, restart one that dies, and stop all of them on Ctrl-C or SIGTERM.

A worker that dies and is restarted by nobody fires no timer: on one machine this module is that somebody; on many
machines it is systemd or the container platform.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.25
STOP_SECONDS = 10.0
MAX_RESTARTS = 20
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Program:
    """A child: `arguments` follow the interpreter (`-m api.cli serve`); `environment` is added to ours."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]


def run(programs: Sequence[Program], *, on_ready: Callable[[], None] | None = None, stop: threading.Event | None = None) -> int:
    """Run all programs until Ctrl-C, SIGTERM or `stop`; return 0, or 1 when a program kept dying."""
    stopping = stop or threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    children = {program.name: _start(program) for program in programs}
    restarts = dict.fromkeys(children, 0)
    failed = False
    try:
        if on_ready is not None:
            on_ready()
        while not stopping.wait(POLL_SECONDS):
            for program in programs:
                code = children[program.name].poll()
                if code is None:
                    continue
                restarts[program.name] += 1
                log.warning("program ended and is started again", program=program.name, code=code, restarts=restarts[program.name])
                if restarts[program.name] > MAX_RESTARTS:
                    print(f"„{program.name}“ brach {MAX_RESTARTS}-mal ab (Code {code}). Bitte ins Protokoll sehen.", file=sys.stderr)
                    failed = True
                    stopping.set()
                    break
                children[program.name] = _start(program)
    finally:
        _stop_all(list(children.values()))
    return 1 if failed else 0


def _start(program: Program) -> subprocess.Popen[bytes]:
    # A session of its own keeps the terminal's Ctrl-C from killing children before we stop them in order;
    # the parent-death signal keeps them from outliving us after kill -9.
    return subprocess.Popen(
        [sys.executable, *program.arguments],
        stdout=sys.stderr,  # what we answer on stdout is one table or one JSON object
        env={**os.environ, **program.environment},
        start_new_session=True,
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,
    )


def _die_with_parent() -> None:
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _stop_all(children: Sequence[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
