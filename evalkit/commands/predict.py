"""``evalkit predict``: write the predictions of a model."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.commands.options import (
    Command,
    OutputFile,
    check_outputs,
    debug_option,
    force_option,
    target_option,
)
from evalkit.commands.terminal import say


@click.command(cls=Command)
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--data",
    "spec",
    metavar="SPEC",
    help="Predict this data instead of the data recorded in the model.",
)
@target_option
@click.option(
    "--output",
    type=OutputFile(),
    required=True,
    help="Write to this file: .csv, .parquet, .feather, .npz or .jsonl.",
)
@force_option
@debug_option
@click.pass_context
def predict(
    context: click.Context, model: Path, spec: str | None, target: str | None, output: Path
) -> None:
    """Write the predictions of a model on the test samples as a prediction file."""
    from evalkit.compare.from_models import predictions_of, remembered_spec
    from evalkit.datasets import load_dataset
    from evalkit.models import load_model
    from evalkit.predictions import write_predictions

    predictor = load_model(model)
    spec_used = spec or remembered_spec(model.stem, predictor.card)
    check_outputs(context, [output], [Path(spec_used)])
    dataset = load_dataset(spec_used, target=target)
    predictions = predictions_of(predictor, dataset, name=model.stem, given=spec)
    write_predictions(predictions, output)
    say(f"{output}: {len(predictions)} samples, {len(predictions.classes)} classes")
