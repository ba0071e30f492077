"""What was seen, sent, typed and waited for, in one SQLite file.

Knows no WeChat path and no widget; imports errors, text, i18n, content and model. No SQL is written anywhere else.
"""

from kfconsole.archive.archive import Archive
from kfconsole.archive.process import Process

__all__ = ["Archive", "Process"]
