"""Export a network to ONNX: raw inputs to probabilities, with the card as metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from evalkit.errors import MissingExtraError
from evalkit.models import card_text
from evalkit.training.modules.batch_norm import EPSILON
from evalkit.version import __version__

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.training.checkpoint import Checkpoint

_OPSET, _IR_VERSION = 17, 8
"""Supported by every version of onnxruntime that evalkit supports."""
_ACTIVATIONS = {
    "elu": "Elu",
    "leaky_relu": "LeakyRelu",
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "softplus": "Softplus",
    "tanh": "Tanh",
}
_WITH_ALPHA = ("elu", "leaky_relu")


def write(checkpoint: Checkpoint, file: BinaryIO) -> None:
    """Write the network of a checkpoint; equal checkpoints give equal bytes.

    Raises
    ------
    MissingExtraError
        If onnx is not installed.
    """
    try:
        from onnx import TensorProto, helper
    except ImportError:
        raise MissingExtraError.for_extra("onnx", "writing ONNX") from None
    shape = checkpoint.architecture
    graph = _Graph(checkpoint)
    logits = graph.network()
    graph.add("Softmax", [logits], "probabilities", axis=1)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "evalkit",
            [helper.make_tensor_value_info("X", TensorProto.FLOAT, ["n", shape.inputs])],
            [
                helper.make_tensor_value_info(
                    "probabilities", TensorProto.FLOAT, ["n", shape.outputs]
                )
            ],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        producer_name="evalkit",
        producer_version=__version__,
        ir_version=_IR_VERSION,
    )
    helper.set_model_props(
        model, {"generator": f"evalkit {__version__}", card_text.KEY: card_text.to_text(checkpoint)}
    )
    file.write(model.SerializeToString(deterministic=True))


class _Graph:
    """The nodes and constants of the graph, in order of computation."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Add a node and return the name of its output."""
        from onnx import helper

        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    def network(self) -> str:
        """Add the normalisation and all layers, and return the name of the logits."""
        normalisation = self._checkpoint.normalisation
        offset = self._constant("offset", normalisation.offset)
        scale = self._constant("scale", normalisation.scale)
        current = self.add("Div", [self.add("Sub", ["X", offset], "centred"), scale], "normalised")
        for first, *second in self._checkpoint.architecture.blocks:
            hidden = self._activation(first, self._affine(first, current))
            if second:
                hidden = self._affine(second[0], hidden)
                hidden = self.add("Add", [current, hidden], f"residual.{first}")
            current = hidden
        return self._linear(len(self._checkpoint.architecture.hidden), current)

    def _affine(self, i: int, source: str) -> str:
        linear = self._linear(i, source)
        if not self._checkpoint.architecture.batch_norm:
            return linear
        names = ("weight", "bias", "running_mean", "running_var")
        arrays = [self._weight(f"norms.{i}.{name}") for name in names]
        return self.add("BatchNormalization", [linear, *arrays], f"norm.{i}", epsilon=EPSILON)

    def _linear(self, i: int, source: str) -> str:
        arrays = [self._weight(f"layers.{i}.{name}") for name in ("weight", "bias")]
        return self.add("Gemm", [source, *arrays], f"linear.{i}", transB=1)

    def _activation(self, i: int, source: str) -> str:
        shape = self._checkpoint.architecture
        options = {"alpha": float(shape.alpha)} if shape.activation in _WITH_ALPHA else {}
        return self.add(_ACTIVATIONS[shape.activation], [source], f"activation.{i}", **options)

    def _weight(self, name: str) -> str:
        return self._constant(name, self._checkpoint.weights[name])

    def _constant(self, name: str, array: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.asarray(array, np.float32), name))
        return name
