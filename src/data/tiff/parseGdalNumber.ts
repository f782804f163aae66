const WORDS: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  NaN: Number.NaN,
  '+nan': Number.NaN,
  ...Object.fromEntries(['inf', '+inf', 'Inf', '+Inf', 'INF', 'Infinity'].map((word) => [word, Infinity])),
  ...Object.fromEntries(['-inf', '-Inf', '-INF', '-Infinity'].map((word) => [word, -Infinity])),
};

/**
 * A number as GDAL takes it from a text, such as the one of its nodata tag: the longest beginning that is a number,
 * with the decimal sign that comes first, point or comma; 0 where none is. Follows `CPLAtofM`.
 */
export function parseGdalNumber(text: string): number {
  const rest = text.replace(/^[ \t\n\r]+/, '');
  if (Object.hasOwn(WORDS, rest)) return WORDS[rest];
  if (/^-?1\.#(?:QNAN|SNAN|-1\.#IND)/.test(rest) || rest.startsWith('-1.#IND')) return Number.NaN;
  if (/^-?1\.#INF/i.test(rest)) return rest.startsWith('-') ? -Infinity : Infinity;
  const parts = /^\+?(-?)\+?(\d*)(?:[.,](\d*))?(?:[eE]([+-]?\d+))?/.exec(rest);
  const [, sign, whole, fraction = '', exponent = '0'] = parts as RegExpExecArray;
  if (whole === '' && fraction === '') return 0;
  return Number(`${sign}${whole || 0}.${fraction || 0}e${exponent}`);
}
