import type { PretrainHooks } from '../../examples/trainer/src/run/pretrain.js';

/** Stops a run after so many steps; 0: never. */
export function stopAfter(steps: number): PretrainHooks {
  const controller = new AbortController();
  let made = 0;
  const stepped = () => {
    if (++made === steps) controller.abort();
  };
  return { signal: controller.signal, listeners: [{ stepped }] };
}
