import { Avatar } from '@mantine/core';

export function PersonAvatar({ name, size = 20 }: { readonly name: string; readonly size?: number }) {
  return (
    <Avatar
      name={name}
      color="initials"
      size={size}
      radius="xl"
      aria-hidden="true"
      style={{ flex: 'none' }}
    />
  );
}
