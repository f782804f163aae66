import { InvalidArgumentError } from 'commander';
import { listItems } from './listItems.js';

/** Reads names of classes separated by |. */
export function classNames(text: string): string[] {
  const classes = text.split('|').map((name) => name.trim());
  if (classes.length < 2 || classes.includes('') || new Set(classes).size < classes.length)
    throw new InvalidArgumentError('It must be at least two different names separated by |.');
  return classes;
}

/** Reads sets of layers, separated by ;. */
export function layerSets(text: string): string[][] {
  const sets = text.split(';').map((set) => (set.trim() === '' ? [] : listItems(set)));
  if (sets.some((set) => set.length === 0)) throw new InvalidArgumentError('A set has no layer.');
  return sets;
}

/** Reads colours such as #0072b2, separated by |. */
export function colours(text: string): string[] {
  const items = text.split('|').map((item) => item.trim().toLowerCase());
  const wrong = items.find((item) => !/^#[0-9a-f]{6}$/.test(item));
  if (wrong !== undefined) throw new InvalidArgumentError(`'${wrong}' is no colour such as #0072b2.`);
  return items;
}
