"""Every error that evalkit raises on purpose, and its one warning.

A message says the rule, then the fact, then the remedy:
``probabilities must have shape (n, 3); got (120, 2): pass classes=…``.
The command line prints the message as its one line and exits with 2, so a
message never ends in a traceback's worth of detail and never contains a newline.
"""


class EvalkitError(Exception):
    """The root of every error raised on purpose."""


class InputError(EvalkitError, ValueError):
    """Arguments or data that break a stated rule."""


class InputTypeError(EvalkitError, TypeError):
    """An argument of a kind that is not taken."""


class LabelError(InputError):
    """A label that the declared classes do not contain, or labels that cannot be one schema."""


class DataError(EvalkitError):
    """A data set that is missing, malformed, empty, or not the one a model was trained on."""


class FileFormatError(EvalkitError):
    """A file that is missing, truncated, or not in the format it should be in."""


class UnsafeFileError(FileFormatError):
    """A file that would run code, or forge objects, if it were read as it asks to be."""


class OutputError(EvalkitError):
    """A file that cannot be written; what was there before is still whole."""


class IncompatibleError(EvalkitError):
    """Models or evaluations that cannot be compared: other classes, other samples, other data."""


class TrainingError(EvalkitError):
    """Options that cannot make a network, or a training run that diverged."""


class MissingExtraError(EvalkitError, ImportError):
    """An optional dependency is not installed.

    >>> str(MissingExtraError.for_extra("torch", "reading torch.pt"))
    'reading torch.pt needs torch, which is not installed: pip install "evalkit[torch]"'
    """

    @classmethod
    def for_extra(
        cls, extra: str, purpose: str, *, package: str | None = None
    ) -> "MissingExtraError":
        """Return the error that names what wanted the extra and the command that installs it."""
        needed = package or extra
        return cls(
            f'{purpose} needs {needed}, which is not installed: pip install "evalkit[{extra}]"'
        )


class UndefinedMetricWarning(UserWarning):
    """A metric had nothing to divide by, and ``zero_division="warn"`` put 0.0 in its place."""
