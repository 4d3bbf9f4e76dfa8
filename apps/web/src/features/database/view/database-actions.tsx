import { isLockstepError } from '@lockstep/protocol';
import { useElectricMigrations, useLocalDatabase, useSyncStatus } from '@lockstep/sync/react';
import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';

/** Check, force, reset, pause: the buttons of the migration manager. */
export function DatabaseActions({ onDone }: { readonly onDone: () => void }) {
  const database = useLocalDatabase();
  const { kind } = useSyncStatus();
  const migrations = useElectricMigrations();
  const [isBusy, setIsBusy] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const run = async (work: () => Promise<string>) => {
    setIsBusy(true);
    setSaid(null);
    try {
      setSaid(await work());
    } catch (error) {
      setSaid(isLockstepError(error) ? `${error.message} ${error.remedy}` : String(error));
    }
    setIsBusy(false);
    onDone();
  };
  const isDisabled = isBusy || migrations.isMigrating;
  return (
    <div>
      <Group gap="xs">
        <Button
          variant="default"
          disabled={isDisabled}
          onClick={() =>
            run(async () =>
              (await migrations.checkAndMigrate()) ? 'Moved to a new version.' : 'Nothing to do.',
            )
          }
        >
          Check for a new version
        </Button>
        <Button
          variant="default"
          disabled={isDisabled}
          onClick={() => run(() => migrations.forceMigration().then(() => 'Every table was synced again.'))}
        >
          Sync everything again
        </Button>
        <Button
          variant="default"
          disabled={isDisabled}
          onClick={() =>
            run(() =>
              migrations.resetMigrationState().then(() => 'Forgotten. The next start migrates from nothing.'),
            )
          }
        >
          Reset migration state
        </Button>
        <Button variant="default" onClick={() => (kind === 'paused' ? database.resume() : database.pause())}>
          {kind === 'paused' ? 'Resume sync' : 'Pause sync'}
        </Button>
      </Group>
      <Text fz="xs" c="dimmed" mt={4} aria-live="polite">
        {said}
      </Text>
    </div>
  );
}
