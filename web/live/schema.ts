// Written by `npm run types` from schema/schema.graphql and the .graphql files here; do not edit.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** What an affinity is about. */
export type AffinityKind =
  /** An element, such as fire. */
  | 'ELEMENTAL'
  /** What kind of fighter the character is, such as mage. */
  | 'ARCHETYPE'
  /** A genre of the series the character comes from, such as comedy. */
  | 'GENRE'
  /** The series the character comes from. */
  | 'SERIES';

/** What a leaderboard ranks by. Equal scores share a rank; who got there first stands first. */
export type LeaderboardMetric =
  /** Damage dealt to the boss. */
  | 'DAMAGE'
  /** Analysis points found. */
  | 'ANALYSIS'
  /** Damage plus 6/5 of the analysis points: what tiers and milestones count. */
  | 'CONTRIBUTION'
  /** Strikes made, fights and analyses together. */
  | 'STRIKES';

/** What can happen in a raid. */
export type RaidEventKind =
  /** The raid began. */
  | 'RAID_STARTED'
  /** The boss entered its next stage. */
  | 'STAGE_ADVANCED'
  /** The curse clock struck and a curse came over the raid. */
  | 'CURSE_APPLIED'
  /** The curse clock struck and there was no curse left to draw. */
  | 'CURSE_FIZZLED'
  /** An analysis threshold was reached. */
  | 'BREAKTHROUGH'
  /** An admin paused the raid. */
  | 'RAID_PAUSED'
  /** An admin let the raid go on. */
  | 'RAID_RESUMED'
  /** An admin changed the raid's settings. */
  | 'RAID_UPDATED'
  /** An admin set the boss's HP. */
  | 'HP_ADJUSTED'
  /** The boss fell. */
  | 'BOSS_DEFEATED'
  /** The raid ended without victory. */
  | 'RAID_ENDED';

/** How a raid ended. */
export type RaidOutcome =
  /** The boss was defeated. */
  | 'VICTORY'
  /** `endsAt` came first. Participants share part of the victory rewards. */
  | 'EXPIRED'
  /** An admin ended it. What was earned until then stays earned. */
  | 'CANCELLED';

/** Where a raid is in its life. */
export type RaidStatus =
  /** It begins by itself at `startsAt`. */
  | 'SCHEDULED'
  /** It can be struck. */
  | 'ACTIVE'
  /** It stands still until an admin resumes it. Cooldowns go on, the end moves back. */
  | 'PAUSED'
  /** It is over; `outcome` says how. */
  | 'COMPLETED';

/** What a team does. Either way its characters are used up for this raid. */
export type StrikeAction =
  /** Deal damage. */
  | 'FIGHT'
  /** Find analysis points, which open breakthroughs and so weaknesses for everyone. */
  | 'ANALYZE';

export type OverlayRaidFragment = { readonly id: string, readonly name: string, readonly status: RaidStatus, readonly outcome: RaidOutcome | null, readonly startsAt: string, readonly completedAt: string | null, readonly boss: { readonly name: string }, readonly hp: { readonly current: number, readonly total: number }, readonly stage: { readonly number: number, readonly count: number, readonly fightPermille: number, readonly hpThresholdsPermille: ReadonlyArray<number> }, readonly analysis: { readonly points: number, readonly unlocked: number, readonly thresholds: ReadonlyArray<number> }, readonly weaknesses: ReadonlyArray<{ readonly value: string }>, readonly resistances: ReadonlyArray<{ readonly value: string }>, readonly curses: ReadonlyArray<{ readonly sequence: number, readonly affinity: { readonly value: string } }>, readonly curseClock: { readonly strikesUntilNext: number }, readonly totals: { readonly strikes: number, readonly participants: number }, readonly leaderboard: ReadonlyArray<{ readonly rank: number, readonly score: number, readonly player: { readonly id: string, readonly name: string } }> | null };

export type OverlayLiveSubscriptionVariables = Exact<{
  raidId?: string | null | undefined;
  after?: number | null | undefined;
  metric: LeaderboardMetric;
  top: number;
}>;


export type OverlayLiveSubscription = { readonly raidUpdates: { readonly sequence: number, readonly gap: boolean, readonly raid: { readonly id: string, readonly name: string, readonly status: RaidStatus, readonly outcome: RaidOutcome | null, readonly startsAt: string, readonly completedAt: string | null, readonly boss: { readonly name: string }, readonly hp: { readonly current: number, readonly total: number }, readonly stage: { readonly number: number, readonly count: number, readonly fightPermille: number, readonly hpThresholdsPermille: ReadonlyArray<number> }, readonly analysis: { readonly points: number, readonly unlocked: number, readonly thresholds: ReadonlyArray<number> }, readonly weaknesses: ReadonlyArray<{ readonly value: string }>, readonly resistances: ReadonlyArray<{ readonly value: string }>, readonly curses: ReadonlyArray<{ readonly sequence: number, readonly affinity: { readonly value: string } }>, readonly curseClock: { readonly strikesUntilNext: number }, readonly totals: { readonly strikes: number, readonly participants: number }, readonly leaderboard: ReadonlyArray<{ readonly rank: number, readonly score: number, readonly player: { readonly id: string, readonly name: string } }> | null }, readonly events: ReadonlyArray<
      | { readonly __typename: 'BossDefeated', readonly sequence: number, readonly finalBlowBy: { readonly name: string } }
      | { readonly __typename: 'BreakthroughAchieved', readonly number: number, readonly sequence: number, readonly weakness: { readonly value: string } | null, readonly triggeredBy: { readonly name: string } | null }
      | { readonly __typename: 'CurseApplied', readonly sequence: number, readonly curse: { readonly value: string }, readonly replaced: { readonly value: string } | null }
      | { readonly __typename: 'CurseFizzled', readonly sequence: number }
      | { readonly __typename: 'RaidChanged', readonly kind: RaidEventKind, readonly sequence: number }
      | { readonly __typename: 'RaidStarted', readonly sequence: number }
      | { readonly __typename: 'StageAdvanced', readonly toStage: number, readonly sequence: number, readonly addedWeakness: { readonly value: string } | null, readonly addedCurse: { readonly value: string } | null }
    > } };

export type OverlayStrikesSubscriptionVariables = Exact<{
  raidId?: string | null | undefined;
}>;


export type OverlayStrikesSubscription = { readonly strikeFeed: { readonly skipped: number, readonly lastNumber: number, readonly strikes: ReadonlyArray<{ readonly number: number, readonly action: StrikeAction, readonly damageDealt: number, readonly analysisPoints: number, readonly affinityPermille: number, readonly player: { readonly name: string } }> } };

export type OverlayNewestQueryVariables = Exact<{ [key: string]: never; }>;


export type OverlayNewestQuery = { readonly raids: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly status: RaidStatus, readonly startsAt: string, readonly completedAt: string | null }> } };

export type OverlayOneQueryVariables = Exact<{
  raidId: string;
  metric: LeaderboardMetric;
  top: number;
}>;


export type OverlayOneQuery = { readonly raid: { readonly id: string, readonly name: string, readonly status: RaidStatus, readonly outcome: RaidOutcome | null, readonly startsAt: string, readonly completedAt: string | null, readonly events: ReadonlyArray<
      | { readonly finalBlowBy: { readonly name: string } }
      | Record<PropertyKey, never>
    >, readonly boss: { readonly name: string }, readonly hp: { readonly current: number, readonly total: number }, readonly stage: { readonly number: number, readonly count: number, readonly fightPermille: number, readonly hpThresholdsPermille: ReadonlyArray<number> }, readonly analysis: { readonly points: number, readonly unlocked: number, readonly thresholds: ReadonlyArray<number> }, readonly weaknesses: ReadonlyArray<{ readonly value: string }>, readonly resistances: ReadonlyArray<{ readonly value: string }>, readonly curses: ReadonlyArray<{ readonly sequence: number, readonly affinity: { readonly value: string } }>, readonly curseClock: { readonly strikesUntilNext: number }, readonly totals: { readonly strikes: number, readonly participants: number }, readonly leaderboard: ReadonlyArray<{ readonly rank: number, readonly score: number, readonly player: { readonly id: string, readonly name: string } }> | null } | null };

export type PageRaidFragment = { readonly id: string, readonly name: string, readonly status: RaidStatus, readonly outcome: RaidOutcome | null, readonly startsAt: string, readonly endsAt: string | null, readonly completedAt: string | null, readonly sequence: number, readonly boss: { readonly name: string, readonly tier: number }, readonly hp: { readonly current: number, readonly total: number, readonly permille: number }, readonly stage: { readonly number: number, readonly count: number, readonly hpThresholdsPermille: ReadonlyArray<number> }, readonly analysis: { readonly points: number, readonly unlocked: number, readonly thresholds: ReadonlyArray<number>, readonly nextThreshold: number | null }, readonly weaknesses: ReadonlyArray<{ readonly kind: AffinityKind, readonly value: string }>, readonly resistances: ReadonlyArray<{ readonly kind: AffinityKind, readonly value: string }>, readonly curses: ReadonlyArray<{ readonly affinity: { readonly kind: AffinityKind, readonly value: string } }>, readonly curseClock: { readonly strikesUntilNext: number }, readonly totals: { readonly strikes: number, readonly participants: number, readonly damage: number } };

type PageEvent_BossDefeated_Fragment = { readonly __typename: 'BossDefeated', readonly sequence: number, readonly kind: RaidEventKind, readonly message: string, readonly occurredAt: string, readonly finalBlowBy: { readonly name: string } };

type PageEvent_BreakthroughAchieved_Fragment = { readonly __typename: 'BreakthroughAchieved', readonly number: number, readonly sequence: number, readonly kind: RaidEventKind, readonly message: string, readonly occurredAt: string, readonly weakness: { readonly value: string } | null };

type PageEvent_CurseApplied_Fragment = { readonly __typename: 'CurseApplied', readonly sequence: number, readonly kind: RaidEventKind, readonly message: string, readonly occurredAt: string, readonly curse: { readonly value: string }, readonly replaced: { readonly value: string } | null };

type PageEvent_CurseFizzled_Fragment = { readonly __typename: 'CurseFizzled', readonly sequence: number, readonly kind: RaidEventKind, readonly message: string, readonly occurredAt: string };

type PageEvent_RaidChanged_Fragment = { readonly __typename: 'RaidChanged', readonly sequence: number, readonly kind: RaidEventKind, readonly message: string, readonly occurredAt: string };

type PageEvent_RaidStarted_Fragment = { readonly __typename: 'RaidStarted', readonly sequence: number, readonly kind: RaidEventKind, readonly message: string, readonly occurredAt: string };

type PageEvent_StageAdvanced_Fragment = { readonly __typename: 'StageAdvanced', readonly toStage: number, readonly sequence: number, readonly kind: RaidEventKind, readonly message: string, readonly occurredAt: string };

export type PageEventFragment =
  | PageEvent_BossDefeated_Fragment
  | PageEvent_BreakthroughAchieved_Fragment
  | PageEvent_CurseApplied_Fragment
  | PageEvent_CurseFizzled_Fragment
  | PageEvent_RaidChanged_Fragment
  | PageEvent_RaidStarted_Fragment
  | PageEvent_StageAdvanced_Fragment
;

export type PageStrikeFragment = { readonly number: number, readonly action: StrikeAction, readonly damageDealt: number, readonly analysisPoints: number, readonly hpAfter: number, readonly struckAt: string, readonly player: { readonly name: string } };

export type PageRaidsQueryVariables = Exact<{ [key: string]: never; }>;


export type PageRaidsQuery = { readonly raids: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string, readonly status: RaidStatus, readonly outcome: RaidOutcome | null, readonly startsAt: string, readonly completedAt: string | null, readonly sequence: number, readonly boss: { readonly name: string } }> } };

export type PageDetailsQueryVariables = Exact<{
  id: string;
  after: number;
}>;


export type PageDetailsQuery = { readonly raid: { readonly id: string, readonly name: string, readonly status: RaidStatus, readonly outcome: RaidOutcome | null, readonly startsAt: string, readonly endsAt: string | null, readonly completedAt: string | null, readonly sequence: number, readonly hpHistory: ReadonlyArray<{ readonly at: string, readonly hp: number }>, readonly events: ReadonlyArray<
      | { readonly __typename: 'BossDefeated', readonly sequence: number, readonly kind: RaidEventKind, readonly message: string, readonly occurredAt: string, readonly finalBlowBy: { readonly name: string } }
      | { readonly __typename: 'BreakthroughAchieved', readonly number: number, readonly sequence: number, readonly kind: RaidEventKind, readonly message: string, readonly occurredAt: string, readonly weakness: { readonly value: string } | null }
      | { readonly __typename: 'CurseApplied', readonly sequence: number, readonly kind: RaidEventKind, readonly message: string, readonly occurredAt: string, readonly curse: { readonly value: string }, readonly replaced: { readonly value: string } | null }
      | { readonly __typename: 'CurseFizzled', readonly sequence: number, readonly kind: RaidEventKind, readonly message: string, readonly occurredAt: string }
      | { readonly __typename: 'RaidChanged', readonly sequence: number, readonly kind: RaidEventKind, readonly message: string, readonly occurredAt: string }
      | { readonly __typename: 'RaidStarted', readonly sequence: number, readonly kind: RaidEventKind, readonly message: string, readonly occurredAt: string }
      | { readonly __typename: 'StageAdvanced', readonly toStage: number, readonly sequence: number, readonly kind: RaidEventKind, readonly message: string, readonly occurredAt: string }
    >, readonly strikes: { readonly nodes: ReadonlyArray<{ readonly number: number, readonly action: StrikeAction, readonly damageDealt: number, readonly analysisPoints: number, readonly hpAfter: number, readonly struckAt: string, readonly player: { readonly name: string } }> }, readonly boss: { readonly name: string, readonly tier: number }, readonly hp: { readonly current: number, readonly total: number, readonly permille: number }, readonly stage: { readonly number: number, readonly count: number, readonly hpThresholdsPermille: ReadonlyArray<number> }, readonly analysis: { readonly points: number, readonly unlocked: number, readonly thresholds: ReadonlyArray<number>, readonly nextThreshold: number | null }, readonly weaknesses: ReadonlyArray<{ readonly kind: AffinityKind, readonly value: string }>, readonly resistances: ReadonlyArray<{ readonly kind: AffinityKind, readonly value: string }>, readonly curses: ReadonlyArray<{ readonly affinity: { readonly kind: AffinityKind, readonly value: string } }>, readonly curseClock: { readonly strikesUntilNext: number }, readonly totals: { readonly strikes: number, readonly participants: number, readonly damage: number } } | null };

export type PageBoardQueryVariables = Exact<{
  id: string;
  metric: LeaderboardMetric;
}>;


export type PageBoardQuery = { readonly leaderboard: ReadonlyArray<{ readonly rank: number, readonly score: number, readonly strikes: number, readonly player: { readonly name: string } }> | null };

export type PageWinnersQueryVariables = Exact<{
  id: string;
}>;


export type PageWinnersQuery = { readonly damage: ReadonlyArray<{ readonly score: number, readonly player: { readonly name: string } }> | null, readonly analysis: ReadonlyArray<{ readonly score: number, readonly player: { readonly name: string } }> | null, readonly contribution: ReadonlyArray<{ readonly score: number, readonly player: { readonly name: string } }> | null };

export type PageLiveSubscriptionVariables = Exact<{
  raidId?: string | null | undefined;
  after?: number | null | undefined;
}>;


export type PageLiveSubscription = { readonly raidUpdates: { readonly sequence: number, readonly gap: boolean, readonly raid: { readonly id: string, readonly name: string, readonly status: RaidStatus, readonly outcome: RaidOutcome | null, readonly startsAt: string, readonly endsAt: string | null, readonly completedAt: string | null, readonly sequence: number, readonly boss: { readonly name: string, readonly tier: number }, readonly hp: { readonly current: number, readonly total: number, readonly permille: number }, readonly stage: { readonly number: number, readonly count: number, readonly hpThresholdsPermille: ReadonlyArray<number> }, readonly analysis: { readonly points: number, readonly unlocked: number, readonly thresholds: ReadonlyArray<number>, readonly nextThreshold: number | null }, readonly weaknesses: ReadonlyArray<{ readonly kind: AffinityKind, readonly value: string }>, readonly resistances: ReadonlyArray<{ readonly kind: AffinityKind, readonly value: string }>, readonly curses: ReadonlyArray<{ readonly affinity: { readonly kind: AffinityKind, readonly value: string } }>, readonly curseClock: { readonly strikesUntilNext: number }, readonly totals: { readonly strikes: number, readonly participants: number, readonly damage: number } }, readonly events: ReadonlyArray<
      | { readonly __typename: 'BossDefeated', readonly sequence: number, readonly kind: RaidEventKind, readonly message: string, readonly occurredAt: string, readonly finalBlowBy: { readonly name: string } }
      | { readonly __typename: 'BreakthroughAchieved', readonly number: number, readonly sequence: number, readonly kind: RaidEventKind, readonly message: string, readonly occurredAt: string, readonly weakness: { readonly value: string } | null }
      | { readonly __typename: 'CurseApplied', readonly sequence: number, readonly kind: RaidEventKind, readonly message: string, readonly occurredAt: string, readonly curse: { readonly value: string }, readonly replaced: { readonly value: string } | null }
      | { readonly __typename: 'CurseFizzled', readonly sequence: number, readonly kind: RaidEventKind, readonly message: string, readonly occurredAt: string }
      | { readonly __typename: 'RaidChanged', readonly sequence: number, readonly kind: RaidEventKind, readonly message: string, readonly occurredAt: string }
      | { readonly __typename: 'RaidStarted', readonly sequence: number, readonly kind: RaidEventKind, readonly message: string, readonly occurredAt: string }
      | { readonly __typename: 'StageAdvanced', readonly toStage: number, readonly sequence: number, readonly kind: RaidEventKind, readonly message: string, readonly occurredAt: string }
    > } };

export type PageStrikesSubscriptionVariables = Exact<{
  raidId?: string | null | undefined;
}>;


export type PageStrikesSubscription = { readonly strikeFeed: { readonly strikes: ReadonlyArray<{ readonly number: number, readonly action: StrikeAction, readonly damageDealt: number, readonly analysisPoints: number, readonly hpAfter: number, readonly struckAt: string, readonly player: { readonly name: string } }> } };
