// What happened, newest first, and what of it a screen reader is told.
import type { RaidEvent } from "./api";
import { fill, make, part } from "./dom";
import { when } from "./format";

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

export function showTimeline(events: readonly RaidEvent[]): void {
  const newest = events.slice(-SHOWN).reverse();
  fill(part("events"), JSON.stringify(newest), () =>
    newest.length ? newest.map(line) : [make("li", "empty", "Nothing yet.")],
  );
}

function line(event: RaidEvent): HTMLElement {
  const at = new Date(event.occurredAt);
  const stamp = make("time", "", when(at));
  stamp.dateTime = event.occurredAt;
  return make("li", looksOf(event), make("span", "", event.message), stamp);
}

let waiting: string[] = [];
let timer = 0;

/** Tells a screen reader the last of what happened, with breaks in between: a raid can be faster than speech. */
export function announce(messages: readonly string[]): void {
  waiting.push(...messages);
  if (timer || !waiting.length) return;
  const last = waiting.at(-1) ?? "";
  const others = waiting.length - 1;
  part("announcer").textContent = others ? `${last} And ${others} more.` : last;
  waiting = [];
  timer = window.setTimeout(() => {
    timer = 0;
    announce([]);
  }, QUIET_MS);
}
