/** The few things done to the page. Text is only ever put in as text. */

export const part = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;

export function make(className: string, ...children: (Node | string)[]): HTMLElement {
  const node = document.createElement("span");
  node.className = className;
  node.append(...children);
  return node;
}

/** Also for names that people gave themselves: a cell keeps their direction and marks to itself. */
export function say(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Moves the right edge of a bar's filling; by less than can be seen it does not move at all. */
export function fill(node: HTMLElement, fraction: number): void {
  node.style.transform = `scaleX(${Math.min(1, Math.max(0, fraction)).toFixed(4)})`;
}

export const isCalm = (): boolean => document.documentElement.dataset.motion === "reduced";

/** Whether movement would be seen and is wanted. */
export const isLively = (): boolean => !isCalm() && !document.documentElement.classList.contains("snap");

export const EASE = "cubic-bezier(.2,.8,.2,1)";

export function appear(node: HTMLElement, from: string, milliseconds = 280): void {
  if (isLively()) node.animate([{ opacity: 0, transform: from }, { opacity: 1 }], { duration: milliseconds, easing: EASE });
}
