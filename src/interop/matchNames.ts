/**
 * Under which prefix a dictionary holds most of a model's tensors: `model.` of a Lightning module, `module.` of
 * `DataParallel`, or any other that ends with a point.
 *
 * @returns The prefixes that have most of the names, the shortest first; `['']` if none has any.
 */
export function matchNames(names: Iterable<string>, known: ReadonlySet<string>): string[] {
  let longest = 0;
  for (const { length } of known) longest = Math.max(longest, length);
  const counts = new Map([['', 0]]);
  for (const name of names) {
    // Every point whose rest may be a name of the model; -1 stands for no prefix.
    for (let at = name.length; at >= 0 && name.length - at <= longest + 1; ) {
      at = at === 0 ? -1 : name.lastIndexOf('.', at - 1);
      const prefix = name.slice(0, at + 1);
      if (known.has(name.slice(at + 1))) counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
    }
  }
  let most = 0;
  for (const count of counts.values()) most = Math.max(most, count);
  const best = [...counts.keys()].filter((prefix) => counts.get(prefix) === most);
  return best.sort((a, b) => a.length - b.length);
}
