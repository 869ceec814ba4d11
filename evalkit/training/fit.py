"""The training run, the same for both back ends: epochs, history, and the best of them."""

from __future__ import annotations

import math
import os
import time
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from evalkit.errors import TrainingError
from evalkit.training.batches import BatchStream, measure_normalisation, split_rows
from evalkit.training.checkpoint import Checkpoint, EpochRecord
from evalkit.training.class_weights import resolve_class_weights
from evalkit.training.initialisation import initial_weights
from evalkit.training.reached import Reached
from evalkit.training.resume import check_resumable
from evalkit.training.schedules import learning_rate
from evalkit.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from evalkit.datasets.dataset import Dataset
    from evalkit.training.checkpoint import Backend
    from evalkit.training.learner import BatchScore, MakeLearner
    from evalkit.training.settings import Initialisation, Settings

_VALIDATION_BATCH = 1024
_OWN_INITIALISATION: dict[Backend, Initialisation] = {"numpy": "he", "torch": "pytorch"}
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
    """Train a network on the training rows of `dataset`, and return its best epoch.

    The best epoch is the one of highest validation accuracy, of equals the one of lowest
    validation loss, of equals the first. The held-out rows, the order of the batches and,
    where the settings name an initialisation, the initial weights depend on the settings'
    seed and not on the back end.

    Training ends early and keeps the best epoch when the patience of `early_stopping` is
    used up, on KeyboardInterrupt, and when the loss is no longer finite; the checkpoint's
    `ending` says so.

    Raises
    ------
    TrainingError
        If the options do not fit the data, `resume` is another run's, or the first epoch
        diverges.
    """
    run = _Run(dataset, settings, backend, make_learner, resume)
    ending, complete = "", True
    try:
        # A loss that overflows is found where it is read, not by NumPy's warnings.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for record in run.epochs():
                if progress:
                    progress(record)
        if len(run.reached.history) < settings.epochs:
            ending = f"stopped early: no better epoch for {settings.early_stopping} epochs"
    except KeyboardInterrupt:
        done = len(run.reached.history)
        if not done:
            raise
        if done < settings.epochs:
            ending, complete = f"interrupted in epoch {done + 1}", False
    except _DivergedError as diverged:
        if not run.reached.history:
            raise TrainingError(str(diverged)) from None
        ending, complete = f"{diverged}; kept epoch {run.reached.best_epoch}", False
    return run.checkpoint(ending, complete=complete)


class _DivergedError(Exception):
    """A loss is NaN or infinite."""


class _Run:
    """One run: the batches, the learner, and what has been reached."""

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
                f"a batch must not be larger than the {len(self._rows)} training rows; "
                f"batch_size is {settings.batch_size}: choose {len(self._rows)} or less"
            )
        self._normalisation = measure_normalisation(dataset.X_train, self._rows)
        self._training = self._stream(settings.batch_size)
        self._validation = self._stream(min(_VALIDATION_BATCH, len(self._held_out)))
        weights = resolve_class_weights(
            settings.class_weight, dataset.y_train[self._rows], dataset.classes
        )
        self._learner = make_learner(self._architecture, settings, weights)
        scheme = settings.initialisation or _OWN_INITIALISATION[backend]
        self._learner.load(initial_weights(self._architecture, scheme, self._generator("weights")))
        self.reached = Reached.restore(resume, self._learner) if resume else Reached()

    def _generator(self, purpose: str, epoch: int = 0) -> np.random.Generator:
        """Return the generator of one purpose in one epoch.

        Each epoch has its own, so that a resumed run draws what it would have drawn.
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

    def epochs(self) -> Iterator[EpochRecord]:
        """Train the epochs that are left, as far as patience reaches, and yield their records."""
        patience = self._settings.early_stopping or math.inf
        while len(self.reached.history) < self._settings.epochs:
            if self.reached.epochs_since_best >= patience:
                return
            epoch = len(self.reached.history) + 1
            began = time.perf_counter()
            train_loss, train_accuracy = self._train(epoch)
            validation_loss, validation_accuracy = self._validate(epoch)
            record = EpochRecord(
                epoch=epoch,
                train_loss=train_loss,
                train_accuracy=train_accuracy,
                validation_loss=validation_loss,
                validation_accuracy=validation_accuracy,
                seconds=_recorded(time.perf_counter() - began),
            )
            self.reached = self.reached.after(record, self._learner)
            yield record

    def _train(self, epoch: int) -> tuple[float, float]:
        """Take the epoch's steps; return the mean loss and accuracy of its batches."""
        settings = self._settings
        order = self._rows[self._generator("order", epoch).permutation(len(self._rows))]
        if settings.batch_norm and len(order) % settings.batch_size == 1:
            order = order[:-1]  # the statistics of a batch of one row are undefined
        steps = math.ceil(len(order) / settings.batch_size)
        first = (epoch - 1) * steps
        self._learner.begin_epoch(int(self._generator("dropout", epoch).integers(2**63)))
        scores = (
            self._learner.step(
                X,
                y,
                learning_rate(
                    settings.schedule, settings.learning_rate, step, settings.epochs * steps
                ),
            )
            for step, (X, y) in enumerate(self._training.batches(order), start=first)
        )
        return self._mean(scores, epoch, len(order))

    def _validate(self, epoch: int) -> tuple[float, float]:
        """Return the mean loss and accuracy of the held-out rows."""
        scores = (self._learner.score(X, y) for X, y in self._validation.batches(self._held_out))
        return self._mean(scores, epoch, len(self._held_out))

    def _mean(self, scores: Iterator[BatchScore], epoch: int, rows: int) -> tuple[float, float]:
        loss = weight = 0.0
        correct = 0
        for score in scores:
            if not math.isfinite(score.loss):
                raise _DivergedError(
                    f"training diverged in epoch {epoch}: the loss became {score.loss}; "
                    f"lower the learning rate of {self._settings.learning_rate:g}"
                )
            loss += score.loss * score.weight
            weight += score.weight
            correct += score.correct
        return loss / (weight or 1.0), correct / rows

    def checkpoint(self, ending: str, *, complete: bool) -> Checkpoint:
        """Return the best epoch with all that is known of the run."""
        assert self.reached.best_weights is not None
        return Checkpoint(
            backend=self._backend,
            architecture=self._architecture,
            classes=self._dataset.classes,
            normalisation=self._normalisation,
            dataset=self._dataset.identity,
            seed=self._settings.seed,
            settings=self._settings.to_plain(),
            history=self.reached.history,
            best_epoch=self.reached.best_epoch,
            weights=dict(self.reached.best_weights),
            versions=_versions(self._backend),
            complete=complete,
            ending=ending,
            training_state=self.reached.state,
        )


def _recorded(seconds: float) -> float:
    """Return the seconds, or 0 where a reproducible file is asked for."""
    return 0.0 if "SOURCE_DATE_EPOCH" in os.environ else seconds


def _versions(backend: Backend) -> dict[str, str]:
    versions = {"evalkit": __version__, "numpy": np.__version__}
    return {**versions, "torch": version("torch")} if backend == "torch" else versions
