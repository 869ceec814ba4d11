"""The exceptions that evalkit raises, and its one warning.

A message names the fault, then the place, then the remedy:
``y_proba has shape (120, 2), expected (120, 3). Pass classes=… in the order of the columns.``
The command line prints the message on one line and exits with code 2, so a message must not
contain a newline.
"""


class EvalkitError(Exception):
    """Base class of the exceptions that evalkit raises."""


class InputError(EvalkitError, ValueError):
    """An argument or data value is invalid."""


class InputTypeError(EvalkitError, TypeError):
    """An argument has an unsupported type."""


class LabelError(InputError):
    """A label is not one of the declared classes, or the labels have inconsistent types."""


class DataError(EvalkitError):
    """A data set is missing, malformed, empty, or not the one the model was trained on."""


class FileFormatError(EvalkitError):
    """A file is missing, truncated, or not in the expected format."""


class UnsafeFileError(FileFormatError):
    """Reading the file could run code or create arbitrary objects."""


class OutputError(EvalkitError):
    """A file cannot be written. An existing file is left unchanged."""


class IncompatibleError(EvalkitError):
    """Models or evaluations cannot be compared: their classes, samples or data differ."""


class TrainingError(EvalkitError):
    """Network or training options are invalid, or a training run diverged."""


class MissingExtraError(EvalkitError, ImportError):
    """An optional dependency is not installed.

    >>> str(MissingExtraError.for_extra("torch", "reading torch.pt"))
    'torch is not installed, but reading torch.pt requires it. Run: pip install "evalkit[torch]"'
    """

    @classmethod
    def for_extra(
        cls, extra: str, purpose: str, *, package: str | None = None
    ) -> "MissingExtraError":
        """Return the error for an operation that needs an extra, with the command to install it."""
        needed = package or extra
        return cls(
            f"{needed} is not installed, but {purpose} requires it. "
            f'Run: pip install "evalkit[{extra}]"'
        )


class UndefinedMetricWarning(UserWarning):
    """A metric is undefined (zero denominator) and was set to 0.0 by ``zero_division="warn"``."""
