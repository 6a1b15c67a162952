"""What arrays are made before kernels see them."""

from recokit._typing import AnyArray

__all__ = ["read_only"]


def read_only(array: AnyArray) -> AnyArray:
    """Return a view that cannot be written to.

    Numba compiles a kernel anew for read-only arrays, and training data are read-only: so that there is one version of
    each kernel, all its inputs are.
    """
    view = array.view()
    view.flags.writeable = False
    return view
