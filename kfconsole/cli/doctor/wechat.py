"""Checks of what WeChat says: token, clock, customer service, agents, quota."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kfconsole import config
from kfconsole.cli.doctor.finding import Finding, fail, not_reached, ok, skipped, warn
from kfconsole.cli.log import Log
from kfconsole.cli.output import with_code
from kfconsole.desk import ServerClock, rules
from kfconsole.errors import ApiError, KfError
from kfconsole.i18n import _, listed, ngettext
from kfconsole.model import Agent, AgentId, Desk, Quota
from kfconsole.text import clock_span

if TYPE_CHECKING:
    from kfconsole.wechat import CallEntry, KfClient

SECONDS = 40.0
SKEWED_SECONDS = 5.0
WRONG_SECONDS = 300.0
LOW_SHARE = 0.1
"""Of a day's calls, when so few are left it is worth a warning."""
MOST_NAMES = 10
SEND = "/cgi-bin/message/custom/send"


async def wechat(settings: config.Settings) -> list[Finding]:
    """Ask WeChat a few questions that change nothing."""
    from kfconsole.cli.wiring import make_client

    clock = _Clock()
    calls = _Calls(settings)
    client = make_client(settings, on_date=clock.learn, log=calls)
    try:
        async with asyncio.timeout(SECONDS):
            return await _ask(settings, client, clock, calls)
    except TimeoutError:
        told = fail("token", _("WeChat did not answer in time."), _("Check the network, and [network] proxy."))
        return [told, clock.finding(), *not_reached("token", "customer service", "agents", "me", "quota")]
    finally:
        await client.aclose()


async def _ask(settings: config.Settings, client: "KfClient", clock: "_Clock", calls: "_Calls") -> list[Finding]:
    try:
        known = await client.agents()
        online = await client.online_agents()
    except KfError as error:
        if _is_of_token(error):
            told = [fail("token", with_code(error), error.hint), clock.finding()]
            return [*told, *not_reached("token", "customer service", "agents", "me", "quota")]
        told = [_token(settings, calls), clock.finding(), fail("customer service", with_code(error), error.hint)]
        return [*told, *not_reached("customer service", "agents", "me", "quota")]
    agents = tuple(replace(agent, is_online=agent.id in online) for agent in known)
    return [
        _token(settings, calls),
        clock.finding(),
        ok("customer service", _("switched on")),
        *_agents(agents),
        _me(settings, agents),
        *await _quota(client),
    ]


def _is_of_token(error: KfError) -> bool:
    """Whether the account did not even get, or keep, a token."""
    from kfconsole.wechat.codes import DEAD_TOKEN, TOKEN_PATH

    return not isinstance(error, ApiError) or error.path == TOKEN_PATH or error.code in DEAD_TOKEN


class _Calls(Log):
    """Notes which calls were made, and writes nothing."""

    def __init__(self, settings: config.Settings) -> None:
        super().__init__(settings.log_path)
        self.paths: list[str] = []

    def call(self, entry: "CallEntry") -> None:
        """Note one call."""
        self.paths.append(entry.path)


def _token(settings: config.Settings, calls: _Calls) -> Finding:
    from kfconsole.wechat.codes import TOKEN_PATH

    if settings.account.access_token_command:
        return ok("token", _("from account.access_token_command"))
    if TOKEN_PATH in calls.paths:
        return ok("token", _("fetched from WeChat"))
    return ok("token", _("kept from an earlier run, and accepted"))


class _Clock:
    """Compares this host's clock with WeChat's, by the answers' dates."""

    def __init__(self) -> None:
        self._clock = ServerClock(time.monotonic, time.time)
        self._is_told = False

    def learn(self, date: float, before_mono: float, after_mono: float) -> None:
        """Take in one answer; see `ServerClock`."""
        self._is_told = True
        self._clock.learn(date, before_mono, after_mono)

    def finding(self) -> Finding:
        """Return how far this host's clock is off."""
        if not self._is_told:
            return skipped("clock", _("no answer told WeChat's time"))
        ahead_seconds = time.time() - self._clock.now()
        if abs(ahead_seconds) <= SKEWED_SECONDS:
            return ok("clock", _("within {seconds} seconds of WeChat's").format(seconds=f"{SKEWED_SECONDS:.0f}"))
        text = _("{span} ahead of WeChat's") if ahead_seconds > 0 else _("{span} behind WeChat's")
        found = fail if abs(ahead_seconds) > WRONG_SECONDS else warn
        hint = _("Switch on time synchronisation, such as 'timedatectl set-ntp true'.")
        return found("clock", text.format(span=clock_span(round(abs(ahead_seconds)))), hint)


def _agents(agents: tuple[Agent, ...]) -> Iterator[Finding]:
    desk = Desk(agents=agents)
    online = [agent for agent in agents if agent.is_online]
    unbound = [agent for agent in agents if not agent.is_bound]
    offline = [agent for agent in agents if agent.is_bound and not agent.is_online]
    if not agents:
        hint = _("Add one with 'kfconsole agents add', or on mp.weixin.qq.com.")
        yield fail("agents", _("The account has no agents."), hint)
        return
    said = _("{online} of {total} online; offline: {names}") if offline else _("{online} of {total} online")
    text = said.format(online=len(online), total=len(agents), names=_names(desk, offline) if offline else "")
    if online:
        yield ok("agents", text)
    else:
        hint = _("Log in as an agent on mpkf.weixin.qq.com; nothing else puts an agent online.")
        yield warn("agents", text, hint)
    if unbound:
        text = ngettext("{count} agent is not bound: {names}", "{count} agents are not bound: {names}", len(unbound))
        hint = _("Invite WeChat users to them with 'kfconsole agents invite', and have the invitations accepted.")
        yield warn("agents", text.format(count=len(unbound), names=_names(desk, unbound)), hint)


def _names(desk: Desk, agents: list[Agent]) -> str:
    names = [f"{rules.agent_name(desk, agent.id)} ({agent.id})" for agent in agents[:MOST_NAMES]]
    return listed(names) + (" …" if len(agents) > MOST_NAMES else "")


def _me(settings: config.Settings, agents: tuple[Agent, ...]) -> Finding:
    if not settings.me.kf_account:
        return ok("me", _("nobody: watch and assign only"))
    me, desk = AgentId(settings.me.kf_account), Desk(agents=agents)
    refusal = rules.refusal(desk, me)
    if refusal is None:
        return ok("me", _("{nick} ({agent}), online").format(nick=rules.agent_name(desk, me), agent=me))
    found = warn if rules.agent_state(desk, me) is rules.AgentState.OFFLINE else fail
    return found("me", refusal.message, refusal.hint)


async def _quota(client: "KfClient") -> list[Finding]:
    from kfconsole.desk.pacing import NO_LIMIT
    from kfconsole.wechat.paths import QUEUE, RECORDS

    quotas: dict[str, Quota] = {}
    for path in (SEND, QUEUE, RECORDS):
        with suppress(KfError):  # not every account may ask
            quotas[path] = await client.quota(path)
    if not quotas:
        return [skipped("quota", _("WeChat does not tell it to this account"))]
    low = {path: quota for path, quota in quotas.items() if quota.remaining < LOW_SHARE * quota.daily_limit}
    limited = {path: quota for path, quota in quotas.items() if quota.daily_limit < NO_LIMIT}
    if not limited:
        return [ok("quota", _("no limit"))]
    counts = (f"{path} {quota.remaining:,}/{quota.daily_limit:,}" for path, quota in (low or limited).items())
    text = _("calls left today: {counts}").format(counts=listed(counts))
    if not low:
        return [ok("quota", text)]
    hint = _("Ask less often ([poll]); 'kfconsole quota clear' gets calls back a few times a month.")
    return [warn("quota", text, hint)]
