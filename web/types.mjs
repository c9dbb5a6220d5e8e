// Writes live/schema.ts: the TypeScript types of every operation that the pages ask, from schema/schema.graphql.
// With --check it writes nothing and fails when the file is not what it would write. Either way, an operation or one of
// GraphiQL's examples that does not fit the schema stops it.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { codegen } from "@graphql-codegen/core";
import * as operationTypes from "@graphql-codegen/typescript-operations";
import { buildSchema, parse, validate } from "graphql";

const here = import.meta.dirname;
const root = join(here, "..");
const target = join(here, "live", "schema.ts");
const schema = buildSchema(readFileSync(join(root, "schema", "schema.graphql"), "utf8"));

/** The .graphql files of some folders, in an order that does not depend on the file system. */
function documents(...folders) {
  return folders
    .flatMap((folder) => readdirSync(join(here, folder), { recursive: true }).map((name) => join(here, folder, name)))
    .filter((path) => path.endsWith(".graphql"))
    .sort()
    .map((path) => ({ location: relative(here, path), document: parse(readFileSync(path, "utf8")) }));
}

const asked = documents("live", "overlay", "page");
for (const { location, document } of [...asked, ...documents("graphiql")]) {
  for (const error of validate(schema, document)) {
    console.error(`web/${location}: ${error.message}`);
    process.exitCode = 1;
  }
}
if (process.exitCode) process.exit();

const generated = await codegen({
  filename: target,
  schema: parse(readFileSync(join(root, "schema", "schema.graphql"), "utf8")),
  schemaAst: schema,
  documents: asked,
  plugins: [{ operationTypes: {} }],
  pluginMap: { operationTypes },
  config: {
    scalars: { DateTime: "string", SafeInt: "number", ID: "string" },
    enumsAsTypes: true,
    immutableTypes: true,
    skipTypename: true,
    strictScalars: true,
    useTypeImports: true,
  },
});
const text = `// Written by \`npm run types\` from schema/schema.graphql and the .graphql files here; do not edit.\n${generated.trim()}\n`;

if (!process.argv.includes("--check")) {
  writeFileSync(target, text);
} else if (readFileSync(target, "utf8") !== text) {
  console.error("web/live/schema.ts is not what schema/schema.graphql says: write it anew with `npm run types` in web/");
  process.exitCode = 1;
}
