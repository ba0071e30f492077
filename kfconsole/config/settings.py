"""All settings of one console, frozen.

    Settings
    ├── account   AccountSettings   which service account, and its secret
    ├── me        MeSettings        who answers
    ├── poll      PollSettings      seconds between questions
    ├── network   NetworkSettings   the way out
    ├── ui        UiSettings        language, clock, looks
    ├── alerts    AlertSettings     when a wait is late
    ├── replies   ReplySettings     the canned replies
    ├── assign    AssignSettings    automatic assignment
    └── archive   ArchiveSettings   how long messages are kept

The defaults stand here; `config.example.toml` shows them all.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec import Struct, field

from kfconsole.config import checks
from kfconsole.config.hours import DailySpan, span_of
from kfconsole.config.limits import LimitHours, Limits, limits_of
from kfconsole.errors import ConfigError
from kfconsole.i18n import _

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

COMMAND_SECONDS = 30  # a password store may have to ask a person first


class _WithSecrets(Struct, frozen=True):
    """Settings of which some are in no traceback, no log, and nothing else that shows objects."""

    unshown: ClassVar[tuple[str, ...]] = ()

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(key, getattr(self, key)) for key in self.__struct_fields__ if key not in self.unshown]

    def __repr__(self) -> str:
        shown = ", ".join(f"{key}={value!r}" for key, value in self.__rich_repr__())
        return f"{type(self).__name__}({shown})"


class AccountSettings(_WithSecrets, frozen=True):
    """The service account."""

    unshown = ("app_secret",)

    app_id: str = ""
    """The account's AppID."""
    app_secret: str = ""
    """The account's AppSecret; empty when a command prints it."""
    app_secret_command: tuple[str, ...] = ()
    """The command that prints the AppSecret, with its arguments; run without a shell."""
    access_token_command: tuple[str, ...] = ()
    """The command that prints an access token of the team's own token server; then no secret is needed."""
    base_url: str = "https://api.weixin.qq.com"
    """WeChat's address, or that of a gateway or simulator; without a slash at the end."""

    def secret(self) -> str:
        """Return the AppSecret, from the command if one is set.

        Raises:
            ConfigError: The command failed or printed nothing.
        """
        if not self.app_secret_command:
            return self.app_secret
        return _first_line_of(self.app_secret_command, "account.app_secret_command")

    def access_token(self) -> str:
        """Return an access token, from the command that prints it.

        Raises:
            ConfigError: The command failed, or printed no token.
        """
        key = "account.access_token_command"
        token = _first_line_of(self.access_token_command, key)
        if not checks.TOKEN.fullmatch(token):
            problem = _("{key}: {program} printed something else than an access token.")
            raise ConfigError(problem.format(key=key, program=self.access_token_command[0]))
        return token


class MeSettings(Struct, frozen=True):
    """Who answers."""

    kf_account: str = ""
    """The agent this console answers as; empty: watch and assign only."""
    read_only: bool = False
    """Whether every action that changes something is refused."""


class PollSettings(Struct, frozen=True):
    """Seconds between the end of one answer and the next question."""

    queue: float = 2.0
    """The waiting customers."""
    agents: float = 5.0
    """The agents and who is online."""
    sessions: float = 5.0
    """Who is being served by whom."""
    messages: float = 3.0
    """The chat records of the account."""
    night_hours: str = ""
    """When hardly anybody comes, as `23:00-08:00`; empty: there are no such hours."""
    night_factor: float = 6.0
    """How many times more rarely all but the queue is asked for then, while nothing happens."""

    @property
    def seconds(self) -> dict[str, float]:
        """The seconds of each feed by its name."""
        return {"queue": self.queue, "agents": self.agents, "sessions": self.sessions, "messages": self.messages}

    @property
    def night(self) -> DailySpan | None:
        """The night's hours; None: there are none."""
        return span_of(self.night_hours)


class NetworkSettings(_WithSecrets, frozen=True):
    """The way out."""

    unshown = ("proxy",)

    proxy: str = ""
    """An http, https or socks5 address; empty: the environment's; `none`: direct. It may hold a password."""


class UiSettings(Struct, frozen=True):
    """Language, clock and looks."""

    language: str = "auto"
    """`auto`, `zh` or `en`."""
    timezone: str = "Asia/Shanghai"
    """A time zone's name, or `local`; for days and clock times."""
    theme: str = "textual-dark"
    """The name of a Textual theme."""
    ascii_borders: bool = False
    """Whether lines are drawn with `+-|`, for terminals that draw box characters two cells wide."""

    @property
    def zone(self) -> "ZoneInfo | None":
        """The time zone; None stands for the host's."""
        from zoneinfo import ZoneInfo

        return None if self.timezone == "local" else ZoneInfo(self.timezone)


class AlertSettings(Struct, frozen=True):
    """When a wait is late."""

    warn_after: int = 60
    """Seconds of waiting until a customer is marked."""
    late_after: int = 180
    """Seconds of waiting until a customer counts as late."""
    hours: tuple[LimitHours, ...] = ()
    """Other limits for some hours of the day."""
    bell: bool = True
    """Whether the terminal rings when a customer becomes late."""
    repeat_after: int = 30
    """Seconds until it rings again while somebody is late, each time twice as long; 0: never."""
    quiet_hours: str = ""
    """When nothing rings, as `22:00-08:00`; empty: always on."""
    popups: str = "auto"
    """`auto`, `off`, or the one way a pop-up takes: `osc9`, `osc777`, `osc99` or `notify-send`."""
    show_names: bool = True
    """Whether a pop-up names the customer; what was written is never in one."""

    @property
    def quiet(self) -> DailySpan | None:
        """The quiet hours; None: there are none."""
        return span_of(self.quiet_hours)

    def limits_at(self, moment: datetime) -> Limits:
        """Return the limits of a moment, on the clock of those who look; see `Settings.limits_at`."""
        return limits_of(self.hours, Limits(self.warn_after, self.late_after), moment)


class ReplySettings(Struct, frozen=True):
    """The canned replies."""

    file: str = "replies.toml"
    """The file that holds them; relative names are beside the settings file."""


class AssignSettings(Struct, frozen=True):
    """Automatic assignment."""

    automatic: bool = False
    """Whether this console assigns by the rules while it runs."""
    rules: str = "assign.toml"
    """The file that holds them; relative names are beside the settings file."""


class ArchiveSettings(Struct, frozen=True):
    """How long messages are kept."""

    keep_days: int = 180
    """Days after which a message is deleted from this host."""
    audit_days: int = 730
    """Days after which what was done here is deleted: two years, as a dispute may come late, and not for ever."""


class Settings(Struct, frozen=True):
    """All settings of one console, checked."""

    path: Path
    """The settings file, whether it exists or not."""
    data_dir: Path
    """The folder of the archive and the log."""
    account: AccountSettings = AccountSettings()
    me: MeSettings = MeSettings()
    poll: PollSettings = PollSettings()
    network: NetworkSettings = NetworkSettings()
    ui: UiSettings = UiSettings()
    alerts: AlertSettings = AlertSettings()
    replies: ReplySettings = ReplySettings()
    assign: AssignSettings = AssignSettings()
    archive: ArchiveSettings = ArchiveSettings()
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The keys of commands by their names; checked where the commands are known."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """`section.key` to `file` or a variable's name; a key that is missing here has its default."""

    @property
    def archive_path(self) -> Path:
        """The archive of this account: one file an AppID, so that several accounts share one folder."""
        return self.data_dir / f"{self.account.app_id}.db"

    @property
    def replies_path(self) -> Path:
        """The file of canned replies."""
        return self.path.parent / Path(self.replies.file).expanduser()

    @property
    def assign_path(self) -> Path:
        """The file of rules for automatic assignment."""
        return self.path.parent / Path(self.assign.rules).expanduser()

    @property
    def log_path(self) -> Path:
        """The log of calls and crashes."""
        return self.data_dir / "kfconsole.log"

    def limits_at(self, at: float) -> Limits:
        """Return when a wait is long at a moment, by the clock of `[ui] timezone`."""
        return self.alerts.limits_at(datetime.fromtimestamp(at, self.ui.zone))

    def require_account(self) -> None:
        """Refuse to go on without an account.

        Raises:
            ConfigError: The AppID or the secret is missing.
        """
        account = self.account
        if account.app_id and (account.app_secret or account.app_secret_command or account.access_token_command):
            return
        hint = _("Run 'kfconsole init' to set it up, or 'kfconsole demo' to try it without an account.")
        if not self.origins:
            raise ConfigError(_("There are no settings yet ({file}).").format(file=self.path), hint=hint)
        if not account.app_id:
            raise ConfigError(_("{key} in {file} is missing.").format(key="account.app_id", file=self.path), hint=hint)
        problem = _("{key} in {file} is missing, and so is {other}.")
        key, other = "account.app_secret", "account.access_token_command"
        raise ConfigError(problem.format(key=key, file=self.path, other=other), hint=hint)

    def shown(self) -> Iterator[tuple[str, object, str]]:
        """Yield key, value and origin of every setting, the secrets masked."""
        for section in SECTIONS:
            for key in SECTIONS[section].__struct_fields__:
                name = f"{section}.{key}"
                value = getattr(getattr(self, section), key)
                yield name, checks.masked(name, value), self.origins.get(name, "default")
        for command, bound in self.keys.items():
            yield f"keys.{command}", bound, "file"


SECTIONS: dict[str, type[Struct]] = {
    "account": AccountSettings,
    "me": MeSettings,
    "poll": PollSettings,
    "network": NetworkSettings,
    "ui": UiSettings,
    "alerts": AlertSettings,
    "replies": ReplySettings,
    "assign": AssignSettings,
    "archive": ArchiveSettings,
}


def _first_line_of(command: tuple[str, ...], key: str) -> str:
    """Run a command and return the first line it prints; what it prints is in no error but its own complaint."""
    import subprocess

    try:
        # Without a terminal of its own: the console owns it.
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        done = None  # nothing is chained to what we raise: this holds the arguments and what was printed
    except OSError as error:
        problem = _("{key}: {program} cannot be run: {problem}")
        raise ConfigError(problem.format(key=key, program=command[0], problem=error.strerror)) from error
    if done is None:
        problem = _("{key}: {program} gave no answer within {seconds} seconds.")
        raise ConfigError(problem.format(key=key, program=command[0], seconds=COMMAND_SECONDS))
    if done.returncode:
        problem = _("{key}: {program} ended with code {code}. {said}")
        said = checks.quoted(checks.without_long_words(done.stderr.strip().partition("\n")[0]))
        raise ConfigError(problem.format(key=key, program=command[0], code=done.returncode, said=said).strip())
    if secret := done.stdout.partition("\n")[0].strip():
        return secret
    raise ConfigError(_("{key}: {program} printed nothing.").format(key=key, program=command[0]))
