import type { GeoTiffInfo, PixelWindow } from 'diffusion-ssl/data';
import type { SceneSource } from 'diffusion-ssl/maps';
import { GlobalStatistics, type Raster, type StatisticsSummary } from 'diffusion-ssl/normalization';
import { toRgb } from '../../../trainer/src/pictures/toRgb.js';
import type { SceneImageInfo, SceneInfo, ScenePicture } from '../../shared/mapTypes.js';
import { displayRanges } from '../displayRanges.js';
import { placesOf } from './places.js';

/** An image of a scene: what is known of it as it is read, and its pixels, NaN where they are missing. */
export interface SceneImage extends SceneImageInfo {
  info: GeoTiffInfo;
  raster: Raster;
}

/** Images of the same bands, laid out on a sheet. */
export class Scene {
  readonly statistics: StatisticsSummary;

  /** @throws If a band has no valid pixel. */
  constructor(
    private readonly said: Omit<SceneInfo, 'places'>,
    readonly images: readonly SceneImage[],
  ) {
    const gathered = new GlobalStatistics({ channels: said.bands });
    for (const { raster } of images) gathered.add(raster);
    const empty = gathered.toJSON().bands.findIndex(({ pixels }) => pixels.count === 0);
    if (empty >= 0) {
      throw new Error(
        `${said.name} has no valid pixel in ${said.bandNames[empty]}: all are nodata. The scene at hand stays.`,
      );
    }
    this.statistics = gathered.summary();
  }

  get info(): SceneInfo {
    return { ...this.said, places: placesOf(this.images) };
  }

  /** Names of the bands where the file gives them. */
  get knownBandNames(): (string | undefined)[] {
    return this.said.bandNames.map((name, i) => (name === `band ${i + 1}` ? undefined : name));
  }

  /** The image that a place of the sheet lies in, and where in it. */
  find(x: number, y: number): { image: SceneImage; column: number; row: number } | undefined {
    const image = this.images.find(
      ({ left, top, width, height }) => x >= left && x < left + width && y >= top && y < top + height,
    );
    return image && { image, column: x - image.left, row: y - image.top };
  }

  /** The sheet in some bands; missing pixels, and what lies between images, are transparent. */
  picture(bands: readonly number[]): ScenePicture {
    const { width, height } = this.said;
    const rgba = new Uint8ClampedArray(width * height * 4);
    const ranges = displayRanges(this.statistics, this.said.bands);
    for (const { raster, top, left } of this.images) {
      const { data } = toRgb(raster, bands, ranges);
      for (let row = 0; row < raster.height; row++) {
        for (let column = 0; column < raster.width; column++) {
          const from = row * raster.width + column;
          const to = 4 * ((top + row) * width + left + column);
          rgba.set(data.subarray(3 * from, 3 * from + 3), to);
          rgba[to + 3] = bands.every((band) => Number.isNaN(raster.data[from * raster.channels + band]))
            ? 0
            : 255;
        }
      }
    }
    return { width, height, rgba };
  }
}

/** An image as what maps are made of. */
export function sourceOf({ info, raster }: SceneImage): SceneSource {
  const read = async ({ top, left, height, width }: PixelWindow) => {
    const { channels } = raster;
    const data = new Float32Array(height * width * channels);
    for (let row = 0; row < height; row++) {
      const from = ((top + row) * raster.width + left) * channels;
      data.set(raster.data.subarray(from, from + width * channels), row * width * channels);
    }
    return { ...info, height, width, data, valid: null };
  };
  return { info, read };
}
