import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { ConfigError } from 'diffusion-ssl/errors';
import { prepareFolder, writeFileAtomic } from 'diffusion-ssl/training/node';
import { addBackendFlags, type BackendOptions } from '../config/addBackendFlags.js';
import { integer } from '../config/flagValues.js';
import { BY_NAME, inputBandsFlag } from '../config/inputBandsFlag.js';
import { openModelScene } from '../model/openModelScene.js';
import { ensembleOf } from '../predicting/ensemble.js';
import { mapPicture } from '../predicting/mapPicture.js';
import { openPredictor } from '../predicting/openPredictor.js';
import type { Predictor } from '../predicting/Predictor.js';
import { mapImages, tellImages } from '../predicting/predictImages.js';
import { twoDates } from '../predicting/twoDates.js';
import { besides, writeMap } from '../predicting/writeMap.js';
import { withBackend } from './withBackend.js';

interface Options extends BackendOptions {
  out?: string;
  after?: string;
  with: string[];
  passes: number;
  probabilities: boolean;
  uncertainty: boolean;
  window: number;
  overlap?: number;
  inputBands?: string[];
  resume: boolean;
}

/** `diffusion-ssl predict HEAD SCENE`: maps a scene, or says what is in images. */
export async function predict(args: readonly string[]): Promise<void> {
  const program = commandOf();
  program.parse(args, { from: 'user' });
  const options = program.opts<Options>();
  const [head, place] = program.args;
  await withBackend(options, async (signal) => {
    const members: Predictor[] = [];
    try {
      for (const one of [head, ...options.with]) members.push(await openPredictor(one, options.passes));
      const predictor = ensembleOf(members);
      const { task } = predictor.file;
      if ((task === 'change') !== (options.after !== undefined)) {
        throw new ConfigError(
          task === 'change'
            ? `${head} tells change: give the second date by --after.`
            : '--after goes with change.',
        );
      }
      const places = imagesOf(place);
      const { inputBands = predictor.file.inputBands } = options;
      if (task === 'scenes' || task === 'groups') {
        const { out = 'predictions.csv' } = options;
        await tellImages(predictor, { places: places ?? [place], inputBands, signal }, out);
        console.log(`${places?.length ?? 1} images in ${out}`);
      } else if (places) {
        await mapFolder(predictor, { places, inputBands, signal }, options);
      } else {
        await mapOne(predictor, place, { ...options, inputBands, signal });
      }
    } finally {
      for (const member of members) member.dispose();
    }
  });
}

async function mapOne(
  predictor: Predictor,
  place: string,
  { out = 'map.tif', after, inputBands, signal, ...options }: Options & { signal: AbortSignal },
): Promise<void> {
  const { file, model } = predictor;
  const before = await openModelScene(place, model, inputBands);
  let scene = before;
  try {
    if (after !== undefined) scene = twoDates(before, await openModelScene(after, model, inputBands));
    const map = await writeMap(scene, predictor, { ...options, out, signal });
    // What came over the net comes once.
    const shown = /^https?:/i.test(place) ? undefined : before;
    const { classes } = file;
    const picture = besides(out, 'preview.png');
    const title = `${path.basename(place)}: ${classes.length} classes`;
    await writeFileAtomic(picture, await mapPicture(map, { classes, title, scene: shown, model }));
    console.log(
      `${scene.info.width} × ${scene.info.height} pixels in ${map.windows} windows, ` +
        (map.seamless
          ? 'as in one piece'
          : 'which fade into each other: a pixel depends on more than they share'),
    );
    console.log(
      [map.classes, map.probabilities, map.uncertainty, picture]
        .filter((one) => one !== undefined)
        .join(', '),
    );
  } finally {
    scene.close();
  }
}

async function mapFolder(
  predictor: Predictor,
  images: { places: string[]; inputBands?: string[]; signal: AbortSignal },
  { out = 'maps', after, resume, ...options }: Options,
): Promise<void> {
  if (after !== undefined) throw new ConfigError('--after goes with one scene, not with a folder.');
  await prepareFolder(out);
  const made = await mapImages(predictor, images, { ...options, out, skip: resume });
  const kept = images.places.length - made;
  console.log(`${made} maps in ${out}${kept > 0 ? `, beside ${kept} that were there` : ''}`);
}

/** The images of a folder by name; undefined where it is none. */
function imagesOf(place: string): string[] | undefined {
  if (!statSync(place, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  const names = readdirSync(place).filter((name) => /\.(tiff?|png|jpe?g)$/i.test(name));
  if (names.length === 0) throw new ConfigError(`${place} holds no image (.tif, .png, .jpg).`);
  return names.sort().map((name) => path.join(place, name));
}

function commandOf(): Command {
  const program = new Command('diffusion-ssl predict')
    .description(
      'Maps a scene of any size by a head of probe or a fine-tuned network, window by window: a GeoTIFF of classes ' +
        'with their colours and names, where the scene lies, and a picture. Of whole images it writes a table. What ' +
        'is written is whole or not there.',
    )
    .argument('<head>', 'folder that probe or finetune has written, or a head.json')
    .argument('<scene>', 'GeoTIFF, PNG or JPEG, an http address, or a folder of images')
    .option('--out <place>', 'map (default: map.tif), folder of maps (maps), or table (predictions.csv)')
    .option('--after <scene>', 'for change: the second date, of the same pixels')
    .option('--with <heads...>', 'further heads: the mean of all, whose disagreement is the uncertainty', [])
    .option(
      '--passes <n>',
      'of a fine-tuned network: predictions with dropout, whose disagreement is the uncertainty',
      integer(1),
      1,
    )
    .option('--probabilities', 'write them too, a band a class: MAP-probabilities.tif', false)
    .option('--uncertainty', 'write it too: MAP-uncertainty.tif', false)
    .addOption(inputBandsFlag('bands of the scene that the network gets', BY_NAME))
    .option('--window <pixels>', 'side of the windows, a multiple of what the network needs', integer(1), 256)
    .option('--overlap <pixels>', 'pixels that windows share (default: a quarter of a window)', integer(0))
    .option('--resume', 'of a folder: leave maps that are there', false)
    .optionsGroup('Backend');
  return addBackendFlags(program).showHelpAfterError('(--help lists every option)');
}
