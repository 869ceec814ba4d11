"""Train a small and a large network on handwritten digits and compare them."""

from evalkit.cli import main as evalkit

for name, hidden in (("small", "8"), ("large", "128")):
    evalkit(["train", "numpy", "--data", "digits", "--hidden", hidden, "--output", f"{name}.pkl"])

evalkit(["report", "small.pkl", "large.pkl", "--landscape", "--output", "digits.html"])
