// The texts of the pages in the three languages, as the program has them: to find a text by its key, and to know an
// English one where it has no business.

import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const LANGUAGES = ['tr', 'ru', 'en'];

const FOLDER = fileURLToPath(new URL('../../../reports/translations/', import.meta.url));

/** The values of a TOML file of sections with one-line texts, by `section.key`. */
function read(file) {
  const found = new Map();
  let section = '';
  for (const line of readFileSync(FOLDER + file, 'utf8').split('\n')) {
    const heading = /^\[([^\]]+)\]/.exec(line);
    const entry = /^("[^"]+"|[\w-]+)\s*=\s*("(?:[^"\\]|\\.)*")/.exec(line);
    if (heading) section = heading[1];
    else if (entry) found.set(`${section}.${entry[1].replaceAll('"', '')}`, JSON.parse(entry[2]));
  }
  return found;
}

const OF = new Map(
  LANGUAGES.map((language) => {
    const files = readdirSync(FOLDER).filter((name) => name === `${language}.toml` || name.startsWith('web-') && name.endsWith(`-${language}.toml`));
    return [language, new Map(files.sort().flatMap((file) => [...read(file)]))];
  }),
);

/** A text by its key, with its `{places}` filled. */
export function text(language, key, values = {}) {
  const found = OF.get(language).get(key);
  if (found === undefined) throw new Error(`the texts have no ${key} in ${language}`);
  return found.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

export const SECTIONS = [...new Set([...OF.get('en').keys()].map((key) => key.split('.')[0]))];

/** Codes that have a name in words and are never shown themselves: `in_processing`, `late-delivery`. */
export const CODES = new Set(
  ['states', 'categories', 'departments', 'remedies', 'channels', 'codes', 'trends', 'pause', 'purposes', 'message_states'].flatMap((group) =>
    [...OF.get('en').keys()]
      .filter((key) => key.startsWith(`${group}.`))
      .map((key) => key.slice(group.length + 1))
      .filter((code) => /[_-]/.test(code)),
  ),
);

/** Indicators are called by their codes in commands and settings, and shown with them; the longest first. */
export const INDICATORS = [...OF.get('en').keys()]
  .filter((key) => key.startsWith('indicator_names.'))
  .map((key) => key.slice('indicator_names.'.length).replace(/^(sla|remedies)_/, '$1.').replace(/_2$/, '.2'))
  .sort((one, other) => other.length - one.length);

const bare = (text) => text.replace(/\{\w+\}/g, '');
const quoted = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** What would be an untranslated text in a language: the whole of an English text that reads otherwise there. */
export function english(language) {
  if (language === 'en') return () => undefined;
  const own = new Set(OF.get(language).values());
  const whole = new Set();
  const patterns = [];
  for (const [key, english] of OF.get('en')) {
    const words = bare(english).match(/\p{L}{2,}/gu) ?? [];
    // A short word may be one of another language too.
    if (own.has(english) || words.join('').length < 4 || OF.get(language).get(key) === english) continue;
    if (english.includes('{')) patterns.push(new RegExp(`^${english.split(/\{\w+\}/).map(quoted).join('.+')}$`));
    else whole.add(english);
  }
  return (seen) => whole.has(seen) || patterns.some((pattern) => pattern.test(seen));
}
