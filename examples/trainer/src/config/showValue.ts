/** A value that was read from a file, for a message. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return typeof value === 'string' ? `'${value.slice(0, 80)}'` : String(value);
}
