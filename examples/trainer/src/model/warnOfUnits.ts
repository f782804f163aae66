import type { SceneSource } from 'diffusion-ssl/maps';
import type { OpenModel } from './openModel.js';

/** Side of the window that is looked at, in pixels. */
const SIDE = 256;
/** Deviations from a band's mean beyond which no ordinary place lies. */
const FAR = 6;

/**
 * Says so where the middle of a scene has values far from those of the chips that a network was trained on: then its
 * bands or units are others.
 */
export async function warnOfUnits(
  { name, info: { width, height }, read }: SceneSource & { name: string },
  { normalization, bands }: Pick<OpenModel, 'normalization' | 'bands'>,
): Promise<void> {
  const { mean, std } = normalization?.globalStats ?? {};
  if (!mean || !std) return;
  const [high, wide] = [Math.min(SIDE, height), Math.min(SIDE, width)];
  const place = { top: Math.floor((height - high) / 2), left: Math.floor((width - wide) / 2) };
  const { data, valid, bands: count } = await read({ ...place, height: high, width: wide });
  for (const [band, { name: own }] of bands.entries()) {
    let [sum, pixels] = [0, 0];
    for (let i = band; i < data.length; i += count) {
      if (valid?.[i] === 0 || !Number.isFinite(data[i])) continue;
      sum += data[i];
      pixels++;
    }
    const here = sum / pixels;
    if (!(Math.abs(here - mean[band]) > FAR * std[band])) continue;
    const round = (value: number) => Number(value.toPrecision(3));
    console.warn(
      `warning: ${name}: band ${own ?? band + 1} is ${round(here)} on average in its middle; the network was trained ` +
        `on chips with ${round(mean[band])} ± ${round(std[band])}. Are these its bands, in its units?`,
    );
  }
}
