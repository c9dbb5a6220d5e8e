// The boss's hit points over the raid, as a chart that grows with each strike, and as a table for who cannot see it.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Details, RaidEvent, RaidState, Strike } from "./api";
import { fill, make, part, say } from "./dom";
import { count, day, duration, percent, short, time } from "./format";
import { looksOf } from "./timeline";
import { words } from "./words";

const MOST_POINTS = 800;
const ROWS = 12;
const DAY_S = 86_400;
const BRIEF_S = 360;
const MARKS: Record<string, string> = { stage: "--gold", breakthrough: "--blue", curse: "--purple", victory: "--gold" };

let times: number[] = [];
let hps: number[] = [];
let events: readonly RaidEvent[] = [];
let raid: RaidState | undefined;
let plot: uPlot | undefined;

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const seconds = (at: string): number => Date.parse(at) / 1000;
const span = (): number => (times.at(-1) ?? 0) - (times[0] ?? 0);
const long = (): boolean => span() > 2 * DAY_S;
const label = (at: number): string => (long() ? day(new Date(at * 1000)) : time(new Date(at * 1000), span() < BRIEF_S));

/** Begins anew, with the raid's whole history. */
export function showHistory(details: Details): void {
  raid = details;
  times = details.hpHistory.map(({ at }) => seconds(at));
  hps = details.hpHistory.map(({ hp }) => hp);
  draw();
}

export function showMarks(marked: readonly RaidEvent[]): void {
  events = marked;
  plot?.redraw(false);
}

/** Goes on from strikes that came since; they bring the server's own time. */
export function appendStrikes(strikes: readonly Strike[]): void {
  const news = strikes
    .map(({ struckAt, hpAfter }) => ({ at: seconds(struckAt), hp: hpAfter }))
    .filter(({ at }) => at > (times.at(-1) ?? 0))
    .sort((one, other) => one.at - other.at);
  const last = news.at(-1);
  if (last) append(last.at, last.hp);
}

/** An admin has set the hit points. */
export function appendAdjustment(occurredAt: string, hp: number): void {
  if (seconds(occurredAt) > (times.at(-1) ?? 0)) append(seconds(occurredAt), hp);
}

function append(at: number, hp: number): void {
  times.push(at);
  hps.push(hp);
  if (times.length > MOST_POINTS) {
    const kept = (_: number, index: number): boolean => index % 2 === 0 || index === times.length - 1;
    [times, hps] = [times.filter(kept), hps.filter(kept)];
  }
  draw();
}

function draw(): void {
  const place = part("chart");
  const data: uPlot.AlignedData = [times, hps];
  if (plot) plot.setData(data);
  else plot = new uPlot(options(place.clientWidth, place.clientHeight), data, place);
  describe();
}

function describe(): void {
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined || !raid) return;
  const total = raid.hp.total;
  const told = words.chart(raid.boss.name, count(hps[0] ?? 0), count(hps.at(-1) ?? 0), count(total), duration((last - first) * 1000));
  part("chart").setAttribute("aria-label", told);
  if (!part<HTMLDetailsElement>("as-table").open) return;
  const step = Math.max(1, Math.floor(times.length / ROWS));
  const rows = times.map((at, index) => ({ at, hp: hps[index] ?? 0 })).filter((_, index) => index % step === 0 || index === times.length - 1);
  fill(part("samples"), JSON.stringify(rows), () =>
    rows.map(({ at, hp }) => make("tr", "", make("td", "", stamp(at)), make("td", "score", count(hp)), make("td", "score", percent(share(hp, total))))),
  );
}

const share = (hp: number, total: number): number => (total > 0 ? Math.ceil((hp * 1000) / total) : 0);
const stamp = (at: number): string => (long() ? `${day(new Date(at * 1000))}, ` : "") + time(new Date(at * 1000), true);

function options(width: number, height: number): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: () => colour("--dim"),
    grid: { stroke: () => colour("--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
  };
  return {
    width,
    height,
    padding: [14, 10, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 9 } },
    scales: { y: { range: () => [0, Math.max(1, raid?.hp.total ?? 1)] } },
    series: [
      {},
      { stroke: () => colour("--hp"), width: 2, fill: (u) => gradient(u), points: { show: false } },
    ],
    axes: [
      { ...axis, size: 34, space: 90, values: (_, splits) => splits.map(label) },
      { ...axis, size: 52, values: (_, splits) => splits.map(short) },
    ],
    hooks: { drawAxes: [drawThresholds], draw: [drawMarks], setCursor: [tell] },
  };
}

function gradient(u: uPlot): CanvasGradient {
  const { top, height } = u.bbox;
  const filling = u.ctx.createLinearGradient(0, top, 0, top + height);
  filling.addColorStop(0, colour("--hp-fill"));
  filling.addColorStop(1, colour("--hp-fill-end"));
  return filling;
}

/** Where the stages begin. */
function drawThresholds(u: uPlot): void {
  const { left, width } = u.bbox;
  u.ctx.save();
  u.ctx.strokeStyle = colour("--gold");
  u.ctx.globalAlpha = 0.55;
  u.ctx.setLineDash([4 * devicePixelRatio, 5 * devicePixelRatio]);
  for (const permille of raid?.stage.hpThresholdsPermille ?? []) {
    const y = Math.round(u.valToPos(((raid?.hp.total ?? 0) * permille) / 1000, "y", true));
    u.ctx.beginPath();
    u.ctx.moveTo(left, y);
    u.ctx.lineTo(left + width, y);
    u.ctx.stroke();
  }
  u.ctx.restore();
}

/** What happened, as diamonds on the line of hit points. */
function drawMarks(u: uPlot): void {
  const size = 5 * devicePixelRatio;
  for (const event of events) {
    const look = MARKS[looksOf(event)];
    const at = seconds(event.occurredAt);
    const { min, max } = u.scales["x"] ?? {};
    if (!look || min == null || max == null || at < min || at > max) continue;
    const x = u.valToPos(at, "x", true);
    const y = u.valToPos(hpAt(at), "y", true);
    u.ctx.beginPath();
    u.ctx.moveTo(x, y - size);
    u.ctx.lineTo(x + size, y);
    u.ctx.lineTo(x, y + size);
    u.ctx.lineTo(x - size, y);
    u.ctx.closePath();
    u.ctx.fillStyle = colour(look);
    u.ctx.strokeStyle = colour("--panel");
    u.ctx.lineWidth = 1.5 * devicePixelRatio;
    u.ctx.fill();
    u.ctx.stroke();
  }
}

function hpAt(at: number): number {
  const next = times.findIndex((each) => each >= at);
  return hps[next < 0 ? hps.length - 1 : next] ?? 0;
}

function tell(u: uPlot): void {
  const index = u.cursor.idx;
  const [at, hp] = index == null ? [] : [times[index], hps[index]];
  const told = at === undefined || hp === undefined ? "" : `${stamp(at)}: ${count(hp)} HP, ${percent(share(hp, raid?.hp.total ?? 0))}`;
  say("chart-reading", told);
}

/** Keeps the chart as large as its place and in the colours of the day. */
export function setUpChart(): void {
  const place = part("chart");
  new ResizeObserver(() => plot?.setSize({ width: place.clientWidth, height: place.clientHeight })).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plot?.redraw());
  part("as-table").addEventListener("toggle", describe);
}
