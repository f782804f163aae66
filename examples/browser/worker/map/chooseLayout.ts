import { type FeaturePlan, planOf } from './KeptFeatures.js';
import type { Scene } from './Scene.js';

/** Sides of windows that are tried, in pixels. */
const WINDOWS = [1024, 512, 256];
/** What neighbours share. */
const OVERLAP = 64;
/** Memory that the network may take for a window; the smallest one is taken whatever it takes. */
const MAX_PASS_BYTES = 256 * 2 ** 20;

/**
 * Lays out a scene in the windows that have the fewest pixels together, of those whose features the network takes in
 * little memory: one window, where there is room.
 */
export function chooseLayout(scene: Scene, plan: Omit<FeaturePlan, 'layout'>): FeaturePlan {
  const { stride } = plan.network;
  const longest = Math.max(...scene.images.flatMap(({ width, height }) => [width, height]));
  const upTo = (pixels: number) => Math.ceil(pixels / stride) * stride;
  const tried = WINDOWS.map((side) => {
    const window = Math.min(upTo(side), upTo(longest));
    const overlap = Math.min(OVERLAP, window - stride, Math.floor(window / 2));
    // Farther than a window: a pixel of these networks may depend on all of its window.
    const whole: FeaturePlan = { ...plan, layout: { window, overlap, stride, reach: window } };
    const { windows, windowSize, passBytes } = planOf(scene, whole);
    return { whole, passBytes, pixels: windows * windowSize[0] * windowSize[1] };
  });
  const affordable = tried.filter(({ passBytes }) => passBytes <= MAX_PASS_BYTES);
  if (affordable.length === 0) return tried[tried.length - 1].whole;
  return affordable.reduce((best, other) => (other.pixels < best.pixels ? other : best)).whole;
}
