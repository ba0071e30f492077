"""WeChat's kf API. The only room that knows its paths, field names and codes.

Imports errors, text, i18n, content and model. Importing it does not load httpx.
"""

from kfconsole.wechat import codes
from kfconsole.wechat.call import CallEntry
from kfconsole.wechat.client import KfClient
from kfconsole.wechat.token import Token

__all__ = ["CallEntry", "KfClient", "Token", "codes"]
