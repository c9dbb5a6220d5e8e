/**
 * One socket to the API that comes back by itself, for ever: after the server stopped or was too busy, after the network
 * went away without a word (found by ping), after the machine slept. What is followed on it is asked for again.
 */
import { createClient, type Client } from "graphql-ws";

/** "refused": the server answers, but not what was asked: a token is missing or no longer good. */
export type LineState = "connecting" | "open" | "lost" | "refused";

export interface Question {
  readonly query: string;
  readonly operationName?: string;
  /** Read anew each time it is asked: what is followed may move its own `after`. */
  readonly variables?: Record<string, unknown>;
}

export interface Follower<Data> {
  next(data: Data): void;
  /** The server has nothing more to tell. It is asked again after a moment, unless this says "stop". */
  over?(): "stop" | undefined;
}

export interface Line {
  /** The answer to a query. Rejects when the server refuses it or the line is cut. */
  ask<Data>(question: Question): Promise<Data>;
  /** Follows a subscription until the returned function is called. */
  follow<Data>(question: Question, follower: Follower<Data>): () => void;
  close(): void;
}

export interface LineOptions {
  /** Sent when the line is opened, never in an address. */
  readonly token?: string | undefined;
  /** Where the API is; by default beside the page: `../graphql`. */
  readonly url?: string;
  onState?(state: LineState): void;
}

const PING_EVERY_MS = 4_000;
const PONG_WITHIN_MS = 4_000;
const OPEN_WITHIN_MS = 8_000;
const LONGEST_WAIT_MS = 5_000;
const REFUSED_WAIT_MS = 20_000;

/** Grows with each try and differs from page to page, so that not all come back in the same moment. */
const backoff = (tries: number): number =>
  Math.min(LONGEST_WAIT_MS, 400 * 1.7 ** Math.min(tries, 12)) * (0.5 + Math.random() / 2);

const socketUrl = (given: string): string => {
  const url = new URL(given, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
};

export function openLine({ token, url = "../graphql", onState }: LineOptions = {}): Line {
  let state: LineState = "connecting";
  let watchdog = 0;
  let hurry: (() => void) | undefined;

  const tell = (next: LineState): void => {
    if (next !== state) {
      state = next;
      onState?.(next);
    }
  };
  /** Gives the socket so long to say something; then it is as good as cut. */
  const expect = (milliseconds: number): void => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => client.terminate(), milliseconds);
  };

  const client: Client = createClient({
    url: socketUrl(url),
    ...(token ? { connectionParams: { authorization: `Bearer ${token}` } } : {}),
    lazyCloseTimeout: 3_000,
    keepAlive: PING_EVERY_MS,
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: (tries) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, backoff(tries));
        hurry = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
    on: {
      connecting: () => expect(OPEN_WITHIN_MS),
      connected: () => {
        clearTimeout(watchdog);
        tell("open");
      },
      ping: (received) => received || expect(PONG_WITHIN_MS),
      pong: (received) => received && clearTimeout(watchdog),
      closed: (event) => {
        clearTimeout(watchdog);
        tell((event as CloseEvent).code === 4403 ? "refused" : "lost");
      },
    },
  });
  addEventListener("online", () => hurry?.());
  document.addEventListener("visibilitychange", () => document.hidden || hurry?.());

  return {
    ask: <Data>(question: Question) =>
      new Promise<Data>((resolve, reject) => {
        client.subscribe<Data>(question, {
          next: ({ data, errors }) => (data ? resolve(data) : reject(new Error(errors?.[0]?.message))),
          error: (reason) => reject(new Error(Array.isArray(reason) ? reason[0]?.message : "cut off")),
          complete: () => reject(new Error("no answer")),
        });
      }),

    follow<Data>(question: Question, follower: Follower<Data>) {
      let stopped = false;
      let failures = 0;
      let timer = 0;
      let dispose: (() => void) | undefined;
      const again = (milliseconds: number): void => {
        if (!stopped) timer = setTimeout(begin, milliseconds);
      };
      const begin = (): void => {
        dispose = client.subscribe<Data>(question, {
          next: ({ data }) => {
            failures = 0;
            tell("open");
            try {
              if (data) follower.next(data);
            } catch (error) {
              reportError(error); // thrown further it would end the socket, and with it everything followed
            }
          },
          error: (reason) => {
            // An array is the server's answer; anything else is a socket closed by a code after which the client gives up.
            const refused = Array.isArray(reason);
            tell(refused ? "refused" : "lost");
            again(refused ? REFUSED_WAIT_MS * (0.5 + Math.random()) : backoff(failures++));
          },
          complete: () => {
            if (!stopped && follower.over?.() !== "stop") again(backoff(1));
          },
        });
      };
      begin();
      return () => {
        stopped = true;
        clearTimeout(timer);
        dispose?.();
      };
    },

    close() {
      clearTimeout(watchdog);
      void client.dispose();
    },
  };
}
