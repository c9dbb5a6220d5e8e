/** A made-up raid, for trying settings out and for placing the overlay in OBS before a raid is on. */
import type { Raid, RaidEvent, Strike } from "./raid";
import type { Demo, Settings } from "./settings";
import type { View } from "./view";

const STRIKE_EVERY_MS = 420;
const REHEARSED_MS = 7_000;
const NAMES = ["Bramble Bea", "べにいろ", "RinTheTactician", "old_man_gundo", "Mira Vetrova", "k1ra", "은하별", "mochi", "Halcyon Drift", "a_very_long_name_for_a_very_small_row_indeed", "Ruri", "لينا"];
const THRESHOLDS = [1_850, 4_625, 8_325, 12_950, 18_500, 24_975, 32_375, 40_700, 49_950, 61_050];
const TOTAL = 4_800_000;

/** Chance that comes out the same each time: pictures of the demo can be compared. */
function dice(): () => number {
  let state = 20_260_703;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const leaders = (scores: readonly number[]): Raid["leaderboard"] =>
  scores
    .map((score, index) => ({ score, player: { id: String(index), name: NAMES[index] ?? "" } }))
    .sort((a, b) => b.score - a.score)
    .slice(0, 10)
    .map((entry, index) => ({ ...entry, rank: index + 1 }));

const SCORES = [48_210, 40_980, 39_020, 31_774, 30_105, 22_840, 21_300, 17_012, 16_650, 12_207, 9_800, 4_400];

const SAMPLE: Raid = {
  id: "demo",
  name: "World threat, week 12",
  status: "ACTIVE",
  outcome: null,
  startsAt: new Date(Date.now() - 368_000_000).toISOString(),
  completedAt: null,
  boss: { name: "Kagutsuchi, the Ashen Calamity" },
  hp: { current: 2_984_112, total: TOTAL },
  stage: { number: 2, count: 5, fightPermille: 1_100, hpThresholdsPermille: [750, 500, 250, 100] },
  analysis: { points: 10_730, unlocked: 3, thresholds: THRESHOLDS },
  weaknesses: [{ value: "water" }, { value: "Mecha" }, { value: "ice" }],
  resistances: [],
  curses: [
    { sequence: 9, affinity: { value: "fire" } },
    { sequence: 14, affinity: { value: "Swordsman" } },
  ],
  curseClock: { strikesUntilNext: 37 },
  totals: { strikes: 9_418, participants: 1_284 },
  leaderboard: leaders(SCORES),
};

const BLOW = "Mira Vetrova";

const defeated = (raid: Raid): Raid => ({
  ...raid,
  status: "COMPLETED",
  outcome: "VICTORY",
  completedAt: new Date(Date.parse(raid.startsAt) + 532_000_000).toISOString(),
  hp: { ...raid.hp, current: 0 },
  stage: { ...raid.stage, number: raid.stage.count },
});

let sequence = 100;

/** The raid as it is after such a moment, and the moment. */
function happening(raid: Raid, kind: string): readonly [Raid, RaidEvent] | undefined {
  sequence++;
  switch (kind) {
    case "stage": {
      const number = Math.min(raid.stage.number + 1, raid.stage.count);
      const stage = { ...raid.stage, number, fightPermille: 1_000 + 100 * (number - 1) };
      return [{ ...raid, stage }, { __typename: "StageAdvanced", sequence, toStage: number, addedWeakness: null, addedCurse: null }];
    }
    case "curse": {
      const curses = [...raid.curses.filter(({ affinity }) => affinity.value !== "Isekai"), { sequence, affinity: { value: "Isekai" } }];
      return [{ ...raid, curses }, { __typename: "CurseApplied", sequence, curse: { value: "Isekai" }, replaced: null }];
    }
    case "breakthrough": {
      const weaknesses = [...raid.weaknesses.filter(({ value }) => value !== "lightning"), { value: "lightning" }];
      const analysis = { ...raid.analysis, unlocked: 4, points: 13_020 };
      return [
        { ...raid, weaknesses, analysis },
        { __typename: "BreakthroughAchieved", sequence, number: 4, weakness: { value: "lightning" }, triggeredBy: { name: BLOW } },
      ];
    }
    default:
      return undefined;
  }
}

/** Shows what is asked for, on the raid that is shown, and afterwards the raid as it is. */
export function rehearse(view: View, name: string, { demo }: Settings): void {
  const raid = view.current() ?? SAMPLE;
  const happened = happening(raid, name);
  if (happened) view.raid(happened[0], [happened[1]], false);
  if (name === "victory") {
    view.hold(REHEARSED_MS);
    view.ended(defeated(raid), BLOW, true);
    if (demo !== "victory") {
      setTimeout(() => {
        const now = view.current() ?? raid;
        view.raid(now.status === "COMPLETED" ? raid : now, [], true);
      }, REHEARSED_MS);
    }
  }
  if (name === "lost") {
    view.line("lost");
    if (demo !== "lost") setTimeout(() => view.line("open"), REHEARSED_MS);
  }
}

/** "on": a fight from here to the end and over again. Any other: that scene, standing still. */
export function play(view: View, settings: Settings): void {
  const chance = dice();
  const scores = [...SCORES];
  let raid = SAMPLE;
  let number = raid.totals.strikes;
  let rest = 0;

  const strike = (): Strike => {
    const who = Math.floor(chance() * NAMES.length);
    const points = 900 + Math.floor(chance() ** 3 * 31_000);
    const fights = chance() < 0.68;
    if (fights) scores[who] = (scores[who] ?? 0) + points;
    number++;
    const [action, affinityPermille, player] = [fights ? "FIGHT" : "ANALYZE", chance() < 0.4 ? 1_500 : 1_000, { name: NAMES[who] ?? "" }] as const;
    return { number, action, affinityPermille, player, damageDealt: fights ? points : 0, analysisPoints: fights ? 0 : points >> 8 };
  };

  const step = (): void => {
    if (rest-- > 0) return;
    if (raid.status === "COMPLETED") {
      raid = SAMPLE;
      view.raid(raid, [], true);
      return;
    }
    const one = strike();
    view.strikes({ strikes: [one], skipped: 0, lastNumber: number });
    raid = {
      ...raid,
      hp: { ...raid.hp, current: Math.max(0, raid.hp.current - one.damageDealt * 3) },
      analysis: { ...raid.analysis, points: raid.analysis.points + one.analysisPoints },
      curseClock: { strikesUntilNext: ((raid.curseClock.strikesUntilNext + 38) % 40) + 1 },
      totals: { ...raid.totals, strikes: number },
      leaderboard: leaders(scores),
    };
    if (raid.hp.current > 0) {
      view.raid(raid, [], false);
      return;
    }
    raid = defeated(raid);
    view.ended(raid, one.player.name, true);
    rest = 24;
  };

  const scene: Demo = settings.demo;
  if (scene === "waiting") {
    view.waiting(new Date(Date.now() + 7_440_500).toISOString());
    return;
  }
  view.raid(scene === "paused" ? { ...raid, status: "PAUSED" } : raid, [], true);
  const first = Array.from({ length: 5 }, strike);
  view.strikes({ strikes: first, skipped: 0, lastNumber: number });
  if (scene === "on") setInterval(step, STRIKE_EVERY_MS);
  else if (scene === "victory") view.ended(defeated(raid), BLOW, false);
  else setTimeout(() => rehearse(view, scene, settings), 300);
}
