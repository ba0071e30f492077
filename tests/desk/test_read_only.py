"""A read-only console: every way to act is refused where acts are made, whoever asks, and WeChat hears of none."""

import inspect
import math
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kfconsole.desk.actions import Actions
from kfconsole.desk.read_only import ReadOnly
from kfconsole.errors import KfError, NotPossible
from kfconsole.model import AgentId, MediaKind, MessageId
from tests.desk.house import LI, ME, House, customer, opened, until

ANN = customer(1)

READING = {
    "count_as_read",
    "fill_gap_again",
    "gaps",
    "history",
    "kept",
    "know",
    "leave",
    "load_older",
    "look_at_gap",
    "look_on",
    "open",
    "open_at",
    "search",
    "served_by",
}
"""Tell something, and change at most what this archive knows of WeChat."""
OF_THIS_DESK = {
    "begin",
    "end_transfers",
    "finish",
    "run",
    "forget_form",
    "save_draft",
    "save_form",
    "stop_typing",
    "take_back",
    "take_draft",
    "take_form",
}
"""What is being written, which nobody else sees, and beginning and ending what was begun."""


async def nobody(*_asked: object) -> bool:
    return True


WRITING: dict[str, Callable[[Actions], Awaitable[object]]] = {
    "accept": lambda act: act.accept(ANN),
    "accept_next": lambda act: act.accept_next(),
    "add_agent": lambda act: act.add_agent(AgentId("new@shop"), "New"),
    "clear_quota": lambda act: act.clear_quota(None),
    "close": lambda act: act.close(ANN),
    "describe": lambda act: act.describe(ANN, alias="Ann"),
    "dismiss": lambda act: act.dismiss(MessageId(1)),
    "invite_agent": lambda act: act.invite_agent(ME, "someone_wx"),
    "media_of": lambda act: act.media_of(MediaKind.IMAGE, Path("/nowhere.png")),
    "remove_agent": lambda act: act.remove_agent(ME),
    "rename_agent": lambda act: act.rename_agent(ME, "Newer"),
    "resend": lambda act: act.resend(MessageId(1)),
    "send": lambda act: act.send(ANN, "hi"),
    "send_each": lambda act: act.send_each(ANN, ["hi"], decide=nobody),
    "set_agent_picture": lambda act: act.set_agent_picture(ME, Path("/nowhere.jpg")),
    "set_remark": lambda act: act.set_remark(ANN, "pays late"),
    "set_typing": lambda act: act.set_typing(ANN),
    "transfer": lambda act: act.transfer(ANN, LI),
    "undo_close": lambda act: act.undo_close(),
    "upload_media": lambda act: act.upload_media(MediaKind.IMAGE, Path("/nowhere.png")),
}


def given(parameter: inspect.Parameter) -> Any:
    """Return something for an argument of an act nobody has described here yet."""
    return ANN if "openid" in parameter.name or "customer" in parameter.name else ME


def attempts(actions: Actions) -> dict[str, Callable[[], Awaitable[object]]]:
    """Return every public act that is not known to change nothing: also those that are new since this was written."""
    found: dict[str, Callable[[], Awaitable[object]]] = {}
    for name, act in inspect.getmembers(actions, inspect.iscoroutinefunction):
        if name.startswith("_") or name in READING | OF_THIS_DESK:
            continue
        if name in WRITING:
            found[name] = partial(WRITING[name], actions)
        else:
            needed = [
                one
                for one in inspect.signature(act).parameters.values()
                if one.default is one.empty and one.kind is not one.KEYWORD_ONLY
            ]
            found[name] = partial(act, *map(given, needed))
    return found


async def test_every_act_is_refused_and_wechat_hears_of_none(tmp_path: Path) -> None:
    async with opened(tmp_path, read_only=True) as house:
        house.world.say(ANN, "hello")
        tried = attempts(house.actions)
        for name, attempt in tried.items():
            with pytest.raises(NotPossible) as refused:
                await attempt()
            assert refused.value.message == "This console is read-only.", name
            assert "[me]" in refused.value.hint, name
        house.actions.writing(ANN)

        assert set(WRITING) <= set(tried)
        assert house.all_calls() == 0
        assert await house.archive.deeds(0, math.inf) == ()


@pytest.mark.parametrize(
    ("why", "words"),
    [
        (ReadOnly.SETTING, "read_only = false"),
        (ReadOnly.VARIABLE, "KFCONSOLE_READ_ONLY"),
        (ReadOnly.FLAG, "without --read-only"),
        (ReadOnly.SWITCHED, "start it again"),
    ],
)
async def test_the_refusal_says_how_to_get_out(tmp_path: Path, why: ReadOnly, words: str) -> None:
    async with opened(tmp_path) as house:
        actions = Actions(
            house.client, house.archive, house.store, house.clock, me=ME, read_only=True, read_only_by=why
        )
        with pytest.raises(NotPossible) as refused:
            await actions.accept(ANN)

        assert words in refused.value.hint


async def test_it_can_be_switched_on_while_somebody_writes_and_not_off(house: House) -> None:
    house.world.say(ANN, "hello")
    await house.actions.accept(ANN)
    await house.actions.save_draft(ANN, "half a sen")
    house.actions.writing(ANN)
    house.actions.become_read_only()
    before = house.all_calls()
    async with house.polling():
        house.actions.writing(ANN)
        await until(lambda: house.actions.read_only is ReadOnly.SWITCHED)
        with pytest.raises(KfError):
            await house.actions.send(ANN, "hi")
    await house.actions.finish()

    assert house.calls("/cgi-bin/message/custom/typing") == 0
    assert before <= house.all_calls()
    assert house.desk.contacts[ANN].draft == "half a sen"
    assert [deed.act for deed in await house.archive.deeds(0, math.inf)] == ["accept", "read_only"]
    assert not [name for name in dir(Actions) if "writable" in name and not name.lstrip("_").startswith("check")]
