-- The ground: roles, the clock, and a request context that injected SQL cannot forge.
-- Run by an administrator at every migration; see docs/access.md.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ecm_owner') THEN CREATE ROLE ecm_owner NOLOGIN; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ecm_policy') THEN CREATE ROLE ecm_policy NOLOGIN BYPASSRLS; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ecm_app') THEN CREATE ROLE ecm_app LOGIN NOINHERIT; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ecm_backup') THEN CREATE ROLE ecm_backup NOLOGIN BYPASSRLS; END IF;
END $$;
-- An administrator who is no superuser (a managed server) acts as these roles while migrating.
DO $$
BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE format('GRANT ecm_owner, ecm_policy, ecm_backup TO %I', current_user);
    END IF;
END $$;
ALTER ROLE ecm_app SET statement_timeout = '5s';
ALTER ROLE ecm_app SET lock_timeout = '2s';
ALTER ROLE ecm_app SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE ecm_app SET timezone = 'UTC';
ALTER ROLE ecm_app SET search_path = pg_catalog, public, pg_temp;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO ecm_owner, ecm_policy, ecm_app, ecm_backup;
GRANT CREATE ON SCHEMA public TO ecm_owner, ecm_policy;
ALTER DEFAULT PRIVILEGES FOR ROLE ecm_policy REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE ecm_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
