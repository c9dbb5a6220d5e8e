// The leaderboards: one table, and a tab for each metric.
import { ask, type Entry } from "./api";
import type { LeaderboardMetric } from "../live/schema";
import { fill, make, part } from "./dom";
import { count } from "./format";
import { words } from "./words";

const METRICS = Object.keys(words.board) as LeaderboardMetric[];

let chosen = 0;
let raidId = "";

/** Puts the tabs in place. Left and right go from one to the next, as in every list of tabs. */
export function setUpBoards(): void {
  const tabs = METRICS.map((metric, index) => {
    const tab = make("button", "", words.board[metric][0]);
    tab.type = "button";
    tab.id = `tab-${index}`;
    tab.role = "tab";
    tab.setAttribute("aria-controls", "board");
    tab.addEventListener("click", () => choose(index));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      choose((index + step + METRICS.length) % METRICS.length);
      tabs[chosen]?.focus();
    });
    return tab;
  });
  part("tabs").replaceChildren(...tabs);
  mark();
}

/** Asks for the chosen board anew; a failure leaves what is shown. */
export async function refreshBoard(id: string): Promise<void> {
  raidId = id;
  const asked = chosen;
  const metric = METRICS[asked];
  if (!metric) return;
  const { leaderboard } = await ask("PageBoard", { id, metric });
  if (asked === chosen && id === raidId) showBoard(leaderboard ?? [], words.board[metric][1]);
}

function choose(index: number): void {
  chosen = index;
  mark();
  if (raidId) refreshBoard(raidId).catch(() => undefined);
}

function mark(): void {
  [...part("tabs").children].forEach((tab, index) => {
    tab.setAttribute("aria-selected", String(index === chosen));
    (tab as HTMLElement).tabIndex = index === chosen ? 0 : -1;
  });
  part("board").setAttribute("aria-labelledby", `tab-${chosen}`);
}

function showBoard(entries: readonly Entry[], score: string): void {
  part("score-name").textContent = score;
  const best = entries[0]?.score ?? 0;
  fill(part("rows"), JSON.stringify([score, entries]), () =>
    entries.length ? entries.map((entry) => row(entry, best)) : [empty()],
  );
}

function row(entry: Entry, best: number): HTMLElement {
  const line = make(
    "tr",
    entry.rank <= 3 ? `rank-${entry.rank}` : "",
    make("td", "rank", String(entry.rank)),
    make("td", "name", make("bdi", "", entry.player.name)),
    make("td", "score", count(entry.score)),
  );
  line.style.setProperty("--share", String(best > 0 ? entry.score / best : 0));
  return line;
}

function empty(): HTMLElement {
  const cell = make("td", "empty", words.nobody);
  cell.colSpan = 3;
  return make("tr", "", cell);
}
