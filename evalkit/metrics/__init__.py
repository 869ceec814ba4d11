"""Counting, and every metric of counts, probabilities and label sets."""
