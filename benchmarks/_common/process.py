"""Calls in a new process."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, TypeVar

__all__ = ["call_in_new_process"]

_Result = TypeVar("_Result")


def call_in_new_process(function: Callable[..., _Result], *arguments: Any) -> _Result:
    """Return the result of a call in a new process, free of the memory and caches of earlier calls.

    The function must be importable; its arguments and its result must be picklable.

    Raises
    ------
    RuntimeError
        The process ended without a result; the message gives its exit status.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send_result, args=(sender, function, arguments))
    process.start()
    sender.close()
    try:
        result: _Result = receiver.recv()
    except EOFError:
        process.join()
        raise RuntimeError(f"the process ended with exit status {process.exitcode}") from None
    process.join()
    return result


def _send_result(sender: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    sender.send(function(*arguments))
