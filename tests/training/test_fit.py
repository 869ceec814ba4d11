"""Test the training loop with both back ends."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalkit.datasets.dataset import Dataset
from evalkit.errors import TrainingError
from evalkit.training.numpy_network import Network
from evalkit.training.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.training.checkpoint import Checkpoint, EpochRecord

    MakeDataset = Callable[..., Dataset]
    Train = Callable[..., Checkpoint]

QUICK = Settings(hidden=(16,), batch_size=32, epochs=4, learning_rate=0.05, initialisation="he")
EVERYTHING = replace(
    QUICK,
    hidden=(16, 16, 16),
    dropout=0.2,
    batch_norm=True,
    residual=True,
    l1=1e-5,
    l2=1e-4,
    optimizer="adam",
    learning_rate=0.01,
    schedule="one_cycle",
    class_weight="balanced",
)


def accuracy(checkpoint: Checkpoint, dataset: Dataset) -> float:
    """Return the accuracy of a checkpoint on the test rows."""
    network = Network(checkpoint.architecture, np.float64).load(checkpoint.weights)
    P = network.predict_proba(checkpoint.normalisation.apply(dataset.X_test, np.float64))
    return float((P.argmax(axis=1) == dataset.y_test).mean())


def interrupted_after(epoch: int) -> Callable[[EpochRecord], None]:
    """Return a progress callback that raises KeyboardInterrupt after an epoch."""

    def progress(record: EpochRecord) -> None:
        if record.epoch == epoch:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize("settings", [QUICK, EVERYTHING], ids=["quick", "everything"])
@pytest.mark.parametrize("pixels", [False, True])
def test_a_network_learns(
    make_dataset: MakeDataset, train: Train, settings: Settings, pixels: bool
) -> None:
    """Linearly separable clusters are classified correctly on the test rows."""
    dataset = make_dataset(pixels=pixels)
    checkpoint = train(dataset, replace(settings, epochs=8))
    assert accuracy(checkpoint, dataset) > 0.9
    assert checkpoint.classes == dataset.classes
    assert checkpoint.dataset == dataset.identity
    assert checkpoint.complete
    assert checkpoint.ending == ""


def test_history_has_one_record_per_epoch(make_dataset: MakeDataset, train: Train) -> None:
    """Each epoch is reported once, and the best has the highest validation accuracy."""
    seen: list[EpochRecord] = []
    checkpoint = train(make_dataset(), QUICK, progress=seen.append)
    assert tuple(seen) == checkpoint.history
    assert [record.epoch for record in seen] == [1, 2, 3, 4]
    best = seen[checkpoint.best_epoch - 1]
    assert best.validation_accuracy == max(record.validation_accuracy for record in seen)


def test_the_weights_of_the_best_epoch_are_kept(make_dataset: MakeDataset, train: Train) -> None:
    """A run that ends at the best epoch has the weights that the longer run kept."""
    dataset, settings = make_dataset(spread=0.3), replace(QUICK, epochs=12, learning_rate=0.5)
    long = train(dataset, settings)
    assert long.best_epoch < 12
    short = train(dataset, replace(settings, epochs=long.best_epoch))
    for name, array in long.weights.items():
        np.testing.assert_array_equal(array, short.weights[name])


@pytest.mark.parametrize("settings", [QUICK, EVERYTHING], ids=["quick", "everything"])
def test_the_same_seed_gives_the_same_network(
    make_dataset: MakeDataset, train: Train, settings: Settings
) -> None:
    """Equal seeds give bitwise equal weights, including dropout; other seeds do not."""
    dataset = make_dataset()
    first, second = train(dataset, settings), train(dataset, settings)
    for name, array in first.weights.items():
        np.testing.assert_array_equal(array, second.weights[name])
    other = train(dataset, replace(settings, seed=7))
    assert not np.array_equal(first.weights["layers.0.weight"], other.weights["layers.0.weight"])


def test_reproducible_files_have_no_times(
    make_dataset: MakeDataset, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If SOURCE_DATE_EPOCH is set, the history contains no times."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    dataset = make_dataset()
    assert train(dataset, QUICK).history == train(dataset, QUICK).history


def test_training_scores_equal_those_of_the_network(make_dataset: MakeDataset) -> None:
    """With a negligible learning rate, training and validation losses are computed alike."""
    from evalkit.training.numpy_trainer import train_numpy

    dataset = make_dataset(rows=4000)
    settings = replace(QUICK, epochs=1, learning_rate=1e-12, validation_fraction=0.5)
    (record,) = train_numpy(dataset, settings).history
    assert record.train_loss == pytest.approx(record.validation_loss, rel=0.1)
    assert record.train_accuracy == pytest.approx(record.validation_accuracy, abs=0.05)


def test_patience_ends_a_run(make_dataset: MakeDataset, train: Train) -> None:
    """The run stops `early_stopping` epochs after the best one, and is complete."""
    settings = replace(QUICK, epochs=200, learning_rate=1.0, early_stopping=3)
    checkpoint = train(make_dataset(), settings)
    assert len(checkpoint.history) == checkpoint.best_epoch + 3
    assert checkpoint.complete
    assert checkpoint.ending == "stopped early: no improvement for 3 epochs"


def test_an_interruption_keeps_the_best_epoch(make_dataset: MakeDataset, train: Train) -> None:
    """An interrupt gives the checkpoint of the run so far, and `ending` gives the reason."""
    dataset = make_dataset()
    interrupted = train(dataset, QUICK, progress=interrupted_after(2))
    whole = train(dataset, replace(QUICK, epochs=2))
    assert not interrupted.complete
    assert interrupted.ending == "interrupted in epoch 3"
    assert len(interrupted.history) == 2
    for name, array in whole.weights.items():
        np.testing.assert_array_equal(array, interrupted.weights[name])


def test_an_interruption_after_the_last_epoch_is_ignored(
    make_dataset: MakeDataset, train: Train
) -> None:
    """After the last epoch, the run is complete."""
    checkpoint = train(make_dataset(), QUICK, progress=interrupted_after(4))
    assert checkpoint.complete
    assert checkpoint.ending == ""


def test_an_interruption_before_the_first_epoch_is_raised(
    make_dataset: MakeDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first epoch ends, KeyboardInterrupt is raised."""
    from evalkit.training import numpy_trainer

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(numpy_trainer.NumpyLearner, "step", interrupt)
    with pytest.raises(KeyboardInterrupt):
        numpy_trainer.train_numpy(make_dataset(), QUICK)


def test_divergence_at_once_is_an_error(make_dataset: MakeDataset, train: Train) -> None:
    """Divergence in the first epoch raises."""
    with pytest.raises(
        TrainingError,
        match=r"Training diverged in epoch 1: the loss is .*Reduce the learning rate of",
    ):
        train(make_dataset(), replace(QUICK, activation="relu", learning_rate=1e30))


def test_divergence_later_keeps_the_last_good_epoch(
    make_dataset: MakeDataset, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The best epoch before the divergence is kept, and `ending` gives the reason."""
    from evalkit.training import fit

    def explode_in_epoch_3(schedule: str, largest: float, step: int, steps: int) -> float:
        return largest if step < steps / 2 else 1e30

    monkeypatch.setattr(fit, "learning_rate", explode_in_epoch_3)
    checkpoint = train(make_dataset(), replace(QUICK, activation="relu"))
    assert len(checkpoint.history) == 2
    assert not checkpoint.complete
    assert checkpoint.ending.startswith("training diverged in epoch 3: the loss is ")
    assert checkpoint.ending.endswith(f"epoch {checkpoint.best_epoch} was kept")
    assert all(np.isfinite(array).all() for array in checkpoint.weights.values())


def test_a_batch_larger_than_the_data_raises(make_dataset: MakeDataset, train: Train) -> None:
    """A batch size above the number of training rows, without validation rows, raises."""
    with pytest.raises(TrainingError, match="batch_size is 361, but there are only 360 training"):
        train(make_dataset(), replace(QUICK, batch_size=361))
    train(make_dataset(), replace(QUICK, batch_size=360, epochs=1))


@pytest.mark.parametrize("batch_norm", [True, False])
def test_a_last_batch_of_one_row_is_skipped_with_batch_norm(
    make_dataset: MakeDataset, train: Train, batch_norm: bool
) -> None:
    """With 359 = 2 · 179 + 1 rows, the last one is skipped, as its variance is undefined."""
    settings = replace(QUICK, batch_size=179, batch_norm=batch_norm, validation_fraction=0.1025)
    checkpoint = train(make_dataset(), settings)
    assert all(np.isfinite(array).all() for array in checkpoint.weights.values())


def test_one_class_can_be_trained(make_dataset: MakeDataset, train: Train) -> None:
    """A single class is predicted with probability 1 and loss 0."""
    checkpoint = train(make_dataset(classes=1), QUICK)
    assert checkpoint.history[-1].validation_accuracy == 1
    assert checkpoint.history[-1].validation_loss == 0


def test_class_weights_increase_predictions_of_rare_classes(make_dataset: MakeDataset) -> None:
    """A class with a hundred times the weight is predicted more often."""
    from evalkit.training.numpy_trainer import train_numpy

    base = make_dataset(classes=2, seed=3)
    noise = np.random.default_rng(0).normal(0, 4, base.X_train.shape)
    dataset = Dataset(
        base.X_train + noise,
        base.y_train,
        base.X_test,
        base.y_test,
        base.classes,
        base.name,
        base.spec,
        base.split,
    )
    shares = []
    for weights in (None, (1.0, 100.0)):
        checkpoint = train_numpy(dataset, replace(QUICK, class_weight=weights))
        network = Network(checkpoint.architecture).load(checkpoint.weights)
        P = network.predict_proba(checkpoint.normalisation.apply(dataset.X_train))
        shares.append((P.argmax(axis=1) == 1).mean())
    assert shares[0] < 0.7 < shares[1]


def test_batches_of_weight_zero_have_no_loss(make_dataset: MakeDataset, train: Train) -> None:
    """Rows of a class with weight zero have no loss, even if they fill a batch."""
    settings = replace(QUICK, class_weight=(1.0, 1.0, 1.0, 0.0), batch_size=2, learning_rate=0.01)
    checkpoint = train(make_dataset(), settings)
    assert checkpoint.complete
    assert all(np.isfinite(array).all() for array in checkpoint.weights.values())


@pytest.mark.parametrize("penalty", ["l1", "l2"])
def test_penalties_shrink_weights(make_dataset: MakeDataset, train: Train, penalty: str) -> None:
    """With λ₁ or λ₂, the penalised norm of the weights is small, and smaller than without."""
    settings = replace(QUICK, epochs=20)
    penalised = replace(settings, l1=0.05) if penalty == "l1" else replace(settings, l2=0.05)
    norm, size = np.abs if penalty == "l1" else np.square, {}
    for options in (settings, penalised):
        last = train(make_dataset(), options).training_state
        assert last is not None
        size[options] = norm(last["weights"]["layers.0.weight"]).sum()
    assert size[penalised] < size[settings] / 2


def test_losses_start_near_the_logarithm_of_the_classes(make_dataset: MakeDataset) -> None:
    """The initial loss of a network with small random outputs is about ln K nats."""
    from evalkit.training.numpy_trainer import train_numpy

    settings = replace(QUICK, initialisation="pytorch", learning_rate=1e-9, epochs=1)
    record = train_numpy(make_dataset(classes=7), settings).history[0]
    assert record.validation_loss == pytest.approx(math.log(7), rel=0.15)
