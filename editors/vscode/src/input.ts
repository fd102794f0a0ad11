// The input of a workflow whose launch configuration names none.
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

export const INPUT_FILE = 'input.json';

/** The value in `input.json` beside the workflow, or `{}` where there is no such file. */
export async function defaultInput(program: string): Promise<unknown> {
  const file = path.join(path.dirname(program), INPUT_FILE);
  let text: string;
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new Error(`The workflow's input could not be read from ${file}: ${(error as Error).message}`);
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch (error) {
    throw new Error(`The workflow's input in ${file} is not JSON: ${(error as Error).message}`);
  }
}
