import { ConfigError } from 'diffusion-ssl/errors';

/** A class that a head tells from others. */
export interface ModelClass {
  name: string;
  /** As `#rrggbb`. */
  colour: string;
}

/** Far apart, also for those who see few colours (Okabe and Ito 2008), and some more. */
const COLOURS = [
  '#0072b2',
  '#009e73',
  '#e69f00',
  '#d55e00',
  '#56b4e9',
  '#f0e442',
  '#cc79a7',
  '#7f7f7f',
  '#1b4332',
  '#7b2cbf',
  '#a0522d',
  '#98df8a',
];

/**
 * Classes by name, with the colours given or some that are far apart.
 *
 * @throws {ConfigError} If there is not one colour a class.
 */
export function modelClasses(names: readonly string[], colours?: readonly string[]): ModelClass[] {
  if (colours && colours.length !== names.length) {
    throw new ConfigError(
      `--colours has ${colours.length} colours; there are ${names.length} classes: ${names.join(', ')}.`,
    );
  }
  return names.map((name, i) => ({ name, colour: colours?.[i] ?? COLOURS[i] ?? turned(i) }));
}

/** Colours by the golden angle, where the list ends. */
function turned(i: number): string {
  const hue = (i * 137.508) % 360;
  const part = (n: number) => {
    const k = (n + hue / 30) % 12;
    return Math.round(255 * (0.5 - 0.35 * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return `#${[0, 8, 4].map((n) => part(n).toString(16).padStart(2, '0')).join('')}`;
}

/** Red, green and blue of `#rrggbb`, 0 to 255. */
export function rgbOf(colour: string): [red: number, green: number, blue: number] {
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
