/** The entries of an object that have one of these keys. */
export function pickKeys(values: object, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(values).filter(([key]) => keys.includes(key)));
}
