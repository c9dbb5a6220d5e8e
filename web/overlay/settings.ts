/** What the address says of the overlay. A value that is no good is as if it were not there. */
import type { LeaderboardMetric } from "../live/schema";

const LAYOUTS = ["full", "bar", "ticker", "vertical"] as const;
const THEMES = ["ember", "frost", "jade", "mono"] as const;
const BOARDS = ["damage", "analysis", "contribution", "strikes", "off"] as const;
const MOTIONS = ["auto", "full", "reduced"] as const;
const LANGUAGES = ["en", "de"] as const;
const LOST = ["chip", "hide", "keep"] as const;
const DEMOS = ["off", "on", "waiting", "stage", "curse", "breakthrough", "victory", "lost", "paused"] as const;

export type Layout = (typeof LAYOUTS)[number];
export type Theme = (typeof THEMES)[number];
export type Board = (typeof BOARDS)[number];
export type Motion = (typeof MOTIONS)[number];
export type Lost = (typeof LOST)[number];
export type Demo = (typeof DEMOS)[number];
export type Language = (typeof LANGUAGES)[number];

export interface Settings {
  /** Undefined: the live raid. */
  readonly raid: string | undefined;
  readonly layout: Layout;
  readonly scale: number;
  readonly theme: Theme;
  /** Six hexadecimal digits. */
  readonly accent: string | undefined;
  /** Undefined: no top list. */
  readonly board: LeaderboardMetric | undefined;
  readonly ticker: boolean;
  readonly badges: boolean;
  readonly toast: boolean;
  readonly top: number;
  readonly lang: Language;
  readonly sound: boolean;
  readonly volume: number;
  readonly motion: Motion;
  /** Whether something is shown while no raid is on. */
  readonly idle: boolean;
  readonly onlost: Lost;
  /** Seconds for which the end of a raid is shown: 0 not at all, Infinity until the next one begins. */
  readonly victorySeconds: number;
  readonly demo: Demo;
  readonly token: string | undefined;
}

const within = (text: string | null, least: number, most: number, otherwise: number): number => {
  const value = text?.trim() ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : otherwise;
};

/** `search` and `hash` are those of the page's address; `language` is the browser's. */
export function settingsFrom(search: string, hash: string, language: string): Settings {
  const given = new URLSearchParams(search);
  const one = <Value extends string>(name: string, values: readonly Value[], otherwise: Value): Value =>
    values.find((value) => value === given.get(name)?.toLowerCase()) ?? otherwise;
  const flag = (name: string, otherwise: boolean): boolean => one(name, ["on", "off"], otherwise ? "on" : "off") === "on";
  const fits = (name: string, pattern: RegExp): string | undefined => pattern.exec(given.get(name) ?? "")?.[1];

  const board = one("board", BOARDS, "damage");
  const victory = given.get("victory");
  return {
    raid: fits("raid", /^(\d{1,18})$/),
    layout: one("layout", LAYOUTS, "full"),
    scale: within(given.get("scale"), 0.5, 2, 1),
    theme: one("theme", THEMES, "ember"),
    accent: fits("accent", /^#?([\da-f]{6})$/i),
    board: board === "off" ? undefined : (board.toUpperCase() as LeaderboardMetric),
    ticker: flag("ticker", true),
    badges: flag("badges", true),
    toast: flag("toast", true),
    top: Math.round(within(given.get("top"), 3, 10, 5)),
    lang: one("lang", LANGUAGES, language.startsWith("de") ? "de" : "en"),
    sound: flag("sound", false),
    volume: within(given.get("volume"), 0, 100, 40),
    motion: one("motion", MOTIONS, "auto"),
    idle: one("idle", ["show", "hide"], "show") === "show",
    onlost: one("onlost", LOST, "chip"),
    victorySeconds: victory === "off" ? 0 : within(victory, 5, 86_400, Number.POSITIVE_INFINITY),
    demo: one("demo", DEMOS, "off"),
    token: new URLSearchParams(hash.slice(1)).get("token") || undefined,
  };
}
