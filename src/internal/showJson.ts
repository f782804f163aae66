/** A value read from JSON for a message: at most 80 letters, `missing` for undefined. */
export function showJson(value: unknown): string {
  if (value === undefined) return 'missing';
  let text: string;
  try {
    text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  } catch {
    // Nested too deep.
    text = Array.isArray(value) ? 'a list' : 'an object';
  }
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
