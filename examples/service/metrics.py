"""Metrics of the service for Prometheus."""

import time
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from recokit.serving import WatchedModel

SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0)


class Metrics:
    """Requests by route and status, their times, and the version of the model."""

    def __init__(self, watched: WatchedModel) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "recokit_requests", "Requests by route and status.", ["route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "recokit_request_seconds", "Time of a request.", ["route"], buckets=SECONDS, registry=self.registry
        )
        version = Gauge("recokit_model_version", "Version of the model.", registry=self.registry)
        version.set_function(lambda: watched.version)
        failed = Gauge("recokit_load_failed", "Whether the last version could not be loaded.", registry=self.registry)
        failed.set_function(lambda: watched.last_error is not None)

    async def measured(self, request: Any, call_next: Any) -> Any:
        """Answer a request, and count it by the template of its path, which does not hold ids."""
        start, status = time.perf_counter(), 500
        try:
            response = await call_next(request)
            status = response.status_code
            return response
        finally:
            route = getattr(request.scope.get("route"), "path", "unknown")
            self.requests.labels(route, status).inc()
            self.seconds.labels(route).observe(time.perf_counter() - start)

    def text(self) -> str:
        """Return all metrics in the text format."""
        return generate_latest(self.registry).decode()
