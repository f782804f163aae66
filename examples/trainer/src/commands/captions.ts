import path from 'node:path';
import { Command, Option } from 'commander';
import { writeFileAtomic } from 'diffusion-ssl/training/node';
import { captionFolders } from '../captions/captionFolders.js';
import { listItems } from '../config/listItems.js';

interface CaptionsOptions {
  template: string[];
  classes?: string[];
  out?: string;
}

/** `diffusion-ssl captions DIR`: a caption for each image of class folders, as one JSON object a line. */
export async function captions(args: readonly string[]): Promise<void> {
  const program = new Command('diffusion-ssl captions')
    .description(
      'Writes a caption for each image of a folder that has a folder for each class, as JSON lines of file_name and ' +
        'text, which diffusers, datasets and diffusion-ssl lora read.',
    )
    .argument('<folder>', 'folder with a folder of images for each class')
    .addOption(
      new Option(
        '--template <text...>',
        'captions, where {class} stands for the name of the class in small letters',
      ).makeOptionMandatory(),
    )
    .option('--classes <names>', 'folders to take, by commas (default: all that hold images)', listItems)
    .option('--out <file>', 'file that is written (default: metadata.jsonl in the folder)')
    .showHelpAfterError('(--help lists every option)');
  program.parse(args, { from: 'user' });
  const [folder] = program.args;
  const { template, classes, out = path.join(folder, 'metadata.jsonl') } = program.opts<CaptionsOptions>();
  const found = await captionFolders(folder, { templates: template, classes, relativeTo: path.dirname(out) });
  const lines = found.map(({ file, text }) => `${JSON.stringify({ file_name: file, text })}\n`);
  await writeFileAtomic(out, [new TextEncoder().encode(lines.join(''))]);
  const counts = new Map<string, number>();
  for (const { className } of found) counts.set(className, (counts.get(className) ?? 0) + 1);
  const shown = [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
  console.log(`${found.length} captions in ${out}: ${shown}`);
}
