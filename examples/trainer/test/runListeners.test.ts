import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTestBackend } from '../../../test/support/backend.js';
import { writeChips } from '../../../test/support/chips.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { type PretrainHooks, pretrain } from '../src/run/pretrain.js';
import { RunEvents } from '../src/run/RunEvents.js';
import type { RunListener } from '../src/run/RunListener.js';

let folder: string;
beforeEach(async () => {
  // A run ends the backend that it has started.
  await startTestBackend();
  folder = mkdtempSync(path.join(tmpdir(), 'listeners-'));
  vi.spyOn(console, 'log').mockReturnValue();
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const out = (...names: string[]) => path.join(folder, 'run', ...names);

function train(hooks: PretrainHooks) {
  const catalog = writeChips(path.join(folder, 'chips'), { train: 8, validate: 4 });
  const data = ['--data', path.dirname(catalog), '--catalog', catalog, '--image-columns', 'optical,radar'];
  const network = ['--size', '32', '--filter-config', '4,4,8,8,8,8', '--block-num', '1,1,1,1,1,1'];
  const training = ['--epochs', '2', '--batch', '4', '--timesteps', '20', '--workers', '0'];
  const saving = ['--checkpoint-interval', '1', '--checkpoint-steps', '1', '--out', out()];
  return pretrain(parsePretrainOptions([...data, ...network, ...training, ...saving]), hooks);
}

/** Writes down what it hears, in one line each. */
function listener(heard: string[]): RunListener {
  return {
    async started({ state }) {
      heard.push(`started at ${state.step}`);
    },
    stepped(_, { step, epoch }) {
      heard.push(`step ${step} of epoch ${epoch}`);
    },
    async epochEnded(_, { epoch }) {
      heard.push(`epoch ${epoch}`);
    },
    async checkpointSaved(_, file) {
      expect(existsSync(file)).toBe(true);
      heard.push(path.basename(file, '.safetensors'));
    },
    async epochSaved(_, { epoch }) {
      heard.push(`saved ${epoch}`);
    },
    pictureDrawn(_, tag, [, ...png]) {
      heard.push(`${tag}, a ${String.fromCharCode(...png.slice(0, 3))}`);
    },
    async samplesDrawn(_, { samples, moments, chips }) {
      heard.push(`${samples.length} samples of ${moments.length} moments beside ${chips.length} chips`);
    },
    finished(_, { validationLoss }) {
      heard.push(`finished at ${typeof validationLoss}`);
    },
    stopped(step, command) {
      heard.push(`stopped at ${step}: ${command.split(' ').at(-1)}`);
    },
  };
}

describe('the listeners of a run', () => {
  it('hear what happens in its order', async () => {
    const heard: string[] = [];
    expect(await train({ listeners: [listener(heard)] })).toBe('finished');
    const bests = heard.filter((line) => line === 'best').length;
    expect(bests).toBeGreaterThan(0);
    const epoch = (n: number, isBest: boolean) => [
      `step ${2 * n - 1} of epoch ${n}`,
      'latest',
      // The checkpoint at the end of an epoch is written once it is validated and drawn.
      `step ${2 * n} of epoch ${n}`,
      ...(isBest ? ['panel, a PNG'] : []),
      `epoch ${n}`,
      `epoch-${n}`,
      ...(isBest ? ['best'] : []),
      'latest',
      `saved ${n}`,
    ];
    expect(heard).toEqual([
      'started at 0',
      ...epoch(1, true),
      ...epoch(2, bests === 2),
      'samples, a PNG',
      '6 samples of 6 moments beside 4 chips',
      'finished at number',
    ]);
  });

  it('hear of a stop once the run is saved', async () => {
    const heard: string[] = [];
    const controller = new AbortController();
    const stopping: RunListener = {
      stepped: (_, { step }) => {
        if (step === 2) controller.abort();
      },
    };
    await train({ signal: controller.signal, listeners: [listener(heard), stopping] });
    expect(heard.slice(-3)).toEqual(['step 2 of epoch 1', 'latest', 'stopped at 2: --resume']);
  });

  it('are waited for, and end the run by what they throw', async () => {
    const full: RunListener = {
      async epochEnded() {
        await new Promise((resolve) => setTimeout(resolve, 50));
        throw new Error('no space left');
      },
    };
    await expect(train({ listeners: [full] })).rejects.toThrow('no space left');
    expect(existsSync(out('best.safetensors'))).toBe(false);
  });
});

it('several are told one after the other', async () => {
  const order: string[] = [];
  const slow: RunListener = {
    started: async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push('slow');
    },
  };
  const events = new RunEvents([slow, {}, { started: async () => void order.push('fast') }]);
  await events.started({} as never);
  expect(order).toEqual(['slow', 'fast']);
});
