// What each kind of user asks. The operations are files of their own, so that they are checked against the schema.
const operations = import.meta.glob<string>("./examples/*.graphql", { query: "?raw", import: "default", eager: true });

export interface Example {
  readonly title: string;
  readonly query: string;
  /** Made anew each time the example is opened: a strike's key must be. */
  readonly variables?: () => Readonly<Record<string, unknown>>;
}

export interface Group {
  readonly who: string;
  readonly what: string;
  /** The role whose token the examples need; absent when none is needed. */
  readonly role?: "player" | "bot" | "admin";
  readonly examples: readonly Example[];
}

const operation = (name: string): string => operations[`./examples/${name}.graphql`] ?? "";
const newKey = (): string => `graphiql-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
const team = ["1", "2", "3"];

export const groups: readonly Group[] = [
  {
    who: "Visitor",
    what: "Needs no token.",
    examples: [
      { title: "The raid now", query: operation("visitor-raid") },
      { title: "Leaderboards", query: operation("visitor-leaderboards") },
      { title: "Raids of the past", query: operation("visitor-raids") },
    ],
  },
  {
    who: "Stream overlay",
    what: "Live, over a WebSocket. Needs no token, or a viewer's where public reading is off.",
    examples: [
      { title: "An HP bar", query: operation("overlay-hp") },
      { title: "Everything, live", query: operation("overlay-live"), variables: () => ({ after: null }) },
      { title: "Strikes, live", query: operation("overlay-strikes") },
    ],
  },
  {
    who: "Player",
    what: "With a player token: yourself only.",
    role: "player",
    examples: [
      { title: "Who am I?", query: operation("player-me") },
      { title: "My best team", query: operation("player-team"), variables: () => ({ me: "demo-visitor" }) },
      { title: "Strike", query: operation("player-strike"), variables: () => ({ team, key: newKey() }) },
    ],
  },
  {
    who: "Discord bot",
    what: "With a bot token: for every player.",
    role: "bot",
    examples: [
      {
        title: "Register a player",
        query: operation("bot-register"),
        variables: () => ({ discordId: "100000000000000001", name: "Ada" }),
      },
      {
        title: "Strike for a player",
        query: operation("bot-strike"),
        variables: () => ({ discordId: "100000000000000001", team, key: newKey() }),
      },
      { title: "Rewards to pay out", query: operation("bot-rewards"), variables: () => ({ after: null }) },
    ],
  },
  {
    who: "Raid admin",
    what: "With an admin token. Everything is logged.",
    role: "admin",
    examples: [
      {
        title: "Create a raid",
        query: operation("admin-create"),
        variables: () => ({ input: { name: "Spring raid", bossKey: "ember-tyrant", startsAt: nextMonth(), acceptWarnings: true } }),
      },
      { title: "Pause the raid", query: operation("admin-pause"), variables: () => ({ raid: "1", reason: "Maintenance" }) },
      {
        title: "Give out a token",
        query: operation("admin-token"),
        variables: () => ({ input: { role: "VIEWER", name: "My stream" } }),
      },
      { title: "The admin log", query: operation("admin-log") },
    ],
  },
];

function nextMonth(): string {
  const start = new Date();
  start.setUTCMonth(start.getUTCMonth() + 1, 1);
  start.setUTCHours(18, 0, 0, 0);
  return start.toISOString();
}
