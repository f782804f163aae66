/** Where in a file the TBD of a template still stands. */
export function placeholdersOf(
  value: unknown,
  path: readonly PropertyKey[] = [],
): (readonly PropertyKey[])[] {
  if (isPlaceholder(value)) return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    placeholdersOf(inner, [...path, Array.isArray(value) ? Number(name) : name]),
  );
}

function isPlaceholder(value: unknown): boolean {
  return typeof value === 'string' && /^\s*<?tbd>?\s*$/i.test(value);
}
