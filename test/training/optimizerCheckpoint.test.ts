import { beforeAll, describe, expect, it } from 'vitest';
import { namedParameters } from '../../src/models/namedParameters.js';
import { unetAttD } from '../../src/models/unetAttD.js';
import type { PackedOptimizer } from '../../src/optimizers/PackedOptimizer.js';
import { encodeCheckpoint } from '../../src/training/encodeCheckpoint.js';
import { restoreCheckpoint } from '../../src/training/restoreCheckpoint.js';
import { allOptimizers } from '../optimizers/allOptimizers.js';
import { update, valuesOf } from '../optimizers/variables.js';
import { startTestBackend } from '../support/backend.js';

beforeAll(startTestBackend);

describe.each(Object.entries(allOptimizers))('a checkpoint of %s', (_name, make) => {
  const makeRun = (optimizer: PackedOptimizer, seed: number) => {
    const model = unetAttD({ inChannels: 1, filterConfig: [2, 2, 3, 2, 4, 4], timeEmbeddingDim: 4, seed });
    const parameters = namedParameters(model);
    const trainable = parameters.filter(({ spec }) => spec.trainable);
    return { parameters, optimizer, step: (count: number) => update(optimizer, trainable, count) };
  };

  it('goes on bit for bit, also from before the first step', async () => {
    for (const saved of [0, 3]) {
      const whole = makeRun(make(), 1);
      for (let step = 1; step <= saved; step++) whole.step(step);
      const resumed = makeRun(make(), 2);
      await restoreCheckpoint(await encodeCheckpoint(whole, {}), resumed);
      expect(resumed.optimizer.step).toBe(saved);
      whole.step(4);
      resumed.step(4);
      expect(await valuesOf(resumed.parameters)).toEqual(await valuesOf(whole.parameters));
      expect(await resumed.optimizer.state(resumed.parameters)).toEqual(
        await whole.optimizer.state(whole.parameters),
      );
    }
  });
});
