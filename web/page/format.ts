// Numbers and times as people read them.
import { locale, words } from "./words";

const whole = new Intl.NumberFormat(locale);
const tenths = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const seconds = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const date = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
const full = new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

export const count = (value: number): string => whole.format(value);
export const short = (value: number): string => compact.format(value);
export const percent = (permille: number): string => `${tenths.format(permille / 10)}\u00a0%`;
export const moment = (at: Date): string => full.format(at);
export const day = (at: Date): string => date.format(at);
export const time = (at: Date, exact = false): string => (exact ? seconds : clock).format(at);

/** The time alone when it was today. */
export const when = (at: Date): string =>
  at.toDateString() === new Date().toDateString() ? time(at) : `${day(at)}, ${time(at)}`;

/** Its two greatest units: `2 d 3 h`, `14 min`, `40 s`. */
export function duration(milliseconds: number): string {
  const total = Math.max(0, Math.round(milliseconds / 1000));
  const units = [
    [Math.floor(total / 86_400), words.days],
    [Math.floor(total / 3_600) % 24, "h"],
    [Math.floor(total / 60) % 60, "min"],
    [total % 60, "s"],
  ] as const;
  const first = units.findIndex(([amount]) => amount > 0);
  if (first < 0) return "0\u00a0s";
  return units
    .slice(first, first + 2)
    .filter(([amount, unit]) => amount > 0 && (unit !== "s" || total < 600))
    .map(([amount, unit]) => `${amount}\u00a0${unit}`)
    .join(" ");
}
