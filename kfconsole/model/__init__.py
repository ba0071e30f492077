"""What the desk knows, frozen.

    Desk
    ├── agents      Agent       who may answer: bound, online, load
    ├── queue       Waiting     who waits, since when, exact or a lower bound
    ├── sessions    Session     who is being served by whom
    ├── contacts    Contact     last message, unread, draft, reply allowance of one customer
    ├── open        Conversation  the messages on screen
    ├── health      Health      how fresh each feed is
    └── budgets     Budget      how many calls of each feed are left today

Beside the desk stands what single questions answer: User, Media, Download, Quota and RequestInfo.

Times ending in `_at` are Unix seconds of WeChat's clock; those ending in `_mono` are seconds of this host's
monotonic clock. Texts are already cleaned. Imports only errors, text and content.
"""

from kfconsole.model.answers import (
    Download,
    Media,
    MediaKind,
    Quota,
    RequestInfo,
    User,
    is_wechat_tag,
    wechat_tag,
)
from kfconsole.model.contacts import (
    Allowance,
    Contact,
    Conversation,
    CustomerAct,
    GapFetch,
    News,
    Opening,
    Window,
)
from kfconsole.model.desk import (
    Budget,
    Desk,
    Feed,
    Health,
)
from kfconsole.model.history import (
    ArchiveSizes,
    ArchiveTrouble,
    AuditCheck,
    AuditFault,
    Deed,
    KnownCustomer,
    Owed,
    Purged,
    SearchPage,
    SearchQuery,
    SessionSeen,
    Spoken,
    Unkept,
    Wait,
    WaitOutcome,
)
from kfconsole.model.messages import (
    MEDIA_WORDS,
    Delivery,
    Message,
    MessageKind,
    Record,
    RecordPage,
)
from kfconsole.model.people import (
    NOBODY,
    SAME_SESSION_SECONDS,
    Agent,
    AgentId,
    CustomerId,
    MessageId,
    QueueAnswer,
    Session,
    SessionHolder,
    Waiting,
    WaitingRow,
)

__all__ = [
    "MEDIA_WORDS",
    "NOBODY",
    "SAME_SESSION_SECONDS",
    "Agent",
    "AgentId",
    "Allowance",
    "ArchiveSizes",
    "ArchiveTrouble",
    "AuditCheck",
    "AuditFault",
    "Budget",
    "Contact",
    "Conversation",
    "CustomerAct",
    "CustomerId",
    "Deed",
    "Delivery",
    "Desk",
    "Download",
    "Feed",
    "GapFetch",
    "Health",
    "KnownCustomer",
    "Media",
    "MediaKind",
    "Message",
    "MessageId",
    "MessageKind",
    "News",
    "Opening",
    "Owed",
    "Purged",
    "QueueAnswer",
    "Quota",
    "Record",
    "RecordPage",
    "RequestInfo",
    "SearchPage",
    "SearchQuery",
    "Session",
    "SessionHolder",
    "SessionSeen",
    "Spoken",
    "Unkept",
    "User",
    "Wait",
    "WaitOutcome",
    "Waiting",
    "WaitingRow",
    "Window",
    "is_wechat_tag",
    "wechat_tag",
]
