"""The log of a day: everything that is measured has a line, in order, and no line tells what was written."""

import json
from io import StringIO

from kfconsole.simulator import DayLog, SimClock, World

ANN, BOB, CAT = "oLh7e5Ann", "oLh7e5Bob", "oLh7e5Cat"


def test_a_line_for_everything_that_is_measured() -> None:
    clock, file = SimClock(start=1000.0, frozen=True), StringIO()
    world = World(clock=clock)
    world.watch(DayLog(file))
    for account in ("me@shop", "li@shop"):
        world.add_agent(account, account)
    for act in (
        lambda: world.say(ANN, "my secret"),
        lambda: world.accept("me@shop", ANN),
        lambda: world.reply("me@shop", ANN, "an answer"),
        lambda: world.transfer("me@shop", "li@shop", ANN),
        lambda: world.close("li@shop", ANN),
        lambda: world.say(BOB, "hello"),
        lambda: world.act(BOB, "leave"),
        lambda: world.say(CAT, "hello"),
        lambda: world.act(CAT, "unfollow"),
    ):
        clock.advance(10)
        act()
    lines = [json.loads(line) for line in file.getvalue().splitlines()]

    assert lines == [
        {"at": 1010.0, "what": "customer_wrote", "openid": ANN},
        {"at": 1010.0, "what": "queued", "openid": ANN},
        {"at": 1020.0, "what": "accepted", "openid": ANN, "agent": "me@shop"},
        {"at": 1030.0, "what": "agent_wrote", "openid": ANN, "agent": "me@shop"},
        {"at": 1040.0, "what": "transferred", "openid": ANN, "agent": "li@shop", "from_agent": "me@shop"},
        {"at": 1050.0, "what": "closed", "openid": ANN, "agent": "li@shop"},
        {"at": 1060.0, "what": "customer_wrote", "openid": BOB},
        {"at": 1060.0, "what": "queued", "openid": BOB},
        {"at": 1070.0, "what": "left_queue", "openid": BOB},
        {"at": 1080.0, "what": "customer_wrote", "openid": CAT},
        {"at": 1080.0, "what": "queued", "openid": CAT},
        {"at": 1090.0, "what": "unfollowed", "openid": CAT},
    ]
