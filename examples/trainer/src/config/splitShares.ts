import { InvalidArgumentError } from 'commander';
import { decimal } from './decimal.js';

const SPLITS = ['train', 'validate', 'test', 'predict'];

/** Reads the share of each split, such as train=0.7,validate=0.15,test=0.15. */
export function splitShares(text: string): Map<string, number> {
  const parts = text.split(',').map((part) => part.split('=').map((word) => word.trim()));
  const found = new Map(parts.map(([name, value]) => [name, decimal(value ?? '')]));
  const isRight = [...found].every(([name, value]) => SPLITS.includes(name) && value >= 0);
  if (isRight && found.size === parts.length && [...found.values()].some((value) => value > 0)) return found;
  throw new InvalidArgumentError(`It must be as train=0.7,validate=0.15,test=0.15, of ${SPLITS.join(', ')}.`);
}
