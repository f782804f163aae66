import type { FeatureMap } from 'diffusion-ssl/features';

/** A pixel of a window. */
interface WindowPixel {
  size: readonly [height: number, width: number];
  row: number;
  column: number;
}

/** The features of one pixel, as `stackFeatures` would give it: maps interpolated at its centre. */
export async function rowAt(
  maps: readonly FeatureMap[],
  { size, row, column }: WindowPixel,
): Promise<Float32Array> {
  const parts = await Promise.all(
    maps.map(async ({ map }) => {
      const [, height, width, channels] = map.shape;
      const data = await map.data<'float32'>();
      const [top, bottom, down] = neighbours(row, size[0], height);
      const [left, right, across] = neighbours(column, size[1], width);
      const at = (y: number, x: number, channel: number) => data[(y * width + x) * channels + channel];
      return Array.from({ length: channels }, (_, channel) => {
        const upper = at(top, left, channel) * (1 - across) + at(top, right, channel) * across;
        const lower = at(bottom, left, channel) * (1 - across) + at(bottom, right, channel) * across;
        return upper * (1 - down) + lower * down;
      });
    }),
  );
  return Float32Array.from(parts.flat());
}

/** The two cells of a coarser axis around the centre of a pixel, and the weight of the second. */
function neighbours(
  pixel: number,
  pixels: number,
  cells: number,
): [first: number, second: number, weight: number] {
  const position = Math.max(0, ((pixel + 0.5) * cells) / pixels - 0.5);
  const first = Math.min(Math.floor(position), cells - 1);
  return [first, Math.min(first + 1, cells - 1), position - first];
}
