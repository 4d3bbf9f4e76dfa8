import type { Plugin } from 'vite';

const ID = '\0zod-locales';

/**
 * Keeps zod's messages in fifty languages out of the page: drizzle-zod passes the whole of zod around as one value, so
 * that nothing of it can be left out by itself, and this application speaks English.
 */
export function englishOnly(): Plugin {
  return {
    name: 'english-only',
    enforce: 'pre',
    async resolveId(source, importer) {
      if (!source.endsWith('/locales/index.js') || !importer?.includes('/zod/v4/')) return null;
      const english = await this.resolve(source.replace('index.js', 'en.js'), importer);
      return english === null ? null : `${ID}?${english.id}`;
    },
    load(id) {
      if (!id.startsWith(ID)) return null;
      return `export { default as en } from ${JSON.stringify(id.slice(ID.length + 1))};`;
    },
  };
}
