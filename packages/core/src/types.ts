import type {
  comments,
  labels,
  members,
  plans,
  profiles,
  projects,
  tasks,
  users,
  workspaces,
} from './schema/index.ts';

export type User = typeof users.$inferSelect;
export type Profile = typeof profiles.$inferSelect;
export type Workspace = typeof workspaces.$inferSelect;
export type Member = typeof members.$inferSelect;
export type Project = typeof projects.$inferSelect;
export type Label = typeof labels.$inferSelect;
export type Task = typeof tasks.$inferSelect;
export type Comment = typeof comments.$inferSelect;
export type Plan = typeof plans.$inferSelect;
