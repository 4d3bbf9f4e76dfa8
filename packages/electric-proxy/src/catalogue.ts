import { LockstepError, quoteLiteral } from '@lockstep/protocol';

/** One step of the `electric` schema's own history. */
export interface CatalogueStep {
  readonly version: number;
  readonly sql: string;
}

/** Publication that the Electric service reads, by its ELECTRIC_REPLICATION_STREAM_ID. */
export function publicationName(streamId: string): string {
  return `electric_publication_${streamId}`;
}

/** Throws CONFIG_INVALID for a name that Electric would refuse: it has to be an identifier that needs no quotes. */
export function assertStreamId(streamId: string): void {
  if (/^[a-z_][a-z0-9_]*$/.test(streamId) && publicationName(streamId).length <= IDENTIFIER_BYTES_MAX) return;
  throw new LockstepError('CONFIG_INVALID', {
    message: `The replication stream id "${streamId}" is not a name that Electric accepts.`,
    remedy: 'Set ELECTRIC_REPLICATION_STREAM_ID to at most 42 lower-case letters, digits and underscores.',
  });
}

const IDENTIFIER_BYTES_MAX = 63;

/**
 * The SQL that installs the `electric` schema at its newest version into a database that has none, as one script.
 * The proxy does it by itself; this is for those who want to read it or run it by hand.
 */
export function electricCatalogueSql(streamId: string): string {
  return [
    'BEGIN;',
    ...catalogueSteps(streamId).map(({ sql }) => sql),
    recordSql(streamId),
    'COMMIT;',
    '',
  ].join('\n');
}

/** In order. A later version adds a step; a released one is never changed. */
export function catalogueSteps(streamId: string): readonly CatalogueStep[] {
  assertStreamId(streamId);
  return [{ version: 1, sql: versionOne(publicationName(streamId)) }];
}

/** Writes down which version is there now, and for which stream. */
export function recordSql(streamId: string): string {
  const version = Math.max(...catalogueSteps(streamId).map((step) => step.version));
  return `INSERT INTO electric.catalogue (version, stream_id) VALUES (${version}, ${quoteLiteral(streamId)})
  ON CONFLICT (is_only) DO UPDATE SET version = excluded.version, installed_at = now();`;
}

/**
 * The publication's name is part of the procedures' text and not read from a table: a caller in REPEATABLE READ whose
 * snapshot is older than the installation would not see its row.
 */
function versionOne(publication: string): string {
  return `
CREATE SCHEMA IF NOT EXISTS electric;
GRANT USAGE ON SCHEMA electric TO PUBLIC;
COMMENT ON SCHEMA electric IS 'Tables that follow to clients through Electric. Kept by the Lockstep proxy.';

CREATE TABLE electric.catalogue (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  version integer NOT NULL,
  stream_id text NOT NULL,
  installed_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON electric.catalogue TO PUBLIC;

CREATE TABLE electric.electrified (
  relation oid PRIMARY KEY,
  schema_name text NOT NULL,
  table_name text NOT NULL,
  epoch integer NOT NULL DEFAULT 1,
  electrified_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON electric.electrified TO PUBLIC;

CREATE FUNCTION electric.assert_electrifiable(target regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  found_table record;
BEGIN
  SELECT c.*, n.nspname INTO STRICT found_table
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = target;
  IF found_table.relkind NOT IN ('r', 'p') THEN
    RAISE EXCEPTION '% is not an ordinary table', target
      USING ERRCODE = 'wrong_object_type', HINT = 'Only ordinary and partitioned tables can be electrified.';
  END IF;
  IF found_table.relispartition THEN
    RAISE EXCEPTION '% is a partition', target
      USING ERRCODE = 'wrong_object_type', HINT = 'Electrify the partitioned table; its partitions follow.';
  END IF;
  IF found_table.relpersistence <> 'p' THEN
    RAISE EXCEPTION '% is a temporary or unlogged table', target
      USING ERRCODE = 'wrong_object_type',
        HINT = 'Its rows are not in the write-ahead log, so they cannot be replicated.';
  END IF;
  IF NOT pg_has_role(current_user, found_table.relowner, 'USAGE') THEN
    RAISE EXCEPTION 'must be owner of table %', target
      USING ERRCODE = 'insufficient_privilege',
        HINT = format('The proxy is logged in as %I and the table belongs to %I: run ALTER TABLE %s OWNER TO %I, or GRANT %I TO %I.',
          current_user, pg_get_userbyid(found_table.relowner), target, current_user,
          pg_get_userbyid(found_table.relowner), current_user);
  END IF;
  IF NOT has_table_privilege('electric.electrified', 'INSERT') THEN
    RAISE EXCEPTION 'role % may not write to the catalogue electric.electrified', current_user
      USING ERRCODE = 'insufficient_privilege',
        HINT = format('GRANT SELECT, INSERT, UPDATE, DELETE ON electric.electrified TO %I, or run this without SET ROLE.', current_user);
  END IF;
  IF NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = target AND i.indisprimary) THEN
    RAISE EXCEPTION 'table % has no primary key', target
      USING ERRCODE = 'object_not_in_prerequisite_state',
        HINT = format('Clients find rows by their key. Add it before ENABLE ELECTRIC: ALTER TABLE %s ADD PRIMARY KEY (...).', target);
  END IF;
END
$body$;

-- The table and, of a partitioned one, every leaf: a leaf whose old rows are not logged whole breaks all shapes.
CREATE FUNCTION electric.set_replica_identity(target regclass, wanted "char") RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  part regclass;
BEGIN
  FOR part IN
    SELECT c.oid FROM pg_class c
    WHERE (c.oid = target OR c.oid IN (SELECT t.relid FROM pg_partition_tree(target) t))
      AND c.relkind IN ('r', 'p') AND c.relreplident <> wanted
    ORDER BY c.oid
  LOOP
    EXECUTE format('ALTER TABLE %s REPLICA IDENTITY %s', part, CASE wanted WHEN 'f' THEN 'FULL' ELSE 'DEFAULT' END);
  END LOOP;
END
$body$;

CREATE FUNCTION electric.ensure_publication() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  found_publication record;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_publication p WHERE p.pubname = '${publication}') THEN
    IF NOT has_database_privilege(current_database(), 'CREATE') THEN
      RAISE EXCEPTION 'publication ${publication} is missing and role % may not create it', current_user
        USING ERRCODE = 'insufficient_privilege',
          HINT = format('GRANT CREATE ON DATABASE %I TO %I, or let a role that may run CREATE PUBLICATION ${publication} and ALTER PUBLICATION ${publication} OWNER TO %I.',
            current_database(), current_user, current_user);
    END IF;
    BEGIN
      EXECUTE 'CREATE PUBLICATION ${publication}'
        || CASE WHEN current_setting('server_version_num')::int >= 180000
             THEN ' WITH (publish_generated_columns = stored)' ELSE '' END;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL; -- Another migration created it at the same moment.
    END;
  END IF;
  SELECT p.* INTO STRICT found_publication FROM pg_publication p WHERE p.pubname = '${publication}';
  IF NOT (found_publication.pubinsert AND found_publication.pubupdate
      AND found_publication.pubdelete AND found_publication.pubtruncate) THEN
    RAISE EXCEPTION 'publication ${publication} does not publish inserts, updates, deletes and truncates'
      USING ERRCODE = 'object_not_in_prerequisite_state',
        HINT = 'ALTER PUBLICATION ${publication} SET (publish = ''insert, update, delete, truncate'').';
  END IF;
  IF NOT pg_has_role(current_user, found_publication.pubowner, 'USAGE') THEN
    RAISE EXCEPTION 'must be owner of publication ${publication}'
      USING ERRCODE = 'insufficient_privilege',
        HINT = format('ALTER PUBLICATION ${publication} OWNER TO %I.', current_user);
  END IF;
END
$body$;

CREATE FUNCTION electric.is_published(target regclass) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $body$
  SELECT EXISTS (
    SELECT FROM pg_publication p WHERE p.pubname = '${publication}'
      AND (p.puballtables OR EXISTS (SELECT FROM pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid = target)))
$body$;

CREATE PROCEDURE electric.electrify(target regclass)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  own_name record;
  earlier_epoch integer;
  is_known boolean;
BEGIN
  IF target IS NULL THEN
    RAISE NOTICE 'relation does not exist, skipping';
    RETURN;
  END IF;
  PERFORM electric.assert_electrifiable(target);
  SELECT n.nspname, c.relname INTO STRICT own_name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = target;
  PERFORM electric.ensure_publication();
  PERFORM electric.set_replica_identity(target, 'f');
  IF NOT electric.is_published(target) THEN
    EXECUTE format('ALTER PUBLICATION ${publication} ADD TABLE %I.%I', own_name.nspname, own_name.relname);
  END IF;
  -- A table of this name that is gone leaves its epoch to its successor, so that no shape takes one for the other.
  DELETE FROM electric.electrified e
    WHERE e.schema_name = own_name.nspname AND e.table_name = own_name.relname AND e.relation <> target
      AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = e.relation)
    RETURNING e.epoch INTO earlier_epoch;
  SELECT true INTO is_known FROM electric.electrified e WHERE e.relation = target;
  INSERT INTO electric.electrified (relation, schema_name, table_name, epoch)
    VALUES (target, own_name.nspname, own_name.relname, coalesce(earlier_epoch + 1, 1))
    ON CONFLICT (relation) DO UPDATE SET schema_name = excluded.schema_name, table_name = excluded.table_name;
  IF is_known THEN
    RAISE NOTICE 'table %.% is already electrified', quote_ident(own_name.nspname), quote_ident(own_name.relname);
  END IF;
END
$body$;

CREATE PROCEDURE electric.unelectrify(target regclass)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  own_name record;
BEGIN
  IF target IS NULL THEN
    RAISE NOTICE 'relation does not exist, skipping';
    RETURN;
  END IF;
  SELECT n.nspname, c.relname INTO STRICT own_name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = target;
  IF NOT EXISTS (SELECT FROM electric.electrified e WHERE e.relation = target) THEN
    RAISE NOTICE 'table %.% is not electrified', quote_ident(own_name.nspname), quote_ident(own_name.relname);
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
      WHERE p.pubname = '${publication}' AND r.prrelid = target) THEN
    EXECUTE format('ALTER PUBLICATION ${publication} DROP TABLE %I.%I', own_name.nspname, own_name.relname);
  END IF;
  PERFORM electric.set_replica_identity(target, 'd');
  DELETE FROM electric.electrified e WHERE e.relation = target;
END
$body$;
`;
}
