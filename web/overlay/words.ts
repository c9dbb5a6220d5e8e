/** What the overlay says, and how it writes numbers. */
import type { LeaderboardMetric, RaidOutcome } from "../live/schema";
import type { Language } from "./settings";

const raiders = (count: string): string => `${count} raider${count === "1" ? "" : "s"}`;

const english = {
  stage: "Stage",
  of: (count: string) => `of ${count}`,
  raiders,
  board: { DAMAGE: "Top damage", ANALYSIS: "Top analysis", CONTRIBUTION: "Top contribution", STRIKES: "Most strikes" } as Record<LeaderboardMetric, string>,
  breakthrough: (number: string, count: string) => `Breakthrough ${number} of ${count}`,
  breakthroughsDone: "All breakthroughs found",
  weak: "Weak to",
  cursed: "Cursed",
  untilCurse: "Strikes to curse: ",
  analysis: "analysis",
  more: (count: string) => `and ${count} more`,
  paused: "Paused",
  lost: (time: string) => `Reconnecting. Cut off for ${time}`,
  connecting: "Connecting …",
  refused: "No access. A viewer token is missing or no longer good",
  waiting: "No threat in sight",
  waitingMore: "The overlay wakes up by itself when a raid begins",
  startsIn: (time: string) => `The next threat arrives in ${time}`,
  newStage: (stage: string) => `Stage ${stage}`,
  strikesScore: (factor: string) => `Strikes now score ×${factor}`,
  newCurse: (value: string) => `New curse: ${value}`,
  replaces: (value: string) => `It takes the place of ${value}`,
  cursedNow: (value: string) => `${value} characters now strike weaker`,
  newWeakness: (value: string) => `Weak to ${value}`,
  newBreakthrough: (number: string) => `Breakthrough ${number}`,
  foundBy: (name: string) => `Found by ${name}`,
  begins: "A threat appears",
  pausedNow: "The raid is paused",
  resumedNow: "The raid goes on",
  meanwhile: "While you were away",
  happened: (stages: number, curses: number, breakthroughs: number) =>
    [stages && `${stages} new ${stages > 1 ? "stages" : "stage"}`, curses && `${curses} ${curses > 1 ? "curses" : "curse"}`, breakthroughs && `${breakthroughs} ${breakthroughs > 1 ? "breakthroughs" : "breakthrough"}`],
  outcome: { VICTORY: "Threat defeated", EXPIRED: "The threat withdrew", CANCELLED: "The raid was ended" } as Record<RaidOutcome, string>,
  fell: (boss: string, count: string) => `${boss} fell to ${raiders(count)}`,
  stands: (boss: string, share: string) => `${boss} was left with ${share}`,
  finalBlow: (name: string) => `Final blow: ${name}`,
  metric: { DAMAGE: "damage", ANALYSIS: "analysis", CONTRIBUTION: "contribution", STRIKES: "strikes" } as Record<LeaderboardMetric, string>,
  strikes: "strikes",
  stages: "stages",
  breakthroughs: "breakthroughs",
  duration: "fought for",
};

const german: typeof english = {
  stage: "Stufe",
  of: (count) => `von ${count}`,
  raiders: (count) => `${count} dabei`,
  board: { DAMAGE: "Top-Schaden", ANALYSIS: "Top-Analyse", CONTRIBUTION: "Top-Beitrag", STRIKES: "Meiste Angriffe" },
  breakthrough: (number, count) => `Durchbruch ${number} von ${count}`,
  breakthroughsDone: "Alle Durchbrüche gefunden",
  weak: "Schwäche",
  cursed: "Verflucht",
  untilCurse: "Angriffe bis Fluch: ",
  analysis: "Analyse",
  more: (count) => `und ${count} weitere`,
  paused: "Pause",
  lost: (time) => `Verbinde neu. Seit ${time} getrennt`,
  connecting: "Verbinde …",
  refused: "Kein Zugang. Ein Zuschauer-Token fehlt oder gilt nicht mehr",
  waiting: "Keine Bedrohung in Sicht",
  waitingMore: "Das Overlay erwacht von selbst, wenn ein Raid beginnt",
  startsIn: (time) => `Die nächste Bedrohung kommt in ${time}`,
  newStage: (stage) => `Stufe ${stage}`,
  strikesScore: (factor) => `Angriffe zählen jetzt ×${factor}`,
  newCurse: (value) => `Neuer Fluch: ${value}`,
  replaces: (value) => `Er ersetzt ${value}`,
  cursedNow: (value) => `${value} ist jetzt geschwächt`,
  newWeakness: (value) => `Schwach gegen ${value}`,
  newBreakthrough: (number) => `Durchbruch ${number}`,
  foundBy: (name) => `Gefunden von ${name}`,
  begins: "Eine Bedrohung erscheint",
  pausedNow: "Der Raid pausiert",
  resumedNow: "Der Raid geht weiter",
  meanwhile: "Inzwischen",
  happened: (stages, curses, breakthroughs) =>
    [stages && `${stages} neue ${stages > 1 ? "Stufen" : "Stufe"}`, curses && `${curses} ${curses > 1 ? "Flüche" : "Fluch"}`, breakthroughs && `${breakthroughs} ${breakthroughs > 1 ? "Durchbrüche" : "Durchbruch"}`],
  outcome: { VICTORY: "Bedrohung besiegt", EXPIRED: "Die Bedrohung zog ab", CANCELLED: "Der Raid wurde beendet" },
  fell: (boss, count) => `${boss} ist gefallen. Beteiligt: ${count}`,
  stands: (boss, share) => `${boss} blieben ${share}`,
  finalBlow: (name) => `Letzter Schlag: ${name}`,
  metric: { DAMAGE: "Schaden", ANALYSIS: "Analyse", CONTRIBUTION: "Beitrag", STRIKES: "Angriffe" },
  strikes: "Angriffe",
  stages: "Stufen",
  breakthroughs: "Durchbrüche",
  duration: "Kampfdauer",
};

export interface Words {
  readonly say: typeof english;
  readonly whole: (value: number) => string;
  /** Short enough for any bar: `318.64M` from a million on. */
  readonly short: (value: number) => string;
  /** Of a fraction, rounded up as the server does: nothing is dead before it is dead. */
  readonly percent: (fraction: number) => string;
  /** The two greatest units of a time. */
  readonly time: (milliseconds: number) => string;
  readonly factor: (permille: number) => string;
}

export function wordsIn(language: Language): Words {
  const whole = new Intl.NumberFormat(language);
  const compact = new Intl.NumberFormat(language, { notation: "compact", minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const percent = new Intl.NumberFormat(language, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const factor = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  return {
    say: language === "de" ? german : english,
    whole: (value) => whole.format(value),
    short: (value) => (Math.abs(value) < 1e6 ? whole : compact).format(value),
    percent: (fraction) => percent.format(Math.ceil(fraction * 1000 - 1e-9) / 1000),
    time: (milliseconds) => {
      const seconds = Math.max(0, Math.floor(milliseconds / 1000));
      const units: readonly (readonly [number, string])[] = [
        [Math.floor(seconds / 86_400), "d"],
        [Math.floor(seconds / 3600) % 24, "h"],
        [Math.floor(seconds / 60) % 60, "min"],
        [seconds % 60, "s"],
      ];
      const first = units.findIndex(([count]) => count > 0);
      const shown = first < 0 ? units.slice(3) : units.slice(first, first + 2).filter(([count]) => count > 0);
      return shown.map(([count, unit]) => `${count} ${unit === "d" && language === "de" ? "T" : unit}`).join(" ");
    },
    factor: (permille) => factor.format(permille / 1000),
  };
}
