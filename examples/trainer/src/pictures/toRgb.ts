/** A chip or a model's output for one, on the host: row-major height × width × channels. */
export interface PanelImage {
  height: number;
  width: number;
  channels: number;
  data: ArrayLike<number>;
}

/** Eight-bit RGB pixels, row-major. */
export interface RgbImage {
  height: number;
  width: number;
  data: Uint8Array;
}

/** The values that are shown as black and as full brightness. */
export type ValueRange = readonly [black: number, white: number];

/**
 * An image's chosen bands as RGB pixels, values limited to a range: one for all bands, or a list of one a band of the
 * image. Three bands give colour, one gives grey; a band that the image lacks makes the picture grey, of the first band
 * chosen (or of band 0). Missing values (NaN) are black.
 */
export function toRgb(
  image: PanelImage,
  bands: readonly number[],
  range: ValueRange | readonly ValueRange[],
): RgbImage {
  const { height, width, channels } = image;
  if (image.data.length !== height * width * channels) {
    throw new Error(
      `toRgb: the image has ${image.data.length} values; ` +
        `${height} × ${width} × ${channels} need ${height * width * channels}.`,
    );
  }
  const grey = bands[0] < channels ? bands[0] : 0;
  const chosen = bands.length === 3 && bands.every((band) => band < channels) ? bands : [grey, grey, grey];
  const data = new Uint8Array(height * width * 3);
  const ranges = chosen.map((band) => (isOneRange(range) ? range : range[band]));
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let i = 0; i < 3; i++) {
      const [black, white] = ranges[i];
      const value = (image.data[pixel * channels + chosen[i]] - black) / (white - black);
      data[pixel * 3 + i] = Math.round(255 * Math.min(1, Math.max(0, value)));
    }
  }
  return { height, width, data };
}

function isOneRange(range: ValueRange | readonly ValueRange[]): range is ValueRange {
  return typeof range[0] === 'number';
}

/** A white picture of an image's size. */
export function emptyLike({ width, height }: PanelImage): RgbImage {
  return { width, height, data: new Uint8Array(width * height * 3).fill(255) };
}
