// Three builds that share nothing: the overlay is loaded by OBS and must be small and simple, the raid page comes next,
// and GraphiQL with its editor weighs more than both. One of them is built by `vite build --mode overlay|page|graphiql`.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { defineConfig, type Plugin, type UserConfig } from "vite";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const parts: Record<string, { readonly pages: string[]; readonly assets: string; readonly target: string }> = {
  // OBS 31 ships Chromium 127, but many streamers keep older ones: 103 is that of OBS 28.
  overlay: { pages: ["overlay/index.html", "overlay/edit.html"], assets: "assets", target: "chrome103" },
  page: { pages: ["page/index.html"], assets: "page", target: "es2022" },
  graphiql: { pages: ["graphiql/index.html"], assets: "graphiql", target: "es2022" },
};

/** Lays a .gz beside each text file, so that the server never has to compress while strikes wait. */
function compressed(): Plugin {
  return {
    name: "compressed",
    async writeBundle({ dir: folder = "" }) {
      const names = await readdir(folder, { recursive: true });
      const texts = names.filter((name) => /\.(css|js|svg)$/.test(name));
      await Promise.all(
        texts.map(async (name) => {
          const packed = await promisify(gzip)(await readFile(join(folder, name)), { level: 9 });
          await writeFile(join(folder, `${name}.gz`), packed);
        }),
      );
    },
  };
}

/** Leaves out what loads the style sheets of lazy chunks: the overlay's have none, and it must stay small. */
const bareImports: Plugin = {
  name: "bare-imports",
  enforce: "pre",
  load: (id) => (id === "\0vite/preload-helper.js" ? "export const __vitePreload = (load) => load();" : undefined),
};

export default defineConfig(({ mode }): UserConfig => {
  const part = parts[mode];
  if (!part) throw new Error(`--mode says what to build: ${Object.keys(parts).join(", ")}`);
  return {
    root: at(mode),
    base: "./", // a proxy may serve everything below some path
    publicDir: false,
    clearScreen: false,
    logLevel: "warn",
    plugins: mode === "overlay" ? [bareImports, compressed()] : [compressed()],
    build: {
      outDir: at(`dist/${mode}`),
      emptyOutDir: true,
      assetsDir: part.assets,
      assetsInlineLimit: 0, // no data: URLs that the Content-Security-Policy would have to allow
      target: part.target,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 4_000,
      reportCompressedSize: false,
      license: { fileName: "licenses.md" }, // what is built carries the code of others
      rolldownOptions: {
        input: part.pages.map((page) => at(page)),
        onLog(level, log, handler) {
          if (log.code !== "MODULE_LEVEL_DIRECTIVE") handler(level, log); // "use client" means nothing here
        },
      },
    },
    worker: { format: "es" },
  };
});
