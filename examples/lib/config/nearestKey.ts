import { distance } from 'fastest-levenshtein';

/**
 * The known key that is spelt most like one that is not known; among equals the one in the same block.
 *
 * @param path The unknown key, blocks before it, such as `diffusion.timestep`.
 * @param known Paths of the known keys.
 */
export function nearestKey(path: string, known: readonly string[]): string {
  const [block, key] = split(path);
  let best = { path: '', cost: Number.POSITIVE_INFINITY };
  for (const candidate of known) {
    const [otherBlock, otherKey] = split(candidate);
    const cost = distance(key.toLowerCase(), otherKey.toLowerCase()) + (otherBlock === block ? 0 : 0.5);
    if (cost < best.cost) best = { path: candidate, cost };
  }
  return best.path;
}

function split(path: string): [block: string, key: string] {
  const dot = path.lastIndexOf('.');
  return [path.slice(0, Math.max(dot, 0)), path.slice(dot + 1)];
}
