/** The end of a raid: a band across the picture with who won, or what was left. */
import { named } from "../live/names";
import { appear, make, part, say } from "./dom";
import { hpFraction, type Raid } from "./raid";
import type { Settings } from "./settings";
import type { Words } from "./words";

const EMBERS = 22;
const STEPS = 3;

/** The returned function shows a raid that is over; `celebrated`: it ends before our eyes. */
export function makeEnding({ board }: Settings, { say: words, whole, short, percent, time }: Words): (raid: Raid, blow: string | undefined, celebrated: boolean) => void {
  const steps = Array.from({ length: STEPS }, () => make("step", make("rank"), make("name"), make("score")));
  for (const step of steps) step.children[1]?.setAttribute("dir", "auto");
  part("podium").append(...steps);
  const figures = [words.strikes, words.stages, words.breakthroughs, words.duration].map((label) => make("figure", make("number"), make("of", label)));
  part("figures").append(...figures);
  const embers = Array.from({ length: EMBERS }, (_, index) => {
    const ember = make("ember");
    // Spread evenly but not in step: the golden ratio puts no two of them side by side.
    const spread = (index * 0.618) % 1;
    ember.style.cssText = `left:${spread * 100}%;--late:${(spread * 1.7) % 1}`;
    return ember;
  });
  part("embers").append(...embers);

  return (raid, blow, celebrated) => {
    const won = raid.outcome === "VICTORY";
    const ending = part("ending");
    ending.classList.toggle("won", won);
    say(part("ending-raid"), raid.name);
    say(part("ending-title"), words.outcome[raid.outcome ?? "VICTORY"]);
    const boss = named(raid.boss.name);
    say(part("ending-text"), won ? words.fell(boss, whole(raid.totals.participants)) : words.stands(boss, percent(hpFraction(raid))));
    say(part("ending-blow"), won && blow ? words.finalBlow(named(blow)) : "");

    const winners = raid.leaderboard ?? [];
    part("podium").hidden = winners.length === 0 || !board;
    steps.forEach((step, index) => {
      const winner = winners[index];
      step.hidden = !winner;
      if (!winner) return;
      const [rank, name, score] = [...step.children] as [HTMLElement, HTMLElement, HTMLElement];
      say(rank, whole(winner.rank));
      say(name, winner.player.name);
      say(score, `${short(winner.score)} ${words.metric[board ?? "DAMAGE"]}`);
    });
    const lasted = raid.completedAt ? Date.parse(raid.completedAt) - Date.parse(raid.startsAt) : 0;
    const told = [
      whole(raid.totals.strikes),
      `${whole(raid.stage.number)} / ${whole(raid.stage.count)}`,
      `${whole(raid.analysis.unlocked)} / ${whole(raid.analysis.thresholds.length)}`,
      time(lasted),
    ];
    figures.forEach((figure, index) => say(figure.children[0] as HTMLElement, told[index] ?? ""));
    ending.classList.toggle("celebrated", won && celebrated);
    if (celebrated) appear(part("band"), "translateX(-40%)", 500);
  };
}
