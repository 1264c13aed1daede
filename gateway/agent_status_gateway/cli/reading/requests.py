"""One gateway, over HTTP: requests to it, and what its refusals mean."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NoReturn, TypeVar

import httpx

from agent_status_gateway.cli.http_client import CertificatesError, may_pass, open_client, within
from agent_status_gateway.cli.proxy import ProxyError
from agent_status_gateway.cli.reading.address import key_headers, parse_address
from agent_status_gateway.cli.reading.answers import ForeignError, parse_problem
from agent_status_gateway.cli.reading.problems import NoGatewayError, ReaderError, RefusedError, WrongQueryError
from agent_status_gateway.plain_text import plain

T = TypeVar("T")

TIMEOUT_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 30.0
"""Seconds in which the whole answer to one request must come. Of a stream, these are its headers, or its refusal."""
STREAM_HEADERS: Final = {"Accept": "text/event-stream", "Cache-Control": "no-store"}


class Gateway:
    """One gateway. The key is sent as a header, never in a URL.

    Raises:
        ReaderError: The address or the key is not valid.
    """

    def __init__(self, url: str, key: str | None = None) -> None:
        self.url, self._address = parse_address(url)
        self._headers = key_headers(key)
        try:
            self.client().close()
        except (ProxyError, CertificatesError) as error:
            raise ReaderError(str(error)) from None

    def client(self, silence_seconds: float | None = None) -> httpx.Client:
        """Open a client. Between two bytes there may be so many seconds, if it is for a stream."""
        timeout = httpx.Timeout(TIMEOUT_SECONDS, read=silence_seconds or TIMEOUT_SECONDS)
        return open_client(self._address, self._headers, timeout)

    def get(self, path: str, tag: str = "") -> httpx.Response:
        """Get an answer. With a tag, one that has that tag may come without its text.

        Raises:
            ReaderError: There is none, or it is a refusal.
        """
        headers = {"If-None-Match": tag} if tag else {}
        return self._answer(lambda client: client.get(path, headers=headers))

    def post(self, path: str, content: dict[str, object]) -> httpx.Response:
        """Post JSON, and get an answer.

        Raises:
            ReaderError: There is none, or it is a refusal.
        """
        return self._answer(lambda client: client.post(path, json=content))

    @contextmanager
    def stream(self, path: str, silence_seconds: float) -> Iterator[httpx.Response]:
        """Open a stream, in which there may be so many seconds between two bytes.

        Raises:
            ReaderError: The answer is a refusal.
            httpx.HTTPError: There is no answer, or it ended.
        """
        with self.client(silence_seconds) as client:
            request = client.build_request("GET", path, headers=STREAM_HEADERS)
            response = within(ANSWER_SECONDS, lambda: _opened(client, request))
            try:
                self.check(response)
                yield response
            finally:
                response.close()

    def _answer(self, ask: Callable[[httpx.Client], httpx.Response]) -> httpx.Response:
        try:
            with self.client() as client:
                response = within(ANSWER_SECONDS, lambda: ask(client))
        except httpx.HTTPError as error:
            raise ReaderError(self.no_answer(error)) from None
        self.check(response)
        return response

    def parsed(self, parse: Callable[[str], T], text: str) -> T:
        """Parse what it has sent.

        Raises:
            NoGatewayError: A gateway does not send this.
        """
        try:
            return parse(text)
        except ForeignError:
            self.refuse()

    def check(self, response: httpx.Response) -> None:
        """Check that an answer that has been read is what was asked for.

        Raises:
            ReaderError: It is not; of which kind says whether it would be another time.
        """
        status = response.status_code
        if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            problem = "refused the key" if b"X-Status-Key" in self._headers else "requires a key"
            raise RefusedError(f"{self.url} {problem}: set AGENT_STATUS_API_KEY or use --key-file")
        if status == httpx.codes.OK or (
            status == httpx.codes.NOT_MODIFIED and "If-None-Match" in response.request.headers
        ):
            return
        refused = parse_problem(response.text) if status == httpx.codes.UNPROCESSABLE_ENTITY else None
        if refused is not None:
            field, expected = refused
            raise WrongQueryError(f"{self.url} refused `{plain(field)}`: {plain(expected[:200])}", field)
        reason = f"{self.url} answered {status}: {plain(response.text[:200])}"
        raise (NoGatewayError if response.has_redirect_location or _is_final(status) else ReaderError)(reason)

    def refuse(self) -> NoReturn:
        """Say that this is not a gateway.

        Raises:
            NoGatewayError: In any case.
        """
        raise NoGatewayError(f"{self.url} did not answer with a status snapshot: is it a gateway?")

    def no_answer(self, error: httpx.HTTPError) -> str:
        """Reason why there is no answer."""
        if isinstance(error, httpx.ReadTimeout):
            return f"{self.url} does not answer"
        return f"no gateway answers at {self.url}: {str(error) or type(error).__name__}"


def _opened(client: httpx.Client, request: httpx.Request) -> httpx.Response:
    response = client.send(request, stream=True)
    if response.status_code != httpx.codes.OK:
        response.read()
    return response


def _is_final(status: int) -> bool:
    return httpx.codes.is_error(status) and not may_pass(status)
