// Kills this process at the n-th change of a file below CRASH_FOLDER, n being CRASH_AT, in the middle of it: what is
// written has its first half. Without CRASH_AT their number is written to CRASH_COUNT at the end. For node --import.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';

const { CRASH_FOLDER, CRASH_AT, CRASH_COUNT } = process.env;
const last = Number(CRASH_AT ?? Infinity);
let changes = 0;

const isInside = (file) => !path.relative(CRASH_FOLDER, path.resolve(String(file))).startsWith('..');
const isDue = (file) => isInside(file) && ++changes === last;
const die = () => process.kill(process.pid, 'SIGKILL');
const half = (data) => data.slice(0, Math.floor(data.length / 2));

for (const [name, write] of Object.entries({
  appendFileSync: true,
  writeFileSync: true,
  renameSync: false,
  rmSync: false,
})) {
  const original = fs[name];
  fs[name] = (file, data, ...others) => {
    if (isDue(file)) {
      if (write) original(file, half(data), ...others);
      die();
    }
    return original(file, data, ...others);
  };
}
for (const name of ['rename', 'rm', 'rmdir', 'mkdir', 'writeFile', 'open']) {
  const original = fs.promises[name];
  fs.promises[name] = async (file, ...others) => {
    const changesIt = name !== 'open' || /[wa+]/.test(others[0] ?? 'r');
    const due = changesIt && isDue(file);
    if (due && name !== 'open') die();
    const result = await original(file, ...others);
    if (due) die();
    if (name !== 'open' || !changesIt) return result;
    const { write, writeFile, sync } = result;
    result.writeFile = async (data, ...options) => {
      if (!isDue(file)) return writeFile.call(result, data, ...options);
      await writeFile.call(result, half(data), ...options);
      return die();
    };
    result.write = async (data, begin, length) => {
      if (!isDue(file)) return write.call(result, data, begin, length);
      await write.call(result, data, begin, Math.floor(length / 2));
      return die();
    };
    result.sync = async () => {
      if (isDue(file)) die();
      return sync.call(result);
    };
    return result;
  };
}
syncBuiltinESMExports();
if (CRASH_COUNT) process.on('exit', () => fs.writeFileSync(CRASH_COUNT, String(changes)));
