import { DataError } from 'diffusion-ssl/errors';
import type { PretrainConfig } from '../config/pretrainOptions.js';

/** The error about a chip that cannot be used, with what to do. */
export function badChipError(message: string, onBadChip: PretrainConfig['onBadChip']): Error {
  const advice =
    onBadChip === 'error' ? '\nRepair or remove the chip, or leave out bad chips by --on-bad-chip skip.' : '';
  return new DataError(`bad chip ${message}${advice}`);
}
