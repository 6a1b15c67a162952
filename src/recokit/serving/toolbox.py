"""Toolbox: tools for a large language model, with validated arguments and answers that JSON can hold."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from recokit.exceptions import UnknownIdError
from recokit.serving._items import as_json
from recokit.serving._schema import problems_of

__all__ = ["Tool", "ToolError", "Toolbox"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tool:
    """Tool of a language model.

    Attributes
    ----------
    name, description : str
        Name, and the text by which the language model chooses the tool.
    parameters : mapping
        JSON schema of the arguments.
    handler : callable
        Takes the arguments by keyword, and returns a mapping.

    See Also
    --------
    recokit.serving.Toolbox : Tools for a large language model: descriptions to send to it, and handlers for its calls.

    Examples
    --------
    >>> tool = Tool(
    ...     "discount",
    ...     "Return the discount of a code.",
    ...     {"type": "object", "properties": {}},
    ...     dict,
    ... )
    >>> tool.name
    'discount'
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    handler: Callable[..., Mapping[str, Any]]


class ToolError(Exception):
    """Error that a handler reports to the language model.

    Parameters
    ----------
    code : str
        Kind of the error, such as ``"unknown_order"``.
    message : str
        Cause and remedy.

    See Also
    --------
    recokit.serving.Toolbox : Tools for a large language model: descriptions to send to it, and handlers for its calls.

    Examples
    --------
    >>> from recokit.serving import Tool, Toolbox
    >>> def closed():
    ...     raise ToolError("closed", "the shop is closed")
    >>> box = Toolbox(
    ...     [Tool("order", "Place an order.", {"type": "object", "properties": {}}, closed)]
    ... )
    >>> box.call("order", {})["error"]
    {'code': 'closed', 'message': 'the shop is closed'}
    """

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class Toolbox:
    """Tools for a large language model: descriptions to send to it, and handlers for its calls.

    No model of language is called here. Send ``descriptions`` with the conversation, and give the answers of `call`
    back.

    Parameters
    ----------
    tools : iterable of Tool

    Raises
    ------
    ValueError
        Two tools have the same name.

    See Also
    --------
    tools : the toolbox of a recommender.

    Examples
    --------
    >>> schema = {
    ...     "type": "object",
    ...     "properties": {"code": {"type": "string"}},
    ...     "required": ["code"],
    ... }
    >>> box = Toolbox(
    ...     [
    ...         Tool(
    ...             "discount",
    ...             "Return the discount of a code.",
    ...             schema,
    ...             lambda code: {"percent": 5},
    ...         )
    ...     ]
    ... )
    >>> box.call("discount", '{"code": "TEA5"}')
    {'percent': 5}
    >>> box.call("discount", {})["error"]["problems"]
    [{'path': 'code', 'message': 'this argument is required'}]
    """

    def __init__(self, tools: Iterable[Tool]) -> None:
        listed = list(tools)
        self._tools = {tool.name: tool for tool in listed}
        if len(self._tools) < len(listed):
            raise ValueError(f"tools: names occur more than once: {', '.join(tool.name for tool in listed)}")

    @property
    def names(self) -> list[str]:
        """Names of the tools."""
        return list(self._tools)

    @property
    def descriptions(self) -> list[dict[str, Any]]:
        """Descriptions in the common format of function calls: type, and function with name, description, parameters.

        JSON can hold them.
        """
        return [
            {
                "type": "function",
                "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)},
            }
            for tool in self._tools.values()
        ]

    def __repr__(self) -> str:
        return f"Toolbox({', '.join(self.names)})"

    def call(self, name: str, arguments: Any) -> dict[str, Any]:
        """Return the answer of a tool, which JSON can hold. Errors are answers too.

        Parameters
        ----------
        name : str
        arguments : mapping, or JSON text
            Checked against the schema of the tool.

        Returns
        -------
        dict
            The answer, or ``{"error": {"code": …, "message": …}}``. The codes are "unknown_tool", "invalid_arguments"
            (with ``problems``, a list of ``path`` and ``message``), "unknown_id" (with ``kind`` and ``ids``),
            "not_supported", "failed", and those of `ToolError`. A handler that fails for another reason is logged, and
            its message is not shown.
        """
        if name not in self._tools:
            return _error("unknown_tool", f"no tool {name!r}; the tools are {', '.join(self.names)}")
        tool = self._tools[name]
        try:
            given = json.loads(arguments) if isinstance(arguments, str | bytes) else arguments
        except ValueError as error:
            return _error("invalid_arguments", f"the arguments are no JSON: {error}")
        problems = problems_of({} if given is None else given, tool.parameters)
        if problems:
            return _error("invalid_arguments", "the arguments do not match the schema", problems=problems)
        try:
            answer: dict[str, Any] = as_json(tool.handler(**(given or {})))
        except Exception as error:  # the conversation goes on, whatever fails
            return _error_of(error, name)
        return answer


def _error_of(error: Exception, name: str) -> dict[str, Any]:
    """Return the answer for an exception of a handler."""
    if isinstance(error, ToolError):
        return _error(error.code, str(error))
    if isinstance(error, UnknownIdError):
        return _error("unknown_id", str(error), kind=error.kind, ids=as_json(error.ids))
    if isinstance(error, NotImplementedError):
        return _error("not_supported", str(error) or "the model does not support this")
    if isinstance(error, ValueError):
        return _error("invalid_arguments", str(error))
    _LOG.exception("the tool %s failed", name, exc_info=error)
    return _error("failed", f"{name} is not available at the moment")


def _error(code: str, message: str, **details: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, **details}}
