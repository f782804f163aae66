/** A convolution or pooling of images: what its pixels see, as attributes of a kernel of TensorFlow.js. */
export interface WindowCase {
  batch: number;
  size: [number, number];
  taps: [number, number];
  strides: [number, number];
  dilations: [number, number];
  pad: 'same' | 'valid';
}

/** Height and width of the output, and rows and columns of padding before the image, as TensorFlow has them. */
export function layOut({ size, taps, strides, dilations, pad }: WindowCase) {
  const axes = [0, 1].map((axis) => {
    const reach = (taps[axis] - 1) * dilations[axis] + 1;
    if (pad === 'valid')
      return { out: Math.max(0, Math.ceil((size[axis] - reach + 1) / strides[axis])), before: 0 };
    const out = Math.ceil(size[axis] / strides[axis]);
    return { out, before: Math.floor(Math.max(0, (out - 1) * strides[axis] + reach - size[axis]) / 2) };
  });
  return { out: axes.map(({ out }) => out), before: axes.map(({ before }) => before) };
}

/** Calls `visit` for each pixel of the output, each tap, and the input's pixel that meets there. */
export function visitWindows(
  windows: WindowCase,
  visit: (input: number, output: number, tap: number) => void,
): void {
  const { batch, size, taps, strides, dilations } = windows;
  const { out, before } = layOut(windows);
  for (let b = 0; b < batch; b++)
    for (let y = 0; y < out[0]; y++)
      for (let x = 0; x < out[1]; x++)
        for (let ty = 0; ty < taps[0]; ty++)
          for (let tx = 0; tx < taps[1]; tx++) {
            const row = y * strides[0] + ty * dilations[0] - before[0];
            const column = x * strides[1] + tx * dilations[1] - before[1];
            if (row < 0 || column < 0 || row >= size[0] || column >= size[1]) continue;
            visit((b * size[0] + row) * size[1] + column, (b * out[0] + y) * out[1] + x, ty * taps[1] + tx);
          }
}
