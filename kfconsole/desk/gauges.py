"""What people are told of WeChat's daily limits: of each call what is left, how fast it goes, and why."""

from enum import StrEnum

from msgspec import Struct

from kfconsole.desk import pacing
from kfconsole.desk.pacing import Reading
from kfconsole.i18n import N_
from kfconsole.model import Feed
from kfconsole.wechat import paths

CALL_WORDS = {
    paths.QUEUE: N_("the queue"),
    paths.SESSIONS: N_("agents' sessions"),
    paths.SESSION: N_("who serves whom"),
    paths.CREATE: N_("accept, assign"),
    paths.CLOSE: N_("close a session"),
    paths.RECORDS: N_("chat records"),
    paths.SEND: N_("send a message"),
    paths.TYPING: N_("show typing"),
    paths.AGENTS: N_("list of agents"),
    paths.ONLINE_AGENTS: N_("who is online"),
    paths.UPLOAD: N_("upload a file"),
    paths.DOWNLOAD: N_("fetch a file"),
    paths.USER: N_("see a customer"),
    paths.USERS: N_("see customers"),
    paths.REMARK: N_("set a remark"),
}
"""What a call is for; each fits into 16 cells."""


class Pace(StrEnum):
    """Why a call is made as often as it is."""

    SETTINGS = "settings"
    """As often as the settings say."""
    TO_LAST = "to_last"
    """More rarely, so that the day's calls last."""
    NIGHT = "night"
    """More rarely, as it is night and nothing happens."""
    USED_UP = "used_up"
    """The limit is reached."""
    ON_DEMAND = "on_demand"
    """When somebody does something that needs it."""


class Gauge(Struct, frozen=True):
    """The daily limit of one call, and what is made of it."""

    path: str
    feed: Feed | None
    """The feed that makes it again and again; None: people do, by what they do."""
    interval_seconds: float | None
    """How far two calls lie apart; None: they come when somebody does something."""
    idle_seconds: float | None
    """Of the calls for sessions: how far they lie apart for an agent of whom nothing changes."""
    pace: Pace
    reading: Reading | None
    """None: WeChat has not told yet, or does not."""
    rate: float | None
    """Calls a second that the whole account makes."""
    runs_out_at: float | None
    """When nothing is left at this rate; None: not before midnight, or nobody knows."""
    is_told: bool = True
    """Whether WeChat tells it at all."""

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit as far as one knows."""
        return self.reading is not None and self.reading.daily_limit < pacing.NO_LIMIT
