import type { NormalizationOptions } from 'diffusion-ssl/normalization';

/** How the bands of two dates, one behind the other, are scaled: each as those of one date. */
export function twoDateScaling(scaling: NormalizationOptions): NormalizationOptions {
  const { globalStats, nodata } = scaling;
  const { correlation, ...lists } = globalStats ?? {};
  const twice = <T>(list: ArrayLike<T>) => [...Array.from(list), ...Array.from(list)];
  const stats =
    globalStats && Object.entries(lists).map(([key, list]) => [key, isList(list) ? twice(list) : list]);
  const apart = correlation?.map((row) => row.map(() => 0));
  const perBand = nodata?.some((one) => Array.isArray(one));
  return {
    ...scaling,
    ...(stats && {
      globalStats: {
        ...Object.fromEntries(stats),
        // Each date is made uncorrelated for itself.
        correlation: correlation && [
          ...correlation.map((row, k) => [...row, ...apart![k]]),
          ...correlation.map((row, k) => [...apart![k], ...row]),
        ],
      },
    }),
    ...(nodata && perBand && { nodata: twice<unknown>(nodata as readonly unknown[]) as typeof nodata }),
  };
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}
