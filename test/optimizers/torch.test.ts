import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import * as optimizers from '../../src/optimizers/index.js';
import type { PackedOptimizer } from '../../src/optimizers/PackedOptimizer.js';
import { expectTensorsKept, startTestBackend } from '../support/backend.js';
import { expectClose, type Tolerance } from '../support/compare.js';
import { type FixtureArray, fixtureValues, readFixture } from '../support/fixtures.js';

type TorchOptions = Record<string, number | boolean | [number, number]>;

interface Fixture {
  tolerance: Tolerance;
  init: Record<string, FixtureArray>;
  gradients: Record<string, FixtureArray>;
  steps: number;
  cases: ({
    name: string;
    torch_class: string;
    given: TorchOptions;
    hyper_parameters: TorchOptions;
  } & Record<string, FixtureArray>)[];
}

const fixture = readFixture<Fixture>('optimizers.json');

/** torch's options in our words: `lr_decay` is `learningRateDecay`. */
function ourOptions(options: TorchOptions): TorchOptions {
  const ours = (name: string) =>
    name.replace(/^lr/, 'learning_rate').replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [ours(name), value]));
}

function makeOptimizer(torchClass: string, options: TorchOptions): PackedOptimizer {
  const Class = (optimizers as unknown as Record<string, new (options: TorchOptions) => PackedOptimizer>)[
    torchClass
  ];
  return new Class(ourOptions(options));
}

beforeAll(startTestBackend);

describe('optimizers.json', () => {
  for (const torch of fixture.cases) {
    it(torch.name, async () => {
      const optimizer = makeOptimizer(torch.torch_class, torch.given);
      expect(optimizer.getConfig(), 'the options and their defaults').toMatchObject(
        ourOptions(torch.hyper_parameters),
      );
      const names = Object.keys(fixture.init);
      const variables = names.map((name) =>
        tf.variable(
          tf.tensor(Float32Array.from(fixtureValues(fixture.init[name])), fixture.init[name].shape),
        ),
      );
      for (let step = 0; step < fixture.steps; step++) {
        const slice = (array: FixtureArray, { size }: tf.Tensor) =>
          fixtureValues(array).slice(step * size, (step + 1) * size);
        const apply = () =>
          tf.tidy(() => {
            const gradients = names.map((name, i) => ({
              name: variables[i].name,
              tensor: tf.tensor(
                Float32Array.from(slice(fixture.gradients[name], variables[i])),
                variables[i].shape,
              ),
            }));
            optimizer.applyGradients(gradients);
          });
        if (step === 0) apply();
        else await expectTensorsKept(0, apply);
        for (const [i, name] of names.entries()) {
          expectClose(await variables[i].data(), slice(torch[name], variables[i]), fixture.tolerance);
        }
      }
    });
  }
});
