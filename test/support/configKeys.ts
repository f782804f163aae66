import { parseConfig } from '../../examples/trainer/src/config/parseConfig.js';
import type { TutorialConfig } from '../../examples/trainer/src/config/tutorialSchema.js';

/** A configuration of so many keys, the first in line 2. */
export const parse = (...lines: string[]) =>
  parseConfig(['Train_Validate:', ...lines.map((line) => `  ${line}`)].join('\n'), 'my.yaml').config;

/** A configuration of one key, in its block. */
export function parseKey(key: string, value: string): TutorialConfig {
  const [block, inner] = key.split('.');
  return inner === undefined
    ? parse(`${key}: ${value}`, ...companions(key))
    : parse(`${block}: {${inner}: ${value}}`);
}

/** What else a key needs in order to have an effect. */
function companions(key: string): string[] {
  const needs: Record<string, string[]> = {
    momentum: ['optimizer: rmsprop'],
    nesterov: ['optimizer: sgd'],
    alpha: ['optimizer: rmsprop'],
    centered: ['optimizer: rmsprop'],
    rho: ['optimizer: adadelta'],
    adaptive: ['optimizer: sam'],
    base_optimizer: ['optimizer: sam'],
    T_max: ['scheduler: cosine'],
    step_size: ['scheduler: step'],
    gamma: ['scheduler: step'],
    milestones: ['scheduler: multistep'],
    global_stats: ['stat_procedure: gpb'],
    windows_per_scene: ['windows: grid'],
    max_missing: ['windows: grid'],
    zero_terminal_snr: ['prediction_type: v'],
    mask_size: ['mask_ratio: 0.5'],
    mask_share: ['mask_ratio: 0.5'],
    mask_loss: ['mask_ratio: 0.5'],
    block_out_channels: ['model: unet2d'],
    layers_per_block: ['model: unet2d'],
    attention_levels: ['model: unet2d'],
    token_size: ['model: uVit'],
    embed_dim: ['model: uVit'],
    depth: ['model: uVit'],
    num_heads: ['model: uVit'],
    conditions: ['model: unet2d'],
    condition_dropout: ['model: unet2d', 'conditions: [month]'],
    condition_dropout_all: ['model: unet2d', 'conditions: [month]'],
    perceptual_weights: ['loss_fn: perceptual'],
    perceptual_bands: ['loss_fn: perceptual', 'perceptual_weights: w.safetensors'],
  };
  for (const option of ['mode', 'factor', 'patience', 'threshold', 'threshold_mode', 'cooldown', 'min_lr'])
    needs[option] = ['scheduler: plateau'];
  for (const option of ['max_decay_steps', 'min_learning_rate', 'power']) needs[option] = ['scheduler: poly'];
  for (const option of ['max_lr', 'pct_start', 'anneal_strategy', 'div_factor', 'final_div_factor'])
    needs[option] = ['scheduler: onecycle'];
  return needs[key] ?? [];
}

/** Of every key: values that are accepted, then values that are not, as YAML. */
export const VALUES: Record<string, [accepted: string[], refused: string[]]> = {
  data_path: [
    ['/data', '"12"'],
    ['3', '""', '[a]'],
  ],
  train_csv_name: [['a.csv'], ['null', '{}']],
  log_dir: [['logs'], ['1']],
  save_dir: [['runs/a'], ['true']],
  img_path_cols: [['[a, b]'], ['[]', 'a', '[1]']],
  channels: [
    ['6', '"6"'],
    ['0', '1.5', 'four', 'null'],
  ],
  data_size: [['64'], ['0', '[64, 64]']],
  buffer: [
    ['0', '3'],
    ['-1', '0.5'],
  ],
  buffer_comp: [['0'], ['1', 'null', 'false']],
  catalog_index: [
    ['null', '~', ''],
    ['0', 'a'],
  ],
  trans: [['null'], ['[vflip]', 'false']],
  parallel: [['null'], ['true', '8']],
  nodata: [
    ['[]', '[-9999, 0]', '["-1e3"]'],
    ['0', '[a]', 'null'],
  ],
  apply_normalization: [
    ['true', 'false', 'True'],
    ['yes', '1', '"true"'],
  ],
  normal_strategy: [
    ['min_max', 'z_value'],
    ['minmax', 'null'],
  ],
  stat_procedure: [
    ['lab', 'lpb', 'gab', 'gpb'],
    ['LAB', 'global'],
  ],
  global_stats: [
    ['null', 'stats.json', '{min: [0, 1], max: [2, 3]}', '{mean: [1], std: [2]}'],
    ['3', '{minimum: [0]}', '{min: 0}', '[0, 1]'],
  ],
  downfactor: [
    ['1', '32'],
    ['0', '0.5'],
  ],
  clip_val: [
    ['0', '2.5', '"2"'],
    ['-1', '50', 'true'],
  ],
  scale_factor: [
    ['[0.5, 2]', '[1, 1]', 'null'],
    ['[2, 0.5]', '[1]', '[0, 1]', '1', '[1, 2, 3]'],
  ],
  crop_strategy: [['center', 'random'], ['centre']],
  rotation_degree: [
    ['[-10, 10]', '[90]', '[0, 90, 180]', 'null'],
    ['[]', '90', '[a]'],
  ],
  sigma_range: [
    ['[0, 0.1]', '["1e-3", "2e-3"]', 'null'],
    ['[-0.1, 0.1]', '0.1'],
  ],
  br_range: [
    ['[-0.1, 0.1]', 'null'],
    ['[0.1, -0.1]', '[a, b]'],
  ],
  contrast_range: [
    ['[0.5, 2]', 'null'],
    ['[-1, 2]', '[]'],
  ],
  bshift_gamma_range: [
    ['[0.5, 2]', 'null'],
    ['[2]', '[-1, 2]'],
  ],
  patch_shift: [
    ['true', 'false'],
    ['on', '0'],
  ],
  train_batch: [
    ['1', '40'],
    ['0', '2.5', 'forty'],
  ],
  validate_batch: [
    ['1', '40'],
    ['0', '-1'],
  ],
  epoch: [
    ['1', '1e2'],
    ['0', '.inf'],
  ],
  loss_fn: [
    ['mse', 'l1', 'charbonnier', 'ssim', 'hybrid_light', 'MSE'],
    ['l2', 'null', 'perceptual'],
  ],
  loss_weights: [
    ['{}', '{alpha: 1, gamma: 0.5}'],
    ['[0.9, 0.1, 0]', '1', '{delta: 1}'],
  ],
  'loss_weights.alpha': [
    ['1', '"1e-1"'],
    ['-1', 'a'],
  ],
  'loss_weights.beta': [['0'], ['[1]']],
  'loss_weights.gamma': [['0.5'], ['null']],
  checkpoint_interval: [
    ['0', '5'],
    ['-1', '0.5'],
  ],
  optimizer: [
    ['sgd', 'adam', 'AdamW', 'radam', 'adabelief', 'sam'],
    ['lbfgs', 'adam2', 'null'],
  ],
  learning_rate_init: [
    ['1e-3', '"1e-3"', '.5'],
    ['-1', 'fast', '.nan', '"0x10"', '"1e999"'],
  ],
  weight_decay: [['0', '1e-2'], ['-1e-4']],
  betas: [
    ['[0, 0.5]', '["9e-1", 0.99]'],
    ['[0.9]', '[0.9, 1]', '[-0.1, 0.5]', '0.9', '[0.9, 0.99, 0.999]'],
  ],
  eps: [
    ['0', '1e-6'],
    ['-1', 'small'],
  ],
  momentum: [
    ['0', '0.5'],
    ['1', '-0.1'],
  ],
  nesterov: [['true', 'false'], ['1']],
  amsgrad: [['true'], ['maybe']],
  alpha: [['0.9'], ['1']],
  centered: [['true'], ['0']],
  rho: [['0.1'], ['-1']],
  adaptive: [['true'], ['"yes"']],
  base_optimizer: [
    ['sgd', 'AdamW'],
    ['sam', 'lion'],
  ],
  scheduler: [
    ['cosinewarm', 'Cosine', 'none', 'null', '""', '', 'plateau'],
    ['linear', '0'],
  ],
  warmup_period: [
    ['0', '10'],
    ['-1', '1.5'],
  ],
  T_max: [['50'], ['0', '1.5']],
  eta_min: [['0', '"5e-6"'], ['-1']],
  t_0: [['10'], ['0']],
  t_mult: [
    ['1', '3'],
    ['0', '1.5'],
  ],
  step_size: [['20'], ['0']],
  gamma: [['0.5'], ['-0.5']],
  milestones: [['[15, 40]'], ['[]', '30', '[0]', '[1.5]']],
  mode: [['min', 'max'], ['best']],
  factor: [['0.5'], ['1', '-1']],
  patience: [['0', '5'], ['-1']],
  threshold: [['0.01'], ['-1']],
  threshold_mode: [['rel', 'abs'], ['relative']],
  cooldown: [['4'], ['-1']],
  min_lr: [['1e-6'], ['-1']],
  max_decay_steps: [['60'], ['0']],
  min_learning_rate: [['5e-6'], ['-1']],
  power: [['0.9'], ['0']],
  max_lr: [['2e-3'], ['0']],
  pct_start: [
    ['0.4', '1'],
    ['1.1', '-0.1'],
  ],
  anneal_strategy: [['cos', 'linear'], ['cosine']],
  div_factor: [['10'], ['0']],
  final_div_factor: [['100'], ['-1']],
  diffusion: [
    ['{}', '{timesteps: 10}'],
    ['linear', '[]', 'null'],
  ],
  'diffusion.timesteps': [
    ['2', '1000'],
    ['1', '10.5'],
  ],
  'diffusion.noise_schedule': [
    ['linear', 'cosine', 'squaredcos_cap_v2', 'scaled_linear', 'sigmoid'],
    ['Linear', 'quadratic'],
  ],
  'diffusion.beta_start': [
    ['0', '"1e-6"', '1e-4'],
    ['-1', '2'],
  ],
  'diffusion.beta_end': [['0.5', '1'], ['1.5']],
  model: [
    ['unet_att_d', 'unet2d', 'uVit', 'dit'],
    ['unet', 'null'],
  ],
  token_size: [
    ['2', '8'],
    ['0', '1.5'],
  ],
  embed_dim: [
    ['96', '384'],
    ['0', '1.5'],
  ],
  depth: [
    ['1', '12'],
    ['0', '1.5'],
  ],
  num_heads: [
    ['2', '4'],
    ['0', '5'],
  ],
  block_out_channels: [
    ['[8, 16]', '[32]'],
    ['[]', '8', '[0]', '[6, 8]'],
  ],
  layers_per_block: [
    ['1', '2'],
    ['0', '1.5'],
  ],
  attention_levels: [
    ['[]', '[1, 2]'],
    ['2', '[0]', '[5]'],
  ],
  model_kwargs: [
    ['{}', '{block_num: [1, 1, 1, 1, 1, 1]}'],
    ['[]', '3'],
  ],
  'model_kwargs.filter_config': [['[4, 4, 8, 8, 8, 8]'], ['[4, 4, 8]', '[0, 4, 8, 8, 8, 8]', '64']],
  'model_kwargs.block_num': [['[1, 2, 3, 1, 1, 1]'], ['[1]', '[1, 1, 1, 1, 1, 1.5]']],
  'model_kwargs.dropout_rate': [
    ['0', '0.5'],
    ['1', '-0.1'],
  ],
  'model_kwargs.dropout_type': [['traditional', 'spatial'], ['channel']],
  'model_kwargs.upmode': [
    ['fixed', 'deconv_1', 'deconv_2', 'DUC'],
    ['duc', 'bilinear'],
  ],
  'model_kwargs.use_skipAtt': [['true', 'false'], ['1']],
  'model_kwargs.time_embedding_dim': [['1', '128'], ['0']],
  input_bands: [
    ['[1, 2, 3, 8]', '[red]', "[nir, 'near infrared', 4]"],
    ['[]', '[0]', '[1.5]', '[1, 1]', '[1, "1"]', '[red, red]', "['']", 'red', '3', '[[1]]', '[true]'],
  ],
  windows: [
    ['random', 'grid'],
    ['true', 'middle'],
  ],
  windows_per_scene: [
    ['1', '500'],
    ['0', '1.5'],
  ],
  max_missing: [
    ['0', '0.25', '1'],
    ['-0.1', '1.5'],
  ],
  resume: [['true', 'false'], ['latest']],
  params_init: [
    ['w.safetensors', 'null'],
    ['1', '""'],
  ],
  accumulate: [['4'], ['0']],
  gradient_checkpointing: [['true', 'false'], ['1']],
  patch_size: [
    ['1', '2', '"2"'],
    ['3', 'two'],
  ],
  conditions: [
    ['[month]', '["group:class", "height:linear:0:9000:m"]'],
    ['month', '[1]', '["a:b"]', '[a, b]', '["a:log:0:1"]'],
  ],
  condition_dropout: [
    ['0', '0.5', '1'],
    ['-0.1', '1.1', 'none'],
  ],
  condition_dropout_all: [
    ['0', '0.5', '1'],
    ['-0.1', '1.1', 'none'],
  ],
  prediction_type: [['noise', 'x0', 'v'], ['epsilon']],
  snr_power: [
    ['0', '0.25', '1'],
    ['-1', 'half'],
  ],
  freeze_batch_norm: [
    ['0', '0.3', '1'],
    ['-0.1', '1.5'],
  ],
  min_snr_gamma: [
    ['5', '0.5', '0'],
    ['-1', 'five'],
  ],
  ema_decay: [['0', '0.999'], ['1']],
  seed: [['12'], ['-1', 'a']],
  backend: [['wasm', 'node', 'cpu'], ['cuda']],
  compat: [
    ['tutorial', 'readme'],
    ['torch', 'null'],
  ],
  noise_offset: [
    ['0.1', '0'],
    ['-0.1', 'a'],
  ],
  zero_terminal_snr: [['true', 'false'], ['1']],
  skip_drop_rate: [
    ['[0.5]', '[0.5, "0.25", 0, 0, 0]'],
    ['[1]', '[]', '[0.1, 0.1]', '0.5', '[-0.1]'],
  ],
  mask_ratio: [
    ['0.5', '1'],
    ['1.5', '-0.1'],
  ],
  mask_size: [['16'], ['0', '1.5']],
  mask_bands: [['0', '2'], ['-1']],
  mask_share: [
    ['0', '1'],
    ['2', 'half'],
  ],
  mask_loss: [['all', 'masked', 'visible'], ['hidden']],
  perceptual_weights: [['vgg16.safetensors'], ['1']],
  perceptual_bands: [['[2, 1, 0]'], ['[0, 1]', '[0, 1, -1]']],
};
