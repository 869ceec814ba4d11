"""The command line: the group of all commands, and how errors are shown.

Heavy modules are imported when a command runs, so that ``evalkit --help`` is fast.
"""

from __future__ import annotations

import signal
import sys
from typing import NoReturn

import click

from evalkit.commands.demo import demo
from evalkit.commands.errors import errors
from evalkit.commands.evaluate import evaluate
from evalkit.commands.export import export
from evalkit.commands.gate import gate
from evalkit.commands.help import CommandGroup
from evalkit.commands.history import history
from evalkit.commands.inspect import inspect
from evalkit.commands.options import Interrupted, debug_option
from evalkit.commands.plan import plan
from evalkit.commands.predict import predict
from evalkit.commands.report import report
from evalkit.commands.terminal import flush_output, prepare_streams, say
from evalkit.commands.train import train
from evalkit.errors import EvalkitError
from evalkit.reading.budget import one_budget
from evalkit.reading.source import shown
from evalkit.tabular import printable_cell
from evalkit.version import __version__
from evalkit.writing import inputs_are_kept

BAD_INPUT = 2
INTERRUPTED = 130


@click.group(
    cls=CommandGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    examples=["evalkit demo", "evalkit report numpy.pkl torch.pt --output report.html"],
)
@click.version_option(__version__, prog_name="evalkit")
@debug_option
def cli() -> None:
    """Compare classifiers with confidence intervals, tests and one HTML report."""


for _command in (
    demo,
    train,
    report,
    evaluate,
    errors,
    gate,
    history,
    plan,
    predict,
    export,
    inspect,
):
    cli.add_command(_command)


@one_budget()
@inputs_are_kept()
def main(args: list[str] | None = None) -> None:
    """Run the command line; an error is one line on standard error and exit code 2."""
    arguments = list(sys.argv[1:] if args is None else args)
    try:
        prepare_streams()
        try:
            cli.main(arguments, prog_name="evalkit", standalone_mode=False)
        finally:
            flush_output()
    except click.exceptions.NoArgsIsHelpError as help_wanted:
        help_wanted.show()
    except click.ClickException as refusal:
        command = getattr(getattr(refusal, "ctx", None), "command_path", "evalkit")
        _refuse(f"{command}: {refusal.format_message()} ({command} --help)")
    except (Interrupted, click.Abort, KeyboardInterrupt):
        # A second signal would end the first one's message in a traceback.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        say("evalkit: Interrupted. Nothing more was written.", err=True)
        sys.exit(INTERRUPTED)
    except EvalkitError as error:
        if "--debug" in arguments:
            raise
        _refuse(f"evalkit: {error}")
    except OSError as error:
        if "--debug" in arguments:
            raise
        _refuse(f"evalkit: {error.strerror or error}: {shown(error.filename or '')}")
    except MemoryError:
        if "--debug" in arguments:
            raise
        _refuse("evalkit: Not enough memory for these inputs and options.")


def _refuse(message: str) -> NoReturn:
    say(printable_cell(" ".join(message.split())), err=True)
    sys.exit(BAD_INPUT)


if __name__ == "__main__":
    main()
