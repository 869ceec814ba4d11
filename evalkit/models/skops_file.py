"""Load scikit-learn models with skops, if every type in the file is on evalkit's own list.

Trees, nearest neighbours and support vector machines are not on the list, because their compiled
code uses indices from the file without checking them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalkit.errors import FileFormatError, MissingExtraError, UnsafeFileError
from evalkit.models.estimator import EstimatorPredictor
from evalkit.models.predictor import Adapter, Inspection, ModelCard
from evalkit.reading.npy import read_npy
from evalkit.reading.source import shown
from evalkit.reading.values import json_cost, read_json
from evalkit.reading.zip_archive import is_zip, open_zip, read_entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalkit.reading.source import Source

FORMAT = "skops"
_SCHEMA = "schema.json"
_MAX_SCHEMA = 1 << 26

_ESTIMATORS = {
    "calibration": ("CalibratedClassifierCV", "_CalibratedClassifier", "_SigmoidCalibration"),
    "decomposition._pca": ("PCA",),
    "decomposition._truncated_svd": ("TruncatedSVD",),
    "discriminant_analysis": ("LinearDiscriminantAnalysis", "QuadraticDiscriminantAnalysis"),
    "dummy": ("DummyClassifier",),
    "impute._base": ("SimpleImputer",),
    "linear_model._logistic": ("LogisticRegression", "LogisticRegressionCV"),
    "multiclass": ("OneVsRestClassifier", "_ConstantPredictor"),
    "naive_bayes": ("BernoulliNB", "CategoricalNB", "ComplementNB", "GaussianNB", "MultinomialNB"),
    "neural_network._multilayer_perceptron": ("MLPClassifier",),
    "neural_network._stochastic_optimizers": ("AdamOptimizer", "SGDOptimizer"),
    "pipeline": ("FeatureUnion", "Pipeline"),
    "preprocessing._data": (
        "MaxAbsScaler",
        "MinMaxScaler",
        "Normalizer",
        "PowerTransformer",
        "QuantileTransformer",
        "RobustScaler",
        "StandardScaler",
    ),
    "preprocessing._label": ("LabelBinarizer", "LabelEncoder"),
    "preprocessing._polynomial": ("PolynomialFeatures",),
}
_VALUES = {
    "builtins": ("bool", "dict", "float", "int", "list", "set", "slice", "str", "tuple", "type"),
    "numpy": (
        *("bool", "bool_", "dtype", "float32", "float64", "int32", "int64", "ndarray", "str_"),
        *("uint8", "uint32", "uint64"),
    ),
    "numpy.random._generator": ("Generator",),
    "numpy.random.mtrand": ("RandomState",),
}
TRUSTED = frozenset(
    {f"sklearn.{module}.{name}" for module, names in _ESTIMATORS.items() for name in names}
    | {f"{module}.{name}" for module, names in _VALUES.items() for name in names}
)
_LOADERS = frozenset(
    (
        *("DictNode", "DTypeNode", "JsonNode", "ListNode", "NdArrayNode", "ObjectNode"),
        *("RandomGeneratorNode", "RandomStateNode", "SetNode", "SliceNode", "TupleNode"),
        "TypeNode",
    )
)


def recognises(source: Source) -> bool:
    """Return whether a file is a zip archive with the schema of skops at its root."""
    if not is_zip(source):
        return False
    with open_zip(source) as archive:
        return _SCHEMA in archive.namelist()


def load(source: Source) -> EstimatorPredictor:
    """Return the scikit-learn model in a skops file.

    Raises
    ------
    UnsafeFileError
        If a type in it is not on evalkit's list.
    FileFormatError
        If the file is damaged, or is not a classifier with ``predict_proba``.
    MissingExtraError
        If skops is not installed.
    """
    foreign = [name for name in types_of(source) if name not in TRUSTED]
    if foreign:
        raise UnsafeFileError(
            f"{source.path} contains types that are not on evalkit's list of safe types: "
            f"{', '.join(shown(name) for name in foreign[:5])}. Export the model to ONNX, or pass "
            "your own loader as python:package.module:factory."
        )
    try:
        from skops import io
    except ImportError:
        raise MissingExtraError.for_extra(
            "sklearn", f"reading {source.path}", package="skops"
        ) from None
    _check_arrays(source)
    digest = source.sha256()
    try:
        estimator = io.loads(source.read(), trusted=sorted(TRUSTED))
    except Exception as error:
        raise FileFormatError(f"skops cannot read {source.path}: {shown(error)}.") from error
    return EstimatorPredictor(estimator, ModelCard(FORMAT, source.path, digest))


def inspect(source: Source) -> Inspection:
    """Return the types in a skops file, and which are not on evalkit's list."""
    facts = [("sha256", source.sha256())]
    facts += [
        ("type", f"{name}{'' if name in TRUSTED else ' (not on the list)'}")
        for name in types_of(source)
    ]
    return Inspection(source.path, FORMAT, tuple(facts))


def _check_arrays(source: Source) -> None:
    """Check the size of every array before NumPy allocates memory for it."""
    with open_zip(source) as archive:
        for name in archive.namelist():
            if name != _SCHEMA:
                read_npy(read_entry(archive, name), f"{name} of {source.path}")


def types_of(source: Source) -> list[str]:
    """Return every type in the schema, including loaders that are not safe."""
    source.seek(0)
    with open_zip(source) as archive:
        if archive.getinfo(_SCHEMA).file_size > _MAX_SCHEMA:
            raise FileFormatError(f"The schema of {source.path} is larger than 64 MiB.")
        content = read_entry(archive, _SCHEMA)
        source.require_room(json_cost(content))
        try:
            schema = read_json(content)
        except ValueError as error:
            raise FileFormatError(
                f"The schema of {source.path} is not JSON: {shown(error)}."
            ) from error
    source.seek(0)
    return list(dict.fromkeys(_types(schema)))


def _types(node: Any) -> Iterator[str]:
    """Yield the types in a schema, without recursion, since the file determines its depth."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()
            if "__class__" in node or "__loader__" in node:
                yield f"{node.get('__module__')}.{node.get('__class__')}"
                if node.get("__loader__") not in _LOADERS:
                    yield f"{node.get('__loader__')} of {node.get('__module__')}"


ADAPTER = Adapter(FORMAT, recognises, load, inspect)
