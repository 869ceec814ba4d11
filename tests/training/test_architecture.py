from __future__ import annotations

import pytest

from evalkit.errors import TrainingError
from evalkit.training.architecture import Architecture


def test_plain_values_round_trip() -> None:
    """What a file holds makes the same architecture again."""
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
def test_two_layers_that_return_to_the_width_before_form_a_block(
    hidden: tuple[int, ...], blocks: tuple[tuple[int, ...], ...]
) -> None:
    """Blocks are taken from the left, each layer in one of them or alone."""
    assert Architecture(8, hidden, 2, residual=True).blocks == blocks
    assert Architecture(8, hidden, 2).blocks == tuple((i,) for i in range(len(hidden)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden": (4, 0)}, "hidden layer 2 has 0"),
        ({"inputs": 0}, "inputs has 0"),
        ({"outputs": 0}, "outputs has 0"),
        ({"activation": "swish"}, "got 'swish'"),
        ({"dropout": 1.0}, r"dropout must lie in \[0, 1\); got 1.0"),
        ({"residual": True, "hidden": (4, 3, 2)}, r"hidden widths \(4, 3, 2\) have none"),
    ],
)
def test_what_cannot_be_a_network_is_refused(options: dict[str, object], message: str) -> None:
    """Each rule that is broken is one line that names the fact."""
    fields: dict[str, object] = {"inputs": 8, "hidden": (4,), "outputs": 2}
    with pytest.raises(TrainingError, match=message):
        Architecture(**{**fields, **options})  # type: ignore[arg-type]  # wrong on purpose
