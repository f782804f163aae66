import path from 'node:path';
import { Command } from 'commander';
import { prepareFolder, writeFileAtomic } from 'diffusion-ssl/training/node';
import { addBackendFlags, type BackendOptions } from '../config/addBackendFlags.js';
import { choice, integer, names, number, numbersOf, share } from '../config/flagValues.js';
import { type MeasureOptions, measureRun } from '../evaluating/measureRun.js';
import { measureRobustness, robustnessText } from '../evaluating/robustness.js';
import { writeEvaluation } from '../evaluating/writeEvaluation.js';
import { openModel } from '../model/openModel.js';
import { SAMPLERS } from '../model/samplers.js';
import { withBackend } from './withBackend.js';

interface Options
  extends BackendOptions,
    Omit<MeasureOptions, 'run' | 'folder' | 'guidance' | 'teller' | 'signal'> {
  out?: string;
  guidance: number;
  guidanceRescale: number;
  robustness?: number[];
}

/** Of how many samples, and by how many steps of the sampler and of the gradient. */
const ROBUSTNESS = { count: 8, steps: 5, ascents: 5, strength: 0.5 };

/** `diffusion-ssl evaluate-samples RUN`: how far samples of a run's checkpoints are from held-out chips. */
export async function evaluateSamples(args: readonly string[]): Promise<void> {
  const program = commandOf();
  program.parse(args, { from: 'user' });
  const { out, guidance: scale, guidanceRescale: rescale, robustness, ...options } = program.opts<Options>();
  const [run] = program.args;
  const folder = out ?? path.join(run, 'evaluation');
  await withBackend(options, async (signal) => {
    const model = await openModel(run, { told: true });
    try {
      await prepareFolder(folder);
      const measured = await measureRun(model, {
        ...{ ...options, run, signal, folder: path.join(folder, 'samples') },
        guidance: { scale, rescale },
        teller: { note: (text) => console.log(text), warning: (text) => console.warn(`warning: ${text}`) },
      });
      console.log(`\n${await writeEvaluation(folder, measured, model)}`);
      if (robustness) {
        const how = {
          ...ROBUSTNESS,
          held: measured.heldChips,
          sizes: robustness,
          seed: options.seed,
          signal,
        };
        const text = robustnessText(await measureRobustness(model, how), how);
        await writeFileAtomic(path.join(folder, 'robustness.md'), Buffer.from(text));
        console.log(text);
      }
      console.log(
        'evaluation.md, evaluation.csv, training.png, spectra.png, samples.png, neighbours.png and ' +
          `neighbours.csv are in ${folder}`,
      );
    } finally {
      model.model.dispose();
    }
  });
}

function commandOf(): Command {
  const program = new Command('diffusion-ssl evaluate-samples')
    .description(
      'Draws samples of each checkpoint of a run and says how far they are from held-out chips, between noise and ' +
        'training chips, and whether they are copies of training chips. Samples are kept: a stopped call goes on ' +
        'where it stood when it is started again. Networks that are told something are told what held-out chips are.',
    )
    .argument(
      '<run>',
      'folder of a run of pretrain; --checkpoint-interval keeps more than its best checkpoint',
    )
    .option(
      '--out <folder>',
      'where samples, tables and pictures are written (default: evaluation in the run)',
    )
    .option('--checkpoints <names>', 'which, such as epoch-2,best (default: all)', names)
    .optionsGroup('Chips')
    .option('--data <folder>', "root of the chips (default: the run's)")
    .option('--catalog <file>', "catalog CSV (default: the run's)")
    .addOption(choice('--usage <name>', 'which chips are held out', ['validate', 'test'], 'validate'))
    .option('--chips <n>', 'held-out chips, at most', integer(8), 500)
    .option(
      '--train-chips <n>',
      'training chips among which the nearest is looked for, at most',
      integer(8),
      2000,
    )
    .optionsGroup('Features')
    .option(
      '--features <model>',
      'folder of a model whose activations chips are compared by (default: statistics of the images, which are the ' +
        'same for every run)',
    )
    .option('--layers <names>', 'its layers (default: the last blocks of the decoder)', names)
    .option('--timestep <t>', 'timestep that it is told (default: a twentieth of all)', integer(0))
    .optionsGroup('Samples')
    .option('--count <n>', 'samples of each checkpoint', integer(8), 128)
    .option('--seeds <n>', 'how often they are drawn and measured', integer(1), 1)
    .option('--seed <n>', 'the first seed: decides the noise', integer(0), 0)
    .addOption(choice('--sampler <name>', 'by which method', Object.keys(SAMPLERS), 'ddim'))
    .option('--steps <n>', 'steps of it', integer(1), 50)
    .option('--batch <n>', 'images drawn at once', integer(1), 16)
    .option(
      '--guidance <scale>',
      'how far to follow what the network is told; 1: as it was learned',
      number,
      1,
    )
    .option('--guidance-rescale <share>', "how far to bring the samples' deviation back", share, 0)
    .option(
      '--robustness <sizes>',
      'also measure how much samples of the last checkpoint change with small changes of an initial image and of ' +
        'what they are told: by such parts of the deviation, as 0.02,0.1',
      numbersOf(),
    )
    .optionsGroup('Backend');
  return addBackendFlags(program).showHelpAfterError('(--help lists every option)');
}
