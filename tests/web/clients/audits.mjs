// Runs graphql-http's audits against a server: one line of JSON for each, { id, name, status, reason }.
// node audits.mjs <url>
import { serverAudits } from "graphql-http";

const [url] = process.argv.slice(2);

for (const audit of serverAudits({ url, fetchFn: fetch })) {
  const { id, name, status, reason = null } = await audit.fn();
  process.stdout.write(`${JSON.stringify({ id, name, status, reason })}\n`);
}
