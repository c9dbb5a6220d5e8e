"""The log through the rules once more: the same configuration, seed and log give the same raid, bit for bit."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.rules import raid_life
from services.rules.configuration import BossConfiguration
from services.rules.draws import Draw
from services.rules.events import RaidChanged, RaidEvent, RaidEventKind, RaidStarted
from services.rules.manager import StrikeOutcome, WorldThreatManager
from services.rules.state import Participant, RaidState
from services.rules.strike_resolver import StrikeResolver, StrikeScore
from services.rules.values import Character, Equipment, RaidOutcome, StrikeAction


@dataclass(frozen=True, slots=True)
class LoggedStrike:
    """What the log holds of a strike's cause; its effects are what replaying finds."""

    player: int
    action: StrikeAction
    team: tuple[Character, ...]
    equipment: Equipment | None
    struck_at: datetime


class RaidReplay:
    """A raid from its creation, moved on by one strike or one change at a time."""

    def __init__(self, configuration: BossConfiguration, seed: bytes, state: RaidState) -> None:
        self._seed = seed
        self.state = state
        self.participants: dict[int, Participant] = {}
        self._play_by(configuration)

    def _play_by(self, configuration: BossConfiguration) -> None:
        self._configuration = configuration
        self._manager = WorldThreatManager(configuration, lambda number: Draw(self._seed, number))
        self._resolver = StrikeResolver(configuration)

    def strike(self, strike: LoggedStrike) -> tuple[StrikeScore, StrikeOutcome]:
        """The next accepted strike."""
        score = self._resolver.resolve(
            strike.action,
            strike.team,
            strike.equipment,
            self._resolver.pricing(self.state),
        )
        participant = self.participants.get(strike.player) or Participant(strike.player)
        outcome = self._manager.apply(self.state, participant, strike.action, score, strike.struck_at)
        self.state = outcome.state
        self.participants[strike.player] = outcome.participant
        return score, outcome

    def change(self, event: RaidStarted | RaidChanged) -> tuple[RaidEvent, ...]:
        """The next thing that the clock or an admin did, as its logged event tells it. Returns the events it makes."""
        boss, state, now = self._configuration, self.state, event.occurred_at
        if isinstance(event, RaidStarted):
            self.state, events = raid_life.start(state, boss, now)
            return events
        reason, changes = event.reason or "", event.changes
        if event.kind is RaidEventKind.RAID_PAUSED:
            self.state, events = raid_life.pause(state, boss, now, reason)
        elif event.kind is RaidEventKind.RAID_RESUMED:
            self.state, events = raid_life.resume(state, boss, now, reason)
        elif event.kind is RaidEventKind.HP_ADJUSTED:
            self.state, events = raid_life.adjust_hp(state, self._manager, changes.hp or 0, now, reason)
        elif event.kind is RaidEventKind.RAID_UPDATED:
            update = raid_life.RaidUpdate(
                name=changes.name,
                description=changes.description,
                ends_at=changes.ends_at,
                curse_every=changes.curse_every,
                rewards=changes.rewards,
            )
            self.state, events = raid_life.update(state, update, now, reason)
            if changes.rewards is not None:
                self._play_by(replace(boss, rewards=changes.rewards))
        elif changes.outcome is RaidOutcome.EXPIRED:
            self.state, events = raid_life.expire(state, boss, now)
        else:
            self.state, events = raid_life.cancel(state, boss, now, reason)
        return events
