"""The request log keeps bytes and loses secrets."""

import time

import pytest

from kfconsole.simulator import DEFAULT_APP_SECRET
from kfconsole.simulator.requestlog import masked
from tests.simulator.conftest import Wire


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b'{"secret":"abc","x":"secret"}', b'{"secret":"***","x":"secret"}'),
        (b' {"appid":"a",\n "secret" :\t"abc" }', b' {"appid":"a",\n "secret" :\t"***" }'),
        (rb'{"\u0073ecret":"a\"b\\","x":1}', rb'{"\u0073ecret":"***","x":1}'),
        (b'{"appsecret":123,"a":{"secret":"abc"}}', b'{"appsecret":"***","a":{"secret":"***"}}'),
        (b'{"Secret":"abc","access_token":"abc"}', b'{"Secret":"***","access_token":"***"}'),
        (b'\xef\xbb\xbf{"secret":"abc"}', b'\xef\xbb\xbf{"secret":"***"}'),
        (b'{"a\xff":"x","secret":"abc"}', b'{"a\xff":"x","secret":"***"}'),
        (b'{"secret":"abc', b'{"secret":"***"'),
        (b'{"secret":"abc\\', b'{"secret":"***"'),
        (b"{'secret':'abc'}", b"{'secret':\"***\"}"),
        (b"{secret:abc}", b'{secret:"***"}'),
        (b'{"secret":{"x":"abc"}}', b'{"secret":{"x":"abc"}}'),
        (b'{"content":"\\"secret\\":\\"abc\\""}', b'{"content":"\\"secret\\":\\"abc\\""}'),
        (b'{"content":"secret:abc&secret=abc"}', b'{"content":"secret:abc&secret=abc"}'),
        (b"appid=a&appsecret=abc&x=1", b"appid=a&appsecret=***&x=1"),
        (b"s%65cret=abc&secret2=abc", b"s%65cret=***&secret2=abc"),
        (b'x{"secret":"abc"}', b'x{"secret":"***"}'),
        (b"--b\r\n\r\nsecret=abc\r\n--b--", b"--b\r\n\r\nsecret=abc\r\n--b--"),
        (b"", b""),
    ],
)
def test_secrets_are_taken_out_however_they_are_spelled_and_nothing_else(body: bytes, kept: bytes) -> None:
    assert masked(body) == kept


@pytest.mark.parametrize("broken", [b'"\\', b'"', b'{"a', b"a=", b'":'])
def test_broken_bodies_take_no_longer_than_good_ones(broken: bytes) -> None:
    began = time.perf_counter()
    masked(b"{" + broken * 200_000)

    assert time.perf_counter() - began < 5


async def test_no_form_of_clearing_by_secret_leaves_the_secret_in_the_log(wire: Wire) -> None:
    path, given = "/cgi-bin/clear_quota/v2", {"appid": "wxother", "appsecret": DEFAULT_APP_SECRET}
    await wire.http.post(path, params=given)
    await wire.http.post(path, json=given)
    await wire.http.post(path, data=given)
    await wire.http.get("/cgi-bin/token", params={"secret": DEFAULT_APP_SECRET})
    everything = await wire.http.get("/_sim/requests")
    state = await wire.http.get("/_sim/state")

    assert len(everything.json()) == 4
    assert DEFAULT_APP_SECRET not in everything.text
    assert DEFAULT_APP_SECRET not in state.text
    assert everything.json()[0]["query"] == "appid=wxother"
