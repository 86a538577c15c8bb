"""The command line: `vollstreckung`. Thin: each command reads its arguments, opens what it needs and calls one verb."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import UUID

import click

from api import admin_commands, console, german_click

PATHS = click.Path(path_type=Path)
JSON = german_click.JSON
DAY = german_click.Day()
TENANT = click.option("--tenant", "tenant", required=True, metavar="T", help="Kürzel des Mandanten, z. B. detmold.")


def _log_plainly() -> None:
    """Log one JSON object per line on standard error: a fixed message and ids, tracebacks without the values of variables."""
    import logging
    import sys

    import structlog

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


@click.group(cls=german_click.Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="vollstreckung", message="vollstreckung %(version)s", help="Die Version zeigen.")
def main() -> None:
    """Offene Prozessplattform für die kommunale Verwaltungsvollstreckung."""
    _log_plainly()


@main.command()
@click.option("--seed-only", is_flag=True, help="Nur einrichten und Beispieldaten einspielen, dann enden.")
@click.option("--until", "until", type=DAY, metavar="DATUM", help="Uhr der Sandbox bis zu diesem Tag vorstellen.")
@JSON
def demo(seed_only: bool, until: date | None, as_json: bool) -> None:
    """Sandbox mit zwei Städten starten: Datenbank, Webserver, Worker, Beispieldaten."""
    from api import demo as sandbox

    with console.refusals():
        raise SystemExit(sandbox.run(seed_only=seed_only, until=until, as_json=as_json))


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Adresse, an die der Webserver sich bindet.")
@click.option("--port", type=int, help="Port (Vorgabe: VOLLSTRECKUNG_PORT oder 8080).")
@click.option("--threads", default=8, show_default=True, help="Gleichzeitig bearbeitete Anfragen.")
def serve(host: str, port: int | None, threads: int) -> None:
    """Webserver starten."""
    from api import serving

    with console.refusals():
        serving.serve(host=host, port=port, threads=threads)


@main.command()
@click.option("--once", is_flag=True, help="Nur abarbeiten, was jetzt ansteht, dann enden.")
def work(once: bool) -> None:
    """Worker starten: Fristen, Aufträge, Nachrichten, Importe und Läufe."""
    from api import background

    with console.refusals():
        background.work(once=once)


@main.command()
@JSON
def migrate(as_json: bool) -> None:
    """Datenbank auf den Stand dieser Version bringen."""
    from api import wiring

    with console.refusals():
        revision = wiring.migrate()
    if as_json:
        console.emit_json({"revision": revision})
    else:
        console.out.print(f"Die Datenbank ist auf dem Stand {revision}.")


@main.command()
@click.argument("paths", nargs=-1, required=True, type=PATHS, metavar="PFAD...")
@JSON
def check(paths: tuple[Path, ...], as_json: bool) -> None:
    """Diagramme, Tabellen, Formulare und Briefvorlagen prüfen: alle Befunde auf einmal."""
    from api import models

    with console.refusals():
        findings = models.check(paths)
    models.report(findings, as_json=as_json)
    raise SystemExit(1 if any(finding.severity == "error" for finding in findings) else 0)


@main.command("element-templates")
@click.argument("folder", type=PATHS, metavar="ORDNER")
@JSON
def write_element_templates(folder: Path, as_json: bool) -> None:
    """Elementvorlagen für den Camunda Modeler schreiben: unsere Topics zum Auswählen statt zum Abtippen."""
    from api.element_templates import writing

    with console.refusals():
        writing.run(folder, as_json=as_json)


@main.command()
@click.argument("paths", nargs=-1, required=True, type=PATHS, metavar="PFAD...")
@TENANT
@click.option("--name", default="Bereitstellung über die Befehlszeile", show_default=True, help="Name der Bereitstellung.")
@JSON
def deploy(paths: tuple[Path, ...], tenant: str, name: str, as_json: bool) -> None:
    """Modelle prüfen und bereitstellen; bei einem Fehler wird nichts gespeichert."""
    from api import models

    with console.refusals():
        models.deploy(paths, tenant=tenant, name=name, as_json=as_json)


@main.command("undo-deployment")
@click.argument("deployment", metavar="KENNUNG", type=click.UUID)
@TENANT
@click.option("--reason", default="", metavar="TEXT", help="Warum sie zurückgenommen wird; steht an der Bereitstellung.")
@JSON
def undo_deployment(deployment: UUID, tenant: str, reason: str, as_json: bool) -> None:
    """Bereitstellung zurücknehmen, die niemand benutzt: Die Fassungen davor gelten wieder."""
    from api import models

    with console.refusals():
        models.undo(deployment, tenant=tenant, reason=reason, as_json=as_json)


@main.command("migrate-instances")
@click.argument("process", metavar="PROZESS")
@click.option("--from", "from_version", type=int, required=True, metavar="N", help="Fassung, mit der die Vorgänge jetzt laufen.")
@click.option("--to", "to_version", type=int, required=True, metavar="M", help="Fassung, mit der sie weiterlaufen sollen.")
@TENANT
@click.option("--mapping", "file", type=PATHS, metavar="DATEI", help='JSON: {"alte_stelle": "neue_stelle" oder null}.')
@click.option("--dry-run", is_flag=True, help="Nur berechnen, was aus jedem Vorgang würde; nichts wird geschrieben.")
@click.option("--reason", default="", metavar="TEXT", help="Warum umgestellt wird; steht in der Historie jedes Vorgangs.")
@JSON
def migrate_instances(
    process: str, from_version: int, to_version: int, tenant: str, file: Path | None, dry_run: bool, reason: str, as_json: bool
) -> None:
    """Laufende Vorgänge eines Prozesses in eine andere Fassung umstellen."""
    from api import migrating

    with console.refusals():
        raise SystemExit(
            migrating.migrate_instances(
                process, from_version, to_version, tenant=tenant, file=file, dry_run=dry_run, reason=reason, as_json=as_json
            )
        )


@main.command("import-claims")
@click.argument("file", type=PATHS, metavar="DATEI")
@TENANT
@click.option("--joint-debtors", type=PATHS, metavar="DATEI", help="Datei der Gesamtschuldner zu dieser Forderungsdatei.")
@click.option("--rejected", type=PATHS, metavar="DATEI", help="Abgewiesene Zeilen als CSV hierhin schreiben.")
@JSON
def import_claims(file: Path, tenant: str, joint_debtors: Path | None, rejected: Path | None, as_json: bool) -> None:
    """Forderungsdatei einlesen: jede Zeile angenommen, doppelt oder abgewiesen mit Grund."""
    from api import intake

    with console.refusals(console.EXIT_FILE_REFUSED):
        intake.import_claims(file, tenant=tenant, joint_debtors=joint_debtors, rejected=rejected, as_json=as_json)


@main.group(cls=german_click.Group)
def run() -> None:
    """Läufe über viele Fälle."""


@run.command("mahnlauf")
@TENANT
@click.option("--dry-run", is_flag=True, help="Nur Vorschau: Anzahl und Summe.")
@JSON
def run_mahnlauf(tenant: str, dry_run: bool, as_json: bool) -> None:
    """Mahnlauf: alle mahnbaren Forderungen eines Mandanten, ein Brief je Schuldner."""
    from api import intake

    with console.refusals():
        intake.run_mahnlauf(tenant=tenant, dry_run=dry_run, as_json=as_json)


@main.command("book-payment")
@click.argument("reference", metavar="KASSENZEICHEN|FALL")
@click.argument("amount_cent", type=int, metavar="CENT")
@TENANT
@click.option("--value-date", "value_on", type=DAY, metavar="DATUM", help="Wertstellung (Vorgabe: heute, nach der Uhr des Mandanten).")
@click.option("--method", type=click.Choice(["ueberweisung", "bar"]), default="ueberweisung", show_default=True, help="Zahlungsart.")
@click.option("--receipt", metavar="NR", help="Quittungsnummer (bei Barzahlung).")
@JSON
def book_payment(
    reference: str, amount_cent: int, tenant: str, value_on: date | None, method: str, receipt: str | None, as_json: bool
) -> None:
    """Zahlung von Hand buchen (Cent) auf einen Fall oder ein Kassenzeichen."""
    from api import intake

    with console.refusals():
        intake.book_payment(reference, amount_cent, tenant=tenant, value_on=value_on, method=method, receipt=receipt, as_json=as_json)


@main.command()
@click.argument("case", required=False, metavar="FALL")
@click.option("--all", "everything", is_flag=True, help="Alle Fälle nachrechnen.")
@click.option("--against", type=PATHS, multiple=True, metavar="PFAD", help="Mit diesen Modellen statt den damals gültigen nachrechnen.")
@JSON
def replay(case: str | None, everything: bool, against: tuple[Path, ...], as_json: bool) -> None:
    """Einen Fall (Fallnummer oder Kassenzeichen) aus der Historie nachrechnen: identisch oder erste Abweichung."""
    from api import auditing

    with console.refusals():
        raise SystemExit(auditing.run_replay(case, everything=everything, against=against, as_json=as_json))


@main.command()
@JSON
def verify(as_json: bool) -> None:
    """Hashkette jeder Instanz prüfen: wurde nachträglich etwas geändert?"""
    from api import auditing

    with console.refusals():
        raise SystemExit(auditing.verify(as_json=as_json))


@main.command("try")
@click.argument("paths", nargs=-1, required=True, type=PATHS, metavar="DATEI...")
@click.option("--start", "process", metavar="PROZESS", help="Diesen Prozess gleich starten.")
@click.option("--key", default="", metavar="SCHLÜSSEL", help="Geschäftsschlüssel des gestarteten Prozesses.")
@click.option("--variables", default="", metavar="WERTE", help="Startwerte als FEEL-Kontext oder JSON, z. B. '{betrag: 84.50}'.")
@click.option("--claims", type=PATHS, metavar="CSV", help="Forderungsdatei, mit der die Probewelt beginnt.")
@click.option("--from", "starts_on", type=DAY, default="2026-08-17", metavar="DATUM", help="Erster Tag der Probewelt.")
@click.option("--save", type=PATHS, metavar="YAML", help="Den Gang am Ende als Szenario speichern.")
def try_models(
    paths: tuple[Path, ...], process: str | None, key: str, variables: str, claims: Path | None, starts_on: date, save: Path | None
) -> None:
    """Modelle vor dem Bereitstellen durchspielen: Aufgaben, Fristen, Nachrichten; den Gang als Szenario speichern."""
    from api import trying

    with console.refusals():
        trying.run(paths, process=process, key=key, variables=variables, claims=claims, starts_on=starts_on, save=save)


@main.command("test-processes")
@click.argument("paths", nargs=-1, type=PATHS, metavar="[PFAD...]")
@click.option("--only", metavar="TEXT", help="Nur Szenarien, deren Name oder Datei diesen Text enthält.")
@click.option(
    "--mutate", is_flag=True, help="Danach jedes Gateway und Ereignis einmal weglassen: Bemerkt es ein Szenario? (dauert Minuten)"
)
@JSON
def test_processes(paths: tuple[Path, ...], only: str | None, mutate: bool, as_json: bool) -> None:
    """Szenarien (processes/*/scenarios) in virtueller Zeit durchspielen; nennt Elemente, die keines erreicht."""
    from api import process_tests

    with console.refusals():
        raise SystemExit(process_tests.run(paths, only=only, as_json=as_json, mutate=mutate))


@main.command()
@JSON
def bench(as_json: bool) -> None:
    """Geschwindigkeit als Verhältnisse in einem Lauf messen (gegen den rohen PostgreSQL-Boden)."""
    from api import measuring

    with console.refusals():
        measuring.bench(as_json=as_json)


@main.group(cls=german_click.Group)
def admin() -> None:
    """Mandanten, Benutzer und Vereinbarungen einrichten."""


for _command in admin_commands.COMMANDS:
    admin.add_command(_command)


@main.command("build-bundles", hidden=True)
@click.option("--force", is_flag=True, help="Auch bauen, wenn sich nichts geändert hat.")
def build_bundles(force: bool) -> None:
    """Browser-Bündel bauen (für make setup)."""
    from api import bundles

    with console.refusals():
        bundles.ensure(force=force)


if __name__ == "__main__":
    main()
