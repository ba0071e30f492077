"""The secret and the token stay out of errors, logs and everything printable."""

import json
import logging
import time
import traceback
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest

from kfconsole.content import Text
from kfconsole.errors import ApiError
from kfconsole.wechat import KfClient
from kfconsole.wechat.masks import Masks
from tests.wechat.wire import AGENT, OPENID, QUEUE_PATH, SECRET, SEND_PATH, TOKEN_PATH, Wire

TOKEN = "t0ken/1+=="
TOLD = [form for secret in (SECRET, TOKEN) for form in (secret, quote(secret, safe=""))]


def everything(error: BaseException | None) -> str:
    """Return all a program could print of an error: text, repr, traceback, fields and what led to it."""
    said = ""
    while error is not None:
        said += "".join(traceback.format_exception(error, chain=True))
        said += f"{error!s} {error!r} {vars(error)!r} {getattr(error, '_request', '')!r}"
        error = error.__cause__ or error.__context__
    return said


def echo(request: httpx.Request) -> dict[str, Any]:
    """Refuse, repeating all that was sent: the worst a server can do."""
    sent = f"{request.url} {request.content.decode()} {request.url.params.get('access_token')} {SECRET}"
    return {"errcode": 99999, "errmsg": f"bad call {sent} rid: 5f3ded7d-22929d02-4ba1f5f6"}


def request_error(request: httpx.Request) -> Exception:
    return httpx.ReadError(f"cannot read {request.url} {request.url.params.get('access_token')}", request=request)


REPLIES: list[Any] = [
    echo,
    request_error,
    httpx.ConnectError("no"),
    httpx.ReadTimeout("slow"),
    httpx.RemoteProtocolError("cut"),
    httpx.Response(502, content=TOKEN.encode()),
    httpx.Response(302, headers={"Location": f"http://x/?access_token={TOKEN}"}),
    TOKEN.encode(),
    b"",
    {"errcode": TOKEN},
    {"errcode": 45015, "errmsg": "x" * 290 + TOKEN + SECRET},
    {"errcode": 40001, "errmsg": f"invalid credential {TOKEN}"},
]


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("path", [SEND_PATH, QUEUE_PATH, TOKEN_PATH])
async def test_no_failure_shows_them(wire: Wire, path: str, reply: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wire.reply(path, reply)
    client = wire.client()
    with pytest.raises(ApiError) as caught:
        await (client.queue() if path == QUEUE_PATH else client.send(OPENID, Text("hi"), AGENT))

    # Without a good token answer there is no token to hide.
    told = TOLD[:2] if path == TOKEN_PATH else TOLD
    shown = everything(caught.value) + repr(wire.entries) + caplog.text + repr(client) + repr(vars(caught.value))
    assert [secret for secret in told if secret in shown] == []
    assert wire.entries
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None, "an error of httpx carries the request and its address"


async def test_a_refusal_that_repeats_the_call_is_shown_masked(wire: Wire) -> None:
    wire.reply(SEND_PATH, echo)
    with pytest.raises(ApiError) as caught:
        await wire.client().send(OPENID, Text("hi"), AGENT)

    assert "?access_token=***" in caught.value.errmsg
    assert caught.value.rid == "5f3ded7d-22929d02-4ba1f5f6"


async def test_httpxs_own_log_shows_addresses_without_their_query(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wire.reply(QUEUE_PATH, {"count": 0})
    await wire.client().queue()

    assert f"http://wechat.test{QUEUE_PATH} " in caplog.text
    assert "access_token" not in caplog.text


async def test_a_proxys_password_is_not_shown() -> None:
    client = KfClient(
        base_url="http://wechat.test", app_id="a", app_secret="s", proxy="http://me:pass-w0rd@127.0.0.1:1"
    )
    with pytest.raises(ApiError) as caught:
        await client.queue()
    await client.aclose()

    assert "pass-w0rd" not in everything(caught.value)
    assert caught.value.message == "127.0.0.1:1 refused the connection.", "the proxy is what was not reached"


async def test_every_call_is_logged_with_its_outcome(wire: Wire) -> None:
    rid = "5f3ded7d-22929d02-4ba1f5f6"
    wire.reply(SEND_PATH, {"errcode": 45015, "errmsg": f"response out of time limit rid: {rid}"})
    wire.reply(QUEUE_PATH, {"count": 0}, httpx.ReadTimeout("The read operation timed out"))
    client = wire.client()
    await client.queue()
    for ask in (client.queue(), client.send(OPENID, Text("hi"), AGENT)):
        with pytest.raises(ApiError):
            await ask

    assert [(entry.method, entry.path, entry.code, entry.rid, entry.error) for entry in wire.entries] == [
        ("POST", TOKEN_PATH, 0, "", ""),
        ("GET", QUEUE_PATH, 0, "", ""),
        ("GET", QUEUE_PATH, None, "", "The read operation timed out"),
        ("POST", SEND_PATH, 45015, rid, "response out of time limit"),
    ]
    assert all(entry.milliseconds >= 0 for entry in wire.entries)


@pytest.fixture
def far_from_greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Shanghai")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_from_greenwich")
@pytest.mark.parametrize(
    ("header", "date"),
    [
        ("Sun, 22 Nov 2026 23:00:00 GMT", 1795388400.0),
        ("Sun, 22 Nov 2026 23:00:00 -0000", 1795388400.0),
        ("Sun, 22 Nov 2026 23:00:00", 1795388400.0),
        ("Sun Nov 22 23:00:00 2026", 1795388400.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", None),
        ("Fri, 31 Dec 1900 23:59:59 GMT", None),
        ("soon", None),
        ("", None),
        ("Sun, 99 Nov 99999 99:00:00 GMT", None),
    ],
)
async def test_the_servers_clock_is_told_with_every_answer(wire: Wire, header: str, date: float | None) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        wire.now_mono += 2
        return httpx.Response(200, json={"errcode": -1, "errmsg": "system error"}, headers={"Date": header})

    wire.reply(QUEUE_PATH, answer)
    with pytest.raises(ApiError):
        await wire.client().queue()

    assert wire.dates == ([] if date is None else [(date, 1000.0, 1002.0)])


async def test_the_clock_of_somebody_in_between_is_not_believed(wire: Wire) -> None:
    late = {"Date": "Sun, 22 Nov 2026 23:00:00 GMT"}
    wire.reply(QUEUE_PATH, httpx.Response(502, headers=late), httpx.Response(200, content=b"<html>", headers=late))
    client = wire.client()
    for _ in range(2):
        with pytest.raises(ApiError):
            await client.queue()

    assert wire.dates == []


# The masks

MARKS = 's/e+c=r"e t\\汉'
"""Every form of it looks different."""


@pytest.mark.parametrize(
    "form",
    [
        MARKS,
        quote(MARKS),
        quote(MARKS, safe=""),
        quote(MARKS, safe="").lower(),
        json.dumps(MARKS)[1:-1],
        json.dumps(MARKS)[1:-1].replace("/", "\\/"),
        json.dumps(MARKS, ensure_ascii=False)[1:-1],
        quote_plus(MARKS),
    ],
)
def test_a_secret_is_hidden_in_every_form_it_may_be_written_in(form: str) -> None:
    masks = Masks()
    masks.remember(MARKS)

    assert masks.hide(f"before {form} after") == "before *** after"


def test_nothing_hides_nothing() -> None:
    masks = Masks()
    masks.remember("")

    assert masks.hide("as it is") == "as it is"


def test_the_newest_sixteen_are_hidden_and_one_in_use_stays_among_them() -> None:
    masks = Masks()
    for number in range(20):
        masks.remember("the-secret")
        masks.remember(f"token-{number:02}")

    assert masks.hide("the-secret token-19 token-05 token-04") == "*** *** *** token-04"
