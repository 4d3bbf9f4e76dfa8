import type { ShapeCatalogue, ShapeWhere } from '@lockstep/protocol';

/** Who is asking, as the API's authorisation hook found out. */
export interface Viewer {
  readonly userId: string;
  /** Workspaces that the viewer is a member of. */
  readonly workspaceIds: readonly string[];
  /** Everybody in those workspaces, the viewer included. */
  readonly colleagueIds: readonly string[];
}

/**
 * The synced tables, and which of their rows a person's devices hold.
 * A table that is not here (sessions) never leaves the server.
 */
export const shapes = {
  plans: { table: 'plans', audience: 'shared', rows: () => null },
  users: { table: 'users', audience: 'viewer', rows: (viewer) => oneOf('id', viewer.colleagueIds) },
  profiles: {
    table: 'profiles',
    audience: 'viewer',
    rows: (viewer) => oneOf('user_id', viewer.colleagueIds),
  },
  workspaces: { table: 'workspaces', audience: 'viewer', rows: (viewer) => oneOf('id', viewer.workspaceIds) },
  members: { table: 'members', audience: 'viewer', rows: inWorkspace },
  projects: { table: 'projects', audience: 'viewer', rows: inWorkspace },
  labels: { table: 'labels', audience: 'viewer', rows: inWorkspace },
  tasks: { table: 'tasks', audience: 'viewer', rows: inWorkspace },
  task_labels: { table: 'task_labels', audience: 'viewer', rows: inWorkspace },
  comments: { table: 'comments', audience: 'viewer', rows: inWorkspace },
} as const satisfies ShapeCatalogue<Viewer>;

/** Tables that stay on the server, by name: each table of the schema is either here or in `shapes`. */
export const serverOnlyTables = ['sessions'] as const;

function inWorkspace(viewer: Viewer): ShapeWhere {
  return oneOf('workspace_id', viewer.workspaceIds);
}

/** Sorted, so that the same rows are the same shape. With no ids the clause is false for every row. */
function oneOf(column: string, ids: readonly string[]): ShapeWhere {
  if (ids.length === 0) return { sql: `${column} IS NULL`, params: [] };
  const params = [...ids].sort();
  return { sql: `${column} IN (${params.map((_, index) => `$${index + 1}`).join(', ')})`, params };
}
