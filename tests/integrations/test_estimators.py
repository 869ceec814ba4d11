"""Test that `evaluate` gives the same result for estimators, modules, logits and labels."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import scipy.special

import evalkit
from evalkit.errors import EvalkitError, InputError
from evalkit.models.outputs import scores_to_probabilities

if TYPE_CHECKING:
    from evalkit.compare.evaluation import Evaluation

NAMES = ("cat", "dog", "ship")


def same(one: Evaluation, other: Evaluation) -> bool:
    """Whether two evaluations hold the same counts and probabilities."""
    assert one.predictions is not None
    assert other.predictions is not None
    ours, theirs = one.predictions.probabilities, other.predictions.probabilities
    equal = (ours is None) == (theirs is None)
    if ours is not None and theirs is not None:
        equal = np.allclose(ours, theirs)
    return equal and one.confusion_matrix == other.confusion_matrix


@pytest.fixture
def data() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return inputs, logits and class indices of 200 samples of three classes."""
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 3, 200)
    logits = rng.normal(size=(200, 3)) + 2 * np.eye(3)[targets]
    return rng.normal(size=(200, 4)) + targets[:, None], logits, targets


def test_an_estimator_equals_its_predictions(data: Any) -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, _, codes = data
    y = np.array(NAMES)[codes]
    model = linear_model.LogisticRegression().fit(X, y)
    by_hand = evalkit.evaluate(
        y, model.predict(X), y_proba=model.predict_proba(X), classes=NAMES, name="a"
    )
    assert same(evalkit.evaluate(model, X, y), by_hand)
    turned = evalkit.evaluate(model, X, y, classes=("ship", "cat", "dog"))
    assert turned.classes == ("ship", "cat", "dog")
    assert float(turned.confusion_matrix.accuracy()) == pytest.approx(
        float(by_hand.confusion_matrix.accuracy())
    )
    hidden = evalkit.evaluate(model, X[codes != 1], y[codes != 1])
    assert hidden.classes == NAMES


def test_an_estimator_without_probabilities(data: Any) -> None:
    svm = pytest.importorskip("sklearn.svm")
    X, _, y = data
    model = svm.LinearSVC().fit(X, y)
    evaluation = evalkit.evaluate(model, X, y)
    assert evaluation.predictions is not None
    assert evaluation.predictions.probabilities is None
    assert float(evaluation.confusion_matrix.accuracy()) == pytest.approx(model.score(X, y))


def test_invalid_estimators_raise(data: Any) -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    X, _, y = data
    with pytest.raises(InputError, match="is not a fitted classifier"):
        evalkit.evaluate(linear_model.LinearRegression().fit(X, y), X, y)
    with pytest.raises(InputError, match="is not a fitted classifier"):
        evalkit.evaluate(linear_model.LogisticRegression(), X, y)
    model = linear_model.LogisticRegression().fit(X, y)
    with pytest.raises(InputError, match=r"evaluate\(estimator, X, y\)"):
        evalkit.evaluate(model, X)
    with pytest.raises(InputError, match="classes differ from those of LogisticRegression"):
        evalkit.evaluate(model, X, y, classes=("a", "b", "c"))
    with pytest.raises(EvalkitError):
        evalkit.evaluate(model, X, y + 7)
    with pytest.raises(InputError, match="y_true is not an estimator"):
        evalkit.evaluate(y, y, y)


def test_logits_equal_their_softmax(data: Any) -> None:
    _, logits, codes = data
    expected = evalkit.evaluate(
        codes, y_proba=scipy.special.softmax(logits, axis=1), classes=(0, 1, 2), name="a"
    )
    assert same(evalkit.evaluate(codes, logits=logits), expected)
    assert same(evalkit.evaluate(codes, logits=logits + 1_000), expected)
    named = evalkit.evaluate(np.array(NAMES)[codes], logits=logits, classes=NAMES)
    assert named.classes == NAMES
    assert np.array_equal(named.confusion_matrix.counts, expected.confusion_matrix.counts)


def test_trainer_output(data: Any) -> None:
    """Objects like ``EvalPrediction`` and ``PredictionOutput`` of Hugging Face are accepted."""
    _, logits, codes = data
    expected = evalkit.evaluate(codes, logits=logits, classes=NAMES)
    output = SimpleNamespace(predictions=logits.astype(np.float32), label_ids=codes)
    assert np.array_equal(
        evalkit.evaluate(output, classes=NAMES).confusion_matrix.counts,
        expected.confusion_matrix.counts,
    )
    with_hidden = SimpleNamespace(predictions=(logits, np.zeros((200, 7))), label_ids=(codes,))
    assert same(evalkit.evaluate(with_hidden, classes=NAMES), expected)
    with pytest.raises(InputError, match="label_ids is None"):
        evalkit.evaluate(SimpleNamespace(predictions=logits, label_ids=None))


def test_tokens_are_samples_and_padding_is_omitted(data: Any) -> None:
    """With logits (n, T, K), each token is a sample, and tokens with the label −100 are omitted."""
    _, logits, codes = data
    padded = np.where(np.arange(200) % 4 == 3, -100, codes).reshape(40, 5)
    evaluation = evalkit.evaluate(padded, logits=logits.reshape(40, 5, 3))
    kept = np.arange(200) % 4 != 3
    assert same(evaluation, evalkit.evaluate(codes[kept], logits=logits[kept]))
    with pytest.raises(
        InputError, match=r"labels of tokens have shape \(40, 4\), expected \(40, 5\)"
    ):
        evalkit.evaluate(padded[:, :4], logits=logits.reshape(40, 5, 3))
    with pytest.raises(InputError, match="All labels are -100"):
        evalkit.evaluate(np.full(200, -100), logits=logits)


@pytest.mark.parametrize(
    ("targets", "scores", "message"),
    [
        ([0, 1], [[0.0, 1.0]], "one target per row"),
        ([0, 2], np.zeros((2, 2)), "between 0 and 1"),
        ([0.5, 1], np.zeros((2, 2)), "whole number"),
        ([0, 1], [[0.0, np.nan]] * 2, "finite"),
        ([0, 1], np.zeros((2, 2, 2, 2)), "shape"),
    ],
)
def test_invalid_scores_raise(targets: Any, scores: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        evalkit.evaluate(targets, logits=scores)
    with pytest.raises(InputError, match="2 columns for 3 classes"):
        evalkit.evaluate([0], logits=[[0.0, 1.0]], classes=NAMES)


def test_one_score_is_the_logit_of_the_second_class() -> None:
    expected = [[0.5, 0.5], [0.26894142, 0.73105858]]
    for scores in ([0.0, 1.0], [[0.0], [1.0]]):
        assert scores_to_probabilities(scores).round(8).tolist() == expected


def test_probabilities_are_unchanged_and_log_probabilities_are_logits() -> None:
    probabilities = np.random.default_rng(1).dirichlet(np.ones(4), 50)
    assert np.array_equal(scores_to_probabilities(probabilities), probabilities)
    assert np.allclose(scores_to_probabilities(np.log(probabilities)), probabilities)


@pytest.mark.torch
def test_a_module_equals_its_logits(data: Any) -> None:
    torch = pytest.importorskip("torch")
    X, _, codes = data
    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Linear(4, 8), torch.nn.Dropout(0.5), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 3)
    )
    module[1].eval()
    inputs = torch.tensor(X, dtype=torch.float32)
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(inputs, torch.tensor(codes)), batch_size=64
    )
    statistics = module[2].running_mean.clone()
    evaluation = evalkit.evaluate(module, loader, classes=NAMES, name="module")
    assert [part.training for part in module] == [True, False, True, True]
    assert torch.equal(module[2].running_mean, statistics)
    with torch.no_grad():
        logits = module.eval()(inputs).numpy()
    assert same(evaluation, evalkit.evaluate(codes, logits=logits, classes=NAMES))


@pytest.mark.torch
def test_batches_may_be_mappings_and_outputs_objects(data: Any) -> None:
    """Batches and outputs as of Hugging Face's collators and models are accepted."""
    torch = pytest.importorskip("torch")
    _, logits, codes = data

    class Model(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, scores: Any) -> Any:
            return SimpleNamespace(logits=scores, loss=None)

    batches = [
        {"scores": torch.tensor(logits[i : i + 50]), "labels": torch.tensor(codes[i : i + 50])}
        for i in range(0, 200, 50)
    ]
    assert same(evalkit.evaluate(Model(), batches), evalkit.evaluate(codes, logits=logits))
    with pytest.raises(InputError, match="has no targets; its keys are scores"):
        evalkit.evaluate(Model(), [{"scores": torch.zeros(1, 3)}])
    with pytest.raises(InputError, match=r"is a Tensor, expected \(inputs, targets\)"):
        evalkit.evaluate(Model(), [torch.zeros(1, 3)])
    with pytest.raises(InputError, match="has no batches"):
        evalkit.evaluate(Model(), [])
    with pytest.raises(InputError, match=r"evaluate\(module, loader\)"):
        evalkit.evaluate(Model())
