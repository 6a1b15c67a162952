"""A server of the Model Context Protocol with the tools of a shop assistant.

    pip install recokit mcp
    python examples/mcp_server.py                # speaks over standard input and output
    python examples/mcp_server.py --user 7       # for the conversation with one customer

An assistant that knows the protocol starts the server by this command, and calls its tools. The data are those of a
generated shop: replace `make_tools` by your own model, catalogue and order system.
"""

import argparse
import asyncio
import json
from typing import Any

from mcp import types
from mcp.server import Server
from mcp.server.stdio import stdio_server

from recokit import EASE, EventLog
from recokit.datasets import make_shop
from recokit.serving import Toolbox, tools


def make_tools(user: Any = None) -> Toolbox:
    """Return the tools of a generated shop."""
    shop = make_shop(500, 300, 60_000, language="en", orders=True)
    log = EventLog.from_frame(shop.events, order="order_id", quantity="quantity", price="price")
    model = EASE().fit(log.filter(events="purchase"))
    owners = dict(zip(shop.events["order_id"], shop.events["user_id"].tolist(), strict=True))

    def order_status(order_id: str, customer: Any) -> dict[str, Any] | None:
        """Return the status of an order of the customer, None for the orders of others."""
        if owners.get(order_id) is None or (customer is not None and owners[order_id] != customer):
            return None
        return {"status": "sent", "carrier": "parcel service"}

    return tools(model, catalogue=shop.catalogue, order_status=order_status, user=user)


def make_server(box: Toolbox) -> Server[Any]:
    """Return a server that offers the tools of a toolbox."""

    async def list_tools(_context: Any, _request: Any) -> types.ListToolsResult:
        functions = [description["function"] for description in box.descriptions]
        listed = [
            types.Tool(name=one["name"], description=one["description"], input_schema=one["parameters"])
            for one in functions
        ]
        return types.ListToolsResult(tools=listed)

    async def call_tool(_context: Any, request: types.CallToolRequestParams) -> types.CallToolResult:
        answer = await asyncio.to_thread(box.call, request.name, request.arguments)
        text = types.TextContent(type="text", text=json.dumps(answer, ensure_ascii=False))
        return types.CallToolResult(content=[text], structured_content=answer, is_error="error" in answer)

    return Server("shop", on_list_tools=list_tools, on_call_tool=call_tool)


async def serve(server: Server[Any]) -> None:
    """Serve over standard input and output until the client closes them."""
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def main() -> None:
    """Start the server."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--user", type=int, help="the customer of the conversation; by default any")
    args = parser.parse_args()
    asyncio.run(serve(make_server(make_tools(args.user))))


if __name__ == "__main__":
    main()
