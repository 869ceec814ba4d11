"""``evalkit predict``: write the predictions of a model."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.commands.options import debug_option, force_option, target_option, trusted_option


@click.command()
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
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Write to this file: .csv, .parquet, .feather, .npz or .jsonl.",
)
@trusted_option
@force_option
@debug_option
def predict(
    model: Path,
    spec: str | None,
    target: str | None,
    output: Path,
    trusted: tuple[str, ...],
    force: bool,
) -> None:
    """Write the predictions of a model on the test samples as a prediction file."""
    from evalkit.compare.from_models import predictions_of, remembered_spec
    from evalkit.datasets import load_dataset
    from evalkit.models import load_model
    from evalkit.predictions import write_predictions
    from evalkit.writing import may_replace

    may_replace(output, force=force)
    predictor = load_model(model, trust_pickle=str(model) in trusted)
    dataset = load_dataset(spec or remembered_spec(model.stem, predictor.card), target=target)
    predictions = predictions_of(predictor, dataset, name=model.stem, given=spec)
    write_predictions(predictions, output)
    click.echo(f"{output}: {len(predictions)} samples, {len(predictions.classes)} classes")
