/** A curve of a plot, its points in order of `x`. */
export interface Curve {
  points: readonly (readonly [x: number, y: number])[];
  className: 'curve' | 'raw' | 'mark';
}

/** What {@link linePlot} draws. */
export interface LinePlotOptions {
  /** For those who do not see the plot: what it shows, in words. */
  label: string;
  title: string;
  xLabel: string;
  curves: readonly Curve[];
  log?: boolean;
  /** Ends of the vertical axis. Default: those of the curves. */
  range?: readonly [low: number, high: number];
  /** Half as wide, for two plots beside each other. */
  narrow?: boolean;
}

const HEIGHT = 230;
const [LEFT, TOP, BOTTOM] = [48, 26, 190];

/**
 * Replaces what is in `target` by a line plot; points that are not finite, or not positive on a logarithmic axis, are
 * left out.
 */
export function linePlot(
  target: Element,
  { label, title, xLabel, curves, log = false, range, narrow = false }: LinePlotOptions,
): void {
  const width = narrow ? 260 : 480;
  const end = width - 14;
  const height = (y: number) => (log ? Math.log10(y) : y);
  const shown = curves.map(({ className, points }) => ({
    className,
    points: points.map(([x, y]) => [x, height(y)] as const).filter(([, y]) => Number.isFinite(y)),
  }));
  const points = shown.flatMap((curve) => curve.points);
  const [left, right] = extent(points.map(([x]) => x));
  const [low, high] = range ?? extent(points.map(([, y]) => y));
  const x = (value: number) => LEFT + ((value - left) / (right - left)) * (end - LEFT);
  const y = (value: number) => BOTTOM - ((value - low) / (high - low)) * (BOTTOM - TOP);

  const svg = make('svg', { viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img', 'aria-label': label });
  svg.append(text(LEFT, 14, title, 'start'));
  svg.append(text((LEFT + end) / 2, HEIGHT - 6, xLabel, 'middle'));
  if (points.length > 0) {
    for (const value of log ? logTicks(low, high) : ticks(low, high, 4)) {
      svg.append(make('path', { class: 'axis', d: `M${LEFT} ${y(value)}H${end}` }));
      svg.append(text(LEFT - 6, y(value) + 4, short(log ? 10 ** value : value), 'end'));
    }
    for (const value of ticks(left, right, narrow ? 3 : 6, 1))
      svg.append(text(x(value), BOTTOM + 18, short(value), 'middle'));
  }
  for (const curve of shown) {
    const path = curve.points.map(([at, value]) => `${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join('L');
    if (path) svg.append(make('path', { class: curve.className, d: `M${path}` }));
  }
  target.replaceChildren(svg);
}

function extent(values: readonly number[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

/** Round numbers from `low` to `high`, about `count` of them and no closer than `least`. */
function ticks(low: number, high: number, count: number, least = 0): number[] {
  const rough = Math.max(least, (high - low) / count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

/**
 * Logarithms of round numbers: of 1, 2 and 5 times powers of ten, or of powers alone where these are many; where there
 * are not two of these, of any round numbers.
 */
function logTicks(low: number, high: number): number[] {
  const stride = Math.ceil((high - low) / 5);
  const factors = high - low > 2 ? [1] : [1, 2, 5];
  const values: number[] = [];
  for (let power = Math.ceil((Math.floor(low) - 1) / stride) * stride; power <= high; power += stride) {
    values.push(...factors.map((factor) => power + Math.log10(factor)));
  }
  const within = values.filter((value) => value >= low && value <= high);
  return within.length > 1 ? within : ticks(10 ** low, 10 ** high, 4).map(Math.log10);
}

function short(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 100_000)) return value.toExponential(0).replace('e+', 'e');
  return String(Number(value.toPrecision(3)));
}

function text(x: number, y: number, words: string, anchor: string): SVGElement {
  const node = make('text', { x: String(x), y: y.toFixed(1), 'text-anchor': anchor });
  node.textContent = words;
  return node;
}

function make(name: string, attributes: Record<string, string>): SVGElement {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}
