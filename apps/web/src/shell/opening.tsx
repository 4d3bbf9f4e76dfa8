import type { ErrorReport } from '@lockstep/sync';
import { Button, Center, Group, Loader, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useSession } from '../db/use-session.tsx';

/** Nothing of anybody's data is on the screen meanwhile. */
export function Waiting({ children }: { readonly children: ReactNode }) {
  return (
    <Center h="100%" role="status" aria-label="Please wait">
      <Group gap="sm">
        <Loader size="xs" />
        <Text c="dimmed" fz="sm">
          {children}
        </Text>
      </Group>
    </Center>
  );
}

export function OpeningFailed({ error }: { readonly error: ErrorReport }) {
  const session = useSession();
  return (
    <Center h="100%" p="lg">
      <Stack maw={460} gap="xs" role="alert">
        <Title order={1}>The local database did not open</Title>
        <Text>{error.message}</Text>
        <Text c="dimmed">{error.remedy}</Text>
        <Text c="dimmed" fz="xs">
          {error.code}
        </Text>
        <Group mt="sm">
          <Button onClick={() => void session.reopen()}>Try again</Button>
          <Button variant="default" onClick={() => void session.signOut({ erase: false })}>
            Sign out
          </Button>
        </Group>
      </Stack>
    </Center>
  );
}
