/** Brings what the server tells before the view. */
import { openLine } from "../live/line";
import { followRaid } from "../live/raid";
import type { OverlayNewestQuery, OverlayOneQuery, OverlayStrikesSubscription } from "../live/schema";
import query from "./overlay.graphql?raw";
import { finalBlow, type EndedRaid, type Raid, type RaidEvent } from "./raid";
import type { Settings } from "./settings";
import type { View } from "./view";

const LOOK_AGAIN_MS = 15_000;
const TRY_AGAIN_MS = 3_000;

export function follow(view: View, settings: Settings): void {
  const { raid: raidId, victorySeconds } = settings;
  const asked = { metric: settings.board ?? "DAMAGE", top: Math.max(3, settings.top) };
  let live = false;
  let timer = 0;
  let shown: string | undefined;

  const isStillShown = ({ completedAt }: Raid): boolean =>
    Date.now() - Date.parse(completedAt ?? "") < victorySeconds * 1_000 || victorySeconds === Number.POSITIVE_INFINITY;

  const line = openLine({ token: settings.token, onState: (state) => view.line(state) });

  const newest = async (): Promise<readonly EndedRaid[]> => {
    if (!raidId) {
      const question = { query, operationName: "OverlayNewest", variables: asked };
      return (await line.ask<OverlayNewestQuery>(question)).raids.nodes;
    }
    const question = { query, operationName: "OverlayOne", variables: { ...asked, raidId } };
    const { raid } = await line.ask<OverlayOneQuery>(question);
    return raid ? [raid] : [];
  };

  /** While no raid is on: the one that has ended, or the one that is planned. */
  const look = async (): Promise<void> => {
    clearTimeout(timer);
    let pause = TRY_AGAIN_MS;
    try {
      const raids = await newest();
      pause = LOOK_AGAIN_MS;
      const isOn = live || raids.some(({ status }) => status === "ACTIVE" || status === "PAUSED");
      const ended = raids.find(({ status }) => status === "COMPLETED");
      if (isOn) return; // the subscription tells of it
      if (ended && victorySeconds > 0 && isStillShown(ended)) {
        if (shown !== ended.id) view.ended(ended, finalBlow(ended.events), false);
        shown = ended.id;
        return;
      }
      shown = undefined;
      view.waiting(raids.findLast(({ status }) => status === "SCHEDULED")?.startsAt);
    } catch {
      // cut off, or refused: the line says so itself
    } finally {
      clearTimeout(timer);
      if (!live) timer = setTimeout(() => void look(), pause * (0.8 + Math.random() * 0.4));
    }
  };

  followRaid<Raid, RaidEvent>(
    line,
    { query, operationName: "OverlayLive", variables: asked, raidId },
    {
      update(raid, events, fresh) {
        if (raid.status === "SCHEDULED") return;
        live = raid.status !== "COMPLETED";
        if (live) {
          clearTimeout(timer);
          shown = undefined;
          view.raid(raid, events, fresh);
        } else if (!fresh && victorySeconds > 0) {
          shown = raid.id;
          view.ended(raid, finalBlow(events), true);
        }
      },
      over() {
        live = false;
        clearTimeout(timer);
        timer = setTimeout(() => void look(), TRY_AGAIN_MS);
      },
    },
  );
  if (settings.ticker) {
    line.follow<OverlayStrikesSubscription>(
      { query, operationName: "OverlayStrikes", variables: { raidId: raidId ?? null } },
      { next: ({ strikeFeed }) => view.strikes(strikeFeed) },
    );
  }
  void look();
}
