import { loadavg } from 'node:os';
import type { LabelTask, PeerRun } from './labels/LabelTask.js';
import { median } from './median.js';
import type { PeerProcess } from './PeerProcess.js';

/** How long a run takes. */
export interface TurnTime {
  /** The median over the turns. */
  seconds: number;
  /** Of all threads, the median too; null: unknown. */
  processorSeconds: number | null;
}

/** What turns with a peer told. */
export interface Turns {
  ours: TurnTime;
  /** On the number of threads that is faster; null: there is no peer. */
  theirs: (TurnTime & { threads: number }) | null;
  /** The peer's seconds over ours of the same turn: the median, the least and the most. */
  ratio: { median: number; least: number; most: number } | null;
  /** Processes that wanted a processor in the minute before. */
  load: number;
}

interface Run {
  seconds: number;
  processorSeconds: number | null;
}

/** The peer runs on one thread and on two. */
const THREADS = [1, 2];

/** Runs a task here and in the peer, in turns, so that both meet the same load. The first turn warms up. */
export async function measureTurns(
  task: LabelTask,
  peer: PeerProcess | undefined,
  turns: number,
): Promise<Turns> {
  const [load] = loadavg();
  const { steps = 1 } = task;
  const ours: Run[] = [];
  const theirs: Run[][] = THREADS.map(() => []);
  for (let turn = 0; turn <= turns; turn++) {
    const before = process.cpuUsage();
    const seconds = await task.run();
    const { user, system } = process.cpuUsage(before);
    if (turn > 0) ours.push({ seconds, processorSeconds: (user + system) / 1e6 / steps });
    if (!peer) continue;
    for (const [i, threads] of THREADS.entries()) {
      const start = peer.processorTime();
      const { seconds } = await peer.ask<PeerRun>({ ...task.request, threads });
      const end = peer.processorTime();
      const processorSeconds = start === null || end === null ? null : (end - start) / 1000 / steps;
      if (turn > 0) theirs[i].push({ seconds, processorSeconds });
    }
  }
  if (!peer) return { ours: timeOf(ours), theirs: null, ratio: null, load };
  const times = theirs.map(timeOf);
  const faster = times[1].seconds < times[0].seconds ? 1 : 0;
  const ratios = theirs[faster].map(({ seconds }, i) => seconds / ours[i].seconds);
  return {
    ours: timeOf(ours),
    theirs: { ...times[faster], threads: THREADS[faster] },
    ratio: { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) },
    load,
  };
}

function timeOf(runs: readonly Run[]): TurnTime {
  const known = runs.flatMap(({ processorSeconds }) => processorSeconds ?? []);
  return {
    seconds: median(runs.map(({ seconds }) => seconds)),
    processorSeconds: known.length > 0 ? median(known) : null,
  };
}
