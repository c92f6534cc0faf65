"""Serves the app to browsers: a secret address, and for each visitor a process.

The page and its terminal are textual-serve's. Its server is not used: it has no secret and no
limit, writes addresses to the log, and waits for ever for an app that does not end.
"""

from __future__ import annotations

import asyncio
import hmac
import html
import json
import logging
import os
import re
import secrets
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import textual_serve
from aiohttp import WSMessage, web
from aiohttp.http_exceptions import HttpProcessingError

from bptui.tui.signals import ENDING, PATIENCE

_HOSTS = ("127.0.0.1", "localhost", "[::1]")
"""What a browser may call this machine: a name that a stranger's DNS makes up is none of these."""
_STATIC = Path(textual_serve.__file__).parent
_FILES = {name: _STATIC / name for name in ("static/js/textual.js", "static/css/xterm.css")}
_LARGEST = 500
"""Columns or rows."""
_TYPED = 2**16
"""Bytes of a message from a browser."""
_HEARTBEAT = 30.0
"""Seconds after which a visitor who does not answer is gone."""
_UNREAD = 60.0
"""Seconds after which one is gone whose browser takes nothing more: a laptop that sleeps."""
_FAREWELL = 1.0
"""Seconds that a browser has to answer the end."""
_PROTECTION = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<link rel="stylesheet" href="{path}static/css/xterm.css">
<script src="{path}static/js/textual.js"></script>
<style>
body {{ background: {background}; }}
.ended {{ display: none; position: absolute; bottom: 0; width: 100%; margin: 0; padding: .5em 0;
  background: #333; color: #fff; text-align: center; font-family: sans-serif; }}
.-closed .ended {{ display: block; }}
.ended a {{ color: #8cf; }}
</style>
</head>
<body>
<div class="textual-terminal" data-session-websocket-url="ws://{host}{path}ws"
  data-font-size="16"></div>
<p class="ended">This session has ended. <a href="{path}">Start again</a></p>
</body>
</html>
"""


class WebServer:
    """Runs `bptui` with some words for each visitor."""

    def __init__(self, title: str, words: Sequence[str], limit: int) -> None:
        self._title, self._words, self._limit = title, words, limit
        self._token = secrets.token_urlsafe(24)
        self.path = f"/{self._token}/"
        """The secret part of the address."""
        self._visitors: set[_Visitor] = set()

    def run(self, listening: socket.socket) -> int:
        """Serve until a signal comes; return its number."""
        return asyncio.run(self._run(listening))

    async def _run(self, listening: socket.socket) -> int:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        app.on_response_prepare.append(_protect)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        logging.getLogger("aiohttp.server").addFilter(_is_ours)
        stopped = _stopped()
        await runner.setup()
        try:
            await web.SockSite(runner, listening).start()
            return await stopped
        finally:
            await asyncio.gather(*(visitor.stop() for visitor in [*self._visitors]))
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a request; one without the secret cannot tell what there is."""
        token, _, rest = request.match_info["path"].partition("/")
        known = hmac.compare_digest(token.encode("utf-8", "replace"), self._token.encode())
        if known and _is_own(request):
            if rest == "":
                return self._page(request)
            if rest == "ws" and request.headers.get("Origin") == f"http://{request.host}":
                return await self._visited(request)
            if rest in _FILES:
                return web.FileResponse(_FILES[rest])
        return web.Response(status=404, text="Not found\n")

    def _page(self, request: web.Request) -> web.Response:
        text = _PAGE.format(
            title=html.escape(f"bptui: {self._title}"),
            path=self.path,
            host=request.host,
            background="#fff" if "light" in self._words else "#121212",
        )
        return web.Response(text=text, content_type="text/html")

    async def _visited(self, request: web.Request) -> web.StreamResponse:
        browser = web.WebSocketResponse(
            timeout=_FAREWELL, heartbeat=_HEARTBEAT, max_msg_size=_TYPED
        )
        if not await self._has_room():
            await browser.prepare(request)
            told = f"\x1b[2J\x1b[H No room for more than {self._limit} at once; try again later."
            await browser.send_bytes(told.encode())
            await browser.close()
            return browser
        visitor = _Visitor(browser, request.transport)
        self._visitors.add(visitor)
        try:
            await browser.prepare(request)
            await visitor.start(self._words, _size_of(request.query))
            async for message in browser:
                await visitor.hear(message)
        finally:
            await visitor.stop()
            self._visitors.discard(visitor)
        return browser

    async def _has_room(self) -> bool:
        """Whether there is room; who reloads the page waits until the process before has ended."""
        while len(self._visitors) >= self._limit and any(one.leaving for one in self._visitors):
            await asyncio.sleep(0.05)
        return len(self._visitors) < self._limit


class _Visitor:
    """A browser and its process."""

    def __init__(
        self, browser: web.WebSocketResponse, connection: asyncio.Transport | None
    ) -> None:
        self._browser, self._connection = browser, connection
        self.leaving = False
        """Whether the process is being ended."""
        self._process: Process | None = None
        self._shown: asyncio.Task[None] | None = None

    async def start(self, words: Sequence[str], size: tuple[int, int]) -> None:
        # the modules that this process has, whatever lies in the current folder
        code = f"import sys; sys.path[:] = {sys.path!r}; from bptui.cli import main; "
        code += "sys.exit(main())"
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", code, "_visit", "x".join(map(str, size)), *words),
            stdin=PIPE,
            stdout=PIPE,
            env=_environ(os.environ),
            start_new_session=True,  # ctrl+c is for the server, which ends the others
        )
        self._shown = asyncio.create_task(self._show(self._process))

    async def _show(self, process: Process) -> None:
        """Pass on what the app sends; its end is that of the visit."""
        assert process.stdout is not None
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await process.stdout.readuntil(b"\n")  # it has begun
            while True:
                head = await process.stdout.readexactly(5)
                text = await process.stdout.readexactly(int.from_bytes(head[1:], "big"))
                if head[:1] == b"D":
                    await self._pass_on(text, process)
        await self._part()

    async def _pass_on(self, text: bytes, process: Process) -> None:
        """Send what the app shows.

        Raises:
            ConnectionError: the browser is gone, or takes nothing any more.
        """
        try:
            await asyncio.wait_for(self._browser.send_bytes(text), _UNREAD)
        except asyncio.TimeoutError:
            process.kill()  # it waits for us, and what is typed waits for it
            raise ConnectionAbortedError from None

    async def _part(self) -> None:
        """Close the connection; what the browser does not take is dropped."""
        with suppress(asyncio.TimeoutError, ConnectionError):
            await asyncio.wait_for(self._browser.close(), _FAREWELL + 1)
        if self._connection is not None and self._connection.get_write_buffer_size():
            self._connection.abort()

    async def hear(self, message: WSMessage) -> None:
        """Pass on what a browser sends, if it makes sense."""
        heard = None
        with suppress(ValueError, TypeError, RecursionError):
            heard = message.json()
        match heard:
            case ["stdin", str(text)]:
                await self._send(b"D", text.encode("utf-8", "replace"))
            case ["resize", {"width": int(width), "height": int(height)}]:
                size = {"width": _within(width), "height": _within(height)}
                await self._send(b"M", json.dumps({"type": "resize", **size}).encode())
            case ["ping", str(text)]:
                await self._browser.send_json(["pong", text])

    async def _send(self, kind: bytes, data: bytes) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        if self._process.stdin.is_closing():  # the app has ended, and what was typed is late
            return
        with suppress(ConnectionError):
            self._process.stdin.write(kind + len(data).to_bytes(4, "big") + data)
            await self._process.stdin.drain()

    async def stop(self) -> None:
        """End the process: in good order if it can, and soon in any case."""
        process, self.leaving = self._process, True
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), PATIENCE + 1)
        except asyncio.TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if self._shown is not None:
            self._shown.cancel()
            await asyncio.wait({self._shown})
        assert process.stdout is not None
        await process.stdout.read()  # what nobody took, so that its pipe is closed
        await self._part()


async def _protect(request: web.Request, response: web.StreamResponse) -> None:
    """See to it that the address leaks nowhere and that no other page can use this one."""
    response.headers.pop("Server", None)
    response.headers.update(_PROTECTION)
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        f"connect-src ws://{request.host}; frame-ancestors 'none'; base-uri 'none'"
    )


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether a failure is this program's, and not that of a request that is no HTTP."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


def _is_own(request: web.Request) -> bool:
    """Whether a request is for a page of this machine, by its own name and not by any other."""
    name = re.sub(r":\d+\Z", "", request.host, flags=re.ASCII)
    return request.method == "GET" and name in _HOSTS


def _stopped() -> asyncio.Future[int]:
    """What a signal to end gives its number to."""
    loop = asyncio.get_running_loop()
    stopped = loop.create_future()

    def stop(number: int) -> None:
        if not stopped.done():
            stopped.set_result(number)

    for number in ENDING:
        signal.signal(number, lambda number, _: loop.call_soon_threadsafe(stop, number))
    return stopped


def _size_of(query: Mapping[str, str]) -> tuple[int, int]:
    """The columns and rows that a browser has, or the usual ones."""
    found = (query.get(name, "") for name in ("width", "height"))
    width, height = (int(t) if t.isascii() and t.isdigit() and len(t) < 5 else 0 for t in found)
    return (_within(width), _within(height)) if width and height else (80, 24)


def _within(size: int) -> int:
    return min(max(size, 1), _LARGEST)


_TERMINAL = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
"""What there is in the browser."""
_OURS = re.compile(r"SSH_.*|TMUX|STY|NO_COLOR|COLORFGBG|COLUMNS|LINES|ESCDELAY|TEXTUAL.*")
"""What tells of the terminal that the server was started in."""


def _environ(environ: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in environ.items() if not _OURS.fullmatch(name)}
    return kept | _TERMINAL
