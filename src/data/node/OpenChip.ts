import { type ChipImage, type ChosenBands, chipImages, chooseBands } from '../chipRasters.js';
import type { ChipOptions } from '../decodeChip.js';
import type { GeoTiff, RasterPart } from '../geoTiffTypes.js';
import { chosenScaling } from './chipScaling.js';
import type { ChipRaster } from './openChipRaster.js';

/** A chip whose rasters are open, and go together. */
export class OpenChip {
  /** The names of its rasters, for messages. */
  readonly name: string;
  /** [height, width] */
  readonly size: readonly [number, number];
  private readonly chosen: readonly ChosenBands[];

  /** @throws Unless the rasters have one size, as they are in the files, and the chip's bands. */
  constructor(
    readonly rasters: readonly ChipRaster[],
    private readonly chip: ChipOptions,
  ) {
    const infos = rasters.map(({ info }) => info);
    const names = rasters.map(({ name }) => name);
    this.chosen = chooseBands(infos, names, chip);
    this.name = names.join(' + ');
    this.size = [infos[0].height, infos[0].width];
  }

  /** What its values stand for (see `scalingOfRasters`). */
  get scaling(): string {
    return chosenScaling(
      this.rasters.map(({ info }) => info),
      this.chosen,
      this.chip,
    );
  }

  /** Reads a part of its rasters: of those that it has bands of, and where bands are chosen only these. */
  async read(part?: RasterPart): Promise<{ read: GeoTiff[]; images: ChipImage[] }> {
    const names = this.rasters.map(({ name }) => name);
    const rasters = await Promise.all(
      this.rasters.map(({ read }, i) => {
        const bands = this.chip.bands && this.chosen[i].bands;
        return bands?.length === 0 ? undefined : read(part, bands);
      }),
    );
    const read = rasters.filter((raster) => raster !== undefined);
    return { read, images: chipImages(rasters, names, this.chosen) };
  }
}
