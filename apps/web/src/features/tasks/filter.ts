import { STATUSES, type TaskStatus } from './words.ts';

export const TASK_SORTS = {
  updated: 'Last updated',
  created: 'Newest',
  priority: 'Priority',
  due: 'Due date',
  number: 'Number',
  title: 'Title',
} as const;

export type TaskSort = keyof typeof TASK_SORTS;

/** Stands for tasks of nobody in `assignee`. */
export const NOBODY = 'none';

/** What the list shows; each null means all. It lives in the page's address, so that a list can be shared and reloaded. */
export interface TaskFilter {
  readonly text: string;
  readonly status: TaskStatus | null;
  readonly projectId: string | null;
  readonly workspaceId: string | null;
  readonly assigneeId: string | null;
  readonly labelId: string | null;
  readonly sort: TaskSort;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Reads the address. What makes no sense there is left out: it may be typed by hand. */
export function parseTaskFilter(search: URLSearchParams): TaskFilter {
  const id = (name: string) => {
    const value = search.get(name);
    return value !== null && UUID.test(value) ? value : null;
  };
  const status = STATUSES.find((candidate) => candidate === search.get('status')) ?? null;
  const sort = search.get('sort');
  return {
    text: search.get('q') ?? '',
    status,
    projectId: id('project'),
    workspaceId: id('workspace'),
    assigneeId: search.get('assignee') === NOBODY ? NOBODY : id('assignee'),
    labelId: id('label'),
    sort: sort !== null && Object.hasOwn(TASK_SORTS, sort) ? (sort as TaskSort) : 'updated',
  };
}

/** The address of a filter, without what is at its default. */
export function formatTaskFilter(filter: TaskFilter): URLSearchParams {
  const search = new URLSearchParams();
  const add = (name: string, value: string | null) => {
    if (value !== null && value !== '') search.set(name, value);
  };
  add('q', filter.text);
  add('status', filter.status);
  add('project', filter.projectId);
  add('workspace', filter.workspaceId);
  add('assignee', filter.assigneeId);
  add('label', filter.labelId);
  add('sort', filter.sort === 'updated' ? null : filter.sort);
  return search;
}

export function isFiltered(filter: TaskFilter): boolean {
  return [...formatTaskFilter(filter).keys()].some((name) => name !== 'sort');
}
