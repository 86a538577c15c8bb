"""The commands under `vollstreckung admin`; each calls one verb of api.administration."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click

from api import console, german_click

GENERATE = click.option("--generate", is_flag=True, help="Passwort würfeln und einmal ausgeben, statt danach zu fragen.")


def _password(generate: bool) -> str | None:
    if generate:
        return None
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    answer: str = click.prompt("Passwort (mindestens 12 Zeichen)", hide_input=True, confirmation_prompt="Noch einmal")
    return answer


@click.command(cls=german_click.Command, name="create-tenant")
@click.argument("slug", metavar="KÜRZEL", required=False)
@click.option("--profile", type=click.Path(path_type=Path), metavar="DATEI", help="Stammdaten als YAML: Briefkopf, Konto, Land.")
@click.option("--world", default="betrieb", show_default=True, metavar="NAME", help="Welt der Zusammenarbeit; eine neue wird angelegt.")
@click.option("--print-profile", is_flag=True, help="Eine leere Vorlage der Stammdaten ausgeben.")
@german_click.JSON
def create_tenant(slug: str | None, profile: Path | None, world: str, print_profile: bool, as_json: bool) -> None:
    """Mandanten für den Betrieb anlegen."""
    from api import administration

    if print_profile:
        click.echo(administration.profile_template(), nl=False)
        return
    if slug is None or profile is None:
        raise click.UsageError("Bitte KÜRZEL und --profile DATEI angeben (Vorlage: --print-profile).")
    with console.refusals():
        administration.create_tenant(slug, administration.read_profile(profile), world=world, as_json=as_json)


@click.command(cls=german_click.Command, name="create-user")
@click.argument("login", metavar="ANMELDENAME")
@click.option("--name", required=True, metavar="NAME", help="Name, wie er in der Akte steht.")
@click.option("--tenant", required=True, metavar="T", help="Kürzel des Mandanten.")
@click.option("--role", "roles", required=True, multiple=True, metavar="ROLLE", help="Rolle, mehrfach möglich (siehe docs/design.md).")
@GENERATE
@german_click.JSON
def create_user(login: str, name: str, tenant: str, roles: tuple[str, ...], generate: bool, as_json: bool) -> None:
    """Benutzer mit Rollen bei einem Mandanten anlegen."""
    from api import administration

    with console.refusals():
        administration.create_user(login, name, roles=roles, tenant=tenant, password=_password(generate), as_json=as_json)


@click.command(cls=german_click.Command, name="set-password")
@click.argument("login", metavar="ANMELDENAME")
@GENERATE
@german_click.JSON
def set_password(login: str, generate: bool, as_json: bool) -> None:
    """Neues Passwort setzen; laufende Sitzungen enden."""
    from api import administration

    with console.refusals():
        administration.set_password(login, password=_password(generate), as_json=as_json)


@click.command(cls=german_click.Command, name="deactivate-user")
@click.argument("login", metavar="ANMELDENAME")
@german_click.JSON
def deactivate_user(login: str, as_json: bool) -> None:
    """Zugang eines Benutzers sofort beenden."""
    from api import administration

    with console.refusals():
        administration.deactivate_user(login, as_json=as_json)


@click.command(cls=german_click.Command, name="conclude-agreement")
@click.option("--creditor", required=True, metavar="T", help="Kürzel der Stadt, deren Forderungen vollstreckt werden.")
@click.option("--enforcing", required=True, metavar="T", help="Kürzel der Stadt, die vollstreckt.")
@click.option("--mode", type=click.Choice(["delegierend", "mandatierend"]), required=True, help="Art der Vereinbarung (§ 23 GkG NRW).")
@click.option("--kind", "kinds", multiple=True, metavar="ART", help="Forderungsart, mehrfach möglich; ohne Angabe alle.")
@click.option("--from", "valid_from", type=german_click.Day(), required=True, metavar="DATUM", help="Erster Tag.")
@click.option("--to", "valid_to", type=german_click.Day(), metavar="DATUM", help="Letzter Tag; ohne Angabe unbefristet.")
@click.option("--concluded-on", type=german_click.Day(), required=True, metavar="DATUM", help="Tag der Unterzeichnung.")
@german_click.JSON
def conclude_agreement(
    creditor: str,
    enforcing: str,
    mode: str,
    kinds: tuple[str, ...],
    valid_from: date,
    valid_to: date | None,
    concluded_on: date,
    as_json: bool,
) -> None:
    """Vereinbarung: eine Stadt vollstreckt für eine andere."""
    from api import administration

    with console.refusals():
        administration.conclude_agreement(
            creditor=creditor, enforcing=enforcing, mode=mode, kinds=kinds, valid_from=valid_from, valid_to=valid_to,
            concluded_on=concluded_on, as_json=as_json,
        )  # fmt: skip


COMMANDS = (create_tenant, create_user, set_password, deactivate_user, conclude_agreement)
