/** Keys whose field is not the key itself, camelCased; null: what the key says is in another field, or in none. */
const FIELDS: Readonly<Record<string, string | null>> = {
  data_path: 'data',
  train_csv_name: 'catalog',
  save_dir: 'out',
  img_path_cols: 'imageColumns',
  data_size: 'size',
  apply_normalization: null,
  normal_strategy: 'normalization',
  stat_procedure: 'statistics',
  clip_val: 'clipPercent',
  train_batch: 'batch',
  epoch: 'epochs',
  loss_fn: 'loss',
  'loss_weights.alpha': null,
  'loss_weights.beta': null,
  'loss_weights.gamma': null,
  learning_rate_init: 'learningRate',
  warmup_period: 'warmup',
  T_max: 'tMax',
  'model_kwargs.use_skipAtt': 'attention',
  diffusion: null,
  model_kwargs: null,
  buffer_comp: null,
  catalog_index: null,
  trans: null,
  parallel: null,
};

/** The field of the trainer's options that a key of the configuration file sets, if it is one of its own. */
export function fieldOf(path: string): string | null {
  if (Object.hasOwn(FIELDS, path)) return FIELDS[path];
  const key = path.slice(path.lastIndexOf('.') + 1);
  return key.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
