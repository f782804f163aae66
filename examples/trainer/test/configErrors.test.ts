import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/errors/ConfigError.js';
import { parseConfig } from '../src/config/parseConfig.js';

const parseText = (text: string) => parseConfig(text, 'my.yaml').config;
/** A configuration of so many keys, the first in line 2. */
const parse = (...lines: string[]) =>
  parseText(['Train_Validate:', ...lines.map((line) => `  ${line}`)].join('\n'));

/** The message of the error that a text is refused with. */
function messageOf(text: string): string {
  try {
    parseText(text);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error(`accepted: ${text.slice(0, 100)}`);
}

describe('a key that is not known', () => {
  it.each([
    ['train_bach: 4', 'train_bach', 'train_batch'],
    ['epochs: 4', 'epochs', 'epoch'],
    ['t_max: 4', 't_max', 'T_max'],
    ['learning_rate: 1', 'learning_rate', 'learning_rate_init'],
    ['timesteps: 4', 'timesteps', 'diffusion.timesteps'],
    ['diffusion: {timestep: 4}', 'diffusion.timestep', 'diffusion.timesteps'],
    ['diffusion: {gama: 4}', 'diffusion.gama', 'gamma'],
    ['model_kwargs: {use_skipatt: true}', 'model_kwargs.use_skipatt', 'model_kwargs.use_skipAtt'],
    ['loss_weights: {Alpha: 1}', 'loss_weights.Alpha', 'loss_weights.alpha'],
    ['__proto__: {}', '__proto__', 'epoch'],
    ['<<: {epoch: 3}', '<<', 'eps'],
  ])('%s: names the nearest', (line, key, nearest) => {
    expect(() => parse(line)).toThrow(`my.yaml, line 2: ${key} is not known; did you mean ${nearest}?`);
  });

  it('of the top is one outside the block', () => {
    expect(messageOf('Train_Validate:\n  epoch: 3\ntrain_batch: 4')).toBe(
      'my.yaml, line 3: train_batch is not known; did you mean Train_Validate?',
    );
  });

  it('but of the code of the tutorial, says who decides', () => {
    expect(() => parse('scheduler: onecycle', 'total_steps: 100')).toThrow(
      'my.yaml, line 3: total_steps is not read: onecycle takes the steps of the run. Leave it out.',
    );
  });
});

describe('a placeholder', () => {
  it.each([
    ['data_path: TBD', "line 2: data_path is 'TBD', a placeholder; it must be a folder."],
    ['save_dir: "tbd"', "line 2: save_dir is 'tbd', a placeholder; it must be a folder."],
    ['train_csv_name: <TBD>', "line 2: train_csv_name is '<TBD>', a placeholder; it must be a file."],
    [
      'train_batch: Tbd ',
      "line 2: train_batch is 'Tbd', a placeholder; it must be an integer of at least 1.",
    ],
    ['scheduler: TBD', "line 2: scheduler is 'TBD', a placeholder; it must be one of none, cosine,"],
    [
      'img_path_cols: [image, TBD]',
      "line 2: img_path_cols is 'TBD', a placeholder; it must be a list of one column",
    ],
    [
      'diffusion: {timesteps: TBD}',
      "line 2: diffusion.timesteps is 'TBD', a placeholder; it must be an integer",
    ],
    ['global_stats: {min: [TBD]}', "line 2: global_stats is 'TBD', a placeholder; it must be null, a file"],
    [
      'model_kwargs: TBD',
      "line 2: model_kwargs is 'TBD', a placeholder; it must be a block of keys: filter_config",
    ],
    ['trans: TBD', "line 2: trans is 'TBD', a placeholder; it must be null, its shipped value"],
  ])('%s is named as one, once', (line, message) => {
    const said = messageOf(`Train_Validate:\n  ${line}`);
    expect(said).toContain(`my.yaml, ${message}`);
    expect(said.split('\n')).toHaveLength(1);
  });

  it('is named beside all else that is wrong, in its line', () => {
    const lines = ['epoch: 0', 'data_path: TBD', 'milestones:', '  - 3', '  - TBD', 'epohc: TBD'];
    expect(messageOf(['Train_Validate:', ...lines].join('\n  ')).split('\n')).toEqual([
      'my.yaml, line 2: epoch is 0; it must be an integer of at least 1.',
      "my.yaml, line 3: data_path is 'TBD', a placeholder; it must be a folder.",
      expect.stringMatching(/^my\.yaml, line 6: milestones is 'TBD', a placeholder; it must be a list/),
      'my.yaml, line 7: epohc is not known; did you mean epoch?',
    ]);
  });

  it('is no part of a name', () => {
    expect(parse('data_path: /data/TBD', 'train_csv_name: ./tbd')).toMatchObject({ data_path: '/data/TBD' });
  });

  it('may stand where a flag takes its place', () => {
    const text =
      'Train_Validate:\n  data_path: TBD\n  diffusion: {timesteps: TBD}\n  global_stats: {min: [TBD]}';
    const replaced = (...fields: string[]) =>
      parseConfig(text, 'my.yaml', (field) => fields.includes(field)).config;
    const config = replaced('data', 'timesteps', 'globalStats');
    expect(config).toMatchObject({ diffusion: { timesteps: 1000 }, global_stats: null });
    expect(config).not.toHaveProperty('data_path');
    expect(() => replaced('data', 'globalStats')).toThrow(/^my\.yaml, line 3: diffusion\.timesteps is 'TBD'/);
  });
});

describe('an error', () => {
  it('has a line for everything that is wrong, in the order of the file', () => {
    expect(() =>
      parse('train_batch: forty', 'betas: [0.9, 1]', 'epoch: 0', 'loss_weights:', '  alpha: x', '  beat: 1'),
    ).toThrow(
      [
        "my.yaml, line 2: train_batch is 'forty'; it must be an integer of at least 1.",
        'my.yaml, line 3: betas is [0.9,1]; it must be a list of two numbers from 0 to below 1.',
        'my.yaml, line 4: epoch is 0; it must be an integer of at least 1.',
        "my.yaml, line 6: loss_weights.alpha is 'x'; it must be a number of at least 0.",
        'my.yaml, line 7: loss_weights.beat is not known; did you mean loss_weights.beta?',
      ].join('\n'),
    );
  });

  it('names the line of an item in a long list', () => {
    expect(() => parse('milestones:', '  - 30', '  - sixty', 'scheduler: multistep')).toThrow(
      'my.yaml, line 4: milestones is [30,"sixty"]; it must be a list of one integer or more',
    );
  });

  it('stays short', () => {
    const message = messageOf(
      `Train_Validate:\n${Array.from({ length: 500 }, (_, i) => `  key${i}: 1`).join('\n')}`,
    );
    expect(message.split('\n')).toHaveLength(21);
    expect(message).toMatch(/\nand more$/);
    expect(messageOf(`Train_Validate: {epoch: ${'x'.repeat(9000)}}`).length).toBeLessThan(200);
  });
});

describe('YAML that is refused', () => {
  it.each([
    [
      'a duplicate key',
      'Train_Validate:\n  epoch: 1\n  seed: 1\n  epoch: 2',
      /^my\.yaml, line 4: epoch is given twice, first in line 2\.$/,
    ],
    [
      'a duplicate key in a block',
      'Train_Validate:\n  diffusion:\n    timesteps: 3\n    timesteps: 3',
      /^my\.yaml, line 4: timesteps is given twice, first in line 3\.$/,
    ],
    ['a duplicate key in quotes', 'Train_Validate: {epoch: 1, "epoch": 1}', /line 1: epoch is given twice/],
    [
      'two blocks',
      'Train_Validate: {epoch: 1}\nTrain_Validate: {epoch: 2}',
      /line 2: Train_Validate is given twice/,
    ],
    ['an unclosed list', 'Train_Validate:\n  betas: [0.9,', /line 2: .*\]/],
    ['a tab as indentation', 'Train_Validate:\n\tepoch: 1', /line 2: .*[Tt]ab/],
    ['a tag', 'Train_Validate:\n  epoch: !!python/object 1', /line 2: .*tag/],
    ['a second document', 'Train_Validate: {}\n---\na: 1', /line 2: a second document begins/],
    ['a key that is a list', 'Train_Validate:\n  ? [epoch]\n  : 1', /line 2: a key must be a word/],
    ['an alias of nothing', 'Train_Validate:\n  epoch: *other', /line 2: no anchor before \*other/],
    ['an empty file', '', /line 1: the block Train_Validate is missing/],
    ['a comment alone', '# nothing', /the block Train_Validate is missing/],
    ['a list', '- 1', /the block Train_Validate is missing/],
    [
      'keys without the block',
      'epoch: 1',
      /the block Train_Validate is missing: every key stands in it, indented/,
    ],
    ['an empty block', 'Train_Validate:', /line 1: Train_Validate must be a block of keys/],
    ['a block that is a list', 'Train_Validate: [epoch]', /line 1: Train_Validate must be a block of keys/],
  ])('%s', (_, text, message) => {
    expect(messageOf(text)).toMatch(message);
  });

  it('takes anchors, a byte order mark, CRLF and comments', () => {
    const text =
      '\uFEFF# mine\r\nTrain_Validate:\r\n  scale_factor: &same [0.5, 2] # both\r\n  contrast_range: *same\r\n';
    expect(parseText(text)).toMatchObject({ scale_factor: [0.5, 2], contrast_range: [0.5, 2] });
  });
});

describe('options that do not go together', () => {
  it.each([
    [
      ['optimizer: adadelta', 'scheduler: onecycle'],
      'line 3: scheduler is onecycle, which moves momentum or betas; the optimizer adadelta has neither',
    ],
    [
      ['optimizer: sgd', 'momentum: 0', 'scheduler: onecycle'],
      'line 3: momentum is 0, but the scheduler onecycle moves it: choose one above 0, or leave it out.',
    ],
    [
      ['optimizer: sam', 'base_optimizer: adagrad', 'scheduler: onecycle'],
      'line 4: scheduler is onecycle, which moves momentum or betas; the optimizer adagrad has neither',
    ],
    [['optimizer: sgd', 'momentum: 0', 'nesterov: true'], 'line 4: nesterov needs momentum above 0.'],
    [['loss_fn: perceptual'], 'line 2: loss_fn is perceptual, which needs perceptual_weights'],
    [
      ['diffusion: {beta_start: 0.5}'],
      'line 2: diffusion.beta_start is 0.5; it must not be above diffusion.beta_end, 0.02',
    ],
  ])('%s', (lines, message) => {
    expect(() => parse(...lines)).toThrow(`my.yaml, ${message}`);
  });

  it.each([
    [
      'sam over adamw has the options of both',
      ['optimizer: sam', 'base_optimizer: adamw', 'rho: 0.1', 'betas: [0.9, 0.99]'],
    ],
    ['what is not read contradicts nothing', ['momentum: 0', 'nesterov: true', 'scheduler: onecycle']],
  ])('but %s', (_, lines) => {
    expect(() => parse(...lines)).not.toThrow();
  });
});

describe('any file', () => {
  const levels = Array.from(
    { length: 9 },
    (_, i) => `  a${i}: &a${i} [${Array(9).fill(i === 0 ? 'x' : `*a${i - 1}`)}]`,
  );
  const hostile: Record<string, string> = {
    'a billion aliases': `Train_Validate:\n${levels.join('\n')}`,
    'an alias of itself': 'Train_Validate:\n  a: &a [*a]',
    'a megabyte': 'Train_Validate: {}\n#'.padEnd(2 ** 20, 'x'),
    'deep lists': '['.repeat(32000),
    'deep lists, closed': `${'['.repeat(16000)}${']'.repeat(16000)}`,
    'deep maps': '{a: '.repeat(8000),
    'deep blocks': Array.from({ length: 250 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
    'deep sequences': '- '.repeat(16000),
    'deep keys': '? '.repeat(16000),
    'many keys': Array.from({ length: 4000 }, (_, i) => `k${i}:`).join('\n'),
    'one key many times': 'a:\n'.repeat(10000),
    'many anchors': '&a '.repeat(10000),
    'many quotes': '"'.repeat(32000),
    'many tags': '!'.repeat(32000),
    'many colons': 'a: b: '.repeat(5000),
    'many directives': '%TAG ! x\n'.repeat(3500),
    'many tabs': '\n\t'.repeat(16000),
  };
  it.each(Object.entries(hostile))('%s is refused soon', (_, text) => {
    const start = performance.now();
    expect(messageOf(text)).toMatch(/^my\.yaml, line \d+: /);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('is read or refused with its name and a line, whatever is in it', () => {
    const pieces = [
      ...[
        'Train_Validate:',
        '\n  ',
        '\n    ',
        '\n',
        'epoch: ',
        'betas: ',
        'diffusion: ',
        'scheduler: ',
        ': ',
        ', ',
      ],
      ...[
        '[',
        ']',
        '{',
        '}',
        '"',
        "'",
        '- ',
        '? ',
        '&a ',
        '*a',
        '!!str ',
        '|',
        '>',
        '#',
        '---',
        '%',
        '~',
        '\t',
        '\0',
        '<<: ',
      ],
      ...[
        '1e-6',
        '0.9',
        '-1',
        '.nan',
        '1e999',
        'null',
        'true',
        '0x1F',
        'é',
        '\u{1F30D}',
        '__proto__: ',
        'constructor: ',
      ],
    ];
    const file = fc
      .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 6 })), { maxLength: 30 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.boolean(), file, (inBlock, text) => {
        try {
          const config = parseText(inBlock ? `Train_Validate:\n  ${text}` : text);
          expect(config.epoch).toBeGreaterThanOrEqual(1);
        } catch (error) {
          expect((error as Error).message).toMatch(/^my\.yaml, line \d+: /);
        }
      }),
      { numRuns: 1500 },
    );
    expect(Object.prototype).not.toHaveProperty('epoch');
  });
});
