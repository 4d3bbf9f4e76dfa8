import { useLiveQuery } from '@lockstep/sync/react';
import { Anchor } from '@mantine/core';
import { workspaces } from '@org/core';
import { Link } from 'wouter';
import { useDb } from '../../../db/drizzle.ts';
import { ColorDot } from '../../../ui/color-dot.tsx';
import { Editable } from '../../../ui/editors/editable.tsx';
import { ReadOnly, ReadOnlyInstant } from '../../../ui/editors/read-only.tsx';
import { Page, Section } from '../../../ui/page.tsx';
import { Property, PropertyList } from '../../../ui/property-list.tsx';
import { countOf } from '../../../ui/words.ts';
import { WorkspaceLabels } from '../../labels/view/workspace-labels.tsx';
import { allProjects } from '../../projects/queries.ts';
import { allMembers, workspacesWithPlans } from '../queries.ts';
import { MemberTable } from './member-table.tsx';
import classes from './workspaces.module.css';

export function WorkspacesPage() {
  const db = useDb();
  const { rows } = useLiveQuery(workspacesWithPlans(db));
  const members = useLiveQuery(allMembers(db)).rows;
  const projects = useLiveQuery(allProjects(db)).rows;
  return (
    <Page title="Workspaces" intro="What you are a member of, with whom, and what is in it.">
      {rows.map(({ workspace, plan }) => {
        const own = members.filter((member) => member.workspaceId === workspace.id);
        return (
          <Section
            key={workspace.id}
            title={workspace.name}
            note={
              <Anchor component={Link} fz="xs" href={`/tasks?workspace=${workspace.id}`}>
                Its tasks
              </Anchor>
            }
          >
            <div className={classes.columns}>
              <PropertyList>
                <Property column="name" label="Name" value={workspace.name}>
                  <Editable
                    table={workspaces}
                    rowKey={{ id: workspace.id }}
                    property="name"
                    value={workspace.name}
                  />
                </Property>
                <Property column="key" label="Key" value={workspace.key}>
                  <ReadOnly text={workspace.key} isCode />
                </Property>
                <Property column="plan_id" label="Plan" value={workspace.planId}>
                  <ReadOnly text={plan?.name ?? workspace.planId} />
                </Property>
                <Property column="created_at" label="Created" value={workspace.createdAt}>
                  <ReadOnlyInstant value={workspace.createdAt} />
                </Property>
                <Property column="projects" label="Projects" value={null}>
                  <div className={classes.projects}>
                    {projects
                      .filter((project) => project.workspaceId === workspace.id)
                      .map((project) => (
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
              <div>
                <div className={classes.caption}>{countOf(own.length, 'member')}</div>
                <MemberTable members={own} />
              </div>
            </div>
          </Section>
        );
      })}
    </Page>
  );
}
