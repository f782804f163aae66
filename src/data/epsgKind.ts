import { EPSG_RUNS } from './epsgRuns.js';
import type { CrsKind } from './geoTiffTypes.js';

const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_';

/**
 * Whether a code of the EPSG registry names a geographic or a projected system of two dimensions; undefined when it
 * names neither: a vertical, compound or three-dimensional system, or one that the registry did not have yet.
 */
export function epsgKind(code: number): CrsKind | undefined {
  let at = 0;
  const next = (): number => {
    const digit = DIGITS.indexOf(EPSG_RUNS[at++]);
    return digit < 32 ? digit : digit - 32 + 32 * next();
  };
  for (let last = 1023; last < code && at < EPSG_RUNS.length; ) {
    const first = last + 1 + next();
    const run = next();
    last = first + (run >> 1);
    if (code >= first && code <= last) return run % 2 === 1 ? 'projected' : 'geographic';
  }
  return undefined;
}
