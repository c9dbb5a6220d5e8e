// Numbers and times as people read them.
const whole = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const seconds = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const full = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

export const count = (value: number): string => whole.format(value);
export const short = (value: number): string => compact.format(value);
export const percent = (permille: number): string => `${(permille / 10).toFixed(1)} %`;
export const plural = (value: number, one: string, many: string): string => `${count(value)} ${value === 1 ? one : many}`;
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
    [Math.floor(total / 86_400), "d"],
    [Math.floor(total / 3_600) % 24, "h"],
    [Math.floor(total / 60) % 60, "min"],
    [total % 60, "s"],
  ] as const;
  const first = units.findIndex(([amount]) => amount > 0);
  if (first < 0) return "0 s";
  return units
    .slice(first, first + 2)
    .filter(([amount, unit]) => amount > 0 && (unit !== "s" || total < 600))
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(" ");
}
