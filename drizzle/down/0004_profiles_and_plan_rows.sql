-- The rows that the migration wrote stay: profiles belong to their users, and plans may be in use by now. Applied again,
-- it finds them and writes them anew.
DROP TRIGGER tasks_number ON tasks;
--> statement-breakpoint
DROP TRIGGER profiles_touch_updated_at ON profiles;
--> statement-breakpoint
DROP TRIGGER tasks_touch_updated_at ON tasks;
--> statement-breakpoint
DROP TRIGGER users_create_profile ON users;
--> statement-breakpoint
DROP FUNCTION number_task();
--> statement-breakpoint
DROP FUNCTION touch_updated_at();
--> statement-breakpoint
DROP FUNCTION create_profile();
