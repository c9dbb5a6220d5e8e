/** The settings page: what is chosen makes the address, and the preview shows that address. */
import { BEHIND, GROUPS, MORE, REHEARSALS, SIZES, TEXTS, type Field } from "./fields";
import type { Language, Layout } from "./settings";

const RELOAD_AFTER_MS = 250;
const EMBER = "#ff3d5a";

const language: Language = navigator.language.startsWith("de") ? "de" : "en";
document.documentElement.lang = language;
const part = <Kind extends HTMLElement>(id: string): Kind => document.getElementById(id) as Kind;
const preview = part<HTMLIFrameElement>("preview");
const address = part<HTMLInputElement>("address");

function element<Name extends keyof HTMLElementTagNameMap>(name: Name, given: Partial<HTMLElementTagNameMap[Name]>, ...children: Node[]): HTMLElementTagNameMap[Name] {
  const made = Object.assign(document.createElement(name), given);
  made.append(...children);
  return made;
}

/** What is no good stays in its input, which says so, and out of the address, where it would mean nothing. */
function ifGood(input: HTMLInputElement, value: string): string {
  input.ariaInvalid = String(!input.validity.valid);
  return input.validity.valid ? value : "";
}

/** The input, and what it means for the address; empty where that is what holds anyway. */
function inputOf(field: Field): readonly [HTMLElement, () => string] {
  const id = `set-${field.name}`;
  const otherwise = (value: string): string => (value === field.standard ? "" : value);
  const [min, max, step] = (field.range ?? []).map(String);
  switch (field.kind) {
    case "choice": {
      const options = (field.choices ?? []).map(([value, label]) => element("option", { value, textContent: label[language] }));
      const select = element("select", { id }, ...options);
      select.value = field.standard;
      return [select, () => otherwise(select.value)];
    }
    case "switch": {
      const box = element("input", { id, type: "checkbox", checked: field.standard === "on" });
      return [box, () => otherwise(box.checked ? "on" : "off")];
    }
    case "color": {
      let isChosen = false;
      const color = element("input", { id, type: "color", value: EMBER });
      color.addEventListener("input", () => (isChosen = true));
      // The way back: a theme that is chosen later brings its own. Before the address is made anew.
      part("settings").addEventListener("input", ({ target }) => {
        if ((target as HTMLElement).id !== "set-theme") return;
        isChosen = false;
        color.value = EMBER;
      }, { capture: true });
      return [color, () => (isChosen ? color.value.slice(1) : "")];
    }
    case "text":
    case "secret": {
      const type = field.kind === "secret" ? "password" : "text";
      const text = element("input", { id, type, autocomplete: "off", spellcheck: false });
      if (field.pattern) text.pattern = field.pattern;
      return [text, () => ifGood(text, text.value.trim())];
    }
    default: {
      const number = element("input", { id, type: field.kind });
      Object.assign(number, { min, max, step, value: field.standard });
      return [number, () => otherwise(ifGood(number, number.value))];
    }
  }
}

const values = new Map<string, () => string>();
for (const group of GROUPS) {
  const rows = group.fields.map((field) => {
    const [input, value] = inputOf(field);
    values.set(field.name, value);
    const row = element("div", { className: "field" }, element("label", { htmlFor: input.id, textContent: field.label[language] }), input);
    if (field.hint) {
      const hint = element("small", { id: `${input.id}-hint`, textContent: field.hint[language] });
      input.setAttribute("aria-describedby", hint.id);
      row.append(hint);
    }
    return row;
  });
  part("settings").append(element("fieldset", {}, element("legend", { textContent: group.label[language] }), ...rows));
}
part("settings").addEventListener("submit", (event) => event.preventDefault());

for (const [id, text] of Object.entries(TEXTS)) part(id).textContent = text[language];
preview.title = MORE.preview[language];

let isReal = false;
let shown = "";
let timer = 0;

function update(): void {
  const query = new URLSearchParams();
  for (const [name, value] of values) if (name !== "token" && value()) query.set(name, value());
  const token = values.get("token")?.();
  const hash = token ? `#token=${encodeURIComponent(token)}` : "";
  const url = new URL("./", location.href);
  url.search = query.toString();
  address.value = url.href + hash;

  const [width, height] = SIZES[(values.get("layout")?.() || "full") as Layout];
  part("size").textContent = `${MORE.size[language]}${width} × ${height}`;
  part("frame").style.setProperty("--ratio", `${width} / ${height}`);

  if (!isReal) query.set("demo", "on");
  url.search = query.toString();
  const next = url.href + (isReal ? hash : "");
  if (next === shown) return;
  shown = next;
  clearTimeout(timer);
  timer = setTimeout(() => {
    // Another document each time, even where only the part behind the # is new; and no way back through all of them.
    const window = preview.contentWindow;
    if (!preview.src) preview.src = next;
    else if (window) {
      window.location.replace(next);
      if (window.location.href.split("#")[0] === next.split("#")[0]) window.location.reload();
    }
  }, preview.src ? RELOAD_AFTER_MS : 0);
}
part("settings").addEventListener("input", update);

part("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(address.value);
    part("copied").textContent = MORE.copied[language];
  } catch {
    address.select();
    part("copied").textContent = MORE.notCopied[language];
  }
  setTimeout(() => (part("copied").textContent = ""), 6_000);
});
address.addEventListener("focus", () => address.select());

for (const [name, label] of REHEARSALS) {
  const button = element("button", { type: "button", textContent: label[language] });
  button.addEventListener("click", () => preview.contentWindow?.postMessage({ rehearse: name }, location.origin));
  part("rehearsals").append(button);
}

/** Buttons of which one is pressed. */
function oneOf(home: HTMLElement, choices: readonly (readonly [string, string])[], choose: (value: string) => void): void {
  const buttons = choices.map(([value, label]) => {
    const button = element("button", { type: "button", textContent: label });
    button.addEventListener("click", () => {
      for (const each of buttons) each.setAttribute("aria-pressed", String(each === button));
      choose(value);
    });
    return button;
  });
  home.append(...buttons);
  buttons[0]?.click();
}
oneOf(part("behind"), BEHIND.map(([value, label]) => [value, label[language]] as const), (value) => (preview.dataset.behind = value));
oneOf(part("source"), [["sample", MORE.sample[language]], ["real", MORE.real[language]]], (value) => {
  isReal = value === "real";
  update();
});
