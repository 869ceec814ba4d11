from __future__ import annotations

import math

import pytest

from evalkit.errors import TrainingError
from evalkit.training.settings import Settings


def test_plain_values_round_trip() -> None:
    """Converting to plain values and back gives equal settings; unknown names are ignored."""
    settings = Settings(hidden=(8, 4), l1=(0.1, 0.0, 0.2), class_weight=(1.0, 2.0), alpha=0.3)
    plain = settings.to_plain()
    assert all(not isinstance(value, tuple) for value in plain.values())
    assert Settings.from_plain({**plain, "of another version": 1}) == settings


def test_lists_are_taken_for_tuples() -> None:
    """Lists are converted to tuples."""
    lists = Settings(hidden=[8, 4], l1=[0.1, 0.0, 0.2])  # type: ignore[arg-type]  # on purpose
    assert lists == Settings(hidden=(8, 4), l1=(0.1, 0.0, 0.2))


def test_default_alpha_depends_on_the_activation() -> None:
    """α is 1 for ELU and 0.01 for leaky ReLU."""
    assert Settings().architecture(4, 2).alpha == 1.0
    assert Settings(activation="leaky_relu").architecture(4, 2).alpha == 0.01
    assert Settings(activation="leaky_relu", alpha=0.2).architecture(4, 2).alpha == 0.2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden": (0,)}, "width of hidden layer 1 is 0"),
        ({"learning_rate": 0.0}, r"learning_rate is 0\.0, expected a positive number"),
        ({"learning_rate": math.nan}, "learning_rate is nan"),
        ({"batch_size": 0}, "batch_size is 0, expected at least 1"),
        ({"epochs": 0}, "epochs is 0, expected at least 1"),
        ({"early_stopping": 0}, "early_stopping is 0, expected at least 1"),
        ({"seed": -1}, "seed is -1, expected a non-negative integer"),
        (
            {"validation_fraction": 0.0},
            "validation_fraction is 0.0, expected a value between 0 and 1",
        ),
        (
            {"validation_fraction": 1.0},
            "validation_fraction is 1.0, expected a value between 0 and 1",
        ),
        ({"dropout": 1.0}, r"dropout is 1\.0, expected a value in \[0, 1\)"),
        ({"momentum": 1.0}, r"momentum is 1\.0, expected a value in \[0, 1\)"),
        (
            {"momentum": 0.9, "optimizer": "adam"},
            "momentum is 0.9, but it is an option of sgd only",
        ),
        ({"optimizer": "lbfgs"}, "optimizer is 'lbfgs', expected one of sgd, adam"),
        (
            {"schedule": "linear"},
            "schedule is 'linear', expected one of constant, cosine, step, one_cycle",
        ),
        ({"dtype": "float16"}, "dtype is 'float16', expected one of float32, float64"),
        (
            {"initialisation": "zeros"},
            "initialisation is 'zeros', expected one of he, glorot, pytorch",
        ),
        ({"batch_norm": True, "batch_size": 1}, "batch_size is 1"),
        ({"l1": -1.0}, "l1 contains -1.0, expected finite numbers ≥ 0"),
        ({"l2": math.inf}, "l2 contains inf, expected finite numbers ≥ 0"),
        ({"l2": (0.1, 0.1, 0.1)}, "l2 has 3 numbers for 2 layers"),
        (
            {"class_weight": "inverse"},
            "class_weight is 'inverse', expected balanced or one number per class",
        ),
        ({"class_weight": (1.0, -1.0)}, "class_weight contains -1.0, expected finite numbers ≥ 0"),
        ({"alpha": math.nan}, "alpha is nan, expected a finite number"),
        ({"residual": True}, "form no residual block. A block needs two hidden layers"),
    ],
)
def test_invalid_options_raise(options: dict[str, object], message: str) -> None:
    """Each invalid option raises an error of one line with its name and value."""
    with pytest.raises(TrainingError, match=message) as raised:
        Settings(**options)  # type: ignore[arg-type]  # wrong on purpose
    assert "\n" not in str(raised.value)
