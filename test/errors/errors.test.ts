import { describe, expect, it } from 'vitest';
import { initBackend } from '../../src/backends/node/initBackend.js';
import { decodeGeoTiff } from '../../src/data/decodeGeoTiff.js';
import { computeGlobalStatistics } from '../../src/data/node/computeGlobalStatistics.js';
import { createChipLoader } from '../../src/data/node/createChipLoader.js';
import { readCatalog } from '../../src/data/node/readCatalog.js';
import { readChipHeader } from '../../src/data/node/readChipHeader.js';
import { parseCatalog } from '../../src/data/parseCatalog.js';
import { makeBetaSchedule } from '../../src/diffusion/makeBetaSchedule.js';
import * as errors from '../../src/errors/index.js';
import { argumentError } from '../../src/internal/checks.js';
import { loadTorchStateDict } from '../../src/interop/loadTorchStateDict.js';
import { readSafetensors } from '../../src/interop/readSafetensors.js';
import { readWeights } from '../../src/interop/readWeights.js';
import { writeSafetensors } from '../../src/interop/writeSafetensors.js';
import { normalizeRaster } from '../../src/normalization/normalizeRaster.js';
import { NonFiniteLossError } from '../../src/training/NonFiniteLossError.js';
import { writeFileAtomic } from '../../src/training/node/writeFileAtomic.js';
import { readCheckpointState } from '../../src/training/readCheckpointState.js';

describe('the error classes', () => {
  it.each(Object.entries(errors))(
    '%s has its name, message and cause, and is an Error',
    (name, ErrorClass) => {
      const cause = new TypeError('behind it');
      const error = new ErrorClass('what is wrong', { cause });
      expect(error).toBeInstanceOf(Error);
      expect(error).toBeInstanceOf(errors.DiffusionSslError);
      expect(error).toMatchObject({ name, message: 'what is wrong', cause });
      expect(String(error)).toBe(`${name}: what is wrong`);
      expect(new ErrorClass('without')).not.toHaveProperty('cause');
    },
  );

  it('are told apart by instanceof', () => {
    const { DiffusionSslError: _, ...kinds } = errors;
    for (const [name, ErrorClass] of Object.entries(kinds)) {
      const error = new ErrorClass('');
      const matching = Object.entries(kinds).filter(([, Kind]) => error instanceof Kind);
      expect(matching.map(([kind]) => kind)).toEqual([name]);
    }
  });

  it('cover arguments and losses that are not finite', () => {
    const error = argumentError('f: n', 0, 'at least 1');
    expect(error).toBeInstanceOf(errors.ConfigError);
    expect(error.message).toBe('f: n is 0; it must be at least 1.');
    expect(new NonFiniteLossError(Number.NaN)).toBeInstanceOf(errors.DiffusionSslError);
  });
});

describe('what is thrown', () => {
  const missing = '/nowhere/chip.tif';
  const raster = { height: 1, width: 1, channels: 1, data: Float32Array.of(Number.NaN) };
  it.each<[string, new (message: string) => Error, () => unknown]>([
    ['makeBetaSchedule', errors.ConfigError, () => makeBetaSchedule(0)],
    [
      'writeSafetensors',
      errors.ConfigError,
      () => writeSafetensors({ __metadata__: { dtype: 'U8', shape: [0], data: new Uint8Array(0) } }),
    ],
    [
      'createChipLoader, its options',
      errors.ConfigError,
      () => createChipLoader({ rows: [], dataPath: '', channels: 1, batchSize: 1 }),
    ],
    [
      'createChipLoader, its chips',
      errors.DataError,
      () =>
        createChipLoader({
          rows: [{ images: [missing] }],
          dataPath: '',
          channels: 1,
          batchSize: 1,
          workers: 0,
        }),
    ],
    [
      'computeGlobalStatistics',
      errors.DataError,
      () => computeGlobalStatistics({ rows: [{ images: [missing] }], dataPath: '', channels: 1, workers: 0 }),
    ],
    ['readChipHeader', errors.DataError, () => readChipHeader(missing)],
    ['readCatalog', errors.DataError, () => readCatalog(missing)],
    ['parseCatalog', errors.DataError, () => parseCatalog('a,b\n')],
    ['decodeGeoTiff', errors.DataError, () => decodeGeoTiff(new Uint8Array(9), { name: 'chip.tif' })],
    ['normalizeRaster', errors.DataError, () => normalizeRaster(raster)],
    ['writeFileAtomic', errors.DataError, () => writeFileAtomic('/nowhere/file', '')],
    ['readSafetensors', errors.CheckpointError, () => readSafetensors(new Uint8Array(4))],
    ['readWeights', errors.CheckpointError, () => readWeights(new Uint8Array(4))],
    ['readCheckpointState', errors.CheckpointError, () => readCheckpointState(new Uint8Array(4))],
    ['loadTorchStateDict', errors.CheckpointError, () => loadTorchStateDict([], new Map())],
    ['initBackend', errors.BackendError, () => initBackend({ device: 'node' })],
  ])('%s', async (_, Kind, call) => {
    const error = await (async () => call())().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(Kind);
  });
});
