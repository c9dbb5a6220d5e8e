"""What the striking panels ask the API."""

from typing import Final

_RAID: Final = """
fragment RaidNow on Raid {
  id name status sequence endsAt
  boss { name imageUrl }
  hp { current total permille }
  stage { number count }
  analysis { points nextThreshold }
  weaknesses { kind value }
  resistances { kind value }
  curses { affinity { kind value } }
  curseClock { strikesUntilNext }
}
"""

_STANDING: Final = """
fragment Standing on Participation {
  readyAt availableCharacters usedCharacters
}
"""

_CARD: Final = """
fragment Card on Character {
  id name stars affinities { kind value }
  raidUse { available usedAt score multiplierPermille }
}
"""

_EQUIPMENT: Final = """
fragment Piece on Equipment { id name effects { kind stat affinity { kind value } amount } }
"""

_PREVIEW: Final = """
fragment Worth on PreviewStrikeResult {
  __typename
  ... on StrikePreview {
    points affinityPermille stagePermille sequence
    team { characterId name score multiplierPermille }
  }
  ... on UserError { message }
  ... on CooldownActive { readyAt }
  ... on CharactersAlreadyUsed { characterIds }
  ... on CharactersNotOwned { characterIds }
  ... on InvalidTeam { minSize maxSize }
  ... on NoActiveRaid { nextStartsAt }
}
"""

OPEN: Final = (
    """
query OpenPanel($id: ID!, $size: Int!) {
  activeRaid { ...RaidNow }
  participation(discordId: $id) { ...Standing }
  player(discordId: $id) { equipment { ...Piece } }
  fight: suggestTeam(discordId: $id, action: FIGHT, size: $size) {
    characters { ...Card }
    preview { points affinityPermille stagePermille sequence }
  }
  analyze: suggestTeam(discordId: $id, action: ANALYZE, size: $size) {
    preview { points affinityPermille stagePermille sequence }
  }
}
"""
    + _RAID
    + _STANDING
    + _EQUIPMENT
    + _CARD
)
"""The best unused team of a size and all that stands around it."""

CHOSEN: Final = (
    """
query ChosenTeam($id: ID!, $team: [ID!]!, $equipment: ID) {
  activeRaid { ...RaidNow }
  participation(discordId: $id) { ...Standing }
  player(discordId: $id) {
    equipment { ...Piece }
    roster(first: 6, filter: { ids: $team, available: true }) { nodes { ...Card } }
  }
  fight: previewStrike(input: { action: FIGHT, characterIds: $team, equipmentId: $equipment, discordId: $id }) {
    ...Worth
  }
  analyze: previewStrike(input: { action: ANALYZE, characterIds: $team, equipmentId: $equipment, discordId: $id }) {
    ...Worth
  }
}
"""
    + _RAID
    + _STANDING
    + _EQUIPMENT
    + _CARD
    + _PREVIEW
)
"""A team that somebody chose, as it would do now."""

REGISTER: Final = """
mutation Register($id: ID!, $name: String!) {
  registerPlayer(input: { discordId: $id, name: $name }) { __typename }
}
"""

WITHOUT_RAID: Final = """
query WithoutRaid($id: ID!) {
  next: raids(first: 20, status: SCHEDULED) { nodes { name startsAt } }
  last: raids(first: 1, status: COMPLETED) { nodes { name outcome completedAt boss { name } } }
  participation(discordId: $id) { contribution rank strikes }
}
"""

STRIKE: Final = """
mutation Strike($input: ExecuteStrikeInput!) {
  executeStrike(input: $input) {
    __typename
    ... on ExecuteStrikeSuccess {
      strike {
        number action affinityPermille stagePermille baseScore finalScore
        team { name score multiplierPermille }
        equipment { name }
      }
      raid {
        id name
        boss { name }
        hp { current total permille }
        stage { number count message }
        analysis { points nextThreshold }
      }
      damageDealt overkill analysisContributed
      rewards { currency amount }
      curseTriggered { curse { kind value } replaced { kind value } }
      breakthroughs { number weakness { kind value } }
      stagesAdvanced { toStage addedWeakness { kind value } addedCurse { kind value } }
      victory readyAt replayed
    }
    ... on UserError { message }
    ... on CooldownActive { readyAt }
    ... on CharactersAlreadyUsed { characterIds }
    ... on CharactersNotOwned { characterIds }
    ... on InvalidTeam { minSize maxSize }
    ... on NoActiveRaid { nextStartsAt }
    ... on Overloaded { retryAfterMs }
    ... on StateChanged {
      events {
        __typename kind
        ... on CurseApplied { curse { kind value } replaced { kind value } }
        ... on BreakthroughAchieved { number weakness { kind value } }
        ... on StageAdvanced { toStage addedWeakness { kind value } addedCurse { kind value } }
      }
    }
  }
}
"""

ROSTER: Final = (
    """
query Roster($id: ID!, $first: Int!, $after: String, $available: Boolean) {
  activeRaid { name boss { name } weaknesses { kind value } resistances { kind value }
               curses { affinity { kind value } } }
  participation(discordId: $id) { availableCharacters usedCharacters }
  player(discordId: $id) {
    roster(first: $first, after: $after, filter: { available: $available, orderBy: EFFECTIVE_SCORE }) {
      nodes { ...Card }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
    + _CARD
)

ROSTER_SKIP: Final = """
query RosterSkip($id: ID!, $first: Int!, $after: String, $available: Boolean) {
  player(discordId: $id) {
    roster(first: $first, after: $after, filter: { available: $available, orderBy: EFFECTIVE_SCORE }) {
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""

LAST_TEAM: Final = """
query LastTeam($id: ID!) { lastTeam(discordId: $id) { complete characters { id } equipment { id } } }
"""

_WANTED: Final = "$id: ID!, $first: Int!, $after: String, $search: String, $affinity: AffinityInput"
_GIVEN: Final = "discordId: $id, action: FIGHT, first: $first, after: $after, search: $search, affinity: $affinity"

CANDIDATES: Final = f"""
query Candidates({_WANTED}) {{
  teamCandidates({_GIVEN}) {{
    nodes {{
      character {{ id name stars affinities {{ kind value }} }}
      score multiplierPermille weaknesses {{ kind value }} curses {{ kind value }}
    }}
    totalCount
  }}
}}
"""

SKIPPED: Final = f"""
query SkippedCandidates({_WANTED}) {{
  teamCandidates({_GIVEN}) {{ pageInfo {{ hasNextPage endCursor }} totalCount }}
}}
"""
