"""What supervisors change, as acts: each is refused in a read-only console, noted, and carried out by `Managing`."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from kfconsole.desk.deeds import Deeds
from kfconsole.desk.managing import Managing
from kfconsole.desk.reading import Reading
from kfconsole.desk.uploads import Uploads
from kfconsole.errors import ArchiveError
from kfconsole.model import AgentId, CustomerId, Media, MediaKind

if TYPE_CHECKING:
    from kfconsole.archive import Archive
    from kfconsole.wechat.upload import OnProgress


class ManagingActs:
    """The acts; `Actions` fills in what they stand on."""

    _archive: "Archive"
    _deeds: Deeds
    _managing: Managing
    _reading: Reading
    _uploads: Uploads

    def _check_writable(self) -> None:
        raise NotImplementedError

    async def add_agent(self, agent: AgentId, nick: str) -> None:
        """Add an agent; see `Managing` for this and the following."""
        self._check_writable()
        await self._deeds.noted("add_agent", self._managing.add_agent(agent, nick), details=f"{agent} {nick}")

    async def rename_agent(self, agent: AgentId, nick: str) -> None:
        """Give an agent another nickname."""
        self._check_writable()
        await self._deeds.noted("rename_agent", self._managing.rename_agent(agent, nick), details=f"{agent} {nick}")

    async def remove_agent(self, agent: AgentId) -> None:
        """Remove an agent."""
        self._check_writable()
        await self._deeds.noted("remove_agent", self._managing.remove_agent(agent), details=agent)

    async def invite_agent(self, agent: AgentId, wechat_id: str) -> None:
        """Invite a WeChat user to take over an agent."""
        self._check_writable()
        order = self._managing.invite_agent(agent, wechat_id)
        await self._deeds.noted("invite_agent", order, details=f"{agent} {wechat_id}")

    async def set_agent_picture(self, agent: AgentId, file: Path, on_progress: "OnProgress | None" = None) -> None:
        """Give an agent another picture."""
        self._check_writable()
        order = self._managing.set_agent_picture(agent, file, on_progress)
        await self._deeds.noted("set_agent_picture", order, details=agent)

    async def served_by(self, agent: AgentId) -> tuple[CustomerId, ...]:
        """Return whom an agent serves, by WeChat's word of this moment; nothing is noted, as nothing is done."""
        return await self._managing.served_by(agent)

    async def set_remark(self, openid: CustomerId, remark: str) -> None:
        """Write the account's note on a customer; an empty one deletes it."""
        self._check_writable()
        await self._deeds.noted("set_remark", self._managing.set_remark(openid, remark), openid=openid)
        with suppress(ArchiveError):  # WeChat has it, and tells it again
            await self._archive.describe(openid, remark=remark)
            await self._reading.refresh_contacts((openid,))

    async def upload_media(self, kind: MediaKind, file: Path, on_progress: "OnProgress | None" = None) -> Media:
        """Upload a file for messages."""
        self._check_writable()
        order = self._managing.upload_media(kind, file, on_progress)
        return await self._deeds.noted("upload_media", order, details=f"{kind} {file.name}")

    async def media_of(self, kind: MediaKind, file: Path, on_progress: "OnProgress | None" = None) -> Media:
        """Return a file as messages can name it, uploaded now or earlier in this run; see `Uploads.media_of`."""
        self._check_writable()
        return await self._uploads.media_of(kind, file, on_progress)

    async def clear_quota(self, path: str | None) -> None:
        """Let WeChat's counters of one call, or of all, start anew."""
        self._check_writable()
        await self._deeds.noted("clear_quota", self._managing.clear_quota(path), details=path or "all")
