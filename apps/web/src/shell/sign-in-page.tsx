import { isLockstepError } from '@lockstep/protocol';
import { Button, Center, Group, Loader, Stack, Text, Title, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { useSession } from '../db/use-session.tsx';
import { PersonAvatar } from '../ui/person.tsx';
import classes from './sign-in-page.module.css';
import { usePeople } from './use-people.ts';

/** The demo's sign-in: choose who you are. The choice goes through the API's real authorisation. */
export function SignInPage() {
  const session = useSession();
  const { state, retry } = usePeople(true);
  const [problem, setProblem] = useState<string | null>(null);
  const choose = (userId: string) => {
    setProblem(null);
    session.signIn(userId).catch((error: unknown) => {
      setProblem(isLockstepError(error) ? `${error.message} ${error.remedy}` : String(error));
    });
  };
  return (
    <Center component="main" mih="100%" p="lg" className={classes.page ?? ''}>
      <Stack w="100%" maw={380} gap="md">
        <Group gap="sm">
          <img src="/icon.svg" alt="" width={32} height={32} />
          <Title order={1}>Lockstep</Title>
        </Group>
        <Text c="dimmed">Who are you today? Each person has a database of their own in this browser.</Text>
        {state.kind === 'loading' && <Loader size="sm" aria-label="Loading people" />}
        {state.kind === 'failed' && (
          <Stack gap="xs" role="alert">
            <Text>{state.message}</Text>
            <Group>
              <Button onClick={retry}>Try again</Button>
            </Group>
          </Stack>
        )}
        {state.kind === 'ready' && (
          <ul className={classes.people} aria-label="People">
            {state.people.map((person) => (
              <li key={person.id}>
                <UnstyledButton className={classes.person ?? ''} onClick={() => choose(person.id)}>
                  <PersonAvatar name={person.name} size={28} />
                  <span>
                    <span className={classes.name}>{person.name}</span>
                    <span className={classes.email}>{person.email}</span>
                  </span>
                </UnstyledButton>
              </li>
            ))}
          </ul>
        )}
        {problem !== null && (
          <Text c="var(--app-bad)" role="alert">
            {problem}
          </Text>
        )}
      </Stack>
    </Center>
  );
}
