import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  denormalizeRaster,
  GlobalStatistics,
  type NormalizationOptions,
  normalizeRaster,
  typicalParameters,
} from '../../src/normalization/index.js';
import { expectClose } from '../support/compare.js';

const strategies = ['min_max', 'z_value'] as const;
const procedures = ['lab', 'lpb', 'gab', 'gpb'] as const;
const combinations = strategies.flatMap((strategy) =>
  procedures.map((procedure) => ({ strategy, procedure })),
);

/** Rasters of digital numbers and of decibels, one to four bands. */
const rasters = fc
  .record({
    height: fc.integer({ min: 1, max: 5 }),
    width: fc.integer({ min: 2, max: 5 }),
    channels: fc.integer({ min: 1, max: 4 }),
    offset: fc.constantFrom(0, -30, 5000),
  })
  .chain(({ offset, ...shape }) =>
    fc
      .array(fc.integer({ min: 0, max: 4000 }), {
        minLength: shape.height * shape.width * shape.channels,
        maxLength: shape.height * shape.width * shape.channels,
      })
      .map((values) => ({ ...shape, data: Float32Array.from(values, (v) => offset + v / 100) })),
  );

describe('denormalizeRaster', () => {
  it.each(combinations)('undoes $strategy $procedure', ({ strategy, procedure }) => {
    fc.assert(
      fc.property(rasters, (raster) => {
        const globalStats = new GlobalStatistics({ channels: raster.channels }).add(raster).summary();
        const options: NormalizationOptions = { strategy, procedure, globalStats };
        const normalized = normalizeRaster(raster, options);
        const limited = strategy === 'min_max' && procedure === 'gab';
        const restored = denormalizeRaster(normalized, normalized.parameters);
        const { offset, scale } = normalized.parameters;
        const expected = raster.data.map((value, i) => {
          const band = i % raster.channels;
          // Averaged limits cut off what lies outside.
          return limited ? Math.min(Math.max(value, offset[band]), offset[band] + scale[band]) : value;
        });
        expectClose(restored.data, expected, { abs: 1e-3 });
        expect(Object.keys(restored)).toEqual(['height', 'width', 'channels', 'data']);
        // One chip is its own average chip.
        const typical = typicalParameters(globalStats, { strategy, procedure });
        expectClose(typical.offset, offset, { abs: 1e-9 });
        expectClose(typical.scale, scale, { abs: 1e-9 });
      }),
    );
  });

  it('takes the parameters of a band without a valid pixel', () => {
    const raster = {
      height: 1,
      width: 2,
      channels: 2,
      data: new Float32Array([Number.NaN, 1, Number.NaN, 3]),
    };
    const normalized = normalizeRaster(raster, { procedure: 'lpb', onEmpty: 'fill' });
    expect(normalized.parameters).toEqual({ offset: [0, 1], scale: [1, 2] });
    expect(denormalizeRaster(normalized, normalized.parameters).data).toEqual(new Float32Array([0, 1, 0, 3]));
  });

  it('refuses parameters of other bands', () => {
    const raster = { height: 1, width: 1, channels: 2, data: new Float32Array(2) };
    expect(() => denormalizeRaster(raster, { offset: [0], scale: [1, 1] })).toThrow(
      "denormalizeRaster: parameters.offset.length is 1; it must be the raster's 2 bands",
    );
    expect(() => denormalizeRaster(raster, { offset: [0, 0], scale: [1, Number.NaN] })).toThrow('NaN');
  });
});

describe('typicalParameters', () => {
  it('averages global statistics over the bands of each raster', () => {
    const statistics = new GlobalStatistics({ channels: 3 });
    statistics.add({ height: 1, width: 2, channels: 2, data: new Float32Array([0, 10, 100, 30]) });
    statistics.add({ height: 1, width: 2, channels: 1, data: new Float32Array([-20, -6]) }, { firstBand: 2 });
    const summary = statistics.summary();
    expect(typicalParameters(summary, { procedure: 'gab' })).toEqual({
      offset: [5, 5, -20],
      scale: [60, 60, 14],
    });
    const { min, max } = summary;
    expect(typicalParameters({ min, max }, { procedure: 'gpb' })).toEqual({
      offset: [0, 10, -20],
      scale: [100, 20, 14],
    });
  });

  it('names what is missing', () => {
    const stats = { min: [0], max: [1] };
    expect(() => typicalParameters(stats, { procedure: 'lpb' })).toThrow("no 'lpb'");
    expect(() => typicalParameters(stats, { procedure: 'gpb', strategy: 'z_value' })).toThrow(
      'typicalParameters: globalStats.mean is undefined',
    );
    expect(() => typicalParameters(stats, { procedure: 'all' as 'gpb' })).toThrow("procedure is 'all'");
  });
});
