"""Show the digits that two simple classifiers misclassify."""

import numpy as np

import evalkit

digits = evalkit.load_dataset("digits")
names = [str(digit) for digit in range(10)]
train, test = digits.X_train / 16, digits.X_test / 16  # ink from 0 to 1
distances = ((test[:, None] - train[None]) ** 2).sum(axis=2)  # of each test to each training digit


def classifier(name: str, distance_of_class: np.ndarray) -> evalkit.Evaluation:
    """Evaluate a classifier that prefers classes at a small distance, with the digits as images."""
    scores = np.exp(-8 * distance_of_class / distance_of_class.mean())
    return evalkit.evaluate(
        [names[k] for k in digits.y_test],
        y_proba=scores / scores.sum(axis=1, keepdims=True),
        classes=names,
        name=name,
        inputs={"image": test.reshape(-1, 8, 8)},
    )


members = [digits.y_train == k for k in range(10)]
mean = np.stack([((test - train[m].mean(axis=0)) ** 2).sum(axis=1) for m in members], axis=1)
nearest = np.stack([distances[:, m].min(axis=1) for m in members], axis=1)
comparison = evalkit.compare([classifier("mean", mean), classifier("neighbour", nearest)])
comparison.save_html("errors.html", title="Errors of two classifiers of digits")
