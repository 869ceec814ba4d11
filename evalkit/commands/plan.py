"""``evalkit plan``: number of samples that a comparison or a gate needs."""

from __future__ import annotations

import json

import click

from evalkit.commands.help import option
from evalkit.commands.options import Command, debug_option
from evalkit.commands.terminal import say, show

RATE = click.FloatRange(0, 1, min_open=True, max_open=True)


@click.command(
    cls=Command,
    examples=[
        "evalkit plan --accuracy 0.9 --difference 0.01 --power 0.8",
        'evalkit plan --rule "recall[cat] >= 0.9" --value 0.95 --samples 200',
    ],
)
@option("Question", "--accuracy", type=RATE, help="Accuracy of the first model.")
@option(
    "Question",
    "--difference",
    type=click.FloatRange(-1, 1),
    help="Difference in accuracy to detect, second model minus first.",
)
@option(
    "Question",
    "--disagreement",
    type=RATE,
    help="Share of samples that exactly one of the models predicts correctly.  [default: that of "
    "models that err independently]",
)
@option(
    "Question",
    "--margin",
    type=RATE,
    help="Plan the test that the second model is not worse by more than this fraction.",
)
@option(
    "Question",
    "--unpaired",
    is_flag=True,
    help="Plan for models that are evaluated on different samples.",
)
@option(
    "Question",
    "--rule",
    metavar="RULE",
    help='Plan for a rule of a gate, for example "recall[cat] >= 0.9".',
)
@option(
    "Question",
    "--value",
    type=click.FloatRange(0, 1),
    help="Value of the metric that is assumed for the rule.",
)
@option(
    "Input", "--samples", "at_hand", type=click.IntRange(min=1), help="Number of samples at hand."
)
@option(
    "Input",
    "--from",
    "results",
    metavar="FILE",
    help="Results file with accuracy, disagreement and samples, for a rule FILE[::MODEL].",
)
@option(
    "Question",
    "--power",
    type=RATE,
    default=0.8,
    show_default=True,
    help="Probability that the difference is found, or that the rule passes.",
)
@option(
    "Question",
    "--alpha",
    type=RATE,
    default=0.05,
    show_default=True,
    help="Level of the test, divided by the number of tests that are corrected together.",
)
@option(
    "Output",
    "--format",
    "text_format",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Print a table, or all numbers as JSON.",
)
@debug_option
def plan(
    accuracy: float | None,
    difference: float | None,
    disagreement: float | None,
    margin: float | None,
    unpaired: bool,
    rule: str | None,
    value: float | None,
    at_hand: int | None,
    results: str | None,
    power: float,
    alpha: float,
    text_format: str,
) -> None:
    """Compute how many samples a comparison or a rule needs.

    With samples at hand, it also says what they can show. The power is that of the tests that
    reports and gates make: McNemar's exact test for models on the same samples, Fisher's for
    others, exact limits for a rule.
    """
    from evalkit.gate import planning

    found = planning.plan(
        accuracy=accuracy,
        difference=difference,
        disagreement=disagreement,
        margin=margin,
        unpaired=unpaired,
        rule=rule,
        value=value,
        at_hand=at_hand,
        results=results,
        power=power,
        alpha=alpha,
    )
    if text_format == "json":
        say(json.dumps(found.to_dict(), ensure_ascii=False, indent=1))
    else:
        table = planning.plan_table(found)
        show(str(table), table)
