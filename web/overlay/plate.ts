/** The boss's plate: who it is, what is left of it, what helps against it. */
import { titled } from "../live/names";
import { badgeRow, widthOf } from "./badges";
import { fill, isLively, part, say } from "./dom";
import { hpFraction, type Raid } from "./raid";
import type { Settings } from "./settings";
import type { Words } from "./words";

const ROOM = 985; // for affinities and what is written around them, a little smaller than they are
const SMALLER = 17 / 18;
const UPRIGHT_ROOM = 470;
const CURSED_SHARE = 0.4;
const FLASH_EVERY_MS = 350; // never more than three in a second
const DRAIN_AFTER_MS = 450;
const DRAIN_AT_LATEST_MS = 1_200;

export function makePlate({ badges, layout }: Settings, { say: words, whole, short, percent }: Words): (raid: Raid, fresh: boolean) => void {
  const [filling, ghost, flash, bar] = [part("fill"), part("ghost"), part("flash"), part("hp")];
  const [notches, gates] = [part("notches"), part("gates")];
  part("crest-word").textContent = words.stage;

  const isUpright = layout === "vertical";
  const weak = badgeRow(part("weak"), words.weak);
  const cursed = badgeRow(part("cursed"), words.cursed);
  part("clock").append(words.untilCurse, document.createElement("b"));
  const clock = part("clock").children[0] as HTMLElement;
  part("affinities").hidden = !badges;

  let fraction = 1;
  let drained = 1;
  let flashedAt = 0;
  let hitAt = 0;
  let timer = 0;
  let shownAffinities = "";

  const drain = (): void => {
    timer = hitAt = 0;
    drained = fraction;
    fill(ghost, drained);
  };

  /** The lost part stays bright for a moment: until the hits pause, or long enough when they never do. */
  const takeHp = (next: number, fresh: boolean): void => {
    const isHit = next < fraction && !fresh;
    fraction = next;
    fill(filling, fraction);
    if (!isHit) {
      clearTimeout(timer);
      drain();
      return;
    }
    const now = performance.now();
    hitAt ||= now;
    clearTimeout(timer);
    timer = setTimeout(drain, Math.min(DRAIN_AFTER_MS, hitAt + DRAIN_AT_LATEST_MS - now));
    if (isLively() && now - flashedAt >= FLASH_EVERY_MS) {
      flashedAt = now;
      flash.animate([{ opacity: 0.45 }, { opacity: 0 }], 180);
    }
  };

  /** As many children as there are values; each is made once. */
  const marks = (home: HTMLElement, count: number, place: (mark: HTMLElement, index: number) => void): void => {
    while (home.children.length < count) home.append(document.createElement("i"));
    while (home.children.length > count) home.lastChild?.remove();
    [...home.children].forEach((mark, index) => place(mark as HTMLElement, index));
  };

  return (raid, fresh) => {
    const { stage, analysis, hp } = raid;
    say(part("boss"), raid.boss.name);
    say(part("raid"), raid.status === "PAUSED" ? words.paused : raid.name);
    part("raid").classList.toggle("paused", raid.status === "PAUSED");
    say(part("stage-number"), whole(stage.number));
    say(part("stage-count"), words.of(whole(stage.count)));

    takeHp(hpFraction(raid), fresh);
    say(part("hp-left"), `${short(hp.current)} / ${short(hp.total)}`);
    say(part("hp-percent"), percent(hpFraction(raid)));
    bar.setAttribute("aria-valuenow", (hpFraction(raid) * 100).toFixed(1));
    marks(notches, stage.hpThresholdsPermille.length, (mark, index) => {
      mark.style.left = `${(stage.hpThresholdsPermille[index] ?? 0) / 10}%`;
      mark.className = stage.number > index + 1 ? "past" : "";
    });

    // Every breakthrough has the same room, whatever it takes: the next one can be seen coming.
    const { thresholds, unlocked, points } = analysis;
    const count = thresholds.length;
    const before = thresholds[unlocked - 1] ?? 0;
    const next = thresholds[unlocked];
    part("analysis").hidden = count === 0;
    if (count > 0) {
      const way = next === undefined ? 0 : (points - before) / (next - before);
      fill(part("analysis-fill"), (unlocked + Math.min(1, way)) / count);
      marks(gates, count, (mark, index) => {
        mark.style.left = `${((index + 1) / count) * 100}%`;
        mark.className = index < unlocked ? "past" : "";
      });
      say(part("analysis-label"), next === undefined ? words.breakthroughsDone : words.breakthrough(whole(unlocked + 1), whole(count)));
      say(part("analysis-points"), next === undefined ? short(points) : `${short(points)} / ${short(next)}`);
    }

    if (!badges) return;
    say(clock, whole(raid.curseClock.strikesUntilNext));
    // What is not written anew is not measured anew: that costs a whole calculation of styles.
    const affinities = JSON.stringify([raid.weaknesses, raid.curses, raid.resistances]);
    if (affinities === shownAffinities && !fresh) return;
    shownAffinities = affinities;
    const labels = widthOf(words.weak + words.cursed + words.untilCurse + "1,000") * SMALLER;
    const room = isUpright ? UPRIGHT_ROOM : ROOM - labels;
    const weaknesses = raid.weaknesses.map(({ value }) => ({ text: titled(value), className: "weak" })).reverse();
    const curses = [...raid.curses]
      .sort((a, b) => b.sequence - a.sequence)
      .map(({ affinity }) => ({ text: titled(affinity.value), className: "curse" }));
    const resisted = raid.resistances.map(({ value }) => ({ text: titled(value), className: "curse resists" }));
    const against = [...curses, ...resisted];
    // What neither needs of its share is the other's.
    const theirs = isUpright ? 0 : cursed(against, room * CURSED_SHARE, fresh);
    const taken = weak(weaknesses, room - theirs, fresh);
    cursed(against, isUpright ? room : room - taken, fresh);
  };
}
