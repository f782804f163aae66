import { distance } from 'fastest-levenshtein';

/**
 * The known key that is spelt most like one that is not known; among equals one in the same block, then one in none.
 *
 * @param path The unknown key, blocks before it, such as `diffusion.timestep`.
 * @param known Paths of the known keys.
 */
export function nearestKey(path: string, known: readonly string[]): string {
  const [block, key] = split(path);
  let best = { path: '', cost: Number.POSITIVE_INFINITY };
  for (const candidate of known) {
    const [otherBlock, otherKey] = split(candidate);
    const [a, b] = [key.toLowerCase(), otherKey.toLowerCase()];
    // A key that is cut off or goes on is nearer than one of other letters.
    const letters = distance(a, b) / (a.startsWith(b) || b.startsWith(a) ? 2 : 1);
    const cost = letters + (otherBlock === block ? 0 : otherBlock === '' ? 0.3 : 0.4);
    if (cost < best.cost) best = { path: candidate, cost };
  }
  return best.path;
}

function split(path: string): [block: string, key: string] {
  const dot = path.lastIndexOf('.');
  return [path.slice(0, Math.max(dot, 0)), path.slice(dot + 1)];
}
