import type { FeatureDenoiser } from 'diffusion-ssl/diffusion';
import { inferenceModel, namedParameters, unetAttD } from 'diffusion-ssl/models';
import type { NormalizationOptions } from 'diffusion-ssl/normalization';
import {
  browserFiles,
  fromPretrained,
  type ModelBand,
  type ModelFiles,
  type PretrainedNetwork,
} from 'diffusion-ssl/pretrained';
import { alphaBarsOf } from '../../shared/alphaBarsOf.js';
import type { ModelChoice } from '../../shared/mapTypes.js';
import type { Run } from '../Run.js';
import { restoreRun } from '../restoreRun.js';

/** A network that features are taken of. */
export interface MapNetwork {
  name: string;
  denoiser: FeatureDenoiser<undefined>;
  bands: readonly ModelBand[];
  /** How its images are scaled; null: not at all; undefined where nothing says it. */
  normalization?: NormalizationOptions | null;
  /** ᾱ of its timesteps; undefined where nothing says it. */
  alphaBars?: Float64Array;
  /** Whether it predicts the clean image. */
  predictsImage: boolean;
  /** What sides of an image are multiples of. */
  stride: number;
  parameters: number;
  remarks: string[];
  dispose(): void;
}

type Model = ReturnType<typeof unetAttD>;

/** What the first room holds. */
export interface FirstRoom {
  /** The run at hand. */
  run(): Run;
  readCheckpoint(name: string): Promise<Blob>;
}

/** @throws If it is damaged, or no network that the page takes features of; nothing has changed then. */
export async function openNetwork(choice: ModelChoice, room: FirstRoom): Promise<MapNetwork> {
  switch (choice.kind) {
    case 'sample':
      return ofFolder(browserFiles(await fetchModel(choice.url)), 'the sample model');
    case 'run':
      return ofRun(room.run(), 'the network at hand');
    case 'saved':
      return ofCheckpoint(await room.readCheckpoint(choice.name), choice, `“${choice.name}”`);
    case 'files': {
      const [first, ...others] = choice.files;
      const isCheckpoint = others.length === 0 && /\.safetensors$/i.test(first.name);
      return isCheckpoint
        ? ofCheckpoint(first, choice, first.name)
        : ofFolder(browserFiles(choice.files), 'the opened model');
    }
  }
}

/** The page's own model, of which it is known which files there are. */
function fetchModel(folder: string): Promise<File[]> {
  return Promise.all(
    ['config.json', 'diffusion_ssl.json', 'model.safetensors'].map(async (name) => {
      const response = await fetch(new URL(name, folder));
      if (!response.ok)
        throw new Error(
          `The sample model does not load (${response.status}). Is the folder samples/ on the server?`,
        );
      return new File([await response.blob()], name);
    }),
  );
}

async function ofCheckpoint(
  file: Blob,
  { settings }: Extract<ModelChoice, { kind: 'saved' | 'files' }>,
  name: string,
): Promise<MapNetwork> {
  const { run, remark } = await restoreRun(file, settings, name);
  try {
    return await ofRun(run, name, remark);
  } finally {
    run.dispose();
  }
}

/** A copy of the averaged weights: the run may be trained on. */
async function ofRun(run: Run, name: string, remark?: string): Promise<MapNetwork> {
  const { settings, alphaBars, parameters, channels } = run;
  const model = unetAttD(settings.network);
  const copies = new Map(namedParameters(model).map(({ name: own, variable }) => [own, variable]));
  await run.ema.apply(async () => {
    for (const { name: own, variable } of parameters) copies.get(own)!.assign(variable);
  });
  const { scaling } = settings;
  return made(model, {
    ...{ name, alphaBars, remarks: remark ? [remark] : [] },
    bands: settings.bands ?? Array.from({ length: channels }, () => ({})),
    normalization: scaling?.normalization && { ...scaling.normalization, globalStats: scaling.statistics },
    predictsImage: settings.predictionType === 'x0',
    stride: 32 * (settings.network.patchSize ?? 1),
  });
}

async function ofFolder(files: ModelFiles, name: string): Promise<MapNetwork> {
  const { model, remarks, ...network } = await fromPretrained(files, { accept: strideOf });
  const { bands, normalization, diffusion } = network;
  const { schedule: type, ...noise } = diffusion ?? {};
  return made(model, {
    ...{ name, bands, normalization, remarks },
    alphaBars: type && alphaBarsOf({ type, ...noise } as Parameters<typeof alphaBarsOf>[0]),
    predictsImage: diffusion?.predictionType === 'x0',
    stride: strideOf(network as PretrainedNetwork),
  });
}

/** @throws If the page takes no features of such a network. */
function strideOf(network: PretrainedNetwork): number {
  if (network.factory === 'unetAttD') return 32 * (network.config.patchSize ?? 1);
  const isPlain =
    network.factory === 'unet2d' && !network.config.numClassEmbeds && !network.config.classEmbedType;
  if (isPlain) return 2 ** ((network.config.blockOutChannels?.length ?? 4) - 1);
  throw new Error(
    `The folder holds a network of ${network.factory}, which takes more than an image; ` +
      'the page maps with those of unetAttD and unet2d.',
  );
}

function made(model: Model, rest: Omit<MapNetwork, 'denoiser' | 'parameters' | 'dispose'>): MapNetwork {
  const { denoiser, dispose } = inferenceModel(model);
  return {
    ...rest,
    denoiser: denoiser as FeatureDenoiser<undefined>,
    parameters: namedParameters(model).reduce((sum, { variable }) => sum + variable.size, 0),
    dispose() {
      dispose();
      model.dispose();
    },
  };
}
