from __future__ import annotations

import pytest

from evalkit.errors import TrainingError
from evalkit.training.architecture import Architecture


def test_plain_values_round_trip() -> None:
    """Converting to plain values and back gives an equal architecture."""
    architecture = Architecture(8, (4, 4, 4), 2, "leaky_relu", 0.1, 0.2, True, True)
    assert Architecture.from_plain(architecture.to_plain()) == architecture


@pytest.mark.parametrize(
    ("hidden", "blocks"),
    [
        ((4, 4, 4), ((0,), (1, 2))),
        ((4, 9, 4), ((0,), (1, 2))),
        ((4, 4, 4, 4, 4), ((0,), (1, 2), (3, 4))),
        ((4, 4, 4, 4), ((0,), (1, 2), (3,))),
        ((5, 4, 4, 4, 2), ((0,), (1,), (2, 3), (4,))),
    ],
)
def test_two_layers_that_restore_the_width_form_a_block(
    hidden: tuple[int, ...], blocks: tuple[tuple[int, ...], ...]
) -> None:
    """Blocks are formed from the left; each layer is in at most one block."""
    assert Architecture(8, hidden, 2, residual=True).blocks == blocks
    assert Architecture(8, hidden, 2).blocks == tuple((i,) for i in range(len(hidden)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden": (4, 0)}, "width of hidden layer 2 is 0, expected at least 1"),
        ({"inputs": 0}, "width of inputs is 0, expected at least 1"),
        ({"outputs": 0}, "width of outputs is 0, expected at least 1"),
        ({"activation": "swish"}, "activation is 'swish', expected one of sigmoid, tanh"),
        ({"dropout": 1.0}, r"dropout is 1\.0, expected a value in \[0, 1\)"),
        (
            {"residual": True, "hidden": (4, 3, 2)},
            r"hidden widths \(4, 3, 2\) form no residual block",
        ),
    ],
)
def test_invalid_architectures_raise(options: dict[str, object], message: str) -> None:
    """Each invalid option raises an error that gives its value."""
    fields: dict[str, object] = {"inputs": 8, "hidden": (4,), "outputs": 2}
    with pytest.raises(TrainingError, match=message):
        Architecture(**{**fields, **options})  # type: ignore[arg-type]  # wrong on purpose
