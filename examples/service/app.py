"""A recommendation service on FastAPI that reads its model from a `recokit.serving.ModelStore`.

    RECOKIT_STORE=/models uvicorn app:app --host 0.0.0.0 --port 8000

The folder ``RECOKIT_STORE`` holds the versions of the model. Two more variables are optional: ``RECOKIT_CATALOGUE``
is a Parquet or CSV file with the columns item_id and title, for titles in answers and for search; ``RECOKIT_INTERVAL``
is the number of seconds between two looks at the store.
"""

import os
from collections.abc import Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse
from metrics import Metrics
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

import recokit
from recokit.exceptions import DataError, NotFittedError, UnknownIdError
from recokit.serving import ModelStore, UserFoldIn, WatchedModel

PAGE = Path(__file__).parent / "static" / "index.html"

Count = Annotated[int, Query(ge=1, le=200, description="Maximum number of items in the list.")]
Language = Annotated[str, Query(pattern="^(en|zh)$", description="Language of reasons.")]
Id = str | int


class Item(BaseModel):
    """An item of a list."""

    item: Id
    score: float
    title: str | None = None
    reason: str | None = None


class Answer(BaseModel):
    """A list, and the version of the model at the arrival of the request."""

    version: int
    items: list[Item]


class History(BaseModel):
    """The events of a visitor, in time order."""

    history: list[Id] = Field(max_length=1000)
    n: int = Field(default=10, ge=1, le=200)


class Event(BaseModel):
    """An event of a user."""

    user: Id
    item: Id
    value: float = Field(default=1.0, ge=0)


class Problem(BaseModel):
    """The reason why a request has no other answer."""

    type: str
    message: str


class ErrorAnswer(BaseModel):
    """The answer to a request that cannot be fulfilled."""

    error: Problem


class Service:
    """The parts of the running service: the model, the last events, the titles and the search."""

    def __init__(
        self, store: ModelStore, titles: Mapping[Any, str] | None = None, search: Any = None, interval: float = 1.0
    ) -> None:
        self.watched: WatchedModel = store.watch(interval)
        self.events = UserFoldIn(self.watched)
        self.titles = titles or {}
        self.search = search
        self.metrics = Metrics(self.watched)

    def own_id(self, model: recokit.Recommender, kind: str, given: Id) -> Any:
        """Return an id of a request as the model spells it: path parameters are strings, ids may be integers."""
        index = model.interactions_.users if kind == "user" else model.interactions_.items
        if isinstance(given, str) and given not in index and given.lstrip("-").isdecimal():
            return int(given)
        return given

    def answer(self, pairs: list[tuple[Any, float]], version: int, reasons: Mapping[Any, str] | None = None) -> Answer:
        """Return a list with titles and reasons."""
        found = reasons or {}
        items = [
            Item(item=item, score=score, title=self.titles.get(item), reason=found.get(item)) for item, score in pairs
        ]
        return Answer(version=version, items=items)


def create_app(
    store: ModelStore, titles: Mapping[Any, str] | None = None, search: Any = None, interval: float = 1.0
) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    store : ModelStore
        Holds at least one version.
    titles : mapping of item ids to titles, optional
    search : fitted ItemSearch, optional
    interval : float
        Seconds between two looks at the store.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> Any:
        app.state.service = Service(store, titles, search, interval)
        yield
        app.state.service.watched.close()

    errors: dict[int | str, dict[str, Any]] = {status: {"model": ErrorAnswer} for status in (404, 422)}
    app = FastAPI(title="Recommendations", version=recokit.__version__, lifespan=lifespan, responses=errors)
    _add_error_handlers(app)
    _add_lists(app)
    _add_operations(app)
    return app


def _add_error_handlers(app: FastAPI) -> None:
    """Answer all errors with a status, a type and a message."""

    def answer(status: int, kind: str, message: str) -> JSONResponse:
        return JSONResponse(ErrorAnswer(error=Problem(type=kind, message=message)).model_dump(), status)

    def handler(status: int) -> Any:
        return lambda request, error: answer(status, type(error).__name__, str(error))

    for kind, status in ((UnknownIdError, 404), (DataError, 422), (NotImplementedError, 501), (NotFittedError, 503)):
        app.add_exception_handler(kind, handler(status))

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        parts = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        return answer(422, "RequestValidationError", "; ".join(parts))

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> JSONResponse:
        return answer(error.status_code, "HTTPException", str(error.detail))

    @app.exception_handler(Exception)
    def failed(request: Request, error: Exception) -> JSONResponse:
        return answer(500, "InternalError", "the service failed to answer; its log has the reason")

    @app.middleware("http")
    async def measure(request: Request, call_next: Any) -> Any:
        return await app.state.service.metrics.measured(request, call_next)


def _add_lists(app: FastAPI) -> None:
    """Add the requests that return lists; each reads the model once."""

    def service() -> Service:
        found: Service = app.state.service
        return found

    @app.get("/recommend/{user}", tags=["lists"])
    def recommend(user: str, n: Count = 10, reasons: bool = False, language: Language = "en") -> Answer:
        """Return the list of a user, from the training history and the events since."""
        here = service()
        version, model = here.watched.version, here.watched.model
        known = here.own_id(model, "user", user)
        pairs = here.events.recommend([known], n, on_unknown="popular")[known]
        texts = {}
        if reasons and known in model.interactions_.users:
            texts = {item: str(model.explain(known, item, language=language, labels=here.titles)) for item, _ in pairs}
        return here.answer(pairs, version, texts)

    @app.post("/recommend_for", tags=["lists"])
    def recommend_for(body: History) -> Answer:
        """Return the list of a visitor, from the given history."""
        here = service()
        version, model = here.watched.version, here.watched.model
        history = list(dict.fromkeys(here.own_id(model, "item", item) for item in body.history))
        return here.answer(model.recommend_for([history], body.n, on_unknown="popular")[0], version)

    @app.get("/similar/{item}", tags=["lists"])
    def similar(item: str, n: Count = 10) -> Answer:
        """Return the items most similar to an item."""
        here = service()
        version, model = here.watched.version, here.watched.model
        known = here.own_id(model, "item", item)
        return here.answer(model.similar_items([known], n)[known], version)

    @app.get("/search", tags=["lists"])
    def search(q: Annotated[str, Query(max_length=500)], n: Count = 10) -> Answer:
        """Return the items that match a query."""
        here = service()
        if here.search is None:
            raise NotImplementedError("this service has no search; start it with a catalogue")
        return here.answer(here.search.search([q], n)[q], here.watched.version)

    @app.get("/explain", tags=["lists"])
    def explain(user: str, item: str, language: Language = "en") -> dict[str, Any]:
        """Return the reasons for the score of an item."""
        here = service()
        model = here.watched.model
        ids = here.own_id(model, "user", user), here.own_id(model, "item", item)
        found = model.explain(*ids, language=language, labels=here.titles)
        return {"text": str(found), "score": float(found.score)}


def _add_operations(app: FastAPI) -> None:
    """Add events, health, metrics and the page."""

    @app.post("/events", status_code=202, tags=["events"])
    def add_event(event: Event) -> dict[str, int]:
        """Take an event into account in the next list of its user."""
        here: Service = app.state.service
        model = here.watched.model
        here.events.add(here.own_id(model, "user", event.user), here.own_id(model, "item", event.item), event.value)
        return {"events": here.events.n_events}

    @app.get("/health", tags=["operation"])
    def health() -> dict[str, Any]:
        """Return the version of the model, and the error of the last attempt to load one."""
        watched: WatchedModel = app.state.service.watched
        error = watched.last_error
        return {"status": "ok", "version": watched.version, "last_error": None if error is None else str(error)}

    @app.get("/metrics", response_class=PlainTextResponse, tags=["operation"])
    def metrics() -> PlainTextResponse:
        """Return counters and times in the text format of Prometheus."""
        return PlainTextResponse(app.state.service.metrics.text())

    @app.get("/", include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(PAGE)


def _from_environment() -> FastAPI:
    """Return the application that the environment describes."""
    store = ModelStore(os.environ["RECOKIT_STORE"])
    interval = float(os.environ.get("RECOKIT_INTERVAL", "1"))
    file = os.environ.get("RECOKIT_CATALOGUE")
    if file is None:
        return create_app(store, interval=interval)
    import pandas as pd

    from recokit.search import ItemSearch

    catalogue = pd.read_parquet(file) if file.endswith(".parquet") else pd.read_csv(file)
    titles = dict(zip(catalogue["item_id"].tolist(), catalogue["title"].astype(str).tolist(), strict=True))
    return create_app(store, titles, ItemSearch().fit(catalogue), interval)


def __getattr__(name: str) -> Any:
    """Make the application when a server asks for it, so that tests can import the module without a store."""
    if name == "app":
        return _from_environment()
    raise AttributeError(name)
