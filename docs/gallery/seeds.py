"""Compare two configurations, each trained with six seeds."""

import numpy as np

import evalkit

rng = np.random.default_rng(0)
classes = ["ant", "bee", "cricket", "dragonfly"]
actual = rng.integers(0, 4, 1_500)
hard = rng.random(1_500)  # difficulty of each sample, the same for every run


def run(group: str, seed: int, accuracy: float) -> evalkit.Evaluation:
    """Evaluate one run, whose accuracy varies with the seed."""
    noise = np.random.default_rng(seed)
    wrong = hard + noise.normal(0, 0.1, 1_500) > accuracy + noise.normal(0, 0.008)
    predicted = np.where(wrong, (actual + noise.integers(1, 4, 1_500)) % 4, actual)
    names = np.array(classes)
    return evalkit.evaluate(
        names[actual], names[predicted], classes=classes, name=f"{group} {seed}", group=group
    )


runs = [run("plain", seed, 0.84) for seed in range(1, 7)]
runs += [run("augmented", seed, 0.86) for seed in range(7, 13)]
comparison = evalkit.compare(runs)
comparison.save_html("seeds.html", title="Two configurations, six seeds each")
