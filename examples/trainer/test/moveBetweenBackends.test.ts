import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readSafetensors } from '../../../src/interop/readSafetensors.js';
import { writeChips } from '../../../test/support/chips.js';
import { relativeL2 } from '../../../test/support/compare.js';
import { stopAfter } from '../../../test/support/stopAfter.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';
import { pretrain } from '../src/run/pretrain.js';

/** Where a run on wasm moves to: the backend of the tests, WebGPU by way of tfjs-node where that is installed. */
const others = {
  wasm: ['cpu'],
  node: ['node'],
  webgpu: [...(hasAddon() ? ['node'] : []), 'webgpu'],
}[process.env.TEST_BACKEND ?? 'wasm']!;
const folder = mkdtempSync(path.join(tmpdir(), 'move-'));
const STEPS = 6;
let flags: string[];

/** Trains until it is done or has made so many steps, and returns what it warned of. */
async function train(run: string, backend: string, { resume = false, steps = 0 } = {}): Promise<string> {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  const args = ['--out', path.join(folder, run), '--backend', backend, '--allow-software'];
  if (resume) args.push('--resume');
  await pretrain(parsePretrainOptions([...flags, ...args]), stopAfter(steps));
  return warn.mock.calls.splice(0).join('\n');
}

const log = (run: string) =>
  readFileSync(path.join(folder, run, 'log.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number>)
    .filter((record) => 'loss' in record);

beforeAll(() => {
  vi.spyOn(console, 'log').mockReturnValue();
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const catalog = writeChips(folder, { train: STEPS, validate: 2 });
  flags = [
    ...['--data', folder, '--catalog', catalog, '--image-columns', 'optical,radar', '--size', '32'],
    ...['--filter-config', '2,2,4,4,4,4', '--batch', '2', '--epochs', '2', '--ema-decay', '0.9'],
    ...['--dropout-rate', '0.1', '--block-num', '1,1,1,1,2,2', '--timesteps', '10', '--workers', '0'],
  ];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe(`a run that moves from wasm to ${others.join(', to ')} and back`, () => {
  it('goes on where it was, says that the last bits differ, and ends like one that stayed', async () => {
    expect(await train('stayed', 'wasm')).toBe('');
    expect(await train('moved', 'wasm', { steps: 2 })).toBe('');
    for (const other of others) {
      const there = await train('moved', other, { resume: true, steps: 1 });
      expect(there).toMatch(/The run was on '.*', this is '.*': results differ in the last bits\./);
    }
    const back = await train('moved', 'wasm', { resume: true });
    expect(back).toMatch(/this is 'wasm .*': results differ in the last bits\./);

    const [moved, stayed] = [log('moved'), log('stayed')];
    expect(moved.map(({ step }) => step)).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
    for (const [i, { loss }] of moved.entries()) {
      if (i < 2) expect(loss).toBe(stayed[i].loss);
      else expect(Math.abs(loss / stayed[i].loss - 1)).toBeLessThan(1e-3);
    }
    expect(relativeL2(filters('moved'), filters('stayed'))).toBeLessThan(1e-3);
  });
});

/** The filters of a finished run, one after the other: biases before a batch norm follow rounding alone. */
function filters(run: string): number[] {
  const { tensors } = readSafetensors(readFileSync(path.join(folder, run, 'weights.safetensors')));
  const names = [...tensors.keys()].filter((name) => tensors.get(name)!.shape.length === 4);
  return names.flatMap((name) => Array.from(tensors.get(name)!.data as Float32Array));
}

/** Whether tfjs-node has its addon, as `npm run setup:tfjs-node` builds it. */
function hasAddon(): boolean {
  const addon = '../../../node_modules/@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node';
  return existsSync(new URL(addon, import.meta.url));
}
