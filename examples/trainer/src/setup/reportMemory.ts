import type { StartedBackend } from 'diffusion-ssl/backends/node';
import { countParameters, estimateMemory, type UnetAttDConfig } from 'diffusion-ssl/models';
import type { PretrainConfig, PretrainOptions } from '../config/pretrainOptions.js';

/**
 * Says what a run needs, before anything is allocated.
 *
 * @param limits What the backend holds; `nameOf` says how the user gave an option, `note` takes what is said.
 * @throws If the backend cannot hold it: the error names the options to change.
 */
export function reportMemory(
  model: UnetAttDConfig,
  config: PretrainConfig,
  [height, width]: readonly number[],
  {
    name,
    memoryLimitBytes,
    nameOf,
    note,
  }: Pick<StartedBackend, 'name' | 'memoryLimitBytes'> &
    Pick<PretrainOptions, 'nameOf'> & { note: (text: string) => void },
): void {
  const needs = estimateMemory(model, {
    batch: config.batch,
    size: [height, width],
    ema: config.emaDecay > 0,
  });
  const parts = Object.entries(needs)
    .filter(([part, bytes]) => part !== 'total' && bytes > 0)
    .map(([part, bytes]) => `${part} ${megabytes(bytes)}`);
  note(`${countParameters(model).trainable.toLocaleString('en')} parameters; memory: ${parts.join(', ')}`);
  if (needs.total <= memoryLimitBytes) return;
  throw new Error(
    `The run needs about ${megabytes(needs.total)}; backend ${name} holds ${megabytes(memoryLimitBytes)}. ` +
      `Lower ${nameOf('batch')} (now ${config.batch}; ${nameOf('accumulate')} makes up for it), ` +
      `${nameOf('size')} (now ${height} × ${width}) or ${nameOf('filterConfig')} (now ` +
      `${config.filterConfig.join(',')}).`,
  );
}

function megabytes(bytes: number): string {
  return bytes < 2 ** 30 ? `${Math.ceil(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
