"""The version of evalkit, in one place for the package, its files and its pages."""

__version__ = "0.1.0"
