import { predictWindows } from './predictWindows.js';
import type { PredictWindow, SceneWindow, WindowPrediction } from './SceneWindow.js';

/** Probabilities that change less are taken for the same. */
const SAME = 1e-5;

/**
 * How far a pixel's prediction depends on pixels around it, in pixels: a block in the window's middle, as large as the
 * stride, is changed, and the farthest pixel found whose prediction that changes. Infinite where the whole window's
 * does. With it comes the prediction of the window as it is.
 */
export async function measureReach(
  predict: PredictWindow,
  window: SceneWindow,
  stride: number,
): Promise<{ reach: number; prediction: WindowPrediction }> {
  const { raster } = window;
  const { height, width, channels } = raster;
  const middle = (side: number) => Math.floor(side / 2 / stride) * stride;
  const [top, left] = [middle(height), middle(width)];
  const isInBlock = (row: number, column: number) =>
    row >= top && row < top + stride && column >= left && column < left + stride;
  const data = raster.data.slice();
  for (let band = 0; band < channels; band++) {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = band; i < data.length; i += channels) {
      if (data[i] < low) low = data[i];
      if (data[i] > high) high = data[i];
    }
    // Far from what was there, yet within the range of the window.
    for (let i = band, pixel = 0; i < data.length; i += channels, pixel++) {
      if (!isInBlock(Math.floor(pixel / width), pixel % width)) continue;
      data[i] = high > low ? (data[i] - low > high - data[i] ? low : high) : data[i] + 1;
    }
  }
  const changed = { ...window, raster: { ...raster, data } };
  const [{ probabilities: after }, prediction] = await predictWindows(predict, [changed, window]);
  const { probabilities: before } = prediction;
  const classes = before.length / (height * width);
  let reach = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const from = (row * width + column) * classes;
      let changes = false;
      for (let i = from; i < from + classes; i++) {
        if (!(Math.abs(before[i] - after[i]) <= SAME) && !Number.isNaN(before[i])) changes = true;
      }
      if (!changes) continue;
      const away = (at: number, first: number) => Math.max(first - at, at - (first + stride - 1), 0);
      reach = Math.max(reach, away(row, top), away(column, left));
    }
  }
  const border = Math.min(top, left, height - top - stride, width - left - stride);
  return { reach: reach >= border ? Number.POSITIVE_INFINITY : reach, prediction };
}
