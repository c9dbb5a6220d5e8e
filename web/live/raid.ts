/** A raid followed so that each event is told exactly once, whatever is cut off in between. */
import type { Line, Question } from "./line";

interface Told<Raid, Event> {
  readonly raidUpdates: {
    readonly sequence: number;
    readonly gap: boolean;
    readonly raid: Raid;
    readonly events: readonly Event[];
  };
}

export interface RaidWatcher<Raid, Event> {
  /**
   * The newest state, and the events since the last one: each once, in order. `fresh`: there is nothing to go on from: it
   * is the first state of this raid, or too much was missed.
   */
  update(raid: Raid, events: readonly Event[], fresh: boolean): void;
  /** The raid has ended. Without `raidId` the next one is waited for. */
  over?(raid: Raid): void;
}

/**
 * Follows a raid; without `raidId` the live one, or the next one to begin, and after its end the one after that.
 *
 * The question is `subscription ($raidId: ID, $after: SafeInt, …) { raidUpdates(raidId: $raidId, after: $after) { sequence
 * gap raid { id status … } events { sequence … } } }`.
 */
export function followRaid<Raid extends { readonly id: string; readonly status: string }, Event extends { readonly sequence: number }>(
  line: Line,
  question: Question & { readonly raidId?: string | undefined },
  watcher: RaidWatcher<Raid, Event>,
): () => void {
  const { raidId, ...asked } = question;
  // One object for all connections: each new one goes on after what it holds then.
  const variables = { ...asked.variables, raidId: raidId ?? null, after: null as number | null };
  let known: Raid | undefined;
  return line.follow<Told<Raid, Event>>({ ...asked, variables }, {
    next({ raidUpdates: { sequence, gap, raid, events } }) {
      const fresh = gap || raid.id !== known?.id;
      const after = variables.after ?? -1;
      if (!fresh && sequence < after) return; // another server, which has not heard yet what we know
      // Of another raid than the one that `after` belongs to, what was replayed means nothing.
      const news = !fresh ? events.filter((event) => event.sequence > after) : known || gap ? [] : events;
      known = raid;
      variables.after = sequence;
      watcher.update(raid, news, fresh);
    },
    over() {
      if (known?.status !== "COMPLETED") return undefined; // the server stops, or there is no such raid
      const raid = known;
      known = undefined;
      variables.after = null;
      watcher.over?.(raid);
      return raidId ? "stop" : undefined;
    },
  });
}
