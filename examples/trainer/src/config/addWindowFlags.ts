import type { Command } from 'commander';
import { choice, integer, share } from './flagValues.js';

/** Adds the flags about the chips of a run's catalog: their size, windows of scenes, and those that cannot be read. */
export function addWindowFlags(program: Command): Command {
  return program
    .option('--size <pixels>', 'crop or pad chips to this side (default: as they are)', integer(1))
    .addOption(
      choice('--windows <where>', 'take windows of --size of scenes or larger chips', ['random', 'grid']),
    )
    .option('--windows-per-scene <n>', 'windows of a scene in an epoch', integer(1))
    .option('--max-missing <share>', "largest share of a window's pixels missing (default: 0.5)", share)
    .addOption(
      choice(
        '--on-bad-chip <what>',
        'stop at an unreadable chip, or go on without',
        ['error', 'skip'],
        'error',
      ),
    );
}
