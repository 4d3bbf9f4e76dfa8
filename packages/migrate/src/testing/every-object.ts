/**
 * DDL that makes every kind of object of a structure, for PGlite and Postgres 15 to 18 alike. Expressions are such that
 * each has a text of its own in the catalogue (casts, constants, operators, subqueries).
 */
export const EVERY_OBJECT = `
CREATE SCHEMA app;
CREATE TYPE app.level AS ENUM ('low', 'it''s', 'HIGH');
ALTER TYPE app.level ADD VALUE 'middle' AFTER 'low';
CREATE DOMAIN app.positive AS integer DEFAULT 1 NOT NULL CONSTRAINT over_zero CHECK (VALUE > 0) CHECK (VALUE < 100000);
CREATE TYPE app.pair AS (a integer, "B c" text COLLATE "C");
CREATE FUNCTION app.difference(a double precision, b double precision) RETURNS double precision LANGUAGE sql IMMUTABLE AS 'SELECT a - b';
CREATE TYPE app.span AS RANGE (subtype = double precision, subtype_diff = app.difference, multirange_type_name = app.spans);
CREATE SEQUENCE app.numbers AS integer START 5 INCREMENT 5 MINVALUE 5 MAXVALUE 500 CACHE 7 CYCLE;
CREATE TABLE items (
  id integer GENERATED ALWAYS AS IDENTITY (START 10 INCREMENT 2) PRIMARY KEY,
  "Other Id" uuid DEFAULT gen_random_uuid() NOT NULL UNIQUE,
  name varchar(20) DEFAULT '' NOT NULL,
  body text COLLATE "C",
  price numeric(10,2) DEFAULT 1.10,
  big bigserial,
  tags text[] DEFAULT '{}'::text[] NOT NULL,
  data jsonb DEFAULT '{"a": [1, null]}',
  level app.level DEFAULT 'low',
  levels app.level[] DEFAULT ARRAY['low']::app.level[],
  amount app.positive,
  pair app.pair,
  span app.span,
  made timestamptz(3) DEFAULT now(),
  since timestamptz DEFAULT '2020-06-01 12:00:00+00',
  wait interval DEFAULT '1 day 02:00:00',
  bytes bytea DEFAULT '\\xdeadbeef',
  bits bit varying(8) DEFAULT B'101',
  flag boolean DEFAULT true,
  day date DEFAULT CURRENT_DATE,
  number integer DEFAULT nextval('app.numbers'),
  doubled integer GENERATED ALWAYS AS (coalesce(number, 0) * 2) STORED,
  "user" text DEFAULT CURRENT_USER,
  ratio double precision DEFAULT 0.1,
  CONSTRAINT name_length CHECK (length(name) BETWEEN 0 AND 20 AND name NOT LIKE '%!'),
  CONSTRAINT either CHECK (number IS NULL OR level IN ('low', 'HIGH') OR extract(year FROM since) > 2000)
);
ALTER TABLE items ALTER body SET STORAGE EXTERNAL;
ALTER TABLE items ADD dropped integer, ADD last text;
ALTER TABLE items DROP dropped;
CREATE TABLE app.notes (
  id bigint PRIMARY KEY,
  rank integer UNIQUE DEFERRABLE INITIALLY DEFERRED,
  item integer REFERENCES items ON DELETE CASCADE ON UPDATE SET NULL,
  parent bigint CONSTRAINT up REFERENCES app.notes DEFERRABLE,
  during tstzrange,
  at point,
  UNIQUE NULLS NOT DISTINCT (item, parent),
  EXCLUDE USING gist (during WITH &&) WHERE (item IS NOT NULL)
) WITH (fillfactor = 70, autovacuum_enabled = false);
ALTER TABLE app.notes ADD CONSTRAINT later CHECK (item > 0) NOT VALID;
CREATE UNLOGGED TABLE app.cache (key text PRIMARY KEY, value text);
CREATE TABLE app.base (id integer NOT NULL, created timestamptz, CHECK (id > 0));
CREATE TABLE app.child (extra text) INHERITS (app.base);
CREATE TABLE events (id bigint, at timestamptz NOT NULL, kind text DEFAULT 'x', item integer REFERENCES items, PRIMARY KEY (id, at, kind)) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2025-01-01 00:00+00');
CREATE TABLE events_rest PARTITION OF events DEFAULT PARTITION BY LIST (kind);
CREATE TABLE events_rest_a PARTITION OF events_rest (kind DEFAULT 'a') FOR VALUES IN ('a', NULL);
CREATE TABLE counts (id integer, n integer) PARTITION BY HASH (id);
CREATE TABLE counts_0 PARTITION OF counts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE INDEX events_kind ON events (kind);
CREATE INDEX items_by_name ON items USING btree (lower(name) text_pattern_ops DESC NULLS LAST, level) INCLUDE (price) WHERE flag AND number > 5;
CREATE UNIQUE INDEX "Items Unique" ON items (("Other Id"::text) COLLATE "C") WITH (fillfactor = 80);
CREATE INDEX items_tags ON items USING gin (tags);
CREATE INDEX items_data ON items USING gin (data jsonb_path_ops);
CREATE INDEX items_body ON items USING hash (body);
CREATE STATISTICS app.items_stats (dependencies, ndistinct) ON name, level FROM items;
CREATE VIEW all_items AS SELECT * FROM items WHERE price > 1;
CREATE VIEW app.joined (a, b) WITH (security_barrier = true) AS
  SELECT i.name, n.id FROM items i LEFT JOIN app.notes n ON n.item = i.id
  WHERE EXISTS (SELECT FROM events e WHERE e.item = i.id) ORDER BY i.name, n.id DESC LIMIT 10;
CREATE VIEW app.counted AS SELECT level, count(*) FILTER (WHERE flag) AS n, max(price) FROM items GROUP BY level HAVING count(*) > 1 ORDER BY count(*) DESC;
CREATE VIEW app.nested AS SELECT x.name, (SELECT max(n.id) FROM app.notes n WHERE n.item = x.id) AS newest, row_number() OVER (PARTITION BY x.level ORDER BY x.id)
  FROM items x WHERE x.id IN (SELECT item FROM app.notes);
CREATE VIEW app.combined AS SELECT id, name FROM items UNION ALL SELECT id::int, 'note' FROM app.notes;
CREATE VIEW app.with_query AS WITH few AS (SELECT id, name FROM items WHERE id < 10) SELECT few.name, upper(few.name) AS upper FROM few;
CREATE VIEW app.constant AS SELECT 1 AS one, 'a'::text AS a, interval '1 hour' AS hour;
CREATE VIEW app.series AS SELECT n FROM generate_series(1, 3) AS n;
CREATE VIEW app.whole AS SELECT i, i.id FROM items i;
CREATE VIEW app.sub AS SELECT s.id FROM (SELECT id, name FROM items WHERE name <> 'items.name') s WHERE s.name IS NOT NULL;
CREATE VIEW app.updatable WITH (security_invoker = true) AS SELECT id, name FROM items WHERE name <> '' WITH LOCAL CHECK OPTION;
CREATE MATERIALIZED VIEW app.summary AS SELECT level, sum(price) AS total FROM items GROUP BY level WITH NO DATA;
CREATE UNIQUE INDEX summary_level ON app.summary (level);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.made = now(); RETURN NEW; END $$;
CREATE FUNCTION app.add(a integer, b integer DEFAULT 2, VARIADIC rest integer[] DEFAULT '{}') RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 7
  RETURN a + b;
CREATE FUNCTION app.add(a text, OUT b text, OUT c integer) LANGUAGE sql SECURITY DEFINER SET search_path = app, public AS $$ SELECT a, 1 $$;
CREATE FUNCTION app.list(min integer) RETURNS TABLE (id integer, name text) STABLE ROWS 10 BEGIN ATOMIC SELECT i.id, i.name FROM items i WHERE i.id > min; END;
CREATE PROCEDURE app.clean(INOUT n integer) LANGUAGE plpgsql AS $$ BEGIN DELETE FROM items; END $$;
CREATE FUNCTION app.plus(integer, integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 + $2';
CREATE AGGREGATE app.total(integer) (sfunc = app.plus, stype = integer, initcond = '0', combinefunc = app.plus, parallel = safe);
CREATE OPERATOR app.<+> (leftarg = integer, rightarg = integer, function = app.plus, commutator = OPERATOR(app.<+>));
CREATE FUNCTION app.to_pair(integer) RETURNS app.pair LANGUAGE sql IMMUTABLE AS 'SELECT ROW($1, NULL)::app.pair';
CREATE CAST (integer AS app.pair) WITH FUNCTION app.to_pair(integer) AS ASSIGNMENT;
CREATE TEXT SEARCH CONFIGURATION app.words (COPY = simple);
CREATE TRIGGER touch BEFORE UPDATE OF name, level ON items FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION touch();
CREATE TRIGGER always AFTER INSERT ON items REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION touch('a', 'it''s');
CREATE CONSTRAINT TRIGGER checked AFTER INSERT ON app.notes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER part BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER off BEFORE DELETE ON items FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE items DISABLE TRIGGER off;
ALTER TABLE items ENABLE ALWAYS TRIGGER always;
ALTER TABLE events_2024 DISABLE TRIGGER part;
CREATE RULE quiet AS ON DELETE TO app.cache WHERE OLD.key = 'kept' DO INSTEAD NOTHING;
ALTER TABLE items ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.notes FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON items FOR SELECT TO PUBLIC USING ("user" = CURRENT_USER);
CREATE POLICY "No Bad" ON items AS RESTRICTIVE FOR INSERT WITH CHECK (price > 0 AND EXISTS (SELECT FROM app.notes n WHERE n.item = items.id));
ALTER TABLE app.notes REPLICA IDENTITY FULL;
ALTER TABLE app.cache REPLICA IDENTITY NOTHING;
ALTER TABLE items REPLICA IDENTITY USING INDEX "items_Other Id_key";
CREATE PUBLICATION few FOR TABLE items (id, name, "Other Id") WHERE (id > 10), app.notes WITH (publish = 'insert, update');
CREATE PUBLICATION schemas FOR TABLES IN SCHEMA app WITH (publish_via_partition_root = true);
CREATE PUBLICATION everything FOR ALL TABLES;
CREATE FUNCTION app.watch() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
CREATE EVENT TRIGGER watch ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') EXECUTE FUNCTION app.watch();
ALTER EVENT TRIGGER watch DISABLE;
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER far FOREIGN DATA WRAPPER nowhere OPTIONS (host 'x');
CREATE FOREIGN TABLE app.remote (id integer OPTIONS (column_name 'ID') NOT NULL) SERVER far OPTIONS (table_name 't');
COMMENT ON TABLE items IS 'Ignored';
`;
