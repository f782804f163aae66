import { type AugmentationStep, compose } from '../../augmentation/compose.js';
import type { Raster } from '../../internal/raster.js';
import { randomStreams } from '../../internal/streams.js';
import { GlobalStatistics } from '../../normalization/GlobalStatistics.js';
import type { NodataValues } from '../../normalization/nodataValues.js';
import type { NormalizedRaster } from '../../normalization/normalizeRaster.js';
import { isRemote } from '../checkChipPath.js';
import { chooseBands, nodataOf, rasterOf } from '../chipRasters.js';
import { buildChip, type ChipOptions, cropSize } from '../decodeChip.js';
import { sharedDecoder } from '../decodeGeoTiff.js';
import type { PixelWindow } from '../geoTiffTypes.js';
import type { PixelDecoder } from '../loadPixelDecoder.js';
import { missingShare } from '../missingShare.js';
import type { RemoteOptions } from '../RemoteSource.js';
import { type WindowOptions, windowCount, windowPlace } from '../sceneWindows.js';
import { shownPath } from '../shownPath.js';
import { BlockCache } from '../tiff/BlockCache.js';
import { addFacts, type ChipFacts, mergeFacts, noFacts } from './chipFacts.js';
import { checkScaling, chosenScaling } from './chipScaling.js';
import { contentHash } from './contentHash.js';
import { OpenChip } from './OpenChip.js';
import { OpenRasters } from './OpenRasters.js';
import { type ChipHeader, readChipHeader } from './readChipHeader.js';
import { sceneHash } from './sceneHash.js';

/** What a reader of chips needs to know: plain data, so that it can be sent to a worker thread. */
export interface ChipReaderSettings {
  dataPath: string;
  chip: ChipOptions;
  augmentation: readonly AugmentationStep[];
  /** Windows of scenes, of the chip's size, in place of whole chips. */
  windows?: WindowOptions;
  seed: number;
  /** Bytes of normalised chips, or of decoded blocks of scenes, kept in memory. */
  cacheBytes: number;
  remote: RemoteOptions;
  /** Of which chips a hash of the content is kept: every so many; 0 or missing: none. */
  hashEvery?: number;
}

/** One chip to read. Its number decides its random numbers; without windows it is its place among the rows. */
export interface ChipRequest {
  index: number;
  images: readonly string[];
  /** The window it is: the scene's place among the rows, and the window's number in the scene. */
  window?: { row: number; number: number };
}

/** A chip as the network sees it, and the window of its rasters that it is of. */
export interface PreparedChip {
  image: Raster;
  window?: PixelWindow;
}

interface NormalizedChip {
  image: NormalizedRaster;
  window?: PixelWindow;
}

/** Scenes that stay open. */
const OPEN_SCENES = 64;

/** Reads, normalises and augments chips; keeps normalised ones, or blocks of scenes, while they fit the budget. */
export class ChipReader {
  private readonly cache = new Map<number, NormalizedChip>();
  private cached = 0;
  private readonly rasters: OpenRasters;
  private readonly augment;
  private decoder: PixelDecoder | undefined;
  /** Rows of which a hash was made, and the hashes that nobody has fetched. */
  private readonly hashed = new Set<number>();
  private hashes: [index: number, hash: string][] = [];

  constructor(private readonly settings: ChipReaderSettings) {
    const { augmentation, windows, cacheBytes } = settings;
    this.augment = augmentation.length > 0 ? compose(augmentation) : undefined;
    const blocks = windows && new BlockCache(cacheBytes);
    this.rasters = new OpenRasters({ ...settings, blocks }, windows ? OPEN_SCENES : 0);
  }

  /**
   * The chip as the network sees it in an epoch. Depends on (seed, epoch, index) and the files alone.
   *
   * @param scaling What its values must stand for (see `scalingOfRasters`); default: anything.
   * @param into Room for its values, where they may be put; default: new memory.
   * @returns Nothing where too much of the window is missing.
   */
  async read(
    request: ChipRequest,
    epoch: number,
    scaling?: string,
    into?: Float32Array<ArrayBuffer>,
  ): Promise<PreparedChip | undefined> {
    const { index, window } = request;
    const chip = this.cache.get(index) ?? (await this.decode(request, epoch, scaling, into));
    // Windows of an epoch are not those of the next.
    if (chip && !window) this.keep(index, chip);
    if (!this.augment || !chip) return chip;
    const stream = randomStreams.augmentation + index;
    const { image } = this.augment(
      { image: chip.image, mask: chip.image.mask },
      { seed: this.settings.seed, stream, step: epoch },
    );
    return { image, window: chip.window };
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
    const chosen = chooseBands(infos, images.map(shownPath), chip);
    return { size: [infos[0].height, infos[0].width], scaling: chosenScaling(infos, chosen, chip) };
  }

  /**
   * Statistics of a chip's rasters as they are in the files, cut to size; of scenes, of their windows.
   *
   * @param onPart Hears that the reading gets on.
   */
  statistics(
    { index, images }: ChipRequest,
    { nodata, downfactor }: { nodata: NodataValues; downfactor: number },
    onPart: () => void | Promise<void>,
  ): Promise<{ statistics: GlobalStatistics; facts: ChipFacts; scaling: string }> {
    const { chip, windows } = this.settings;
    const statistics = new GlobalStatistics({ channels: chip.channels, downfactor });
    const parts: ChipFacts[] = [];
    return this.open(images, async (opened) => {
      const size = cropSize(chip);
      const { size: scene, scaling } = opened;
      const count = windows && size ? windowCount(scene, size, windows) : 1;
      for (let number = 0; number < count; number++) {
        await onPart();
        const key = { seed: 0, epoch: 0, row: index, number };
        const part = windows && size ? windowPlace(scene, size, { ...windows, key, attempt: 0 }) : size;
        const facts = noFacts(nodata);
        for (const { image, places } of (await opened.read(part)).images) {
          const raster = rasterOf(image);
          statistics.add(raster, { nodata: nodataOf(nodata, places), bands: places });
          addFacts(facts, raster, nodata, places);
        }
        parts.push(facts);
      }
      return { statistics, facts: mergeFacts(parts), scaling };
    });
  }

  /** Hashes of the content of chips that were read from their files for the first time, since the last call. */
  takeHashes(): [index: number, hash: string][] {
    const taken = this.hashes;
    this.hashes = [];
    return taken;
  }

  private decode(
    { index, images, window }: ChipRequest,
    epoch: number,
    scaling: string | undefined,
    into: Float32Array<ArrayBuffer> | undefined,
  ): Promise<NormalizedChip | undefined> {
    const { chip } = this.settings;
    return this.open(images, async (opened) => {
      if (window) {
        if (this.isHashed(window.row)) this.hashes.push([window.row, await sceneHash(opened.rasters)]);
        checkScaling(opened.name, opened.scaling, scaling);
        return this.decodeWindow(opened, { ...window, epoch }, into);
      }
      const { read, images } = await opened.read(cropSize(chip));
      if (this.isHashed(index)) this.hashes.push([index, contentHash(read)]);
      checkScaling(opened.name, opened.scaling, scaling);
      // It may be kept, so it is not put where the batch is.
      return { image: buildChip(images, chip, { decoder: this.decoder }) };
    });
  }

  private async decodeWindow(
    opened: OpenChip,
    place: { row: number; number: number; epoch: number },
    into: Float32Array<ArrayBuffer> | undefined,
  ): Promise<NormalizedChip | undefined> {
    const { chip, windows = {}, seed } = this.settings;
    const { maxMissing = 0.5 } = windows;
    const size = cropSize(chip) as readonly [number, number];
    for (let attempt = 0; ; attempt++) {
      const where = { ...windows, key: { ...place, seed }, attempt };
      const window = windowPlace(opened.size, size, where);
      if (!window) return undefined;
      const { images } = await opened.read(window);
      const missing = missingShare(images, chip.normalization?.nodata);
      if (missing === 1 || missing > maxMissing) continue;
      return { image: buildChip(images, chip, { decoder: this.decoder, into }), window };
    }
  }

  /** Whether a hash of a row is wanted, once. */
  private isHashed(row: number): boolean {
    const { hashEvery = 0 } = this.settings;
    if (hashEvery === 0 || row % hashEvery !== 0 || this.hashed.has(row)) return false;
    this.hashed.add(row);
    return true;
  }

  private open<T>(images: readonly string[], work: (opened: OpenChip) => Promise<T>): Promise<T> {
    return this.rasters.use(images, async (rasters) => {
      const opened = new OpenChip(rasters, this.settings.chip);
      this.decoder ??= await sharedDecoder();
      return work(opened);
    });
  }

  private keep(index: number, chip: NormalizedChip): void {
    if (this.cache.has(index)) return;
    const { data, mask } = chip.image;
    const bytes = data.byteLength + (mask?.data.byteLength ?? 0);
    if (this.cached + bytes > this.settings.cacheBytes) return;
    this.cache.set(index, chip);
    this.cached += bytes;
  }
}
