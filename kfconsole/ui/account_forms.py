"""The forms about agents' accounts: add, rename, invite, picture. What is wrong is said beside its line.

A form stays until WeChat has taken what it holds. What was typed is kept, also when the console ends.
"""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kfconsole.desk import agent_checks
from kfconsole.desk.uploads import by_name
from kfconsole.errors import NotPossible, Unavailable
from kfconsole.i18n import _
from kfconsole.model import NOBODY, Agent, AgentId
from kfconsole.text import one_line
from kfconsole.ui.forms import Field, Filled, Form, Tell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kfconsole.ui.app import KfApp

AccountForm = Form[AgentId]


def adding(app: "KfApp") -> AccountForm:
    """A new agent."""

    async def finish(filled: Filled, tell: Tell) -> AgentId:
        account = agent_checks.account_of(filled.texts["name"], filled.texts["suffix"])
        agent_checks.check_account(account, _agents(app))
        tell(_("Adding {agent}…").format(agent=account))
        with _saying_where_to_look(app):
            await app.actions.add_agent(account, filled.texts["nick"])
        return account

    agents = _agents(app)
    fields = (
        Field("name", _("Name"), "kf2001", check=agent_checks.check_name, tells_at_once=True),
        Field(
            "suffix",
            _("Behind the @"),
            _("WeChat id of your account"),
            check=lambda typed: agent_checks.check_suffix(typed, _agents(app)),
            tells_at_once=True,
            value=agent_checks.usual_suffix(agents),
        ),
        _nick_field(app, None),
    )
    return Form(_("New agent"), fields, finish, kept_as=(NOBODY, "agent-add"), keys=_saves(), can_stop=False)


def renaming(app: "KfApp", agent: Agent) -> AccountForm:
    """Another nickname."""

    async def finish(filled: Filled, tell: Tell) -> AgentId:
        nick = filled.texts["nick"]
        known = _known(app, agent)
        if nick == one_line(known.nick):
            raise NotPossible(_("The agent is called so already."), hint=_("Esc leaves it at that."))
        tell(_("Renaming {agent}…").format(agent=known.name))
        with _saying_where_to_look(app):
            await app.actions.rename_agent(agent.id, nick)
        return agent.id

    title = _("Nickname of {agent}").format(agent=agent.id)
    kept_as = (NOBODY, f"agent-rename {agent.id}")
    return Form(title, (_nick_field(app, agent),), finish, kept_as=kept_as, keys=_saves(), can_stop=False)


def inviting(app: "KfApp", agent: Agent) -> AccountForm:
    """A WeChat user who is to take over an agent."""

    def others() -> "Sequence[Agent]":
        return [other for other in _agents(app) if other.id != agent.id]

    async def finish(filled: Filled, tell: Tell) -> AgentId:
        wechat_id = filled.texts["wechat_id"]
        agent_checks.check_invitable(_known(app, agent), app.clock.now())
        tell(_("Inviting {wechat_id}…").format(wechat_id=wechat_id))
        with _saying_where_to_look(app):
            await app.actions.invite_agent(agent.id, wechat_id)
        return agent.id

    field = Field(
        "wechat_id",
        _("WeChat id"),
        _("as their profile shows it"),
        check=lambda typed: agent_checks.check_wechat_id(typed, others(), app.clock.now()),
        tells_at_once=True,
    )
    title = _("Invite somebody to take over {agent}").format(agent=agent.apart)
    return Form(title, (field,), finish, kept_as=(NOBODY, f"agent-invite {agent.id}"), can_stop=False)


def picturing(app: "KfApp", agent: Agent) -> AccountForm:
    """Another picture."""

    async def finish(filled: Filled, tell: Tell) -> AgentId:
        file = filled.files["file"]

        def show(sent: int, total: int) -> None:
            size_words = agent_checks.size_words
            said = _("Uploading {file}: {sent} of {total}; Esc stops.")
            tell(said.format(file=one_line(file.name), sent=size_words(sent), total=size_words(total)))

        try:
            await app.actions.set_agent_picture(agent.id, file, show)
        except NotPossible as error:
            raise by_name(error, file) from None
        except Unavailable as error:
            if error.may_have_arrived:  # no list shows it
                error.hint = _("Whether it was done is not known; setting the same one again does no harm.")
            raise
        return agent.id

    field = Field(
        "file",
        _("Head image"),
        _("path of a JPG of at most 5 MB; Tab completes"),
        file=_described,
        endings=("jpg", "jpeg"),
    )
    title = _("Head image of {agent}").format(agent=agent.apart)
    return Form(title, (field,), finish, kept_as=(NOBODY, f"agent-picture {agent.id}"), keys=_saves())


def _saves() -> str:
    return _("Ctrl+S saves, Esc cancels")


def _described(file: Path) -> str:
    try:
        return agent_checks.described_picture(file)
    except NotPossible as error:
        raise by_name(error, file) from None


def _nick_field(app: "KfApp", agent: Agent | None) -> Field:
    def check(typed: str) -> str:
        others = [other for other in _agents(app) if agent is None or other.id != agent.id]
        return agent_checks.check_nick(one_line(typed), others)

    return Field(
        "nick",
        _("Nickname"),
        _("what customers see, at most 16 characters"),
        check=check,
        tells_at_once=True,
        value=one_line(agent.nick) if agent is not None else "",
    )


def _agents(app: "KfApp") -> "Sequence[Agent]":
    return app.store.desk.agents


def _known(app: "KfApp", agent: Agent) -> Agent:
    """The agent as it is by now: the form may have been open for long."""
    return next((found for found in _agents(app) if found.id == agent.id), agent)


@contextmanager
def _saying_where_to_look(app: "KfApp") -> "Iterator[None]":
    """Add to an outcome nobody knows how to learn it."""
    try:
        yield
    except Unavailable as error:
        if error.may_have_arrived:
            said = _("Whether it was done is not known: look at the list, which {key} asks for again, first.")
            error.hint = said.format(key=app.keymap.key_of("refresh"))
        raise
