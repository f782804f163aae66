/** An array on the host, row-major: what the references in float64 take and give. */
export interface HostTensor {
  shape: number[];
  data: Float64Array;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((size, side) => size * side, 1);

export const zeros = (shape: number[]): HostTensor => ({ shape, data: new Float64Array(sizeOf(shape)) });

/** Values in (-1, 1) that float32 holds exactly, the same for the same seed. */
export function randomTensor(shape: number[], seed: number): HostTensor {
  let state = seed * 2654435761 + 12345;
  const data = Float64Array.from({ length: sizeOf(shape) }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return Math.fround(((word ^ (word >>> 14)) >>> 0) / 2 ** 31 - 1);
  });
  return { shape, data };
}

/** Position of an element of a tensor of rank 4. */
function at(
  { shape: [, h, w, c] }: HostTensor,
  ...[i, j, k, l]: [i: number, j: number, k: number, l: number]
): number {
  return ((i * h + j) * w + k) * c + l;
}

/** A tensor of rank 4 filled element by element. */
function fill(shape: number[], value: (b: number, y: number, x: number, c: number) => number): HostTensor {
  const result = zeros(shape);
  let position = 0;
  for (let b = 0; b < shape[0]; b++)
    for (let y = 0; y < shape[1]; y++)
      for (let x = 0; x < shape[2]; x++)
        for (let c = 0; c < shape[3]; c++) result.data[position++] = value(b, y, x, c);
  return result;
}

/** Cross-correlation, stride 1, zero padding to the same size; filter [k, k, in, out]. */
export function conv2d(x: HostTensor, filter: HostTensor): HostTensor {
  const [batch, height, width, inChannels] = x.shape;
  const [size, , , outChannels] = filter.shape;
  const pad = (size - 1) / 2;
  return fill([batch, height, width, outChannels], (b, y, column, o) => {
    let sum = 0;
    for (let ky = 0; ky < size; ky++) {
      for (let kx = 0; kx < size; kx++) {
        const [sy, sx] = [y + ky - pad, column + kx - pad];
        if (sy < 0 || sx < 0 || sy >= height || sx >= width) continue;
        for (let c = 0; c < inChannels; c++)
          sum += x.data[at(x, b, sy, sx, c)] * filter.data[at(filter, ky, kx, c, o)];
      }
    }
    return sum;
  });
}

/** Each input pixel spreads its filter over the output at stride 2; filter [k, k, out, in], padding k/2 - 1. */
export function conv2dTranspose(x: HostTensor, filter: HostTensor): HostTensor {
  const [batch, height, width, inChannels] = x.shape;
  const [size, , outChannels] = filter.shape;
  const pad = size / 2 - 1;
  const result = zeros([batch, 2 * height, 2 * width, outChannels]);
  for (let b = 0; b < batch; b++)
    for (let y = 0; y < height; y++)
      for (let column = 0; column < width; column++)
        for (let ky = 0; ky < size; ky++)
          for (let kx = 0; kx < size; kx++) {
            const [ty, tx] = [2 * y + ky - pad, 2 * column + kx - pad];
            if (ty < 0 || tx < 0 || ty >= 2 * height || tx >= 2 * width) continue;
            for (let o = 0; o < outChannels; o++)
              for (let c = 0; c < inChannels; c++)
                result.data[at(result, b, ty, tx, o)] +=
                  x.data[at(x, b, y, column, c)] * filter.data[at(filter, ky, kx, o, c)];
          }
  return result;
}

/** Mean and biased variance of each channel. */
export function channelStatistics(x: HostTensor): { mean: Float64Array; variance: Float64Array } {
  const channels = x.shape[3];
  const count = x.data.length / channels;
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  x.data.forEach((value, i) => {
    mean[i % channels] += value / count;
  });
  x.data.forEach((value, i) => {
    variance[i % channels] += (value - mean[i % channels]) ** 2 / count;
  });
  return { mean, variance };
}

/** (x - mean) / sqrt(variance + epsilon) · weight + bias, and ReLU if asked. */
export function batchNorm(
  x: HostTensor,
  {
    weight,
    bias,
    mean,
    variance,
  }: Record<'weight' | 'bias', HostTensor> & ReturnType<typeof channelStatistics>,
  { epsilon = 1e-5, activation }: { epsilon?: number; activation?: 'relu' } = {},
): HostTensor {
  return fill(x.shape, (b, y, column, c) => {
    const normalized = (x.data[at(x, b, y, column, c)] - mean[c]) / Math.sqrt(variance[c] + epsilon);
    const value = normalized * weight.data[c] + bias.data[c];
    return activation === 'relu' ? Math.max(value, 0) : value;
  });
}

/** Maximum of each 2×2 cell. */
export function maxPool2d(x: HostTensor): HostTensor {
  const [batch, height, width, channels] = x.shape;
  return fill([batch, height / 2, width / 2, channels], (b, y, column, c) =>
    Math.max(...[0, 1, 2, 3].map((i) => x.data[at(x, b, 2 * y + (i >> 1), 2 * column + (i & 1), c)])),
  );
}

/** Channel 4c + 2·dy + dx of the input is channel c at offset (dy, dx). */
export function pixelShuffle(x: HostTensor): HostTensor {
  const [batch, height, width, channels] = x.shape;
  return fill([batch, 2 * height, 2 * width, channels / 4], (b, y, column, c) => {
    const source = 4 * c + 2 * (y % 2) + (column % 2);
    return x.data[at(x, b, y >> 1, column >> 1, source)];
  });
}

/** Channel c at offset (dy, dx) of a cell is channel 4c + 2·dy + dx of the output. */
export function pixelUnshuffle(x: HostTensor): HostTensor {
  const [batch, height, width, channels] = x.shape;
  return fill([batch, height / 2, width / 2, 4 * channels], (b, y, column, c) => {
    const [dy, dx] = [(c >> 1) % 2, c % 2];
    return x.data[at(x, b, 2 * y + dy, 2 * column + dx, c >> 2)];
  });
}

/** Bilinear interpolation to twice the size: the corners of both images coincide. */
export function upsampleBilinear2d(x: HostTensor): HostTensor {
  const [batch, height, width, channels] = x.shape;
  const source = (i: number, size: number): [number, number, number] => {
    const position = (i / (2 * size - 1)) * (size - 1);
    const low = Math.min(Math.floor(position), size - 1);
    return [low, Math.min(low + 1, size - 1), position - low];
  };
  return fill([batch, 2 * height, 2 * width, channels], (b, y, column, c) => {
    const [top, bottom, fy] = source(y, height);
    const [left, right, fx] = source(column, width);
    const row = (r: number) => x.data[at(x, b, r, left, c)] * (1 - fx) + x.data[at(x, b, r, right, c)] * fx;
    return row(top) * (1 - fy) + row(bottom) * fy;
  });
}

/** x · sigmoid(logit of the pixel). */
export function attentionGate(x: HostTensor, logits: HostTensor): HostTensor {
  return fill(x.shape, (b, y, column, c) => {
    const logit = logits.data[at(logits, b, y, column, 0)];
    return x.data[at(x, b, y, column, c)] / (1 + Math.exp(-logit));
  });
}

/** One value added to each channel. */
export function biasAdd(x: HostTensor, bias: HostTensor): HostTensor {
  return fill(x.shape, (b, y, column, c) => x.data[at(x, b, y, column, c)] + bias.data[c]);
}

/** The channels of `a`, then those of `b`. */
export function concatChannels(a: HostTensor, b: HostTensor): HostTensor {
  const [batch, height, width, channelsA] = a.shape;
  return fill([batch, height, width, channelsA + b.shape[3]], (n, y, column, c) =>
    c < channelsA ? a.data[at(a, n, y, column, c)] : b.data[at(b, n, y, column, c - channelsA)],
  );
}
