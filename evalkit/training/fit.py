"""The training loop, shared by both back ends."""

from __future__ import annotations

import math
import os
import time
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from evalkit.errors import TrainingError
from evalkit.progress import task
from evalkit.training.batches import BatchStream, measure_normalisation, split_rows
from evalkit.training.checkpoint import Checkpoint, EpochRecord
from evalkit.training.class_weights import resolve_class_weights
from evalkit.training.initialisation import initial_weights
from evalkit.training.resume import RunState, check_resumable
from evalkit.training.schedules import learning_rate
from evalkit.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from evalkit.datasets.dataset import Dataset
    from evalkit.progress import Advance
    from evalkit.training.checkpoint import Backend
    from evalkit.training.learner import BatchScore, MakeLearner
    from evalkit.training.settings import Initialisation, Settings

_VALIDATION_BATCH = 1024
_DEFAULT_INITIALISATION: dict[Backend, Initialisation] = {"numpy": "he", "torch": "pytorch"}
_PURPOSES = ("split", "weights", "order", "dropout")


def fit(
    dataset: Dataset,
    settings: Settings,
    backend: Backend,
    make_learner: MakeLearner,
    *,
    progress: Callable[[EpochRecord], None] | None = None,
    resume: Checkpoint | None = None,
) -> Checkpoint:
    """Train a network on the training rows of `dataset`, and return the best epoch.

    The best epoch has the highest validation accuracy; ties are broken by the lower validation
    loss, then by the earlier epoch. The validation rows, the order of the batches and, if the
    settings give an initialisation, the initial weights depend on the seed and not on the back
    end.

    Training ends early, and the best epoch is returned, when `early_stopping` epochs bring no
    improvement, on KeyboardInterrupt, and when the loss is not finite. The `ending` of the
    checkpoint gives the reason.

    Raises
    ------
    TrainingError
        If the options do not match the data, `resume` is from a different run, or the first
        epoch diverges.
    """
    run = _Run(dataset, settings, backend, make_learner, resume)
    ending, complete = "", True
    try:
        # An overflow is detected by checking the loss, not by NumPy's warnings.
        with (
            np.errstate(over="ignore", invalid="ignore", divide="ignore"),
            task(backend, run.steps_left) as advance,
        ):
            for record in run.epochs(advance):
                if progress:
                    progress(record)
        if len(run.state.history) < settings.epochs:
            ending = f"stopped early: no improvement for {settings.early_stopping} epochs"
    except KeyboardInterrupt:
        done = len(run.state.history)
        if not done:
            raise
        if done < settings.epochs:
            ending, complete = f"interrupted in epoch {done + 1}", False
    except _DivergedError as diverged:
        if not run.state.history:
            raise TrainingError(
                f"Training {diverged}. Reduce the learning rate of {settings.learning_rate:g}."
            ) from None
        ending = (
            f"training {diverged}; reduce the learning rate of {settings.learning_rate:g}; "
            f"epoch {run.state.best_epoch} was kept"
        )
        complete = False
    return run.checkpoint(ending, complete=complete)


class _DivergedError(Exception):
    """The loss is NaN or infinite."""


class _Run:
    """A training run: the batches, the learner and the state."""

    def __init__(
        self,
        dataset: Dataset,
        settings: Settings,
        backend: Backend,
        make_learner: MakeLearner,
        resume: Checkpoint | None,
    ) -> None:
        self._dataset, self._settings, self._backend = dataset, settings, backend
        inputs, outputs = dataset.X_train.shape[1], len(dataset.classes)
        self._architecture = settings.architecture(inputs, outputs)
        if resume:
            check_resumable(resume, dataset, settings, self._architecture, backend)
        self._rows, self._held_out = split_rows(
            len(dataset.X_train), settings.validation_fraction, self._generator("split")
        )
        if settings.batch_size > len(self._rows):
            raise TrainingError(
                f"batch_size is {settings.batch_size}, but there are only {len(self._rows)} "
                f"training rows. Choose {len(self._rows)} or less."
            )
        self._normalisation = measure_normalisation(dataset.X_train, self._rows)
        self._training = self._stream(settings.batch_size)
        self._validation = self._stream(min(_VALIDATION_BATCH, len(self._held_out)))
        weights = resolve_class_weights(
            settings.class_weight, dataset.y_train[self._rows], dataset.classes
        )
        self._learner = make_learner(self._architecture, settings, weights)
        scheme = settings.initialisation or _DEFAULT_INITIALISATION[backend]
        self._learner.load(initial_weights(self._architecture, scheme, self._generator("weights")))
        self.state = RunState.restore(resume, self._learner) if resume else RunState()

    def _generator(self, purpose: str, epoch: int = 0) -> np.random.Generator:
        """Return the random generator for a purpose and an epoch.

        Each epoch has its own, so that a resumed run draws the same numbers as one run would.
        """
        return np.random.default_rng([self._settings.seed, _PURPOSES.index(purpose), epoch])

    def _stream(self, batch_size: int) -> BatchStream:
        return BatchStream(
            self._dataset.X_train,
            self._dataset.y_train,
            self._normalisation,
            batch_size=batch_size,
            dtype=self._settings.dtype,
        )

    @property
    def _steps(self) -> int:
        """Number of batches of an epoch."""
        rows, size = len(self._rows), self._settings.batch_size
        # The statistics of a batch of one row are undefined.
        return rows // size if self._settings.batch_norm and rows % size == 1 else -(-rows // size)

    @property
    def steps_left(self) -> int:
        """Number of batches of the remaining epochs."""
        return (self._settings.epochs - len(self.state.history)) * self._steps

    def epochs(self, advance: Advance) -> Iterator[EpochRecord]:
        """Train the remaining epochs, with early stopping, and yield their records."""
        patience = self._settings.early_stopping or math.inf
        while len(self.state.history) < self._settings.epochs:
            if self.state.epochs_since_best >= patience:
                return
            epoch = len(self.state.history) + 1
            started = time.perf_counter()
            train_loss, train_accuracy = self._train(epoch, advance)
            validation_loss, validation_accuracy = self._validate(epoch)
            record = EpochRecord(
                epoch=epoch,
                train_loss=train_loss,
                train_accuracy=train_accuracy,
                validation_loss=validation_loss,
                validation_accuracy=validation_accuracy,
                seconds=_recorded_seconds(time.perf_counter() - started),
            )
            self.state = self.state.updated(record, self._learner)
            advance(
                0,
                note=f"epoch {epoch}/{self._settings.epochs}, loss {train_loss:.4f}, "
                f"validation {validation_loss:.4f}, rate {self._rate(epoch * self._steps - 1):.3g}",
            )
            yield record

    def _rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        settings = self._settings
        return learning_rate(
            settings.schedule, settings.learning_rate, step, settings.epochs * self._steps
        )

    def _train(self, epoch: int, advance: Advance) -> tuple[float, float]:
        """Train one epoch, and return the mean loss and accuracy of its batches."""
        order = self._rows[self._generator("order", epoch).permutation(len(self._rows))]
        order = order[: self._steps * self._settings.batch_size]
        first = (epoch - 1) * self._steps
        self._learner.begin_epoch(int(self._generator("dropout", epoch).integers(2**63)))

        def scores() -> Iterator[BatchScore]:
            for step, (X, y) in enumerate(self._training.batches(order), start=first):
                yield self._learner.step(X, y, self._rate(step))
                advance()

        return self._mean(scores(), epoch, len(order))

    def _validate(self, epoch: int) -> tuple[float, float]:
        """Return the mean loss and accuracy of the validation rows."""
        scores = (self._learner.score(X, y) for X, y in self._validation.batches(self._held_out))
        return self._mean(scores, epoch, len(self._held_out))

    def _mean(self, scores: Iterator[BatchScore], epoch: int, rows: int) -> tuple[float, float]:
        loss = weight = 0.0
        correct = 0
        for score in scores:
            if not math.isfinite(score.loss):
                raise _DivergedError(f"diverged in epoch {epoch}: the loss is {score.loss}")
            loss += score.loss * score.weight
            weight += score.weight
            correct += score.correct
        return loss / (weight or 1.0), correct / rows

    def checkpoint(self, ending: str, *, complete: bool) -> Checkpoint:
        """Return the checkpoint of the best epoch."""
        assert self.state.best_weights is not None
        return Checkpoint(
            backend=self._backend,
            architecture=self._architecture,
            classes=self._dataset.classes,
            normalisation=self._normalisation,
            dataset=self._dataset.identity,
            seed=self._settings.seed,
            settings=self._settings.to_plain(),
            history=self.state.history,
            best_epoch=self.state.best_epoch,
            weights=dict(self.state.best_weights),
            versions=_versions(self._backend),
            complete=complete,
            ending=ending,
            training_state=self.state.training_state,
        )


def _recorded_seconds(seconds: float) -> float:
    """Return the seconds, or 0 if SOURCE_DATE_EPOCH requests a reproducible file."""
    return 0.0 if "SOURCE_DATE_EPOCH" in os.environ else seconds


def _versions(backend: Backend) -> dict[str, str]:
    versions = {"evalkit": __version__, "numpy": np.__version__}
    return {**versions, "torch": version("torch")} if backend == "torch" else versions
