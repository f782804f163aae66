import type { NodataValues } from 'diffusion-ssl/normalization';
import type { PretrainConfig } from '../config/pretrainOptions.js';

/** The values that mark missing pixels: of every band or, as the tutorial's README has it, one a band. */
export function nodataValues({ nodata, compat }: PretrainConfig): NodataValues {
  return compat === 'readme' ? nodata.map((value) => [value]) : nodata;
}
