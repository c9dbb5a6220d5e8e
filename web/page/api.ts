// What the page asks once, over plain HTTP. What it follows goes over ../live.
import { words } from "./words";
import operations from "./page.graphql?raw";
import type {
  PageBoardQuery,
  PageBoardQueryVariables,
  PageDetailsQuery,
  PageDetailsQueryVariables,
  PageRaidsQuery,
  PageWinnersQuery,
  PageWinnersQueryVariables,
} from "../live/schema";

export { operations };

export type Details = NonNullable<PageDetailsQuery["raid"]>;
export type RaidEvent = Details["events"][number];
export type Strike = Details["strikes"]["nodes"][number];
export type RaidState = Omit<Details, "hpHistory" | "events" | "strikes">;
export type Entry = NonNullable<PageBoardQuery["leaderboard"]>[number];
export type Summary = PageRaidsQuery["raids"]["nodes"][number];

interface Operations {
  PageRaids: { answer: PageRaidsQuery; variables: Record<string, never> };
  PageDetails: { answer: PageDetailsQuery; variables: PageDetailsQueryVariables };
  PageBoard: { answer: PageBoardQuery; variables: PageBoardQueryVariables };
  PageWinners: { answer: PageWinnersQuery; variables: PageWinnersQueryVariables };
}

const ANSWER_WITHIN_MS = 8_000;

/** A viewer token, which a server without public reading asks for: `#token=wt_viewer_…`. */
export const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? undefined;
export const endpoint = new URL("graphql", new URL(".", location.href)).href;

/** Rejects when there is no answer in time, or none without errors. */
export async function ask<Name extends keyof Operations>(
  name: Name,
  variables: Operations[Name]["variables"],
): Promise<Operations[Name]["answer"]> {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({ query: operations, operationName: name, variables }),
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  const { data, errors } = (await response.json()) as {
    data?: Operations[Name]["answer"];
    errors?: readonly { readonly message: string }[];
  };
  if (!data || errors?.length) throw new Error(errors?.[0]?.message ?? words.answered(response.status));
  return data;
}
