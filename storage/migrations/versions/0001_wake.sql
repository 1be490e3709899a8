-- Two jobs for one document never run at once; the second waits for the first one's lock. Nothing in procrastinate
-- tells a worker that the lock is free, so that it would find out at its next look. This tells it.

CREATE FUNCTION wake_worker_for_waiting_job() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    waiting bigint;
BEGIN
    SELECT id INTO waiting FROM procrastinate_jobs WHERE queueing_lock = OLD.lock AND status = 'todo';
    IF FOUND THEN
        PERFORM pg_notify(
            'procrastinate_queue_v1#' || OLD.queue_name,
            json_build_object('type', 'job_inserted', 'job_id', waiting)::text
        );
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER wake_after_job AFTER UPDATE OF status ON procrastinate_jobs
    FOR EACH ROW WHEN (OLD.status = 'doing' AND NEW.status <> 'doing')
    EXECUTE FUNCTION wake_worker_for_waiting_job();
CREATE TRIGGER wake_after_deleted_job AFTER DELETE ON procrastinate_jobs
    FOR EACH ROW WHEN (OLD.status = 'doing')
    EXECUTE FUNCTION wake_worker_for_waiting_job();
