"""Metrics of confusion counts, of probabilities and of several labels per sample."""
