/** The newest strikes, at a pace that can be read: what comes faster is summed up in the row that is shown. */
import { EASE, isLively, make, part, say } from "./dom";
import type { Strike, StrikeFeed } from "./raid";
import type { Settings } from "./settings";
import type { Words } from "./words";

const ROWS = 5;
const PITCH = 46;
const ROW_EVERY_MS = 450;
const GLIDE_MS = 250;
const BETTER_PERMILLE = 1_100;

export interface Ticker {
  take(feed: StrikeFeed): void;
  /** Another raid: its strikes are counted from one again. */
  clear(): void;
}

export function makeTicker({ ticker }: Settings, { say: words, whole, short, factor }: Words): Ticker {
  const home = part("ticker");
  const rows = Array.from({ length: ROWS + 1 }, () => make("row", make("name"), make("value"), make("times"), make("aside")));
  for (const row of rows) row.hidden = true;
  for (const row of rows) row.children[0]?.setAttribute("dir", "auto");
  const list = make("list", ...rows);
  home.append(list);
  home.hidden = !ticker;
  let last = 0;
  let waiting: Strike[] = [];
  let unseen = 0;
  let timer = 0;

  const put = (strike: Strike, others: number): void => {
    const row = rows.pop();
    if (!row) return;
    rows.unshift(row);
    const fights = strike.action === "FIGHT";
    const [name, value, times, aside] = [...row.children] as [HTMLElement, HTMLElement, HTMLElement, HTMLElement];
    row.className = fights ? "row" : "row analysis";
    say(name, strike.player.name);
    say(value, fights ? `−${short(strike.damageDealt)}` : `+${short(strike.analysisPoints)}`);
    times.hidden = strike.affinityPermille < BETTER_PERMILLE;
    say(times, `×${factor(strike.affinityPermille)}`);
    say(aside, others > 0 ? words.more(whole(others)) : fights ? "" : words.analysis);
    aside.hidden = aside.textContent === "";
    row.hidden = false;
    rows.forEach((each, index) => (each.style.transform = `translateY(${-index * PITCH}px)`));
    // One movement of all, the new one comes from below the edge and the oldest leaves above: few layers, short to draw.
    if (isLively()) list.animate([{ transform: `translateY(${PITCH}px)` }, {}], { duration: GLIDE_MS, easing: EASE });
  };

  const next = (): void => {
    timer = 0;
    const strike = waiting.pop();
    if (!strike) return;
    put(strike, waiting.length + unseen);
    waiting = [];
    unseen = 0;
    timer = setTimeout(next, ROW_EVERY_MS);
  };

  return {
    take({ strikes, skipped, lastNumber }) {
      const isFirst = last === 0;
      const news = strikes.filter((strike) => strike.number > last);
      last = Math.max(last, lastNumber);
      if (isFirst) {
        for (const strike of news.slice(-ROWS)) put(strike, 0);
        return;
      }
      waiting.push(...news);
      unseen += skipped + Math.max(0, waiting.length - 40);
      waiting = waiting.slice(-40);
      if (!timer) next();
    },
    clear() {
      last = 0;
      waiting = [];
      for (const row of rows) row.hidden = true;
    },
  };
}
