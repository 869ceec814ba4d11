from __future__ import annotations

import math

import pytest

from evalkit.errors import TrainingError
from evalkit.training.settings import Settings


def test_plain_values_round_trip() -> None:
    """What a checkpoint holds makes the same settings again; unknown names are passed over."""
    settings = Settings(hidden=(8, 4), l1=(0.1, 0.0, 0.2), class_weight=(1.0, 2.0), alpha=0.3)
    plain = settings.to_plain()
    assert all(not isinstance(value, tuple) for value in plain.values())
    assert Settings.from_plain({**plain, "of another version": 1}) == settings


def test_lists_are_taken_for_tuples() -> None:
    """Options typed as lists are the same options."""
    lists = Settings(hidden=[8, 4], l1=[0.1, 0.0, 0.2])  # type: ignore[arg-type]  # on purpose
    assert lists == Settings(hidden=(8, 4), l1=(0.1, 0.0, 0.2))


def test_alpha_is_the_activation_s_own_unless_given() -> None:
    """α is 1 for ELU and 0.01 for leaky ReLU."""
    assert Settings().architecture(4, 2).alpha == 1.0
    assert Settings(activation="leaky_relu").architecture(4, 2).alpha == 0.01
    assert Settings(activation="leaky_relu", alpha=0.2).architecture(4, 2).alpha == 0.2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden": (0,)}, "hidden layer 1 has 0"),
        ({"learning_rate": 0.0}, "learning_rate must be a positive number; got 0.0"),
        ({"learning_rate": math.nan}, "got nan"),
        ({"batch_size": 0}, "batch_size must be at least 1; got 0"),
        ({"epochs": 0}, "epochs must be at least 1; got 0"),
        ({"early_stopping": 0}, "early_stopping must be at least 1; got 0"),
        ({"seed": -1}, "seed must not be negative; got -1"),
        ({"validation_fraction": 0.0}, "validation_fraction must lie between 0 and 1"),
        ({"validation_fraction": 1.0}, "validation_fraction must lie between 0 and 1"),
        ({"dropout": 1.0}, r"dropout must lie in \[0, 1\)"),
        ({"momentum": 1.0}, r"momentum must lie in \[0, 1\)"),
        ({"momentum": 0.9, "optimizer": "adam"}, "adam has its own"),
        ({"optimizer": "lbfgs"}, "must be one of sgd, adam; got 'lbfgs'"),
        ({"schedule": "linear"}, "must be one of constant, cosine, step, one_cycle"),
        ({"dtype": "float16"}, "must be one of float32, float64"),
        ({"initialisation": "zeros"}, "must be one of he, glorot, pytorch"),
        ({"batch_norm": True, "batch_size": 1}, "batch_size is 1"),
        ({"l1": -1.0}, "l1 must not be negative or infinite; got -1.0"),
        ({"l2": math.inf}, "l2 must not be negative or infinite; got inf"),
        ({"l2": (0.1, 0.1, 0.1)}, "the network has 2 layers, got 3 numbers"),
        ({"class_weight": "inverse"}, "class_weight must be balanced or one number a class"),
        ({"class_weight": (1.0, -1.0)}, "class_weight must not be negative"),
        ({"alpha": math.nan}, "alpha must be a finite number"),
        ({"residual": True}, "a residual block needs two hidden layers"),
    ],
)
def test_an_option_outside_its_range_is_refused(options: dict[str, object], message: str) -> None:
    """Each is one line that names the option and its value."""
    with pytest.raises(TrainingError, match=message) as raised:
        Settings(**options)  # type: ignore[arg-type]  # wrong on purpose
    assert "\n" not in str(raised.value)
