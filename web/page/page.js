// The raid as it stands, asked for every second. Names are put in as text, never as markup.
"use strict";

const QUESTION = `query RaidPage {
  raids(first: 5) { nodes { id name status outcome sequence
    boss { name }
    hp { current total permille }
    stage { number count hpThresholdsPermille }
    analysis { points unlocked thresholds nextThreshold }
    weaknesses { kind value }
    curses { affinity { kind value } }
    curseClock { strikesUntilNext }
    totals { strikes participants }
    startsAt
    damage: leaderboard(metric: DAMAGE, first: 8) { rank score player { name } }
    analysts: leaderboard(metric: ANALYSIS, first: 8) { rank score player { name } }
    events(first: 500) { sequence message occurredAt } } }
}`;

const part = (id) => document.getElementById(id);
const number = new Intl.NumberFormat("en");
const say = (id, text) => { if (part(id).textContent !== text) part(id).textContent = text; };

function list(id, rows) {
  const key = JSON.stringify(rows);
  if (part(id).dataset.key === key) return;
  part(id).dataset.key = key;
  part(id).replaceChildren(...rows.map((cells) => {
    const line = document.createElement("li");
    line.replaceChildren(...cells.map((cell) => Object.assign(document.createElement("span"), { textContent: cell })));
    return line;
  }));
}

function chips(id, affinities) {
  const key = JSON.stringify(affinities);
  if (part(id).dataset.key === key) return;
  part(id).dataset.key = key;
  const made = affinities.map((one) => Object.assign(document.createElement("span"), { textContent: one.value, title: one.kind.toLowerCase() }));
  part(id).replaceChildren(...(made.length ? made : ["nothing yet"]));
}

function bar(id, value, most) {
  part(id).firstElementChild.style.transform = `scaleX(${most ? Math.min(1, value / most) : 0})`;
  part(id).setAttribute("aria-valuemax", most);
  part(id).setAttribute("aria-valuenow", value);
}

const STATUS = { ACTIVE: "under attack", PAUSED: "paused", VICTORY: "defeated", EXPIRED: "it stands: time is up", CANCELLED: "the raid was ended" };

function show(raid) {
  part("raid").hidden = !raid;
  part("waiting").hidden = Boolean(raid);
  if (!raid) { say("waiting", "No raid has begun yet."); return; }
  document.title = `${raid.boss.name} · World-Threat Expeditions`;
  say("boss", raid.boss.name);
  say("name", raid.name);
  say("status", STATUS[raid.outcome ?? raid.status]);
  say("stage", String(raid.stage.number));
  say("stages", `of ${raid.stage.count}`);
  bar("hp", raid.hp.current, raid.hp.total);
  say("hp-text", `${number.format(raid.hp.current)} / ${number.format(raid.hp.total)}`);
  say("hp-percent", `${(raid.hp.permille / 10).toFixed(1)}%`);
  if (part("ticks").dataset.key !== `${raid.id} ${raid.stage.number}`) {
    part("ticks").dataset.key = `${raid.id} ${raid.stage.number}`;
    part("ticks").replaceChildren(...raid.stage.hpThresholdsPermille.map((permille, index) => {
      const tick = document.createElement("i");
      tick.style.left = `${permille / 10}%`;
      tick.className = raid.stage.number > index + 1 ? "past" : "";
      return tick;
    }));
  }
  const { points, unlocked, thresholds, nextThreshold } = raid.analysis;
  say("analysis-name", nextThreshold === null ? `All ${thresholds.length} breakthroughs` : `Breakthrough ${unlocked + 1} of ${thresholds.length}`);
  bar("analysis", points, nextThreshold ?? points);
  say("analysis-text", nextThreshold === null ? number.format(points) : `${number.format(points)} / ${number.format(nextThreshold)}`);
  chips("weaknesses", raid.weaknesses);
  chips("curses", raid.curses.map((curse) => curse.affinity));
  say("clock", raid.status === "ACTIVE" ? `Next curse in ${raid.curseClock.strikesUntilNext} strikes` : "");
  list("damage", raid.damage.map((row) => [`${row.rank}. ${row.player.name}`, number.format(row.score)]));
  list("analysts", raid.analysts.map((row) => [`${row.rank}. ${row.player.name}`, number.format(row.score)]));
  list("events", raid.events.slice(-30).reverse().map((event) => [event.message, new Date(event.occurredAt).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })]));
  say("totals", `${number.format(raid.totals.strikes)} strikes by ${number.format(raid.totals.participants)} players`);
}

async function ask() {
  try {
    const answer = await fetch("graphql", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ query: QUESTION }),
      signal: AbortSignal.timeout(5000),
    });
    const { data } = await answer.json();
    show(data.raids.nodes.find((raid) => raid.status !== "SCHEDULED"));
    part("lost").hidden = true;
  } catch {
    part("lost").hidden = false;
  }
  setTimeout(ask, document.hidden ? 5000 : 1000);
}

ask();
