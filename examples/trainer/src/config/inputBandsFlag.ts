import { InvalidArgumentError, Option } from 'commander';
import { names } from './flagValues.js';

/** The default of commands that know which bands a model has. */
export const BY_NAME = "by the names of the model's, where the image has them, or all";

/** The flag that chooses bands. @param what Begins its description. @param initial What it is without. */
export function inputBandsFlag(what: string, initial = 'all'): Option {
  return new Option(
    '--input-bands <list>',
    `${what}, in its order: numbers from 1 on, as GDAL counts them, or names (default: ${initial})`,
  ).argParser((text: string) => {
    const bands = names(text);
    const twice = bands.find((band, i) => bands.indexOf(band) !== i);
    if (twice !== undefined) throw new InvalidArgumentError(`It names ${twice} twice.`);
    const wrong = bands.find((band) => /^[-+]?\d*\.?\d+$/.test(band) && !/^[1-9]\d*$/.test(band));
    if (wrong !== undefined) throw new InvalidArgumentError(`${wrong} is no band: they are counted from 1.`);
    return bands;
  });
}
