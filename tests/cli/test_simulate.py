"""`simulate`: one line of JSON, then service until it is told to end; and the demo on top of it."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.cli.conftest import PROGRAM, SECONDS, run, simulator


def test_it_ends_when_its_stdin_closes() -> None:
    with simulator("--scenario", "quiet") as (process, _shop):
        pass

    assert process.returncode == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0), (signal.SIGHUP, 0)])
def test_it_ends_with_a_signal(number: signal.Signals, code: int) -> None:
    with simulator("--scenario", "quiet") as (process, _shop):
        process.send_signal(number)

        assert process.wait(SECONDS) == code


def test_it_ends_when_the_program_that_started_it_is_killed() -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys\n"
            f"child = subprocess.Popen({[*PROGRAM, 'simulate', '--until-stdin-closes']!r}, stdin=subprocess.PIPE)\n"
            "child.wait()\n",
        ],
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    parent.stdout.readline()
    parent.kill()
    parent.wait(SECONDS)

    # The pipe closes when the last of both has ended.
    assert parent.stdout.read() == b""
    parent.stdout.close()


def test_a_port_in_use_is_told() -> None:
    with simulator("--scenario", "quiet") as (_process, shop):
        port = shop.base_url.rpartition(":")[2]
        done = run("simulate", "--port", port, given="")

    assert done.code == 2
    assert done.err.startswith(f"kfconsole: The simulator cannot listen on 127.0.0.1, port {port}: ")
    assert "Choose another port" in done.err


def test_an_address_of_another_host_is_told_and_not_blamed_on_the_port() -> None:
    done = run("simulate", "--host", "192.0.2.1", given="")

    assert done.code == 2
    assert done.err.startswith("kfconsole: The simulator cannot listen on 192.0.2.1, port 0: ")
    assert "Choose another port" not in done.err


@pytest.mark.parametrize(("language", "keys", "seen"), [("zh", (), "复制"), ("en", ("--press", "b"), "urgent")])
def test_the_demo_draws_its_picture_leaves_nothing_behind_and_needs_no_home(
    tmp_path: Path, home: Path, language: str, keys: tuple[str, ...], seen: str
) -> None:
    picture, temporary = tmp_path / "desk.svg", tmp_path / "temporary"
    temporary.mkdir()
    before = sorted(home.rglob("*"))
    done = run("demo", "--screenshot", str(picture), "--language", language, *keys, TMPDIR=str(temporary))

    assert (done.code, done.err) == (0, "")
    assert picture.read_text("utf-8").startswith("<svg")
    assert seen in picture.read_text("utf-8")
    assert list(temporary.iterdir()) == []
    assert sorted(home.rglob("*")) == before


def test_a_simulator_that_does_not_start_is_explained(tmp_path: Path) -> None:
    (tmp_path / "uvicorn.py").write_text("raise SystemExit('no server here')\n")
    path = os.pathsep.join((str(tmp_path), str(Path(__file__).parents[2])))
    done = run("demo", "--screenshot", str(tmp_path / "desk.svg"), PYTHONPATH=path)

    assert done.code == 1
    assert done.err.startswith("kfconsole: The simulator did not start: no server here")


def test_a_picture_that_cannot_be_written_is_told() -> None:
    done = run("demo", "--screenshot", "/nowhere/desk.svg")

    assert done.code == 2
    assert done.err == "kfconsole: /nowhere/desk.svg cannot be written: No such file or directory\n"


class _Server(BaseHTTPRequestHandler):
    """The account's own server: echoes what it is asked to and declines every push."""

    heard: ClassVar[Queue[tuple[str, str]]] = Queue()

    def do_GET(self) -> None:
        self._answer(parse_qs(urlsplit(self.path).query)["echostr"][0])

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.heard.put((urlsplit(self.path).query, body))
        self._answer("success")

    def _answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *_arguments: object) -> None:
        """Stay silent."""


@pytest.fixture
def push_url() -> Iterator[str]:
    """The address of a server that takes pushes."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Server) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/wechat"
        server.shutdown()
        thread.join()


def test_what_customers_do_is_pushed_to_a_server(push_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KFCONSOLE_PUSH_TOKEN", "made-up")
    monkeypatch.setenv("KFCONSOLE_PUSH_AES_KEY", "A" * 43)
    with simulator("--scenario", "quiet", "--push-url", push_url) as (_process, shop):
        shop.order("say", openid="oA", text="在吗")
        query, body = _Server.heard.get(timeout=SECONDS)
        assert "encrypt_type=aes" in query
        assert "<Encrypt>" in body
        assert "在吗" not in body

        shop.order("push", mode="plain")
        shop.order("say", openid="oA", text="在吗")
        query, body = _Server.heard.get(timeout=SECONDS)
        assert "encrypt_type" not in query
        assert "<Content><![CDATA[在吗]]></Content>" in body


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--push-url", "http://127.0.0.1:1/", "--push-token", "made-up"], "did not answer its verification"),
        (["--push-url", "http://127.0.0.1:1/"], "token, which is missing"),
        (["--push-url", "shop.example", "--push-token", "made-up"], "give http://"),
        (["--push-url", "http://a/", "--push-token", "made-up", "--push-mode", "secure"], "needs an AES key"),
    ],
)
def test_a_push_url_that_cannot_be_used_is_told(arguments: list[str], words: str) -> None:
    done = run("simulate", "--scenario", "quiet", *arguments, given="")

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("kfconsole: Pushes cannot go there: ")
    assert words in done.err


def test_the_log_has_a_line_for_what_people_do(tmp_path: Path) -> None:
    log = tmp_path / "day.jsonl"
    with simulator("--scenario", "quiet", "--log", str(log)) as (_process, shop):
        openid = shop.customer("hello")
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]

    assert [line["what"] for line in lines if line.get("openid") == openid] == ["customer_wrote", "queued"]


def test_a_log_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    done = run("simulate", "--log", str(tmp_path / "missing" / "day.jsonl"))

    assert (done.code, "cannot be written" in done.err) == (2, True)
