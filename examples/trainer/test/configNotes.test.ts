import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from '../../../scripts/lib/root.js';
import { parsePretrainOptions } from '../src/config/pretrainOptions.js';

const folder = mkdtempSync(path.join(tmpdir(), 'config-notes-'));
const file = path.join(folder, 'my.yaml');
const shipped = path.join(root, 'examples/ssl_train.yaml');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is said of a file of these keys, the first in line 2, and of flags beside it. */
function optionsOf(lines: string[], ...flags: string[]) {
  writeFileSync(file, ['Train_Validate:', ...lines.map((line) => `  ${line}`)].join('\n'));
  return parsePretrainOptions(['--config', file, ...flags]);
}
const notesOf = (lines: string[], ...flags: string[]) => optionsOf(lines, ...flags).notes;

describe('a key that nothing reads is a note, not an error', () => {
  it.each([
    [
      ['optimizer: sgd', 'betas: [0.9, 0.99]'],
      'line 3: betas is no option of the optimizer sgd, which has momentum, nesterov; it is not read.',
    ],
    [
      ['momentum: 0.9'],
      'line 2: momentum is no option of the optimizer adamw, which has betas, eps, amsgrad; it is not read.',
    ],
    [['rho: 0.9'], 'line 2: rho is no option of the optimizer adamw'],
    [['adaptive: true', 'optimizer: adam'], 'line 2: adaptive is no option of the optimizer adam'],
    [
      ['optimizer: adagrad', 'betas: [0.9, 0.99]'],
      'line 3: betas is no option of the optimizer adagrad, which has eps',
    ],
    [
      ['optimizer: sam', 'eps: 1'],
      'line 3: eps is no option of the optimizer sam over sgd, which has base_optimizer, rho, adaptive, ' +
        'momentum, nesterov',
    ],
    [
      ['t_0: 3', 'scheduler: poly'],
      'line 2: t_0 is no option of the scheduler poly, which has max_decay_steps, min_learning_rate, ' +
        'power; it is not read.',
    ],
    [['T_max: 3'], 'line 2: T_max is no option of the scheduler cosinewarm, which has t_0, t_mult, eta_min'],
    [
      ['perceptual_weights: w'],
      'line 2: perceptual_weights is for the loss perceptual, not mse; it is not read.',
    ],
    [['loss_weights: {alpha: 0.5}'], 'line 2: loss_weights is for the loss hybrid_light, not mse'],
    [['global_stats: a.json'], 'line 2: global_stats is for gab and gpb, not lab'],
    [['stat_procedure: lpb', 'downfactor: 4'], 'line 3: downfactor is for gab and gpb, not lpb'],
    [
      ['clip_val: 2', 'normal_strategy: z_value'],
      'line 2: clip_val is for min_max, not z_value; it is not read.',
    ],
    [['clip_val: 2', 'apply_normalization: false'], 'line 2: clip_val is for min_max, not none'],
    [
      ['clip_val: 2', 'apply_normalization: false', 'compat: readme'],
      'line 2: clip_val is for min_max and z_value, not none',
    ],
    [['clip_val: 2', 'compat: readme'], 'line 2: clip_val is 2, and min_max ends at 1; it is not read.'],
  ])('%s', (lines, note) => {
    const notes = notesOf(lines);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain(`${file}, ${note}`);
  });

  it.each([
    [
      'sam over adamw has the options of both',
      ['optimizer: sam', 'base_optimizer: adamw', 'betas: [0.9, 0.99]'],
    ],
    ['a schedule that is off keeps its options', ['scheduler: ""', 't_0: 30', 'step_size: 3']],
    [
      'what another choice would read, as shipped',
      ['loss_fn: mse', 'loss_weights: {alpha: 0.9}', 'downfactor: 32'],
    ],
    ['what is given as null', ['optimizer: sgd', 'params_init: null', 'global_stats: null']],
    ['a limit within what min_max gives, as the README has it', ['clip_val: 0.5', 'compat: readme']],
    ['what the README has read', ['clip_val: 2', 'normal_strategy: z_value', 'compat: readme']],
  ])('but not that %s', (_, lines) => {
    expect(notesOf(lines)).toEqual([]);
  });

  it('and the run goes on as if it were not there', () => {
    const { config, given } = optionsOf([
      'optimizer: sgd',
      'betas: [0.9, 0.99]',
      'scheduler: poly',
      't_0: 3',
    ]);
    for (const field of ['betas', 't0']) {
      expect(config).not.toHaveProperty(field);
      expect(given).not.toContain(field);
    }
    expect(optionsOf(['momentum: 0', 'scheduler: onecycle', 'nesterov: true']).notes).toHaveLength(2);
  });

  it('one for each, and none for the file of the tutorial', () => {
    expect(parsePretrainOptions(['--config', shipped]).notes).toEqual([]);
    const { notes } = parsePretrainOptions([
      '--config',
      shipped,
      '--optimizer',
      'sgd',
      '--scheduler',
      'step',
    ]);
    const about = notes.map((note) => / (\w+) is no option of the (\w+ \w+), /.exec(note)?.slice(1).join());
    const unread = ['betas,optimizer sgd', 'eps,optimizer sgd'];
    expect(about.sort()).toEqual([
      ...unread,
      ...['eta_min', 't_0', 't_mult'].map((key) => `${key},scheduler step`),
    ]);
  });

  it('goes where a flag makes the choice that reads it', () => {
    const lines = ['scheduler: poly', 't_0: 3', 'power: 2'];
    expect(notesOf(lines)).toEqual([expect.stringContaining('line 3: t_0 is no option')]);
    const { notes, config } = optionsOf(lines, '--scheduler', 'cosinewarm');
    expect(notes).toEqual([
      expect.stringContaining('line 4: power is no option of the scheduler cosinewarm'),
    ]);
    expect(config.t0).toBe(3);
  });
});

describe('a flag that nothing reads', () => {
  it('is a note beside the flag that was switched', () => {
    const { notes, config, given } = parsePretrainOptions([
      ...['--scheduler', 'poly', '--t0', '5', '--optimizer', 'sgd', '--betas', '0.9,0.99'],
      ...['--statistics', 'lab', '--global-stats', 's.json', '--augmentation', 'flips', '--br-range', '0,1'],
      ...['--normalization', 'z_value', '--clip-percent', '2'],
    ]);
    expect(notes).toEqual([
      '--betas is no option of the optimizer sgd, which has --momentum, --nesterov; it is not read.',
      '--t0 is no option of the scheduler poly, which has --max-decay-steps, --min-learning-rate, --power; ' +
        'it is not read.',
      '--global-stats is for gab and gpb, not lab; it is not read.',
      '--clip-percent is for min_max, not z_value; it is not read.',
      '--br-range needs --augmentation all; it is not read.',
    ]);
    const nothing = { betas: undefined, t0: undefined, globalStats: undefined };
    expect(config).toMatchObject({ ...nothing, clipPercent: 0, brRange: [-0.02, 0.02] });
    expect(given).not.toContain('brRange');
    expect(parsePretrainOptions(['--optimizer', 'sgd', '--momentum', '0.5']).notes).toEqual([]);
  });
});
