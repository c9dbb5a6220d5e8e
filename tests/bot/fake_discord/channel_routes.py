"""Channels, messages and direct messages."""

from typing import Any

from tests.bot.fake_discord.calls import Call, Route
from tests.bot.fake_discord.errors import DiscordError, missing_access, missing_permissions, unknown
from tests.bot.fake_discord.faults import Faults
from tests.bot.fake_discord.model import Channel
from tests.bot.fake_discord.permissions import Permission
from tests.bot.fake_discord.posting import Posting
from tests.bot.fake_discord.shapes import channel_json, message_json
from tests.bot.fake_discord.state import State

CODES = {403: 50001, 404: 10003}


class ChannelRoutes:
    def __init__(self, state: State, posting: Posting, faults: Faults) -> None:
        self._state, self._posting, self._faults = state, posting, faults

    def routes(self) -> list[Route]:
        one, all_of = "/channels/{channel_id}/messages/{message_id}", "/channels/{channel_id}/messages"
        return [
            Route("GET", "/channels/{channel_id}", self.channel),
            Route("GET", all_of, self.messages),
            Route("POST", all_of, self.post),
            Route("GET", one, self.message),
            Route("PATCH", one, self.edit),
            Route("DELETE", one, self.delete),
            Route("POST", "/channels/{channel_id}/typing", self.typing),
            Route("POST", "/users/@me/channels", self.open_direct),
        ]

    def channel(self, call: Call) -> Any:
        return channel_json(self._reachable(call), self._state.bot.id)

    def messages(self, call: Call) -> Any:
        channel = self._reachable(call)
        found = [] if channel.denied & Permission.READ_MESSAGE_HISTORY else channel.messages
        before, after = call.query.get("before"), call.query.get("after")
        if before is not None:
            found = [message for message in found if message.id < int(before)]
        if after is not None:
            found = [message for message in found if message.id > int(after)]
        newest = sorted(found, key=lambda message: message.id, reverse=True)
        return [message_json(self._state, message) for message in newest[: int(call.query.get("limit", 50))]]

    def message(self, call: Call) -> Any:
        channel = self._reachable(call)
        if channel.denied & Permission.READ_MESSAGE_HISTORY:
            raise missing_access()
        return message_json(self._state, self._state.message(channel, call["message_id"]))

    def post(self, call: Call) -> Any:
        channel = self._reachable(call)
        nonce = call.body.get("nonce")
        if nonce is not None and call.body.get("enforce_nonce"):
            first = self._state.nonces.get((channel.id, str(nonce)))
            if first is not None and self._state.clock.now() - first.created_at < self._state.nonce_seconds:
                if first.deleted:
                    raise unknown("Message")
                return message_json(self._state, first, with_nonce=True)
        self._check_permissions(channel, call)
        message = self._posting.write(channel, call.body, call.uploads)
        if nonce is not None:
            self._state.nonces[channel.id, str(nonce)] = message
        return message_json(self._state, message, with_nonce=True)

    def edit(self, call: Call) -> Any:
        message = self._state.message(self._reachable(call), call["message_id"])
        if message.author is not self._state.bot:
            raise DiscordError(403, 50005, "Cannot edit a message authored by another user")
        self._posting.edit(message, call.body, call.uploads)
        return message_json(self._state, message)

    def delete(self, call: Call) -> None:
        self._posting.delete(self._state.message(self._reachable(call), call["message_id"]))

    def typing(self, call: Call) -> None:
        self._reachable(call)

    def open_direct(self, call: Call) -> Any:
        channel = self._state.direct_channel(self._state.user(call.body["recipient_id"]))
        return channel_json(channel, self._state.bot.id)

    def _reachable(self, call: Call) -> Channel:
        channel = self._state.channel(call["channel_id"])
        denied = self._faults.denied.get(channel.id)
        if denied is not None:
            raise DiscordError(denied.status, denied.code or CODES[denied.status], "Denied by the test")
        if channel.denied & Permission.VIEW_CHANNEL:
            raise missing_access()
        return channel

    @staticmethod
    def _check_permissions(channel: Channel, call: Call) -> None:
        needed = Permission.SEND_MESSAGES
        if call.body.get("embeds"):
            needed |= Permission.EMBED_LINKS
        if call.uploads:
            needed |= Permission.ATTACH_FILES
        if channel.denied & needed:
            raise missing_permissions()
