"""A small server for the metrics and the health of a worker."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from dedup.errors import OutputError
from dedup.pipeline.live_metrics import Metrics


class HealthServer:
    """Answers /metrics, /healthz and /readyz in threads of its own.

    Args:
        host: The interface to listen on.
        port: The port.
        metrics: The metrics.

    Attributes:
        is_ready: Whether the worker filters.

    Raises:
        OutputError: The address cannot be used.
    """

    def __init__(self, host: str, port: int, metrics: Metrics) -> None:
        self.is_ready = False
        answer = self._answer

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the name that the library calls
                status, body = answer(self.path)
                self.send_response(status)
                self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Write no log."""

        self._metrics = metrics
        try:
            server = ThreadingHTTPServer((host, port), Handler)
        except OSError as error:
            raise OutputError(f"cannot listen on {host}:{port}: {error.strerror}") from None
        self.port = server.server_address[1]
        Thread(target=server.serve_forever, name="health", daemon=True).start()

    def _answer(self, path: str) -> tuple[int, bytes]:
        if path == "/metrics":
            return 200, self._metrics.text()
        if path == "/healthz":
            return 200, b"ok\n"
        if path == "/readyz":
            return (200, b"ready\n") if self.is_ready else (503, b"starting\n")
        return 404, b"there is /metrics, /healthz and /readyz\n"
