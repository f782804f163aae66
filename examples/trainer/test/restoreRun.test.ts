import { beforeAll, describe, expect, it } from 'vitest';
import type { SafetensorsTensor } from '../../../src/interop/safetensorsTypes.js';
import { toTorchStateDict } from '../../../src/interop/toTorchStateDict.js';
import { writeSafetensors } from '../../../src/interop/writeSafetensors.js';
import { startTestBackend } from '../../../test/support/backend.js';
import type { RunSettings } from '../../browser/shared/types.js';
import { Run } from '../../browser/worker/Run.js';
import { restoreRun } from '../../browser/worker/restoreRun.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';

const settings: RunSettings = {
  network: {
    inChannels: 3,
    filterConfig: [4, 4, 4, 4, 4, 4],
    blockNum: [1, 1, 1, 1, 1, 1],
    timeEmbeddingDim: 8,
  },
  schedule: { type: 'linear', timesteps: 10 },
  predictionType: 'noise',
  batchSize: 2,
  learningRate: 1e-3,
  seed: 1,
};
let weights: Map<string, SafetensorsTensor>;

beforeAll(async () => {
  await startTestBackend();
  const run = new Run(settings);
  weights = await toTorchStateDict(run.parameters);
  run.dispose();
});

const refused = (bytes: Uint8Array<ArrayBuffer>, message: RegExp) =>
  expect(restoreRun(new Blob([bytes]), { ...settings, seed: 2 }, 'opened')).rejects.toThrow(message);

describe('a file that is opened in the page', () => {
  it('may have a prefix before its names', async () => {
    const prefixed = new Map([...weights].map(([name, tensor]) => [`model.${name}`, tensor]));
    const { run } = await restoreRun(new Blob([writeSafetensors(prefixed)]), { ...settings, seed: 2 });
    expect(await toTorchStateDict(run.parameters)).toEqual(weights);
    run.dispose();
  });

  it('is named for what it is, with the whole line that converts it', async () => {
    const checkpoint = `PK\x03\x04${'\0'.repeat(26)}archive/data.pkl`;
    await refused(
      Uint8Array.from(checkpoint, (letter) => letter.charCodeAt(0)),
      /^opened is no whole safetensors file \(readSafetensors: it is a PyTorch checkpoint.* in\.pth out\.safetensors\)\. /,
    );
  });

  it('names a tensor that is not finite', async () => {
    const tensor = weights.get('output_conv.bias')!;
    const data = new Float32Array(tensor.data.length).fill(Number.NaN);
    await refused(
      writeSafetensors(new Map([...weights, ['output_conv.bias', { ...tensor, data }]])),
      /nothing was loaded: not finite: output_conv\.bias has 3 NaN among its 3 values\. The run at hand is as it was\.$/,
    );
  });

  it('says that its run state is damaged', async () => {
    await refused(
      writeSafetensors(weights, { 'diffusion-ssl': '{"version": 1, ' }),
      /^opened is no whole safetensors file \(restoreCheckpoint: the run state in the header is damaged/,
    );
  });

  it('of the trainer keeps its schedule and its skip connections, and says what the page does not', async () => {
    const flags = [
      '--zero-terminal-snr',
      '--skip-drop-rate',
      '0.5',
      '--noise-offset',
      '0.1',
      '--mask-ratio',
      '0.5',
    ];
    const { config } = parsePretrainOptions(flags);
    const network = { ...settings.network, timeEmbeddingDim: 8 };
    const trained = {
      ...config,
      ...network,
      patchSize: 1,
      attention: true,
      normalization: 'none',
      timesteps: 10,
    };
    const state = { config: trained, step: 0, history: [], epochLoss: { sum: 0, count: 0 } };
    const file = writeSafetensors(weights, { 'diffusion-ssl': JSON.stringify({ version: 1, state }) });
    const { run, remark } = await restoreRun(new Blob([file]), settings, 'opened');
    expect(run.alphaBars[9]).toBe(0);
    expect(run.settings.network.skipDropRate).toBe(0.5);
    expect(remark).toContain('Its noise was shifted by whole bands; here it is not.');
    expect(remark).toContain('Parts of its chips were masked; here none are.');
    run.dispose();
  });
});
