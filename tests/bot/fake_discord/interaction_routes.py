"""First answers to interactions, and everything that their token allows for fifteen minutes."""

from typing import Any

from tests.bot.fake_discord.calls import Call, Route
from tests.bot.fake_discord.errors import (
    Breach,
    Json,
    already_acknowledged,
    expired_token,
    invalid_form,
    unknown,
)
from tests.bot.fake_discord.interactions import Callback, Interaction, Kind
from tests.bot.fake_discord.limits import choices_breaches, modal_breaches
from tests.bot.fake_discord.model import Message
from tests.bot.fake_discord.posting import Posting, Uploads, is_ephemeral, refuse
from tests.bot.fake_discord.shapes import message_json
from tests.bot.fake_discord.state import State

_ALWAYS = {Callback.MESSAGE, Callback.DEFERRED_MESSAGE}
_UPDATES = {Callback.DEFERRED_UPDATE, Callback.UPDATE}


class InteractionRoutes:
    def __init__(self, state: State, posting: Posting) -> None:
        self._state, self._posting = state, posting

    def routes(self) -> list[Route]:
        hook = "/webhooks/{webhook_id}/{webhook_token}"
        original, one = f"{hook}/messages/@original", f"{hook}/messages/{{message_id}}"
        callback = "/interactions/{interaction_id}/{interaction_token}/callback"
        return [
            Route("POST", callback, self.callback, authorized=False),
            Route("POST", hook, self.follow_up, authorized=False),
            *(
                Route(method, path, handler, authorized=False)
                for path in (original, one)
                for method, handler in (("GET", self.get), ("PATCH", self.edit), ("DELETE", self.delete))
            ),
        ]

    def callback(self, call: Call) -> Any:
        interaction = self._state.by_token.get(call["interaction_token"])
        if interaction is None or str(interaction.id) != call["interaction_id"]:
            raise unknown("interaction")
        if interaction.callback is not None:
            raise already_acknowledged()
        now = self._state.clock.now()
        if now > interaction.deadline:
            interaction.refused_late = True
            raise unknown("interaction")
        kind = self._kind(call.body, interaction)
        shown = self._answer(interaction, kind, call.body.get("data") or {}, call.uploads)
        interaction.callback, interaction.acknowledged_at = kind, now
        interaction.changes.tell()
        if call.query.get("with_response", "").lower() not in {"1", "true"}:
            return None
        return self._told(interaction, kind, shown)

    def follow_up(self, call: Call) -> Any:
        interaction = self._by_webhook(call)
        if interaction.callback is Callback.DEFERRED_MESSAGE and not interaction.touched:
            # Discord's own rule: the first followup to a deferred answer takes the place of "is thinking…".
            assert interaction.original is not None
            self._posting.edit(interaction.original, call.body, call.uploads)
            interaction.touched = True
            message = interaction.original
        else:
            message = self._posting.write(
                interaction.channel,
                call.body,
                call.uploads,
                visible_to=interaction.user if is_ephemeral(call.body) else None,
                interaction=interaction,
            )
            interaction.followups.append(message)
        interaction.changes.tell()
        return message_json(self._state, message)

    def get(self, call: Call) -> Any:
        return message_json(self._state, self._message(self._by_webhook(call), call))

    def edit(self, call: Call) -> Any:
        interaction = self._by_webhook(call)
        message = self._message(interaction, call)
        self._posting.edit(message, call.body, call.uploads)
        interaction.touched = interaction.touched or message is interaction.original
        interaction.changes.tell()
        return message_json(self._state, message)

    def delete(self, call: Call) -> None:
        interaction = self._by_webhook(call)
        self._posting.delete(self._message(interaction, call))
        interaction.changes.tell()

    def _kind(self, body: Json, interaction: Interaction) -> Callback:
        allowed = set(_ALWAYS)
        if interaction.kind is Kind.AUTOCOMPLETE:
            allowed = {Callback.CHOICES}
        else:
            allowed |= _UPDATES if interaction.source is not None else set()
            allowed |= {Callback.MODAL} if interaction.kind is not Kind.MODAL else set()
        kind = body.get("type")
        if kind not in allowed:
            named = ", ".join(str(int(each)) for each in sorted(allowed))
            raise invalid_form([Breach(("type",), "BASE_TYPE_CHOICES", f"Value must be one of ({named}).")])
        return Callback(kind)

    def _answer(self, interaction: Interaction, kind: Callback, data: Json, uploads: Uploads) -> Message | None:
        """Does what the first answer says; the message it made or changed."""
        visible_to = interaction.user if is_ephemeral(data) else None
        match kind:
            case Callback.MESSAGE:
                message = self._posting.write(
                    interaction.channel, data, uploads, visible_to=visible_to, interaction=interaction
                )
                interaction.original, interaction.touched = message, True
            case Callback.DEFERRED_MESSAGE:
                interaction.original = self._posting.think(interaction.channel, visible_to, interaction)
            case Callback.UPDATE:
                assert interaction.source is not None
                self._posting.edit(interaction.source, data, uploads)
                interaction.touched = True
            case Callback.CHOICES:
                choices = data.get("choices") or []
                refuse(choices_breaches(choices))
                interaction.choices = tuple(choices)
                return None
            case Callback.MODAL:
                refuse(modal_breaches(data))
                interaction.modal = data
                return None
            case Callback.DEFERRED_UPDATE:
                pass
        return interaction.original

    def _told(self, interaction: Interaction, kind: Callback, message: Message | None) -> Json:
        about: Json = {"id": str(interaction.id), "type": int(interaction.kind)}
        if message is None or kind is Callback.DEFERRED_UPDATE:
            return {"interaction": about}
        about["response_message_id"] = str(message.id)
        about["response_message_ephemeral"] = message.ephemeral
        about["response_message_loading"] = message.shown.thinking
        resource_type = Callback.MESSAGE if kind in _ALWAYS else Callback.UPDATE
        resource = {"type": int(resource_type), "message": message_json(self._state, message)}
        return {"interaction": about, "resource": resource}

    def _by_webhook(self, call: Call) -> Interaction:
        interaction = self._state.by_token.get(call["webhook_token"])
        if interaction is None or call["webhook_id"] != str(self._state.application_id):
            raise unknown("Webhook")
        if self._state.clock.now() > interaction.expires:
            raise expired_token()
        if interaction.callback is None:
            raise unknown("Webhook")
        return interaction

    def _message(self, interaction: Interaction, call: Call) -> Message:
        wanted = call.parameters.get("message_id", "@original")
        if wanted == "@original":
            found = interaction.original
        else:
            own = [interaction.original, interaction.source, *interaction.followups]
            found = next((message for message in own if message is not None and str(message.id) == wanted), None)
        if found is None or found.deleted:
            raise unknown("Message")
        return found
