/** Brings what the server tells before the view. */
import { openLine } from "../live/line";
import { followRaid } from "../live/raid";
import type { OverlayNewestQuery, OverlayOneQuery, OverlayStrikesSubscription } from "../live/schema";
import query from "./overlay.graphql?raw";
import { finalBlow, type Raid, type RaidEvent } from "./raid";
import type { Settings } from "./settings";
import type { View } from "./view";

const LOOK_AGAIN_MS = 15_000;
const TRY_AGAIN_MS = 3_000;

/** `viewed`: the view, which is there once the first answer comes; until then the socket opens while it is made. */
export function follow(viewed: () => View, settings: Settings): void {
  const { raid: raidId, victorySeconds } = settings;
  const asked = { metric: settings.board ?? "DAMAGE", top: Math.max(3, settings.top) };
  let live = false;
  let timer = 0;
  let shown: string | undefined;

  const isStillShown = ({ completedAt }: Pick<Raid, "completedAt">): boolean =>
    Date.now() - Date.parse(completedAt ?? "") < victorySeconds * 1_000 || victorySeconds === Number.POSITIVE_INFINITY;

  const line = openLine({ token: settings.token, onState: (state) => viewed().line(state) });

  const details = async (id: string): Promise<OverlayOneQuery["raid"]> =>
    (await line.ask<OverlayOneQuery>({ query, operationName: "OverlayOne", variables: { ...asked, raidId: id } })).raid;

  /** Little is asked, and no more than is needed: thousands may ask it at once. */
  const newest = async (): Promise<OverlayNewestQuery["raids"]["nodes"]> => {
    if (!raidId) return (await line.ask<OverlayNewestQuery>({ query, operationName: "OverlayNewest" })).raids.nodes;
    const raid = await details(raidId);
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
        const raid = shown === ended.id ? undefined : await details(ended.id);
        if (!raid || live) return;
        viewed().ended(raid, finalBlow(raid.events), false);
        shown = ended.id;
        return;
      }
      shown = undefined;
      viewed().waiting(raids.findLast(({ status }) => status === "SCHEDULED")?.startsAt);
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
          viewed().raid(raid, events, fresh);
        } else if (!fresh && victorySeconds > 0) {
          shown = raid.id;
          viewed().ended(raid, finalBlow(events), true);
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
      { next: ({ strikeFeed }) => viewed().strikes(strikeFeed) },
    );
  }
  void look();
}
