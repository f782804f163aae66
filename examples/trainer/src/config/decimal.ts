/**
 * Reads a decimal number such as `-9999`, `.5` or `1e-4`. Anything else is NaN, also what `Number` takes: an empty
 * text, `0x10`, `Infinity`.
 */
export function decimal(text: string): number {
  const isDecimal = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(text.trim());
  // Not −0, which is written as 0.
  const value = isDecimal ? Number(text) + 0 : Number.NaN;
  return Number.isFinite(value) ? value : Number.NaN;
}
