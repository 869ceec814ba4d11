"""Counting, and the metrics of counts, of probabilities and of several labels per sample."""
