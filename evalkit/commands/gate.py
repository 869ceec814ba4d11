"""``evalkit gate``: check a candidate against rules and a baseline."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.commands.help import option
from evalkit.commands.options import (
    Command,
    OutputFile,
    debug_option,
    force_option,
    reading_options,
    seed_option,
    show_notes,
    target_option,
    trusted_option,
)
from evalkit.commands.terminal import say, show

if TYPE_CHECKING:
    from evalkit.predictions.options import ReadOptions


@click.command(
    cls=Command,
    examples=[
        'evalkit gate new.csv --rule "accuracy >= 0.9" --rule "recall[*] > 50%"',
        "evalkit gate new.csv --baseline old.csv --max-drop accuracy=1% --junit g.xml",
    ],
)
@click.argument("candidate", metavar="CANDIDATE[::MODEL]")
@option(
    "Input",
    "--baseline",
    metavar="FILE[::MODEL]",
    help="Results, prediction or model file from which drops are measured.",
)
@option(
    "Question",
    "--max-drop",
    "allowances",
    multiple=True,
    metavar="METRIC=NUMBER",
    help="Largest allowed drop, for example f1_macro=0.01 or recall[cat]=2% (repeatable).",
)
@option(
    "Question",
    "--rule",
    "rules",
    multiple=True,
    metavar="RULE",
    help='Rule, for example "recall[cat] >= 0.9" or "recall[*] > 50%" (repeatable).',
)
@option(
    "Question",
    "--alpha",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Probability of a wrong decision in any rule, shared by all checks.  [default: 0.05]",
)
@option(
    "Question",
    "--sequential",
    "look",
    type=click.IntRange(min=1),
    metavar="LOOK",
    help="Keep α over repeated runs, of which this is number LOOK, from 1.",
)
@option(
    "Question",
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Read rules from this file instead of evalkit.toml or pyproject.toml.",
)
@option(
    "Input",
    "--data",
    "spec",
    metavar="SPEC",
    help="Evaluate models on this data instead of the data recorded in them.",
)
@target_option
@reading_options
@seed_option
@option(
    "Output",
    "--junit",
    type=OutputFile(),
    help="Also write JUnit XML.",
)
@option(
    "Output",
    "--markdown",
    type=OutputFile(),
    help="Also write a Markdown summary.",
)
@option(
    "Output",
    "--annotations",
    is_flag=True,
    help="Also print annotations for GitHub Actions.",
)
@trusted_option
@force_option
@debug_option
def gate(
    candidate: str,
    baseline: str | None,
    allowances: tuple[str, ...],
    rules: tuple[str, ...],
    alpha: float | None,
    look: int | None,
    config: Path | None,
    spec: str | None,
    target: str | None,
    reading: ReadOptions,
    seed: int,
    junit: Path | None,
    markdown: Path | None,
    annotations: bool,
    trusted: tuple[str, ...],
) -> None:
    """Check a model against rules and a baseline.

    The exit code is 0 if all rules passed, 1 if one failed, and 3 if the samples cannot tell.

    A rule passes if the whole confidence interval keeps its bound, and fails if the whole interval
    breaks it. Two files with the same samples are paired. The probability of any wrong decision is
    at most α, or about α if an interval is approximate: m checks are decided by intervals at
    confidence 1 − α/m.
    """
    from evalkit.gate.decide import decide
    from evalkit.gate.grammar import parse_allowance, parse_rule
    from evalkit.gate.machine import annotation_lines, junit_xml
    from evalkit.gate.models import read_models
    from evalkit.gate.settings_file import read_settings
    from evalkit.gate.text import decision_table, markdown_text
    from evalkit.writing import write_atomically

    settings = read_settings(config).with_options(
        allowances=[parse_allowance(text) for text in allowances],
        rules=[parse_rule(text) for text in rules],
        alpha=alpha,
        baseline=baseline,
    )
    models = read_models(
        candidate, settings.baseline, data=spec, target=target, reading=reading, trusted=trusted
    )
    decision = decide(*models, settings.rules, alpha=settings.alpha, seed=seed, look=look)
    if junit is not None:
        write_atomically(junit, junit_xml(decision))
    if markdown is not None:
        write_atomically(markdown, markdown_text(decision).encode())
    show_notes((model.name, model.notes) for model in models if model is not None)
    table = decision_table(decision)
    show(str(table), table)
    if annotations:
        say("\n".join(annotation_lines(decision)))
    sys.exit(decision.outcome.value)
