import type { PretrainConfig } from '../../examples/trainer/src/config/PretrainConfig.js';
import { toPretrainConfig } from '../../examples/trainer/src/config/toPretrainConfig.js';
import { parse } from './configKeys.js';

/** What a configuration file of these keys, one a line, tells the trainer; of two lines for a key the later counts. */
export function configOf(...lines: string[]): PretrainConfig {
  const keyOf = (line: string) => line.slice(0, line.indexOf(':'));
  const byKey = new Map(lines.map((line) => [keyOf(line), line]));
  return toPretrainConfig(parse(...byKey.values())).config;
}
