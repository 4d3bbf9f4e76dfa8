import { useMemo } from 'react';
import { useSearchParams } from 'wouter';
import { formatTaskFilter, parseTaskFilter, type TaskFilter } from './filter.ts';

export interface TaskFilterState {
  readonly filter: TaskFilter;
  readonly change: (part: Partial<TaskFilter>) => void;
  /** The address' query with its `?`, or nothing: to keep the filter on the way to a task and back. */
  readonly query: string;
}

/** The filter in the page's address. */
export function useTaskFilter(): TaskFilterState {
  const [search, setSearch] = useSearchParams();
  const filter = useMemo(() => parseTaskFilter(search), [search]);
  const text = formatTaskFilter(filter).toString();
  return {
    filter,
    change: (part) =>
      setSearch((now) => formatTaskFilter({ ...parseTaskFilter(now), ...part }), { replace: true }),
    query: text === '' ? '' : `?${text}`,
  };
}
