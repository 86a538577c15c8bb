"""`vollstreckung try`: walk through models at a terminal in virtual time, in a database that is gone afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import click
from rich.table import Table
from sqlalchemy import text

from api import asking, completion, console, model_files, sample_files, scenario_tests, seeding, typed, waiting
from engine import clock, errors, feel, history, user_tasks, values, worker
from engine.db import Database
from processes import scenario_acts, scenarios, walks
from processes.casefile import letters
from processes.scenario_stage import Outcome, Scene, Stage
from processes.scenarios import BERLIN, Act

HELP = """  Nummer  erledigen, was wartet      u JJJJ-MM-TT  Uhr vorstellen       n  bis zum nächsten Ereignis
  p       Prozess starten            l STADT       Mahnlauf             z  Zahlung buchen
  m       was von außen kommen kann  v  Werte              e  Entscheidungen  g  bisher getan
  b       Schreiben                  b ORDNER  Schreiben als PDF dorthin      s DATEI  als Szenario speichern
  ?       diese Hilfe                q             beenden"""


@dataclass
class _Trial:
    """A walk at the terminal: the scene it plays in and what was done so far."""

    database: Database
    scene: Scene
    walk: walks.Walk
    choices: list[Callable[[], None]] = field(default_factory=list)
    shows_outside: bool = False

    @property
    def now(self) -> datetime:
        return self.scene.now()

    def do(self, kind: str, what: object, form: Mapping[str, object] | None = None, **more: str) -> None:
        """Do an act through the program's own verbs; keep it if it was accepted. Raises errors.Rejected."""
        act = Act(0, None, kind, what, dict(form or {}), {}, None, more.get("fuer"), more.get("als"), {})
        at = self.now
        scenario_acts.do(self.scene, act)
        self.scene.stage.move(at)
        shown: dict[str, object] = {kind: what} | ({"formular": dict(form)} if form is not None else {}) | dict(more)
        self.walk.done.append(walks.Done(at, shown))

    def move(self, until: datetime) -> None:
        """Move the clock; a scenario notes it with the act that follows."""
        self.scene.stage.move(until)


def run(
    paths: Sequence[Path],
    *,
    process: str | None,
    key: str,
    variables: str,
    claims: Path | None,
    starts_on: date,
    save: Path | None,
) -> None:
    """Walk until `q` or the end of the input. Raises errors.Rejected for files that are refused or values that are not readable."""
    files = {**model_files.own(), **model_files.collect(paths)}
    title = ", ".join(path.stem for path in paths)
    starts_at = datetime.combine(starts_on, scenarios.OFFICE_OPENS, BERLIN)
    given = typed.context(variables)
    if save is not None:
        walks.refuse_taken(save)
    brought = walks.rows_of(_read(claims)) if claims is not None else ()
    with console.progress() as progress, scenario_tests.throw_away_database() as database:
        bar = progress.add_task("Probewelt einrichten", total=None)
        seeded = seeding.sandbox(database, title, clock=starts_at, files=files)
        progress.update(bar, total=1, completed=1)
        progress.stop()
        walk = walks.Walk(title, starts_at, claims=brought)
        scenario = scenarios.Scenario(Path("probe/scenarios/gang.yaml"), "probe", title, "", starts_at, tuple(walk.claims), (), ())
        stage = Stage(
            seeded.world_id, seeded.tenants, database.begin, lambda until: worker.run_until(database, seeded.world_id, until), sample_files.complete
        )  # fmt: skip
        trial = _Trial(database, Scene(scenario, stage, Outcome(scenario)), walk)
        scenario_acts.bring_in(trial.scene)
        for fault in trial.scene.outcome.faults:
            console.out.print(fault, markup=False, highlight=False)
        if process is not None:
            trial.do("starten", {"prozess": process, "schluessel": key} | ({"variablen": given} if given else {}))
        _loop(trial)
        if save is not None:
            _save(trial, save)


def _loop(trial: _Trial) -> None:
    click.echo(HELP)
    while True:
        _show(trial)
        try:
            command = click.prompt("Was tun", default="q", show_default=False).strip()
        except click.Abort:
            click.echo()
            return
        if command == "q":
            return
        try:
            _command(trial, command)
        except errors.InvalidInput as refused:
            _tell(str(refused), refused.fields)
        except (errors.Rejected, errors.Incident) as refused:
            _tell(str(refused), {})
        except (feel.FeelError, feel.FeelSyntaxError) as broken:
            _tell(f"Das ist nicht lesbar: {broken}", {})


def _tell(message: str, fields: Mapping[str, str]) -> None:
    click.secho(message, fg="red", err=True)
    for name, reason in fields.items():
        click.secho(f"  {name}: {reason}", fg="red", err=True)


def _command(trial: _Trial, command: str) -> None:
    word, _, rest = command.partition(" ")
    rest = rest.strip()
    if word.isascii() and word.isdecimal() and 1 <= int(word) <= len(trial.choices):
        trial.choices[int(word) - 1]()
    elif word == "u":
        _move(trial, typed.day(rest))
    elif word == "n":
        _next(trial)
    elif word == "p":
        process = click.prompt("  Prozess")
        key = click.prompt("  Geschäftsschlüssel", default="")
        given = typed.context(click.prompt(f"  Werte, z. B. {typed.EXAMPLE}", default="{}"))
        trial.do("starten", {"prozess": process, "schluessel": key} | ({"variablen": given} if given else {}))
    elif word == "l":
        trial.do("mahnlauf", rest or "detmold")
    elif word == "z":
        reference = click.prompt("  Kassenzeichen")
        amount = typed.euros(click.prompt("  Betrag in Euro"))
        trial.do("zahlung", {"kassenzeichen": reference, "betrag": amount, "wertstellung": trial.now.astimezone(BERLIN).date()})
    elif word == "m":
        trial.shows_outside = not trial.shows_outside
    elif word == "b":
        _letters(trial, Path(rest) if rest else None)
    elif word == "s":
        _save(trial, Path(rest or "szenario.yaml"))
    elif word in _SHOWN:
        _SHOWN[word](trial)
    else:
        click.echo(HELP)


def _move(trial: _Trial, day: date) -> None:
    until = datetime.combine(day, scenarios.OFFICE_OPENS, BERLIN)
    if until <= trial.now:
        raise errors.InvalidInput(f"Die Uhr steht auf dem {_moment(trial.now)} und geht nur vorwärts.")
    trial.move(until)


def _next(trial: _Trial) -> None:
    with trial.database.look() as tx:
        due = tx.execute(text("select next_timer(:w)"), {"w": trial.scene.stage.world_id}).scalar()
    if due is None:
        raise errors.InvalidState("Auf eine Zeit wartet hier nichts.")
    trial.move(due.astimezone(UTC))


# ---------------------------------------------------------------- what waits
def _show(trial: _Trial) -> None:
    trial.choices = []
    outside = 0
    table = Table(title=f"{trial.now.astimezone(BERLIN):%d.%m.%Y, %H:%M} Uhr – was wartet", title_justify="left")
    for column in ("Nr.", "Art", "Was", "Vorgang", "Wann"):
        table.add_column(column)
    for slug, tenant_id in trial.scene.stage.tenants.items():
        with trial.database.begin(tenant_id) as tx:
            waits = waiting.of_tenant(tx, slug, tenant_id)
        for wait in waits:
            outside += wait.is_from_outside
            if trial.shows_outside or not wait.is_from_outside:
                number = _choice(trial, wait)
                table.add_row(
                    number, wait.kind, wait.label or wait.name, f"{wait.process_key} {wait.business_key} ({slug})", _moment(wait.due_at)
                )
    if table.row_count:
        console.out.print(table)
    else:
        console.out.print(f"{table.title}: nichts. Ein Prozess lässt sich mit „p“ starten.", highlight=False)
    if outside and not trial.shows_outside:
        console.out.print(f"Von außen kommen können {outside} Nachrichten und Signale; „m“ zeigt sie.", highlight=False)


def _choice(trial: _Trial, wait: waiting.Wait) -> str:
    """Offer what can be done by hand; return the number to choose it by, empty where time or the platform does it."""
    if wait.kind == waiting.TIMER or (wait.kind == waiting.JOB and wait.name in trial.database.runtime.topics):
        return ""
    trial.choices.append(partial(_complete if wait.kind == waiting.TASK else _answer, trial, wait))
    return str(len(trial.choices))


def _answer(trial: _Trial, wait: waiting.Wait) -> None:
    given = typed.context(click.prompt("  Ergebnis, z. B. {betrag: 84.50}" if wait.kind == waiting.JOB else "  Daten", default="{}"))
    if wait.kind == waiting.JOB:
        code = click.prompt("  Fehlercode (leer: erledigt)", default="", show_default=False).strip()
        trial.do(
            "auftrag",
            {"topic": wait.name} | ({"ergebnis": given} if given else {}) | ({"fehlercode": code} if code else {}),
            fuer=wait.business_key,
        )
    elif wait.kind == waiting.MESSAGE:
        what = {"mandant": wait.city, "name": wait.name, "schluessel": wait.key, "prozess": wait.process_key, "daten": given}
        trial.do("nachricht", what)
    else:
        trial.do("signal", {"mandant": wait.city, "name": wait.name, "daten": given})


def _complete(trial: _Trial, wait: waiting.Wait) -> None:
    with trial.database.begin(trial.scene.stage.tenants[wait.city]) as tx:
        task = user_tasks.get(tx, trial.scene.stage.tenants[wait.city], wait.id)
    click.secho(f"  {task.label}", bold=True)
    faults: Mapping[str, str] = {}
    while True:
        with trial.database.begin(task.tenant_id) as tx:
            form, data = completion.data_of(tx, task, now=clock.now(tx, task.tenant_id))
            answers = asking.ask(form, data, errors=faults, now=trial.now) if form is not None else {}
            form_values = walks.readable(tx, answers)
        second = {"als": "zweite_person"} if task.properties.get("four_eyes_of") else {}
        try:
            trial.do("aufgabe", task.element_id, form_values, fuer=task.business_key, **second)
            return
        except errors.InvalidInput as refused:
            if not refused.fields or refused.fields == faults:
                raise
            _tell(str(refused), {})
            faults = refused.fields


# ---------------------------------------------------------------- what there is to see
def _variables(trial: _Trial) -> None:
    for tenant_id in trial.scene.stage.tenants.values():
        with trial.database.begin(tenant_id) as tx:
            query = text("select process_key, business_key, status, variables from process_instance where tenant_id = :t order by id")
            for row in tx.execute(query, {"t": tenant_id}):
                click.secho(f"{row.process_key} {row.business_key} ({row.status})", bold=True)
                for name, value in values.from_jsonable(row.variables).items():
                    click.echo(f"  {name} = {feel.text_of(feel.enter(value))}")


def _decisions(trial: _Trial) -> None:
    for tenant_id in trial.scene.stage.tenants.values():
        with trial.database.begin(tenant_id) as tx:
            for row in tx.execute(
                text("select id, business_key from process_instance where tenant_id = :t order by id"), {"t": tenant_id}
            ).all():
                for command in history.read(tx, tenant_id, row.id):
                    for kind, element, _, detail in command.content["events"]:
                        if kind == "decision_evaluated":
                            rules = ", ".join(detail["rules"]) or "keine Regel"
                            click.echo(
                                f"{row.business_key} {element}: {detail['decision']} → {rules}: {feel.text_of(feel.enter(detail['outputs']))}"
                            )


def _letters(trial: _Trial, folder: Path | None) -> None:
    """List the letters; with a folder print them there."""
    for tenant_id in trial.scene.stage.tenants.values():
        with trial.database.begin(tenant_id) as tx:
            for letter in letters.since(tx, tenant_id, trial.walk.starts_at):
                told = f"{letter.posted_on:%d.%m.%Y} {letter.subject}"
                if folder is not None:
                    path = folder / f"{letter.template}-{letter.uuid}.pdf"
                    with _writing(path):
                        path.write_bytes(letters.pdf(tx, tenant_id, letter.uuid))
                    told += f": {path}"
                click.echo(told)
    if folder is None:
        click.echo("Als PDF schreibt sie „b ORDNER“.")


def _done(trial: _Trial) -> None:
    for done in trial.walk.done:
        click.echo(f"{done.at.astimezone(BERLIN):%d.%m.%Y} {walks.text_of(done.act).strip()}")


_SHOWN: Mapping[str, Callable[[_Trial], None]] = {"v": _variables, "e": _decisions, "g": _done}


def _save(trial: _Trial, path: Path) -> None:
    now = trial.now
    then = walks.holding(trial.database.begin, trial.scene.stage.tenants, since=trial.walk.starts_at, on=now.astimezone(BERLIN).date())
    with _writing(path):
        walks.save(trial.walk, then, path, ended_at=now)
    click.echo(f"Gespeichert als Szenario: {path}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise console.unreadable(path, fault) from fault


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Make the folder of a file that is written inside. Raises errors.InvalidInput."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as fault:
        raise errors.InvalidInput(f"„{path}“ lässt sich nicht schreiben: {fault.strerror}. Bitte einen anderen Pfad nennen.") from fault


def _moment(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(BERLIN):%d.%m.%Y}"
