"""WeChat's kf API. The only room that knows its paths, field names and codes.

Imports errors, text, i18n and model. Importing it loads neither httpx nor msgspec.
"""

from kfconsole.wechat import codes
from kfconsole.wechat.call import CallEntry
from kfconsole.wechat.client import KfClient

__all__ = ["CallEntry", "KfClient", "codes"]
