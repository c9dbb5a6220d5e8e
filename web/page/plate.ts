// The boss as it stands: stage, hit points, analysis, weaknesses, curses, and how long there is.
import { titled } from "../live/names";
import type { RaidState } from "./api";
import { fill, make, part, say, show } from "./dom";
import { count, duration, moment, percent, short } from "./format";
import { words } from "./words";

const FULL_NUMBERS_BELOW = 10_000_000;

type Affinity = RaidState["weaknesses"][number];

export function statusOf(raid: RaidState): keyof typeof words.status {
  return raid.outcome ?? (raid.status === "COMPLETED" ? "CANCELLED" : raid.status);
}

export function showPlate(raid: RaidState): void {
  const status = statusOf(raid);
  part("plate").dataset["status"] = status;
  say("stage", String(raid.stage.number));
  say("stages", words.of(count(raid.stage.count)));
  say("boss", raid.boss.name);
  say("raid-name", raid.name);
  say("status", words.status[status]);
  const { current, total, permille } = raid.hp;
  bar("hp", current, total, words.hpOf(count(current), count(total), percent(permille)));
  const written = total < FULL_NUMBERS_BELOW ? count : short;
  say("hp-text", `${written(current)} / ${written(total)}`);
  say("hp-percent", percent(permille));
  fill(part("notches"), `${raid.id} ${raid.stage.number} ${raid.stage.hpThresholdsPermille}`, () =>
    raid.stage.hpThresholdsPermille.map((threshold, index) => {
      const notch = make("i", raid.stage.number > index + 1 ? "past" : "");
      notch.style.left = `${threshold / 10}%`;
      return notch;
    }),
  );
  showAnalysis(raid);
  chips("weaknesses", raid.weaknesses, words.noneKnown);
  chips("curses", raid.curses.map(({ affinity }) => affinity), words.none);
  show("resisted", raid.resistances.length > 0);
  chips("resistances", raid.resistances, words.none);
  show("clock", raid.status === "ACTIVE");
  say("clock", words.nextCurse(count(raid.curseClock.strikesUntilNext), raid.curseClock.strikesUntilNext === 1));
  showEnd(raid);
  say("struck", words.strikesBy(count(raid.totals.strikes), words.players(count(raid.totals.participants), raid.totals.participants === 1)));
}

/** How long the raid still goes on, by this machine's clock. */
export function showEnd(raid: RaidState): void {
  const ends = raid.endsAt && raid.status !== "COMPLETED" ? new Date(raid.endsAt) : null;
  show("ends", ends !== null);
  if (ends) say("ends", words.ends(moment(ends), duration(ends.getTime() - Date.now())));
}

function showAnalysis({ analysis: { points, unlocked, thresholds, nextThreshold } }: RaidState): void {
  show("analysis-line", thresholds.length > 0);
  const from = thresholds[unlocked - 1] ?? 0;
  const done = nextThreshold === null;
  const name = done ? words.allBreakthroughs(count(thresholds.length)) : words.breakthrough(count(unlocked + 1), count(thresholds.length));
  say("analysis-name", name);
  say("analysis-text", done ? count(points) : `${count(points)} / ${count(nextThreshold)}`);
  bar("analysis", done ? 1 : points - from, done ? 1 : nextThreshold - from, words.analysisPoints(count(points)));
}

function bar(id: string, value: number, most: number, text: string): void {
  const node = part(id);
  const share = most > 0 ? Math.min(1, Math.max(0, value / most)) : 0;
  node.style.setProperty("--share", String(share));
  node.setAttribute("aria-valuemax", String(most));
  node.setAttribute("aria-valuenow", String(value));
  node.setAttribute("aria-valuetext", text);
}

function chips(id: string, affinities: readonly Affinity[], none: string): void {
  fill(part(id), JSON.stringify(affinities), () =>
    affinities.length
      ? affinities.map(({ kind, value }) => {
          const chip = make("li", "", titled(value));
          chip.title = kind.toLowerCase();
          return chip;
        })
      : [make("li", "none", none)],
  );
}
