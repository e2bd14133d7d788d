"""The last answers by the key of their request, so that a client can repeat a request whose answer was lost."""

from asyncio import Future
from collections import OrderedDict

import xxhash
from starlette.responses import Response

from dedup.pipeline.service.problems import Problem

_KEPT = 1024  # answers


class PastAnswers:
    """Answers by the header Idempotency-Key. All calls come from one event loop."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, tuple[bytes, Future[Response]]] = OrderedDict()

    def find(self, key: str, request: bytes) -> Future[Response] | None:
        """The answer to a request, perhaps one that is being made; None if the key is new.

        Args:
            key: The key.
            request: The request: its query, type and body.

        Raises:
            Problem: The key came with another request.
        """
        if key not in self._answers:
            return None
        digest, answer = self._answers[key]
        if digest != xxhash.xxh3_128_digest(request):
            raise Problem(422, "this Idempotency-Key came with another request; use a new key for each request")
        return answer

    def begin(self, key: str, request: bytes, answer: Future[Response]) -> None:
        """Keep the answer that a request will get. If it fails, it is forgotten, so that the client can try again."""
        self._answers[key] = xxhash.xxh3_128_digest(request), answer
        while len(self._answers) > _KEPT:
            self._answers.popitem(last=False)
        answer.add_done_callback(lambda done: self._forget_if_failed(key, done))

    def _forget_if_failed(self, key: str, answer: Future[Response]) -> None:
        failed = answer.cancelled() or answer.exception() is not None
        if failed and key in self._answers and self._answers[key][1] is answer:
            del self._answers[key]
