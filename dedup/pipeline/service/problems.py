"""Errors as answers of the type application/problem+json (RFC 9457)."""

from http import HTTPStatus

from starlette.responses import Response

from dedup.formats.json_values import dump


class Problem(Exception):  # noqa: N818  # the name that RFC 9457 uses
    """An error that is answered with a status code.

    Attributes:
        status: The status code.
        detail: What is wrong, and what to do.
        headers: Other headers of the answer.
    """

    def __init__(self, status: int, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def response(self) -> Response:
        """The answer."""
        body = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        return Response(dump(body), self.status, self.headers, media_type="application/problem+json")
