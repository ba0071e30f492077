"""The answers byte by byte."""

import random
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfconsole.simulator import SimClock, World
from kfconsole.simulator.codes import TEXTS
from kfconsole.simulator.envelope import literal_escapes, new_rid, to_json
from kfconsole.simulator.routes import ENDPOINTS
from tests.simulator.conftest import NOON, WEN, Wire

QUEUE = "/customservice/kfsession/getwaitcase"
CREATE = "/customservice/kfsession/create"


async def test_reads_answer_raw_utf8_without_errcode_and_with_the_odd_content_type(wire: Wire) -> None:
    response = await wire.http.get("/cgi-bin/customservice/getkflist", params={"access_token": wire.token})

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json; encoding=utf-8"
    assert '"kf_nick":"晓雯"'.encode() in response.content
    assert b"errcode" not in response.content
    assert list(response.json()) == ["kf_list"]


async def test_success_of_a_write_is_a_plain_ok(world: World, wire: Wire) -> None:
    world.say("oA", "在吗")
    response = await wire.http.post(
        CREATE, params={"access_token": wire.token}, json={"kf_account": WEN, "openid": "oA"}
    )

    assert response.content == b'{"errcode":0,"errmsg":"ok"}'


async def test_a_refusal_ends_in_a_rid_with_the_time_of_the_request(wire: Wire) -> None:
    answer = await wire.post(CREATE, {"kf_account": "nobody@lehuo", "openid": "oA"})
    found = re.fullmatch(r"invalid custom service account rid: ([0-9a-f]{8})-[0-9a-f]{8}-[0-9a-f]{8}", answer["errmsg"])

    assert found is not None
    assert int(found[1], 16) == int(NOON)


def test_half_an_emoji_is_written_down_as_it_is() -> None:
    assert to_json({"text": "好\ud83d"}) == '{"text":"好\ud83d"}'.encode("utf-8", "surrogatepass")


def test_the_rid_is_the_time_in_hex() -> None:
    assert new_rid(1597894013.9, random.Random(1)).startswith("5f3ded7d-")


async def test_the_date_is_the_worlds(clock: SimClock, wire: Wire) -> None:
    clock.set(1_597_894_013.0)
    response = await wire.http.get(QUEUE)

    assert response.headers.get_list("date") == ["Thu, 20 Aug 2020 03:26:53 GMT"]


@pytest.mark.parametrize("path", sorted(ENDPOINTS))
async def test_every_path_answers_the_wrong_method(wire: Wire, path: str) -> None:
    endpoint = ENDPOINTS[path]
    method = next(method for method in ("GET", "POST", "PUT") if method not in endpoint.methods)
    code = 43001 if endpoint.methods[0] == "GET" else 43002
    answer = (await wire.http.request(method, path, params={"access_token": wire.token})).json()

    assert answer["errcode"] == code


@pytest.mark.parametrize("path", sorted(path for path, endpoint in ENDPOINTS.items() if endpoint.needs_token))
async def test_every_path_but_the_token_ones_wants_a_token(wire: Wire, path: str) -> None:
    answer = (await wire.http.request(ENDPOINTS[path].methods[0], path)).json()

    assert answer["errcode"] == 41001


@pytest.mark.parametrize(
    "path", sorted(path for path, row in ENDPOINTS.items() if row.methods[0] == "POST" and row.takes_json)
)
@pytest.mark.parametrize(
    ("body", "code"), [(b"", 44002), (b"{", 47001), (b"[]", 47001), (b'"x"', 47001), (b'{"a":"\xff"}', 47001)]
)
async def test_every_post_answers_a_bad_body(wire: Wire, path: str, body: bytes, code: int) -> None:
    assert await wire.code(path, body) == code


@pytest.mark.parametrize(
    ("suffix", "pattern"),
    [
        ("rid", r" rid: [0-9a-f]{8}(-[0-9a-f]{8}){2}"),
        ("hint", r" hint: \[[-\w]{16}\]"),
        ("both", r" hint: \[[-\w]{16}\] rid: [0-9a-f]{8}(-[0-9a-f]{8}){2}"),
    ],
)
async def test_what_follows_a_refusal_is_of_one_of_three_ages(
    world: World, wire: Wire, suffix: str, pattern: str
) -> None:
    world.switches = replace(world.switches, errmsg_suffix=suffix)
    errmsg = (await wire.get("/cgi-bin/nothing"))["errmsg"]

    assert re.fullmatch("invalid url" + pattern, errmsg)


async def test_the_content_type_of_json_is_a_switch_and_files_keep_theirs(world: World, wire: Wire) -> None:
    world.switches = replace(world.switches, answer_content_type="text/plain")
    good = await wire.http.get(QUEUE, params={"access_token": wire.token})
    bad = await wire.http.get(QUEUE)
    picture = world.media.keep("image", b"\xff\xd8\xff", NOON)
    query = {"access_token": wire.token, "media_id": picture.media_id}
    file = await wire.http.get("/cgi-bin/media/get", params=query)

    assert [row.headers["content-type"] for row in (good, bad, file)] == ["text/plain", "text/plain", "image/jpeg"]


@pytest.mark.parametrize("path", ["/cgi-bin/media/get", "/cgi-bin/media/get/jssdk"])
async def test_a_refused_download_says_text_unless_a_switch_says_json(world: World, wire: Wire, path: str) -> None:
    query = {"access_token": wire.token, "media_id": "nothing"}
    as_seen = await wire.http.get(path, params=query)
    world.switches = replace(world.switches, media_refusal_content_type="application/json; encoding=utf-8")
    as_elsewhere = await wire.http.get(path, params=query)

    assert (as_seen.json()["errcode"], as_seen.headers["content-type"]) == (40007, "text/plain")
    assert as_elsewhere.headers["content-type"] == "application/json; encoding=utf-8"


async def test_the_link_of_a_video_is_json_as_other_answers_are(world: World, wire: Wire) -> None:
    video = world.media.keep("video", b"", NOON)
    query = {"access_token": wire.token, "media_id": video.media_id}
    answer = await wire.http.get("/cgi-bin/media/get", params=query)

    assert answer.headers["content-type"] == "application/json; encoding=utf-8"


@pytest.mark.parametrize("kind", ["errcode", "switched"])
async def test_an_armed_answer_is_labelled_and_ends_as_the_switches_say(wire: Wire, kind: str) -> None:
    old = {"answer_content_type": "text/plain", "errmsg_suffix": "hint"}
    await wire.control("faults", {"path": QUEUE, "kind": kind, "code": 45009, "switches": old})
    answers = [await wire.http.get(QUEUE), await wire.http.get(QUEUE)]

    assert [row.headers["content-type"] for row in answers] == ["text/plain", "application/json; encoding=utf-8"]
    assert [" hint: [" in row.json()["errmsg"] for row in answers] == [True, False]


async def test_a_request_is_checked_from_the_outside_in(world: World, wire: Wire) -> None:
    world.switches = replace(world.switches, kf_enabled=False)
    good = {"access_token": wire.token}
    bad = {"access_token": "x"}
    steps = [
        ("PUT", "/cgi-bin/nothing", bad, b"", 40066),
        ("GET", CREATE, bad, b"", 43002),
        ("POST", QUEUE, bad, b"", 43001),
        ("POST", CREATE, {}, b"", 41001),
        ("POST", CREATE, bad, b"", 40014),
        ("POST", CREATE, good, b"", 44002),
        ("POST", CREATE, good, b"{", 47001),
        ("POST", CREATE, good, b"{}", 65400),
        ("GET", QUEUE, good, b"", 65400),
    ]
    codes = []
    for method, path, query, body, _code in steps:
        answer = await wire.http.request(method, path, params=query, content=body)
        codes.append(answer.json()["errcode"])

    assert codes == [code for *_, code in steps]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/cgi-bin/nothing",
        "/customservice/getwaitcase",
        "/cgi-bin/customservice/kfsession/create",
        "/customservice/kfsession/switch",
        "/cgi-bin/customservice/getkflist/",
        "/customservice/msgrecord/ getmsglist",
    ],
)
async def test_unknown_paths_answer_40066(wire: Wire, path: str) -> None:
    assert (await wire.get(path))["errcode"] == 40066


def test_misspellings_on_the_wire_are_kept() -> None:
    assert "recving message" in TEXTS[45080]
    assert TEXTS[65417] == "it is too long from the starttime to endtime"


@given(st.text(alphabet='\\u0041n"x', max_size=40))
def test_only_whole_escapes_are_kept_literally(text: str) -> None:
    kept = literal_escapes(text)

    assert kept.replace("\\\\", "").count("\\u") == 0
    if "\\u" not in text:
        assert kept == text
