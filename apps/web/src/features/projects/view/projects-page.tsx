import { useLiveQuery } from '@lockstep/sync/react';
import { Anchor, Progress, Select, Table } from '@mantine/core';
import { projects } from '@org/core';
import { Link } from 'wouter';
import { useDb } from '../../../db/drizzle.ts';
import { COLOR_NAMES, ColorDot } from '../../../ui/color-dot.tsx';
import { Editable } from '../../../ui/editors/editable.tsx';
import quiet from '../../../ui/editors/quiet.module.css';
import { Framed, Page } from '../../../ui/page.tsx';
import { formatCount, formatInstant, humanize } from '../../../ui/words.ts';
import { type ProjectWithProgress, projectsWithProgress } from '../queries.ts';

export function ProjectsPage() {
  const { rows } = useLiveQuery(projectsWithProgress(useDb()));
  return (
    <Page
      title="Projects"
      intro="Edit a name, a colour or the order in place. Archived projects take no new tasks."
    >
      <Framed>
        <Table miw={760}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Name</Table.Th>
              <Table.Th>Workspace</Table.Th>
              <Table.Th>Done</Table.Th>
              <Table.Th>Colour</Table.Th>
              <Table.Th>Position</Table.Th>
              <Table.Th>Archived</Table.Th>
              <Table.Th>Created</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <ProjectRow key={row.project.id} row={row} />
            ))}
          </Table.Tbody>
        </Table>
      </Framed>
    </Page>
  );
}

function ProjectRow({ row }: { readonly row: ProjectWithProgress }) {
  const { project } = row;
  const total = row.total ?? 0;
  const done = row.done ?? 0;
  const of = (property: keyof typeof project) => ({
    table: projects,
    rowKey: { id: project.id },
    property,
    value: project[property],
  });
  return (
    <Table.Tr data-testid="project-row" opacity={project.isArchived ? 0.6 : 1}>
      <Table.Td miw={170}>
        <Editable {...of('name')} label={`Name of ${project.name}`} />
      </Table.Td>
      <Table.Td c="dimmed">{row.workspaceName}</Table.Td>
      <Table.Td miw={130}>
        <Anchor
          component={Link}
          href={`/tasks?project=${project.id}`}
          fz="xs"
          aria-label={`Tasks of ${project.name}`}
        >
          {formatCount(done)} of {formatCount(total)}
        </Anchor>
        <Progress value={total === 0 ? 0 : (done / total) * 100} size={4} mt={4} aria-hidden="true" />
      </Table.Td>
      <Table.Td miw={120}>
        <Editable {...of('color')} label={`Colour of ${project.name}`}>
          {({ label, value, onSave }) => (
            <Select
              aria-label={label}
              allowDeselect={false}
              classNames={{ input: quiet['input'] ?? '' }}
              leftSection={<ColorDot color={String(value)} />}
              value={String(value)}
              data={COLOR_NAMES.map((color) => ({ value: color, label: humanize(color) }))}
              onChange={onSave}
            />
          )}
        </Editable>
      </Table.Td>
      <Table.Td w={80}>
        <Editable {...of('position')} label={`Position of ${project.name}`} />
      </Table.Td>
      <Table.Td>
        <Editable {...of('isArchived')} label={`${project.name} is archived`} />
      </Table.Td>
      <Table.Td c="dimmed" fz="xs" style={{ whiteSpace: 'nowrap' }}>
        {formatInstant(project.createdAt)}
      </Table.Td>
    </Table.Tr>
  );
}
