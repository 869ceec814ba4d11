"""Load ONNX models with onnxruntime; only standard operators and embedded weights are accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import FileFormatError, InputError, MissingExtraError, UnsafeFileError
from evalkit.models import card_text
from evalkit.models.estimator import checked_probabilities
from evalkit.models.fields import card_from_fields
from evalkit.models.perceptron import checked_inputs
from evalkit.models.predictor import Adapter, Inspection, ModelCard, card_facts, listed
from evalkit.reading.protobuf import require_few_messages
from evalkit.reading.source import shown
from evalkit.reading.values import MAX_CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from evalkit.reading.source import Source

FORMAT = "ONNX"
MAX_BYTES = 1 << 31
MAX_MESSAGES = 200_000
MAX_NODES = 20_000
_BATCH_SIZE = 8192
_STANDARD_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})
_NUMPY_TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int64)": np.int64,
}
# A serialised model begins with its version; the next field is its producer, domain or graph.
_FIRST_FIELD, _NEXT_FIELDS = 0x08, b"\x12\x1a\x22\x2a\x32\x3a\x42\x72"


def recognises(source: Source) -> bool:
    """Return whether a file begins like a serialised ONNX model."""
    head = source.head(3)
    return (
        len(head) == 3 and head[0] == _FIRST_FIELD and 0 < head[1] < 64 and head[2] in _NEXT_FIELDS
    )


class OnnxPredictor:
    """Predictor for an ONNX graph; runs it on raw inputs in batches and checks the output.

    Attributes
    ----------
    classes : from evalkit's card, else from the classifier node in the graph, else the column
        numbers.
    card : the model card.
    """

    def __init__(self, session: Any, classes: tuple[str, ...] | None, card: ModelCard) -> None:
        self._session = session
        self.card: ModelCard = card
        if len(session.get_inputs()) != 1:
            raise FileFormatError(
                f"{card.path} has {len(session.get_inputs())} inputs, expected 1."
            )
        self._input = session.get_inputs()[0]
        if self._input.type not in _NUMPY_TYPES:
            raise FileFormatError(
                f"{card.path} has an input of type {self._input.type}, expected one of "
                f"{', '.join(_NUMPY_TYPES)}."
            )
        self._output = _probability_output(session, card)
        self.classes: tuple[str, ...] = classes or self._positions()
        if len(self.classes) > MAX_CLASSES:
            raise _too_many_classes(card, len(self.classes))

    def _positions(self) -> tuple[str, ...]:
        width = self._output.shape[-1] if self._output.shape else None
        if not isinstance(width, int):
            raise FileFormatError(
                f"The number of classes is unknown: {self.card.path} declares neither class "
                "names nor the width of its output."
            )
        if not 0 < width <= MAX_CLASSES:
            raise _too_many_classes(self.card, width)
        return tuple(map(str, range(width)))

    def predict_proba(self, X: ArrayLike) -> NDArray[np.floating[Any]]:
        """Return the class probabilities of raw inputs (n, d), shape (n, K).

        Raises
        ------
        InputError
            If the inputs do not match the graph, or its output is not probabilities.
        """
        lengths = self._input.shape[1:]
        is_fixed = all(isinstance(length, int) for length in lengths) and lengths
        inputs: NDArray[Any] = np.asarray(X)
        if is_fixed:
            inputs = checked_inputs(inputs, int(np.prod(lengths)), str(self.card.path))
        batches = []
        for start in range(0, len(inputs), _BATCH_SIZE):
            rows = inputs[start : start + _BATCH_SIZE].astype(_NUMPY_TYPES[self._input.type])
            shaped = rows.reshape(len(rows), *lengths) if is_fixed else rows
            batches.append(self._run(shaped))
        return np.concatenate(batches) if batches else np.empty((0, len(self.classes)))

    def _run(self, rows: NDArray[Any]) -> NDArray[np.floating[Any]]:
        try:
            (output,) = self._session.run([self._output.name], {self._input.name: rows})
            if isinstance(output, list):  # scikit-learn's ZipMap gives one dict of classes per row
                output = np.array([[row[name] for name in output[0]] for row in output])
            values: NDArray[Any] = np.asarray(output)
        except Exception as error:
            raise InputError(
                f"Running {self.card.path} on the inputs failed: {shown(error)}."
            ) from error
        return checked_probabilities(values, len(rows), self.classes, str(self.card.path))


def load(source: Source) -> OnnxPredictor:
    """Return the model in an ONNX file.

    Raises
    ------
    UnsafeFileError
        If it refers to other files, or uses operators that are not part of onnxruntime.
    FileFormatError
        If it is damaged, or not a classifier.
    MissingExtraError
        If onnx or onnxruntime is not installed.
    """
    model = _parse(source)
    foreign = sorted({each.domain for each in model.opset_import} - _STANDARD_DOMAINS)
    if foreign:
        raise UnsafeFileError(
            f"{source.path} uses operators of {', '.join(map(shown, foreign))}. Only the "
            "operators of onnxruntime are supported."
        )
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtraError.for_extra(
            "onnx", f"running {source.path}", package="onnxruntime"
        ) from None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    # Constant folding would allocate memory while loading.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    source.seek(0)
    try:
        session = onnxruntime.InferenceSession(
            source.read(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        raise FileFormatError(f"onnxruntime cannot load {source.path}: {shown(error)}.") from error
    card, classes = _card(model, source)
    return OnnxPredictor(session, classes or _classifier_labels(model), card)


def inspect(source: Source) -> Inspection:
    """Return the producer, operators, inputs and outputs of an ONNX model."""
    model = _parse(source)
    card, classes = _card(model, source)
    operators = dict.fromkeys(node.op_type for node in model.graph.node)
    facts = [
        ("producer", f"{model.producer_name} {model.producer_version}".strip() or "unknown"),
        ("operators", listed(tuple(operators))),
        ("inputs", listed(tuple(each.name for each in model.graph.input))),
        ("outputs", listed(tuple(each.name for each in model.graph.output))),
        *card_facts(card, classes or _classifier_labels(model) or ()),
    ]
    return Inspection(source.path, FORMAT, tuple(facts))


def _parse(source: Source) -> Any:
    """Return the parsed model; raise if it is too large or refers to external data."""
    try:
        import onnx
    except ImportError:
        raise MissingExtraError.for_extra("onnx", f"reading {source.path}") from None
    if source.size >= MAX_BYTES:
        raise FileFormatError(f"{source.path} is larger than 2 GiB, the limit for ONNX files.")
    source.seek(0)
    content = source.read()
    try:
        require_few_messages(content, onnx.ModelProto.DESCRIPTOR, MAX_MESSAGES)
        model = onnx.load_model_from_string(content)
    except Exception as error:
        raise FileFormatError(f"ONNX file {source.path} is damaged: {shown(error)}.") from error
    if len(model.graph.node) > MAX_NODES:
        raise FileFormatError(
            f"{source.path} has {len(model.graph.node):,} operators, at most {MAX_NODES:,}."
        )
    for tensor in _tensors(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raise UnsafeFileError(
                f"{source.path} stores the tensor {shown(tensor.name)} in another file. "
                "Save the model with its weights in one file."
            )
    return model


def _tensors(message: Any) -> Iterator[Any]:
    """Yield every tensor in a protobuf message, including those of nested graphs."""
    waiting = [message]
    while waiting:
        each = waiting.pop()
        if each.DESCRIPTOR.name == "TensorProto":
            yield each
            continue
        for field, value in each.ListFields():
            if field.message_type is not None:
                waiting += [value] if hasattr(value, "DESCRIPTOR") else list(value)


def _card(model: Any, source: Source) -> tuple[ModelCard, tuple[str, ...] | None]:
    """Return the model card, and the classes if evalkit exported the model."""
    digest = source.sha256()
    text = next((each.value for each in model.metadata_props if each.key == card_text.KEY), None)
    if text is None:
        return ModelCard(FORMAT, source.path, digest), None
    fields = card_text.from_text(text, source)
    return card_from_fields(fields, format=FORMAT, path=source.path, sha256=digest)


def _classifier_labels(model: Any) -> tuple[str, ...] | None:
    """Return the class labels of the classifier operators of scikit-learn's exporter."""
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name in ("classlabels_strings", "classlabels_string"):
                found = tuple(label.decode("utf-8", "replace") for label in attribute.strings)
            elif attribute.name in ("classlabels_ints", "classlabels_int64s"):
                found = tuple(map(str, attribute.ints))
            else:
                continue
            if found:
                return found
    return None


def _too_many_classes(card: ModelCard, count: int) -> FileFormatError:
    return FileFormatError(
        f"{card.path} declares {count:,} classes, expected between 1 and {MAX_CLASSES:,}."
    )


def _probability_output(session: Any, card: ModelCard) -> Any:
    """Return the output with "prob" in its name, else the only floating-point output."""
    outputs = session.get_outputs()
    named = [each for each in outputs if "prob" in each.name.lower()]
    floating = [each for each in outputs if "float" in each.type or "double" in each.type]
    for candidates in (named, floating):
        if len(candidates) == 1:
            return candidates[0]
    raise FileFormatError(
        f"Cannot tell which output of {card.path} holds the probabilities: it has "
        f"{', '.join(shown(each.name) for each in outputs[:5])}."
    )


ADAPTER = Adapter(FORMAT, recognises, load, inspect)
