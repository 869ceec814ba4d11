"""ONNX models through onnxruntime: a graph of operators, which is computed and cannot reach out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import FileFormatError, InputError, MissingExtraError, UnsafeFileError
from evalkit.models import card_text
from evalkit.models.adapter import Adapter
from evalkit.models.estimator import checked_probabilities
from evalkit.models.fields import card_from_fields
from evalkit.models.inspection import Inspection, facts_of_card, listed
from evalkit.models.perceptron import checked_inputs
from evalkit.models.predictor import ModelCard
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    from evalkit.reading.source import Source

FORMAT = "ONNX"
MAX_BYTES = 1 << 31
_ROWS_A_BATCH = 8192
_OWN_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})
_NUMPY_TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
    "tensor(int64)": np.int64,
}
# The first field of a model is its version, then comes its producer, its domain or its graph.
_FIRST_FIELD, _NEXT_FIELDS = 0x08, b"\x12\x1a\x22\x2a\x32\x3a\x42\x72"


def recognises(source: Source) -> bool:
    """Return whether a file begins as a serialised ONNX model does."""
    head = source.head(3)
    return (
        len(head) == 3 and head[0] == _FIRST_FIELD and 0 < head[1] < 64 and head[2] in _NEXT_FIELDS
    )


class OnnxPredictor:
    """Runs an ONNX graph on raw inputs, a batch at a time, and checks what it answers.

    Attributes
    ----------
    classes : from evalkit's card, else from the classifier in the graph, else positions.
    card : what is known of the file.
    """

    def __init__(self, session: Any, classes: tuple[str, ...] | None, card: ModelCard) -> None:
        self._session = session
        self.card: ModelCard = card
        if len(session.get_inputs()) != 1:
            raise FileFormatError(
                f"a classifier takes one input; {card.path} takes {len(session.get_inputs())}"
            )
        self._input = session.get_inputs()[0]
        if self._input.type not in _NUMPY_TYPES:
            raise FileFormatError(
                f"a classifier takes numbers; {card.path} takes {self._input.type}"
            )
        self._output = _probability_output(session, card)
        self.classes: tuple[str, ...] = classes or self._positions()

    def _positions(self) -> tuple[str, ...]:
        width = self._output.shape[-1] if self._output.shape else None
        if not isinstance(width, int):
            raise FileFormatError(
                f"a classifier names its classes, or says how many there are; {self.card.path} "
                "does neither"
            )
        return tuple(map(str, range(width)))

    def predict_proba(self, X: ArrayLike) -> NDArray[np.floating[Any]]:
        """Return the probabilities of raw inputs (n, d), shape (n, K).

        Raises
        ------
        InputError
            If the inputs do not fit the graph, or its answer is no probabilities.
        """
        lengths = self._input.shape[1:]
        is_fixed = all(isinstance(length, int) for length in lengths) and lengths
        inputs: NDArray[Any] = np.asarray(X)
        if is_fixed:
            inputs = checked_inputs(inputs, int(np.prod(lengths)), str(self.card.path))
        batches = []
        for start in range(0, len(inputs), _ROWS_A_BATCH):
            rows = inputs[start : start + _ROWS_A_BATCH].astype(_NUMPY_TYPES[self._input.type])
            shaped = rows.reshape(len(rows), *lengths) if is_fixed else rows
            batches.append(self._run(shaped))
        return np.concatenate(batches) if batches else np.empty((0, len(self.classes)))

    def _run(self, rows: NDArray[Any]) -> NDArray[np.floating[Any]]:
        try:
            (answer,) = self._session.run([self._output.name], {self._input.name: rows})
        except Exception as error:
            raise InputError(
                f"inputs must fit the graph of {self.card.path}; it failed: {shown(error)}"
            ) from error
        if isinstance(answer, list):  # scikit-learn's ZipMap: a dict of classes a row
            answer = np.array([[row[name] for name in answer[0]] for row in answer])
        return checked_probabilities(
            np.asarray(answer), len(rows), self.classes, str(self.card.path)
        )


def load(source: Source) -> OnnxPredictor:
    """Return the model in an ONNX file.

    Raises
    ------
    UnsafeFileError
        If it points at other files, or uses operators that another library would bring.
    FileFormatError
        If it is cut short, or no classifier.
    MissingExtraError
        If onnx or onnxruntime is not installed.
    """
    model = _parse(source)
    foreign = sorted({each.domain for each in model.opset_import} - _OWN_DOMAINS)
    if foreign:
        raise UnsafeFileError(
            "an ONNX model is computed by onnxruntime's own operators; "
            f"{source.path} takes those of {', '.join(map(shown, foreign))}"
        )
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtraError.for_extra(
            "onnx", f"running {source.path}", package="onnxruntime"
        ) from None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    # Constants would be folded, and their memory taken, before anything is asked.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    source.seek(0)
    try:
        session = onnxruntime.InferenceSession(
            source.read(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        raise FileFormatError(
            f"an ONNX model must be whole; onnxruntime refused {source.path}: {shown(error)}"
        ) from error
    card, classes = _card(model, source)
    return OnnxPredictor(session, classes or _classifier_labels(model), card)


def inspect(source: Source) -> Inspection:
    """Return an ONNX model's producer, operators, inputs and outputs."""
    model = _parse(source)
    card, classes = _card(model, source)
    operators = dict.fromkeys(node.op_type for node in model.graph.node)
    facts = [
        ("made by", f"{model.producer_name} {model.producer_version}".strip() or "unknown"),
        ("operators", listed(tuple(operators))),
        ("inputs", listed(tuple(each.name for each in model.graph.input))),
        ("outputs", listed(tuple(each.name for each in model.graph.output))),
        *facts_of_card(card, classes or _classifier_labels(model) or ()),
    ]
    return Inspection(source.path, FORMAT, tuple(facts))


def _parse(source: Source) -> Any:
    """Return the model without its external data, of which there may be none."""
    try:
        import onnx
    except ImportError:
        raise MissingExtraError.for_extra("onnx", f"reading {source.path}") from None
    if source.size >= MAX_BYTES:
        raise FileFormatError(f"an ONNX file is smaller than 2 GiB; {source.path} is not")
    source.seek(0)
    try:
        model = onnx.load_model_from_string(source.read())
    except Exception as error:
        raise FileFormatError(
            f"an ONNX model must be whole; {source.path} is not: {shown(error)}"
        ) from error
    for tensor in _tensors(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raise UnsafeFileError(
                "an ONNX model must hold its own weights; "
                f"{shown(tensor.name)} of {source.path} lies in another file: save it as one file"
            )
    return model


def _tensors(message: Any) -> Iterator[Any]:
    """Yield every tensor anywhere in a protobuf message, graphs in attributes among them."""
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
    """Return the model's card, and its classes where evalkit wrote them beside it."""
    digest = source.sha256()
    text = next((each.value for each in model.metadata_props if each.key == card_text.KEY), None)
    if text is None:
        return ModelCard(FORMAT, source.path, digest), None
    fields = card_text.from_text(text, source.path)
    return card_from_fields(fields, format=FORMAT, path=source.path, sha256=digest)


def _classifier_labels(model: Any) -> tuple[str, ...] | None:
    """Return the class labels of scikit-learn's classifier operators."""
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


def _probability_output(session: Any, card: ModelCard) -> Any:
    """Return the output named for probabilities, else the only one that is floating point."""
    outputs = session.get_outputs()
    named = [each for each in outputs if "prob" in each.name.lower()]
    floating = [each for each in outputs if "float" in each.type or "double" in each.type]
    for candidates in (named, floating):
        if len(candidates) == 1:
            return candidates[0]
    raise FileFormatError(
        f"a classifier has one output of probabilities; {card.path} has "
        f"{', '.join(shown(each.name) for each in outputs[:5])}"
    )


ADAPTER = Adapter(FORMAT, recognises, load, inspect)
