"""Metrics over runs, read from results.json files, with statistically significant changes."""
