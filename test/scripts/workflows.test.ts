import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from '../../scripts/lib/root.js';

interface Workflow {
  jobs: Record<
    string,
    { 'timeout-minutes': number; steps: { run?: string; with?: Record<string, unknown> }[] }
  >;
}

const folder = '.github/workflows';
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const workflows = readdirSync(path.join(root, folder)).map((name) => `${folder}/${name}`);
const scripts = JSON.parse(read('package.json')).scripts as Record<string, string>;

describe.each(workflows)('%s', (file) => {
  const { jobs } = parse(read(file)) as Workflow;

  it('calls scripts that there are', () => {
    const commands = Object.values(jobs).flatMap(({ steps }) =>
      steps
        .flatMap(({ run, with: given }) => [run, given?.version, given?.publish])
        .filter((text) => typeof text === 'string'),
    );
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) {
      const script = /^npm run (\S+)/.exec(command)?.[1];
      if (script !== undefined) expect(Object.keys(scripts)).toContain(script);
      // Programs of this repository can be executed.
      if (command.startsWith('.ci/')) expect(statSync(path.join(root, command)).mode & 0o111).toBe(0o111);
    }
  });

  it('ends no job that runs everything before its time', () => {
    for (const { steps, 'timeout-minutes': minutes } of Object.values(jobs)) {
      const runsAll = steps.some(
        ({ run, with: given }) => run === '.ci/run' || given?.publish === '.ci/publish',
      );
      expect(minutes).toBeGreaterThanOrEqual(runsAll ? 120 : 20);
    }
  });
});
