// Follows a raid with graphql-ws, as docs/live.md shows it: one line of JSON for each update, and one at the end.
// node client.mjs <url> <raid id>
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const [url, raidId] = process.argv.slice(2);
const variables = { raidId, after: 0 }; // one object: it is sent again, as it is then, with every new connection
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const client = createClient({
  url,
  webSocketImpl: WebSocket,
  retryAttempts: Infinity,
  shouldRetry: () => true,
  retryWait: () => new Promise((wake) => setTimeout(wake, 50)),
  on: { closed: (event) => tell({ closed: event.code ?? null }) },
});

client.subscribe(
  {
    query: `subscription ($raidId: ID!, $after: SafeInt) {
      raidUpdates(raidId: $raidId, after: $after) { sequence gap events { sequence } }
    }`,
    variables,
  },
  {
    next({ data, errors }) {
      if (errors) return tell({ errors });
      const { sequence, gap, events } = data.raidUpdates;
      variables.after = sequence;
      tell({ gap, events: events.map((event) => event.sequence) });
    },
    error(error) {
      tell({ error: String(error) });
      process.exitCode = 1;
    },
    async complete() {
      tell({ complete: true });
      await client.dispose();
    },
  },
);
