"""What an endpoint of WeChat is, and what it sees of one request.

Imports only codes, envelope, switches and world.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from kfconsole.simulator.codes import Refused
from kfconsole.simulator.envelope import Answer, literal_escapes
from kfconsole.simulator.switches import Switches
from kfconsole.simulator.world import World

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as far as an endpoint needs it."""

    world: World
    method: str
    query: Mapping[str, str]
    raw_body: bytes = b""
    content_type: str = ""
    base_url: str = ""
    """Where the client reached the simulator, without a slash at the end."""
    client_address: str = ""
    known_paths: Collection[str] = ()
    """Every path of WeChat's that is served."""

    def body(self) -> Json:
        """Return the JSON object of the body, or refuse with 44002 or 47001."""
        return self._parsed(lambda text: text)

    def body_with_literal_escapes(self) -> Json:
        r"""Return the JSON object with \uXXXX kept as written, as WeChat shows it to customers."""
        return self._parsed(literal_escapes)

    def _parsed(self, prepare: Callable[[str], str]) -> Json:
        if not self.raw_body:
            raise Refused(44002)
        try:
            body = json.loads(prepare(self.raw_body.decode("utf-8")))
        except (ValueError, RecursionError) as error:
            raise Refused(47001) from error
        if not isinstance(body, dict):
            raise Refused(47001)
        return body


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One of WeChat's calls."""

    methods: tuple[str, ...]
    act: Callable[[Call], Json | Answer]
    """Returns the JSON of a good answer, or a whole answer when it is no JSON; refuses by raising `Refused`."""
    needs_token: bool = True
    needs_kf: bool = False
    """Answers 65400 while the kf feature is off."""
    takes_json: bool = True
    """Whether a POST without a JSON object is refused before anything else is looked at."""
    switched: Mapping[str, str] = field(default_factory=dict)
    """Methods that are served only while a switch is on, and the name of that switch."""

    def served(self, switches: Switches) -> tuple[str, ...]:
        """Return the methods that are served, the documented one first; without any the path does not exist."""
        return tuple(
            method for method in self.methods if method not in self.switched or getattr(switches, self.switched[method])
        )


def get(act: Callable[[Call], Json | Answer], *, needs_token: bool = True, needs_kf: bool = False) -> Endpoint:
    """Return an endpoint that is asked by GET."""
    return Endpoint(("GET",), act, needs_token=needs_token, needs_kf=needs_kf)


def post(
    act: Callable[[Call], Json | Answer], *, needs_token: bool = True, needs_kf: bool = False, takes_json: bool = True
) -> Endpoint:
    """Return an endpoint that takes a POST."""
    return Endpoint(("POST",), act, needs_token=needs_token, needs_kf=needs_kf, takes_json=takes_json)
