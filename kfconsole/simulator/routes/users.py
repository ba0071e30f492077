"""Customers as followers of the account: what WeChat tells of them, and the remark the account gave them.

Which code tells of a bad batch is not documented; here it is 40097. A remark can only be given to who follows.
"""

from collections.abc import Mapping

from kfconsole.simulator.codes import Refused
from kfconsole.simulator.endpoint import Call, Endpoint, Json, get, post
from kfconsole.simulator.envelope import OK
from kfconsole.simulator.people import Customer

MOST_USERS = 100
REMARK_BYTES = 30
"""A remark has to be shorter."""

_REGIONS: Mapping[str, tuple[str, str, str]] = {
    "zh_CN": ("广州", "广东", "中国"),
    "zh_TW": ("廣州", "廣東", "中國"),
    "en": ("Guangzhou", "Guangdong", "China"),
}
"""City, province and country in each language, as they were told until the end of 2021."""
_NOTHING: Json = dict.fromkeys(("nickname", "language", "city", "province", "country", "headimgurl"), "")


def _user(call: Call) -> Json:
    customer = call.world.find_customer(call.query.get("openid"))
    return _user_json(customer, call.world.switches.user_profile, call.query.get("lang"))


def _users(call: Call) -> Json:
    rows, world = call.body().get("user_list"), call.world
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_USERS:
        raise Refused(40097)
    users: list[Json] = []
    for row in rows:
        if not isinstance(row, dict):
            raise Refused(40097)
        openid = row.get("openid")
        if not isinstance(openid, str) or not openid:
            raise Refused(world.switches.code_for_missing(40003))
        customer = world.customers.get(openid) or Customer(openid)
        users.append(_user_json(customer, world.switches.user_profile, row.get("lang")))
    return {"user_info_list": users}


def _user_json(customer: Customer, profile: str, language: object) -> Json:
    union: Json = {"unionid": customer.union_id} if customer.union_id else {}
    if not customer.is_following:
        return {"subscribe": 0, "openid": customer.openid, **union}
    return {
        "subscribe": 1,
        "openid": customer.openid,
        **_profile_json(customer, profile, language),
        "subscribe_time": int(customer.followed_at),
        **union,
        "remark": customer.remark,
        "groupid": 0,
        "tagid_list": list(customer.tag_ids),
        "subscribe_scene": customer.scene,
        "qr_scene": customer.qr_scene,
        "qr_scene_str": customer.qr_scene_text,
    }


def _profile_json(customer: Customer, profile: str, language: object) -> Json:
    if profile == "absent":
        return {}
    if profile == "empty":
        return {**_NOTHING, "sex": 0}
    city, province, country = _REGIONS.get(str(language), _REGIONS["zh_CN"])
    return {
        "nickname": customer.nickname or f"微信用户{customer.openid[-4:]}",
        "sex": 1,
        "language": "zh_CN",
        "city": city,
        "province": province,
        "country": country,
        "headimgurl": f"http://thirdwx.qlogo.cn/mmopen/simulated{customer.openid}/132",
    }


def _set_remark(call: Call) -> Json:
    body = call.body()
    customer = call.world.find_customer(body.get("openid"))
    if not customer.is_following:
        raise Refused(40003)
    remark = body.get("remark")
    if not isinstance(remark, str):
        raise Refused(call.world.switches.code_for_missing(40092))
    if len(remark.encode("utf-8", "surrogatepass")) >= REMARK_BYTES:
        raise Refused(40092)
    customer.remark = remark
    return OK


ENDPOINTS: dict[str, Endpoint] = {
    "/cgi-bin/user/info": get(_user),
    "/cgi-bin/user/info/batchget": post(_users),
    "/cgi-bin/user/info/updateremark": post(_set_remark),
}
