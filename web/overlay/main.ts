/** The overlay's beginning: the address is read, the picture is fitted into the source, and the raid is followed. */
import { follow } from "./follow";
import { settingsFrom, type Layout } from "./settings";
import { makeView } from "./view";

const settings = settingsFrom(location.search, location.hash, navigator.language);
// Before anything is made: the way to the server and back is the longest part of it.
if (settings.demo === "off") follow(() => followed, settings);
const root = document.documentElement;
const { layout, theme, motion, accent, lang, onlost, idle } = settings;
Object.assign(root.dataset, { layout, theme, onlost, idle: idle ? "show" : "hide" });
root.lang = lang;

if (accent) {
  // At the lowest rank, like the themes: the streamer's own CSS in OBS still has the last word.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`:where(:root){--wt-hp-a:#${accent};--wt-hp-b:#${accent};--wt-hp-c:#${accent};--wt-crest:#${accent}}`);
  document.adoptedStyleSheets = [sheet];
}

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const settle = (): void => {
  const isReduced = motion === "reduced" || (motion === "auto" && calm.matches);
  root.dataset.motion = isReduced ? "reduced" : "full";
};
calm.addEventListener("change", settle);
settle();

/** The size that the style sheet draws a layout for. Upright pictures are seen on phones: they are drawn large. */
const DRAWN: Record<Layout, readonly [width: number, height: number]> = {
  full: [1920, 1080],
  bar: [1280, 150],
  ticker: [560, 300],
  vertical: [640, 1138],
};

const fit = (): void => {
  const [width, height] = DRAWN[layout];
  const factor = Math.min(innerWidth / width, innerHeight / height) * settings.scale;
  const stage = document.getElementById("stage") as HTMLElement;
  // The stage takes the whole source, whatever its shape: what belongs to an edge stands at that edge.
  stage.style.cssText = `width:${innerWidth / factor}px;height:${innerHeight / factor}px;transform:scale(${factor})`;
};
addEventListener("resize", fit);
fit();

const view = makeView(settings);

let isHidden = document.hidden;
const look = (hidden: boolean): void => {
  if (hidden === isHidden) return;
  isHidden = hidden;
  if (hidden) view.asleep();
  else view.awake();
};
if (isHidden) view.asleep();
document.addEventListener("visibilitychange", () => look(document.hidden));
// OBS tells it too, by an event of its own, for scenes and sources that are switched off.
addEventListener("obsSourceVisibleChanged", (event) => look(!(event as CustomEvent<{ visible: boolean }>).detail.visible));

// A page that was stopped for a while without being hidden finds all it missed waiting: that is no news.
let beat = performance.now();
const listen = (): void => {
  const late = performance.now() - beat > 5_000;
  beat = performance.now();
  if (late && !isHidden) {
    view.asleep();
    setTimeout(() => isHidden || view.awake(), 1_500);
  }
};
setInterval(listen, 1_000);

const followed = { ...view, raid: (...told: Parameters<typeof view.raid>) => (listen(), view.raid(...told)) };
if (settings.demo !== "off") void import("./demo").then(({ play }) => play(view, settings));

// The settings page tries things out in its preview.
addEventListener("message", ({ origin, data }: MessageEvent<{ rehearse?: string }>) => {
  const name = origin === location.origin && data?.rehearse;
  if (name) void import("./demo").then(({ rehearse }) => rehearse(view, name, settings));
});
