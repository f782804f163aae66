import type { Bench, Outcome } from '../Bench.js';
import type { Budget } from '../Budget.js';
import type { DrawnLabels } from '../drawLabels.js';
import type { TaskKind } from '../Task.js';

/** A way from labels to answers. */
export interface Method {
  name: string;
  /** Whether it uses pretraining. */
  pretrained: boolean;
  /** Whether the method can be tried on it. Default: on everything. */
  fits?(kind: TaskKind, budget: Budget): boolean;
  /** What of a bench, besides the chips, the outcome depends on. */
  settings(bench: Bench): unknown;
  run(bench: Bench, drawn: DrawnLabels, seed: number): Promise<Outcome>;
}
