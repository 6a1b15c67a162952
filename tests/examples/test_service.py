"""The example of a service in ``examples/service``."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import recokit
from recokit.serving import ModelStore

pytest.importorskip("fastapi")
pytest.importorskip("httpx")
pytest.importorskip("prometheus_client")

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "service"
PAIRS = [("ann", "tea"), ("ann", "pot"), ("bob", "tea"), ("bob", "cup"), ("eve", "cup"), ("eve", "jug")]
TITLES = {"tea": "Green tea", "cup": "White cup", "pot": "Iron pot", "jug": "Glass jug"}


@pytest.fixture
def store(tmp_path):
    store = ModelStore(tmp_path)
    store.publish(recokit.ItemKNN(similarity="cosine", shrinkage=0).fit(PAIRS))
    return store


@pytest.fixture
def create_app(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    from app import create_app

    return create_app


@pytest.fixture
def client(store, create_app):
    from fastapi.testclient import TestClient

    with TestClient(create_app(store, TITLES, interval=0.02), raise_server_exceptions=False) as client:
        yield client


def items_of(response):
    assert response.status_code == 200, response.text
    return [item["item"] for item in response.json()["items"]]


def test_lists_have_titles_and_reasons_and_change_with_the_next_event(client):
    answer = client.get("/recommend/ann", params={"reasons": True}).json()
    assert answer["version"] == 1
    assert answer["items"][0]["item"] == "cup"
    assert answer["items"][0]["title"] == "White cup"
    assert "Green tea" in answer["items"][0]["reason"]
    assert client.post("/events", json={"user": "ann", "item": "cup"}).status_code == 202
    assert items_of(client.get("/recommend/ann")) == ["jug"]


def test_reasons_are_in_the_language_asked_for(client):
    params = {"user": "ann", "item": "cup"}
    texts = [
        client.get("/explain", params={**params, "language": language}).json()["text"] for language in ("en", "zh")
    ]
    assert "because" in texts[0]
    assert "原因" in texts[1]


def test_visitors_and_similar_items_are_answered(client):
    assert items_of(client.post("/recommend_for", json={"history": ["jug", "jug"]})) == ["cup"]
    assert items_of(client.get("/similar/pot")) == ["tea"]
    assert items_of(client.get("/recommend/stranger")) == ["cup", "tea", "jug", "pot"]


def test_errors_are_structured(client):
    answer = client.get("/similar/unknown")
    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "UnknownIdError"
    assert "unknown" in answer.json()["error"]["message"]
    assert client.get("/search", params={"q": "tea"}).status_code == 501


@pytest.mark.parametrize(
    ("method", "path", "given", "status", "message"),
    [
        ("GET", "/recommend/ann", {"params": {"n": 0}}, 422, "query.n: Input should be greater than or equal to 1"),
        ("POST", "/events", {"json": {"user": "ann", "item": "tea", "value": -1}}, 422, "body.value: "),
        ("POST", "/events", {"json": {"user": "ann"}}, 422, "body.item: "),
        ("POST", "/recommend_for", {"content": b"{"}, 422, "body"),
        ("GET", "/unknown", {}, 404, "Not Found"),
        ("DELETE", "/events", {}, 405, "Method Not Allowed"),
    ],
)
def test_requests_that_are_refused_get_structured_errors(client, method, path, given, status, message):
    answer = client.request(method, path, **given)
    assert answer.status_code == status
    assert message in answer.json()["error"]["message"]


def test_a_fault_of_the_service_is_a_structured_error_without_details(client, monkeypatch):
    monkeypatch.setattr(recokit.ItemKNN, "similar_items", lambda *given, **options: 1 / 0)
    answer = client.get("/similar/tea")
    assert answer.status_code == 500
    assert answer.json()["error"]["type"] == "InternalError"
    assert "ZeroDivisionError" not in answer.text
    assert 'route="/similar/{item}",status="500"' in client.get("/metrics").text


def test_a_new_version_is_served_while_requests_run(client, store):
    errors, stop = [], threading.Event()

    def read():
        while not stop.is_set():
            response = client.get("/recommend/ann")
            if response.status_code != 200:
                errors.append(response.text)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    store.publish(recokit.Popularity().fit([*PAIRS, ("bob", "new"), ("eve", "new"), ("joe", "new")]))
    end = time.monotonic() + 20
    while client.get("/health").json()["version"] != 2 and time.monotonic() < end:
        time.sleep(0.01)
    stop.set()
    for reader in readers:
        reader.join()
    assert errors == []
    assert items_of(client.get("/recommend/ann"))[0] == "new"


def test_metrics_count_routes_without_ids(client):
    client.get("/recommend/ann")
    client.get("/similar/unknown")
    text = client.get("/metrics").text
    assert 'recokit_requests_total{route="/recommend/{user}",status="200"} 1.0' in text
    assert 'recokit_requests_total{route="/similar/{item}",status="404"} 1.0' in text
    assert "recokit_model_version 1.0" in text
    assert "ann" not in text


def test_integer_ids_of_a_path_are_read_as_integers(create_app, tmp_path):
    from fastapi.testclient import TestClient

    store = ModelStore(tmp_path / "numbers")
    store.publish(recokit.Popularity().fit([(1, 10), (2, 10), (2, 20)]))
    with TestClient(create_app(store)) as client:
        assert items_of(client.get("/recommend/1")) == [20]


def test_the_page_and_the_description_of_the_interface_are_served(client):
    assert "<h1>Recommendations</h1>" in client.get("/").text
    assert "swagger" in client.get("/docs").text
    described = client.get("/openapi.json").json()
    paths, refused = described["paths"], described["paths"]["/similar/{item}"]["get"]["responses"]["422"]
    assert refused["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorAnswer")
    assert {"/recommend/{user}", "/recommend_for", "/similar/{item}", "/search", "/explain", "/events"} <= set(paths)


@pytest.mark.slow
def test_the_load_test_finds_no_error_while_models_are_swapped():
    pytest.importorskip("uvicorn")
    command = [sys.executable, str(FOLDER / "load_test.py"), "--requests", "2000", "--clients", "4"]
    process = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert process.returncode == 0, process.stdout + process.stderr
    assert "0 errors" in process.stdout


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed")
def test_the_page_shows_lists_in_a_browser_and_a_click_changes_them(store, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    pytest.importorskip("uvicorn")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port), "--log-level", "warning"]
    environment = {**os.environ, "RECOKIT_STORE": str(store.folder)}
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with subprocess.Popen(command, cwd=FOLDER, env=environment) as process:
        try:
            wait_until_up(port)
            with playwright.sync_playwright() as tool:
                browser = tool.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
                page = browser.new_page()
                page.goto(f"http://127.0.0.1:{port}/")
                page.fill("#user", "ann")
                page.click("#lists button")
                page.wait_for_selector("#items tbody tr")
                first = page.inner_text("#items tbody tr td")
                assert first == "cup"
                page.click("#items tbody tr button")
                page.wait_for_function("document.querySelector('#items tbody tr td').textContent === 'jug'")
                page.fill("#query", "tea")
                page.click("#search button")
                page.wait_for_function("document.querySelector('#message').textContent.includes('no search')")
                browser.close()
        finally:
            process.terminate()


def wait_until_up(port):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the service did not start within 60 s")
