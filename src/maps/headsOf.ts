import type { Head } from '../heads/Head.js';
import { argumentError } from '../internal/checks.js';

/** One head or several as a list; throws unless they have the same classes. */
export function headsOf(caller: string, head: Head | readonly Head[]): readonly Head[] {
  const heads: readonly Head[] = 'predict' in head ? [head] : head;
  const classes = heads[0]?.classes;
  if (!(classes >= 2) || heads.some((other) => other.classes !== classes)) {
    const received = heads.map((other) => other.classes);
    throw argumentError(
      `${caller}: classes of the heads`,
      received,
      'those of at least one head, and the same',
    );
  }
  return heads;
}
