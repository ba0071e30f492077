"""Names for the paths of a working day, whose quotas the desk watches. Imports nothing."""

QUEUE = "/customservice/kfsession/getwaitcase"
AGENTS = "/cgi-bin/customservice/getkflist"
ONLINE_AGENTS = "/cgi-bin/customservice/getonlinekflist"
SESSIONS = "/customservice/kfsession/getsessionlist"
RECORDS = "/customservice/msgrecord/getmsglist"
SESSION = "/customservice/kfsession/getsession"
CREATE = "/customservice/kfsession/create"
CLOSE = "/customservice/kfsession/close"
SEND = "/cgi-bin/message/custom/send"
TYPING = "/cgi-bin/message/custom/typing"
UPLOAD = "/cgi-bin/media/upload"
DOWNLOAD = "/cgi-bin/media/get"
USER = "/cgi-bin/user/info"
USERS = "/cgi-bin/user/info/batchget"
REMARK = "/cgi-bin/user/info/updateremark"

ALL_DAY = (
    QUEUE,
    SESSIONS,
    SESSION,
    CREATE,
    CLOSE,
    RECORDS,
    SEND,
    TYPING,
    AGENTS,
    ONLINE_AGENTS,
    UPLOAD,
    DOWNLOAD,
    USER,
    USERS,
    REMARK,
)
"""Every path whose daily limit a working day may reach; those that change agents are too rare."""
