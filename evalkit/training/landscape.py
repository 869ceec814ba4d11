"""Measure the loss around a trained network: gradient, curvature and predicted steps."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from evalkit.errors import MissingExtraError, TrainingError
from evalkit.training.loss_surface import NumpyLossSurface

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from evalkit.training.checkpoint import Backend, Checkpoint
    from evalkit.training.loss_surface import LossSurface

    Vector = NDArray[np.float64]

Curvature = Literal["minimum", "maximum", "saddle", "undecided"]

_RELATIVE_ZERO = 1e-6
_BASIS = 32
"""Vectors that ARPACK keeps between restarts: each is as long as the weights."""


@dataclass(frozen=True)
class StepPrediction:
    """Predicted and actual loss after a gradient step w − ε g.

    Attributes
    ----------
    step : ε.
    first_order : L − ε gᵀg.
    second_order : L − ε gᵀg + ½ ε² gᵀHg.
    actual : L(w − ε g).
    """

    step: float
    first_order: float
    second_order: float
    actual: float


@dataclass(frozen=True)
class Landscape:
    """The loss of one batch around the weights of a checkpoint.

    Attributes
    ----------
    rows : the size of the batch.
    loss : L, mean cross-entropy in nats, in evaluation mode.
    gradient_norm : ‖g‖₂.
    gradient_curvature : gᵀHg / gᵀg, the curvature along the gradient.
    smallest, largest : the extreme eigenvalues of the Hessian H.
    smallest_error, largest_error : error bounds; an eigenvalue of H lies within each.
    products : the number of Hessian–vector products used.
    tolerance : the magnitude below which an eigenvalue counts as zero, 10⁻⁶ times the larger
        magnitude of the two.
    curvature : the type of the point if its gradient were zero: a minimum if all eigenvalues are
        positive, a saddle if both signs occur, undecided if an extreme counts as zero.
    raising_step : 2 gᵀg / gᵀHg, the step size above which the second order predicts a higher
        loss; None if there is no such step size.
    steps : predicted and actual losses for several step sizes.
    """

    rows: int
    loss: float
    gradient_norm: float
    gradient_curvature: float
    smallest: float
    smallest_error: float
    largest: float
    largest_error: float
    products: int
    tolerance: float
    curvature: Curvature
    raising_step: float | None
    steps: tuple[StepPrediction, ...]

    def to_plain(self) -> dict[str, Any]:
        """Return the fields as plain numbers and strings, the steps as a list of dicts."""
        return {**asdict(self), "steps": [asdict(step) for step in self.steps]}


def measure_landscape(
    checkpoint: Checkpoint,
    X: NDArray[Any],
    y: NDArray[np.integer[Any]],
    *,
    steps: Sequence[float] | None = None,
    backend: Backend = "numpy",
    iterations: int = 30,
    seed: int = 0,
) -> Landscape:
    """Return the landscape of the loss around the weights of a checkpoint, in float64.

    Parameters
    ----------
    checkpoint : a checkpoint of either back end.
    X, y : raw inputs (n, d) and codes (n,) of the batch.
    steps : the step sizes ε; by default 0.1, 1 and 10 times the learning rate.
    backend : the network used; both give the same numbers up to rounding.
    iterations : the maximum number of restarts for each of the two eigenvalues.
    seed : the seed of the random start vector.

    Raises
    ------
    TrainingError
        If the batch is empty, its width does not match the network, or the curvature is not
        finite.
    MissingExtraError
        If the back end is torch and torch is not installed.
    """
    if len(X) == 0 or X.shape[1] != checkpoint.architecture.inputs:
        raise TrainingError(
            f"The batch has shape {X.shape}, expected at least one row of "
            f"{checkpoint.architecture.inputs} features."
        )
    surface = _surface(checkpoint, X, y, backend)
    w = surface.point
    loss, g = surface.loss(w), surface.gradient(w)
    gg = float(g @ g)
    gHg = float(g @ surface.hessian_product(w, g))
    extremes = extreme_eigenvalues(
        lambda v: surface.hessian_product(w, v),
        len(w),
        iterations=iterations,
        tolerance=_RELATIVE_ZERO,
        generator=np.random.default_rng(seed),
    )
    tolerance = _RELATIVE_ZERO * max(abs(extremes.smallest), abs(extremes.largest))
    if steps is None:
        rate = float(checkpoint.settings["learning_rate"])
        steps = (rate / 10, rate, rate * 10)
    return Landscape(
        rows=len(X),
        loss=loss,
        gradient_norm=gg**0.5,
        gradient_curvature=gHg / gg if gg else 0.0,
        smallest=extremes.smallest,
        smallest_error=extremes.smallest_error,
        largest=extremes.largest,
        largest_error=extremes.largest_error,
        products=extremes.products,
        tolerance=tolerance,
        curvature=_curvature(extremes, tolerance),
        raising_step=2 * gg / gHg if gHg > 0 else None,
        steps=tuple(
            StepPrediction(
                step=step,
                first_order=loss - step * gg,
                second_order=loss - step * gg + step**2 * gHg / 2,
                actual=surface.loss(w - step * g),
            )
            for step in steps
        ),
    )


class Extremes(NamedTuple):
    """The smallest and the largest eigenvalue found, each with a bound on its error.

    An eigenvalue of the matrix lies within its bound of each.
    """

    smallest: float
    smallest_error: float
    largest: float
    largest_error: float
    products: int


def extreme_eigenvalues(
    product: Callable[[Vector], Vector],
    size: int,
    *,
    iterations: int = 30,
    tolerance: float = _RELATIVE_ZERO,
    generator: np.random.Generator,
) -> Extremes:
    """Return the smallest and the largest eigenvalue of a symmetric A, from products A v.

    ARPACK finds the eigenvalue λ of largest magnitude, which is one of the two; the other is λ plus
    the eigenvalue of largest magnitude of A − λI. The errors of both are relative to the larger
    magnitude, also for an eigenvalue of zero. The error bound of a value θ with unit vector v is
    ‖A v − θ v‖.

    Parameters
    ----------
    product : returns A v.
    size : the number of rows of A, at least 2.
    iterations : the maximum number of restarts for each eigenvalue.
    tolerance : the desired error, relative to the larger magnitude. If the restarts do not reach
        it, an error up to a thousand times larger is accepted.
    generator : the random generator of the start vector.

    Examples
    --------
    >>> A = np.diag([-2.0, 0.0, 1.0, 5.0])
    >>> found = extreme_eigenvalues(A.dot, 4, generator=np.random.default_rng(0))
    >>> round(found.smallest, 6), round(found.largest, 6)
    (-2.0, 5.0)
    """
    products = 0

    def counted(v: Vector) -> Vector:
        nonlocal products
        products += 1
        return product(v)

    start = generator.standard_normal(size)
    dominant, error = _dominant(counted, start, iterations, tolerance)
    offset, other_error = _dominant(
        lambda v: counted(v) - dominant * v, start, iterations, tolerance
    )
    (smallest, smallest_error), (largest, largest_error) = sorted(
        [(dominant, error), (dominant + offset, other_error)]
    )
    return Extremes(smallest, smallest_error, largest, largest_error, products)


def _dominant(
    product: Callable[[Vector], Vector], start: Vector, iterations: int, tolerance: float
) -> tuple[float, float]:
    """Return the eigenvalue of largest magnitude and a bound on its error."""
    from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

    size = len(start)
    image = product(start)
    if not np.isfinite(image).all():
        raise TrainingError("The curvature of the loss is not finite at these weights.")
    if not image.any():  # ARPACK raises an error for a zero matrix.
        return 0.0, 0.0
    try:
        values, vectors = eigsh(
            LinearOperator((size, size), matvec=product, dtype=np.float64),
            k=1,
            which="LM",
            v0=start,
            ncv=min(size, _BASIS),
            maxiter=iterations,
            tol=tolerance,
        )
    except ArpackNoConvergence:
        if tolerance > 1:
            raise
        return _dominant(product, start, iterations, 1000 * tolerance)
    v = vectors[:, 0]
    return float(values[0]), float(np.linalg.norm(product(v) - values[0] * v))


def _curvature(extremes: Extremes, tolerance: float) -> Curvature:
    """Return the type of the critical point.

    The estimates lie inside the spectrum, so an estimate beyond the tolerance proves an eigenvalue
    of that sign. The absence of eigenvalues of the other sign is known within the error
    bounds.
    """
    if extremes.smallest < -tolerance and extremes.largest > tolerance:
        return "saddle"
    if extremes.smallest - extremes.smallest_error > tolerance:
        return "minimum"
    if extremes.largest + extremes.largest_error < -tolerance:
        return "maximum"
    return "undecided"


def _surface(
    checkpoint: Checkpoint, X: NDArray[Any], y: NDArray[Any], backend: Backend
) -> LossSurface:
    if backend == "numpy":
        return NumpyLossSurface(checkpoint, X, y)
    try:
        from evalkit.training.torch_loss_surface import TorchLossSurface
    except ModuleNotFoundError:
        raise MissingExtraError.for_extra("torch", "a landscape with the torch backend") from None
    return TorchLossSurface(checkpoint, X, y)
