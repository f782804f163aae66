import { type AugmentationStep, compose } from '../../augmentation/compose.js';
import type { Raster } from '../../internal/raster.js';
import { randomStreams } from '../../internal/streams.js';
import { GlobalStatistics } from '../../normalization/GlobalStatistics.js';
import type { NodataValues } from '../../normalization/nodataValues.js';
import type { NormalizedRaster } from '../../normalization/normalizeRaster.js';
import { isRemote } from '../checkChipPath.js';
import { checkRasters, chosenBands, nodataOf, rasterOf } from '../chipRasters.js';
import { buildChip, type ChipOptions, cropSize } from '../decodeChip.js';
import { sharedDecoder } from '../decodeGeoTiff.js';
import type { GeoTiff } from '../geoTiffTypes.js';
import type { PixelDecoder } from '../loadPixelDecoder.js';
import type { RemoteOptions } from '../RemoteSource.js';
import { shownPath } from '../shownPath.js';
import { addFacts, type ChipFacts, flatNodata } from './chipFacts.js';
import { checkScaling, scalingOfRasters } from './chipScaling.js';
import { contentHash } from './contentHash.js';
import { type ChipRaster, openChipRaster } from './openChipRaster.js';
import { type ChipHeader, readChipHeader } from './readChipHeader.js';

/** What a reader of chips needs to know: plain data, so that it can be sent to a worker thread. */
export interface ChipReaderSettings {
  dataPath: string;
  chip: ChipOptions;
  augmentation: readonly AugmentationStep[];
  seed: number;
  /** Bytes of normalised chips kept in memory. */
  cacheBytes: number;
  remote: RemoteOptions;
  /** Of which chips a hash of the content is kept: every so many; 0 or missing: none. */
  hashEvery?: number;
}

/** One chip to read: its place among the rows decides its random numbers. */
export interface ChipRequest {
  index: number;
  images: readonly string[];
}

/** Reads, normalises and augments chips; keeps normalised ones while they fit the budget. */
export class ChipReader {
  private readonly cache = new Map<number, NormalizedRaster>();
  private cached = 0;
  private readonly augment;
  private decoder: PixelDecoder | undefined;
  /** Chips of which a hash was made, and the hashes that nobody has fetched. */
  private readonly hashed = new Set<number>();
  private hashes: [index: number, hash: string][] = [];

  constructor(private readonly settings: ChipReaderSettings) {
    this.augment = settings.augmentation.length > 0 ? compose(settings.augmentation) : undefined;
  }

  /**
   * The chip as the network sees it in an epoch. Depends on (seed, epoch, index) and the files alone.
   *
   * @param scaling What its values must stand for (see `scalingOfRasters`); default: anything.
   */
  async read({ index, images }: ChipRequest, epoch: number, scaling?: string): Promise<Raster> {
    const chip = this.cache.get(index) ?? this.keep(index, await this.decode(index, images, scaling));
    if (!this.augment) return chip;
    const stream = randomStreams.augmentation + index;
    return this.augment({ image: chip, mask: chip.mask }, { seed: this.settings.seed, stream, step: epoch })
      .image;
  }

  /** Whether reading a chip is waiting for a server, so that others may be read meanwhile. */
  isRemote({ images }: ChipRequest): boolean {
    return images.some(isRemote);
  }

  /** Size of a chip's rasters from their headers. Throws when one is unreadable or the bands are not as configured. */
  async inspect({
    images,
  }: ChipRequest): Promise<{ size: [height: number, width: number]; scaling: string }> {
    const { chip } = this.settings;
    const infos: ChipHeader[] = [];
    for (const image of images) infos.push(await readChipHeader(image, this.settings));
    checkRasters(infos, images.map(shownPath), chip.channels);
    return { size: [infos[0].height, infos[0].width], scaling: scalingOfRasters(infos) };
  }

  /** Statistics of a chip's rasters as they are in the files, cut to size. */
  async statistics(
    { images }: ChipRequest,
    { nodata, downfactor }: { nodata: NodataValues; downfactor: number },
  ): Promise<{ statistics: GlobalStatistics; facts: ChipFacts; scaling: string }> {
    const { channels } = this.settings.chip;
    const statistics = new GlobalStatistics({ channels, downfactor });
    const nodataMatches = flatNodata(nodata).map(() => 0);
    const facts: ChipFacts = { least: [], greatest: [], infinite: [], nodataMatches };
    let firstBand = 0;
    const { names, rasters } = await this.open(images);
    const chosen = chosenBands(rasters, names, channels);
    for (const image of chosen) {
      const raster = rasterOf(image);
      const given = nodataOf(image, nodata, firstBand);
      statistics.add(raster, { nodata: given, firstBand });
      addFacts(facts, raster, nodata, firstBand);
      firstBand += image.bands;
    }
    return { statistics, facts, scaling: scalingOfRasters(chosen) };
  }

  /** Hashes of the content of chips that were read from their files for the first time, since the last call. */
  takeHashes(): [index: number, hash: string][] {
    const taken = this.hashes;
    this.hashes = [];
    return taken;
  }

  private async decode(
    index: number,
    images: readonly string[],
    scaling: string | undefined,
  ): Promise<NormalizedRaster> {
    const { names, rasters } = await this.open(images);
    const { hashEvery = 0 } = this.settings;
    if (hashEvery > 0 && index % hashEvery === 0 && !this.hashed.has(index)) {
      this.hashed.add(index);
      this.hashes.push([index, contentHash(rasters)]);
    }
    checkScaling(names.join(' + '), scalingOfRasters(rasters), scaling);
    return buildChip(rasters, names, this.settings.chip, this.decoder);
  }

  private async open(images: readonly string[]): Promise<{ names: string[]; rasters: GeoTiff[] }> {
    const { chip } = this.settings;
    const opened: ChipRaster[] = [];
    try {
      for (const image of images) opened.push(await openChipRaster(image, this.settings));
      const names = opened.map(({ name }) => name);
      // Before the rasters are cut to size: of one chip they must be of one size as they are.
      checkRasters(
        opened.map(({ info }) => info),
        names,
        chip.channels,
      );
      this.decoder ??= await sharedDecoder();
      return { names, rasters: await Promise.all(opened.map(({ read }) => read(cropSize(chip)))) };
    } finally {
      for (const raster of opened) raster.close();
    }
  }

  private keep(index: number, chip: NormalizedRaster): NormalizedRaster {
    const bytes = chip.data.byteLength + (chip.mask?.data.byteLength ?? 0);
    if (this.cached + bytes <= this.settings.cacheBytes) {
      this.cache.set(index, chip);
      this.cached += bytes;
    }
    return chip;
  }
}
