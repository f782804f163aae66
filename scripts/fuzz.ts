/**
 * Feeds mutated files to the parsers of files that come from elsewhere: each must read or refuse them as it promises,
 * soon. `npm run fuzz -- --inputs 1000000 --seed 7 --parsers catalog`; `--only INDEX` repeats one input.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { decimal } from '../examples/trainer/src/config/decimal.js';
import { listItems } from '../examples/trainer/src/config/listItems.js';
import { finish } from './lib/finish.js';
import { fuzzInput, fuzzOne } from './lib/fuzz.js';
import { fuzzedParsers } from './lib/fuzzParsers.js';

const { values: options } = parseArgs({
  options: {
    inputs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    parsers: { type: 'string', default: Object.keys(fuzzedParsers).join() },
    only: { type: 'string' },
  },
});
const names = listItems(options.parsers);
const [seed, inputs] = [decimal(options.seed), decimal(options.inputs)];
if (
  ![seed, inputs].every((n) => Number.isInteger(n) && n >= 0) ||
  !names.every((name) => fuzzedParsers[name])
)
  throw new Error(
    `--inputs and --seed take integers, --parsers names of ${Object.keys(fuzzedParsers).join()}`,
  );

/** What a child says of the inputs up to `index`. */
interface Progress {
  index: number;
  read: number;
  refused: number;
  crash?: string;
}

/** Without progress for so long, a parser hangs. */
const HANG_MILLISECONDS = 120_000;

if (process.send) await child(names[0]);
else if (options.only !== undefined) {
  const input = fuzzInput(fuzzedParsers[names[0]], seed, decimal(options.only));
  console.log(JSON.stringify(Buffer.from(input).toString('latin1')));
  console.log(await fuzzOne(fuzzedParsers[names[0]], input));
} else await main();

async function main(): Promise<void> {
  const problems: string[] = [];
  const start = performance.now();
  for (const [i, name] of names.entries()) {
    // The first parsers take what does not divide.
    const share = Math.floor(inputs / names.length) + (i < inputs % names.length ? 1 : 0);
    problems.push(...(await fuzzParser(name, share)));
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  finish(problems, `fuzz: ${inputs} inputs, ${names.join(', ')}, in ${seconds} s`);
}

/** Runs a parser in a process of its own, which may crash or hang. */
function fuzzParser(name: string, count: number): Promise<string[]> {
  return new Promise((resolve) => {
    const problems: string[] = [];
    const about = (index: number) => `${name} (--parsers ${name} --seed ${seed} --only ${index})`;
    const args = ['--parsers', name, '--seed', String(seed), '--inputs', String(count)];
    const process_ = fork(fileURLToPath(import.meta.url), args);
    let last: Progress = { index: 0, read: 0, refused: 0 };
    const hang = () => {
      problems.push(`${about(last.index)}: hangs at this input or one of the next 100`);
      process_.kill('SIGKILL');
    };
    let timer = setTimeout(hang, HANG_MILLISECONDS);
    process_.on('message', (progress: Progress) => {
      clearTimeout(timer);
      timer = setTimeout(hang, HANG_MILLISECONDS);
      if (progress.crash !== undefined) problems.push(`${about(progress.index)}: ${progress.crash}`);
      last = progress;
    });
    process_.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (code !== 0 && problems.length === 0)
        problems.push(
          `${about(last.index)}: ended with ${signal ?? code} at this input or one of the next 100`,
        );
      console.log(`${name}: ${last.read} read, ${last.refused} refused, ${problems.length} crashed`);
      resolve(problems);
    });
  });
}

async function child(name: string): Promise<void> {
  const parser = fuzzedParsers[name];
  const progress: Progress = { index: 0, read: 0, refused: 0 };
  const send = (crash?: string) => process.send?.({ ...progress, crash });
  for (; progress.index < inputs; progress.index++) {
    if (progress.index % 100 === 0) send();
    const outcome = await fuzzOne(parser, fuzzInput(parser, seed, progress.index));
    if (outcome.kind === 'crash') send(outcome.message);
    else progress[outcome.kind]++;
  }
  send();
  process.disconnect();
}
