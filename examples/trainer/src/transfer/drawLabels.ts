import { ConfigError } from 'diffusion-ssl/errors';
import { type Budget, budgetName } from './Budget.js';
import { shuffled, streams, uniforms } from './draws.js';
import { type ChipSet, isPerPixel, NO_LABEL, type Task, taskSizes } from './Task.js';

/** Chips of which something is known. */
export interface LabelledChips {
  /** Numbers of the chips within their split, ascending. */
  chips: number[];
  /** Row-major [chips, samples, questions], {@link NO_LABEL} where nothing is known. */
  labels: Int32Array;
}

/** What a trial may know: labels to fit, and half as many to choose by. */
export interface DrawnLabels {
  train: LabelledChips;
  validate: LabelledChips;
}

/**
 * The labels of a budget and a seed: the same for all methods. Smaller budgets of a seed are part of its larger ones.
 *
 * @throws {ConfigError} If there are not as many chips, or points are asked for of what has no pixels.
 */
export async function drawLabels(task: Task, budget: Budget, seed: number): Promise<DrawnLabels> {
  const { train, validate } = task.sets;
  if (budget.kind === 'points') {
    if (!isPerPixel(task.kind)) throw new ConfigError('Points a class are for pixels alone.');
    return {
      train: await drawPoints(task, train, { count: budget.amount, seed, part: 0 }),
      validate: await drawPoints(task, validate, { count: Math.ceil(budget.amount / 2), seed, part: 1 }),
    };
  }
  const { kind, amount } = budget;
  const count = kind === 'chips' ? amount : Math.max(1, Math.round(amount * train.count));
  if (count > train.count) {
    throw new ConfigError(`${budgetName(budget)} are asked for; there are ${train.count} training chips.`);
  }
  const half = Math.min(validate.count, Math.ceil(count / 2));
  return {
    train: await drawChips(task, train, { count, seed, part: 0 }),
    validate: await drawChips(task, validate, { count: half, seed, part: 1 }),
  };
}

interface Draw {
  count: number;
  seed: number;
  part: number;
}

async function drawChips(task: Task, set: ChipSet, { count, seed, part }: Draw): Promise<LabelledChips> {
  const { samples, questions } = taskSizes(task);
  const length = samples * questions;
  const chips = (await shuffled(set.count, seed, streams.chips, part)).slice(0, count).sort((a, b) => a - b);
  const labels = new Int32Array(count * length);
  for (const [i, chip] of chips.entries()) {
    labels.set(set.labels.subarray(chip * length, (chip + 1) * length), i * length);
  }
  return { chips, labels };
}

async function drawPoints(task: Task, set: ChipSet, { count, seed, part }: Draw): Promise<LabelledChips> {
  const { samples } = taskSizes(task);
  const places = task.classes.map(() => [] as number[]);
  for (const [at, label] of set.labels.entries()) if (label !== NO_LABEL) places[label].push(at);
  const points: number[] = [];
  for (const [k, all] of places.entries()) {
    const drawn = await uniforms(count, seed, streams.points, 2 * k + part);
    for (const u of drawn) if (all.length > 0) points.push(all[Math.floor(u * all.length)]);
  }
  const chips = [...new Set(points.map((at) => Math.floor(at / samples)))].sort((a, b) => a - b);
  const rank = new Map(chips.map((chip, i) => [chip, i]));
  const labels = new Int32Array(chips.length * samples).fill(NO_LABEL);
  for (const at of points) {
    labels[rank.get(Math.floor(at / samples))! * samples + (at % samples)] = set.labels[at];
  }
  return { chips, labels };
}
