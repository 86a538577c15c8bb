"""click in German: help, and the complaints about what was typed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

_COMPLAINTS: Sequence[tuple[str, str]] = (
    (r"No such command '(.+?)'\.", "Den Befehl „{0}“ gibt es nicht."),
    (r"No such option:? '?(-[^ '.]+)'?\.?", "Die Option „{0}“ gibt es nicht."),
    (r"Option '(.+?)' requires an argument\.", "Der Option „{0}“ fehlt ihr Wert."),
    (r"Option '(.+?)' does not take a value\.", "Die Option „{0}“ nimmt keinen Wert."),
    (r"Got unexpected extra arguments? \((.+)\)", "Zu viele Angaben: {0}."),
    (r"Missing command\.", "Es fehlt der Befehl."),
    (r"(?:.*: )?'(.*)' is not one of (.+)\.", "„{0}“ ist nicht möglich; erlaubt sind {1}."),
    (r"(?:.*: )?'(.*)' is not a valid integer(?: range)?\.", "„{0}“ ist keine ganze Zahl."),
    (r"(?:.*: )?'(.*)' does not match the formats? .+", "„{0}“ ist kein Datum. Erwartet wird JJJJ-MM-TT, z. B. 2026-08-17."),
    (r"(?:.*: )?'(.*)' is not a valid UUID\.", "„{0}“ ist keine Kennung. Erwartet wird z. B. 3f0c5b1e-0000-4000-8000-000000000000."),
    (r"(?:.*: )?(.+) is not in the range (.+)\.", "{0} liegt nicht im erlaubten Bereich {1}."),
)

JSON = click.option("--json", "as_json", is_flag=True, help="Ein JSON-Objekt statt Text ausgeben.")


def complaint(fault: click.UsageError) -> str:
    """Return in German what click says about the command that was typed; what it does not know stays as it is."""
    if isinstance(fault, click.MissingParameter):
        parameter = fault.param
        hint = fault.param_hint or (
            parameter.get_error_hint(fault.ctx) if parameter is not None and fault.ctx is not None else "eine Angabe"
        )
        return f"Es fehlt {hint}."
    for pattern, german in _COMPLAINTS:
        match = re.match(pattern, fault.message)
        if match:
            words = german.format(*match.groups())
            place = fault.param.get_error_hint(fault.ctx) if isinstance(fault, click.BadParameter) and fault.param and fault.ctx else None
            return f"{place}: {words}" if place else words
    return fault.message


class Day(click.DateTime):
    """A day, typed as 2026-08-17."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        moment: datetime = super().convert(value, param, ctx)
        return moment.date()


class Command(click.Command):
    """A command whose help reads in German."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        pieces = " ".join(piece.replace("[OPTIONS]", "[OPTIONEN]") for piece in self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix="Aufruf: ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        options = [parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option)]
        records = [record for option in options if (record := option.get_help_record(ctx)) is not None]
        with formatter.section("Optionen"):
            formatter.write_dl([(names, _german_notes(text)) for names, text in records])

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "Diese Hilfe zeigen."
        return option


class Group(Command, click.Group):
    """A group of commands in German; answers what cannot be understood in German too."""

    command_class = Command
    group_class = type

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, "BEFEHL [OPTIONEN] ...", prefix="Aufruf: ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        Command.format_options(self, ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found = [(name, command) for name in self.list_commands(ctx) if (command := self.get_command(ctx, name)) and not command.hidden]
        with formatter.section("Befehle"):
            formatter.write_dl([(name, command.get_short_help_str(120)) for name, command in found])

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the command line; a command that cannot be understood is told in German, exit code 2."""
        if not extra.setdefault("standalone_mode", True):
            return super().main(*args, **extra)
        try:
            code = super().main(*args, **{**extra, "standalone_mode": False})
        except click.UsageError as fault:
            path = fault.ctx.command_path if fault.ctx is not None else self.name
            if isinstance(fault, click.exceptions.NoArgsIsHelpError):
                click.echo(fault.message, err=True)
            else:
                click.echo(f"{complaint(fault)} Hilfe: {path} --help", err=True)
            raise SystemExit(2) from None
        except click.Abort:
            click.echo("Abgebrochen.", err=True)
            raise SystemExit(1) from None
        except click.ClickException as fault:
            fault.show()
            raise SystemExit(fault.exit_code) from None
        raise SystemExit(code if isinstance(code, int) else 0)


def _german_notes(text: str) -> str:
    return text.replace("[default: ", "[Vorgabe: ").replace("[required]", "[nötig]").replace("; required]", "; nötig]")
