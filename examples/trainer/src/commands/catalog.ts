import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ConfigError } from 'diffusion-ssl/errors';
import { BEN_GE_RASTERS, type BenGeOptions, catalogBenGe } from '../catalogs/benGe.js';
import { type BigEarthNetOptions, catalogBigEarthNet } from '../catalogs/bigEarthNet.js';
import { type MadeCatalog, writeMadeCatalog } from '../catalogs/Catalog.js';
import { SENTINEL_2 } from '../catalogs/sentinel.js';
import { catalogXbd } from '../catalogs/xbd.js';
import { choice, integer, names, positive } from '../config/flagValues.js';
import { splitShares } from '../config/splitShares.js';
import { createCounter } from '../console/counter.js';
import { buildFolder } from '../data/buildFolder.js';
import { untilStopped } from './untilStopped.js';

type Options = BigEarthNetOptions & BenGeOptions & { out: string };
type Make = (out: string, options: Options) => Promise<MadeCatalog>;

/** `diffusion-ssl catalog KIND DIR`: a folder of a known data set as chips with a catalog. */
export async function catalog(args: readonly string[]): Promise<void> {
  const program = new Command('diffusion-ssl catalog')
    .description(
      'Makes a catalog of a folder of a known data set, and rasters of one grid where it has several.',
    )
    .showHelpAfterError('(--help lists every option)');
  addKind(program, 'bigearthnet', {
    about: 'BigEarthNet, version 1: Sentinel-2, Sentinel-1 or both, the 19 classes of each patch',
    make: catalogBigEarthNet,
  })
    .addOption(sentinel2Bands())
    .option(
      '--splits <folder>',
      'train.csv, val.csv and test.csv with names of patches (default: split by place)',
    );
  addKind(program, 'benge', {
    about: 'ben-ge: BigEarthNet with elevation, land cover, climate zones, weather and seasons',
    make: catalogBenGe,
  })
    .addOption(
      new Option(
        '--rasters <names>',
        'which become rasters (default: those that the first patch has)',
      ).argParser((text: string) => rasterNames(text)),
    )
    .addOption(sentinel2Bands())
    .option(
      '--as-bands <columns>',
      'columns of numbers that become a raster of constant bands too, scalars',
      names,
    )
    .option(
      '--subset <name>',
      'which of the nested splits, such as ben-ge-0.2 (default: the only one there is)',
    );
  addKind(program, 'xbd', {
    about: 'xBD: images before and after a disaster, masks of the damage of buildings',
    make: catalogXbd,
  });
  await program.parseAsync(args, { from: 'user' });
}

function addKind(program: Command, name: string, { about, make }: { about: string; make: Make }): Command {
  return program
    .command(name)
    .description(about)
    .argument('<folder>', 'folder of the data set as it was unpacked')
    .requiredOption('--out <folder>', 'folder that is made: catalog.csv, classes.json and the rasters')
    .option(
      '--split <shares>',
      'share of each split, where the data set has none of its own',
      splitShares,
      splitShares('train=0.8,validate=0.1,test=0.1'),
    )
    .option('--block <kilometres>', 'side of the blocks that go to one split whole', positive, 12)
    .option('--seed <n>', 'decides which blocks a split has', integer(0), 0)
    .addOption(
      choice(
        '--on-missing <what>',
        'where a chip lacks a file: stop, or leave it out',
        ['error', 'skip'],
        'error',
      ),
    )
    .action((folder: string, { split, ...options }: Omit<Options, 'shares'> & { split: Options['shares'] }) =>
      run(make, { ...options, shares: split, folder }),
    );
}

function sentinel2Bands(): Option {
  return new Option('--bands <names>', `bands of Sentinel-2 (default: ${SENTINEL_2.join(',')})`).argParser(
    (text: string) => {
      const chosen = names(text).map((name) => name.toUpperCase());
      const unknown = chosen.find((name) => !SENTINEL_2.includes(name));
      if (unknown === undefined) return chosen;
      throw new InvalidArgumentError(`'${unknown}' is none of ${SENTINEL_2.join(', ')}.`);
    },
  );
}

function rasterNames(text: string): string[] {
  const chosen = names(text);
  const unknown = chosen.find((name) => !(BEN_GE_RASTERS as readonly string[]).includes(name));
  if (unknown === undefined) return chosen;
  throw new InvalidArgumentError(`'${unknown}' is none of ${BEN_GE_RASTERS.join(', ')}.`);
}

async function run(make: Make, { out, ...options }: Options): Promise<void> {
  await untilStopped(async (signal) => {
    if (existsSync(out) && readdirSync(out).length > 0)
      throw new ConfigError(`${out} holds something already: choose another folder by --out.`);
    let counter: ReturnType<typeof createCounter> | undefined;
    const onProgress = (done: number, total: number) => {
      counter ??= createCounter('chips', total);
      counter.update(done);
    };
    const made = await buildFolder(path.resolve(out), {
      built: () => undefined,
      build: async (folder) => {
        const result = await make(folder, { ...options, out, onProgress, signal });
        writeMadeCatalog(folder, result);
        return result;
      },
      onWait: (text) => console.log(text),
      signal,
    });
    counter?.close();
    const counts = new Map<string, number>();
    for (const { usage } of made.rows) counts.set(usage, (counts.get(usage) ?? 0) + 1);
    console.log(
      `${made.rows.length} chips in ${out}: ${[...counts].map(([name, n]) => `${name} ${n}`).join(', ')}`,
    );
    console.log(`columns: ${Object.keys(made.rows[0]).join(', ')}`);
    for (const [column, classes] of Object.entries(made.classes))
      console.log(`classes of ${column}, for --classes: ${classes.join('|')}`);
    for (const why of made.leftOut.slice(0, 5)) console.warn(`warning: left out: ${why}`);
    if (made.leftOut.length > 5) console.warn(`warning: and ${made.leftOut.length - 5} more left out`);
  });
}
