import type { PretrainConfig } from './PretrainConfig.js';

/** Whether anything of the training chips is masked. */
export function isMasked({ maskRatio, maskBands, maskShare }: PretrainConfig): boolean {
  return maskShare > 0 && (maskRatio > 0 || maskBands > 0);
}
