"""Simulations of the claims and intervals that evalkit prints."""
