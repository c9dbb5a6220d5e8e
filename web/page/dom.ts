// The few things done to the document. What comes from the server is put in as text, never as markup.

export function part<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (!found) throw new Error(`There is no #${id}.`);
  return found as Kind;
}

/** Sets a text only where it changed: a screen reader is told of every change. */
export function say(id: string, text: string): void {
  const node = part(id);
  if (node.textContent !== text) node.textContent = text;
}

export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = "",
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/** Makes a list anew when what it shows has changed, and leaves it in peace when not. */
export function fill(node: HTMLElement, key: string, children: () => Node[]): void {
  if (node.dataset["key"] === key) return;
  node.dataset["key"] = key;
  node.replaceChildren(...children());
}

export const show = (id: string, visible: boolean): void => {
  part(id).hidden = !visible;
};
