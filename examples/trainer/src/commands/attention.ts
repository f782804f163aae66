import { Command } from 'commander';
import { ConfigError } from 'diffusion-ssl/errors';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import { correlateAttention } from '../attention/correlateAttention.js';
import type { HeadCorrelation } from '../attention/HeadCorrelations.js';
import { overlayPicture } from '../attention/overlayPicture.js';
import { writeAttention } from '../attention/writeAttention.js';
import { addBackendFlags, type BackendOptions } from '../config/addBackendFlags.js';
import { integer } from '../config/flagValues.js';
import { BY_NAME, inputBandsFlag } from '../config/inputBandsFlag.js';
import { classNames } from '../config/listFlags.js';
import { openModelScene } from '../model/openModelScene.js';
import { openVit } from '../model/openVit.js';
import { besides } from '../predicting/writeMap.js';
import { csvLine } from '../results/csvLine.js';
import { withBackend } from './withBackend.js';

interface Options extends BackendOptions {
  out: string;
  block: number;
  inputBands?: string[];
  window?: number;
  overlap?: number;
  labels?: string;
  classes?: string[];
  property?: string;
  ignoreIndex: number;
  rasters: string[];
}

/** `diffusion-ssl attention MODEL SCENE`: what the heads of a vision transformer attend to in a scene. */
export async function attention(args: readonly string[]): Promise<void> {
  const program = commandOf();
  program.parse(args, { from: 'user' });
  const options = program.opts<Options>();
  const [place, image] = program.args;
  await withBackend(options, async (signal) => {
    const vit = await openVit(place);
    try {
      const { out, block, rasters } = options;
      const side = Math.max(...(vit.size ?? [0]), 2 * vit.patch);
      const { window = Math.ceil(side / vit.patch) * vit.patch } = options;
      const { overlap = Math.floor(window / 2) } = options;
      if (window % vit.patch !== 0)
        throw new ConfigError(
          `--window is ${window}; it must be a multiple of the patches' side, ${vit.patch}.`,
        );
      const scene = await openModelScene(image, vit, options.inputBands);
      try {
        const { windows } = await writeAttention(vit, scene, { out, block, window, overlap, signal });
        const { heads, shownBands } = vit;
        const picture = besides(out, 'overlay.png');
        const title = `What the class token attends to in ${image}`;
        await writeFileAtomic(picture, await overlayPicture(out, scene, { heads, shownBands, title }));
        const bands = vit.bands.map(({ name }, i) => name ?? `band ${i + 1}`);
        const found = await correlateAttention(out, scene, { ...options, heads, bands, rasters, signal });
        const table = besides(out, 'correlations.csv');
        await writeFileAtomic(table, tableOf(found));
        console.log(
          `${heads} heads and their mean in ${windows} windows of ${window}: ${out}, ${picture}, ${table}`,
        );
        for (const line of strongest(found)) console.log(line);
      } finally {
        scene.close();
      }
    } finally {
      vit.model.dispose();
    }
  });
}

function tableOf(found: readonly HeadCorrelation[]): string {
  const lines = found.map(({ head, of, correlation, pixels }) =>
    csvLine([head, of, Number.isNaN(correlation) ? '' : correlation.toFixed(4), String(pixels)]),
  );
  return `head,of,correlation,pixels\n${lines.join('')}`;
}

/** A line a head: what it goes with most. */
function strongest(found: readonly HeadCorrelation[]): string[] {
  return [...new Set(found.map(({ head }) => head))].map((head) => {
    const own = found.filter((one) => one.head === head && !Number.isNaN(one.correlation));
    own.sort((a, b) => Math.abs(b.correlation) - Math.abs(a.correlation));
    const most = own.slice(0, 3).map(({ of, correlation }) => `${of} ${correlation.toFixed(2)}`);
    return `${head} goes with: ${most.join(', ') || 'nothing, as it is even'}`;
  });
}

function commandOf(): Command {
  const program = new Command('diffusion-ssl attention')
    .description(
      'Writes what the class token of a vision transformer attends to in a scene of any size, at full size: a ' +
        'GeoTIFF with a band a head and their mean, in which 1 is even attention, a picture of it over the scene, ' +
        'and how each head goes with the bands, with classes and with other rasters. Windows fade into each other.',
    )
    .argument('<model>', 'folder of a run of dino or of a model of vit, or http address of one')
    .argument('<scene>', 'GeoTIFF, PNG or JPEG, or an http address')
    .option('--out <file>', 'GeoTIFF that is written; picture and table lie beside it', 'attention.tif')
    .option('--block <n>', 'block whose attention it is, from 0; -1 is the last', block, -1)
    .addOption(inputBandsFlag('bands of the scene that the network gets', BY_NAME))
    .option('--window <pixels>', "side of the windows (default: the training chips')", integer(1))
    .option('--overlap <pixels>', 'pixels that windows share (default: half a window)', integer(0))
    .optionsGroup('Correlation')
    .option('--labels <file>', 'a raster of classes (.tif), or points and polygons (.geojson, .csv)')
    .option('--classes <names>', 'names of the classes in order of their labels, separated by |', classNames)
    .option(
      '--property <name>',
      'property or column of points and polygons that holds the label (default: label)',
    )
    .option('--ignore-index <n>', 'value of label rasters that is no label', integer(0), 255)
    .option('--rasters <files...>', 'further rasters, on any grid', [])
    .optionsGroup('Backend');
  return addBackendFlags(program).showHelpAfterError('(--help lists every option)');
}

function block(text: string): number {
  return text.startsWith('-') ? -integer(1)(text.slice(1)) : integer(0)(text);
}
