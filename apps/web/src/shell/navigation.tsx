import { useLiveQuery } from '@lockstep/sync/react';
import type { ReactNode } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import { useDb } from '../db/drizzle.ts';
import { useIdentity } from '../db/use-session.tsx';
import { activeProjects } from '../features/projects/queries.ts';
import { countOpenTasks } from '../features/tasks/queries.ts';
import { ColorDot } from '../ui/color-dot.tsx';
import {
  IconBuildingCommunity,
  IconCircleHalf2,
  IconCreditCard,
  IconDatabase,
  IconFolders,
  IconTarget,
  IconUsers,
} from '../ui/icons.ts';
import { formatCount } from '../ui/words.ts';
import classes from './layout.module.css';

export interface NavigationProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function Navigation({ isOpen, onClose }: NavigationProps) {
  const db = useDb();
  const { user } = useIdentity();
  const projects = useLiveQuery(activeProjects(db));
  const [counts] = useLiveQuery(countOpenTasks(db, user.id)).rows;
  return (
    <>
      <nav className={classes.navigation} aria-label="Main" data-open={isOpen}>
        <NavigationLink to="/tasks" icon={<IconCircleHalf2 size={16} />} count={counts?.open}>
          Tasks
        </NavigationLink>
        <NavigationLink
          to={`/tasks?assignee=${user.id}`}
          icon={<IconTarget size={16} />}
          count={counts?.mine}
        >
          My tasks
        </NavigationLink>
        <NavigationLink to="/projects" icon={<IconFolders size={16} />}>
          Projects
        </NavigationLink>
        <NavigationLink to="/workspaces" icon={<IconBuildingCommunity size={16} />}>
          Workspaces
        </NavigationLink>
        <NavigationLink to="/people" icon={<IconUsers size={16} />}>
          People
        </NavigationLink>
        <NavigationLink to="/plan" icon={<IconCreditCard size={16} />}>
          Plan
        </NavigationLink>
        <NavigationLink to="/database" icon={<IconDatabase size={16} />}>
          Database
        </NavigationLink>
        {groupByWorkspace(projects.rows).map(([workspace, own]) => (
          <div key={workspace} role="group" aria-label={workspace}>
            <div className={classes.section}>{workspace}</div>
            {own.map((project) => (
              <NavigationLink
                key={project.id}
                to={`/tasks?project=${project.id}`}
                icon={<ColorDot color={project.color} />}
              >
                {project.name}
              </NavigationLink>
            ))}
          </div>
        ))}
      </nav>
      <div className={classes.backdrop} aria-hidden="true" onClick={onClose} />
    </>
  );
}

type NavigationProject = Awaited<ReturnType<typeof activeProjects>>[number];

function groupByWorkspace(
  rows: readonly NavigationProject[],
): readonly (readonly [string, readonly NavigationProject[]])[] {
  const groups = new Map<string, NavigationProject[]>();
  for (const row of rows) {
    const name = row.workspaceName ?? 'Projects';
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return [...groups];
}

interface NavigationLinkProps {
  readonly to: string;
  readonly icon: ReactNode;
  readonly count?: number | undefined;
  readonly children: ReactNode;
}

function NavigationLink({ to, icon, count, children }: NavigationLinkProps) {
  const [path] = useLocation();
  const search = useSearch();
  return (
    <Link
      href={to}
      className={classes.link ?? ''}
      aria-current={isCurrent(to, path, search) ? 'page' : undefined}
    >
      {icon}
      <span className={classes.linkText}>{children}</span>
      {count !== undefined && count > 0 && (
        <span className={classes.count} aria-label={`${count} open`}>
          {formatCount(count)}
        </span>
      )}
    </Link>
  );
}

/** A filtered list is current only with its filter; the plain one only without those that have a link of their own. */
function isCurrent(to: string, path: string, search: string): boolean {
  const [toPath = '', toSearch = ''] = to.split('?');
  if (path !== toPath && !path.startsWith(`${toPath}/`)) return false;
  const here = new URLSearchParams(search);
  if (toSearch !== '')
    return [...new URLSearchParams(toSearch)].every(([name, value]) => here.get(name) === value);
  return !here.has('project') && !here.has('assignee');
}
