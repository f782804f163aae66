import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { holdsRun, type RunTrial } from './RunTrial.js';
import { differences, resultsOf } from './resultsOf.js';

/**
 * Changes a byte of something that a stopped run depends on: it goes on as it would have, or names what has changed.
 */
export async function tryChanges(trial: RunTrial, chips: string): Promise<string[]> {
  const { trainer, flags, folder, random, count } = trial;
  const problems: string[] = [];
  const begun = path.join(folder, 'changes-begun');
  const first = trainer.start([...flags, '--out', begun, '--checkpoint-steps', '1']);
  while (!holdsRun(begun) && first.child.exitCode === null) await new Promise((next) => setTimeout(next, 10));
  first.child.kill('SIGTERM');
  await first.ended;
  const said = { refused: 0, same: 0 };
  for (let i = 0; i < count; i++) {
    const [out, data] = ['run', 'chips'].map((name) => path.join(folder, `changes-${i}`, name));
    cpSync(begun, out, { recursive: true });
    cpSync(chips, data, { recursive: true });
    const files = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.(tif|csv)$/.test(name),
    );
    const name = i % 5 === 0 ? 'statistics.json' : files[Math.floor(random() * files.length)];
    const file = path.join(i % 5 === 0 ? out : data, name);
    const bytes = readFileSync(file);
    const at = Math.floor(random() * bytes.length);
    // Now and then nothing but the time of the file.
    if (i % 7 !== 0) bytes[at] ^= 1 << Math.floor(random() * 8);
    writeFileSync(file, bytes);
    const where = ['--data', data, '--catalog', path.join(data, 'catalog.csv')];
    const { code, stderr } = await trainer.start(['--out', out, '--resume', ...where, '--threads', '1'])
      .ended;
    if (code === 1 && /error: /.test(stderr)) said.refused++;
    else if (code === 0 && differences(trial.alone, resultsOf(out)).length === 0) said.same++;
    else {
      const different = code === 0 ? differences(trial.alone, resultsOf(out)).join(', ') : stderr.slice(-500);
      problems.push(`changes: byte ${at} of ${name}: ended with ${code}; ${different}`);
    }
  }
  console.log(
    `runs: ${count} changes of a byte, ${said.refused} named, ${said.same} without an effect on the run`,
  );
  return problems;
}
