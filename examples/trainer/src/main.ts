import { createRequire } from 'node:module';
import { Command } from 'commander';

/** A command: it is given the arguments behind its name. */
type Run = (args: readonly string[]) => Promise<void>;

/** The commands by name: what each is for, and its program, which is loaded when it is called. */
const COMMANDS: Record<string, { about: string; load: () => Promise<Run> }> = {
  pretrain: {
    about: 'train the attention U-Net by denoising diffusion on satellite chips',
    load: async () => (await import('./commands/pretrain.js')).pretrain,
  },
  dino: {
    about: 'train a vision transformer by self-distillation (DINO) on satellite chips',
    load: async () => (await import('./commands/dino.js')).dino,
  },
  resume: {
    about: 'go on with the run in a folder: resume RUN',
    load: async () => (await import('./commands/resume.js')).resume,
  },
  tile: {
    about: 'cut scenes into tiles on one grid, with a catalog that is split by place',
    load: async () => (await import('./commands/tile.js')).tile,
  },
  sar: {
    about: 'make seasonal means of dated Sentinel-1 scenes, for tile to cut',
    load: async () => (await import('./commands/sar.js')).sar,
  },
  catalog: {
    about: 'make a catalog of a folder of BigEarthNet, ben-ge or xBD',
    load: async () => (await import('./commands/catalog.js')).catalog,
  },
  captions: {
    about: 'write a caption for each image of class folders, as JSON lines',
    load: async () => (await import('./commands/captions.js')).captions,
  },
  sample: {
    about: 'draw images with a trained model, from noise or from an image',
    load: async () => (await import('./commands/sample.js')).sample,
  },
  fill: {
    about: 'fill clouds and gaps of chips or scenes with a trained model, or measure how well',
    load: async () => (await import('./commands/fill.js')).fill,
  },
  denoise: {
    about: 'take the noise from images with a trained model',
    load: async () => (await import('./commands/denoise.js')).denoise,
  },
  features: {
    about: 'read the features of chips or of a scene with a trained model',
    load: async () => (await import('./commands/features.js')).features,
  },
  attention: {
    about: 'write what the heads of a vision transformer attend to in a scene',
    load: async () => (await import('./commands/attention.js')).attention,
  },
  probe: {
    about: 'fit a head to the features of labelled chips',
    load: async () => (await import('./commands/probe.js')).probe,
  },
  finetune: {
    about: 'train a pretrained network and a head on labelled chips',
    load: async () => (await import('./commands/finetune.js')).finetune,
  },
  lora: {
    about: 'adapt a trained network to a new site, or Stable Diffusion to captions, by low-rank adapters',
    load: async () => (await import('./commands/lora.js')).lora,
  },
  predict: {
    about: 'map a scene, or say what is in images, by a head or a fine-tuned network',
    load: async () => (await import('./commands/predict.js')).predict,
  },
  'evaluate-transfer': {
    about: 'score methods with and without pretraining by few labels',
    load: async () => (await import('./commands/evaluateTransfer.js')).evaluateTransfer,
  },
  'evaluate-samples': {
    about: 'say how far samples are from held-out chips over the training of a run',
    load: async () => (await import('./commands/evaluateSamples.js')).evaluateSamples,
  },
  study: {
    about: "score what a vision transformer's attention maps and tokens are worth for classes of pixels",
    load: async () => (await import('./commands/study.js')).study,
  },
  inspect: {
    about: 'say what is in a chip, catalog, checkpoint or model, and what would go wrong',
    load: async () => (await import('./commands/inspect.js')).inspect,
  },
};

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
const program = new Command('diffusion-ssl')
  .description('Self-supervised pretraining by denoising diffusion on satellite imagery.')
  .version(version)
  .usage('COMMAND [options]')
  .addHelpText('after', '\ndiffusion-ssl COMMAND --help lists the options of a command.')
  .helpCommand(false)
  .enablePositionalOptions();
for (const [name, { about, load }] of Object.entries(COMMANDS)) {
  // The command itself reads its arguments, --help among them.
  const command = program.command(name).description(about).helpOption(false);
  command.allowUnknownOption().allowExcessArguments().passThroughOptions();
  command.action(async () => (await load())(command.args));
}
await program.parseAsync();
