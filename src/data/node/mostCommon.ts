/** The first of those items whose key most of them have; undefined of none. */
export function mostCommon<T>(items: readonly T[], keyOf: (item: T) => string): T | undefined {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return items.find((item) => counts.get(keyOf(item)) === most);
}
