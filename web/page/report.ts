// What there is to say when no raid is on: how the last one went, who stood out, and when the next one begins.
import { named, unturned } from "../live/names";
import { ask, type RaidEvent, type RaidState, type Summary } from "./api";
import { fill, make, part, say, show } from "./dom";
import { count, duration, moment, percent, when } from "./format";
import { statusOf } from "./plate";
import { askedLanguage, words } from "./words";

/** The raid's result; nothing while it goes on. */
export function showResult(raid: RaidState, events: readonly RaidEvent[]): void {
  const over = raid.status === "COMPLETED" && raid.outcome !== null;
  show("result", over);
  if (!over || !raid.outcome) return;
  const players = words.players(count(raid.totals.participants), raid.totals.participants === 1);
  const lasted = duration(Date.parse(raid.completedAt ?? raid.startsAt) - Date.parse(raid.startsAt));
  const last = events.find((event) => event.kind === "BOSS_DEFEATED");
  const blow = last && "finalBlowBy" in last ? words.blow(named(last.finalBlowBy.name)) : "";
  part("result").dataset["outcome"] = raid.outcome;
  say("result-title", words.headline[raid.outcome]);
  say(
    "result-text",
    raid.outcome === "VICTORY"
      ? words.fell(named(raid.boss.name), players, lasted) + blow
      : words.stands(named(raid.boss.name), players, lasted, percent(raid.hp.permille)),
  );
}

export async function showWinners(raid: RaidState): Promise<void> {
  const { damage, analysis, contribution } = await ask("PageWinners", { id: raid.id });
  const cards = [
    [words.won[0], damage],
    [words.won[1], analysis],
    [words.won[2], contribution],
  ] as const;
  const won = cards.flatMap(([title, entries]) => (entries?.[0]?.score ? [{ title, ...entries[0] }] : []));
  fill(part("winners"), JSON.stringify(won), () =>
    won.map(({ title, score, player }) =>
      make("li", "", make("span", "title", title), make("bdi", "", player.name), make("span", "score", count(score))),
    ),
  );
}

/** Nothing on: says when the next raid begins, or how to begin one. */
export function showWaiting(next: Summary | undefined, hasReport: boolean, live: boolean): void {
  show("waiting", !live && (next !== undefined || !hasReport));
  if (next) {
    const starts = new Date(next.startsAt);
    const wait = starts.getTime() - Date.now();
    say("waiting-title", words.next(named(next.boss.name)));
    say("waiting-text", words.begins(named(next.name), moment(starts), wait > 0 ? duration(wait) : ""));
  } else {
    say("waiting-title", words.waiting);
    say("waiting-text", words.waitingText);
  }
}

/** Links to the reports of raids that are over. */
export function showPast(raids: readonly Summary[], shown: string | undefined): void {
  const others = raids.filter((raid) => raid.status === "COMPLETED" && raid.id !== shown);
  show("past", others.length > 0);
  fill(part("past-raids"), JSON.stringify([shown, others]), () =>
    others.map((raid) => {
      const link = make("a", "", `${named(raid.boss.name)}: ${named(raid.name)}`);
      link.href = `?${new URLSearchParams({ raid: raid.id, ...(askedLanguage ? { lang: askedLanguage } : {}) })}`;
      const status = raid.outcome ? words.status[raid.outcome] : words.over;
      return make("li", "", link, make("span", "", `${status}, ${when(new Date(raid.completedAt ?? raid.startsAt))}`));
    }),
  );
}

export const titleOf = (raid: RaidState): string =>
  unturned(raid.status === "COMPLETED" ? `${raid.boss.name}, ${words.status[statusOf(raid)]}` : `${percent(raid.hp.permille)} ${raid.boss.name}`);
