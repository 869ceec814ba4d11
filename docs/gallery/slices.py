"""Find the samples on which two models are weak: images of an old scanner, of old patients."""

import numpy as np

import evalkit

rng = np.random.default_rng(0)
n = 4_000
actual = rng.choice(["healthy", "ill"], n, p=[0.7, 0.3])
scanner = rng.choice(["A", "B", "old"], n, p=[0.45, 0.4, 0.15])
age = rng.choice(["under 40", "40 to 64", "65 and over"], n)
hard = rng.random(n)  # difficulty of each sample, the same for both models


def model(name: str, error: float, error_on_old_scanner: float) -> evalkit.Evaluation:
    """Evaluate a model that makes more errors on the old scanner, and on old patients there."""
    rate = np.where(scanner == "old", error_on_old_scanner, error)
    rate = np.where((scanner == "old") & (age == "65 and over"), 1.5 * rate, rate)
    wrong = hard + rng.normal(0, 0.03, n) < rate
    predicted = np.where(wrong, np.where(actual == "ill", "healthy", "ill"), actual)
    return evalkit.evaluate(actual, predicted, name=name, slices={"scanner": scanner, "age": age})


comparison = evalkit.compare([model("before", 0.08, 0.22), model("after", 0.07, 0.13)])
comparison.save_html("slices.html", title="Two models on images of three scanners")
