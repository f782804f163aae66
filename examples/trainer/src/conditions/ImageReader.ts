import { DataError } from 'diffusion-ssl/errors';
import type { ModelCondition } from 'diffusion-ssl/pretrained';
import { type Georeference, type ModelImage, readImage } from '../model/readImage.js';
import type { ToldImages } from './conditionFields.js';
import type { ToldSample } from './samplesTold.js';

/** Reads the images that samples are told, scaled as those that the network was trained with. */
export class ImageReader {
  private readonly images: Extract<ModelCondition, { kind: 'image' }>[];
  /** Where samples lie, by the first image that each is told. */
  readonly places = new Map<ToldSample, Partial<Georeference>>();

  /** @param fallback The size of samples that are told no image. */
  constructor(
    conditions: readonly ModelCondition[],
    private readonly fallback: readonly [number, number],
  ) {
    this.images = conditions.filter((condition) => condition.kind === 'image');
  }

  /** The size of the images that samples are told, and so of the samples. */
  async sizeOf(samples: readonly ToldSample[]): Promise<readonly [number, number]> {
    for (const { files } of samples) {
      for (const [i, file] of files.entries()) {
        if (file === undefined) continue;
        const { image } = await this.open(file, i);
        return [image.height, image.width];
      }
    }
    return this.fallback;
  }

  /**
   * The images of some samples; zeros for none. Undefined where the network is told no images.
   *
   * @throws `DataError` if one has another size; it names the file.
   */
  async read(
    samples: readonly ToldSample[],
    size: readonly [number, number],
  ): Promise<ToldImages | undefined> {
    const bands = this.images.reduce((sum, image) => sum + image.bands, 0);
    if (bands === 0) return undefined;
    const [height, width] = size;
    const values = new Float32Array(samples.length * height * width * bands);
    for (const [k, sample] of samples.entries()) {
      let first = 0;
      for (const [i, file] of sample.files.entries()) {
        const { bands: own } = this.images[i];
        if (file !== undefined) {
          const { image, ...place } = await this.open(file, i);
          if (image.height !== height || image.width !== width) {
            const is = `${image.height} × ${image.width}`;
            throw new DataError(
              `${file} has ${is} pixels, the samples ${height} × ${width}; give all one size.`,
            );
          }
          if (!this.places.has(sample)) this.places.set(sample, place);
          for (let pixel = 0; pixel < height * width; pixel++) {
            for (let band = 0; band < own; band++) {
              values[(k * height * width + pixel) * bands + first + band] = image.data[pixel * own + band];
            }
          }
        }
        first += own;
      }
    }
    return { values, size };
  }

  private open(file: string, index: number): Promise<ModelImage> {
    const { bands, normalization } = this.images[index];
    return readImage(file, { bands: Array.from({ length: bands }, () => ({})), normalization });
  }
}
