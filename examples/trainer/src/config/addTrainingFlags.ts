import type { Command } from 'commander';
import { choice, integer, integers, number, numberBelow, numbersOf, share } from './flagValues.js';
import { OPTIMIZER_NAMES } from './optimizerFields.js';
import { LOSS_NAMES } from './PretrainConfig.js';
import { SCHEDULER_NAMES } from './schedulerFields.js';

/** Adds the flags for length, loss, optimizer and learning rate. */
export function addTrainingFlags(program: Command): void {
  program
    .optionsGroup('Training')
    .option('--epochs <n>', 'passes over the training chips', integer(1), 8)
    .option('--batch <n>', 'chips a batch (on the sample chips: 16)', integer(1), 8)
    .option('--validate-batch <n>', 'chips a batch of validation (default: as --batch)', integer(1))
    .option('--accumulate <n>', 'batches whose gradients make one step', integer(1), 1)
    .option(
      '--gradient-checkpointing',
      'compute blocks again in the backward pass: less memory, more time',
      false,
    )
    .option('--clip-norm <x>', 'largest norm of the gradients; 0: no clipping', number, 1)
    .option(
      '--ema-decay <x>',
      'moving average of the weights, used to validate and to sample; 0: none',
      numberBelow(1),
      0.98,
    )
    .option(
      '--freeze-batch-norm <share>',
      'part of the run, at its end, in which batch norm keeps to its running statistics and dropout rests',
      share,
      0.4,
    )
    .option('--params-init <file>', 'weights to start from (.safetensors)')
    .option(
      '--checkpoint-interval <epochs>',
      'keep a checkpoint every so many epochs; 0: none',
      integer(0),
      0,
    )
    .option('--seed <n>', 'decides weights, order, augmentation, noise and dropout', integer(0), 0)
    .addOption(
      choice(
        '--compat <what>',
        "what the tutorial's code does, or what its README says, where the defaults here differ",
        ['tutorial', 'readme'],
      ),
    )
    .optionsGroup('Loss')
    .addOption(choice('--loss <name>', 'between noise and prediction', LOSS_NAMES, 'mse'))
    .option(
      '--loss-weights <alpha,beta,gamma>',
      'of hybrid_light: alpha · mse + beta · ssim + gamma · KL',
      lossWeights,
      { alpha: 0.9, beta: 0.1, gamma: 0 },
    )
    .option('--perceptual-weights <file>', 'VGG16 of the loss perceptual (.safetensors)')
    .option(
      '--perceptual-bands <list>',
      'three bands, from 0, for the loss perceptual',
      integers(0, [3]),
      [0, 1, 2],
    )
    .option(
      '--min-snr-gamma <x>',
      'weigh the training loss by min(SNR, x) / SNR of each timestep; 0: all weigh the same',
      number,
      0,
    )
    .option(
      '--snr-power <x>',
      'weigh the training loss by this power of the signal-to-noise ratio of each timestep',
      number,
      0.25,
    )
    .optionsGroup('What the network does not see, beside noise')
    .option(
      '--noise-offset <x>',
      'shift each band of the noise as a whole, by normal numbers of this deviation (0.1 is common)',
      number,
      0,
    )
    .option('--mask-ratio <share>', 'part of the blocks of a training chip that is masked', share, 0)
    .option('--mask-size <n>', 'side of those blocks, in pixels', integer(1), 8)
    .option('--mask-bands <n>', 'bands of a training chip that are masked', integer(0), 0)
    .option('--mask-share <share>', 'part of the training chips of which something is masked', share, 0.5)
    .addOption(
      choice(
        '--mask-loss <where>',
        'pixels of those chips that the training loss is of',
        ['all', 'masked', 'visible'],
        'all',
      ),
    )
    .optionsGroup('Optimizer')
    .addOption(choice('--optimizer <name>', "with torch's defaults", OPTIMIZER_NAMES, 'adamw'))
    .option('--learning-rate <x>', 'highest step size', number, 3e-3)
    .option('--weight-decay <x>', 'as the optimizer has it', number, 1e-4)
    .option('--betas <two numbers>', 'decay rates of the two moments', numbersOf(2))
    .option('--eps <x>', 'guard of the division', number)
    .option('--momentum <x>', 'of sgd and rmsprop (default: 0.9)', numberBelow(1))
    .option('--nesterov', 'of sgd')
    .option('--amsgrad', 'of adam and adamw')
    .option('--alpha <x>', 'smoothing of rmsprop', numberBelow(1))
    .option('--centered', 'of rmsprop')
    .option('--rho <x>', 'of adadelta, and the neighbourhood of sam', number)
    .option('--adaptive', 'of sam')
    .addOption(
      choice(
        '--base-optimizer <name>',
        'inside sam (default: sgd)',
        OPTIMIZER_NAMES.filter((name) => name !== 'sam'),
      ),
    )
    .optionsGroup('Learning rate: lengths in epochs')
    .addOption(choice('--scheduler <name>', 'learning rate over the run', SCHEDULER_NAMES, 'cosine'))
    .addOption(choice('--schedule-unit <unit>', 'change the rate after each', ['epoch', 'step'], 'step'))
    .option('--warmup <epochs>', 'epochs of linear warm-up from a tenth of the rate', number, 0.5)
    .option('--t-max <epochs>', 'cosine (default: the run)', number)
    .option('--eta-min <x>', 'lowest rate of cosine and cosinewarm', number)
    .option('--t0 <epochs>', 'first cycle of cosinewarm', number)
    .option('--t-mult <n>', 'growth of the cycles of cosinewarm', integer(1))
    .option('--step-size <epochs>', 'step', number)
    .option('--gamma <x>', 'factor of step and multistep', number)
    .option('--milestones <epochs>', 'multistep', numbersOf())
    .addOption(choice('--mode <what>', 'what plateau wants of the validation loss', ['min', 'max']))
    .option('--factor <x>', 'plateau', numberBelow(1))
    .option('--patience <epochs>', 'plateau', integer(0))
    .option('--threshold <x>', 'plateau', number)
    .addOption(choice('--threshold-mode <kind>', 'plateau', ['rel', 'abs']))
    .option('--cooldown <epochs>', 'plateau', integer(0))
    .option('--min-lr <x>', 'lowest rate of plateau', number)
    .option('--max-decay-steps <epochs>', 'poly (default: the run)', number)
    .option('--min-learning-rate <x>', 'lowest rate of poly', number)
    .option('--power <x>', 'poly', number)
    .option('--max-lr <x>', 'highest rate of onecycle (default: --learning-rate)', number)
    .option('--pct-start <x>', 'share of onecycle in which the rate rises', share)
    .addOption(choice('--anneal-strategy <shape>', 'onecycle', ['cos', 'linear']))
    .option('--div-factor <x>', 'onecycle', number)
    .option('--final-div-factor <x>', 'onecycle', number);
}

function lossWeights(text: string): { alpha: number; beta: number; gamma: number } {
  const [alpha, beta, gamma] = numbersOf(3)(text);
  return { alpha, beta, gamma };
}
