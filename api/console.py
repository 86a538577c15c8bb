"""What commands print: German text for people, one JSON object for programs, errors with what to do and an exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import psycopg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from sqlalchemy.exc import OperationalError

from engine import errors

EXIT_REJECTED = 1
EXIT_FILE_REFUSED = 2
OUT_OF_REACH = ("08", "28", "3D", "53", "57P")  # connection, login, no such database, no room left, shutting down

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)


def emit_json(answer: Mapping[str, object]) -> None:
    """Print `answer` as the one JSON object of this command on standard output."""
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, default=_plain) + "\n")
    sys.stdout.flush()


def _plain(value: object) -> object:
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"no JSON form for {type(value).__name__}")


def progress(*, quiet: bool = False) -> Progress:
    """Return a progress display on standard error, so that standard output stays for the answer."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        disable=quiet,
        transient=False,
    )


def unreadable(path: Path, fault: OSError) -> errors.InvalidInput:
    """Return what to raise for a file that cannot be read, in German for the usual reasons."""
    why = {
        FileNotFoundError: "gibt es nicht",
        IsADirectoryError: "ist ein Ordner, erwartet wird eine Datei",
        PermissionError: "darf nicht gelesen werden",
    }
    told = why.get(type(fault), f"lässt sich nicht lesen: {fault.strerror}")
    return errors.InvalidInput(f"„{path}“ {told}. Bitte den Pfad prüfen.")


@contextmanager
def refusals(exit_code: int = EXIT_REJECTED) -> Iterator[None]:
    """Turn errors.Rejected and a database out of reach into a German message on standard error and `exit_code`; bugs keep their traceback."""
    try:
        yield
    except (OperationalError, psycopg.OperationalError) as fault:
        original = fault.orig if isinstance(fault, OperationalError) else fault
        state = getattr(original, "sqlstate", None)
        if state is not None and not state.startswith(OUT_OF_REACH):
            raise
        told = (str(original).strip() or type(original).__name__).splitlines()[0]
        message = f"Die Datenbank antwortet nicht ({told}). Bitte den Server und die Adresse (DATABASE_URL) prüfen."
        err.print(message, style="red", markup=False, highlight=False)
        raise SystemExit(exit_code) from fault
    except errors.Rejected as rejected:
        err.print(str(rejected), style="red", markup=False, highlight=False)
        if isinstance(rejected, errors.InvalidInput):
            for field, message in rejected.fields.items():
                err.print(f"  {'--reason' if field == 'reason' else field}: {message}", markup=False, highlight=False)
        raise SystemExit(exit_code) from rejected
