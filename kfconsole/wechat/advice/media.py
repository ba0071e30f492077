"""Pictures, voices, videos and other files."""

from kfconsole.i18n import N_
from kfconsole.wechat.advice.kinds import BUG, Advice, Page, Retry
from kfconsole.wechat.codes import CODE

_TYPES = N_("Pictures: png, jpg or gif. Voices: amr or mp3. Videos: mp4. Covers and an agent's picture: jpg.")
_SIZES = N_("Pictures at most 10 MB (better 2 MB), voices 2 MB, videos 10 MB, covers 64 KB, an agent's picture 5 MB.")
_AGAIN = N_("Send the file itself again: WeChat keeps one for 3 days only.")
_FILE_TYPE = Advice(N_("WeChat does not accept files of this type."), _TYPES, Retry.AFTER_CHANGE)
_FILE_SIZE = Advice(N_("The file is too large or too small."), _SIZES, Retry.AFTER_CHANGE)
_OTHER_MEDIA = N_("Choose a file of the kind the message needs, and upload it again.")

MEDIA: dict[int, Advice] = {
    CODE.BAD_MEDIA_TYPE: _FILE_TYPE,
    CODE.BAD_FILE_TYPE: _FILE_TYPE,
    CODE.FILE_TYPE_NOT_SUPPORTED: _FILE_TYPE,
    CODE.IMAGE_FORMAT_NOT_SUPPORTED: Advice(
        N_("WeChat does not accept pictures of this format."), _TYPES, Retry.AFTER_CHANGE
    ),
    CODE.LEGACY_BAD_FILE: _FILE_TYPE,
    CODE.BAD_FILE_SIZE: _FILE_SIZE,
    CODE.BAD_IMAGE_SIZE: Advice(N_("The picture is too large."), _SIZES, Retry.AFTER_CHANGE),
    CODE.FILE_TOO_LARGE: Advice(N_("The file is too large."), _SIZES, Retry.AFTER_CHANGE),
    CODE.VOICE_TOO_LONG: Advice(N_("The voice is too long."), N_("At most 60 seconds."), Retry.AFTER_CHANGE),
    CODE.EMPTY_FILE: Advice(N_("The file is empty."), N_("Choose another file."), Retry.AFTER_CHANGE),
    CODE.FILE_MISSING: Advice(N_("No file reached WeChat."), N_("A proxy may be cutting it off."), Retry.AFTER_CHANGE),
    CODE.BAD_MEDIA_ID: Advice(
        N_("WeChat does not have this file, or has it no more."), _AGAIN, Retry.AFTER_CHANGE, Page.MATERIAL
    ),
    CODE.NO_SUCH_MEDIA: Advice(
        N_("WeChat does not have this file, or has it no more."), _AGAIN, Retry.AFTER_CHANGE, Page.MATERIAL
    ),
    CODE.MEDIA_ID_MISSING: Advice(N_("The message names no file."), BUG),
    CODE.MEDIA_BAD_SIZE: Advice(N_("The file is too large for this message."), _SIZES, Retry.AFTER_CHANGE),
    CODE.MEDIA_BAD_TYPE: Advice(
        N_("The file is of another kind than the message needs."), _OTHER_MEDIA, Retry.AFTER_CHANGE
    ),
}
