"""Compare two models of a hundred species that are often confused within their genus."""

import numpy as np

import evalkit

rng = np.random.default_rng(0)
species = [f"genus {genus:02d}, species {kind}" for genus in range(20) for kind in "abcde"]
actual = rng.integers(0, 100, 6_000)
relative = 5 * (actual // 5) + rng.integers(0, 5, 6_000)  # a species of the same genus
other = rng.integers(0, 100, 6_000)


def model(name: str, accuracy: float) -> evalkit.Evaluation:
    """Evaluate a model: three of four of its errors stay within the genus."""
    wrong = np.where(rng.random(6_000) < 0.75, relative, other)
    predicted = np.where(rng.random(6_000) < accuracy, actual, wrong)
    names = np.array(species)
    return evalkit.evaluate(names[actual], names[predicted], classes=species, name=name)


comparison = evalkit.compare([model("small", 0.70), model("large", 0.73)])
comparison.save_html("hundred_classes.html", title="A hundred species")
