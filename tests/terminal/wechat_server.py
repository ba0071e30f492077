"""The installed simulator as a process of its own, and the hands that move the people in it."""

import json
import subprocess
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from tests.terminal.program import KFCONSOLE

_ANSWER_SECONDS = 20.0
SEND = "/cgi-bin/message/custom/send"


class WechatServer:
    """`kfconsole simulate` on a free port; it ends with the `with` block, or when this process does."""

    def __init__(self, folder: Path, *, scenario: str = "quiet") -> None:
        with ExitStack() as stack:
            said = stack.enter_context((folder / "simulator.log").open("wb"))
            self._process = subprocess.Popen(
                [KFCONSOLE, "simulate", "--scenario", scenario, "--until-stdin-closes"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                cwd=folder,
            )
        assert self._process.stdout is not None
        self.account: Mapping[str, str] = json.loads(self._process.stdout.readline())
        """base_url, app_id, app_secret and kf_account."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=_ANSWER_SECONDS)

    def state(self) -> dict[str, Any]:
        """Return the whole world."""
        found: dict[str, Any] = self._ask("GET", "/state")
        return found

    def customer(self, openid: str) -> dict[str, Any]:
        """Return one customer."""
        return next(row for row in self.state()["customers"] if row["openid"] == openid)

    def requests(self, path: str = "") -> list[dict[str, Any]]:
        """Return what was asked, eldest first, of one path or of all."""
        found: list[dict[str, Any]] = self._ask("GET", "/requests" + (f"?{urlencode({'path': path})}" if path else ""))
        return found

    def order(self, path: str, /, **values: object) -> dict[str, Any]:
        """Have something happen: `order("/say", openid=…, text=…)`."""
        done: dict[str, Any] = self._ask("POST", path, values)
        return done

    def new_customer(self, text: str = "") -> str:
        """Add a customer, who waits when they have something to say; return the openid."""
        openid: str = self.order("/customers")["openid"]
        if text:
            self.order("/say", openid=openid, text=text)
        return openid

    def cut_the_network(self) -> None:
        """Close every connection before it is answered."""
        self.order("/faults", path="*", kind="cut_before", count=None)

    def mend_the_network(self) -> None:
        """Answer again."""
        self._ask("DELETE", "/faults")

    def _ask(self, method: str, path: str, values: Mapping[str, object] | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.account['base_url']}/_sim{path}",
            data=None if values is None else json.dumps(values).encode(),
            method=method,
        )
        with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:
            return json.load(answer)
