"""Stochastic gradient descent for matrix factorization with biases."""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

from recokit.kernels._compiling import njit
from recokit.kernels._typing import CodeArray, FloatArray

__all__ = ["descend"]

_AHEAD = 4  # ratings between the prefetch and the use of a row (2 to 8 are equally fast)
_LINE = 16  # float32 numbers in a cache line


def _prefetch(matrix: FloatArray, row: int, column: int) -> None:
    """Prefetch the cache line of a cell of a C-contiguous float32 matrix (no-op in plain Python)."""


@intrinsic
def _prefetch_cell(typing_context: Any, matrix: Any, row: Any, column: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        pointer, int32 = ir.IntType(8).as_pointer(), ir.IntType(32)
        offset = builder.mul(builder.extract_value(array.strides, 0), builder.sext(arguments[1], ir.IntType(64)))
        offset = builder.add(offset, builder.mul(arguments[2], ir.Constant(ir.IntType(64), 4)))
        place = builder.gep(builder.bitcast(array.data, pointer), [offset])
        kind = ir.FunctionType(ir.VoidType(), [pointer, int32, int32, int32])
        function = builder.module.declare_intrinsic("llvm.prefetch", [pointer], kind)
        to_write, keep_long, data = ir.Constant(int32, 1), ir.Constant(int32, 3), ir.Constant(int32, 1)
        builder.call(function, [place, to_write, keep_long, data])
        return context.get_dummy_value()

    return types.void(matrix, types.int32, types.int64), generate


@overload(_prefetch)
def _compiled_prefetch(matrix: Any, row: Any, column: Any) -> Any:
    def prefetch_cell(matrix: Any, row: Any, column: Any) -> None:
        _prefetch_cell(matrix, row, column)  # type: ignore[call-arg]

    return prefetch_cell


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"nsz", "arcp", "contract", "afn", "reassoc"})
def descend(
    start: int,
    stop: int,
    user_codes: CodeArray,
    item_codes: CodeArray,
    ratings: FloatArray,
    user_bias: FloatArray,
    item_bias: FloatArray,
    user_factors: FloatArray,
    item_factors: FloatArray,
    prior_factors: FloatArray,
    user_weights: FloatArray,
    item_weights: FloatArray,
    rate_bias: float,
    rate: float,
    l2_bias: float,
    l2: float,
) -> float:
    """Take one gradient step for each of the ratings ``start`` to ``stop``, in order.

    With the error e = r − (b_u + b_i + p_u·q_i) and all values from before the step::

        b_u += rate_bias (e − l2_bias w_u b_u)        p_u += rate (e q_i − l2 w_u (p_u − s_u))
        b_i += rate_bias (e − l2_bias w_i b_i)        q_i += rate (e p_u − l2 w_i q_i)

    Calls on ratings without common users and items can run at the same time.

    Parameters
    ----------
    start, stop : int
        Range of the ratings.
    user_codes, item_codes : (n_ratings,) int32 arrays
    ratings : (n_ratings,) float32 array
        r, centred by the global mean.
    user_bias, item_bias : (n_users,), (n_items,) float32 arrays
        b; updated in place.
    user_factors, item_factors : (n_users, n_factors), (n_items, n_factors) float32 arrays
        p and q; updated in place.
    prior_factors : (n_users, n_factors) or (0, n_factors) float32 array
        s, the point towards which the penalty pulls p; empty for 0.
    user_weights, item_weights : (n_users,), (n_items,) float32 arrays
        w, the weight of the penalty in each step of the user or item.
    rate_bias, rate, l2_bias, l2 : float
        float32 scalars.

    Returns
    -------
    float
        Σ e², each term before its step, in float64.
    """
    one = np.float32(1.0)
    n_factors = user_factors.shape[1]
    has_prior = len(prior_factors) > 0
    loss = 0.0
    for k in range(start, stop):
        ahead = user_codes[min(k + _AHEAD, stop - 1)]
        for f in range(0, n_factors, _LINE):
            _prefetch(user_factors, ahead, f)
        user, item = user_codes[k], item_codes[k]
        p, q = user_factors[user], item_factors[item]
        product = np.float32(0.0)
        for f in range(n_factors):
            product += p[f] * q[f]
        error = ratings[k] - user_bias[user] - item_bias[item] - product
        loss += np.float64(error) * np.float64(error)
        user_bias[user] += rate_bias * (error - l2_bias * user_weights[user] * user_bias[user])
        item_bias[item] += rate_bias * (error - l2_bias * item_weights[item] * item_bias[item])
        step = rate * error
        user_decay = rate * l2 * user_weights[user]
        user_shrink, item_shrink = one - user_decay, one - rate * l2 * item_weights[item]
        if has_prior:
            s = prior_factors[user]
            for f in range(n_factors):
                p_f, q_f = p[f], q[f]
                p[f] = user_shrink * p_f + step * q_f + user_decay * s[f]
                q[f] = item_shrink * q_f + step * p_f
        else:
            for f in range(n_factors):
                p_f, q_f = p[f], q[f]
                p[f] = user_shrink * p_f + step * q_f
                q[f] = item_shrink * q_f + step * p_f
    return loss
