/** What the overlay knows of a raid: the answers to overlay.graphql, by shorter names. */
import type { OverlayLiveSubscription, OverlayRaidFragment, OverlayStrikesSubscription } from "../live/schema";

export type Raid = OverlayRaidFragment;
export type RaidEvent = OverlayLiveSubscription["raidUpdates"]["events"][number];
export type StrikeFeed = OverlayStrikesSubscription["strikeFeed"];
export type Strike = StrikeFeed["strikes"][number];

export const hpFraction = ({ hp }: Raid): number => hp.current / hp.total;

/** Of the events of a raid, who dealt the final blow. */
export const finalBlow = (events: readonly object[]): string | undefined =>
  (events as readonly { readonly finalBlowBy?: { readonly name: string } }[]).find((event) => event.finalBlowBy)?.finalBlowBy?.name;
