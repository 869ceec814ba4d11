"""Load data sets: digits (included), CIFAR-10, Fashion-MNIST, NPZ files and tables."""

from evalkit.datasets.dataset import Dataset, DatasetIdentity
from evalkit.datasets.loading import load_dataset

__all__ = ["Dataset", "DatasetIdentity", "load_dataset"]
