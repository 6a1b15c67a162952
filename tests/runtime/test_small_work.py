import numba
import pytest

from recokit._runtime import small_work
from recokit._runtime.small_work import chosen, is_small, preferring_kernels, preferring_numpy
from recokit.kernels.small.registry import SMALL_KERNELS

compiled_only = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="compilation is disabled")


@numba.njit
def kernel(n):
    return n + 1


def by_numpy(n):
    return n + 1


@pytest.fixture
def new_kernel(monkeypatch):
    """Return a kernel that is not compiled, with an equivalent in NumPy."""
    fresh = numba.njit(by_numpy)
    monkeypatch.setitem(SMALL_KERNELS, fresh, by_numpy)
    monkeypatch.setattr(small_work, "_steps", {})
    return fresh


@compiled_only
def test_little_work_does_not_compile_a_kernel(new_kernel):
    assert chosen(new_kernel, 100) is by_numpy


@compiled_only
def test_much_work_compiles_a_kernel(new_kernel):
    assert chosen(new_kernel, 10_000_000) is new_kernel


@compiled_only
def test_a_kernel_is_compiled_after_much_little_work(new_kernel):
    choices = [chosen(new_kernel, 300_000) for _ in range(5)]
    assert choices == [by_numpy, by_numpy, by_numpy, new_kernel, new_kernel]


@compiled_only
def test_a_compiled_kernel_does_little_work_too(new_kernel):
    new_kernel(1)
    assert chosen(new_kernel, 1) is new_kernel


@compiled_only
def test_a_preference_overrides_the_choice_until_its_end(new_kernel):
    with preferring_kernels():
        assert chosen(new_kernel, 1) is new_kernel
    new_kernel(1)
    with preferring_numpy():
        assert chosen(new_kernel, 1) is by_numpy
    assert chosen(new_kernel, 1) is new_kernel


def test_a_kernel_without_an_equivalent_is_always_chosen():
    assert chosen(kernel, 1) is kernel


def test_a_function_that_is_not_compiled_counts_as_in_memory():
    assert not is_small(by_numpy, 1)
