import { beforeAll, expect, it } from 'vitest';
import { startTestBackend } from '../../../test/support/backend.js';
import { neighbourScore, plainScores } from '../src/dino/neighbourScore.js';
import { spreadOf } from '../src/dino/teacherFeatures.js';
import { NO_LABEL, type Task } from '../src/transfer/Task.js';

beforeAll(startTestBackend);

/** Chips of 1 × 2 pixels and two bands. The pixels of class 1 are those of class 0 in another order. */
function taskOf(): Task {
  const chips = { 0: [1, 0, 0.1, 1], 1: [0.1, 1, 1, 0] };
  const set = (labels: number[]) => ({
    count: labels.length,
    names: labels.map(String),
    images: Float32Array.from(
      labels.flatMap((label, i) => chips[(label === NO_LABEL ? i % 2 : label) as 0 | 1]),
    ),
    labels: Int32Array.from(labels),
  });
  return {
    ...{ kind: 'scenes', classes: ['a', 'b'], shape: [1, 2, 2], fingerprint: '' },
    sets: { train: set([0, 1, 0, 1, 0]), validate: set([0, 1, 1, NO_LABEL]), test: set([]) },
  };
}

it('counts the labelled chips whose neighbours are of their class', async () => {
  const task = taskOf();
  const [train, validate] = [
    Float32Array.of(1, 0, 0, 1, 1, 0, 0, 1, 1, 0),
    Float32Array.of(1, 0, 0, 1, 1, 0, 0, 1),
  ];
  expect(await neighbourScore(task, { train, validate }, 1)).toBeCloseTo(2 / 3);
});

it('tells by pixels what the means of bands do not tell', async () => {
  const { pixels, means } = await plainScores(taskOf(), 1);
  expect(pixels).toBe(1);
  expect(means).toBeCloseTo(1 / 3);
});

it('knows how far features lie from their mean, whatever their length', () => {
  expect(spreadOf(Float32Array.of(1, 0, 3, 0), 2)).toBeCloseTo(0);
  expect(spreadOf(Float32Array.of(2, 0, -5, 0), 2)).toBeCloseTo(1);
  expect(spreadOf(Float32Array.of(1, 0, 0, 7), 2)).toBeCloseTo(Math.SQRT1_2);
});
