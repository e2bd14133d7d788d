"""The routes of the service."""

import asyncio
import importlib.resources
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from dedup import __version__
from dedup.analysis.explain import pair, reason
from dedup.analysis.word_diff import diff
from dedup.errors import ClosedError
from dedup.filter.novelty_filter import NoveltyFilter
from dedup.formats.json_values import dump, load
from dedup.model.types import Paragraph
from dedup.pipeline.live_metrics import Metrics
from dedup.pipeline.record_fields import RecordFields
from dedup.pipeline.service.bodies import NDJSON, TYPES, BodyError, read_body
from dedup.pipeline.service.guard import Guard
from dedup.pipeline.service.judge_thread import JudgeThread, TooManyRequestsError
from dedup.pipeline.service.past_answers import PastAnswers
from dedup.pipeline.service.problems import Problem
from dedup.settings import Settings


@dataclass(frozen=True)
class ServiceOptions:
    """What a service does, besides the settings of its filter.

    Attributes:
        state: The state file, None to remember in memory only.
        sync: Whether each commit is synced to disk.
        token: The token that clients send, None for none.
        most_bytes: The largest body of a request, in bytes.
        most_waiting: The largest number of requests that wait.
        fields: The fields of a record.
    """

    state: Path | None = None
    sync: bool = False
    token: str | None = None
    most_bytes: int = 16 << 20
    most_waiting: int = 64
    fields: RecordFields = field(default_factory=RecordFields)


class Service:
    """The filter of a service and its routes.

    Args:
        settings: The settings of the filter.
        options: What else it does.
        notify: Called with a line when the filter is open.
        failed: Called once if the filter fails, so that the process can end.
    """

    def __init__(
        self, settings: Settings, options: ServiceOptions, notify: Callable[[str], None], failed: Callable[[], None]
    ) -> None:
        self.metrics = Metrics(settings)
        self.error: BaseException | None = None
        self._settings = settings
        self._options = options
        self._notify = notify
        self._failed = failed
        self._novelty: NoveltyFilter | None = None
        self._judge: JudgeThread | None = None
        self._is_stopping = False
        self._answers = PastAnswers()
        self.app = Starlette(
            routes=[
                Route("/", self._page, methods=["GET"]),
                Route("/v1/judge", self._judge_request, methods=["POST"]),
                Route("/v1/compare", self._compare, methods=["POST"]),
                Route("/v1/info", self._info, methods=["GET"]),
                Route("/metrics", self._metrics, methods=["GET"]),
                Route("/healthz", self._health, methods=["GET"]),
                Route("/readyz", self._ready, methods=["GET"]),
                Route("/openapi.json", self._openapi, methods=["GET"]),
            ],
            lifespan=self._lifespan,
            exception_handlers={Problem: _answer_error, HTTPException: _answer_error, Exception: _answer_error},
        )
        self.app.add_middleware(Guard, token=options.token, metrics=self.metrics)

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        """Open the filter while requests are already refused politely; at the end, judge what waits, and close it."""
        opening = asyncio.create_task(self._open())
        yield
        self._is_stopping = True
        await opening
        if self._judge is not None:
            await asyncio.to_thread(self._judge.stop)
        if self._novelty is not None:
            try:
                await asyncio.to_thread(self._novelty.close)
            except Exception as error:
                self.error = self.error or error

    async def _open(self) -> None:
        try:
            await asyncio.to_thread(NoveltyFilter.warm_up)
            self._novelty = await asyncio.to_thread(
                NoveltyFilter, self._settings, state=self._options.state, sync=self._options.sync, same_id="again"
            )
            self._judge = JudgeThread(self._novelty, self._options.most_waiting, self.metrics)
            self._notify(f"ready; {len(self._novelty)} paragraphs are remembered")
        except Exception as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if self.error is None:
            self.error = error
            self._failed()

    async def _judge_request(self, request: Request) -> Response:
        remember, trim = (_flag(request, name, default) for name, default in (("remember", True), ("trim", False)))
        content_type = _type_of(request.headers)
        data = await self._read(request)
        answer = self._judged(content_type, data, remember=remember, trim=trim)
        key = request.headers.get("idempotency-key")
        if key is None or not remember:
            return await answer
        whole = b"\0".join((str(request.url.query).encode(), content_type.encode(), data))
        try:
            known = self._answers.find(key, whole)
        except Problem:
            answer.close()
            raise
        if known is not None:
            answer.close()
            return await asyncio.shield(known)
        task = asyncio.ensure_future(answer)
        self._answers.begin(key, whole, task)
        return await asyncio.shield(task)  # the client may go away and ask again

    async def _judged(self, content_type: str, data: bytes, *, remember: bool, trim: bool) -> Response:
        judge = self._open_judge()
        try:
            body = read_body(content_type, data, self._options.fields)
        except BodyError as error:
            raise Problem(400, str(error)) from None
        try:
            decisions = await asyncio.wrap_future(judge.submit(body.records, remember=remember))
        except TooManyRequestsError:
            raise Problem(429, "too many requests wait; try again in a second", Retry_After="1") from None
        except ClosedError as error:
            if judge.error is not None:
                self._fail(judge.error)
            raise Problem(503, str(error), Retry_After="5") from None
        return Response(
            body.answer(decisions, trim=trim), media_type=NDJSON if content_type == NDJSON else "application/json"
        )

    async def _compare(self, request: Request) -> Response:
        """Compare two texts: the decision that the new one would get, its reason, and where they differ."""
        data = await self._read(request)
        try:
            value = load(data)
            old, new = (value[name] for name in ("old", "new"))
        except (ValueError, LookupError, TypeError):
            raise Problem(400, 'the body is a JSON object such as {"old": "…", "new": "…"}') from None
        if not isinstance(old, str) or not isinstance(new, str):
            raise Problem(400, "`old` and `new` are texts")
        decision, chance = await asyncio.to_thread(pair, Paragraph(old, "old"), Paragraph(new, "new"), self._settings)
        before, after = diff(old, new, decision.changed)
        answer = {
            "dedup": decision.as_dict(),
            "reason": reason(decision, self._settings) if decision.match else chance,
            "old": [piece._asdict() for piece in before],
            "new": [piece._asdict() for piece in after],
        }
        return Response(dump(answer), media_type="application/json")

    async def _info(self, request: Request) -> Response:
        novelty = self._open_judge().novelty
        answer = {
            "version": __version__,
            "settings": asdict(self._settings),
            "fingerprint": self._settings.fingerprint(),
            "remembered": await asyncio.to_thread(len, novelty),
            "state": self._options.state is not None,
            "position": novelty.position,
        }
        return Response(dump(answer), media_type="application/json")

    async def _metrics(self, request: Request) -> Response:
        if self._novelty is not None and not self._is_stopping:
            self.metrics.remembered.set(await asyncio.to_thread(len, self._novelty))
        if self._options.state is not None and self._options.state.exists():
            self.metrics.state_bytes.set(self._options.state.stat().st_size)
        return Response(self.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def _health(self, request: Request) -> Response:
        if self.error is not None:
            raise Problem(503, str(self.error))
        return Response(dump({"status": "ok"}), media_type="application/json")

    async def _ready(self, request: Request) -> Response:
        self._open_judge()
        return Response(dump({"status": "ready"}), media_type="application/json")

    async def _openapi(self, request: Request) -> Response:
        return Response(_file("openapi.json"), media_type="application/json")

    async def _page(self, request: Request) -> Response:
        return HTMLResponse(_file("page.html"), headers={"content-security-policy": _POLICY})

    def _open_judge(self) -> JudgeThread:
        """The thread that judges. Raises Problem if the service cannot judge now."""
        if self.error is not None:
            raise Problem(503, str(self.error))
        if self._is_stopping:
            raise Problem(503, "the service stops", Retry_After="5")
        if self._judge is None:
            raise Problem(503, "the service is starting; try again in a moment", Retry_After="1")
        return self._judge

    async def _read(self, request: Request) -> bytes:
        """The body of a request. Raises Problem if it is too long."""
        most = self._options.most_bytes
        too_long = Problem(413, f"the body is over {most} bytes; send fewer records at a time")
        declared = request.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > most:
            raise too_long
        parts, size = [], 0
        try:
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise too_long
                parts.append(part)
        except ClientDisconnect:
            raise Problem(400, "the client went away before it had sent the whole body") from None
        return b"".join(parts)


#: The page may run its own script and style, and ask this service.
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'"


def _type_of(headers: Headers) -> str:
    """The type of a body, one of the values of `TYPES`. Raises Problem if it is another one."""
    name = headers.get("content-type", "").partition(";")[0].strip().lower()
    if name not in TYPES:
        raise Problem(415, f"the type of the body is {' or '.join(dict.fromkeys(TYPES.values()))}, not {name[:60]!r}")
    if headers.get("content-encoding", "identity") != "identity":
        raise Problem(415, "send the body without a content encoding")
    return TYPES[name]


def _flag(request: Request, name: str, default: bool) -> bool:
    """A query parameter that is 0 or 1. Raises Problem if it is something else."""
    value = request.query_params.get(name, str(int(default)))
    if value not in ("0", "1"):
        raise Problem(400, f"?{name}= is 0 or 1, not {value[:20]!r}")
    return value == "1"


def _file(name: str) -> bytes:
    return importlib.resources.files(__package__).joinpath(name).read_bytes()


async def _answer_error(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        error = Problem(error.status_code, error.detail, **(error.headers or {}))
    elif not isinstance(error, Problem):
        error = Problem(500, "this is a bug of news-dedup; the log of the service says more")
    return error.response()
