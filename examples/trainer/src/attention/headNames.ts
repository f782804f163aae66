/** The bands of a map of attention: the heads, then their mean. */
export function headNames(heads: number): string[] {
  return [...Array.from({ length: heads }, (_, i) => `head ${i + 1}`), 'mean'];
}
