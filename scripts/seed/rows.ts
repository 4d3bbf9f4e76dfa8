import type {
  comments,
  labels,
  members,
  profiles,
  projects,
  taskLabels,
  tasks,
  users,
  workspaces,
} from '@org/core';
import { createRandom, type Random } from './random.ts';
import {
  COMMENTS,
  LABELS,
  PEOPLE,
  PROJECTS,
  TASK_OBJECTS,
  TASK_PLACES,
  TASK_VERBS,
  WORKSPACES,
} from './words.ts';

/** The rows of the demo, in an order that foreign keys allow. */
export interface SeedRows {
  readonly users: (typeof users.$inferInsert)[];
  readonly profiles: (typeof profiles.$inferInsert)[];
  readonly workspaces: (typeof workspaces.$inferInsert)[];
  readonly members: (typeof members.$inferInsert)[];
  readonly projects: (typeof projects.$inferInsert)[];
  readonly labels: (typeof labels.$inferInsert)[];
  readonly tasks: (typeof tasks.$inferInsert)[];
  readonly taskLabels: (typeof taskLabels.$inferInsert)[];
  readonly comments: (typeof comments.$inferInsert)[];
}

const SEED = 20_260_101;
const FIRST_DAY_MS = Date.UTC(2026, 0, 5, 8);
const DAY_MS = 86_400_000;
const STATUSES = ['backlog', 'todo', 'in_progress', 'in_review', 'done', 'done', 'cancelled'] as const;

/** Some 5,000 tasks with comments and labels, in two workspaces that share some of their people. Always the same. */
export function makeSeedRows(taskCount = 5_000): SeedRows {
  const random = createRandom(SEED);
  const users = PEOPLE.map(({ name, email }) => ({ id: random.uuid(), name, email, createdAt: day(0) }));
  const userId = (index: number) => users[index % users.length]?.id as string;
  const profiles = PEOPLE.map(({ title, timeZone, bio }, index) => ({
    userId: userId(index),
    title,
    timeZone,
    bio,
    updatedAt: day(1),
  }));
  const rows: SeedRows = {
    users,
    profiles,
    workspaces: [],
    members: [],
    projects: [],
    labels: [],
    tasks: [],
    taskLabels: [],
    comments: [],
  };
  for (const workspace of WORKSPACES) {
    const workspaceId = random.uuid();
    const people = workspace.people.map(userId);
    rows.workspaces.push({
      id: workspaceId,
      name: workspace.name,
      key: workspace.key,
      planId: workspace.planId,
      createdAt: day(0),
    });
    people.forEach((id, index) => {
      rows.members.push({
        workspaceId,
        userId: id,
        role: index === 0 ? 'owner' : index < 6 ? 'editor' : 'viewer',
        joinedAt: day(index),
      });
    });
    const projects =
      PROJECTS[workspace.key]?.map(({ name, color }, position) => ({
        id: random.uuid(),
        workspaceId,
        name,
        color,
        position,
        isArchived: position === 4,
        createdAt: day(position),
      })) ?? [];
    const labels = LABELS.map(({ name, color }) => ({ id: random.uuid(), workspaceId, name, color }));
    rows.projects.push(...projects);
    rows.labels.push(...labels);
    addTasks(
      rows,
      random,
      { workspaceId, people, projectIds: projects.map(({ id }) => id), labelIds: labels.map(({ id }) => id) },
      Math.round(taskCount * workspace.share),
    );
  }
  return rows;
}

interface Place {
  readonly workspaceId: string;
  readonly people: readonly string[];
  readonly projectIds: readonly string[];
  readonly labelIds: readonly string[];
}

function addTasks(rows: SeedRows, random: Random, place: Place, count: number): void {
  for (let number = 1; number <= count; number++) {
    const id = random.uuid();
    const created =
      FIRST_DAY_MS + Math.floor((number / count) * 280 * DAY_MS) + random.integer(0, DAY_MS / 3);
    rows.tasks.push({
      id,
      workspaceId: place.workspaceId,
      projectId: random.pick(place.projectIds),
      number,
      title: `${random.pick(TASK_VERBS)} ${random.pick(TASK_OBJECTS)} ${random.pick(TASK_PLACES)}`,
      description: random.next() < 0.4 ? `${random.pick(COMMENTS)} ${random.pick(COMMENTS)}` : '',
      status: random.pick(STATUSES),
      priority: random.integer(0, 4),
      dueOn:
        random.next() < 0.5
          ? new Date(created + random.integer(3, 60) * DAY_MS).toISOString().slice(0, 10)
          : null,
      assigneeId: random.next() < 0.8 ? random.pick(place.people) : null,
      creatorId: random.pick(place.people),
      createdAt: new Date(created),
      updatedAt: new Date(created + random.integer(0, 20) * DAY_MS),
    });
    addComments(rows, random, place, id, created);
    const labelCount = random.integer(0, 2);
    const first = random.integer(0, place.labelIds.length - 1);
    for (let i = 0; i < labelCount; i++) {
      const labelId = place.labelIds[(first + i * 3) % place.labelIds.length] as string;
      rows.taskLabels.push({ taskId: id, labelId, workspaceId: place.workspaceId });
    }
  }
}

function addComments(rows: SeedRows, random: Random, place: Place, taskId: string, created: number): void {
  const count = random.next() < 0.55 ? 0 : random.integer(1, 4);
  for (let i = 0; i < count; i++) {
    const at = created + (i + 1) * random.integer(1, 3) * DAY_MS;
    rows.comments.push({
      id: random.uuid(),
      workspaceId: place.workspaceId,
      taskId,
      authorId: random.pick(place.people),
      body: random.pick(COMMENTS),
      createdAt: new Date(at),
      editedAt: random.next() < 0.1 ? new Date(at + 3_600_000) : null,
    });
  }
}

function day(index: number): Date {
  return new Date(FIRST_DAY_MS + index * DAY_MS);
}
