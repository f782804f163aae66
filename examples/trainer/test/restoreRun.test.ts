import { beforeAll, describe, expect, it } from 'vitest';
import type { SafetensorsTensor } from '../../../src/interop/safetensorsTypes.js';
import { toTorchStateDict } from '../../../src/interop/toTorchStateDict.js';
import { writeSafetensors } from '../../../src/interop/writeSafetensors.js';
import { startTestBackend } from '../../../test/support/backend.js';
import type { RunSettings } from '../../browser/shared/types.js';
import { Run } from '../../browser/worker/Run.js';
import { restoreRun } from '../../browser/worker/restoreRun.js';

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
});
