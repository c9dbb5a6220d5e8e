/** Everything that is to be seen, put together: which scene is on, and what belongs to it. */
import type { LineState } from "../live/line";
import { makeBoard } from "./board";
import { part, say } from "./dom";
import { makeEnding } from "./ending";
import { makeMoments, momentOf, type MomentKind } from "./moments";
import { makePlate } from "./plate";
import type { Raid, RaidEvent, StrikeFeed } from "./raid";
import type { Settings } from "./settings";
import { makeTicker } from "./ticker";
import { wordsIn } from "./words";

export interface View {
  /** A raid that is on. `fresh`: not to be animated from what was shown before. */
  raid(raid: Raid, events: readonly RaidEvent[], fresh: boolean): void;
  strikes(feed: StrikeFeed): void;
  /** A raid that is over; `blow`: whose strike was the last. */
  ended(raid: Raid, blow: string | undefined, celebrated: boolean): void;
  /** No raid is on; `startsAt`: when the next one is planned to begin. */
  waiting(startsAt: string | undefined): void;
  line(state: LineState): void;
  /** The raid last shown. */
  current(): Raid | undefined;
  /** For so long the scene stays as it is, whatever is told of the raid. */
  hold(milliseconds: number): void;
  /** From now on nothing moves to where it belongs, it is there; until `awake`. */
  asleep(): void;
  awake(): void;
}

type Scene = "raid" | "waiting" | "ending";

const CHIP_AFTER_MS = 800; // a line that comes back at once was never gone
const LAST_BLOW_SEEN_MS = 1_500;

export function makeView(settings: Settings): View {
  const words = wordsIn(settings.lang);
  const root = document.documentElement;
  const { body } = document;
  const sound = (kind: MomentKind | "victory"): void => {
    if (settings.sound) void import("./sound").then(({ play }) => play(kind, settings.volume));
  };
  const plate = makePlate(settings, words);
  const board = makeBoard(settings, words);
  const ticker = makeTicker(settings, words);
  const moments = makeMoments(words, sound);
  const ending = makeEnding(settings, words);

  let isAsleep = false;
  let current: Raid | undefined;
  let heldUntil = 0;
  let scene: Scene | undefined;
  let next: number | undefined;
  let countdown = 0;
  let lostAt: number | undefined;
  let chip = 0;

  const enter = (entered: Scene): void => {
    clearTimeout(next);
    clearInterval(countdown);
    scene = entered;
    body.dataset.scene = entered;
  };

  const show = (raid: Raid, blow: string | undefined, celebrated: boolean): void => {
    enter("ending");
    moments.clear();
    ending(raid, blow, celebrated);
    if (celebrated && raid.outcome === "VICTORY") sound("victory");
  };

  const wait = (startsAt: string | undefined): void => {
    enter("waiting");
    say(part("waiting-title"), words.say.waiting);
    const tick = (): void => {
      const left = startsAt ? Date.parse(startsAt) - Date.now() : 0;
      say(part("waiting-text"), left > 0 ? words.say.startsIn(words.time(left)) : words.say.waitingMore);
    };
    tick();
    if (startsAt) countdown = setInterval(tick, 1_000);
  };

  return {
    raid(raid, events, fresh) {
      const isOther = raid.id !== current?.id;
      if (current && isOther) ticker.clear(); // of the first one, strikes may have come before
      const isNew = fresh || isOther || isAsleep;
      current = raid;
      if (performance.now() < heldUntil) return;
      if (scene !== "raid") enter("raid");
      plate(raid, isNew);
      board(raid, isNew);
      if (!isAsleep && settings.toast) moments.tell(events.flatMap((event) => momentOf(event, raid, words) ?? []));
    },
    strikes: (feed) => ticker.take(feed),
    ended(raid, blow, celebrated) {
      current = raid;
      const isSeen = celebrated && !isAsleep;
      plate(raid, !isSeen);
      if (!isSeen || scene !== "raid") show(raid, blow, isSeen);
      else next = setTimeout(() => show(raid, blow, true), LAST_BLOW_SEEN_MS);
    },
    waiting: wait,
    line(state) {
      clearInterval(chip);
      if (state === "open") lostAt = undefined;
      else lostAt ??= performance.now();
      const tick = (): void => {
        const milliseconds = performance.now() - (lostAt ?? 0);
        const isLost = lostAt !== undefined && milliseconds >= CHIP_AFTER_MS;
        if (isLost) body.dataset.line = state;
        else delete body.dataset.line;
        const text = state === "refused" ? words.say.refused : scene ? words.say.lost(words.time(milliseconds)) : words.say.connecting;
        if (isLost) say(part("lost-text"), text);
      };
      tick();
      if (lostAt !== undefined) chip = setInterval(tick, 400);
    },
    current: () => current,
    hold(milliseconds) {
      heldUntil = performance.now() + milliseconds;
    },
    asleep() {
      isAsleep = true;
      moments.clear();
      root.classList.add("snap");
    },
    awake() {
      isAsleep = false;
      // What has changed in the meantime is painted once without a movement.
      requestAnimationFrame(() => requestAnimationFrame(() => isAsleep || root.classList.remove("snap")));
    },
  };
}
