import { z } from 'zod';
import { OPTIMIZER_NAMES } from './optimizerFields.js';
import { LOSS_NAMES } from './PretrainConfig.js';
import { SCHEDULER_NAMES, type SchedulerName } from './schedulerFields.js';
import {
  accepting,
  anyIntegers,
  bands,
  block,
  flag,
  integer,
  integers,
  nameOf,
  number,
  numberBelow,
  oneOf,
  oneOfNumbers,
  positive,
  text,
} from './schemaParts.js';

const baseOptimizers = OPTIMIZER_NAMES.filter((name) => name !== 'sam');

const scheduler = accepting(
  z.preprocess(
    (value) => (typeof value === 'string' ? value.toLowerCase() : value),
    z
      .enum([...SCHEDULER_NAMES, ''])
      .nullable()
      .transform((name): SchedulerName => name || 'none'),
  ),
  `one of ${SCHEDULER_NAMES.join(', ')}, or empty or null for none`,
);

/** Keys about training: length, loss, optimizer and learning rate. */
export const trainingKeys = {
  train_batch: integer(1).default(40).describe('Chips a batch.'),
  validate_batch: integer(1).default(20).describe('Chips a batch of validation.'),
  epoch: integer(1).default(100).describe('Passes over the training chips.'),
  loss_fn: nameOf(LOSS_NAMES).default('mse').describe('Loss between the prediction and what it should be.'),
  loss_weights: block({
    alpha: number(0).default(0.9).describe('Factor of mse in `hybrid_light`.'),
    beta: number(0).default(0.1).describe('Factor of ssim in `hybrid_light`.'),
    gamma: number(0).default(0).describe('Factor of the KL divergence in `hybrid_light`.'),
  })
    .prefault({})
    .describe('Factors of the parts of `hybrid_light`.'),
  checkpoint_interval: integer(0)
    .default(1)
    .describe('A checkpoint is kept every so many epochs; 0: only the best and the latest.'),

  optimizer: nameOf(OPTIMIZER_NAMES).default('adamw').describe('Optimizer, with the defaults of torch.'),
  learning_rate_init: number(0).default(2e-4).describe('Highest learning rate.'),
  weight_decay: number(0).default(1e-4).describe('Weight decay, decoupled or not as the optimizer has it.'),
  betas: accepting(z.array(numberBelow(0, 1)).length(2), 'a list of two numbers from 0 to below 1')
    .optional()
    .describe('Decay rates of the two moments.'),
  eps: number(0).optional().describe('Guard of the division.'),
  momentum: numberBelow(0, 1).optional().describe('Of sgd and rmsprop. Left out: 0.9.'),
  nesterov: flag().optional().describe("Nesterov's momentum."),
  amsgrad: flag().optional().describe('The AMSGrad variant.'),
  alpha: numberBelow(0, 1).optional().describe('Smoothing of rmsprop. Left out: 0.99.'),
  centered: flag().optional().describe('The centred variant of rmsprop.'),
  rho: number(0)
    .optional()
    .describe('Decay of adadelta (left out: 0.9), or size of the neighbourhood of sam (left out: 0.05).'),
  adaptive: flag().optional().describe('The adaptive variant of sam.'),
  base_optimizer: nameOf(baseOptimizers).optional().describe('Optimizer inside sam. Left out: sgd.'),

  scheduler: scheduler.default('cosinewarm').describe('Learning rate over the run.'),
  warmup_period: integer(0)
    .default(5)
    .describe('Epochs of linear warm-up: base · (0.1 + 0.9 · (epoch + 1) / period).'),
  T_max: integer(1).optional().describe('cosine: epochs to the lowest rate. Left out: `epoch`.'),
  eta_min: number(0).optional().describe('cosine, cosinewarm: lowest rate. Left out: 0.'),
  t_0: integer(1).optional().describe('cosinewarm: epochs of the first cycle. Left out: 10.'),
  t_mult: integer(1).optional().describe('cosinewarm: growth from cycle to cycle. Left out: 1.'),
  step_size: integer(1).optional().describe('step: epochs between two decays. Left out: 30.'),
  gamma: number(0).optional().describe('step, multistep: factor of each decay. Left out: 0.1.'),
  milestones: integers(1)
    .optional()
    .describe('multistep: epochs at which the rate decays. Left out: [30, 60, 90].'),
  mode: oneOf(['min', 'max'])
    .optional()
    .describe('plateau: what is wanted of the validation loss. Left out: min.'),
  factor: numberBelow(0, 1).optional().describe('plateau: factor of each reduction. Left out: 0.1.'),
  patience: integer(0).optional().describe('plateau: epochs without improvement let pass. Left out: 10.'),
  threshold: number(0).optional().describe('plateau: least improvement that counts. Left out: 1e-4.'),
  threshold_mode: oneOf(['rel', 'abs'])
    .optional()
    .describe('plateau: `threshold` is a share of the best loss or a difference. Left out: rel.'),
  cooldown: integer(0).optional().describe('plateau: epochs of rest after a reduction. Left out: 0.'),
  min_lr: number(0).optional().describe('plateau: lowest rate. Left out: 0.'),
  max_decay_steps: integer(1).optional().describe('poly: epochs to the lowest rate. Left out: `epoch`.'),
  min_learning_rate: number(0).optional().describe('poly: lowest rate. Left out: 1e-6.'),
  power: positive().optional().describe('poly: exponent. Left out: 1.'),
  max_lr: positive().optional().describe('onecycle: highest rate. Left out: `learning_rate_init`.'),
  pct_start: number(0, 1).optional().describe('onecycle: share of the run in which it rises. Left out: 0.3.'),
  anneal_strategy: oneOf(['cos', 'linear']).optional().describe('onecycle: shape. Left out: cos.'),
  div_factor: positive()
    .optional()
    .describe('onecycle: the rate starts at the highest divided by this. Left out: 25.'),
  final_div_factor: positive()
    .optional()
    .describe('onecycle: the rate ends at the first divided by this. Left out: 1e4.'),
};

/** Keys that the tutorial has not. */
export const extensionKeys = {
  input_bands: bands()
    .optional()
    .describe(
      'Bands of the chips that the network gets, in its order: numbers from 1 on, as GDAL counts them, over all ' +
        'columns, or names that the files or `bands.json` give them. Left out: all.',
    ),
  windows: oneOf(['random', 'grid'])
    .optional()
    .describe(
      'Windows of `data_size` of scenes or larger chips, at random or on a grid. Left out: one chip around the centre.',
    ),
  windows_per_scene: integer(1)
    .optional()
    .describe('Windows of a scene in an epoch. Left out: as many as its area holds.'),
  max_missing: number(0, 1)
    .optional()
    .describe("Largest share of a window's pixels that may be missing. Left out: 0.5."),
  resume: flag().default(false).describe('Go on with the run in `save_dir`.'),
  params_init: text('a file, or null').nullable().default(null).describe('Weights to start from.'),
  accumulate: integer(1).default(1).describe('Batches whose gradients make one step.'),
  gradient_checkpointing: flag()
    .default(false)
    .describe('Compute blocks again in the backward pass: less memory, about a third more time.'),
  ema_decay: numberBelow(0, 1)
    .default(0)
    .describe('Moving average of the weights, used to validate and to sample; 0: none.'),
  seed: integer(0).default(0).describe('Decides weights, order, augmentation, noise and dropout.'),
  backend: oneOf(['wasm', 'node', 'cpu']).default('wasm').describe('TensorFlow.js backend.'),
  compat: oneOf(['tutorial', 'readme'])
    .optional()
    .describe("What the tutorial's code does, or what its README says, where the defaults here differ."),
  patch_size: oneOfNumbers([1, 2])
    .default(1)
    .describe('2: the network sees 2 × 2 pixels as one of four times the bands.'),
  block_out_channels: integers(1)
    .default([32, 64, 128, 128])
    .describe('Of `unet2d`: channels of each resolution, multiples of 4.'),
  layers_per_block: integer(1).default(1).describe('Of `unet2d`: ResNet blocks of a resolution.'),
  attention_levels: anyIntegers(1)
    .optional()
    .describe(
      'Of `unet2d`: resolutions with attention, 1 being that of the chips; `[]`: none. Left out: the two deepest.',
    ),
  token_size: integer(1)
    .default(4)
    .describe('Of `uVit` and `dit`: side of the patches that are tokens, in pixels.'),
  embed_dim: integer(1)
    .default(192)
    .describe('Of `uVit` and `dit`: channels of a token, a multiple of `num_heads`.'),
  depth: integer(1).default(8).describe('Of `uVit` and `dit`: blocks; `uVit` has one more.'),
  num_heads: integer(1).default(3).describe('Of `uVit` and `dit`: heads of the attention.'),
  conditions: accepting(z.array(z.string().min(1)), 'a list of columns with their kinds, [] for none')
    .default([])
    .describe(
      'Of `unet2d`: columns of the catalog that it is told: `COLUMN:class`, `COLUMN:image` (a path), or a number as ' +
        '`COLUMN:linear:FROM:TO`, ' +
        '`log` or `cyclic`, with `:UNIT` behind where there is one; of `lat`, `lon`, `gsd`, `cloud_cover`, `year`, ' +
        '`month` and `day` the name is enough. `NAME:fill` is no column: the chip itself with gaps, ' +
        'which it learns to fill; ' +
        '`NAME:given:optical=1-3:elevation=4` some of its modalities, from which it generates the others.',
    ),
  condition_dropout: number(0, 1)
    .default(0.1)
    .describe('Share of the training chips that go without a condition, of each by itself.'),
  condition_dropout_all: number(0, 1)
    .default(0.1)
    .describe('Share of the training chips that go without all of them, which guidance needs.'),
  prediction_type: oneOf(['noise', 'x0', 'v'])
    .default('noise')
    .describe('What the network predicts, and all losses are of.'),
  freeze_batch_norm: number(0, 1)
    .default(0)
    .describe(
      'Share of the run, at its end, in which batch norm keeps to its running statistics and dropout rests.',
    ),
  min_snr_gamma: number(0)
    .default(0)
    .describe(
      'γ of the min-SNR weights of the training loss, 5 in the paper; 0: all timesteps weigh the same.',
    ),
  snr_power: number(0)
    .default(0)
    .describe(
      'Weighs the training loss by this power of the signal-to-noise ratio; ' +
        '1 makes the error of x0 that of the noise it implies.',
    ),
  noise_offset: number(0)
    .default(0)
    .describe(
      'Standard deviation of what is added to each band of the training noise as a whole, 0.1 commonly; 0: nothing.',
    ),
  zero_terminal_snr: flag()
    .default(false)
    .describe(
      'Rescales the schedule so that its last timestep is nothing but noise; `prediction_type` x0 or v.',
    ),
  skip_drop_rate: accepting(
    z.array(numberBelow(0, 1)).refine(({ length }) => length === 1 || length === 5),
    'a list of 1 or 5 numbers from 0 to below 1',
  )
    .default([0])
    .describe(
      'Share of the training chips that go without a skip connection: one for all, ' +
        'or five from the level of the image on.',
    ),
  mask_ratio: number(0, 1)
    .default(0)
    .describe('Share of the blocks of a training chip that are masked: the network sees zeros there.'),
  mask_size: integer(1).default(8).describe('Side of those blocks in pixels.'),
  mask_bands: integer(0).default(0).describe('How many bands of a training chip are masked.'),
  mask_share: number(0, 1).default(0.5).describe('Share of the training chips of which something is masked.'),
  mask_loss: oneOf(['all', 'masked', 'visible'])
    .default('all')
    .describe('Where the training loss of those chips counts; not `all`: with mse, l1 or charbonnier.'),
  perceptual_weights: text('a file').optional().describe('VGG16 for the loss `perceptual`, as safetensors.'),
  perceptual_bands: integers(0, 3)
    .default([0, 1, 2])
    .describe('The three bands that the loss `perceptual` looks at, from 0.'),
};
