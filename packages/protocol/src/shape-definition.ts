/** A where clause in Electric's grammar: `$1`, `$2` … stand for `params`. */
export interface ShapeWhere {
  readonly sql: string;
  readonly params: readonly string[];
}

/**
 * A shape that clients may ask for by name. The server chooses table, columns and rows; a client only ever names the shape.
 * `Viewer` is what the application's authorisation hook says of who is asking.
 */
export interface ShapeDefinition<Viewer> {
  /** The synced table (its name in the client-visible schema). */
  readonly table: string;
  /** `shared` rows are the same for everybody and may be cached publicly; `viewer` rows are that person's. */
  readonly audience: 'shared' | 'viewer';
  /** Which rows: null for all of them. */
  readonly rows: (viewer: Viewer) => ShapeWhere | null;
}

export type ShapeCatalogue<Viewer> = Readonly<Record<string, ShapeDefinition<Viewer>>>;

/** What a client needs of the catalogue: names, tables, and whether its scope is in the URL. */
export interface ClientShape {
  readonly name: string;
  readonly table: string;
  readonly audience: 'shared' | 'viewer';
}

export function toClientShapes<Viewer>(catalogue: ShapeCatalogue<Viewer>): readonly ClientShape[] {
  return Object.entries(catalogue).map(([name, { table, audience }]) => ({ name, table, audience }));
}
