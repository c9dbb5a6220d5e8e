/** Moments: a stage, a curse, a breakthrough. One banner at a time; of many at once only the sum is told. */
import { named, titled } from "../live/names";
import { part, say } from "./dom";
import type { Raid, RaidEvent } from "./raid";
import type { Words } from "./words";

export type MomentKind = "stage" | "curse" | "breakthrough" | "raid";

export interface Moment {
  readonly kind: MomentKind;
  readonly title: string;
  readonly text: string;
}

const SHOWN_MS = 4_200;
const BETWEEN_MS = 400;
const MOST_WAITING = 3;
const NO_NEWS_AFTER_MS = 30_000;

const inWords = ({ value }: { readonly value: string }): string => named(titled(value));

/** What is told of an event; nothing of those that the plate shows well enough. */
export function momentOf(event: RaidEvent, raid: Raid, { say: words, whole, factor }: Words): Moment | undefined {
  switch (event.__typename) {
    case "StageAdvanced": {
      const text = [
        event.addedWeakness && words.newWeakness(inWords(event.addedWeakness)),
        event.addedCurse && words.newCurse(inWords(event.addedCurse)),
        raid.stage.number === event.toStage && words.strikesScore(factor(raid.stage.fightPermille)),
      ].filter(Boolean);
      return { kind: "stage", title: words.newStage(whole(event.toStage)), text: text.join(" · ") };
    }
    case "CurseApplied": {
      const value = inWords(event.curse);
      const text = event.replaced ? words.replaces(inWords(event.replaced)) : words.cursedNow(value);
      return { kind: "curse", title: words.newCurse(value), text };
    }
    case "BreakthroughAchieved": {
      const number = words.newBreakthrough(whole(event.number));
      const title = event.weakness ? words.newWeakness(inWords(event.weakness)) : number;
      const found = event.triggeredBy ? words.foundBy(named(event.triggeredBy.name)) : "";
      return { kind: "breakthrough", title, text: [event.weakness && number, found].filter(Boolean).join(" · ") };
    }
    case "RaidStarted":
      return { kind: "raid", title: words.begins, text: named(raid.boss.name) };
    case "RaidChanged":
      if (event.kind === "RAID_PAUSED") return { kind: "raid", title: words.pausedNow, text: named(raid.name) };
      return event.kind === "RAID_RESUMED" ? { kind: "raid", title: words.resumedNow, text: named(raid.boss.name) } : undefined;
    default:
      return undefined;
  }
}

/** Many moments as one. */
function summed(moments: readonly Moment[], { say: words }: Words): Moment {
  const count = (kind: MomentKind): number => moments.filter((moment) => moment.kind === kind).length;
  const told = words.happened(count("stage"), count("curse"), count("breakthrough")).filter(Boolean);
  return { kind: count("stage") ? "stage" : "raid", title: words.meanwhile, text: told.join(" · ") };
}

export interface Moments {
  tell(moments: readonly Moment[]): void;
  /** What waits to be told is told no more. */
  clear(): void;
}

/** `onShow` is called as a moment is shown. */
export function makeMoments(words: Words, onShow: (kind: MomentKind) => void): Moments {
  const [banner, title, text] = [part("toast"), part("toast-title"), part("toast-text")];
  let waiting: { readonly moment: Moment; readonly since: number }[] = [];
  let timer = 0;

  const next = (): void => {
    timer = 0;
    const now = performance.now();
    waiting = waiting.filter(({ since }) => now - since < NO_NEWS_AFTER_MS);
    const [first] = waiting;
    if (!first) return;
    const isMuch = waiting.length > MOST_WAITING;
    const moment = isMuch ? summed(waiting.map((one) => one.moment), words) : first.moment;
    waiting = isMuch ? [] : waiting.slice(1);
    banner.dataset.kind = moment.kind;
    say(title, moment.title);
    say(text, moment.text);
    banner.classList.add("show");
    onShow(moment.kind);
    timer = setTimeout(() => {
      banner.classList.remove("show");
      timer = setTimeout(next, BETWEEN_MS);
    }, SHOWN_MS);
  };

  return {
    tell(moments) {
      const since = performance.now();
      waiting.push(...moments.map((moment) => ({ moment, since })));
      if (!timer) next();
    },
    clear() {
      waiting = [];
      clearTimeout(timer);
      timer = 0;
      banner.classList.remove("show");
    },
  };
}
