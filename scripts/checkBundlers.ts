/**
 * Builds pages that use the packed package with the bundlers of the day, which are installed in a temporary folder:
 * first with what README.md tells to install, then with no optional package at all. `--tarball FILE` takes a tarball in
 * place of the build in dist/, `--only NAME` one bundler. Takes minutes and half a gigabyte.
 */
import { parseArgs } from 'node:util';
import { bundlers, tryBundler } from './lib/bundlers.js';
import { ConsumerProject } from './lib/ConsumerProject.js';
import { finish } from './lib/finish.js';

const { values: options } = parseArgs({
  options: { tarball: { type: 'string' }, only: { type: 'string' } },
});
const wanted = bundlers.filter(({ name }) => options.only === undefined || name.includes(options.only));
if (wanted.length === 0)
  throw new Error(`--only takes one of ${bundlers.map(({ name }) => name).join(', ')}`);

const problems: string[] = [];
for (const optional of [true, false]) {
  const project = new ConsumerProject(options.tarball);
  try {
    const packages = project.readmePackages().filter((name) => optional || !name.includes('tfjs-backend'));
    project.install(...packages, ...new Set(wanted.flatMap((bundler) => bundler.packages)));
    for (const bundler of wanted) {
      const found = tryBundler(project, bundler, project.path('node_modules'), optional);
      console.log(
        `${bundler.name}, ${optional ? "README's packages" : 'no optional one'}: ` +
          `${found.length === 0 ? 'ok' : 'fails'}`,
      );
      problems.push(...found);
    }
  } finally {
    project.remove();
  }
}

finish(problems, `${wanted.length} bundlers build the root, backends and makeBetaSchedule alone`);
