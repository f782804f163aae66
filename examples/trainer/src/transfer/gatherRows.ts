import type { LabelledChips } from './drawLabels.js';
import { shuffled, streams } from './draws.js';
import type { FeatureSource } from './features/FeatureSource.js';
import { NO_LABEL, type Split, type Task, taskSizes } from './Task.js';

/** Vectors with answers. */
export interface Rows {
  /** Row-major [count, dims]. */
  features: Float32Array;
  /** Row-major [count, questions]. */
  labels: Int32Array;
  count: number;
}

/** Which vectors of which chips. */
export interface Picked {
  chip: number;
  /** Of segmentation. */
  pixels: number[];
  /** Row-major [pixels, questions]. */
  labels: number[];
}

/** The labelled vectors of drawn chips, at most `limit` by chance, the same for every source. */
export async function pickRows(
  task: Task,
  { chips, labels }: LabelledChips,
  { limit, seed, part }: { limit: number; seed: number; part: number },
): Promise<Picked[]> {
  const { samples, questions } = taskSizes(task);
  const known: number[] = [];
  for (let at = 0; at < chips.length * samples; at++) {
    if (labels[at * questions] !== NO_LABEL) known.push(at);
  }
  let chosen = known;
  if (known.length > limit) {
    const order = await shuffled(known.length, seed, streams.rows, part);
    chosen = order
      .slice(0, limit)
      .map((i) => known[i])
      .sort((a, b) => a - b);
  }
  const byChip = new Map<number, Picked>();
  for (const at of chosen) {
    const chip = chips[Math.floor(at / samples)];
    const picked = byChip.get(chip) ?? { chip, pixels: [], labels: [] };
    byChip.set(chip, picked);
    picked.pixels.push(at % samples);
    for (let k = 0; k < questions; k++) picked.labels.push(labels[at * questions + k]);
  }
  return [...byChip.values()];
}

/** The vectors of a source for what was picked. */
export async function gatherRows(
  source: FeatureSource,
  split: Split,
  picked: readonly Picked[],
): Promise<Rows> {
  const count = picked.reduce((sum, { pixels }) => sum + pixels.length, 0);
  const features = new Float32Array(count * source.dims);
  let at = 0;
  for (const { chip, pixels } of picked) {
    const rows = await source.rows(split, chip, pixels);
    features.set(rows, at);
    at += rows.length;
  }
  return { features, labels: Int32Array.from(picked.flatMap(({ labels }) => labels)), count };
}
