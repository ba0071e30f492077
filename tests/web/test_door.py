"""Who is let in: names, origins, token and cookie."""

import pytest

from kfconsole.web.door import Door, is_loopback


def test_every_start_has_a_token_and_a_cookie_that_cannot_be_guessed() -> None:
    doors = [Door() for _start in range(20)]
    secrets = [secret for door in doors for secret in (door.token, door.cookie)]

    assert len(set(secrets)) == 40
    assert min(map(len, secrets)) >= 43  # 256 bits


def test_only_the_token_itself_is_taken() -> None:
    door = Door()

    assert door.takes_token(door.token)
    for wrong in ("", door.token[:-1], door.token + "A", door.cookie, Door().token, "令牌"):
        assert not door.takes_token(wrong)


def test_only_the_cookie_itself_is_taken() -> None:
    door = Door()

    assert door.takes_cookie(door.cookie)
    for wrong in (None, "", door.token, Door().cookie, "é"):
        assert not door.takes_cookie(wrong)


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:9999", "LOCALHOST", "[::1]:8000", "127.0.0.1"])
def test_loopback_is_ours_under_any_port(host: str) -> None:
    assert Door().is_ours(host)


@pytest.mark.parametrize(
    "host", ["", "evil.example", "evil.example:8000", "127.0.0.1.evil.example", "10.0.0.7:8000", "localhost@evil", "["]
)
def test_other_names_are_not_ours(host: str) -> None:
    assert not Door().is_ours(host)


def test_a_name_that_was_given_is_ours() -> None:
    assert Door(["Desk.example"]).is_ours("desk.example:443")
    assert not Door(["desk.example"]).is_ours("other.example")


def test_for_other_hosts_addresses_are_ours_but_no_names() -> None:
    door = Door(is_remote=True)

    assert door.is_ours("10.0.0.7:8000")
    assert door.is_ours("[fd00::7]:8000")
    assert not door.is_ours("evil.example:8000")


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "127.0.0.1:8000"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://LOCALHOST:9000", "localhost:9000"),
        ("https://desk.example", "desk.example"),
        ("https://desk.example", "127.0.0.1:8000"),  # a proxy that calls us by our own name
    ],
)
def test_own_pages_may_ask(origin: str | None, host: str) -> None:
    assert Door(["desk.example"]).is_own_page(origin, host)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://127.0.0.1:3000", "http://localhost:8000", "null", "", "file://"]
)
def test_pages_of_others_may_not_ask_not_even_those_of_this_host(origin: str) -> None:
    assert not Door().is_own_page(origin, "127.0.0.1:8000")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_is_told_from_the_rest(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "desk.example", ""])
def test_what_others_reach_is_no_loopback(host: str) -> None:
    assert not is_loopback(host)
