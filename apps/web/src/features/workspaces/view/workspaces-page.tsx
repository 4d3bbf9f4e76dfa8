import { useLiveQuery } from '@lockstep/sync/react';
import { Anchor } from '@mantine/core';
import { Link } from 'wouter';
import { useDb } from '../../../db/drizzle.ts';
import { Page, Section } from '../../../ui/page.tsx';
import { countOf } from '../../../ui/words.ts';
import { allProjects } from '../../projects/queries.ts';
import { allMembers, workspacesWithPlans } from '../queries.ts';
import { MemberTable } from './member-table.tsx';
import { WorkspaceFacts } from './workspace-facts.tsx';
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
              <WorkspaceFacts
                workspace={workspace}
                planName={plan?.name ?? null}
                members={own}
                projects={projects.filter((project) => project.workspaceId === workspace.id)}
              />
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
