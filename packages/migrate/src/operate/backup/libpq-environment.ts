/**
 * A Postgres URL as libpq's variables: on a command line, everybody on the machine could read the password.
 * `database` replaces the URL's.
 */
export function libpqEnvironment(
  url: string,
  database: string | null = null,
): Readonly<Record<string, string>> {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const variables: Record<string, string> = {
    PGHOST: searchParams.get('host') ?? decodeURIComponent(hostname).replace(/^\[|\]$/g, ''),
    PGPORT: port || '5432',
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: database ?? decodeURIComponent(pathname.slice(1)),
    PGAPPNAME: 'lockstep',
    PGCONNECT_TIMEOUT: '15',
  };
  const sslMode = searchParams.get('sslmode');
  if (sslMode !== null) variables.PGSSLMODE = sslMode === 'no-verify' ? 'require' : sslMode;
  const rootCertificate = searchParams.get('sslrootcert');
  if (rootCertificate !== null) variables.PGSSLROOTCERT = rootCertificate;
  return variables;
}
