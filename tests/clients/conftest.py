"""Other people's clients, unchanged, on our simulator: their one address leads to loopback, every other one nowhere."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

import pytest
import requests
from requests.adapters import HTTPAdapter

from tests.cli.conftest import SECONDS, Shop, simulator

WECHAT_HOST = "api.weixin.qq.com"
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000") + b"\x00" * 64 + bytes.fromhex("ffd9")


class Loopback(HTTPAdapter):
    """Sends what is meant for WeChat to the simulator; refuses everything else."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self._base_url = base_url

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        """Rewrite the address and go on as usual."""
        parts = urlsplit(request.url or "")
        assert parts.hostname == WECHAT_HOST, f"a test tried to reach {parts.hostname}"
        request.url = f"{self._base_url}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        request.headers["Host"] = urlsplit(self._base_url).netloc
        options["proxies"] = {}
        return super().send(request, *arguments, **options)


class People(Shop):
    """The simulated shop, and what stands in it."""

    def state(self) -> Mapping[str, Any]:
        """Return the whole world."""
        with build_opener(ProxyHandler({})).open(f"{self.base_url}/_sim/state", timeout=SECONDS) as answer:
            found: Mapping[str, Any] = json.load(answer)
            return found

    def new_customer(self, text: str = "你好，在吗？") -> str:
        """Let somebody write and wait."""
        openid = str(self.order("customers")["openid"])
        self.order("say", openid=openid, text=text)
        return openid


@pytest.fixture(scope="module")
def shop() -> Iterator[People]:
    with simulator("--scenario", "quiet") as (_process, served):
        yield People(served.base_url, served.app_id, served.app_secret, served.kf_account)


@pytest.fixture(autouse=True)
def loopback(shop: People, monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = Loopback(shop.base_url)
    monkeypatch.setattr(requests.Session, "get_adapter", lambda _session, url: adapter)  # noqa: ARG005  # any address
