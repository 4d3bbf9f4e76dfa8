-- CREATE TABLE items (id int);
create table if not exists Items (
  id int primary key, -- é ; 😀
  label text default $$;$$
); CREATE TABLE "Mixed Case" (id int) /* ; */ ;create	table "app" . items(id int primary key);
CREATE TABLE "weird""name" AS SELECT 1 AS id;
DO $$ BEGIN CREATE TABLE notes (id int); END $$;
SELECT 'CREATE TABLE notes (id int);';
CREATE TEMPORARY TABLE notes (id int);
CREATE TABLE notes (id int) -- the end