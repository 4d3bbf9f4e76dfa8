// Ten lines with the published Electric client. With `pnpm dev` running:
//   cd scripts && node examples/shape-stream.mjs
import { ShapeStream } from '@electric-sql/client';

const electric = process.env.ELECTRIC_URL ?? 'http://127.0.0.1:3000';
const stream = new ShapeStream({
  url: `${electric}/v1/shape`,
  params: { table: 'tasks', columns: ['id', 'title', 'status'], where: 'number <= $1', params: ['10'] },
});
stream.subscribe((messages) => {
  for (const { headers, value } of messages)
    console.log(headers.operation ?? headers.control, value?.title ?? '');
});
