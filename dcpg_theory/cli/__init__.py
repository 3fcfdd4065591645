"""The command ``dcpg``."""

from __future__ import annotations

import importlib
import sys

import click

from dcpg_theory.cli.examples import epilog
from dcpg_theory.errors import DcpgTheoryError, InvalidInput

__all__ = ["main"]

_COMMANDS = {
    "audit": "Check the paper's claims and compare with the recorded ledger.",
    "bench": "Time the engine beside its peers and the machine's floors.",
    "bounds": "Calculate what the theorems promise for your own numbers.",
    "completion": "Print the script that completes dcpg's words in a shell.",
    "drone": "The drones of Section 5.2: train, test, fly, serve.",
    "gridworld": "Train, draw and examine grid worlds: Section 5.1.",
    "run": "Run Algorithm 1 on a problem.",
    "search": "Look for the worst case of a bound, and certify it.",
    "show": "Show one claim: statement, verdict, witness, corrected form.",
}

# The mark keeps the lines as they are: help fits a screen of 24 lines, examples and prompt too.
_HELP = """\b
Decentralized policy gradient for many tasks: a paper, executable and checked.
Exit codes: 0 as recorded, 1 a check differs or a run failed, 2 bad input.
"""


class _LazyGroup(click.Group):
    """Import a command's module only when that command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"dcpg_theory.cli.{cmd_name}")
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help=_HELP,
    epilog=epilog("dcpg"),
)
@click.version_option(package_name="dcpg-theory", prog_name="dcpg")
def cli() -> None:
    """Hold the commands."""


def main() -> None:
    """Run the command line; errors end in one line on standard error, not in a traceback."""
    try:
        code = cli.main(standalone_mode=False, prog_name="dcpg")
    except click.exceptions.Abort:
        code = 130
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        code = error.exit_code
    except click.ClickException as error:
        code = _fail(error.format_message(), error.exit_code)
    except InvalidInput as error:
        code = _fail(error, 2)
    except DcpgTheoryError as error:
        code = _fail(error, 1)
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    sys.exit(code if isinstance(code, int) else 0)


def _fail(error: Exception | str, code: int) -> int:
    click.echo(f"dcpg: {error}", err=True)
    return code
