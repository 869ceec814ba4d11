"""Compare two fraud detectors, where one payment in a hundred is fraud and errors have costs."""

import numpy as np

import evalkit

rng = np.random.default_rng(7)
fraud = rng.random(20_000) < 0.01


def detector(name: str, separation: float, threshold: float) -> evalkit.Evaluation:
    """Evaluate a detector: its scores are normal, further apart for a larger separation."""
    score = rng.normal(separation * fraud, 1)
    log_odds = separation * (score - separation / 2) + np.log(0.01 / 0.99)
    probability = 1 / (1 + np.exp(-log_odds))
    return evalkit.evaluate(
        np.where(fraud, "fraud", "ok"),
        np.where(probability >= threshold, "fraud", "ok"),
        y_proba=np.column_stack([1 - probability, probability]),
        classes=["ok", "fraud"],
        name=name,
    )


# Rows are actual classes, columns predicted ones: a missed fraud costs 100, a false alarm 2.
comparison = evalkit.compare(
    [detector("baseline", 2.0, 0.5), detector("boosted", 3.0, 0.3)],
    costs=[[0, 2], [100, 0]],
)
comparison.save_html("fraud.html", title="Two fraud detectors")
