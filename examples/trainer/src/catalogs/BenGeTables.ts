import path from 'node:path';
import { ConfigError, DataError } from 'diffusion-ssl/errors';
import type { PatchFiles } from './PatchFiles.js';
import { readSplits } from './readSplits.js';
import { readTable } from './readTable.js';

interface NamedTable {
  file: string;
  table: Map<string, Record<string, string>>;
}

/** Columns of `ben-ge_era-5.csv`, and what they become: those of the other sensor keep their names. */
const WEATHER: Readonly<Record<string, string>> = {
  atmpressure_level: 'pressure',
  temperature_s2: 'temperature',
  'wind-u_s2': 'wind_u',
  'wind-v_s2': 'wind_v',
  relhumidity_s2: 'humidity',
  temperature_s1: 'temperature_s1',
  'wind-u_s1': 'wind_u_s1',
  'wind-v_s1': 'wind_v_s1',
  relhumidity_s1: 'humidity_s1',
};
const SPLIT_FILE = /^(.*)_(?:train|val|test)\.csv$/;

/** The tables of ben-ge: of all patches, of their climate zones and weather, and its nested splits. */
export class BenGeTables {
  private constructor(
    private readonly meta: NamedTable,
    private readonly climate: NamedTable | undefined,
    private readonly weather: NamedTable | undefined,
    private readonly splits: { name: string; table: Map<string, string> } | undefined,
  ) {}

  /**
   * Opens the tables of a folder. That of all patches must be there; climate zones may stand in it.
   *
   * @param subset Which of the nested splits, by the begin of their files' names.
   */
  static async open(files: PatchFiles, subset: string | undefined): Promise<BenGeTables> {
    const metaFile = await files.table(/^ben-ge.*_meta\.csv$/);
    if (metaFile === undefined) {
      throw new DataError(
        `${files.folder}: there is no ben-ge_meta.csv (or ben-ge-8k_meta.csv), in none of its folders.`,
      );
    }
    const meta = {
      file: metaFile,
      table: await readTable(metaFile, 'patch_id', ['patch_id_s1', 'lon', 'lat']),
    };
    const other = async (ending: RegExp, columns: readonly string[]) => {
      const file = await files.table(ending);
      return file === undefined ? undefined : { file, table: await readTable(file, 'patch_id', columns) };
    };
    const climate = await other(/^ben-ge.*climatezones\.csv$/, ['climatezone']);
    const weather = await other(/^ben-ge.*era-5\.csv$/, Object.keys(WEATHER));
    return new BenGeTables(meta, climate, weather, await splitsOf(files, subset));
  }

  /** Whether the data set says which patch is for what. */
  get isSplit(): boolean {
    return this.splits !== undefined;
  }

  /** The patches of the splits, or all. */
  patches(): string[] {
    // Files are called so.
    const wrong = [...this.meta.table.keys()].find((patch) => !/^[\w.-]+$/.test(patch));
    if (wrong !== undefined)
      throw new DataError(`${this.meta.file}: '${wrong}' is no name of a patch, such as S2A_MSIL2A_….`);
    if (!this.splits) return [...this.meta.table.keys()];
    const patches = [...this.splits.table.keys()];
    const unknown = patches.find((patch) => !this.meta.table.has(patch));
    if (unknown === undefined) return patches;
    throw new DataError(
      `${this.meta.file} has no row of ${unknown}, which the split ${this.splits.name} lists.`,
    );
  }

  usage(patch: string): string | undefined {
    return this.splits?.table.get(patch);
  }

  sentinel1(patch: string): string {
    return this.meta.table.get(patch)!.patch_id_s1;
  }

  /** What the tables say of a patch. */
  valuesOf(patch: string): Record<string, string> {
    const { lon, lat, season_s2, season_s1, climatezone } = this.meta.table.get(patch)!;
    for (const [column, value] of Object.entries({ lon, lat })) {
      // Patches are split by them.
      if (!this.isSplit && (value === '' || !Number.isFinite(Number(value))))
        throw new DataError(`${this.meta.file}: ${column} of ${patch} is '${value}', which is no number.`);
    }
    const season: Record<string, string> =
      season_s2 === undefined ? {} : { season: season_s2, season_s1: season_s1 ?? '' };
    const zone = this.climate ? this.rowOf(this.climate, patch).climatezone : climatezone;
    const weather = this.weather && this.rowOf(this.weather, patch);
    return {
      lat,
      lon,
      ...season,
      ...(zone !== undefined && { climatezone: zone }),
      ...(weather && Object.fromEntries(Object.entries(WEATHER).map(([from, to]) => [to, weather[from]]))),
    };
  }

  private rowOf({ file, table }: NamedTable, patch: string): Record<string, string> {
    const row = table.get(patch);
    if (row) return row;
    throw new DataError(`${file} has no row of ${patch}.`);
  }
}

/** The splits that are asked for, or the only ones there are; undefined where there are none. */
async function splitsOf(files: PatchFiles, subset: string | undefined) {
  const tables = await files.tables(SPLIT_FILE);
  const names = [...new Set(tables.map((file) => SPLIT_FILE.exec(path.basename(file))![1]))];
  const name = subset ?? names[0];
  if (name === undefined) return undefined;
  if (!names.includes(name) || (subset === undefined && names.length > 1)) {
    const known = names.length > 0 ? `it has ${names.join(', ')}` : 'it has none';
    throw new ConfigError(
      subset === undefined
        ? `${files.folder} has several splits: choose one by --subset; ${known}.`
        : `--subset is ${subset}: ${files.folder} has no ${subset}_train.csv; ${known}.`,
    );
  }
  const file = tables.find((one) => SPLIT_FILE.exec(path.basename(one))![1] === name)!;
  return { name, table: await readSplits(path.dirname(file), `${name}_`) };
}
