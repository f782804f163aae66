/**
 * The items of a list that is written as text, separated by blanks, commas or both. It may stand in square brackets.
 *
 * @throws If an item is empty.
 */
export function listItems(text: string): string[] {
  const inside = /^\s*\[(.*)\]\s*$/s.exec(text)?.[1] ?? text;
  const items = inside.trim().split(/\s*,\s*|\s+/);
  const empty = items.indexOf('');
  if (empty < 0) return items;
  throw new Error(items.length === 1 ? 'It is empty.' : `Item ${empty + 1} of ${items.length} is empty.`);
}
