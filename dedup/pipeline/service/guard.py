"""Refuses requests of strangers, and counts answers."""

import hmac
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dedup.pipeline.live_metrics import Metrics
from dedup.pipeline.service.problems import Problem

_OPEN_PATHS = ("/healthz", "/readyz", "/")  # answered without a token


class Guard:
    """Middleware that refuses strangers, and counts answers.

    With a token, every request but those for health and the empty page must have it. Without one, the service listens
    on this machine only. A page from elsewhere could still make a browser send requests here, so requests with a
    foreign Host or Origin are refused.
    """

    def __init__(self, app: ASGIApp, token: str | None, metrics: Metrics) -> None:
        self._app = app
        self._token = token
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._metrics.requests.labels(message["status"]).inc()
            await send(message)

        headers = Headers(scope=scope)
        problem = None
        if self._token is not None:
            given = headers.get("authorization", "").encode()
            if scope["path"] not in _OPEN_PATHS and not hmac.compare_digest(given, f"Bearer {self._token}".encode()):
                problem = Problem(401, "send the header Authorization: Bearer TOKEN", WWW_Authenticate="Bearer")
        elif not _is_local(headers):
            problem = Problem(403, "without a token, only pages and programs of this machine may ask")
        if problem is not None:
            await problem.response()(scope, receive, counted)
        else:
            await self._app(scope, receive, counted)


def _is_local(headers: Headers) -> bool:
    """Whether the Host of a request is this machine, and its Origin, if it has one, is the same."""
    host = headers.get("host", "")
    name = urlsplit(f"//{host}").hostname or ""
    origin = headers.get("origin")
    return (not host or is_loopback(name)) and (origin is None or urlsplit(origin).netloc == host)


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
