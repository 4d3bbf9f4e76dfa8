import { type Project, type Workspace, workspaces } from '@org/core';
import { Link } from 'wouter';
import { useIdentity } from '../../../db/use-session.tsx';
import { ColorDot } from '../../../ui/color-dot.tsx';
import { Editable } from '../../../ui/editors/editable.tsx';
import { ReadOnly, ReadOnlyInstant } from '../../../ui/editors/read-only.tsx';
import { Property, PropertyList } from '../../../ui/property-list.tsx';
import { WorkspaceLabels } from '../../labels/view/workspace-labels.tsx';
import type { MemberRow } from '../queries.ts';
import classes from './workspaces.module.css';

export interface WorkspaceFactsProps {
  readonly workspace: Workspace;
  readonly planName: string | null;
  readonly members: readonly MemberRow[];
  readonly projects: readonly Project[];
}

/** Owners change the name and the key; everybody sees them. */
export function WorkspaceFacts({ workspace, planName, members, projects }: WorkspaceFactsProps) {
  const { user } = useIdentity();
  const isOwner = members.some(({ userId, role }) => userId === user.id && role === 'owner');
  const text = (property: 'name' | 'key') =>
    isOwner ? (
      <Editable
        table={workspaces}
        rowKey={{ id: workspace.id }}
        property={property}
        value={workspace[property]}
      />
    ) : (
      <ReadOnly text={workspace[property]} />
    );
  return (
    <PropertyList>
      <Property column="name" label="Name" value={workspace.name}>
        {text('name')}
      </Property>
      <Property column="key" label="Key" value={workspace.key}>
        {text('key')}
      </Property>
      <Property column="plan_id" label="Plan" value={workspace.planId}>
        <ReadOnly text={planName ?? workspace.planId} />
      </Property>
      <Property column="created_at" label="Created" value={workspace.createdAt}>
        <ReadOnlyInstant value={workspace.createdAt} />
      </Property>
      <Property column="projects" label="Projects" value={null}>
        <div className={classes.projects}>
          {projects.map((project) => (
            <Link
              key={project.id}
              href={`/tasks?project=${project.id}`}
              className={classes.project ?? ''}
              data-archived={project.isArchived}
            >
              <ColorDot color={project.color} />
              {project.name}
            </Link>
          ))}
        </div>
      </Property>
      <Property column="labels" label="Labels" value={null}>
        <WorkspaceLabels workspaceId={workspace.id} />
      </Property>
    </PropertyList>
  );
}
