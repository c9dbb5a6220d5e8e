/** The top list: rows glide to their new places; their number never changes. */
import { appear, make, part, say } from "./dom";
import type { Raid } from "./raid";
import type { Settings } from "./settings";
import type { Words } from "./words";

const PITCH = 45;

export function makeBoard({ board, top }: Settings, { say: words, whole, short }: Words): (raid: Raid, fresh: boolean) => void {
  const home = part("board");
  if (!board) {
    home.hidden = true;
    return () => undefined;
  }
  const rows = Array.from({ length: top }, () => ({
    node: make("row", make("rank"), make("name"), make("score")),
    player: "",
  }));
  const list = part("rows");
  list.style.height = `${PITCH * top}px`;
  list.append(...rows.map(({ node }) => node));
  for (const { node } of rows) node.children[1]?.setAttribute("dir", "auto");
  say(part("board-title"), words.board[board]);

  return (raid, fresh) => {
    say(part("raiders"), words.raiders(whole(raid.totals.participants)));
    const entries = (raid.leaderboard ?? []).slice(0, top);
    const staying = new Set(entries.map((entry) => entry.player.id));
    const free = rows.filter((row) => !staying.has(row.player));
    entries.forEach((entry, index) => {
      const kept = rows.find((row) => row.player === entry.player.id);
      const row = kept ?? free.pop();
      if (!row) return;
      row.player = entry.player.id;
      const { node } = row;
      node.style.transition = kept && !fresh ? "" : "none"; // who is new does not come gliding from another's place
      node.style.transform = `translateY(${index * PITCH}px)`;
      node.classList.toggle("first", entry.rank === 1);
      const [rank, name, score] = [...node.children] as [HTMLElement, HTMLElement, HTMLElement];
      say(rank, whole(entry.rank));
      say(name, entry.player.name);
      say(score, short(entry.score));
      if (!kept && !fresh) appear(node, `translate(24px,${index * PITCH}px)`);
      node.hidden = false;
    });
    for (const row of free) {
      row.node.hidden = true;
      row.player = "";
    }
    home.hidden = entries.length === 0;
  };
}
