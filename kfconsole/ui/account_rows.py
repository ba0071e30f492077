"""The rows of the agents' accounts, and what is said of the one at hand. Pure."""

from collections.abc import Sequence
from datetime import tzinfo

from msgspec import Struct
from rich.style import Style

from kfconsole import text
from kfconsole.desk import agent_checks
from kfconsole.i18n import _
from kfconsole.model import Agent, Desk
from kfconsole.ui import words
from kfconsole.ui.rows import AgentRow
from kfconsole.ui.tones import Tones
from kfconsole.ui.widgets.bar import Piece
from kfconsole.ui.widgets.strips import Part

MARK_CELLS = 2
NICK_CELLS = 14  # most of 16 characters, which few use up
ACCOUNT_CELLS = 20
NUMBER_CELLS = 6
SESSIONS_CELLS = 8
WECHAT_CELLS = 22  # an id has 20 at most
ROOMY_CELLS = 100  # from here on a column for the WeChat user fits, too


class AccountLook(Struct, frozen=True):
    """What drawing needs besides the row."""

    now_at: float
    tones: Tones
    zone: tzinfo | None


def account_rows(desk: Desk) -> list[AgentRow]:
    """All agents by their accounts: nobody moves under the cursor because somebody went online."""
    return [AgentRow(agent, agent.id == desk.me) for agent in sorted(desk.agents, key=lambda agent: agent.id)]


def heads(width: int) -> list[Piece]:
    """What stands above the columns."""
    columns = [
        text.fit(_("nickname"), NICK_CELLS),
        text.fit(_("account"), ACCOUNT_CELLS),
        text.fit(_("number"), NUMBER_CELLS, align_right=True),
        text.fit(_("sessions"), SESSIONS_CELLS, align_right=True) + " ",
    ]
    if width >= ROOMY_CELLS:
        columns.append(text.fit(_("WeChat user"), WECHAT_CELLS))
    columns.append(_("state"))
    return [(" " * MARK_CELLS + " ".join(columns), "muted")]


def draw(row: AgentRow, width: int, is_current: bool, look: AccountLook) -> list[Part]:
    """`> 晓雯  kf2001@shop  1001  3  wx_xiaowen  online  me`."""
    tones, agent = look.tones, row.agent
    tone = tones.text if agent.is_bound else tones.muted
    parts: list[Part] = [
        (text.fit(">" if is_current else " ", MARK_CELLS), tones.accent),
        (text.fit(text.one_line(agent.nick), NICK_CELLS) + " ", tone),
        (text.fit(agent.id, ACCOUNT_CELLS) + " ", tone),
        (text.fit(agent.kf_id, NUMBER_CELLS, align_right=True) + " ", tones.muted),
        (text.fit(str(agent.session_count) if agent.is_online else "", SESSIONS_CELLS, align_right=True) + "  ", tone),
    ]
    if width >= ROOMY_CELLS:
        parts.append((text.fit(agent.wechat_id or agent.invited_wechat_id, WECHAT_CELLS) + " ", tone))
    parts.append((state_words(agent, look.now_at), _state_tone(agent, look)))
    if row.is_me:
        parts.append(("  " + _("me"), tones.accent))
    return parts


def state_words(agent: Agent, now_at: float) -> str:
    """Say in a few words whether an agent can serve, and how long an invitation is still good."""
    if agent_checks.is_invitation_open(agent, now_at):
        if agent.invite_expires_at is None:
            return _("invited")
        return _("invited, {left} left").format(left=words.time_left(agent.invite_expires_at - now_at))
    if not agent.is_bound and agent.invite_status == "waiting":
        return _("invitation expired")
    return words.agent_state(agent)


def _state_tone(agent: Agent, look: AccountLook) -> Style:
    if agent.is_bound:
        return look.tones.good if agent.is_online else look.tones.muted
    return look.tones.accent if agent_checks.is_invitation_open(agent, look.now_at) else look.tones.warn


def details(row: AgentRow, look: AccountLook, *, invite_key: str) -> str:
    """Say in full what a row has to say in short.

    Args:
        row: Which.
        look: The moment, and where its clock hangs.
        invite_key: What invites somebody.
    """
    agent = row.agent
    facts = [agent.nick, agent.id]
    if agent.kf_id:
        facts.append(_("number {number}").format(number=agent.kf_id))
    if agent.wechat_id:
        facts.append(_("WeChat id {wechat_id}").format(wechat_id=agent.wechat_id))
    return "\n".join(("  ".join(map(text.one_line, facts)), _invitation(agent, look, invite_key)))


def _invitation(agent: Agent, look: AccountLook, invite_key: str) -> str:
    invited, ends_at = agent.invited_wechat_id, agent.invite_expires_at
    if agent.is_bound:
        if not agent.is_online:
            return _("Offline: only at WeChat's customer service page can they log in.")
        return _("Online; {count} in session.").format(count=agent.session_count)
    if not agent.invite_status:
        return _("Nobody has taken over this agent yet; {key} invites somebody.").format(key=invite_key)
    if agent_checks.is_invitation_open(agent, look.now_at):
        if ends_at is None:
            return _("{wechat_id} is invited, and has to answer in WeChat.").format(wechat_id=invited)
        return _("{wechat_id} is invited until {time}, and has to answer in WeChat.").format(
            wechat_id=invited, time=_moment(ends_at, look.zone)
        )
    if agent.invite_status == "rejected":
        return _("{wechat_id} has declined; {key} invites somebody again.").format(wechat_id=invited, key=invite_key)
    if ends_at is None:
        said = _("The invitation of {wechat_id} has expired; {key} invites somebody again.")
        return said.format(wechat_id=invited, key=invite_key)
    return _("The invitation of {wechat_id} expired on {time}; {key} invites somebody again.").format(
        wechat_id=invited, time=_moment(ends_at, look.zone), key=invite_key
    )


def _moment(at: float, zone: tzinfo | None) -> str:
    return f"{words.full_day(words.day_of(at, zone))} {words.clock_time(at, zone)}"


def summary(rows: Sequence[AgentRow], now_at: float) -> list[str]:
    """Count the agents by what they are."""
    online = sum(row.agent.is_online for row in rows)
    invited = sum(agent_checks.is_invitation_open(row.agent, now_at) for row in rows)
    said = [
        _("{count} of at most {limit}").format(count=len(rows), limit=agent_checks.MOST_AGENTS),
        _("{count} online").format(count=online),
    ]
    return [*said, _("{count} invited").format(count=invited)] if invited else said
