import { type HostTensor, zeros } from '../../ops/referenceOps.js';

/** Which pixel of the wide side meets which pixel of the narrow side through which tap, over all images. */
type Visit = (wide: number, narrow: number, tap: number) => void;

/**
 * A convolution of stride 1 or 2, whose input is the wide side. A transposed convolution is the same with the sides
 * exchanged. Padding keeps the size (stride 1), or halves it (stride 2, taps 2 or 4).
 */
function visitTaps([batch, height, width]: number[], size: number, stride: number, visit: Visit): void {
  const pad = stride === 1 ? (size - 1) / 2 : size / 2 - 1;
  const [rows, columns] = [height / stride, width / stride];
  for (let b = 0; b < batch; b++)
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++)
        for (let ky = 0; ky < size; ky++)
          for (let kx = 0; kx < size; kx++) {
            const [sy, sx] = [y * stride + ky - pad, x * stride + kx - pad];
            if (sy < 0 || sx < 0 || sy >= height || sx >= width) continue;
            visit((b * height + sy) * width + sx, (b * rows + y) * columns + x, ky * size + kx);
          }
}

/** Convolution of the wide side with a filter [k, k, wide channels, narrow channels]. */
export function correlate(wide: HostTensor, filter: HostTensor, stride: number): HostTensor {
  const [batch, height, width, m] = wide.shape;
  const [size, , , n] = filter.shape;
  const narrow = zeros([batch, height / stride, width / stride, n]);
  visitTaps(wide.shape, size, stride, (w, p, tap) => {
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++)
        narrow.data[p * n + j] += wide.data[w * m + i] * filter.data[(tap * m + i) * n + j];
  });
  return narrow;
}

/** The adjoint of {@link correlate} in its first argument. */
export function spread(narrow: HostTensor, filter: HostTensor, stride: number): HostTensor {
  const [batch, height, width, n] = narrow.shape;
  const [size, , m] = filter.shape;
  const wide = zeros([batch, height * stride, width * stride, m]);
  visitTaps(wide.shape, size, stride, (w, p, tap) => {
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++)
        wide.data[w * m + i] += narrow.data[p * n + j] * filter.data[(tap * m + i) * n + j];
  });
  return wide;
}

/** The adjoint of {@link correlate} in the filter. */
export function filterGradient(wide: HostTensor, narrow: HostTensor, size: number): HostTensor {
  const [m, n] = [wide.shape[3], narrow.shape[3]];
  const stride = wide.shape[1] / narrow.shape[1];
  const gradient = zeros([size, size, m, n]);
  visitTaps(wide.shape, size, stride, (w, p, tap) => {
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++)
        gradient.data[(tap * m + i) * n + j] += wide.data[w * m + i] * narrow.data[p * n + j];
  });
  return gradient;
}
