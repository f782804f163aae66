import { argumentError } from '../internal/checks.js';
import type { Raster } from '../internal/raster.js';

/** Power by frequency, a mean over directions and images. */
export interface PowerSpectrum {
  /** Frequencies in cycles a pixel, from 0 to at most a half. */
  frequencies: Float64Array;
  /** For each band the mean squared amplitude at each frequency, in the square of its unit; at 0 that of the mean. */
  power: Float64Array[];
}

/**
 * The radial power spectrum of images: how much of their variation is in large and in small things. Samples that are
 * too smooth lack power at high frequencies, noisy ones have too much.
 *
 * Each image is transformed as a whole (a separable discrete Fourier transform of any size, sides^3 in time), and
 * frequencies of all directions are gathered in rings of the width of one cycle over the shorter side.
 *
 * @param images Of one size and number of bands, without missing values.
 * @throws If there is no image, they differ in size or bands, or one holds a value that is not finite.
 * @example
 * ```ts
 * import { powerSpectrum } from 'diffusion-ssl/metrics';
 *
 * const data = Float32Array.from({ length: 64 }, (_, i) => Math.cos((2 * Math.PI * 2 * (i % 8)) / 8));
 * const { frequencies, power } = powerSpectrum([{ height: 8, width: 8, channels: 1, data }]);
 * console.log(frequencies, power[0]); // 0, 1/8, 2/8, 3/8, 4/8; all power at the third
 * ```
 */
export function powerSpectrum(images: readonly Raster[]): PowerSpectrum {
  if (images.length === 0) throw argumentError('powerSpectrum: images', images, 'one image or more');
  const [{ height, width, channels }] = images;
  const side = Math.min(height, width);
  const rings = Math.floor(side / 2) + 1;
  const ringOf = Int32Array.from({ length: height * width }, (_, i) => {
    const radius = Math.hypot(
      signed(Math.floor(i / width), height) / height,
      signed(i % width, width) / width,
    );
    return Math.round(radius * side);
  });
  const counts = new Float64Array(rings);
  for (const ring of ringOf) if (ring < rings) counts[ring]++;
  const power = Array.from({ length: channels }, () => new Float64Array(rings));
  for (const [index, image] of images.entries()) {
    if (image.height !== height || image.width !== width || image.channels !== channels) {
      const is = `${image.height} × ${image.width} × ${image.channels}`;
      throw argumentError(`powerSpectrum: images[${index}]`, is, `${height} × ${width} × ${channels}`);
    }
    for (let band = 0; band < channels; band++) {
      const real = Float64Array.from(
        { length: height * width },
        (_, i) => image.data[i * channels + band] as number,
      );
      if (!real.every(Number.isFinite)) {
        throw argumentError(
          `powerSpectrum: band ${band} of images[${index}]`,
          'with missing values',
          'of finite ones',
        );
      }
      const squares = squaredAmplitudes(real, height, width);
      for (const [i, ring] of ringOf.entries()) {
        if (ring < rings) power[band][ring] += squares[i] / counts[ring] / images.length;
      }
    }
  }
  return { frequencies: Float64Array.from({ length: rings }, (_, ring) => ring / side), power };
}

/** A frequency of a transform over `length` places: those of the second half are negative. */
function signed(frequency: number, length: number): number {
  return frequency > length / 2 ? frequency - length : frequency;
}

/** |F|² of a real image, F its discrete Fourier transform divided by the number of pixels. */
function squaredAmplitudes(image: Float64Array, height: number, width: number): Float64Array {
  const rows = transformRows({ real: image, imaginary: new Float64Array(image.length) }, height, width);
  const columns = transformRows(transposed(rows, height, width), width, height);
  const back = transposed(columns, width, height);
  return back.real.map((value, i) => (value ** 2 + back.imaginary[i] ** 2) / (height * width) ** 2);
}

interface Complex {
  real: Float64Array;
  imaginary: Float64Array;
}

function transformRows({ real, imaginary }: Complex, rows: number, length: number): Complex {
  const cosines = Float64Array.from({ length }, (_, i) => Math.cos((2 * Math.PI * i) / length));
  const sines = Float64Array.from({ length }, (_, i) => Math.sin((2 * Math.PI * i) / length));
  const result = { real: new Float64Array(real.length), imaginary: new Float64Array(real.length) };
  for (let row = 0; row < rows; row++) {
    const start = row * length;
    for (let k = 0; k < length; k++) {
      let [re, im] = [0, 0];
      for (let i = 0, turn = 0; i < length; i++, turn = (turn + k) % length) {
        const [x, y] = [real[start + i], imaginary[start + i]];
        re += x * cosines[turn] + y * sines[turn];
        im += y * cosines[turn] - x * sines[turn];
      }
      result.real[start + k] = re;
      result.imaginary[start + k] = im;
    }
  }
  return result;
}

function transposed({ real, imaginary }: Complex, rows: number, columns: number): Complex {
  const turned = (values: Float64Array) =>
    Float64Array.from(
      { length: values.length },
      (_, i) => values[(i % rows) * columns + Math.floor(i / rows)],
    );
  return { real: turned(real), imaginary: turned(imaginary) };
}
