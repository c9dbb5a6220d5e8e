// Fails when the overlay, as it is built, uses what the oldest browser that has to show it does not know. That browser
// cannot be had any more, so MDN's list of what came when is asked instead, by name: members and globals of JavaScript
// and of the browser, properties, values, functions, selectors and rules of style sheets. A name that is old somewhere
// (`any` of Promise, `any` of AbortSignal) is only told apart where the object stands before it.
//
//     node old_browsers.mjs FOLDER, for example dist/overlay; how old is the target in vite.config.ts
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import bcd from "@mdn/browser-compat-data" with { type: "json" };
import postcss from "postcss";
import { parseAst } from "vite";

const folder = process.argv[2];
const oldest = Number(/"chrome(\d+)"/.exec(readFileSync(join(import.meta.dirname, "vite.config.ts"), "utf8"))?.[1]);
/** Members of objects of our own and of graphql-ws that are called like something new. */
const OURS = new Set(["connecting", "dispose", "lost", "take", "token"]);
/** Units have no names of their own in the list: those that came with Chrome 105 and 108. */
const NEW_UNITS = /(?<![\w#-])[\d.]+((?:[sld]v(?:w|h|i|b|min|max))|cq(?:w|h|i|b|min|max))\b/;

/** In which Chrome it came, without a flag; Infinity: in none. */
function cameWith(feature) {
  const told = feature?.__compat?.support?.chrome;
  if (!told) return 0; // a group, or nothing is said of Chrome
  const versions = [told].flat().filter(({ flags, prefix, alternative_name: other }) => !flags && !prefix && !other);
  const numbers = versions.map(({ version_added: added }) => (added === true ? 0 : Number.parseInt(added) || Infinity));
  return Math.min(Infinity, ...numbers);
}
const isNew = (feature) => cameWith(feature) > oldest;
const members = (group) => Object.entries(group ?? {}).filter(([name]) => name !== "__compat");

// JavaScript: `Object.member` pairs, globals, and member names that are new wherever they are.
const [pairs, globals, old, young] = [new Set(), new Set(), new Set(), new Set()];
for (const group of [bcd.api, bcd.javascript.builtins]) {
  for (const [object, feature] of members(group)) {
    if (isNew(feature)) globals.add(object);
    for (const [raw, member] of members(feature)) {
      if (raw.endsWith("_event")) continue;
      const name = raw.replace(/_static$/, "");
      if (isNew(member)) pairs.add(`${object}.${name}`);
      (isNew(member) || isNew(feature) ? young : old).add(name);
    }
  }
}
for (const [name, feature] of members(bcd.api.Window)) if (isNew(feature)) globals.add(name);
for (const name of [...old, ...OURS]) young.delete(name);

const found = [];
function walk(node, file) {
  if (Array.isArray(node)) return node.forEach((each) => walk(each, file));
  if (!node || typeof node.type !== "string") return;
  if (node.type === "MemberExpression" && !node.computed) {
    const { name } = node.property;
    const pair = node.object.type === "Identifier" ? `${node.object.name}.${name}` : "";
    if (young.has(name)) found.push(`${file}: .${name}`);
    else if (pairs.has(pair)) found.push(`${file}: ${pair}`);
    return walk(node.object, file);
  }
  if (node.type === "NewExpression" || node.type === "CallExpression") {
    const { callee } = node;
    if (callee.type === "Identifier" && globals.has(callee.name)) found.push(`${file}: ${callee.name}`);
  }
  for (const child of Object.values(node)) if (typeof child === "object") walk(child, file);
}

// Style sheets.
const values = members(bcd.css.types).flatMap(([name, type]) => [[name, type], ...members(type)]);
const functions = new Set(values.filter(([, type]) => isNew(type)).map(([name]) => name));
for (const [name, type] of values) if (!isNew(type)) functions.delete(name);

function checkStyles(file, text) {
  const tell = (what) => found.push(`${file}: ${what}`);
  postcss.parse(text).walk((node) => {
    if (node.type === "atrule" && isNew(bcd.css["at-rules"][node.name])) tell(`@${node.name}`);
    if (node.type === "rule") {
      if (node.parent.type === "rule") tell(`${node.selector} inside another rule`);
      for (const [, name] of node.selector.matchAll(/::?([a-z-]+)/g)) if (isNew(bcd.css.selectors[name])) tell(`:${name}`);
    }
    if (node.type !== "decl" || node.prop.startsWith("--")) return;
    const property = bcd.css.properties[node.prop];
    if (isNew(property)) tell(node.prop);
    for (const [word] of node.value.matchAll(/[a-z][a-z-]+/g)) if (isNew(property?.[word])) tell(`${node.prop}: ${word}`);
    for (const [, name] of node.value.matchAll(/([a-z][a-z-]+)\(/g)) if (functions.has(name)) tell(`${name}()`);
    const unit = NEW_UNITS.exec(node.value)?.[1];
    if (unit) tell(`the unit ${unit}`);
  });
}

let files = 0;
for (const name of readdirSync(folder, { recursive: true })) {
  if (!/\.(js|css)$/.test(name)) continue;
  files++;
  const text = readFileSync(join(folder, name), "utf8");
  if (name.endsWith(".css")) checkStyles(name, text);
  else walk(parseAst(text), name);
}
if (!files || !(oldest > 0)) throw new Error(`nothing to look at in ${folder}`);
for (const each of new Set(found)) console.error(`newer than Chrome ${oldest}: ${each}`);
process.exitCode = found.length ? 1 : 0;
