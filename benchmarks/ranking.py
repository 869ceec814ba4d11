"""ROC AUC and average precision against scikit-learn, torchmetrics and a sort of the scores.

python -m benchmarks.ranking [--json FILE]
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import sklearn.metrics

import evalkit
from benchmarks.timing import Row, compared, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray


def main() -> None:
    """Measure everything and print the table."""
    run(measure, __doc__.splitlines()[0])


def measure() -> Iterator[Row]:
    """Yield every comparison."""
    rng = np.random.default_rng(0)
    for n, rounds in ((1_000_000, 5), (10_000_000, 3)):
        positive = rng.random(n) < 0.3
        scores = rng.normal(size=n) + positive
        others: dict[str, dict[str, Callable[[], Any]]] = torchmetrics_of(positive, scores)
        sort = {"one sort": partial(np.sort, scores)}
        yield from compared(
            f"ROC AUC of {n:,} scores",
            {
                "evalkit": partial(evalkit.roc_auc, positive, scores),
                "scikit-learn": partial(sklearn.metrics.roc_auc_score, positive, scores),
                **others.get("auc", {}),
                **sort,
            },
            rounds=rounds,
            claims={"scikit-learn": 2, "torchmetrics": 2},
        )
        yield from compared(
            f"average precision of {n:,} scores",
            {
                "evalkit": partial(evalkit.average_precision, positive, scores),
                "scikit-learn": partial(sklearn.metrics.average_precision_score, positive, scores),
                **others.get("ap", {}),
                **sort,
            },
            rounds=rounds,
            claims={"scikit-learn": 2, "torchmetrics": 2},
        )
        yield from compared(
            f"ROC curve of {n:,} scores",
            {
                "evalkit": partial(evalkit.roc_curve, positive, scores),
                "scikit-learn": partial(sklearn.metrics.roc_curve, positive, scores),
            },
            rounds=rounds,
        )


def torchmetrics_of(
    positive: NDArray[np.bool_], scores: NDArray[Any]
) -> dict[str, dict[str, Callable[[], Any]]]:
    """Return torchmetrics as a contestant for each metric, if it is installed."""
    try:
        import torch
        from torchmetrics.functional.classification import binary_auroc, binary_average_precision
    except ImportError:
        return {}
    # torchmetrics applies a sigmoid to scores outside [0, 1], so it gets probabilities.
    preds = torch.from_numpy(1 / (1 + np.exp(-scores)))
    target = torch.from_numpy(positive.astype(np.int64))
    return {
        "auc": {"torchmetrics": lambda: binary_auroc(preds, target)},
        "ap": {"torchmetrics": lambda: binary_average_precision(preds, target)},
    }


if __name__ == "__main__":
    main()
