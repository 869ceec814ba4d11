"""Test the Keras callback in ``fit``, if Keras is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from evalkit.errors import MissingExtraError
from evalkit.integrations import keras_callback

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM = """
import numpy as np, keras
from evalkit.integrations import keras_callback
from evalkit.metrics.confusion import ConfusionMatrix

rng = np.random.default_rng(0)
X, y = rng.normal(size=(60, 4)).astype("float32"), rng.integers(0, 3, 60)
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
model.compile("sgd", "sparse_categorical_crossentropy")
callback = keras_callback(X, y, ("a", "b", "c"))
watching = keras.callbacks.EarlyStopping("val_f1_macro", mode="max", patience=2)
history = model.fit(X, y, epochs=2, verbose=0, callbacks=[callback, watching])
assert len(callback.matrices) == 2
assert watching.best == max(history.history["val_f1_macro"])
last = callback.matrices[-1]
predicted = model.predict(X, verbose=0).argmax(axis=1)
assert last == ConfusionMatrix.from_codes(y, predicted, classes=("a", "b", "c"))
logged = history.history["val_f1_macro"][-1]
assert abs(logged - float(last.f1(average="macro", zero_division=0))) < 1e-12

one_hot = keras_callback(X, np.eye(3)[y], ("a", "b", "c"))
one_hot.set_model(model)
one_hot.on_epoch_end(0)
assert one_hot.matrices[0] == last

sigmoid = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
binary = keras_callback(X, y % 2, ("no", "yes"))
binary.set_model(sigmoid)
binary.on_epoch_end(0, {})
yes = (sigmoid.predict(X, verbose=0)[:, 0] > 0.5).astype(int)
assert binary.matrices[0] == ConfusionMatrix.from_codes(y % 2, yes, classes=("no", "yes"))
"""


@pytest.mark.skipif(find_spec("keras") is not None, reason="Keras is installed")
def test_missing_keras_raises() -> None:
    with pytest.raises(MissingExtraError, match=r"keras is not installed.*pip install keras"):
        keras_callback([[0.0]], [0], (0, 1))


@pytest.mark.torch
def test_each_epoch_of_fit_is_a_matrix(first_installed: Callable[..., str]) -> None:
    """Run in a subprocess, because Keras fixes its backend on import and warns."""
    first_installed("keras")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "KERAS_BACKEND": "torch"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
