// What happened, newest first, and what of it a screen reader is told.
import { unturned } from "../live/names";
import type { RaidEvent } from "./api";
import { fill, make, part } from "./dom";
import { count, when } from "./format";
import { words } from "./words";

const LOOKS: Partial<Record<RaidEvent["kind"], string>> = {
  STAGE_ADVANCED: "stage",
  CURSE_APPLIED: "curse",
  CURSE_FIZZLED: "curse",
  BREAKTHROUGH: "breakthrough",
  BOSS_DEFEATED: "victory",
};
const SHOWN = 60;
const QUIET_MS = 5_000;

export const looksOf = (event: RaidEvent): string => LOOKS[event.kind] ?? "other";

/** In English the server's own words; in other languages what it tells besides them. */
export const messageOf = (event: RaidEvent, boss: string): string => unturned(translated(event, boss) ?? event.message);

function translated(event: RaidEvent, boss: string): string | undefined {
  const said = words.event;
  if (event.__typename === "StageAdvanced") return said?.stage(count(event.toStage));
  if (event.__typename === "CurseApplied") return said?.curse(event.curse.value, event.replaced?.value);
  if (event.__typename === "BreakthroughAchieved") return said?.breakthrough(count(event.number), event.weakness?.value);
  return said?.kind[event.kind]?.(boss, event.__typename === "BossDefeated" ? event.finalBlowBy.name : "");
}

export function showTimeline(events: readonly RaidEvent[], boss: string): void {
  const newest = events.slice(-SHOWN).reverse();
  fill(part("events"), JSON.stringify(newest), () =>
    newest.length ? newest.map((event) => line(event, boss)) : [make("li", "empty", words.nothing)],
  );
}

function line(event: RaidEvent, boss: string): HTMLElement {
  const at = new Date(event.occurredAt);
  const stamp = make("time", "", when(at));
  stamp.dateTime = event.occurredAt;
  return make("li", looksOf(event), make("span", "", messageOf(event, boss)), stamp);
}

let waiting: string[] = [];
let timer = 0;

/** Tells a screen reader the last of what happened, with breaks in between: a raid can be faster than speech. */
export function announce(messages: readonly string[]): void {
  waiting.push(...messages);
  if (timer || !waiting.length) return;
  const last = waiting.at(-1) ?? "";
  const others = waiting.length - 1;
  part("announcer").textContent = others ? words.others(last, others) : last;
  waiting = [];
  timer = window.setTimeout(() => {
    timer = 0;
    announce([]);
  }, QUIET_MS);
}
