"""Sufficient statistics of predictions: counted once, merged with ``+``, resampled afterwards."""
