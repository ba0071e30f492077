"""`kfconsole sessions take-over`: a colleague's customer comes to an agent of ours."""

import asyncio
from pathlib import Path

import click

from kfconsole import config
from kfconsole.cli.acting import account_settings, acting_agent, ask_first, require_answer, telling_where_to_look
from kfconsole.cli.arguments import OPENID, agent_option, yes_option
from kfconsole.cli.json_option import json_option
from kfconsole.cli.sessions import SessionTransferred, end_transfer, look_at, transfer
from kfconsole.errors import NotPossible
from kfconsole.i18n import _
from kfconsole.model import AgentId, CustomerId


@click.command(
    "take-over",
    help=_(
        "Take a customer over from the colleague who serves them, as the key 'T' in the console does; asks first. "
        "WeChat closes one session and begins another."
    ),
)
@click.argument("openid", type=OPENID, metavar="OPENID")
@agent_option
@yes_option
@json_option(SessionTransferred)
@click.pass_obj
def command(settings_file: Path | None, openid: str, agent: str | None, is_sure: bool, as_json: bool) -> None:
    """Take a customer over."""
    settings = account_settings(settings_file)
    me = acting_agent(settings, agent)
    require_answer(settings, is_sure)
    holder = asyncio.run(_holder(settings, CustomerId(openid)))
    question = _("Take {openid} over from {agent} for {target}?").format(openid=openid, agent=holder, target=me)
    ask_first(question, is_sure)
    with telling_where_to_look(look_at(openid)):
        done = asyncio.run(transfer(settings, CustomerId(openid), me, holder))
    end_transfer(done, openid, as_json=as_json)


async def _holder(settings: config.Settings, openid: CustomerId) -> AgentId:
    from kfconsole.cli.retries import patiently
    from kfconsole.cli.wiring import opened, wire

    async with opened(wire(settings), is_reading=True) as desk:
        holder = await patiently(lambda: desk.client.session(openid))
    if holder is None:
        raise NotPossible(
            _("{openid} has no session to take over.").format(openid=openid),
            hint=_("'kfconsole sessions open {openid}' gives them to an agent.").format(openid=openid),
        )
    return holder.agent
