"""``evalkit gate``: check a candidate against rules and a baseline."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from evalkit.commands.options import (
    Command,
    OutputFile,
    column_option,
    debug_option,
    force_option,
    seed_option,
    target_option,
)
from evalkit.commands.terminal import say, show


@click.command(cls=Command)
@click.argument("candidate", metavar="CANDIDATE[::MODEL]")
@click.option(
    "--baseline",
    metavar="FILE[::MODEL]",
    help="Measure drops from this model: a results.json, a prediction file or a model file.",
)
@click.option(
    "--max-drop",
    "allowances",
    multiple=True,
    metavar="METRIC=NUMBER",
    help="Largest allowed drop, for example f1_macro=0.01 or recall[cat]=2%. Repeatable.",
)
@click.option(
    "--rule",
    "rules",
    multiple=True,
    metavar="RULE",
    help='A rule, for example "recall[cat] >= 0.9" or "recall[*] > 50%". Repeatable.',
)
@click.option(
    "--alpha",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Probability of a wrong decision in any rule: m checks are decided by intervals at "
    "confidence 1 − α/m.  [default: 0.05]",
)
@click.option(
    "--sequential",
    "look",
    type=click.IntRange(min=1),
    metavar="LOOK",
    help="Keep α over repeated runs; LOOK is the number of this run, from 1.",
)
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Read rules from this file instead of evalkit.toml or pyproject.toml.",
)
@click.option("--data", "spec", metavar="SPEC", help="Evaluate models on this data.")
@target_option
@column_option
@seed_option
@click.option(
    "--junit",
    type=OutputFile(),
    help="Also write JUnit XML.",
)
@click.option(
    "--markdown",
    type=OutputFile(),
    help="Also write a Markdown summary.",
)
@click.option(
    "--annotations",
    is_flag=True,
    help="Also print annotations for GitHub Actions.",
)
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
    columns: dict[str, str],
    seed: int,
    junit: Path | None,
    markdown: Path | None,
    annotations: bool,
) -> None:
    """Check a candidate against rules. Exit code 0: passed, 1: failed, 3: cannot tell.

    A rule passes if the whole confidence interval keeps its bound, and fails if the whole interval
    breaks it. Otherwise the samples cannot tell. Two files with the same samples are paired. The
    probability of any wrong decision is at most α, for any number of rules.
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
    models = read_models(candidate, settings.baseline, data=spec, target=target, columns=columns)
    decision = decide(*models, settings.rules, alpha=settings.alpha, seed=seed, look=look)
    if junit is not None:
        write_atomically(junit, junit_xml(decision))
    if markdown is not None:
        write_atomically(markdown, markdown_text(decision).encode())
    table = decision_table(decision)
    show(str(table), table)
    if annotations:
        say("\n".join(annotation_lines(decision)))
    sys.exit(decision.outcome.value)
