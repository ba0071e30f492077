"""Names for the paths that are asked again and again, whose quotas the desk watches. Imports nothing."""

QUEUE = "/customservice/kfsession/getwaitcase"
AGENTS = "/cgi-bin/customservice/getkflist"
ONLINE_AGENTS = "/cgi-bin/customservice/getonlinekflist"
SESSIONS = "/customservice/kfsession/getsessionlist"
RECORDS = "/customservice/msgrecord/getmsglist"

ALL_DAY = (
    QUEUE,
    SESSIONS,
    "/customservice/kfsession/getsession",
    "/customservice/kfsession/create",
    "/customservice/kfsession/close",
    RECORDS,
    "/cgi-bin/message/custom/send",
    "/cgi-bin/message/custom/typing",
    AGENTS,
    ONLINE_AGENTS,
    "/cgi-bin/media/upload",
    "/cgi-bin/media/get",
    "/cgi-bin/user/info",
    "/cgi-bin/user/info/batchget",
    "/cgi-bin/user/info/updateremark",
)
"""Every path whose daily limit a working day may reach; those that change agents are too rare."""
