from __future__ import annotations

import numpy as np

from evalkit.training.modules.module import Buffer, Parameter


def test_memory_is_reused() -> None:
    """A batch that is not larger than an earlier one gets the same memory."""
    buffer = Buffer(np.float32)
    first = buffer.rows(8, 3)
    assert np.shares_memory(first, buffer.rows(5, 3))
    assert buffer.rows(5, 3).shape == (5, 3)
    assert buffer.rows(9, 3).shape == (9, 3)
    assert buffer.rows(9, 2).dtype == np.float32


def test_binding_keeps_value_and_gradient() -> None:
    """A bound parameter is a view of the vectors, with unchanged value and gradient."""
    parameter = Parameter((2, 3), np.float64)
    parameter.value[:], parameter.gradient[:] = 7, 8
    values, gradients = np.zeros(6), np.zeros(6)
    parameter.bind(values, gradients)
    assert (values == 7).all()
    assert (gradients == 8).all()
    values[-1] = 9
    assert parameter.value[1, 2] == 9
