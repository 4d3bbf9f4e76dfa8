import { isLockstepError } from '@lockstep/protocol';
import { Loader, Menu, Text, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { useIdentity, useSession } from '../db/use-session.tsx';
import { IconChevronDown, IconLogout, IconTrash } from '../ui/icons.ts';
import { PersonAvatar } from '../ui/person.tsx';
import classes from './layout.module.css';
import { usePeople } from './use-people.ts';

/** Who this tab works as, and the way to become somebody else. */
export function IdentityMenu() {
  const session = useSession();
  const { user } = useIdentity();
  const [isOpen, setIsOpen] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const { state } = usePeople(isOpen);
  const switchTo = (userId: string) => {
    session.signIn(userId).catch((error: unknown) => {
      setProblem(isLockstepError(error) ? error.message : String(error));
      setIsOpen(true);
    });
  };
  return (
    <Menu opened={isOpen} onChange={setIsOpen} position="bottom-end" width={260}>
      <Menu.Target>
        <UnstyledButton
          className={classes.identity ?? ''}
          aria-label={`Signed in as ${user.name}. Switch person`}
          data-testid="identity"
        >
          <PersonAvatar name={user.name} size={22} />
          <span className={classes.identityName}>{user.name}</span>
          <IconChevronDown size={14} aria-hidden="true" />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Work as</Menu.Label>
        {state.kind === 'loading' && (
          <Menu.Item disabled leftSection={<Loader size={14} />}>
            Loading people…
          </Menu.Item>
        )}
        {state.kind === 'failed' && (
          <Text c="dimmed" fz="xs" px="sm" py={6} maw={240}>
            {state.message}
          </Text>
        )}
        {state.kind === 'ready' &&
          state.people.map((person) => (
            <Menu.Item
              key={person.id}
              leftSection={<PersonAvatar name={person.name} size={18} />}
              aria-current={person.id === user.id}
              disabled={person.id === user.id}
              onClick={() => switchTo(person.id)}
            >
              {person.name}
            </Menu.Item>
          ))}
        {problem !== null && (
          <Text c="var(--app-bad)" fz="xs" px="sm" py={6} role="alert">
            {problem}
          </Text>
        )}
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconLogout size={15} />}
          onClick={() => void session.signOut({ erase: false })}
        >
          Sign out
        </Menu.Item>
        <Menu.Item
          color="red"
          leftSection={<IconTrash size={15} />}
          onClick={() => void session.signOut({ erase: true })}
        >
          Sign out and erase this device’s data
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
