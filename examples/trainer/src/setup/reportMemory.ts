import type { StartedBackend } from 'diffusion-ssl/backends/node';
import type { PretrainConfig, PretrainOptions } from '../config/pretrainOptions.js';
import { byteText } from '../model/byteText.js';
import { countNetwork } from '../model/countNetwork.js';
import type { Teller } from '../run/RunListener.js';
import { memoryOf } from './memoryOf.js';
import type { RunNetwork } from './networkOf.js';

/** What a network's size follows. */
const WIDTHS = {
  unetAttD: 'filterConfig',
  unet2d: 'blockOutChannels',
  uVit: 'embedDim',
  dit: 'embedDim',
} as const satisfies Record<RunNetwork['factory'], keyof PretrainConfig>;

/**
 * Says what a run needs, before anything is allocated.
 *
 * @param limits What the backend holds; `nameOf` says how the user gave an option, `teller` tells it.
 * @throws If the backend cannot hold it: the error names the options to change.
 */
export function reportMemory(
  network: RunNetwork,
  config: PretrainConfig,
  [height, width]: readonly number[],
  {
    name,
    memoryLimitBytes,
    nameOf,
    teller,
  }: Pick<StartedBackend, 'name' | 'memoryLimitBytes'> &
    Pick<PretrainOptions, 'nameOf'> & { teller: Pick<Teller, 'note'> },
): void {
  const needs = memoryOf(network, config, [height, width]);
  const parts = Object.entries(needs)
    .filter(([part, bytes]) => part !== 'total' && bytes > 0)
    .map(([part, bytes]) => `${part} ${byteText(bytes)}`);
  const parameters = countNetwork(network).trainable.toLocaleString('en');
  const without = needs.activations > 0 ? '' : ', and activations';
  teller.note(`${parameters} parameters; memory: ${parts.join(', ')}${without}`);
  if (needs.total <= memoryLimitBytes) return;
  const widths = WIDTHS[network.factory];
  throw new Error(
    `The run needs about ${byteText(needs.total)}; backend ${name} holds ${byteText(memoryLimitBytes)}. ` +
      `Lower ${nameOf('batch')} (now ${config.batch}; ${nameOf('accumulate')} makes up for it), ` +
      `${nameOf('size')} (now ${height} × ${width}) or ${nameOf(widths)} (now ${[config[widths]].flat().join(',')}).`,
  );
}
