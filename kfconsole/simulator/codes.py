"""WeChat's error codes with their texts as they come over the wire, misspellings included.

Imports nothing of the simulator.
"""

from collections.abc import Mapping
from types import MappingProxyType

TEXTS: Mapping[int, str] = MappingProxyType(
    {
        -1: "system error",
        0: "ok",
        40001: (
            "invalid credential, access_token is invalid or not latest, could get access_token by "
            "getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r"
        ),
        40002: "invalid grant_type",
        40003: "invalid openid",
        40007: "invalid media_id",
        40008: "invalid message type",
        40013: "invalid appid",
        40014: "invalid access_token",
        40066: "invalid url",
        40097: "invalid args",
        40125: "invalid appsecret",
        40164: "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist",
        40200: "invalid account type",
        40213: "invalid href tag",
        40214: "invalid href text",
        40243: "AppSecret has been frozen",
        41001: "access_token missing",
        41002: "appid missing",
        41004: "appsecret missing",
        41006: "media_id missing",
        41009: "openid missing",
        42001: "access_token expired",
        43001: "require GET method",
        43002: "require POST method",
        43003: "require https",
        43004: "require subscribe",
        43019: "require remove blacklist",
        44002: "empty post data",
        44003: "empty news data",
        44004: "empty content",
        45002: "content size out of limit",
        45008: "article size out of limit",
        45009: "reach max api daily quota limit",
        45011: "api minute-quota reach limit must slower retry next minute",
        45015: "response out of time limit or subscription is canceled",
        45047: "out of response count limit",
        45050: "custom msg use invalid type",
        45072: "invalid command",
        45080: ("need sending message to user or recving message from user in the last 30 seconds before typing"),
        45081: "you are already typing",
        45087: "customer service message from this account have been blocked!",
        45098: "msgmenu list size is out of limit",
        47001: "data format error",
        47002: ("data format error, do NOT use json unicode encode (\\uxxxx\\uxxxx), please use utf8 encoded text!"),
        48001: "api unauthorized",
        48002: "user block receive message",
        48004: "api forbidden for irregularities",
        50002: "user limited",
        61452: "invalid kf_account",
        61458: "customer accepted by xxx@xxxx",
        61459: "kf offline",
        65400: "please enable new custom service, or wait for a while if you have enabled",
        65401: "invalid custom service account",
        65402: "the custom service account need to bind a wechat user",
        65403: "illegal nickname",
        65404: "illegal custom service account",
        65405: "custom service account number reach limit",
        65406: "custom service account exists",
        65413: "no effective session for the customer",
        65414: "another worker is serving the customer",
        65415: "the worker is not online",
        65416: "param invalid, please check",
        65417: "it is too long from the starttime to endtime",
    }
)
"""The errmsg of each code, without the rid."""


class Refused(Exception):
    """WeChat refuses a call; the answer carries `code` and `errmsg`."""

    def __init__(self, code: int, errmsg: str = "") -> None:
        self.code = code
        self.errmsg = errmsg or TEXTS.get(code, "system error")
        super().__init__(f"{code} {self.errmsg}")
