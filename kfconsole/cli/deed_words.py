"""What people read for the names of deeds and of their results, which programs find the same in every language."""

from kfconsole.i18n import N_, _

ACTS = frozenset(
    (
        N_("accept"),
        N_("add_agent"),
        N_("assign"),
        N_("auto_assign"),
        N_("clear_quota"),
        N_("close"),
        N_("describe"),
        N_("dismiss"),
        N_("end"),
        N_("erase_deeds"),
        N_("export"),
        N_("forget_deeds"),
        N_("forget_owed"),
        N_("hand_back"),
        N_("invite_agent"),
        N_("left_alone"),
        N_("purge"),
        N_("read_only"),
        N_("remove_agent"),
        N_("rename_agent"),
        N_("resend"),
        N_("send"),
        N_("set_agent_picture"),
        N_("set_remark"),
        N_("start"),
        N_("transfer"),
        N_("typing"),
        N_("undo_close"),
        N_("upload_media"),
        N_("vacuum"),
    )
)
RESULTS = frozenset(
    (
        N_("begun"),
        N_("broken off"),
        N_("done"),
        N_("failed"),
        N_("found"),
        N_("given_back"),
        N_("interrupted"),
        N_("nobody"),
        N_("taken"),
        N_("transferred"),
        N_("unknown"),
    )
)
"""Other results are words already."""


def act_word(act: str) -> str:
    """Return what an act is called; one of a later version by its name."""
    return _(act) if act in ACTS else act


def result_word(result: str) -> str:
    """Return what came of a deed in words."""
    return _(result) if result in RESULTS else result
