// Everything that the page says, in each of its languages: `?lang=de`, else what the browser speaks.
import type { LeaderboardMetric, RaidEventKind, RaidOutcome, RaidStatus } from "../live/schema";

const LANGUAGES = ["en", "de"] as const;
export type Language = (typeof LANGUAGES)[number];

const asked = new URLSearchParams(location.search).get("lang")?.toLowerCase();
const spoken: Language = navigator.language.toLowerCase().startsWith("de") ? "de" : "en";
export const language: Language = LANGUAGES.find((each) => each === asked) ?? spoken;
/** For numbers and times: the browser's own kind of that language, where it speaks it. */
export const locale = navigator.language.toLowerCase().startsWith(language) ? navigator.language : language;
/** To be kept in links to this page, where it was asked for. */
export const askedLanguage = asked === language ? asked : undefined;

type Counted = (count: string, isOne: boolean) => string;

const english = {
  // What stands in the page from the start; {} is where the elements come that are inside.
  page: {
    skip: "To the raid",
    more: "More",
    overlay: "Stream overlay",
    looking: "Looking for the raid …",
    winners: "Winners",
    stage: "Stage",
    hp: "Hit points",
    analysis: "Analysis towards the next breakthrough",
    weak: "Weak to",
    cursed: "Cursed",
    resisted: "Resists",
    chart: "Hit points over time",
    noStrike: "No strike yet.",
    legendStage: "stage",
    legendBreakthrough: "breakthrough",
    legendCurse: "curse",
    table: "As a table",
    when: "When",
    left: "Left",
    boards: "Leaderboards",
    boardBy: "Leaderboard by",
    player: "Player",
    events: "What happened",
    strikes: "Strikes",
    part: "Take part",
    strike: "Strike",
    strikeText: "In Discord, type {}. Send up to six characters to fight or to analyse; each can strike once in a raid. {} shows the boss and what you can do now.",
    choose: "Choose well",
    chooseText: "Characters that fit what the boss is {} strike harder, {} ones weaker. Analysing finds new weaknesses for everybody.",
    chooseWeak: "weak to",
    chooseCursed: "cursed",
    stream: "Show it on stream",
    streamText: "One browser source puts the boss over your game. {}.",
    streamLink: "Set up your overlay",
    build: "Build something",
    buildText: "Everything here comes from a GraphQL API that you can use too. {}.",
    buildLink: "Try it in GraphiQL",
    past: "Raids of the past",
  },
  status: {
    SCHEDULED: "scheduled",
    ACTIVE: "under attack",
    PAUSED: "paused",
    VICTORY: "defeated",
    EXPIRED: "it stands, time is up",
    CANCELLED: "ended by an admin",
  } as Record<Exclude<RaidStatus, "COMPLETED"> | RaidOutcome, string>,
  over: "over",
  of: (count: string) => `of ${count}`,
  hpOf: (current: string, total: string, share: string) => `${current} of ${total} hit points, ${share}`,
  allBreakthroughs: (count: string) => `All ${count} breakthroughs`,
  breakthrough: (number: string, count: string) => `Breakthrough ${number} of ${count}`,
  analysisPoints: (points: string) => `${points} analysis points`,
  noneKnown: "none known yet",
  none: "none",
  nextCurse: ((count, isOne) => `Next curse in ${count} ${isOne ? "strike" : "strikes"}`) as Counted,
  ends: (at: string, left: string) => `Ends ${at}, in ${left}`,
  players: ((count, isOne) => `${count} ${isOne ? "player" : "players"}`) as Counted,
  strikesBy: (strikes: string, players: string) => `${strikes} by ${players}`,
  headline: { VICTORY: "Victory!", EXPIRED: "The threat stands", CANCELLED: "The raid was ended" } as Record<RaidOutcome, string>,
  fell: (boss: string, players: string, time: string) => `${boss} fell to ${players} after ${time}.`,
  blow: (name: string) => ` Final blow: ${name}.`,
  stands: (boss: string, players: string, time: string, share: string) => `${players} fought for ${time} and left ${boss} with ${share} of its life.`,
  won: ["Most damage", "Most analysis", "Greatest contribution"] as readonly [string, string, string],
  next: (boss: string) => `Next: ${boss}`,
  begins: (raid: string, at: string, left: string) => `“${raid}” begins ${at}${left && `, in ${left}`}. This page wakes up by itself.`,
  waiting: "No threat in sight",
  waitingText: "No raid has begun yet. As soon as one does, it is shown here.",
  board: { DAMAGE: ["Damage", "Damage"], ANALYSIS: ["Analysis", "Points"], CONTRIBUTION: ["Contribution", "Contribution"], STRIKES: ["Strikes", "Strikes"] } as Record<LeaderboardMetric, readonly [tab: string, score: string]>,
  nobody: "Nobody yet.",
  nothing: "Nothing yet.",
  nobodyStruck: "Nobody has struck yet.",
  analysed: (points: string) => `+${points} analysis`,
  chart: (boss: string, from: string, to: string, total: string, time: string) => `${boss}: from ${from} to ${to} of ${total} hit points in ${time}.`,
  others: (message: string, count: number) => `${message} And ${count} more.`,
  lost: "Connection lost. Trying again …",
  refused: "The server asks for a viewer token: open this page with #token=…",
  offline: "This machine is offline …",
  again: (reason: string) => `${reason} Trying again …`,
  noRaid: "There is no such raid.",
  toLive: "Show the raid that is on",
  answered: (status: number) => `The server answered ${status}.`,
  days: "d",
  /** The server tells it in English itself. */
  event: undefined as EventWords | undefined,
};

interface EventWords {
  readonly stage: (number: string) => string;
  readonly curse: (value: string, replaced: string | undefined) => string;
  readonly breakthrough: (number: string, weakness: string | undefined) => string;
  readonly kind: Partial<Record<RaidEventKind, (boss: string, name: string) => string>>;
}

const german: typeof english = {
  page: {
    skip: "Zum Raid",
    more: "Mehr",
    overlay: "Stream-Overlay",
    looking: "Der Raid wird gesucht …",
    winners: "Die Besten",
    stage: "Stufe",
    hp: "Lebenspunkte",
    analysis: "Analyse bis zum nächsten Durchbruch",
    weak: "Schwach gegen",
    cursed: "Verflucht",
    resisted: "Widersteht",
    chart: "Lebenspunkte im Verlauf",
    noStrike: "Noch kein Angriff.",
    legendStage: "Stufe",
    legendBreakthrough: "Durchbruch",
    legendCurse: "Fluch",
    table: "Als Tabelle",
    when: "Wann",
    left: "Übrig",
    boards: "Bestenlisten",
    boardBy: "Bestenliste nach",
    player: "Name",
    events: "Was geschah",
    strikes: "Angriffe",
    part: "Mach mit",
    strike: "Angreifen",
    strikeText: "Schreib in Discord {}. Schick bis zu sechs Charaktere in den Kampf oder zur Analyse; jeder kann in einem Raid nur einmal angreifen. {} zeigt den Boss und was du jetzt tun kannst.",
    choose: "Gut wählen",
    chooseText: "Charaktere, gegen die der Boss {} ist, treffen härter, {} schwächer. Wer analysiert, findet neue Schwächen für alle.",
    chooseWeak: "schwach",
    chooseCursed: "verfluchte",
    stream: "Zeig es im Stream",
    streamText: "Eine einzige Browserquelle legt den Boss über dein Spiel. {}.",
    streamLink: "Overlay einrichten",
    build: "Bau etwas",
    buildText: "Alles hier kommt aus einer GraphQL-API, die du auch nutzen kannst. {}.",
    buildLink: "In GraphiQL ausprobieren",
    past: "Frühere Raids",
  },
  status: {
    SCHEDULED: "geplant",
    ACTIVE: "unter Beschuss",
    PAUSED: "pausiert",
    VICTORY: "besiegt",
    EXPIRED: "steht noch, die Zeit ist um",
    CANCELLED: "von der Leitung beendet",
  },
  over: "vorbei",
  of: (count) => `von ${count}`,
  hpOf: (current, total, share) => `${current} von ${total} Lebenspunkten, ${share}`,
  allBreakthroughs: (count) => `Alle ${count} Durchbrüche`,
  breakthrough: (number, count) => `Durchbruch ${number} von ${count}`,
  analysisPoints: (points) => `${points} Analysepunkte`,
  noneKnown: "noch nichts bekannt",
  none: "nichts",
  nextCurse: (count, isOne) => `Nächster Fluch in ${count} ${isOne ? "Angriff" : "Angriffen"}`,
  ends: (at, left) => `Endet ${at}, in ${left}`,
  players: (count, isOne) => `${count} ${isOne ? "Person" : "Personen"}`,
  strikesBy: (strikes, players) => `${strikes} von ${players}`,
  headline: { VICTORY: "Sieg!", EXPIRED: "Die Bedrohung steht noch", CANCELLED: "Der Raid wurde beendet" },
  fell: (boss, players, time) => `${boss} fiel nach ${time} durch ${players}.`,
  blow: (name) => ` Letzter Schlag: ${name}.`,
  stands: (boss, players, time, share) => `${players} kämpften ${time} lang; ${boss} blieben ${share} der Lebenspunkte.`,
  won: ["Größter Schaden", "Größte Analyse", "Größter Beitrag"],
  next: (boss) => `Als Nächstes: ${boss}`,
  begins: (raid, at, left) => `„${raid}“ beginnt ${at}${left && `, in ${left}`}. Diese Seite wacht von selbst auf.`,
  waiting: "Keine Bedrohung in Sicht",
  waitingText: "Noch hat kein Raid begonnen. Sobald einer beginnt, ist er hier zu sehen.",
  board: { DAMAGE: ["Schaden", "Schaden"], ANALYSIS: ["Analyse", "Punkte"], CONTRIBUTION: ["Beitrag", "Beitrag"], STRIKES: ["Angriffe", "Angriffe"] },
  nobody: "Noch niemand.",
  nothing: "Noch nichts.",
  nobodyStruck: "Noch hat niemand angegriffen.",
  analysed: (points) => `+${points} Analyse`,
  chart: (boss, from, to, total, time) => `${boss}: von ${from} auf ${to} von ${total} Lebenspunkten in ${time}.`,
  others: (message, count) => `${message} Und ${count} weitere.`,
  lost: "Verbindung verloren. Neuer Versuch …",
  refused: "Der Server verlangt ein Zuschauer-Token: öffne diese Seite mit #token=…",
  offline: "Dieses Gerät ist offline …",
  again: (reason) => `${reason} Neuer Versuch …`,
  noRaid: "Diesen Raid gibt es nicht.",
  toLive: "Den laufenden Raid zeigen",
  answered: (status) => `Der Server antwortete mit ${status}.`,
  days: "T",
  event: {
    stage: (number) => `Stufe ${number} erreicht.`,
    curse: (value, replaced) => `Neuer Fluch: ${value}.${replaced ? ` ${replaced} ist wieder frei.` : ""}`,
    breakthrough: (number, weakness) => `Durchbruch ${number}! ${weakness ? `Schwach gegen ${weakness}.` : "Es gibt nichts mehr zu entdecken."}`,
    kind: {
      RAID_STARTED: (boss) => `${boss} ist erschienen!`,
      CURSE_FIZZLED: () => "Ein Fluch ist verpufft.",
      RAID_PAUSED: () => "Der Raid pausiert.",
      RAID_RESUMED: () => "Der Raid geht weiter.",
      RAID_UPDATED: () => "Der Raid wurde geändert.",
      HP_ADJUSTED: () => "Die Leitung hat die Lebenspunkte angepasst.",
      BOSS_DEFEATED: (boss, name) => `${boss} ist besiegt! Letzter Schlag: ${name}.`,
      RAID_ENDED: () => "Der Raid ist zu Ende.",
    },
  },
};

export const words = language === "de" ? german : english;

/** Puts the words in their places: `data-word` for a text, `data-word-label` for a name that only is read out. */
export function setUpWords(): void {
  document.documentElement.lang = language;
  const word = (name: string | undefined): string => words.page[name as keyof typeof words.page];
  for (const node of document.querySelectorAll<HTMLElement>("[data-word-label]")) node.ariaLabel = word(node.dataset["wordLabel"]);
  for (const node of document.querySelectorAll<HTMLElement>("[data-word]")) {
    const inside = [...node.children];
    const parts = word(node.dataset["word"]).split("{}");
    node.replaceChildren(...parts.flatMap((text, index) => [text, ...(index < parts.length - 1 ? [inside[index] ?? ""] : [])]));
  }
}
