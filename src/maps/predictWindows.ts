import type { PredictWindow, SceneWindow, WindowPrediction } from './SceneWindow.js';

/** How many windows of so many pixels are predicted together. */
export function windowsTogether({ batch }: PredictWindow, pixels: number): number {
  return Math.max(1, Math.floor((batch?.pixels ?? 0) / pixels));
}

/** Predicts windows of one size, together where the predictor can. */
export async function predictWindows(
  predict: PredictWindow,
  windows: readonly SceneWindow[],
): Promise<WindowPrediction[]> {
  const predictions: WindowPrediction[] = [];
  if (windows.length === 0) return predictions;
  const { height, width } = windows[0].raster;
  if (predict.batch && windows.length > 1 && windows.length <= windowsTogether(predict, height * width)) {
    return await predict.batch.predict(windows);
  }
  for (const window of windows) predictions.push(await predict(window));
  return predictions;
}
