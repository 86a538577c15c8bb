// Builds the browser bundles into api/static/dist. Run by `vollstreckung build-bundles`; nothing of it is committed.
import { build } from 'esbuild';
import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '..', 'static', 'dist');
const modules = join(here, 'node_modules');

// Texts that form-js does not hand to its translation, and its point in numbers: it reads a comma, but shows a point. The build fails where a new version writes them otherwise.
const FORM_TEXTS = [
  ["children: valueLabel || 'Select'", "children: valueLabel || 'Bitte wählen'"],
  ["placeholder: 'Search'", "placeholder: 'Suchen'"],
  ["emptyListMessage = 'No results'", "emptyListMessage = 'Nichts gefunden'"],
  ['`Remove list item ${itemIndex + 1}`', '`Zeile ${itemIndex + 1} entfernen`'],
  ['alt: "This is an image placeholder"', 'alt: "Kein Bild"'],
  ['value: displayValue,', "value: String(displayValue ?? '').replace('.', ','),"],
  ['placeholder: getLocaleReadableDateFormat()', "placeholder: 'TT.MM.JJJJ'"],
  ['dateFormat: getLocaleDateFlatpickrConfig()', "dateFormat: 'd.m.Y'"],
];
const germanForms = {
  name: 'german-forms',
  setup: ({ onLoad }) =>
    onLoad({ filter: /form-js-viewer[\\/]dist[\\/]index\.es\.js$/ }, async ({ path }) => {
      let contents = await readFile(path, 'utf8');
      for (const [found, german] of FORM_TEXTS) {
        if (!contents.includes(found)) throw new Error(`form-js no longer contains: ${found}`);
        contents = contents.replaceAll(found, german);
      }
      return { contents, loader: 'js' };
    }),
};

await rm(out, { recursive: true, force: true });
await mkdir(join(out, 'fonts'), { recursive: true });
await build({
  entryPoints: ['page.js', 'form.js', 'diagram.js', 'style.css', 'form.css', 'diagram.css'].map((name) => join(here, name)),
  outdir: out,
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  legalComments: 'linked',
  loader: { '.woff': 'file', '.woff2': 'file', '.ttf': 'file', '.eot': 'file', '.svg': 'file' },
  assetNames: 'assets/[name]-[hash]',
  plugins: [germanForms],
  logLevel: 'warning',
});
const kern = join(modules, '@kern-ux', 'native', 'dist');
await cp(join(kern, 'kern.min.css'), join(out, 'kern.min.css'));
await cp(join(kern, 'fonts'), join(out, 'kern-fonts'), { recursive: true });
const fira = join(modules, '@expo-google-fonts', 'fira-sans');
for (const face of ['400Regular', '400Regular_Italic', '600SemiBold', '700Bold']) {
  await cp(join(fira, face, `FiraSans_${face}.ttf`), join(out, 'fonts', `FiraSans_${face}.ttf`));
}
