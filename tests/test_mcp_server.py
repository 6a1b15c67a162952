"""The example of an MCP server answers its client in this process."""

import asyncio
import importlib.util
import json
from pathlib import Path

import pytest

pytest.importorskip("mcp")

PATH = Path(__file__).resolve().parents[1] / "examples" / "mcp_server.py"


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("mcp_server_example", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def box(example):
    return example.make_tools(user=7)


def talk(example, box, *calls):
    """Return the tools that the client lists, and the results of its calls."""
    from mcp import Client

    async def conversation():
        async with Client(example.make_server(box)) as client:
            listed = await client.list_tools()
            return listed.tools, [await client.call_tool(name, arguments) for name, arguments in calls]

    return asyncio.run(conversation())


def test_the_client_sees_the_tools_with_their_schemas(example, box):
    listed, _ = talk(example, box)
    functions = [description["function"] for description in box.descriptions]
    assert [(tool.name, tool.description) for tool in listed] == [(f["name"], f["description"]) for f in functions]
    assert [dict(tool.input_schema) for tool in listed] == [f["parameters"] for f in functions]


def test_the_answers_are_those_of_the_toolbox(example, box):
    calls = [("recommend", {"n": 2}), ("recommend", {"n": 2, "language": "zh"})]
    _, results = talk(example, box, *calls)
    for (name, arguments), result in zip(calls, results, strict=True):
        answer = box.call(name, arguments)
        assert not result.is_error
        assert result.structured_content == answer
        assert json.loads(result.content[0].text) == answer
    assert len(results[0].structured_content["items"]) == 2
    assert results[1].structured_content["items"][0]["reason"].startswith("因为")


def test_errors_are_marked_and_explain_the_remedy(example, box):
    _, (result,) = talk(example, box, ("similar_items", {"item_id": "kettle"}))
    assert result.is_error
    assert result.structured_content["error"]["code"] == "unknown_id"


def test_customers_see_their_own_orders_only(example, box):
    from recokit.datasets import make_shop

    events = make_shop(500, 300, 60_000, language="en", orders=True).events
    orders = {order: user for order, user in zip(events["order_id"], events["user_id"].tolist(), strict=True) if order}
    own, other = (next(order for order, user in orders.items() if (user == 7) == mine) for mine in (True, False))
    _, (found, refused) = talk(example, box, ("order_status", {"order_id": own}), ("order_status", {"order_id": other}))
    assert found.structured_content["status"] == "sent"
    assert refused.structured_content["error"]["code"] == "unknown_order"
