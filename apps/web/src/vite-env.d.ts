/// <reference types="vite/client" />

declare module 'virtual:empty-database' {
  /** The address of an empty, initialised database's files (`vite/empty-database.ts`). */
  const url: string;
  export default url;
}
