"""Test the loss surface against its definition, and both back ends against each other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, get_args

import numpy as np
import pytest

from evalkit.errors import TrainingError
from evalkit.training.architecture import ActivationName
from evalkit.training.checkpoint import Normalisation
from evalkit.training.landscape import extreme_eigenvalues, measure_landscape
from evalkit.training.loss_surface import NumpyLossSurface
from evalkit.training.numpy_trainer import train_numpy
from evalkit.training.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from evalkit.datasets.dataset import Dataset
    from evalkit.training.checkpoint import Checkpoint

    MakeDataset = Callable[..., Dataset]

SMALL = Settings(hidden=(5, 5, 5), activation="tanh", batch_size=32, epochs=2, dtype="float64")
VARIANTS = {
    **{name: replace(SMALL, activation=name) for name in get_args(ActivationName)},
    "residual": replace(SMALL, residual=True),
    "batch norm and dropout": replace(SMALL, batch_norm=True, dropout=0.3),
    "softmax regression": replace(SMALL, hidden=()),
}


@pytest.fixture
def dataset(make_dataset: MakeDataset) -> Dataset:
    """Return overlapping clusters."""
    return make_dataset(rows=100, features=4, classes=3, spread=0.7)


def dense_hessian(surface: NumpyLossSurface, w: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return H, computed with one product per column."""
    return np.column_stack([surface.hessian_product(w, e) for e in np.eye(len(w))])


@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS.keys())
def test_gradient_and_hessian_are_derivatives(dataset: Dataset, settings: Settings) -> None:
    """g and H v match central differences, and H is symmetric."""
    checkpoint = train_numpy(dataset, settings)
    surface = NumpyLossSurface(checkpoint, dataset.X_train, dataset.y_train)
    w, h = surface.point, 1e-6
    generator = np.random.default_rng(0)
    u, v = generator.normal(size=(2, len(w))) / np.sqrt(len(w))

    slope = (surface.loss(w + h * v) - surface.loss(w - h * v)) / (2 * h)
    assert surface.gradient(w) @ v == pytest.approx(slope, abs=1e-8)
    numeric = (surface.gradient(w + h * v) - surface.gradient(w - h * v)) / (2 * h)
    np.testing.assert_allclose(surface.hessian_product(w, v), numeric, atol=1e-7)
    symmetric = v @ surface.hessian_product(w, u)
    assert u @ surface.hessian_product(w, v) == pytest.approx(symmetric, abs=1e-13)


@pytest.mark.torch
@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS.keys())
def test_both_back_ends_agree(dataset: Dataset, settings: Settings) -> None:
    """Loss, gradient and Hessian product of both back ends agree up to rounding."""
    pytest.importorskip("torch")
    from evalkit.training.torch_loss_surface import TorchLossSurface

    checkpoint = train_numpy(dataset, settings)
    ours, theirs = (
        make(checkpoint, dataset.X_train, dataset.y_train)
        for make in (NumpyLossSurface, TorchLossSurface)
    )
    w = ours.point
    np.testing.assert_array_equal(w, theirs.point)
    v = np.random.default_rng(1).normal(size=len(w))
    assert ours.loss(w) == pytest.approx(theirs.loss(w), abs=1e-13)
    np.testing.assert_allclose(ours.gradient(w), theirs.gradient(w), atol=1e-13)
    np.testing.assert_allclose(ours.hessian_product(w, v), theirs.hessian_product(w, v), atol=1e-12)


@pytest.mark.parametrize("size", [2, 3, 5, 60, 300])
def test_eigenvalues_are_those_of_a_dense_solver(size: int) -> None:
    """Both ends of a random symmetric matrix's spectrum lie within the stated bounds."""
    generator = np.random.default_rng(size)
    A = generator.normal(size=(size, size))
    A = A + A.T
    found = extreme_eigenvalues(A.dot, size, generator=generator)
    values = np.linalg.eigvalsh(A)
    slack = 1e-10 * abs(values).max()
    assert abs(found.smallest - values[0]) <= found.smallest_error + slack
    assert abs(found.largest - values[-1]) <= found.largest_error + slack
    assert max(found.smallest_error, found.largest_error) <= 2e-6 * abs(values).max() + slack


@pytest.mark.parametrize(("smallest", "largest"), [(0, 5), (-5, 0), (-5, 5), (4.99, 5), (-1e-6, 0)])
def test_eigenvalues_of_the_same_sign_or_zero(smallest: float, largest: float) -> None:
    """Each is found to a share of the larger magnitude, and the same again."""
    spectrum = np.r_[np.full(300, smallest), np.linspace(smallest, largest, 100)]
    once, again = (
        extreme_eigenvalues(
            lambda v: spectrum * v, len(spectrum), generator=np.random.default_rng(0)
        )
        for _ in range(2)
    )
    scale = np.abs(spectrum).max()
    assert once.smallest == pytest.approx(smallest, abs=1e-5 * scale)
    assert once.largest == pytest.approx(largest, abs=1e-5 * scale)
    assert max(once.smallest_error, once.largest_error) <= 2e-6 * scale
    assert once == again


def test_few_restarts_still_bound_their_error() -> None:
    """Cut short, the values lie inside the spectrum and an eigenvalue within each bound."""
    spectrum = np.linspace(-3, 10, 5_000)
    found = extreme_eigenvalues(
        lambda v: spectrum * v, 5_000, iterations=1, generator=np.random.default_rng(0)
    )
    assert found.products < 500
    assert -3 <= found.smallest <= found.largest <= 10
    for value, error in (
        (found.smallest, found.smallest_error),
        (found.largest, found.largest_error),
    ):
        assert np.abs(spectrum - value).min() <= error


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_a_multiple_of_the_identity_has_one_eigenvalue(value: float) -> None:
    found = extreme_eigenvalues(lambda v: value * v, 9, generator=np.random.default_rng(0))
    assert (found.smallest, found.largest) == pytest.approx((value, value), abs=1e-12)
    assert max(found.smallest_error, found.largest_error) <= 1e-12


def test_weights_that_overflow_have_no_curvature(dataset: Dataset) -> None:
    checkpoint = train_numpy(dataset, replace(SMALL, activation="relu"))
    huge = {name: 1e200 * array for name, array in checkpoint.weights.items()}
    with (
        np.errstate(all="ignore"),
        pytest.raises(TrainingError, match="curvature of the loss is not finite"),
    ):
        measure_landscape(replace(checkpoint, weights=huge), dataset.X_train, dataset.y_train)


def test_eigenvalues_equal_those_of_the_dense_hessian(dataset: Dataset) -> None:
    """The extreme eigenvalues of the dense Hessian are within the error bounds."""
    checkpoint = train_numpy(dataset, SMALL)
    found = measure_landscape(checkpoint, dataset.X_train, dataset.y_train)
    surface = NumpyLossSurface(checkpoint, dataset.X_train, dataset.y_train)
    values = np.linalg.eigvalsh(dense_hessian(surface, surface.point))
    assert found.smallest == pytest.approx(values[0], abs=found.smallest_error + 1e-9)
    assert found.largest == pytest.approx(values[-1], abs=found.largest_error + 1e-9)
    assert found.tolerance == pytest.approx(1e-6 * abs(values).max(), rel=1e-3)


def test_prediction_errors_of_small_steps(dataset: Dataset) -> None:
    """The error of the first order is O(ε²), that of the second order O(ε³)."""
    checkpoint = train_numpy(dataset, replace(SMALL, activation="softplus"))
    steps = (0.04, 0.02, 0.01)
    found = measure_landscape(checkpoint, dataset.X_train, dataset.y_train, steps=steps)
    first = [abs(step.first_order - step.actual) for step in found.steps]
    second = [abs(step.second_order - step.actual) for step in found.steps]
    for i in range(2):
        assert first[i] / first[i + 1] == pytest.approx(4, rel=0.15)
        assert second[i] / second[i + 1] == pytest.approx(8, rel=0.3)


def test_the_raising_step_is_where_the_prediction_returns(dataset: Dataset) -> None:
    """At ε = 2 gᵀg / gᵀHg, the second order predicts the initial loss."""
    checkpoint = train_numpy(dataset, SMALL)
    found = measure_landscape(checkpoint, dataset.X_train, dataset.y_train)
    assert found.raising_step is not None
    (step,) = measure_landscape(
        checkpoint, dataset.X_train, dataset.y_train, steps=(found.raising_step,)
    ).steps
    assert step.second_order == pytest.approx(found.loss, abs=1e-12)


def test_softmax_regression_is_undecided_and_never_a_saddle(dataset: Dataset) -> None:
    """Its loss is convex and constant along a shift of all logits, so one eigenvalue is zero."""
    checkpoint = train_numpy(dataset, replace(SMALL, hidden=()))
    found = measure_landscape(checkpoint, dataset.X_train, dataset.y_train)
    assert found.curvature == "undecided"
    assert abs(found.smallest) <= found.tolerance


def test_dead_weights_are_a_saddle_or_flat(dataset: Dataset) -> None:
    """With all weights of two tanh layers at zero, the Hessian has eigenvalues of both signs."""
    checkpoint = train_numpy(dataset, replace(SMALL, hidden=(5,)))
    zeros = {name: np.zeros_like(array) for name, array in checkpoint.weights.items()}
    found = measure_landscape(replace(checkpoint, weights=zeros), dataset.X_train, dataset.y_train)
    assert found.curvature == "saddle"
    assert found.smallest < 0 < found.largest


def test_plain_values_are_numbers_and_strings(dataset: Dataset) -> None:
    """The plain values contain only numbers, strings and None."""
    checkpoint = train_numpy(dataset, SMALL)
    plain = measure_landscape(checkpoint, dataset.X_train, dataset.y_train).to_plain()
    assert len(plain.pop("steps")) == 3
    assert all(isinstance(value, int | float | str) for value in plain.values())


def test_a_batch_of_another_width_raises(dataset: Dataset) -> None:
    """A batch with another number of features, or without rows, raises."""
    checkpoint: Checkpoint = train_numpy(dataset, SMALL)
    for X in (dataset.X_train[:, :3], dataset.X_train[:0]):
        with pytest.raises(TrainingError, match="expected at least one row of 4 features"):
            measure_landscape(checkpoint, X, dataset.y_train[: len(X)])
    assert isinstance(checkpoint.normalisation, Normalisation)
