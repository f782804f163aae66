import { type ChipRaster, openChipRaster, type RasterPlace } from './openChipRaster.js';

interface Entry {
  raster: Promise<ChipRaster>;
  users: number;
}

/** Rasters that may stay open from one use to the next. */
export class OpenRasters {
  private readonly entries = new Map<string, Entry>();

  /** @param most Rasters without a user that stay open. */
  constructor(
    private readonly place: RasterPlace,
    private readonly most: number,
  ) {}

  /**
   * Opens rasters, or takes them as they are open, and works on them.
   *
   * @throws If one cannot be opened, or what the work throws: they are opened anew for the next use.
   */
  async use<T>(images: readonly string[], work: (rasters: ChipRaster[]) => Promise<T>): Promise<T> {
    const taken: [image: string, entry: Entry][] = [];
    let failed = true;
    try {
      const rasters: ChipRaster[] = [];
      for (const image of images) {
        const entry = this.take(image);
        taken.push([image, entry]);
        rasters.push(await entry.raster);
      }
      const result = await work(rasters);
      failed = false;
      return result;
    } finally {
      for (const [image, entry] of taken) await this.leave(image, entry, failed);
    }
  }

  private take(image: string): Entry {
    const entry = this.entries.get(image) ?? { raster: openChipRaster(image, this.place), users: 0 };
    entry.users++;
    // To the end: the first ones have not been used for longest.
    this.entries.delete(image);
    this.entries.set(image, entry);
    return entry;
  }

  private async leave(image: string, entry: Entry, failed: boolean): Promise<void> {
    entry.users--;
    if (failed && this.entries.get(image) === entry) this.entries.delete(image);
    if (entry.users === 0 && this.entries.get(image) !== entry) await close(entry);
    for (const [oldest, other] of this.entries) {
      if (this.entries.size <= this.most) break;
      if (other.users > 0) continue;
      this.entries.delete(oldest);
      await close(other);
    }
  }
}

async function close({ raster }: Entry): Promise<void> {
  // What could not be opened has been reported to who asked for it.
  const opened = await raster.catch(() => undefined);
  opened?.close();
}
