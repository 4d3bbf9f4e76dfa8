import { Table, Text } from '@mantine/core';
import { members as membersTable } from '@org/core';
import { useIdentity } from '../../../db/use-session.tsx';
import { Editable } from '../../../ui/editors/editable.tsx';
import { formatInstant, humanize } from '../../../ui/words.ts';
import type { MemberRow } from '../queries.ts';
import classes from './workspaces.module.css';

/** Owners change roles; everybody sees them. */
export function MemberTable({ members }: { readonly members: readonly MemberRow[] }) {
  const { user } = useIdentity();
  const isOwner = members.some((member) => member.userId === user.id && member.role === 'owner');
  return (
    <Table verticalSpacing={4} horizontalSpacing="xs">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Name</Table.Th>
          <Table.Th>Role</Table.Th>
          <Table.Th visibleFrom="xs">Joined</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {members.map((member) => (
          <Table.Tr key={member.userId} data-testid="member-row">
            <Table.Td>
              {member.name ?? '…'}
              <Text fz="xs" c="dimmed">
                {member.email}
              </Text>
            </Table.Td>
            <Table.Td className={classes.role}>
              {isOwner && member.userId !== user.id ? (
                <Editable
                  table={membersTable}
                  rowKey={{ workspaceId: member.workspaceId, userId: member.userId }}
                  property="role"
                  value={member.role}
                  label={`Role of ${member.name ?? 'this member'}`}
                />
              ) : (
                humanize(member.role)
              )}
            </Table.Td>
            <Table.Td visibleFrom="xs" fz="xs" c="dimmed">
              {formatInstant(member.joinedAt)}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
