// What there is to say when no raid is on: how the last one went, who stood out, and when the next one begins.
import { ask, type RaidEvent, type RaidState, type Summary } from "./api";
import { fill, make, part, say, show } from "./dom";
import { count, duration, moment, percent, plural, when } from "./format";
import { STATUS, statusOf } from "./plate";

const HEADLINES = { VICTORY: "Victory!", EXPIRED: "The threat stands", CANCELLED: "The raid was ended" } as const;

/** The raid's result; nothing while it goes on. */
export function showResult(raid: RaidState, events: readonly RaidEvent[]): void {
  const over = raid.status === "COMPLETED" && raid.outcome !== null;
  show("result", over);
  if (!over || !raid.outcome) return;
  const players = plural(raid.totals.participants, "player", "players");
  const lasted = duration(Date.parse(raid.completedAt ?? raid.startsAt) - Date.parse(raid.startsAt));
  const last = events.find((event) => event.kind === "BOSS_DEFEATED");
  const blow = last && "finalBlowBy" in last ? ` Final blow: ${last.finalBlowBy.name}.` : "";
  part("result").dataset["outcome"] = raid.outcome;
  say("result-title", HEADLINES[raid.outcome]);
  say(
    "result-text",
    raid.outcome === "VICTORY"
      ? `${raid.boss.name} fell to ${players} after ${lasted}.${blow}`
      : `${players} fought for ${lasted} and left ${raid.boss.name} with ${percent(raid.hp.permille)} of its life.`,
  );
}

export async function showWinners(raid: RaidState): Promise<void> {
  const { damage, analysis, contribution } = await ask("PageWinners", { id: raid.id });
  const cards = [
    ["Most damage", damage],
    ["Most analysis", analysis],
    ["Greatest contribution", contribution],
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
    say("waiting-title", `Next: ${next.boss.name}`);
    say("waiting-text", `“${next.name}” begins ${moment(starts)}${wait > 0 ? `, in ${duration(wait)}` : ""}. This page wakes up by itself.`);
  } else {
    say("waiting-title", "No threat in sight");
    say("waiting-text", "No raid has begun yet. As soon as one does, it is shown here.");
  }
}

/** Links to the reports of raids that are over. */
export function showPast(raids: readonly Summary[], shown: string | undefined): void {
  const others = raids.filter((raid) => raid.status === "COMPLETED" && raid.id !== shown);
  show("past", others.length > 0);
  fill(part("past-raids"), JSON.stringify([shown, others]), () =>
    others.map((raid) => {
      const link = make("a", "", `${raid.boss.name}: ${raid.name}`);
      link.href = `?raid=${encodeURIComponent(raid.id)}`;
      const status = raid.outcome ? STATUS[raid.outcome] : "over";
      return make("li", "", link, make("span", "", `${status}, ${when(new Date(raid.completedAt ?? raid.startsAt))}`));
    }),
  );
}

export const titleOf = (raid: RaidState): string =>
  raid.status === "COMPLETED" ? `${raid.boss.name}, ${STATUS[statusOf(raid)]}` : `${percent(raid.hp.permille)} ${raid.boss.name}`;
