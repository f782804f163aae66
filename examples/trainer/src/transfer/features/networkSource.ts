import { isPerPixel } from '../Task.js';
import type { FeatureSource } from './FeatureSource.js';
import type { LayerMap, Look, NetworkMaps } from './NetworkMaps.js';
import { pooled } from './pooled.js';

/** Which activations make a vector. */
export interface Reading extends Look {
  layers: readonly string[];
}

/** The name of a reading, such as `t 50, conv3 + conv4`. */
export function readingName({ timestep, noise, layers }: Reading): string {
  return `t ${timestep}${noise === 'none' ? ' clean' : ''}, ${layers.join(' + ')}`;
}

/**
 * The activations of layers at a timestep: of each pixel, upsampled bilinearly and stacked, or of a whole chip their
 * means and deviations.
 */
export function networkSource(maps: NetworkMaps, reading: Reading, signal?: AbortSignal): FeatureSource {
  const { layers } = reading;
  const [height, width] = maps.task.shape;
  const perPixel = isPerPixel(maps.task.kind);
  const channels = layers.reduce((sum, layer) => sum + maps.channels(layer), 0);
  return {
    name: readingName(reading),
    dims: perPixel ? channels : 2 * channels,
    rows: async (split, chip, pixels) => {
      const all = await maps.of(split, chip, reading, signal);
      const chosen = layers.map((layer) => all.get(layer)!);
      if (perPixel) return sampled(chosen, [height, width], pixels);
      const parts = chosen.map((map) => pooled(map.values, map.channels));
      return Float32Array.from(parts.flatMap((part) => [...part]));
    },
  };
}

/** The channels of maps at pixels of a grid, interpolated as `stackFeatures` does; `pixels` undefined: at all. */
export function sampled(
  maps: readonly LayerMap[],
  [height, width]: readonly [number, number],
  pixels?: ArrayLike<number>,
): Float32Array {
  const dims = maps.reduce((sum, { channels }) => sum + channels, 0);
  const count = pixels?.length ?? height * width;
  const rows = new Float32Array(count * dims);
  let offset = 0;
  for (const map of maps) {
    const vertical = places(height, map.height);
    const horizontal = places(width, map.width);
    const { channels, values } = map;
    for (let i = 0; i < count; i++) {
      const pixel = pixels?.[i] ?? i;
      const [y, x] = [vertical[Math.floor(pixel / width)], horizontal[pixel % width]];
      const corner = (row: number, column: number) => (row * map.width + column) * channels;
      const [a, b] = [corner(y.low, x.low), corner(y.low, x.high)];
      const [c, d] = [corner(y.high, x.low), corner(y.high, x.high)];
      const to = i * dims + offset;
      for (let k = 0; k < channels; k++) {
        const above = values[a + k] + (values[b + k] - values[a + k]) * x.part;
        const below = values[c + k] + (values[d + k] - values[c + k]) * x.part;
        rows[to + k] = above + (below - above) * y.part;
      }
    }
    offset += channels;
  }
  return rows;
}

/** Between which two pixels of a smaller side each pixel of a side lies, pixel centres aligned. */
function places(side: number, source: number): { low: number; high: number; part: number }[] {
  return Array.from({ length: side }, (_, i) => {
    const at = Math.max(0, ((i + 0.5) * source) / side - 0.5);
    const low = Math.min(source - 1, Math.floor(at));
    return { low, high: Math.min(source - 1, low + 1), part: at - low };
  });
}
