/** A row of affinities: as many as fit, newest first, then how many more there are. */
import { appear, make, say } from "./dom";

const MOST = 6;
const MORE = 54;
const AROUND_TEXT = 58; // its triangle, its edges and the gap to the next
const WIDEST = 219;

const ruler = document.createElement("canvas").getContext("2d");

/** How wide a text comes out, without asking the page for its layout. */
export function widthOf(text: string): number {
  if (!ruler) return WIDEST;
  ruler.font = `700 18px ${getComputedStyle(document.documentElement).getPropertyValue("--wt-font")}`;
  return ruler.measureText(text).width;
}

export interface Badge {
  readonly text: string;
  readonly className: string;
}

/** The returned function takes the width that there is for the badges, and says how much of it they took. */
export function badgeRow(home: HTMLElement, label: string): (badges: readonly Badge[], room: number, fresh: boolean) => number {
  const slots = Array.from({ length: MOST }, () => make("badge"));
  const more = make("badge more");
  home.append(make("label", label), ...slots, more);
  let known = new Set<string>();

  return (badges, room, fresh) => {
    let taken = 0;
    let count = 0;
    for (const badge of badges.slice(0, MOST)) {
      const width = Math.min(WIDEST, AROUND_TEXT + widthOf(badge.text));
      const rest = badges.length > count + 1 ? MORE : 0;
      if (count > 0 && taken + width + rest > room) break;
      taken += width;
      count++;
    }
    if (count < badges.length) taken += MORE;
    slots.forEach((slot, index) => {
      const badge = index < count ? badges[index] : undefined;
      slot.hidden = !badge;
      if (!badge) return;
      slot.className = `badge ${badge.className}`;
      say(slot, badge.text);
      if (!fresh && !known.has(badge.text)) appear(slot, "scale(.4)", 500);
    });
    known = new Set(badges.map((badge) => badge.text));
    more.hidden = badges.length <= count;
    say(more, `+${badges.length - count}`);
    home.hidden = badges.length === 0;
    return taken;
  };
}
