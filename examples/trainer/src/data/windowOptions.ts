import type { ChipRows } from 'diffusion-ssl/data';
import type { WindowOptions } from 'diffusion-ssl/data/node';
import type { PretrainConfig } from '../config/pretrainOptions.js';

/** Windows that a configuration takes of scenes; none where each row is a chip. */
export function windowOptions({
  windows,
  windowsPerScene,
  maxMissing,
}: PretrainConfig): WindowOptions | undefined {
  return windows && { at: windows, count: windowsPerScene, maxMissing };
}

/** Windows of each row so that all rows together have about `total`, or one each. */
export function windowsEach(rows: ChipRows, total: number): number {
  return Math.ceil(total / rows.length);
}
