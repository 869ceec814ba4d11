"""Sentences about a comparison: the verdict and the findings."""
