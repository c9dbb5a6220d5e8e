// The newest strikes, one line each.
import type { Strike } from "./api";
import { fill, make, part } from "./dom";
import { count } from "./format";
import { words } from "./words";

const SHOWN = 12;
let strikes: readonly Strike[] = [];

/** Adds strikes in any order; `anew` forgets those before. */
export function showStrikes(added: readonly Strike[], anew = false): void {
  const byNumber = new Map((anew ? [] : strikes).map((strike) => [strike.number, strike]));
  for (const strike of added) byNumber.set(strike.number, strike);
  strikes = [...byNumber.values()].sort((one, other) => other.number - one.number).slice(0, SHOWN);
  fill(part("feed"), JSON.stringify(strikes), () =>
    strikes.length ? strikes.map(line) : [make("li", "empty", words.nobodyStruck)],
  );
}

function line({ action, damageDealt, analysisPoints, player }: Strike): HTMLElement {
  const did = action === "FIGHT" ? `−${count(damageDealt)} HP` : words.analysed(count(analysisPoints));
  return make("li", action === "FIGHT" ? "fight" : "analyze", make("bdi", "", player.name), make("span", "", did));
}
