import '@tensorflow/tfjs-backend-cpu';
import { CheckpointError } from '../../src/errors/CheckpointError.js';
import type { ModelFiles } from '../../src/interop/ModelFiles.js';
import type { SafetensorsTensor } from '../../src/interop/safetensorsTypes.js';
import { torchShape } from '../../src/interop/torchLayout.js';
import { writeSafetensors } from '../../src/interop/writeSafetensors.js';
import { fromPretrained } from '../../src/pretrained/fromPretrained.js';
import { unetAttDCodec } from '../../src/pretrained/unetAttDCodec.js';
import type { FuzzedParser } from './fuzzParsers.js';

const config = {
  inChannels: 2,
  filterConfig: [2, 2, 2, 2, 2, 2],
  blockNum: [1, 1, 1, 1, 1, 1],
  timeEmbeddingDim: 4,
};
const { encode, specs } = unetAttDCodec;
const weights = writeSafetensors(
  new Map(
    specs(config).map(({ name, shape: ours, layout, dtype }): [string, SafetensorsTensor] => {
      const shape = torchShape(ours, layout);
      const size = shape.reduce((product, side) => product * side, 1);
      return dtype === 'int32'
        ? [name, { dtype: 'I64', shape, data: BigInt64Array.of(1n) }]
        : [name, { dtype: 'F32', shape, data: new Float32Array(size) }];
    }),
  ),
);
const files = {
  'diffusion_ssl.json': {
    ...{ version: 1, library: '1.0.0', factory: 'unetAttD', save: '0123456789abcdef' },
    bands: [{ name: 'vv', unit: 'dB', wavelength: 56000 }, {}],
    diffusion: { schedule: 'linear', timesteps: 10, betaStart: 0.1, betaEnd: 0.5, predictionType: 'v' },
    normalization: { strategy: 'z_value', procedure: 'gpb', globalStats: { mean: [1, 2], std: [3, 4] } },
    size: [32, 32],
  },
  'config.json': { _class_name: 'unetAttD', ...encode(config) },
  'model.safetensors.index.json': {
    metadata: { total_size: 8 },
    weight_map: Object.fromEntries(specs(config).map(({ name }) => [name, 'model.safetensors'])),
  },
};
const names = Object.keys(files);
/** Thrown where everything has been accepted: what follows makes the network. */
class Accepted extends Error {}

/** The texts of a model folder: the first byte tells which one is damaged. */
export const fuzzedModel: FuzzedParser = {
  seeds: names.map((name, i) => {
    return new TextEncoder().encode(`${i}${JSON.stringify(files[name as keyof typeof files])}`);
  }),
  words: [
    ...[
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"',
      '"bands":',
      '"normalization":',
      '"diffusion":',
      '"filter_config":',
      'null',
    ],
    ...[
      'true',
      '0',
      '-1',
      '1e999',
      '1e9',
      '0.5',
      '""',
      '"../x.safetensors"',
      '__proto__',
      'constructor',
      'weight_map',
    ],
  ],
  async parse(bytes) {
    const damaged = names[bytes[0] - 0x30];
    const bytesOf = (name: string): Uint8Array | undefined => {
      if (name === damaged) return bytes.subarray(1);
      if (name === 'model.safetensors') return weights;
      const text = files[name as keyof typeof files];
      return text && new TextEncoder().encode(JSON.stringify(text));
    };
    const folder: ModelFiles = {
      place: 'folder',
      async open(name) {
        const file = bytesOf(name);
        return file && { size: file.length, read: async (at, length) => file.subarray(at, at + length) };
      },
    };
    const accept = () => {
      throw new Accepted();
    };
    await fromPretrained(folder, { accept }).catch((error: Error) => {
      if (!(error instanceof Accepted)) throw error;
    });
  },
  refusalClass: CheckpointError,
  refusal: /^folder/,
};
