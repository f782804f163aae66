import path from 'node:path';
import { Command } from 'commander';
import { readCatalog } from 'diffusion-ssl/data/node';
import { ConfigError } from 'diffusion-ssl/errors';
import { type FeatureDenoiser, weightsFingerprint } from 'diffusion-ssl/features';
import { inferenceModel, namedParameters } from 'diffusion-ssl/models';
import { prepareFolder, writeFileAtomic } from 'diffusion-ssl/training/node';
import { addBackendFlags, type BackendOptions } from '../config/addBackendFlags.js';
import { addFeatureFlags, type FeatureFlags } from '../config/addFeatureFlags.js';
import { integer, names } from '../config/flagValues.js';
import { BY_NAME, inputBandsFlag } from '../config/inputBandsFlag.js';
import { chipPicture } from '../features/chipPicture.js';
import { extractChips } from '../features/extractChips.js';
import { mapFeatures } from '../features/mapFeatures.js';
import type { FeatureRequest } from '../features/readFeatures.js';
import { scenePicture } from '../features/scenePicture.js';
import { checkReading } from '../model/checkReading.js';
import { defaultLayers } from '../model/defaultLayers.js';
import { type OpenModel, openModel } from '../model/openModel.js';
import { openModelScene } from '../model/openModelScene.js';
import { scalingOf } from '../model/scalingOf.js';
import { sizeMultiple } from '../model/sizeMultiple.js';
import { withBackend } from './withBackend.js';

interface Options extends BackendOptions, FeatureFlags {
  data?: string;
  catalog?: string;
  imageColumns: string[];
  inputBands?: string[];
  out?: string;
  batch: number;
  inversion?: number;
  components: number;
  window: number;
  overlap?: number;
}

/** `diffusion-ssl features MODEL`: features of the chips of a catalog, or of a scene. */
export async function features(args: readonly string[]): Promise<void> {
  const program = commandOf();
  program.parse(args, { from: 'user' });
  const options = program.opts<Options>();
  const [place, scene] = program.args;
  if ((scene === undefined) === (options.catalog === undefined)) {
    program.error('error: give either a scene, or chips by --data and --catalog.');
  }
  await withBackend(options, async (signal) => {
    const model = await openModel(place);
    const { denoiser, dispose } = inferenceModel(model.model);
    try {
      const { timesteps, noise, seed, inversion } = options;
      const layers = options.layers ?? defaultLayers(model, denoiser);
      checkReading(model, denoiser, { timesteps, layers });
      const { alphaBars, diffusion } = model;
      const way = inversion
        ? { inversion: { steps: inversion, predictionType: diffusion.predictionType } }
        : { noise, seed };
      const request = { timesteps, layers, alphaBars, ...way };
      if (scene !== undefined) {
        await ofScene(scene, { model, denoiser, request, options, signal });
        return;
      }
      const { catalog = '', data = path.dirname(catalog), out = 'features', batch, imageColumns } = options;
      const rows = await readCatalog(catalog, { imageColumns });
      if (rows.length === 0) throw new ConfigError(`${catalog} has no chip.`);
      await prepareFolder(out);
      const { bands, normalization = null } = model;
      const scaling = { data, bands, normalization, inputBands: options.inputBands };
      const fingerprint = await weightsFingerprint(namedParameters(model.model));
      const computed = await extractChips(denoiser, {
        rows,
        scaling,
        request,
        fingerprint,
        out,
        batch,
        signal,
      });
      const about = { model: place, fingerprint, timesteps, layers, ...way };
      await writeFileAtomic(path.join(out, 'features.json'), `${JSON.stringify(about, null, 2)}\n`);
      await writeFileAtomic(
        path.join(out, 'features.png'),
        await chipPicture(denoiser, model, { rows, scaling, request }),
      );
      console.log(
        `features of ${rows.length} chips, ${rows.length - computed} of them there before, in ${out}: ` +
          'index.csv says whose a file is; features.json, features.png',
      );
    } finally {
      dispose();
    }
  });
}

interface SceneParts {
  model: OpenModel;
  denoiser: FeatureDenoiser<undefined>;
  request: FeatureRequest;
  options: Options;
  signal: AbortSignal;
}

async function ofScene(
  place: string,
  { model, denoiser, request, options, signal }: SceneParts,
): Promise<void> {
  const { out = 'features.tif', components, window } = options;
  const stride = sizeMultiple(model);
  const { overlap = Math.floor(window / 4) } = options;
  const scene = await openModelScene(place, model, options.inputBands);
  try {
    const layout = { window, overlap, stride };
    const scaling = scalingOf(model);
    await mapFeatures(denoiser, scene, { request, scaling, components, out, ...layout, signal });
  } finally {
    scene.close();
  }
  const picture = out.replace(/(\.tiff?)?$/i, '.png');
  await writeFileAtomic(picture, await scenePicture(out, `Features of ${place}`));
  console.log(`${components} components of the features of ${place} in ${out}, and ${picture}`);
}

function commandOf(): Command {
  const program = new Command('diffusion-ssl features')
    .description(
      'Reads what a network makes of images: its activations at timesteps and layers. Of chips they become a folder ' +
        'of float16 in safetensors files, which a second call completes; of a scene a GeoTIFF of principal components.',
    )
    .argument('<model>', 'folder of a run or of a model, or http address of one')
    .argument('[scene]', 'GeoTIFF of any size, or its http address, in place of chips')
    .option('--data <folder>', "folder that the catalog's paths are relative to (default: the catalog's)")
    .option('--catalog <file>', 'catalog CSV of chips')
    .option('--image-columns <names>', 'catalog columns whose rasters are stacked along the bands', names, [
      'image',
    ])
    .addOption(inputBandsFlag('bands that the network gets', BY_NAME))
    .option('--out <place>', 'folder of the features (default: features), or GeoTIFF (default: features.tif)')
    .optionsGroup('Features');
  addFeatureFlags(program, '50 150 250')
    .option(
      '--inversion <steps>',
      "in place of noise: the images' own, by so many steps of DDIM backwards",
      integer(1),
    )
    .option('--batch <n>', 'chips of a pass', integer(1), 16)
    .optionsGroup('Scene')
    .option('--components <n>', 'principal components that become bands', integer(2, 255), 8)
    .option('--window <pixels>', 'side of the windows, a multiple of what the network needs', integer(1), 256)
    .option('--overlap <pixels>', 'pixels that windows share (default: a quarter of a window)', integer(0))
    .optionsGroup('Backend');
  return addBackendFlags(program).showHelpAfterError('(--help lists every option)');
}
