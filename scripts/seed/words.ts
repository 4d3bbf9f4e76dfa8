/** What the demo's rows are made of. */

export const PEOPLE = [
  {
    name: 'Ada Okafor',
    email: 'ada@example.com',
    title: 'Engineering lead',
    timeZone: 'Africa/Lagos',
    bio: 'Keeps the releases boring.',
  },
  {
    name: 'Bruno Keller',
    email: 'bruno@example.com',
    title: 'Backend engineer',
    timeZone: 'Europe/Zurich',
    bio: 'Postgres, mostly.',
  },
  {
    name: 'Chiara Rossi',
    email: 'chiara@example.com',
    title: 'Product designer',
    timeZone: 'Europe/Rome',
    bio: 'Draws first, argues later.',
  },
  {
    name: 'Dmitri Alves',
    email: 'dmitri@example.com',
    title: 'Frontend engineer',
    timeZone: 'America/Sao_Paulo',
    bio: 'Cares about the first second.',
  },
  {
    name: 'Emi Tanaka',
    email: 'emi@example.com',
    title: 'Data engineer',
    timeZone: 'Asia/Tokyo',
    bio: 'Counts things.',
  },
  {
    name: 'Farid Nasser',
    email: 'farid@example.com',
    title: 'On-call engineer',
    timeZone: 'Asia/Dubai',
    bio: 'Sleeps well, thanks to alerts that mean something.',
  },
  {
    name: 'Greta Lindqvist',
    email: 'greta@example.com',
    title: 'Product manager',
    timeZone: 'Europe/Stockholm',
    bio: 'Writes the shortest specifications.',
  },
  {
    name: 'Hugo Martin',
    email: 'hugo@example.com',
    title: 'Support',
    timeZone: 'Europe/Paris',
    bio: 'Knows every customer by first name.',
  },
  {
    name: 'Ines Duarte',
    email: 'ines@example.com',
    title: 'Marketing',
    timeZone: 'Europe/Lisbon',
    bio: 'Headline first.',
  },
  {
    name: 'Jonas Weber',
    email: 'jonas@example.com',
    title: 'Content',
    timeZone: 'Europe/Berlin',
    bio: 'Cuts every second word.',
  },
] as const;

/** `people` are indexes into `PEOPLE`; `share` is the part of all tasks. Ines and Jonas see only the second workspace. */
export const WORKSPACES = [
  { name: 'Northwind Engineering', key: 'ENG', planId: 'team', people: [0, 1, 2, 3, 4, 5, 6], share: 0.8 },
  { name: 'Northwind Marketing', key: 'MKT', planId: 'free', people: [8, 9, 7, 6, 2], share: 0.2 },
] as const;

export const PROJECTS: Readonly<Record<string, readonly { name: string; color: string }[]>> = {
  ENG: [
    { name: 'Checkout', color: 'blue' },
    { name: 'Mobile app', color: 'grape' },
    { name: 'Search', color: 'teal' },
    { name: 'Platform', color: 'orange' },
    { name: 'Old importer', color: 'gray' },
  ],
  MKT: [
    { name: 'Spring campaign', color: 'pink' },
    { name: 'Website', color: 'cyan' },
    { name: 'Newsletter', color: 'lime' },
  ],
};

export const LABELS = [
  { name: 'bug', color: 'red' },
  { name: 'feature', color: 'violet' },
  { name: 'performance', color: 'orange' },
  { name: 'accessibility', color: 'teal' },
  { name: 'documentation', color: 'blue' },
  { name: 'customer request', color: 'green' },
  { name: 'good first task', color: 'lime' },
] as const;

export const TASK_VERBS = [
  'Fix',
  'Rework',
  'Measure',
  'Document',
  'Simplify',
  'Test',
  'Design',
  'Remove',
  'Speed up',
  'Review',
  'Replace',
  'Translate',
] as const;

export const TASK_OBJECTS = [
  'the address form',
  'invoice totals',
  'the empty state',
  'image uploads',
  'password reset',
  'search ranking',
  'the export',
  'push notifications',
  'the sign-up page',
  'currency rounding',
  'the settings menu',
  'date pickers',
  'keyboard shortcuts',
  'the import wizard',
  'rate limits',
  'the weekly report',
] as const;

export const TASK_PLACES = [
  'on small screens',
  'for new customers',
  'in the admin area',
  'when offline',
  'after the last release',
  'for large accounts',
  'in dark mode',
  'before the launch',
  'in the staging environment',
  'for screen readers',
  'under load',
  'on the first visit',
] as const;

export const COMMENTS = [
  'Reproduced it on a second machine.',
  'The numbers look right after the last change.',
  'Can we keep the old wording until the next release?',
  'I would rather remove the option than explain it.',
  'Done on my side; please have a look.',
  'This also happens with an empty list.',
  'Measured before and after: a third of the time.',
  'A customer asked for this twice last week.',
  'Let us split it: the form first, the totals later.',
  'The design is in the shared file.',
  'Works for me now, thank you.',
  'It needs a migration, a small one.',
] as const;
