"""Prefetch memory into the cache before it is read."""

from typing import Any

from llvmlite import ir
from numba import config, types
from numba.extending import intrinsic

from recokit.kernels._typing import AnyArray

__all__ = ["prefetch"]

if config.DISABLE_JIT:  # type: ignore[attr-defined]

    def prefetch(array: AnyArray, place: int) -> None:
        """Prefetch the cache line of ``array[place]``; ``place`` may be beyond the end."""

else:

    @intrinsic
    def prefetch(typing_context: Any, array: Any, place: Any) -> Any:
        """Prefetch the cache line of ``array[place]``; ``place`` may be beyond the end."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            struct = context.make_array(signature.args[0])(context, builder, arguments[0])
            pointer, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
            address = builder.bitcast(builder.gep(struct.data, [arguments[1]]), pointer)
            kind = ir.FunctionType(ir.VoidType(), [pointer, flag, flag, flag])
            function = builder.module.declare_intrinsic("llvm.prefetch", [pointer], kind)
            builder.call(function, [address, flag(0), flag(3), flag(1)])  # read access, high locality, data cache
            return context.get_dummy_value()

        return types.void(array, place), generate
