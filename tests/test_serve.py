"""The app in a browser: who gets in, what a visitor can do, and that no process is left behind."""

from __future__ import annotations

import asyncio
import json
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from bptui.cli import main
from bptui.cli.serve import EXAMPLES, tunnel
from bptui.preset.find import shipped_presets
from bptui.session import messages as c
from bptui.session.effects import Keep
from bptui.session.messages import Ask, Listed
from bptui.session.session import Session
from bptui.session.update import update
from bptui.tui.effects import listed
from bptui.tui.supervisor import Supervisor
from tests.commands import ROOT, check_command
from tests.sessions import shipped

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


@pytest.fixture
def server() -> Iterator[subprocess.Popen[str]]:
    """A server with room for one visitor; its processes write to the pipe of its errors."""
    pytest.importorskip("textual_serve")
    command = [sys.executable, "-m", "bptui", "serve", "mazur", "--port", "0", "--visitors", "1"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        yield process
        process.kill()


def address_of(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    return server.stdout.readline().strip()


def typed(text: str) -> str:
    return json.dumps(["stdin", text])


async def shown(browser: Any, text: str) -> None:
    """Wait until a browser shows a text."""
    screen = b""
    while text.encode() not in screen:
        screen += (await browser.receive(timeout=30)).data


def test_only_who_knows_the_address_gets_in_and_from_no_other_page(
    server: subprocess.Popen[str],
) -> None:
    import aiohttp

    async def visit(url: str) -> None:
        begin, token, _ = url.rsplit("/", 2)
        async with aiohttp.ClientSession() as client:

            async def answer(path: str, **headers: str) -> tuple[int, str]:
                async with client.get(f"{begin}{path}", headers=headers) as response:
                    assert response.headers["Referrer-Policy"] == "no-referrer"
                    assert "Server" not in response.headers
                    return response.status, await response.text()

            refused = (404, "Not found\n")
            for path in ("/", f"/{token[:-1]}/", "/x/static/js/textual.js", "/ws", f"//{token}/"):
                assert await answer(path) == refused
            for path in (
                "static/",
                "static/../server.py",
                "static/js/../../server.py",
                "download/x",
            ):
                assert await answer(f"/{token}/{path}") == refused
            assert await answer(f"/{token}/", Host="a.example:80") == refused
            upgrade = {"Connection": "upgrade", "Upgrade": "websocket"}
            for origin in ("http://a.example", "null", ""):
                assert await answer(f"/{token}/ws", Origin=origin, **upgrade) == refused
            status, page = await answer(f"/{token}/", Host="localhost:9000")
            assert (status, f"ws://localhost:9000/{token}/ws" in page) == (200, True)
            assert "https:" not in page
            assert (await answer(f"/{token}/static/js/textual.js"))[0] == 200

    url = address_of(server)
    asyncio.run(visit(url))
    for junk in (
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n",
        b"\x16\3\r\n",
    ):
        with socket.create_connection(
            ("127.0.0.1", int(url.split(":")[2].split("/")[0]))
        ) as client:
            client.sendall(junk)
            assert b" 400 " in client.recv(1000)
    server.send_signal(signal.SIGINT)
    assert server.wait(timeout=30) == 128 + signal.SIGINT
    assert server.stderr is not None
    assert server.stderr.read() == "bptui: stopped\n"  # and nothing of the junk


def test_a_visitor_steps_and_saves_nothing_and_leaves_no_process(
    server: subprocess.Popen[str],
) -> None:
    import aiohttp

    async def visit(url: str) -> None:
        async with aiohttp.ClientSession(headers={"Origin": url.rsplit("/", 2)[0]}) as client:
            browser = await client.ws_connect(f"{url}ws?width=100&height=30")
            await shown(browser, "In a browser: nothing is saved")
            await browser.send_str(typed(" "))
            await shown(browser, "iteration 1")
            for nonsense in ("{", "[[]]", '["resize", {"width": 1e9, "height": 9}]'):
                await browser.send_str(nonsense)
            await browser.send_str(typed("s"))
            await shown(browser, "Nothing can be saved from a browser")
            more = await client.ws_connect(f"{url}ws")
            await shown(more, "No room for more than 1 at once")
            await browser.close()
            browser = await client.ws_connect(f"{url}ws")  # as if the page was loaded again
            assert b"No room" not in (await browser.receive(timeout=30)).data
            server.send_signal(KILL)  # and even then nothing is left that could hold the pipe
            assert server.stderr is not None
            assert await asyncio.to_thread(server.stderr.read) == ""

    asyncio.run(visit(address_of(server)))


def test_a_browser_that_takes_nothing_any_more_holds_no_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("textual_serve")
    from bptui.tui import web_server

    monkeypatch.setattr(web_server, "_UNREAD", 0.01)
    monkeypatch.setattr(web_server, "_FAREWELL", -0.99)

    class Asleep:
        """A browser and its connection, of a laptop that was closed."""

        aborted = False

        async def send_bytes(self, data: bytes) -> None:
            await asyncio.sleep(3600)

        async def close(self) -> None:
            await asyncio.sleep(3600)

        def get_write_buffer_size(self) -> int:
            return 9

        def abort(self) -> None:
            self.aborted = True

    async def visit(asleep: Any) -> int:
        visitor = web_server._Visitor(asleep, asleep)
        shows = "import time; print('\\nD\\0\\0\\0\\1x', flush=True); time.sleep(3600)"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", shows, stdout=subprocess.PIPE
        )
        await visitor._show(process)
        return await process.wait()

    asleep = Asleep()
    assert asyncio.run(visit(asleep)) == -KILL
    assert asleep.aborted


def test_a_visitor_writes_no_file_and_sees_none() -> None:
    session = replace(shipped("mazur"), served=True)
    for command in (c.Prompt(Ask.SAVE), c.Prompt(Ask.SCREEN), c.Suspend()):
        for message in (command, c.Run(command)):
            after, effects = update(session, message)
            assert isinstance(after, Session)
            assert (after.prompt, effects) == (None, (Keep(),))
            assert "browser" in after.said
    picker, _ = update(session, c.OpenList())
    assert picker.served
    found = [one for one in listed(Supervisor(), served=True) if isinstance(one, Listed)]
    files = [entry.file for one in found for entry in one.entries]
    assert {Path(file).parent for file in files} == {Path(shipped_presets()[0]).parent}


def test_a_port_that_is_taken_is_told_with_the_mend(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bptui.cli.serve.find_spec", lambda name: True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "mazur", "--port", str(port)]) == 2
    mend = "choose another, or any that is free: --port 0"
    assert capsys.readouterr() == ("", f"bptui: port {port} is in use; {mend}\n")


def test_without_textual_serve_it_is_told_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "textual_serve", None)
    assert main(["serve", "mazur"]) == 2
    mend = f"{shlex.quote(sys.executable)} -m pip install textual-serve"
    told = f"bptui: serving needs textual-serve; to install it: {mend}\n"
    assert capsys.readouterr() == ("", told)


def test_the_command_to_get_here_names_the_machine_as_ssh_does() -> None:
    there = tunnel({"SSH_CONNECTION": "10.0.0.9 5000 10.0.0.7 2222"}, 8000, "ada")
    assert there == "ssh -N -L 8000:127.0.0.1:8000 -p 2222 ada@10.0.0.7"


def test_the_examples_of_the_help_are_command_lines() -> None:
    for line in EXAMPLES.splitlines():
        check_command(line)
