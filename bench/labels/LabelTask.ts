import type { PeerProcess } from '../PeerProcess.js';

/** A peer's answer to a run. */
export interface PeerRun {
  seconds: number;
}

/** Something done with labels that is timed beside a peer. */
export interface LabelTask {
  /** Seconds of a run here, or of each of its steps. */
  run(): Promise<number>;
  /** Steps of a run. Default 1. */
  steps?: number;
  /** What the peer is asked for a run on so many threads, without them. */
  request: Record<string, unknown>;
  /** Compares the results of both once; throws where they are not the same. Answers a line that says how near. */
  check(peer: PeerProcess): Promise<string>;
  /** Gives memory back. */
  dispose(): void;
}

/** Makes a task from files that it leaves in a folder, which the peer reads. */
export type MakeLabelTask = (folder: string) => Promise<LabelTask>;
