"""Confidence intervals and tests from counts, against packages that resample samples.

A package that would take minutes runs a fraction of the replicates, and its time is multiplied by
the factor after its name. "NumPy" is the straightforward implementation with the same counts:
Generator.multinomial or Generator.binomial, then the metric of dense counts.

python -m benchmarks.statistics [--json FILE]
"""

from __future__ import annotations

import tracemalloc
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import confidenceinterval
import numpy as np
import scipy.stats
from confidenceinterval.delong import delong_roc_variance
from mlxtend.evaluate import permutation_test as mlxtend_permutation_test
from sklearn.metrics import roc_auc_score

from benchmarks.timing import Row, best_milliseconds, compared, run
from evalkit import statistics
from evalkit.metrics import count
from evalkit.statistics import JointCounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Codes = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]

REPLICATES = 10_000


def main() -> None:
    """Measure everything and print the table."""
    run(measure, __doc__.splitlines()[0])


def measure() -> Iterator[Row]:
    """Yield every comparison."""
    warnings.simplefilter("ignore")
    yield from bootstrap_of_samples()
    yield from growth_with_samples()
    yield from every_metric()
    yield from paired_differences()
    yield from permutations()
    yield from many_classes()
    yield from areas()


def codes(n: int, n_classes: int, accuracies: tuple[float, float] = (0.7, 0.68)) -> Codes:
    """Return actual codes and the predictions of two models."""
    rng = np.random.default_rng(0)
    actual = rng.integers(0, n_classes, n)
    a, b = (np.where(rng.random(n) < p, actual, rng.integers(0, n_classes, n)) for p in accuracies)
    return actual, a, b


def extrapolated(
    work: str,
    own: Callable[[], Any],
    others: dict[str, tuple[Callable[[], Any], int]],
    claims: dict[str, float] | None = None,
) -> Iterator[Row]:
    """Yield rows against functions that do 1 / parts of the work."""
    best = best_milliseconds({"evalkit": own}, rounds=5)["evalkit"]
    for name, (run_part, parts) in others.items():
        other = best_milliseconds({name: run_part}, rounds=2)[name] * parts
        yield Row(work, f"{name} ×{parts}", best, other, (claims or {}).get(name))


def bootstrap_of_samples() -> Iterator[Row]:
    """Bootstrap macro F1, compared with packages that resample samples."""
    n, parts = 100_000, 500
    actual, a, b = codes(n, 10)
    joint = JointCounts.from_codes(actual, a, b, 10)

    def macro_f1(rows: NDArray[Any]) -> Any:
        matrix = np.bincount(10 * actual[rows] + a[rows], minlength=100).reshape(10, 10)
        return count.f1(matrix, average="macro")

    yield from extrapolated(
        f"macro F1 interval, {REPLICATES:,} replicates, n = {n:,}, K = 10",
        partial(statistics.bootstrap_interval, joint.confusion_a(), "f1_macro"),
        {
            "confidenceinterval": (
                partial(
                    confidenceinterval.f1_score,
                    actual,
                    a,
                    average="macro",
                    method="bootstrap_percentile",
                    n_resamples=REPLICATES // parts,
                ),
                parts,
            ),
            "SciPy": (
                partial(
                    scipy.stats.bootstrap,
                    (np.arange(n),),
                    macro_f1,
                    vectorized=False,
                    method="percentile",
                    n_resamples=REPLICATES // parts,
                ),
                parts,
            ),
        },
        {"confidenceinterval": 1000},
    )


def growth_with_samples() -> Iterator[Row]:
    """Bootstrap macro F1 with 10³ to 10⁷ samples; the time should not increase."""
    rng = np.random.default_rng(0)
    for exponent in (3, 4, 5, 6, 7):
        actual, a, b = codes(10**exponent, 10)
        counts = JointCounts.from_codes(actual, a, b, 10).confusion_a()
        n = int(counts.sum())

        def straightforward(counts: NDArray[Any] = counts, n: int = n) -> Any:
            draws = rng.multinomial(n, counts.ravel() / n, size=REPLICATES)
            values = count.f1(draws.reshape(-1, 10, 10), average="macro")
            return np.quantile(values, (0.025, 0.975))

        yield from compared(
            f"macro F1 interval, {REPLICATES:,} replicates, n = 10^{exponent}, K = 10",
            {
                "evalkit": partial(statistics.bootstrap_interval, counts, "f1_macro"),
                "NumPy": straightforward,
            },
        )


def every_metric() -> Iterator[Row]:
    """Compute all averages and all classes from one bootstrap."""
    actual, a, b = codes(1_000_000, 10)
    counts = JointCounts.from_codes(actual, a, b, 10).confusion_a()
    rng = np.random.default_rng(0)
    metrics: list[Callable[[Any], Any]] = [
        count.accuracy,
        count.balanced_accuracy,
        count.matthews_corrcoef,
        count.cohen_kappa,
        *(
            partial(f, average=how)
            for f in (count.precision, count.recall)
            for how in (None, "macro")
        ),
        *(
            partial(count.f_beta, beta=beta, average=how)
            for beta in (0.1, 1.0, 10.0)
            for how in (None, "macro", "weighted")
        ),
    ]

    def draw() -> NDArray[Any]:
        draws = rng.multinomial(1_000_000, counts.ravel() / 1e6, size=REPLICATES)
        return draws.reshape(-1, 10, 10)

    def intervals(replicates: Any) -> None:
        for metric in metrics:
            statistics.percentile_limits(metric(replicates))

    yield from compared(
        f"intervals of {len(metrics)} metrics, by class too, n = 10^6, K = 10",
        {
            "evalkit": lambda: intervals(statistics.resample(counts, REPLICATES, rng)),
            "NumPy": lambda: intervals(draw()),
        },
        rounds=3,
    )


def paired_differences() -> Iterator[Row]:
    """Bootstrap a paired difference of macro F1."""
    rng = np.random.default_rng(0)
    for exponent in (4, 5, 6):
        joint = JointCounts.from_codes(*codes(10**exponent, 10), 10)
        n = int(joint.total)
        to_matrix = np.zeros((2, len(joint.counts), 100))
        for model in (0, 1):
            cells = joint.cells[:, 0] * 10 + joint.cells[:, 1 + model]
            to_matrix[model, np.arange(len(cells)), cells] = 1

        def straightforward(
            joint: JointCounts = joint, n: int = n, to: NDArray[Any] = to_matrix
        ) -> Any:
            draws = rng.multinomial(n, joint.counts / n, size=REPLICATES)
            a, b = (count.f1((draws @ t).reshape(-1, 10, 10), average="macro") for t in to)
            return np.quantile(b - a, (0.025, 0.975))

        yield from compared(
            f"macro F1 difference, {REPLICATES:,} replicates, n = 10^{exponent}, K = 10",
            {
                "evalkit": partial(statistics.paired_interval, joint, "f1_macro"),
                "NumPy": straightforward,
            },
            rounds=3,
        )


def permutations() -> Iterator[Row]:
    """Run permutation tests of two models, for macro F1 and for accuracy."""
    rng = np.random.default_rng(0)
    actual, a, b = codes(1_000_000, 10)
    joint = JointCounts.from_codes(actual, a, b, 10)
    differ = joint.cells[:, 1] != joint.cells[:, 2]
    y, first, second = joint.cells[differ].T
    exchange = np.zeros((differ.sum(), 100))
    np.add.at(exchange, (np.arange(len(y)), 10 * y + first), -1)
    np.add.at(exchange, (np.arange(len(y)), 10 * y + second), 1)

    def straightforward() -> None:
        moved = rng.binomial(joint.counts[differ], 0.5, size=(REPLICATES, len(y))) @ exchange
        moved = moved.reshape(-1, 10, 10)
        count.f1(joint.confusion_a() + moved, average="macro")
        count.f1(joint.confusion_b() - moved, average="macro")

    def macro_f1_gap(x: NDArray[Any], z: NDArray[Any]) -> Any:
        matrices = [np.bincount(10 * actual + p, minlength=100).reshape(10, 10) for p in (x, z)]
        return count.f1(matrices[1], average="macro") - count.f1(matrices[0], average="macro")

    yield from extrapolated(
        f"permutation test of macro F1, {REPLICATES:,} exchanges, n = 10^6, K = 10",
        partial(statistics.permutation_test, joint, "f1_macro"),
        {
            "NumPy": (straightforward, 1),
            "SciPy": (
                partial(
                    scipy.stats.permutation_test,
                    (a, b),
                    macro_f1_gap,
                    permutation_type="samples",
                    n_resamples=5,
                ),
                REPLICATES // 5,
            ),
        },
    )
    n = 10_000
    right = [(p[:n] == actual[:n]).astype(float) for p in (a, b)]
    small = JointCounts.from_codes(actual[:n], a[:n], b[:n], 10)
    yield from extrapolated(
        f"permutation test of accuracy, {REPLICATES:,} exchanges, n = {n:,}",
        partial(statistics.permutation_test, small, "accuracy"),
        {
            "mlxtend": (
                partial(
                    mlxtend_permutation_test,
                    *right,
                    paired=True,
                    method="approximate",
                    num_rounds=20,
                ),
                REPLICATES // 20,
            )
        },
    )


def many_classes() -> Iterator[Row]:
    """Measure 1,000 classes and 50,000 samples, as in ImageNet's validation set, with memory."""
    joint = thousand_classes()
    counts = joint.confusion_a()
    rng = np.random.default_rng(0)
    parts = 100

    def draws(counts: NDArray[Any]) -> None:
        rng.multinomial(int(counts.sum()), counts.ravel() / counts.sum(), size=REPLICATES // parts)

    jobs: dict[str, tuple[Callable[[], Any], NDArray[Any]]] = {
        "interval": (
            partial(statistics.bootstrap_interval, counts, "f1_macro"),
            counts[counts > 0],
        ),
        "difference": (partial(statistics.paired_interval, joint, "f1_macro"), joint.counts),
        "permutation test": (partial(statistics.permutation_test, joint, "f1_macro"), joint.counts),
    }
    for name, (own, cells) in jobs.items():
        megabytes = peak_megabytes(own)
        best = best_milliseconds({"evalkit": own}, rounds=1)["evalkit"]
        other = best_milliseconds({"NumPy": partial(draws, cells)}, rounds=1)["NumPy"] * parts
        work = f"{name} of macro F1, K = 1,000, n = 50,000, {megabytes:,.0f} MB"
        yield Row(work, f"NumPy draws ×{parts}", best, other)


def thousand_classes() -> JointCounts:
    """Return two models of 76 % accuracy with correlated errors near the actual class."""
    rng = np.random.default_rng(0)
    n, k = 50_000, 1_000
    actual = rng.integers(0, k, n)
    a = np.where(rng.random(n) < 0.76, actual, (actual + rng.zipf(1.5, n)) % k)
    b = np.where(rng.random(n) < 0.8, a, (actual + rng.zipf(1.5, n)) % k)
    return JointCounts.from_codes(actual, a, b, k)


def peak_megabytes(job: Callable[[], Any]) -> float:
    """Return the peak memory allocated by a job, in megabytes."""
    tracemalloc.start()
    job()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def areas() -> Iterator[Row]:
    """Compute DeLong intervals and tests, compared with one AUC of scikit-learn."""
    n = 1_000_000
    rng = np.random.default_rng(0)
    positive = rng.random(n) < 0.3
    a = rng.normal(size=n) + positive
    b = a + 0.3 * rng.normal(size=n)
    yield from compared(
        f"DeLong interval of {n:,} scores",
        {
            "evalkit": partial(statistics.auc_interval, positive, a),
            "scikit-learn AUC": partial(roc_auc_score, positive, a),
        },
        claims={"scikit-learn AUC": 1},
    )
    yield from compared(
        f"DeLong test of two models, {n:,} scores",
        {
            "evalkit": partial(statistics.delong_test, positive, a, b),
            "scikit-learn AUC": partial(roc_auc_score, positive, a),
        },
        claims={"scikit-learn AUC": 1},
    )
    few = slice(0, 100_000)
    yield from compared(
        "DeLong interval of 100,000 scores",
        {
            "evalkit": partial(statistics.auc_interval, positive[few], a[few]),
            "confidenceinterval": partial(delong_roc_variance, positive[few].astype(int), a[few]),
        },
        rounds=2,
    )


if __name__ == "__main__":
    main()
