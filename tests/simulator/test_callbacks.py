"""The calls that tell where pushes come from and whether they can arrive."""

import pytest

from kfconsole.simulator import World
from tests.simulator.conftest import Wire

CHECK = "/cgi-bin/callback/check"


@pytest.mark.parametrize("path", ["/cgi-bin/getcallbackip", "/cgi-bin/get_api_domain_ip"])
async def test_addresses_are_listed(wire: Wire, path: str) -> None:
    assert await wire.get(path) == {"ip_list": ["127.0.0.1"]}


@pytest.mark.parametrize(("action", "parts"), [("all", ["dns", "ping"]), ("dns", ["dns"]), ("ping", ["ping"])])
async def test_a_check_answers_what_was_asked_for(world: World, wire: Wire, action: str, parts: list[str]) -> None:
    world.push_url = "http://shop.example/"
    answer = await wire.post(CHECK, {"action": action, "check_operator": "UNICOM"})

    assert list(answer) == parts
    for row in answer.get("dns", []):
        assert row == {"ip": "127.0.0.1", "real_operator": "UNICOM"}
    for row in answer.get("ping", []):
        assert row == {"ip": "127.0.0.1", "from_operator": "UNICOM", "package_loss": "0%", "time": "0.042ms"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"action": "all", "check_operator": "DEFAULT"}, 40201),
        ({"check_operator": "DEFAULT"}, 40202),
        ({"action": "dance", "check_operator": "DEFAULT"}, 40202),
        ({"action": ["all"], "check_operator": "DEFAULT"}, 40202),
        ({"action": "all", "check_operator": "TELECOM"}, 40203),
        ({"action": "all"}, 40203),
    ],
)
async def test_a_check_without_sense_or_without_a_push_url_is_refused(wire: Wire, body: object, code: int) -> None:
    assert await wire.code(CHECK, body) == code
