import type { MapStrip } from './MapOutputs.js';
import type { WindowPrediction } from './SceneWindow.js';

/** Which parts of a map are kept beside its classes. */
export interface KeptParts {
  probabilities: boolean;
  uncertainty: boolean;
}

/** The pixels of a window that lie within the scene. */
export interface WindowPlace {
  top: number;
  left: number;
  height: number;
  width: number;
  /** Pixels of a row of the whole window. */
  size: number;
}

/** What the pixels of a window count. */
export interface WindowWeights {
  rows: Float32Array;
  columns: Float32Array;
  /** 1 for each pixel of the whole window that the scene has. Default: it has all of them. */
  valid?: Uint8Array;
}

/** The rows of a map between the first that may still change and the last that a window has reached. */
export class StripBuffer {
  /** The scene's row that the buffer begins with. */
  private first = 0;
  private readonly probabilities: Float32Array;
  private readonly uncertainty: Float32Array;
  /** 1 where the scene has a pixel. */
  private readonly known: Uint8Array;

  constructor(
    private readonly width: number,
    rows: number,
    private readonly classes: number,
    private readonly kept: KeptParts,
  ) {
    this.probabilities = new Float32Array(rows * width * classes);
    this.uncertainty = new Float32Array(kept.uncertainty ? rows * width : 0);
    this.known = new Uint8Array(rows * width);
  }

  /** Takes in a window. */
  add(place: WindowPlace, weights: WindowWeights, { probabilities, uncertainty }: WindowPrediction): void {
    const { classes, known } = this;
    const { valid } = weights;
    this.blend(this.probabilities, probabilities, place, weights);
    if (this.kept.uncertainty) {
      const own = uncertainty ?? entropies(probabilities, classes);
      this.blend(this.uncertainty, own, place, weights);
    }
    for (let y = 0; y < place.height; y++) {
      const [from, to] = [y * place.size, this.at(place, y)];
      if (!valid) known.fill(1, to, to + place.width);
      else for (let x = 0; x < place.width; x++) known[to + x] |= valid[from + x];
    }
  }

  /** Adds what the values of a window count; where the scene has no pixel they may be NaN. */
  private blend(
    sums: Float32Array,
    values: Float32Array,
    place: WindowPlace,
    { rows, columns, valid }: WindowWeights,
  ): void {
    const { height, width, size } = place;
    const channels = sums.length / this.known.length;
    const weights = Float32Array.from(
      { length: width * channels },
      (_, i) => columns[Math.floor(i / channels)],
    );
    // Between these columns the window counts alone: where it does in its row too, its values are the map's.
    const begin = Math.max(weights.indexOf(1), 0);
    const end = weights.lastIndexOf(1) + 1;
    for (let y = 0; y < height; y++) {
      const weight = rows[y];
      if (weight === 0) continue;
      const [from, to] = [y * size * channels, this.at(place, y) * channels];
      const add = (first: number, last: number) => {
        for (let i = first; i < last; i++) sums[to + i] += weight * weights[i] * values[from + i];
      };
      if (valid) {
        for (let x = 0; x < width; x++) if (valid[y * size + x]) add(x * channels, (x + 1) * channels);
      } else if (weight < 1) {
        add(0, width * channels);
      } else {
        add(0, begin);
        if (end > begin) sums.set(values.subarray(from + begin, from + end), to + begin);
        add(Math.max(begin, end), width * channels);
      }
    }
  }

  /** Takes out the rows above one: they change no more. */
  take(end: number): MapStrip {
    const { kept, known } = this;
    const pixels = (end - this.first) * this.width;
    const classes = this.likeliest(pixels);
    const probabilities = kept.probabilities ? this.probabilities.slice(0, pixels * this.classes) : undefined;
    const uncertainty = kept.uncertainty ? this.uncertainty.slice(0, pixels) : undefined;
    for (let pixel = known.indexOf(0); pixel >= 0 && pixel < pixels; pixel = known.indexOf(0, pixel + 1)) {
      classes[pixel] = 255;
      probabilities?.fill(Number.NaN, pixel * this.classes, (pixel + 1) * this.classes);
      uncertainty?.fill(Number.NaN, pixel, pixel + 1);
    }
    for (const values of [this.probabilities, this.uncertainty, known]) {
      const taken = (values.length / known.length) * pixels;
      values.copyWithin(0, taken);
      values.fill(0, values.length - taken);
    }
    this.first = end;
    return { classes, probabilities, uncertainty };
  }

  /** The class with the greatest sum of each of the first pixels. */
  private likeliest(pixels: number): Uint8Array {
    const { probabilities, classes } = this;
    const result = new Uint8Array(pixels);
    for (let pixel = 0, at = 0; pixel < pixels; pixel++, at += classes) {
      let best = 0;
      let most = probabilities[at];
      for (let i = 1; i < classes; i++) {
        const value = probabilities[at + i];
        if (value > most) [best, most] = [i, value];
      }
      result[pixel] = best;
    }
    return result;
  }

  /** Where a row of a window begins. */
  private at({ top, left }: WindowPlace, y: number): number {
    return (top + y - this.first) * this.width + left;
  }
}

/** From 0, where one class has all, to 1, where all have the same. */
function entropies(probabilities: Float32Array, classes: number): Float32Array {
  const most = Math.log(Math.max(classes, 2));
  return Float32Array.from({ length: probabilities.length / classes }, (_, pixel) => {
    let sum = 0;
    for (let at = pixel * classes; at < (pixel + 1) * classes; at++) {
      if (probabilities[at] > 0) sum -= probabilities[at] * Math.log(probabilities[at]);
    }
    return sum / most;
  });
}
