// The raid page: the live raid as it happens, or the report of one that is over.
import { openLine, type LineState } from "../live/line";
import { followRaid } from "../live/raid";
import type { PageStrikesSubscription } from "../live/schema";
import { ask, endpoint, operations, token, type RaidEvent, type RaidState, type Strike, type Summary } from "./api";
import { refreshBoard, setUpBoards } from "./boards";
import { appendAdjustment, appendStrikes, setUpChart, showHistory, showMarks } from "./chart";
import { fill, make, part, say, show } from "./dom";
import { showStrikes } from "./feed";
import { showEnd, showPlate } from "./plate";
import { showPast, showResult, showWaiting, showWinners, titleOf } from "./report";
import { announce, messageOf, showTimeline } from "./timeline";
import { setUpWords, words } from "./words";
import "./page.css";

const BOARD_EVERY_MS = 4_000;
const CLOCK_EVERY_MS = 10_000;
const LOST_AFTER_MS = 800;
const TRY_AGAIN_MS = 3_000;
const MOST_EVENTS = 500;

const wanted = new URLSearchParams(location.search).get("raid") ?? undefined;
let raids: readonly Summary[] = [];
let raid: RaidState | undefined;
let events: readonly RaidEvent[] = [];
let boardAt = -1;

function showRaid(state: RaidState): void {
  raid = state;
  show("loading", false);
  show("raid", true);
  document.title = `${titleOf(state)} · World-Threat Expeditions`;
  showPlate(state);
  showResult(state, events);
  showWaiting(nextRaid(), true, state.status !== "COMPLETED" || wanted !== undefined);
}

/** Takes events in; each once, in order. */
function learn(news: readonly RaidEvent[], boss: string, anew = false): void {
  const bySequence = new Map((anew ? [] : events).map((event) => [event.sequence, event]));
  for (const event of news) bySequence.set(event.sequence, event);
  events = [...bySequence.values()].sort((one, other) => one.sequence - other.sequence).slice(-MOST_EVENTS);
  showTimeline(events, boss);
  showMarks(events);
}

const nextRaid = (): Summary | undefined =>
  raids.filter(({ status }) => status === "SCHEDULED").sort((one, other) => Date.parse(one.startsAt) - Date.parse(other.startsAt))[0];

/** A raid in full. What came over the line meanwhile is not lost: events are told apart by their numbers. */
async function load(id: string, sequence: number): Promise<void> {
  const { raid: details } = await ask("PageDetails", { id, after: Math.max(0, sequence - MOST_EVENTS) });
  if (!details) throw new NoRaidError();
  const other = raid?.id !== id;
  learn(details.events, details.boss.name, other);
  if (other || !raid || details.sequence >= raid.sequence) showRaid(details);
  showHistory(details);
  showStrikes(details.strikes.nodes, other);
  showPast(raids, id);
  await refreshBoard(id);
  if (details.status === "COMPLETED") await showWinners(details);
}

/** What this page is about now: the raid asked for, the live one, or the newest that is over. */
async function begin(): Promise<void> {
  ({ raids: { nodes: raids } } = await ask("PageRaids", {}));
  const about =
    wanted !== undefined
      ? { id: wanted, sequence: raids.find(({ id }) => id === wanted)?.sequence ?? 0 }
      : (raids.find(({ status }) => status === "ACTIVE" || status === "PAUSED") ?? raids.find(({ status }) => status === "COMPLETED"));
  if (about) {
    await load(about.id, about.sequence);
    return;
  }
  show("loading", false);
  showWaiting(nextRaid(), false, false);
}

/** The raid of the address does not exist: to ask again would not make one. */
class NoRaidError extends Error {}

/** The same page, in the same language and with the same token, about the raid that is on. */
function showNowhere(): void {
  const live = new URL(location.href);
  live.searchParams.delete("raid");
  const link = make("a", "", words.toLive);
  link.href = live.href;
  fill(part("loading"), "nowhere", () => [make("span", "", `${words.noRaid} `), link]);
}

/** Until it is done. The chip says so meanwhile. */
async function insist(work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (error instanceof NoRaidError) return showNowhere();
      say("loading", error instanceof Error && !navigator.onLine ? words.offline : words.again(String((error as Error).message)));
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS * (0.7 + Math.random() * 0.6)));
    }
  }
}

function follow(): void {
  let wasLost = false;
  let patience = 0;
  const onState = (state: LineState): void => {
    clearTimeout(patience);
    const away = state === "lost" || state === "refused";
    const text = state === "refused" ? words.refused : words.lost;
    if (!away) show("lost", false);
    else patience = window.setTimeout(() => (show("lost", true), say("lost", text)), LOST_AFTER_MS);
    if (state === "lost") wasLost = true;
    if (state === "open" && wasLost) {
      wasLost = false;
      void insist(begin); // what was struck meanwhile is missing from the chart
    }
  };
  const line = openLine({ url: endpoint, token, onState });
  followRaid<RaidState, RaidEvent>(line, { query: operations, operationName: "PageLive", raidId: wanted }, {
    update(state, news, fresh) {
      if (fresh && state.id !== raid?.id) {
        void insist(async () => {
          ({ raids: { nodes: raids } } = await ask("PageRaids", {}));
          await load(state.id, state.sequence);
        });
        return;
      }
      learn(news, state.boss.name);
      announce(news.map((event) => messageOf(event, state.boss.name)));
      showRaid(state);
      if (state.status === "COMPLETED") void insist(() => load(state.id, state.sequence)); // its report, at once
      const adjusted = news.find(({ kind }) => kind === "HP_ADJUSTED");
      if (adjusted) appendAdjustment(adjusted.occurredAt, state.hp.current);
    },
    over: () => void insist(begin),
  });
  line.follow<PageStrikesSubscription>({ query: operations, operationName: "PageStrikes", variables: { raidId: wanted ?? null } }, {
    next({ strikeFeed: { strikes } }) {
      if (!raid || raid.status === "COMPLETED") return;
      showStrikes(strikes satisfies readonly Strike[]);
      appendStrikes(strikes);
    },
  });
  // With INTROSPECTION=off there is no GraphiQL to link to.
  line.ask({ query: "{ __schema { queryType { name } } }" }).catch(() => {
    for (const link of document.querySelectorAll<HTMLElement>("[data-graphiql]")) link.hidden = true;
  });
}

setUpWords();
setUpBoards();
setUpChart();
void insist(begin).then(() => {
  if (wanted === undefined || (raid && raid.status !== "COMPLETED")) follow();
});
setInterval(() => {
  if (document.hidden || !raid || raid.totals.strikes === boardAt) return;
  boardAt = raid.totals.strikes;
  refreshBoard(raid.id).catch(() => (boardAt = -1));
}, BOARD_EVERY_MS);
setInterval(() => {
  if (raid) showEnd(raid);
  showWaiting(nextRaid(), raid !== undefined, raid !== undefined && (raid.status !== "COMPLETED" || wanted !== undefined));
}, CLOCK_EVERY_MS);
part("raid").dataset["ready"] = "true";
