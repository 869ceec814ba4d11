"""``evalkit predict``: write the predictions of a model."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.commands.help import option
from evalkit.commands.options import (
    Command,
    OutputFile,
    check_outputs,
    debug_option,
    force_option,
    target_option,
    trusted_option,
)
from evalkit.commands.terminal import say


@click.command(
    cls=Command,
    examples=[
        "evalkit predict numpy.pkl --output predictions.csv",
        "evalkit predict model.onnx --data test.csv --target label --output p.csv",
    ],
)
@click.argument("model", type=click.Path(path_type=Path))
@option(
    "Input",
    "--data",
    "spec",
    metavar="SPEC",
    help="Predict this data instead of the data recorded in the model.",
)
@target_option
@option(
    "Output",
    "--output",
    type=OutputFile(),
    required=True,
    help="Write to this file: .csv, .parquet, .feather, .npz or .jsonl.",
)
@trusted_option
@force_option
@debug_option
@click.pass_context
def predict(
    context: click.Context,
    model: Path,
    spec: str | None,
    target: str | None,
    output: Path,
    trusted: tuple[str, ...],
) -> None:
    """Write the predictions of a model to a file.

    The samples are those of the test split.
    """
    from evalkit.compare.from_models import predictions_of, remembered_spec
    from evalkit.datasets import load_dataset
    from evalkit.models import load_model
    from evalkit.predictions import write_predictions

    predictor = load_model(model, trust_pickle=str(model) in trusted)
    spec_used = spec or remembered_spec(model.stem, predictor.card)
    check_outputs(context, [output], [Path(spec_used)])
    dataset = load_dataset(spec_used, target=target)
    predictions = predictions_of(predictor, dataset, name=model.stem, given=spec)
    write_predictions(predictions, output)
    say(f"{output}: {len(predictions)} samples, {len(predictions.classes)} classes")
